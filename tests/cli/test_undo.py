"""Whole outputs of `tdv undo` and `tdv redo`."""

from __future__ import annotations

import pytest


@pytest.fixture
def two(tdv):
    """Two commits on main; the second one added rows and a file."""
    tdv.first = tdv.commit("one", a__jsonl='{"n": 1}\n')
    tdv.second = tdv.commit("two", a__jsonl='{"n": 1}\n{"n": 2}\n', b__txt="b\n")
    return tdv


def test_a_commit_and_back(two):
    result = two("undo")
    assert (result.out, result.err) == (
        "",
        f"Undid operation 5: tdv commit -m two\n`main` is at {two.first[:10]}.\n",
    )
    assert two("status", "-s").out == "M  a.jsonl\nA  b.txt\n"
    assert two("redo").err == (
        f"Redid operation 5: tdv commit -m two\n`main` is at {two.second[:10]}.\n"
    )
    assert two("status", "-s").out == ""


def test_several_at_once(two):
    two("branch", "side")
    two("tag", "v1")
    two("tag", "v2")
    two("branch", "-d", "side")
    assert two("undo", "4", "--dry-run").err == (
        "Would undo operation 9: tdv branch -d side\n"
        "Would undo operation 8: tdv tag v2\n"
        "Would undo operation 7: tdv tag v1\n"
        "Would undo operation 6: tdv branch side\n"
        "`side` is gone; the tag `v2` is gone; the tag `v1` is gone.\n"
    )
    assert two("tag", "-l").out == "v1\nv2\n"
    two("undo", "4")
    assert two("tag", "-l").out == two("branch", "-l", "side").out == ""
    assert two("redo", "--dry-run").err.startswith("Would redo operation 6: tdv branch side\n")
    assert two("redo").err == (
        "Redid operation 6: tdv branch side\n"
        "Redid operation 7: tdv tag v1\n"
        "Redid operation 8: tdv tag v2\n"
        "Redid operation 9: tdv branch -d side\n"
        "The tag `v2` is at PLACE; the tag `v1` is at PLACE.\n"
    ).replace("PLACE", two.second[:10])
    assert two("tag", "-l").out == "v1\nv2\n"


def test_files_come_back(two):
    two("switch", "-c", "side")
    two("rm", "b.txt")
    two("commit", "-m", "three")
    two("switch", "main")
    assert two("undo").err == (
        "Undid operation 9: tdv switch main\n"
        f"HEAD is on `side` at {two('debug', 'rev-parse', 'side').out[:10]}; "
        "the stage is as it was; 1 file removed.\n"
    )
    assert two("undo", "2").err == (
        "Undid operation 8: tdv commit -m three\n"
        "Undid operation 7: tdv rm b.txt\n"
        f"`side` is at {two.second[:10]}; the stage is as it was; 1 file written.\n"
    )
    assert (two.folder / "b.txt").read_text() == "b\n"


def test_files_changed_since(two):
    two("checkout", "HEAD~1")
    two.write("a.jsonl", "mine")
    result = two("undo", code=4)
    assert result.err == (
        "error: Unsaved work in `a.jsonl` would be overwritten; nothing was changed.\n"
        "hint: These files were changed since operation 6, `tdv checkout 'HEAD~1'`. "
        "Commit them or move them away, or run "
        "`tdv undo --force`, which keeps their content in the operation log.\n"
    )
    assert (two.folder / "a.jsonl").read_text() == "mine"
    assert two("undo", "--force").err == (
        "Undid operation 6: tdv checkout 'HEAD~1'\n"
        f"HEAD is on `main` at {two.second[:10]}; the stage is as it was; 2 files written.\n"
        "hint: Unsaved work in 1 file is kept in the operation log: `tdv redo` brings it back.\n"
    )
    assert two("status", "-s").out == ""
    two("redo")
    assert (two.folder / "a.jsonl").read_text() == "mine"
    assert not (two.folder / "b.txt").exists()


