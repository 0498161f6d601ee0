"""Whole outputs of `tdv bisect`."""

from __future__ import annotations

import pytest

from tdv.api import Repo


@pytest.fixture
def history(tdv):
    """Ten commits, of which that of number 6 brings a bad row; their oids."""
    repo = Repo.open(tdv.folder)
    rows, made = [], []
    for number in range(10):
        rows.append({"id": number, "label": "bad" if number == 6 else "fine"})
        made.append(repo.commit({"a.jsonl": rows}, f"commit {number}").id)
    tdv("checkout", "--", ".")
    return made


def test_by_hand(tdv, history):
    short = [oid[:10] for oid in history]
    assert tdv("bisect", "start").err == "Waiting for a bad commit: `tdv bisect bad [REF]`.\n"
    assert tdv("bisect", "bad").err == "Waiting for a good commit: `tdv bisect good REF`.\n"
    assert tdv("bisect", "good", "HEAD~8").err == (
        f"8 commits left, about 3 steps. HEAD is at {short[5]} commit 5\n"
        "Look at it, and say `tdv bisect good`, `bad` or `skip`.\n"
    )
    assert len((tdv.folder / "a.jsonl").read_text().splitlines()) == 6
    assert tdv("status").out == (
        f"HEAD detached at {short[5]}\n"
        "A bisection is in progress.\n"
        "  (`tdv bisect good`, `bad` or `skip` judges this commit, `tdv bisect reset` goes back to "
        "`main`)\n"
        "Nothing to commit, the working copy is clean.\n"
    )
    tdv("bisect", "good")
    tdv("bisect", "bad")
    assert tdv("bisect", "log").out == (
        f"bad: {short[7]} commit 7\ngood: {short[1]} commit 1\ngood: {short[5]} commit 5\n"
    )
    assert tdv("bisect", "bad").out == f"first bad commit: {short[6]} commit 6\n"
    assert tdv("bisect", "reset").err == "The search is over; back on branch main.\n"
    assert tdv("status", "--porcelain").out == ""
    assert len((tdv.folder / "a.jsonl").read_text().splitlines()) == 10
    assert tdv("bisect", "good", code=3).err.startswith("error: No bisection is in progress.\n")


def test_a_command_judges(tdv, history):
    tdv("bisect", "start", "HEAD", "HEAD~9")
    result = tdv("bisect", "run", "sh", "-c", "! grep -q bad a.jsonl")
    assert result.out == f"first bad commit: {history[6][:10]} commit 6\n"
    assert result.err.split("\n")[0] in (f"good  {history[at][:10]} commit {at}" for at in (4, 5))


def test_rows_judge_and_nothing_is_checked_out(tdv, history):
    result = tdv("bisect", "start", "HEAD", "HEAD~9", "--where", "label == 'bad'")
    assert result.out == f"first bad commit: {history[6][:10]} commit 6\n"
    assert Repo.open(tdv.folder).branch == "main"
    words = ["bisect", "start", "HEAD", "HEAD~9", "--where"]
    assert "No row of" in tdv(*words, "label == 'no'", code=3).err
    assert "so it is not good" in tdv(*words, "id == 0", code=3).err
    assert "is not understood" in tdv(*words, "id =", code=2).err


def test_skipped_commits_leave_suspects(tdv, history):
    tdv("bisect", "start", "HEAD~2", "HEAD~5")
    tdv("bisect", "skip", "HEAD~0")
    result = tdv("bisect", "skip")
    assert result.err.startswith("Only skipped commits are left")
    assert result.out == "".join(f"suspect: {history[at][:10]} commit {at}\n" for at in (7, 6, 5))


def test_a_command_that_fails_in_another_way_stops_the_search(tdv, history):
    tdv("bisect", "start", "HEAD", "HEAD~9")
    assert (
        "`sh` ended with 200; the search stays"
        in tdv("bisect", "run", "sh", "-c", "exit 200", code=3).err
    )
    assert "cannot be run" in tdv("bisect", "run", "./nope", code=3).err


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (["start", "HEAD~9", "HEAD"], 3, "does not lead to the bad one"),
        (["start", "HEAD", "--", "a.jsonl"], 2, "Paths go with `--where`"),
        (["start", "HEAD", "--where", "id == 1"], 2, "`--where` needs both ends."),
        (["bad", "HEAD", "HEAD~1"], 3, "No bisection is in progress."),
    ],
)
def test_errors(tdv, history, words, code, error):
    assert error in tdv("bisect", *words, code=code).err


def test_unsaved_work_is_not_overwritten(tdv, history):
    (tdv.folder / "a.jsonl").write_text("mine\n")
    assert "would be overwritten" in tdv("bisect", "start", "HEAD", "HEAD~9", code=4).err
    assert "No bisection" in tdv("bisect", "log", code=3).err


@pytest.fixture
def forked(tdv):
    """A bad row that came on a side branch, merged later; the oids by what they are."""
    file = tdv.folder / "a.jsonl"
    made = {}

    def commit(name: str, text: str, path: str = "a.jsonl") -> None:
        (tdv.folder / path).write_text(text)
        tdv("add", path)
        tdv("commit", "-q", "-m", name)
        made[name] = Repo.open(tdv.folder)["HEAD"].id

    commit("start", '{"id": 1}\n')
    tdv("switch", "-q", "-c", "side")
    commit("bad", '{"id": 1, "label": "bad"}\n')
    tdv("switch", "-q", "main")
    for number in range(3):
        commit(f"main {number}", f"{number}\n", "b.txt")
    tdv("merge", "-q", "side")
    commit("end", "end\n", "b.txt")
    assert "bad" in file.read_text()
    return made


def test_a_side_line_is_searched_beside_good_commits(tdv, forked):
    found = f"first bad commit: {forked['bad'][:10]} bad\n"
    words = ["bisect", "start", "HEAD", forked["start"]]
    result = tdv(*words, "--where", "label == 'bad'")
    assert result.out == found
    assert result.err.splitlines()[-1] == (
        f"hint: `tdv show {forked['bad'][:10]}` says what it changed."
    )
    tdv(*words)
    result = tdv("bisect", "run", "sh", "-c", "! grep -q bad a.jsonl")
    assert result.out == found
    assert result.err.splitlines()[-1] == (
        f"hint: `tdv show {forked['bad'][:10]}` says what it changed; `tdv bisect reset` goes back "
        "to where you were."
    )
    error = tdv("bisect", "bad", forked["start"], code=3).err
    assert error.startswith(
        f"error: A good commit descends from the bad one {forked['start'][:10]}."
    )


def test_ends_that_are_swapped(tdv, history):
    error = tdv("bisect", "start", "HEAD~9", "HEAD", code=3).err
    assert error.endswith("hint: The bad commit comes first: `tdv bisect start BAD GOOD`.\n")
