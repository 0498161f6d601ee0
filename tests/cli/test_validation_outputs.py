"""`-o FORMAT=FILE`: what is asked for, where it goes, how much memory it takes."""

from __future__ import annotations

import io
import json
import os
import tracemalloc
from collections import Counter
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_reports import found, full_report, report_of, written

from tdv.cli.output import Output
from tdv.cli.render.validation import sarif
from tdv.cli.render.validation.outputs import (
    FORMATS,
    Wanted,
    parse_outputs,
    takes_stdout,
    write_outputs,
)
from tdv.cli.render.validation.quota import Quota, shares, united
from tdv.cli.render.validation.writer import Wishes
from tdv.errors import StorageError, UsageError
from tdv.quality.finding import Finding, Level, Place
from tdv.quality.report import Covered, Selected, Tally
from tdv.store import files

HERE = Path("/")


# What is asked for


def test_text_goes_to_stdout_unless_something_else_does(tmp_path):
    assert parse_outputs([], here=tmp_path) == (Wanted("text"),)
    assert parse_outputs([], json=True, here=tmp_path) == (Wanted("json"),)
    assert parse_outputs(["junit=a.xml"], here=tmp_path) == (
        Wanted("text"),
        Wanted("junit", tmp_path / "a.xml"),
    )
    assert parse_outputs(["sarif=-"], here=tmp_path) == (Wanted("sarif"),)
    assert parse_outputs(["concise"], here=tmp_path) == (Wanted("concise"),)
    assert parse_outputs(["github"], here=tmp_path) == (Wanted("text"), Wanted("github"))
    assert parse_outputs(["github", "concise"], here=tmp_path) == (
        Wanted("github"),
        Wanted("concise"),
    )


def test_stdout_for_a_program():
    assert takes_stdout([Wanted("json")])
    assert not takes_stdout([Wanted("text"), Wanted("github"), Wanted("json", Path("a"))])


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        (["jsn=a"], "There is no output format `jsn`.", "Did you mean `-o json`"),
        (["a.xml"], "There is no output format `a.xml`.", "the formats are text, concise, json"),
        (["json=-", "sarif"], "`json` and `sarif` cannot both go to stdout.", "`-o sarif=FILE`"),
        (["json", "github"], "`json` and `github` cannot both go to stdout.", "`-o github=FILE`"),
        (["json=a", "sarif=./a"], "Two outputs cannot go to the same file", ""),
        (["json=."], "`json=.` names a folder", ""),
    ],
)
def test_mistakes_are_said_before_any_work(tmp_path, words, message, hint):
    with pytest.raises(UsageError) as caught:
        parse_outputs(words, here=tmp_path)
    assert caught.value.message.startswith(message)
    assert hint in (caught.value.hint or "")


def test_a_place_that_takes_no_file_is_refused_before_any_work(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="file is no folder"):
        parse_outputs(["json=file/below/a.json"], here=tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_refused_before_any_work(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(UsageError, match="takes no files from you"):
        parse_outputs(["json=a.json"], here=tmp_path)


# Where it goes


def run(report, wanted, **wishes):
    stdout, stderr = io.BytesIO(), io.BytesIO()
    out = Output(stdout, stderr)
    write_outputs(out, report, wanted, Wishes(**wishes))
    out.flush()
    return stdout.getvalue().decode(), stderr.getvalue().decode()


def test_all_formats_in_one_pass(tmp_path):
    passes = []

    def counting(selected):
        passes.append(selected)
        return full.findings(selected)

    full = full_report()
    report = replace(full, enumerate=counting)
    wanted = [Wanted(name, tmp_path / "below" / name) for name in FORMATS if name != "github"]
    stdout, stderr = run(report, [Wanted("github"), *wanted])
    assert len(passes) == 1
    assert stdout == written(full, "github")
    assert stderr == ""
    for each in wanted:
        assert each.path.read_text() == written(full, each.format), each.format
    assert sorted(os.listdir(tmp_path / "below")) == sorted(each.format for each in wanted)


def test_the_outcome_is_said_where_stdout_is_for_a_program():
    stdout, stderr = run(full_report(), [Wanted("json")])
    assert json.loads(stdout)["message"] + "\n" == stderr


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path):
    file = tmp_path / "a.json"
    file.write_text("old")

    def failing(selected):
        yield found("FLD001", "train.jsonl", 0)
        raise RuntimeError("stopped")

    report = replace(full_report(), enumerate=failing)
    with pytest.raises(RuntimeError, match="stopped"):
        run(report, [Wanted("json", file), Wanted("jsonl", tmp_path / "b")])
    assert file.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.json"]


def test_a_full_disk_is_named(tmp_path, monkeypatch):
    def full(what, path):
        if what == "write":
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "fault", full)
    with pytest.raises(StorageError, match="no space left to write"):
        run(full_report(), [Wanted("json", tmp_path / "a.json")])
    assert os.listdir(tmp_path) == []


def test_a_link_keeps_being_one(tmp_path):
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    run(full_report(), [Wanted("concise", tmp_path / "link")])
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == written(full_report(), "concise")


def test_devices_are_written_to(tmp_path):
    run(full_report(), [Wanted("json", Path("/dev/null"))])
    assert not Path("/dev/null").is_file()