def test_what_a_reset_threw_away(two):
    two.write("a.jsonl", "edited")
    two("reset", "--hard")
    two("undo")
    assert (two.folder / "a.jsonl").read_text() == "edited"
    assert two("status", "-s").out == " M a.jsonl\n"


def test_a_deletion_is_nobodys_work(two):
    two("checkout", "HEAD~1")
    (two.folder / "a.jsonl").unlink()
    two("undo")
    assert two("status", "-s").out == ""
    two("redo")
    assert not (two.folder / "a.jsonl").exists()


def test_past_the_first_operation(two):
    assert two("undo", "9", code=3).err == (
        "error: Only 4 operations can be undone, since the one before made the repository; "
        "nothing was changed.\n"
        "hint: `tdv op log` lists the operations.\n"
    )
    two("undo", "4")
    assert two("undo", code=3).err == (
        "error: There is nothing to undo: operation 1 made the repository.\n"
    )
    assert two("status", "-s").out == "?? a.jsonl\n?? b.txt\n"


@pytest.mark.parametrize("count", ["0", "-1"])
def test_a_count_that_is_none(two, count):
    result = two("undo", "--", count, code=2)
    assert result.err == f"error: At least 1 operation can be undone, not {count}.\n"


def test_past_what_was_cleaned_up(two):
    from tdv.repo.repository import Repo

    repo = Repo.open(two.folder)
    with repo.transaction("gc") as transaction:
        transaction.set_oldest(4)
        transaction.commit()
    assert two("undo").err.startswith("Undid operation 5: tdv commit -m two\n")
    assert two("undo", code=3).err == (
        "error: Operation 4 cannot be taken back any more: what came before operation 4 was "
        "cleaned up by `gc` or `purge`.\nhint: `tdv op log` lists the operations.\n"
    )
    assert two("op", "restore", "3", code=3).err.startswith("error: Operation 3 cannot be")


def test_nothing_to_redo(two):
    expected = (
        "error: There is nothing to redo: no `undo` was made since the last operation.\n"
        "hint: `tdv op log` lists the operations, `tdv op restore N` goes to any of them.\n"
    )
    assert two("redo", code=3).err == expected
    two("undo")
    two("tag", "v1")
    assert two("redo", code=3).err == expected
    two("undo")
    two("redo")
    assert two("redo", code=3).err == expected
    assert two("tag", "-l").out == "v1\n"


def test_back_and_forth_is_one_line_of_states(two):
    for _ in range(3):
        two("undo")
    for _ in range(3):
        two("redo")
    assert two("debug", "rev-parse", "HEAD").out.strip() == two.second
    assert two("status", "-s").out == ""
    two("undo", "2")
    two("undo")
    assert two("debug", "rev-parse", "main", code=3).err
    two("redo")
    assert two("debug", "rev-parse", "main").out.strip() == two.first
    two("redo")
    assert two("debug", "rev-parse", "main").out.strip() == two.second


def test_a_file_in_the_way_of_a_folder(two):
    two.write("d/x", "x\n")
    two("add", "d")
    two("rm", "-r", "-f", "d")
    two.write("d", "a file of that name")
    result = two("undo", code=4)
    assert result.err.startswith("error: Unsaved work in `d` would be overwritten; nothing")
    assert two("undo", "--force", code=4).err == (
        "error: Unsaved work in `d` is in the way; nothing was changed.\n"
        "hint: Move it away, and run the command again.\n"
    )
    (two.folder / "d").unlink()
    two("undo")
    assert (two.folder / "d/x").read_text() == "x\n"


def test_untracked_files_that_were_removed(two):
    two.write("junk/one", "1")
    two.write("two", "2")
    two("rm", "--untracked", "--yes")
    assert not (two.folder / "junk").exists()
    assert two("undo").err.endswith("2 files written.\n")
    assert (two.folder / "junk/one").read_text() == "1"


