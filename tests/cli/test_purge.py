"""`tdv purge`: what it says, and that it does nothing unasked."""

from __future__ import annotations

import pytest

from tdv.api import Repo

SECRET = "kunde-4711"


@pytest.fixture
def repo(tdv):
    tdv.write("tdv.toml", '[dataset.d]\npaths = ["*.jsonl"]\nkey = "id"\n')
    tdv.commit("one", a__jsonl='{"id":"x"}\n{"id":"y"}\n')
    tdv.commit("two", a__jsonl=f'{{"id":"x"}}\n{{"id":"{SECRET}"}}\n{{"id":"y"}}\n')
    tdv.commit("three", b__txt="b\n")
    return Repo.open(tdv.folder)


def test_only_says_what_it_would_do(tdv, repo):
    before = tdv("log", "--json").out
    result = tdv("purge", "--key", SECRET, "a.jsonl")
    assert result.out == (
        "1 version of a.jsonl, in 2 commits, would lose the row.\n    refs/heads/main would move\n"
    )
    assert result.err == (
        "Nothing was changed.\nhint: `tdv purge --yes` does it; it cannot be undone.\n"
    )
    assert tdv("log", "--json").out == before


def test_does_it(tdv, repo):
    result = tdv("purge", "--key", SECRET, "a.jsonl", "--yes", "--reason", "asked for")
    assert result.out == (
        "1 version of a.jsonl, in 2 commits, lost the row; 2 commits became others.\n"
        "    refs/heads/main moved\n"
    )
    assert "The receipt is " in result.err
    assert tdv("cat", "HEAD:a.jsonl").out == '{"id":"x"}\n{"id":"y"}\n'
    assert (tdv.folder / "a.jsonl").read_text() == '{"id":"x"}\n{"id":"y"}\n'
    assert [line["message"] for line in tdv("log", "--json").json_lines] == ["three", "two", "one"]
    assert "the working copy is clean" in tdv("status").out
    assert SECRET not in tdv("op", "log").out
    assert "[purged]" in tdv("op", "log").out
    assert tdv("fsck").err.startswith("Nothing is damaged")
    assert tdv("undo", code=None).code != 0


def test_json(tdv, repo):
    said = tdv("purge", "--key", SECRET, "a.jsonl", "--json").json
    assert (said["schema"], said["dry_run"], said["versions"]) == ("tdv.purge/1", True, 1)
    done = tdv("purge", "--key", SECRET, "a.jsonl", "--json", "--yes").json
    assert list(done["commits"]) == sorted(said["touched"], key=list(done["commits"]).index)
    assert (done["refs"], done["left"], done["working_copy"]) == (["refs/heads/main"], [], True)


def test_what_is_still_elsewhere_is_exit_code_1(tdv, repo):
    tdv.commit("copy", c__txt=f"{SECRET}\n")
    result = tdv("purge", "--key", SECRET, "a.jsonl", "--yes", code=1)
    assert "still found in chunk " in result.out


def test_refusals(tdv, repo):
    assert "has a row with the key nobody" in tdv("purge", "--key", "nobody", "a.jsonl", code=3).err
    tdv("tag", "v1")
    result = tdv("purge", "--key", SECRET, "a.jsonl", code=3)
    assert result.err == (
        "error: The tag leads to the row: `v1`; nothing was changed.\n"
        "hint: `--tags` moves them to the commits without it.\n"
    )
    tdv("tag", "-d", "v1")
    tdv.write("a.jsonl", "unsaved\n")
    assert "Unsaved work in `a.jsonl`" in tdv("purge", "--key", SECRET, "a.jsonl", "-y", code=4).err
