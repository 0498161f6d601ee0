"""Whole outputs of `tdv commit` where `tdv.toml` has a gate that runs at commit."""

from __future__ import annotations

from typing import Any

import pytest

TOML = """\
[dataset.d]
paths = ["*.jsonl"]
key = "id"
text = "text"

[rules]
select = ["TXT001", "REC"]

[gate]
on = "commit"
"""
GOOD = '{"id": "a", "text": "fine"}\n'
BAD = '{"id": "b", "text": " "}\n'


@pytest.fixture
def gated(tdv: Any) -> Any:
    """A commit of good rows; a bad one is staged."""
    tdv.commit("one", tdv__toml=TOML, a__jsonl=GOOD)
    tdv.write("a.jsonl", GOOD + BAD)
    tdv("add", ".")
    return tdv


def head(tdv: Any) -> str:
    oid: str = tdv("debug", "rev-parse", "HEAD").out.strip()
    return oid


def test_what_does_not_pass_is_shown_and_not_committed(gated: Any) -> None:
    before = head(gated)
    result = gated("commit", "-m", "two", code=1)
    assert result.out == ""
    lines = result.err.splitlines()
    assert lines[:2] == ["d: 2 rows in 1 file, profile generic", "  a.jsonl: 2 rows, 1 invalid"]
    assert lines[3] == "error TXT001 empty-text: 1 row"
    assert lines[4].startswith("  a.jsonl:2 (b): `text` ")
    assert lines[-2:] == [
        "error: Nothing was committed: the gate of tdv.toml did not pass, with 1 error in 2 rows.",
        "hint: `tdv validate --staged` shows all of it; `tdv commit --no-verify` commits it all "
        "the same, which the commit says.",
    ]
    assert head(gated) == before
    assert "new file" not in gated("status").out


def test_with_a_the_working_copy_shows_the_same(gated: Any) -> None:
    result = gated("commit", "-a", "-m", "two", code=1)
    assert result.err.splitlines()[-1].startswith("hint: `tdv validate` shows all of it; ")


def test_quiet(gated: Any) -> None:
    result = gated("commit", "-q", "-m", "two", code=1)
    assert [line.split(":")[0] for line in result.err.splitlines()] == ["error", "hint"]


def test_past_the_gate(gated: Any) -> None:
    gated("commit", "--no-verify", "-m", "two")
    assert gated("log", "-n", "1").out == (
        f"commit {head(gated)}\n"
        "Author: Ada <ada@example.org>\n"
        "Date:   Fri Jan 2 03:04:05 2026 +0000\n"
        "By:     commit verify=False\n"
        "\n"
        "    two\n"
    )
    assert "By:     commit verify=False\n" in gated("show").out
    (record,) = gated("log", "-n", "1", "--json").json_lines
    assert record["operation"]["params"] == {"verify": False}


def test_mended_it_passes_and_says_nothing(gated: Any) -> None:
    gated.write("a.jsonl", GOOD + BAD.replace('" "', '"mended"'))
    result = gated("commit", "-a", "-m", "two")
    assert result.err == f"[main {head(gated)[:10]}] two\n 1 file: 1 changed; 1 row more.\n"
    assert "By:" not in gated("log", "-n", "1").out


def test_an_amended_commit_is_asked_again(gated: Any) -> None:
    gated("commit", "--no-verify", "-m", "two")
    gated("commit", "--amend", "-m", "again", code=1)
    gated("commit", "--amend", "--no-verify", "-m", "again")
    assert "By:     commit verify=False\n" in gated("log", "-n", "1").out


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("[gate", "is not valid TOML"),
        ('[rules.TXT001]\nlevel = "loud"\n', "line 12"),
        ('[rules.NOT001]\nlevel = "error"\n', "NOT001"),
        ("max_dupes = 0.1\n", "max_duplicates"),
    ],
)
def test_a_gate_that_cannot_run(gated: Any, wrong: str, said: str) -> None:
    before = head(gated)
    gated.write("tdv.toml", TOML + wrong)
    result = gated("commit", "-a", "-m", "two", code=2)
    assert said in result.err
    assert head(gated) == before
    gated("commit", "-a", "--no-verify", "-m", "two")
    assert head(gated) != before


def test_a_rule_file_that_is_not_trusted(gated: Any) -> None:
    before = head(gated)
    gated.write("tdv.toml", TOML.replace("[rules]\n", '[rules]\nown = ["mine.py"]\n'))
    gated.write("mine.py", "RULES = []\n")
    gated("add", ".")
    result = gated("commit", "-m", "two", code=2)
    assert "mine.py" in result.err
    assert head(gated) == before


def test_a_merge_that_needs_nobody_is_not_asked_and_one_with_conflicts_is(gated: Any) -> None:
    gated("commit", "--no-verify", "-m", "bad")
    gated("switch", "-c", "side", "HEAD~1")
    gated.write("b.jsonl", GOOD)
    gated("add", ".")
    gated("commit", "-m", "side")
    gated("merge", "main")
    gated.write("a.jsonl", GOOD + BAD.replace('" "', '"  "'))
    gated("commit", "-a", "--no-verify", "-m", "ours")
    gated("switch", "main")
    gated.write("a.jsonl", GOOD + BAD.replace('" "', '"   "'))
    gated("commit", "-a", "--no-verify", "-m", "theirs")
    gated("merge", "side", code=1)
    gated("resolve", "--ours")
    result = gated("merge", "--continue", code=1)
    assert "error TXT001 empty-text: 1 row\n" in result.err
    gated("commit", "--no-verify", "-m", "merged")
    assert "By:     commit verify=False\n" in gated("log", "-n", "1").out
