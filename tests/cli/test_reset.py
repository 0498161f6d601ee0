"""Whole outputs of `tdv reset`."""

from __future__ import annotations

import pytest


@pytest.fixture
def two(tdv):
    """Two commits on main, and an edit that is staged and one that is not."""
    tdv.first = tdv.commit("one", a__jsonl='{"n": 1}\n')[:10]
    tdv.second = tdv.commit("two", a__jsonl='{"n": 1}\n{"n": 2}\n', b__txt="b\n")[:10]
    tdv.write("a.jsonl", '{"n": 1}\n{"n": 3}\n')
    tdv("add", "a.jsonl")
    tdv.write("b.txt", "edited\n")
    tdv.write("new", "untracked\n")
    return tdv


def test_soft(two):
    result = two("reset", "--soft", "HEAD~1")
    assert (result.out, result.err) == ("", f"`main` is now at {two.first} one\n")
    assert two("status", "-s").out == "M  a.jsonl\nAM b.txt\n?? new\n"


def test_mixed_is_the_default(two):
    for words in (["HEAD~1"], ["--mixed", "HEAD~1"]):
        assert two("reset", *words).err == (
            f"`main` is now at {two.first} one\n"
            "The stage is as that commit; files of the working copy were left as they are.\n"
        )
        assert two("status", "-s").out == " M a.jsonl\n?? b.txt\n?? new\n"
        two("undo")
    assert two("status", "-s").out == "M  a.jsonl\n M b.txt\n?? new\n"


def test_without_a_revision_the_stage_is_emptied(two):
    assert two("reset").err == (
        f"`main` is now at {two.second} two\n"
        "The stage is as that commit; files of the working copy were left as they are.\n"
    )
    assert two("status", "-s").out == " M a.jsonl\n M b.txt\n?? new\n"
    assert two("reset").err == f"`main` is now at {two.second} two\n"


def test_hard(two):
    assert two("reset", "--hard", "HEAD~1").err == (
        f"`main` is now at {two.first} one\n"
        "1 file written, 1 removed.\n"
        "hint: Unsaved work in 1 file was thrown away: `tdv undo` brings it back.\n"
    )
    assert two("status", "-s").out == "?? new\n"
    two("undo")
    assert (two.folder / "b.txt").read_text() == "edited\n"
    assert two("status", "-s").out == "M  a.jsonl\n M b.txt\n?? new\n"


def test_hard_takes_a_file_that_is_not_tracked(two):
    two("reset", "-q", "--hard", "HEAD~1")
    two.write("b.txt", "mine\n")
    two("reset", "--hard", "HEAD@{1}")
    assert (two.folder / "b.txt").read_text() == "b\n"
    two("undo")
    assert (two.folder / "b.txt").read_text() == "mine\n"


def test_detached(two):
    two("reset", "--hard", "-q")
    two("checkout", "--detach")
    assert two("reset", "--hard", "HEAD~1").err.startswith(f"HEAD is now at {two.first} one\n")
    assert two("debug", "rev-parse", "main").out[:10] == two.second


def test_paths(two):
    assert two("reset", "a.jsonl").err == "The stage holds 1 file as HEAD again.\n"
    assert two("status", "-s").out == " M a.jsonl\n M b.txt\n?? new\n"
    assert two("reset", "HEAD~1", "--", ".").err == "The stage holds 2 files as HEAD~1 again.\n"
    assert two("status", "-s").out == "MM a.jsonl\nD  b.txt\n?? b.txt\n?? new\n"
    assert two("reset", "--", "new", code=3).err.startswith("error: `new` matches no file of HEAD")


def test_nothing_changes(two):
    two("reset", "--hard")
    before = two("op", "log").out
    assert two("reset", "--hard").err == f"`main` is now at {two.second} two\n"
    assert two("reset", "a.jsonl").err == (
        "Nothing to reset: the stage holds these files as HEAD does.\n"
    )
    assert two("op", "log").out == before


def test_before_the_first_commit(tdv):
    tdv.write("a", "x")
    tdv("add", "a")
    assert tdv("reset").err == "There is no commit yet; the stage is empty.\n"
    assert tdv("status", "-s").out == "?? a\n"
    assert tdv("reset", "HEAD~1", code=3).err.startswith("error: ")


def test_wrong_words(two):
    assert two("reset", "--soft", "--hard", code=2).err == (
        "error: `--soft`, `--mixed` and `--hard` exclude one another.\n"
    )
    assert two("reset", "--hard", "--", "a.jsonl", code=2).err == (
        "error: Paths go with `--mixed` only, not with `--hard`.\n"
        "hint: `tdv restore PATH` brings files of the working copy back.\n"
    )
    assert two("reset", "main", "HEAD", code=2).err == (
        "error: `tdv reset` takes one revision, not 2.\n"
    )
    assert "neither a revision nor a path" in two("reset", "nowhere", code=3).err


def test_a_folder_with_files_in_the_way(two):
    two("reset", "-q", "--hard", "HEAD~1")
    two.write("b.txt/inside", "mine")
    assert two("reset", "--hard", "HEAD@{1}", code=4).err == (
        "error: Unsaved work in `b.txt/inside` is in the way; nothing was changed.\n"
        "hint: Commit the changes (`tdv commit -a`) or undo them (`tdv restore PATH`), or move "
        "the files away, and run the command again.\n"
    )
