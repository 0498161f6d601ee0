"""Whole outputs of `tdv log --quality` and `--min-quality`."""

from __future__ import annotations

from typing import Any

import pytest

from tdv.model.oid import Oid
from tdv.ops.qualitynotes import record
from tdv.quality.finding import Finding, Level, Place
from tdv.quality.note import QualityNote
from tdv.quality.report import Gauge, Selected, Tally, ValidationReport
from tdv.repo.notes import Notes
from tdv.repo.repository import Repo


def report(score: float | None, *tallies: Tally, gauges: tuple[Gauge, ...] = ()) -> Any:
    def findings(selected: Selected) -> Any:
        for each in tallies:
            for number in range(min(each.rows, selected.most or 0)):
                place = Place(each.path, number, number + 1, (f"k{number}",))
                yield Finding("0" * 32, each.code, each.level, each.path, place, "text", "Wrong.")

    return ValidationReport(
        *("d", "v1", "", "rules", "tdv.toml", 100, 90, 10, score, tallies, gauges, {"rows": 100}),
        {},
        enumerate=findings,
    )


ERRORS = Tally("TXT001", Level.ERROR, "a.jsonl", 3, 3)
WARNINGS = Tally("DUP003", Level.WARNING, "a.jsonl", 1, 1)
GATE = Gauge("max_duplicates", "duplicate_ratio", 0.2, "<= 0.05", False, "d", "tdv.toml")


@pytest.fixture
def noted(tdv: Any) -> Any:
    """Four commits; the first has no note, the second no score, the last is good."""
    tdv.oids = []
    for number in range(4):
        tdv.env["TDV_COMMITTER_DATE"] = tdv.env["TDV_AUTHOR_DATE"] = f"@{60 * number}"
        tdv.write("a.jsonl", f'{{"n":{number}}}\n')
        tdv("add", ".")
        tdv("commit", "-m", f"commit {number}")
        tdv.oids.append(tdv("debug", "rev-parse", "HEAD").out.strip())
    repo = Repo.open(tdv.folder)
    reports = (report(None, WARNINGS), report(0.5, ERRORS, WARNINGS, gauges=(GATE,)), report(0.97))
    for oid, each in zip(tdv.oids[1:], reports, strict=True):
        assert record(repo, Oid.parse(oid), each)
    return tdv


def test_text(noted: Any) -> None:
    assert noted("log", "--quality", "-n", "1").out == (
        f"commit {noted.oids[3]}\n"
        "Author: Ada <ada@example.org>\n"
        "Date:   Thu Jan 1 00:03:00 1970 +0000\n"
        "Quality: 0.97, 0 errors, 0 warnings\n"
        "\n"
        "    commit 3\n"
    )


def test_oneline(noted: Any) -> None:
    short = [oid[:10] for oid in noted.oids]
    assert noted("log", "--quality", "--oneline").out == (
        f"{short[3]} [0.97, 0 errors, 0 warnings] commit 3\n"
        f"{short[2]} [0.5, 3 errors, 1 warning, 1 failed threshold] commit 2\n"
        f"{short[1]} [no score, 0 errors, 1 warning] commit 1\n"
        f"{short[0]} [-] commit 0\n"
    )


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        (["0.9"], [3]),
        (["0.5"], [3, 2]),
        (["0"], [3, 2]),
        (["0.98"], []),
        (["0.5", "-n", "1"], [3]),
        (["0.5", "--skip", "1"], [2]),
    ],
)
def test_least(noted: Any, words: list[str], numbers: list[int]) -> None:
    lines = noted("log", "--oneline", "--min-quality", *words).out.splitlines()
    assert lines == [f"{noted.oids[number][:10]} commit {number}" for number in numbers]


def test_json(noted: Any) -> None:
    _, second, _, first = noted("log", "--quality", "--json").json_lines
    assert first["quality"] is None
    assert second["quality"] == {
        "dataset_id": "d",
        "validation_id": "v1",
        "rules_digest": "rules",
        "rules_from": "tdv.toml",
        "tdv_version": second["quality"]["tdv_version"],
        "valid": False,
        "total_examples": 100,
        "valid_examples": 90,
        "invalid_examples": 10,
        "quality_score": 0.5,
        "errors": 3,
        "warnings": 1,
        "infos": 0,
        "found": [
            {
                **{"code": "TXT001", "level": "error", "path": "a.jsonl"},
                **{"findings": 3, "rows": 3, "keys": ["k0", "k1", "k2"]},
            },
            {
                **{"code": "DUP003", "level": "warning", "path": "a.jsonl"},
                **{"findings": 1, "rows": 1, "keys": ["k0"]},
            },
        ],
        "accepted": {},
        "gates": [
            {
                **{"name": "max_duplicates", "metric": "duplicate_ratio", "got": 0.2},
                **{"need": "<= 0.05", "passed": False, "dataset": "d", "origin": "tdv.toml"},
            }
        ],
        "metrics": {"rows": 100},
    }
    assert "quality" not in noted("log", "--json", "-n", "1").json_lines[0]


def test_the_same_again_is_no_operation_and_undo_takes_a_note_back(noted: Any) -> None:
    last = Oid.parse(noted.oids[3])
    assert not record(Repo.open(noted.folder), last, report(0.97))
    assert record(Repo.open(noted.folder), last, report(0.1))
    done = noted("undo")
    assert "The notes' ref `quality` is at" in done.err
    assert noted("log", "--quality", "--oneline", "-1").out.count("[0.97, ") == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--min-quality", "1.5"], "min-quality"),
        (["--quality", "--key", "1", "a.jsonl"], "Quality is recorded for commits, not for rows."),
    ],
)
def test_refused(noted: Any, words: list[str], said: str) -> None:
    assert said in noted("log", *words, code=2).err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[]", "A note on quality cannot be decoded"),
        (b'{"schema":"tdv.quality-note/1"}', "A note on quality cannot be decoded"),
        (b'{"schema":"tdv.quality-note/2"}', "A newer tdv wrote it"),
    ],
)
def test_notes_that_are_none(noted: Any, content: bytes, said: str) -> None:
    Notes(Repo.open(noted.folder)).put(Oid.parse(noted.oids[3]), "quality", content)
    assert said in noted("log", "--quality", code=3).err


def test_many_keys_are_cut() -> None:
    note = QualityNote.of(report(0.5, Tally("TXT001", Level.ERROR, "a.jsonl", 100, 100)), "0")
    assert note.found[0].keys == tuple(f"k{number}" for number in range(20))
    assert QualityNote.from_bytes(note.to_bytes()) == note
