"""Accepted findings: what an entry accepts, and when it is itself a finding."""

from __future__ import annotations

import re
from datetime import date

import pytest

from tdv.quality.configuring.allowing import Allowing
from tdv.quality.configuring.description import Allowed
from tdv.quality.finding import Level

TODAY = date(2027, 1, 31)


def entry(code="DUP003", path="", **more):
    matcher = (
        re.compile(re.escape(path).replace(r"\*", "[^/]*").encode() + rb"\Z") if path else None
    )
    return Allowed(code, "So.", path, matcher=matcher, **more)


def never(where):
    pytest.fail("nobody may ask")


def accepts(each, code="DUP003", path=b"a/x.jsonl", key=("1",), meets=never):
    return Allowing([each], TODAY).accepting(code, path, key, meets) is not None


@pytest.mark.parametrize(
    ("each", "accepted"),
    [
        (entry(), True),
        (entry("DUP"), True),
        (entry(""), True),
        (entry("DUP004"), False),
        (entry("TXT"), False),
        (entry(path="a/*"), True),
        (entry(path="*"), False),
        (entry(key=("1",)), True),
        (entry(key=("2",)), False),
        (entry(key=("1", "2")), False),
        (entry(until="2027-01-31"), True),
        (entry(until="2027-01-30"), False),
        (entry(until="2027-02-01"), True),
    ],
)
def test_what_an_entry_accepts(each, accepted):
    assert accepts(each) is accepted


def test_a_condition_is_asked_last():
    each = entry(key=("1",), where="x > 3")
    assert accepts(each, meets=lambda where: where == "x > 3")
    assert not accepts(each, meets=lambda where: False)
    assert not accepts(each, key=("2",))


def test_the_first_entry_that_accepts_is_used():
    entries = [entry(key=("2",)), entry(key=("1",)), entry(), entry(key=("1",))]
    allowing = Allowing(entries, TODAY)
    assert allowing.accepting("DUP003", b"x", ("1",), never) is entries[1]
    assert allowing.accepting("DUP003", b"x", ("3",), never) is entries[2]
    assert allowing.of("DUP003", b"x") == tuple(entries)
    assert [each.place.row for each in allowing.findings(level_of)] == [-1, -1]


def test_findings_of_files_and_datasets():
    assert accepts(entry(), path=b"[intents]", key=())
    assert accepts(entry(path="[intents]"), path=b"[intents]", key=())
    assert not accepts(entry(key=("1",)), path=b"[intents]", key=())


def test_an_entry_accepts_no_finding_about_entries():
    assert not accepts(entry(""), code="ALW001", path=b"tdv.toml")


def level_of(code):
    return {"ALW001": Level.WARNING, "ALW002": Level.ERROR}[code]


def test_entries_that_accept_nothing_are_found():
    entries = [
        entry(line=3),
        entry("TXT", "a/*", key=("1", "2"), where="x", line=8),
        entry(until="2020-01-01", line=12),
        entry("LBL001", line=20),
    ]
    allowing = Allowing(entries, TODAY)
    assert allowing.active == (entries[0], entries[1], entries[3])
    assert allowing.accepting("DUP003", b"x", (), never) is entries[0]
    first, second = allowing.findings(level_of, judged=lambda each: each.code != "LBL001")
    assert (first.code, first.level, first.path, first.place.line) == (
        "ALW001", Level.WARNING, "tdv.toml", 8,
    )  # fmt: skip
    assert first.message == (
        "The `[[allow]]` of TXT in a/* with key 1, 2 where x (reason: So.) accepts nothing that is "
        "found."
    )
    assert (second.code, second.level, second.place.line) == ("ALW002", Level.ERROR, 12)
    assert second.message == (
        "The `[[allow]]` of DUP003 (reason: So.) ended with 2020-01-01 and accepts nothing any "
        "more."
    )
    assert list(allowing.findings(lambda code: None)) == []


def test_ids_stay_when_lines_move():
    def ids(*lines):
        entries = [entry(line=line) for line in lines]
        return [each.id for each in Allowing(entries, TODAY).findings(level_of)]

    assert ids(1, 5) == ids(2, 9)
    assert len(set(ids(1, 5))) == 2
