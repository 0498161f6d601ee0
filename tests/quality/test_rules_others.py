"""REC, GOV, MED and QUA: what their rules say, and how often."""

from __future__ import annotations

import numpy as np
import pytest

from tdv.quality.extracting.batch import Batch
from tdv.quality.extracting.summary import Summary
from tdv.quality.rules.governance import RULES as GOVERNANCE
from tdv.quality.rules.media import RULES as MEDIA
from tdv.quality.rules.media import THERE
from tdv.quality.rules.quality_score import RULES as QUALITY
from tdv.quality.rules.quality_score import mcf_score
from tdv.quality.rules.records import RULES as RECORDS
from tdv.quality.rules.records import record_fault, repeated_fields, repeated_in
from tdv.quality.subject import Roles, Subject

CONSENT, LICENCE = GOVERNANCE
[MISSING] = MEDIA
[SCORE] = QUALITY
NO_ROLES = Roles()
PAIR = Roles(text=("input", "output"))


def said(rule, row, roles=NO_ROLES, **values):
    subject = Subject(roles, values={rule.code: values})
    return [(each.field, each.message) for each in rule.check(row, subject)]


# --- records -----------------------------------------------------------------------------------


def test_why_a_record_does_not_decode():
    assert record_fault("it is not JSON: it ends too early") == (
        "REC001",
        ("", "The record does not decode: it is not JSON: it ends too early.", ""),
    )
    assert record_fault("it is not UTF-8: byte 0xff at column 9") == (
        "REC002",
        ("", "The record is not UTF-8: byte 0xff at column 9.", ""),
    )
    assert record_fault("it is not JSON: a text in it is not UTF-8")[0] == "REC001"


def test_a_field_that_is_there_twice():
    body = b'{"a": 1, "b": {"c": 1, "c": 2, "c": 3}, "a": 2, "d": [{"e": 1}, {"e": 2}]}'
    assert [each[:2] for each in repeated_in(body)] == [
        ("a", 'The field "a" is there twice in one object.'),
        ("c", 'The field "c" is there 3 times in one object.'),
    ]
    batch = Batch(
        [b'{"a": 1}', body, b"{", b"[1]"], [{"a": 1}, {}, None, {"value": [1]}], Subject()
    )
    assert [row for row, _ in repeated_fields(batch)] == [1]


def test_one_fault_for_each_name():
    body = b'[{"a": 1, "a": 2}, {"a": 1, "a": 2, "a": 3}]'
    assert [each.field for each in repeated_in(body)] == ["a"]


def test_good_records():
    assert repeated_in(RECORDS[2].good.encode()) == []
    assert [each.field for each in repeated_in(RECORDS[2].bad.encode())] == ["label"]
    assert repeated_in(b"\xff") == repeated_in(b"") == []


# --- governance --------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [False, 0, "", " No ", "withdrawn", [], {}])
def test_no_consent(value):
    [(field, message)] = said(CONSENT, {"consent": value})
    assert field == "consent"
    assert message.endswith(": this row may not be used.")


@pytest.mark.parametrize("value", [True, 1, "yes", "2026-01-01", {"form": 3}])
def test_consent(value):
    assert said(CONSENT, {"consent": value}) == []


def test_consent_in_another_field():
    row = {"metadata": {"agreed": True}}
    assert said(CONSENT, row, field="metadata.agreed") == []
    assert said(CONSENT, row) == [
        ("consent", "`consent` is missing: nothing says that this row may be used.")
    ]


def test_licences():
    allowed = ["CC-BY-4.0", "MIT"]
    assert said(LICENCE, {}) == [("licence", "No licence is given for this row.")]
    assert said(LICENCE, {"license": " ", "licence": None})[0][0] == "licence"
    assert said(LICENCE, {"license": "anything"}) == []
    assert said(LICENCE, {"license": "mit"}, allowed=allowed) == []
    assert said(LICENCE, {"license": "GPL-3.0"}, allowed=allowed) == [
        ("license", '`license` is "GPL-3.0", none of CC-BY-4.0, MIT.')
    ]


def test_governance_is_off_until_it_is_asked_for():
    assert CONSENT.optional
    assert LICENCE.optional


# --- media -------------------------------------------------------------------------------------


def test_media_that_are_not_there():
    roles = Roles(media=("audio", "image"))
    assert MISSING.columns(roles) == ("media:audio", "media:image")
    columns = {
        "chars": np.zeros(4, np.uint32),
        "media:audio": np.array(["a.wav", "b.wav", None, "s3://x/c.wav"], object),
        "media:image": np.array([None, None, "lost.png", ""], object),
    }
    there = {"a.wav"}.__contains__
    assert MISSING.mask(columns, {THERE: there}, Summary()).tolist() == [False, True, True, False]
    assert not MISSING.mask(columns, {}, Summary()).any()
    values = {"media:audio": "a.wav", "media:image": "lost.png"}
    assert MISSING.tell(values, {THERE: there}, Summary(), roles)[:2] == (
        "image",
        '`image` names "lost.png", which is not there.',
    )


# --- the row scorer of source 002 --------------------------------------------------------------

LONG, WELL = "How do you do?", {"quality": 0.9}


@pytest.mark.parametrize(
    ("row", "score"),
    [
        ({"input": LONG, "output": "Well.", "metadata": WELL}, 1.0),
        ({"input": LONG, "output": "Well."}, 0.9),
        ({"input": LONG, "output": "Well.", "metadata": {"quality": 0}}, 0.9),
        ({"input": "Hm?", "output": "Well.", "metadata": WELL}, 0.7),
        ({"input": "Hello", "output": "W", "metadata": WELL}, 0.7),
        ({"input": LONG, "output": "", "metadata": WELL}, 1.0),
        ({"input": LONG, "metadata": WELL}, 1.0),
        ({"input": "ha ha ha ha ha", "output": "Well.", "metadata": WELL}, 0.8),
        ({"input": "ha ha ha ha", "output": "Well.", "metadata": WELL}, 1.0),
        ({"input": "Hm?", "output": "W", "metadata": WELL}, 0.4),
        ({"input": "Hm?", "output": "W"}, 0.3),
        ({"input": "a a a a a", "output": "W"}, 0.4),
        ({}, 0.6),
    ],
)
def test_scores_by_hand(row, score):
    assert mcf_score(row, PAIR) == score
    assert bool(said(SCORE, row, PAIR)) == (score < 0.7)


def test_a_low_score_says_why():
    assert said(SCORE, {"input": "Hm?", "output": "W"}, PAIR) == [
        (
            "",
            "The row's score is 0.3, and 0.7 is the least: the input has fewer than 5 characters; "
            "the output has fewer than 2 characters; there is no `metadata.quality`.",
        )
    ]
    assert said(SCORE, {"input": LONG}, PAIR, min_quality=0.95)[0][1].startswith(
        "The row's score is 0.9, and 0.95 is the least"
    )