def test_in_a_folder_that_is_no_repository(outside):
    assert outside("undo", code=3).err.startswith("error: Neither ")


def test_a_merge_and_its_conflicts(two):
    two("switch", "-c", "side", "HEAD~1")
    two.commit("theirs", a__jsonl='{"n": 7}\n', c__txt="c\n")
    two("switch", "main")
    two.commit("ours", a__jsonl='{"n": 8}\n')
    before = (two("status").out, two("debug", "rev-parse", "main").out)
    two("merge", "side", code=None)
    conflicted = (two("status").out, two("conflicts", code=None).out)
    assert "merge" in conflicted[0]
    two("resolve", "--theirs")
    resolved = two("status").out
    two("undo")
    assert (two("status").out, two("conflicts", code=None).out) == conflicted
    two("undo")
    assert (two("status").out, two("debug", "rev-parse", "main").out) == before
    assert not (two.folder / "c.txt").exists()
    two("redo")
    two("redo")
    assert two("status").out == resolved
    two("commit", "-m", "merged")
    two("undo")
    assert two("status").out == resolved
    two("merge", "--abort")
    two("undo")
    assert two("status").out == resolved
    assert (two.folder / "a.jsonl").read_text() == '{"n": 7}\n'


def test_a_fast_forward_and_a_merge_without_conflicts(two):
    two("switch", "-c", "side", "HEAD~1")
    theirs = two.commit("theirs", c__txt="c\n")
    two("switch", "main")
    two("merge", "side")
    assert (two.folder / "c.txt").exists()
    assert two("undo").err.endswith(
        f"`main` is at {two.second[:10]}; the stage is as it was; 1 file removed.\n"
    )
    two("reset", "-q", "--hard", "HEAD~1")
    two("merge", "side")
    assert two("debug", "rev-parse", "main").out.strip() == theirs
    two("undo", "2")
    assert two("debug", "rev-parse", "main").out.strip() == two.second
    assert two("status", "-s").out == ""


def test_an_amended_commit(two):
    two.write("b.txt", "more\n")
    two("commit", "-a", "--amend", "-m", "too")
    assert two("undo").err.endswith(f"`main` is at {two.second[:10]}; the stage is as it was.\n")
    assert two("status", "-s").out == " M b.txt\n"


def test_refs_that_hide_one_another(two):
    two("branch", "a")
    two("branch", "-d", "a")
    two("branch", "a/b")
    two("undo", "2")
    assert two("branch", "-l", "a*").out == "  a\n"
    two("redo")
    assert two("branch", "-l", "a*").out == "  a/b\n"


def test_what_was_in_progress(tdv):
    tdv.commit("base", a__bin="base\n")
    tdv("switch", "-q", "-c", "side")
    tdv.commit("side", a__bin="side\n")
    tdv("switch", "-q", "main")
    tdv.commit("main", a__bin="main\n")
    tdv("merge", "side", code=1)
    assert "The merge that was in progress is given up" in tdv("reset", "--hard").err
    assert tdv("undo").err.splitlines()[-1] == "The merge is in progress again."
    assert tdv("redo").err.splitlines()[-1] == "No merge is in progress any more."
    tdv("bisect", "start")
    assert tdv("undo").err.splitlines()[-1] == "No bisection is in progress any more."


def test_a_move_to_where_files_were_that_are_gone(tdv):
    tdv.write("d/x", "x\n")
    tdv.commit("one", a="a\n", b="b\n")
    for target in ("d", "b/y"):
        tdv("reset", "-q", "--hard")
        (tdv.folder / "d/x").unlink()
        (tdv.folder / "d").rmdir()
        (tdv.folder / "b").unlink()
        tdv("mv", "a", target)
        moved = tdv("status", "-s").out
        tdv("undo")
        assert tdv("status", "-s").out == " D b\n D d/x\n"
        tdv("redo")
        assert tdv("status", "-s").out == moved