def test_a_pipe_is_written_to(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        run(full_report(), [Wanted("github", pipe)])
        assert os.read(reader, 1 << 16).decode() == written(full_report(), "github")
    finally:
        os.close(reader)
    assert os.listdir(tmp_path) == ["pipe"]


def test_an_open_descriptor_is_written_to():
    reader, writer = os.pipe()
    try:
        run(full_report(), [Wanted("github", Path(f"/dev/fd/{writer}"))])
        assert os.read(reader, 1 << 16).decode() == written(full_report(), "github")
    finally:
        os.close(reader)
        os.close(writer)


# How much is taken


def test_only_what_is_shown_is_asked_for():
    asked = []

    def remembering(selected):
        asked.append(selected)
        return full.findings(selected)

    full = report_of([found("FLD001", path, row) for path in ("a", "b") for row in range(100)])
    report = replace(full, enumerate=remembering)
    written(report, "text")
    assert [asked[0].limit(path, "FLD001") for path in "ab"] == [3, 0]


MANY, FEWER, SARIF = 100_000, 20_000, 5_000
BODY = "The field is missing, and that is said at some length, as messages are. " * 3


def many_findings(each_rule, selected):
    """As many findings as were asked for, each made anew."""
    for code, path in (("FLD001", "a.jsonl"), ("TXT003", "b.jsonl")):
        level = Level.ERROR if code == "FLD001" else Level.WARNING
        limit = selected.limit(path, code)
        for row in range(each_rule if limit is None else limit):
            place = Place(path, row, row + 1, (f"ex-{row}",))
            yield Finding(f"{row:032x}", code, level, path, place, "text", f"{row} {BODY}")


@pytest.mark.parametrize("format", FORMATS)
def test_memory_is_bounded(format, tmp_path, monkeypatch):
    monkeypatch.setattr(sarif, "MOST", SARIF)
    many = MANY if format == "json" else FEWER
    half = many // 2
    report = replace(
        report_of([]),
        tallies=(
            Tally("FLD001", Level.ERROR, "a.jsonl", half, half),
            Tally("TXT003", Level.WARNING, "b.jsonl", half, half),
        ),
        files=(Covered("a.jsonl", many, many, "", "generic", ("FLD001",)),),
        enumerate=partial(many_findings, half),
    )
    file = tmp_path / "output"
    wanted = [Wanted(format, file)]
    run(full_report(), wanted)  # what is imported or cached once is no part of it
    tracemalloc.start()
    try:
        run(report, wanted)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2_000_000
    if format in ("json", "jsonl", "concise"):
        assert file.read_bytes().count(b"\n") >= many
    if format == "sarif":
        assert len(json.loads(file.read_bytes())["runs"][0]["results"]) == SARIF


# The shares of rules

counts = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 50))


@given(counts, st.integers(0, 200))
def test_shares_are_equal_and_use_every_place(counts, most):
    given_out = shares(counts, most)
    assert sum(given_out.values()) == min(most, sum(counts.values()))
    for name, share in given_out.items():
        assert 0 <= share <= counts[name]
        for other in given_out:
            if share < counts[name]:  # who wants more has no less than anybody, but for a rest
                assert share >= given_out[other] - 1


reports = st.lists(
    st.tuples(
        st.sampled_from(["FLD001", "TXT003", "DUP003", "LBL002"]),
        st.sampled_from(["a", "b", "[d]"]),
        st.integers(0, 30),
    ),
    unique=True,
).map(lambda places: report_of([found(*place) for place in places]))
bounds = st.one_of(st.none(), st.integers(0, 20))


@given(reports, bounds, bounds)
def test_a_quota_takes_what_it_says_and_errors_first(report, most, per_case):
    quota = Quota(report, most, per_case=per_case)
    everything = list(report.findings())
    taken = [each for each in everything if quota.takes(each)]
    assert len(taken) == quota.wanted
    assert quota.left_out == len(everything) - len(taken)
    again = Quota(report, most, per_case=per_case)
    assert [each for each in report.findings(again.selected) if again.takes(each)] == taken
    if most is not None:
        assert len(taken) <= most
    if per_case is not None:
        assert max(Counter((e.path, e.code) for e in taken).values(), default=0) <= per_case
    elif len(taken) < len(everything):
        worst = max((each.level.rank for each in taken), default=0)
        assert all(each.level.rank >= worst for each in everything if each not in taken)


@given(reports, bounds, bounds)
def test_what_is_united_is_enough_for_each(report, first, second):
    quotas = [Quota(report, first), Quota(report, second, per_case=2)]
    together = united(each.selected for each in quotas)
    for make in (lambda: Quota(report, first), lambda: Quota(report, second, per_case=2)):
        alone, shared = make(), make()
        assert [e for e in report.findings(together) if shared.takes(e)] == [
            e for e in report.findings(alone.selected) if alone.takes(e)
        ]


def test_limits_of_what_is_selected():
    selected = Selected(frozenset({"A"}), most=2, limits={("p", "A"): 3, ("p", "B"): 1})
    assert [selected.limit("p", "A"), selected.limit("p", "B"), selected.limit("q", "A")] == [
        *(2, 0, 0)
    ]
    assert Selected(most=2).limit("p", "A") == 2
    assert Selected().limit("p", "A") is None
