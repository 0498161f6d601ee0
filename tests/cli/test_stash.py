"""Whole outputs of `tdv stash`."""

from __future__ import annotations

import pytest

ROWS = '{"id": 1, "n": 1}\n{"id": 2, "n": 2}\n{"id": 3, "n": 3}\n'


@pytest.fixture
def dirty(tdv):
    """A commit; an edit, a new file that is staged, a deletion, an untracked file."""
    tdv.head = tdv.commit("one", a__jsonl=ROWS, b__txt="b\n", gone="gone\n")[:10]
    tdv.write("a.jsonl", ROWS.replace('"n": 1', '"n": 10'))
    tdv.write("new", "new\n")
    tdv("add", "new")
    (tdv.folder / "gone").unlink()
    tdv.write("junk", "junk\n")
    return tdv


def test_push_and_pop(dirty):
    before = dirty("status", "-s").out
    result = dirty("stash")
    assert (result.out, result.err) == (
        "",
        f"Put aside as stash@{{0}}: WIP on main: {dirty.head} one\n2 files written, 1 removed.\n",
    )
    assert dirty("status", "-s").out == "?? junk\n"
    assert dirty("stash", "pop").err == (
        f"Brought back stash@{{0}}, and dropped it: WIP on main: {dirty.head} one\n"
        "2 files written, 1 removed.\n"
    )
    assert (
        dirty("status", "-s").out
        == before
        == "M  a.jsonl\n".replace("M ", " M") + (" D gone\nA  new\n?? junk\n")
    )
    assert dirty("stash", "list").out == ""


def test_untracked_too(dirty):
    dirty("stash", "push", "-u", "-m", "all of it")
    assert dirty("status", "-s").out == ""
    assert dirty("stash", "list").out == (
        "stash@{0}: On main: all of it (2026-01-02T03:04:05+00:00)\n"
    )
    dirty.write("junk", "other\n")
    assert dirty("stash", "pop", code=4).err == (
        "error: Unsaved work in `junk` would be overwritten; nothing was changed.\n"
        "hint: Commit these changes, or stash them too, and run the command again.\n"
    )
    (dirty.folder / "junk").unlink()
    dirty("stash", "pop")
    assert (dirty.folder / "junk").read_text() == "junk\n"
    assert dirty("status", "-s").out.endswith("?? junk\n")


def test_some_paths(dirty):
    assert dirty("stash", "push", "new", "-m", "just this").err.endswith("1 file removed.\n")
    assert dirty("status", "-s").out == " M a.jsonl\n D gone\n?? junk\n"
    assert dirty("stash", "show").out == ("A  new  application/octet-stream, added, 4 B\n1 file\n")
    line = dirty("stash", "show", "--json").json_lines[0]
    assert (line["type"], line["path"], line["kind"]) == ("file", "new", "added")
    assert dirty("stash", "push", "nowhere", code=3).err.startswith("error: `nowhere`")


def test_list_show_and_drop(dirty):
    dirty("stash", "push", "-m", "first", "a.jsonl")
    dirty("stash", "push", "-m", "second", "new")
    assert [line[:24] for line in dirty("stash", "list").out.splitlines()] == [
        "stash@{0}: On main: seco",
        "stash@{1}: On main: firs",
    ]
    listed = dirty("stash", "list", "--json").json
    assert listed["schema"] == "tdv.stash/1"
    assert [each["message"] for each in listed["stashes"]] == ["On main: second", "On main: first"]
    assert listed["stashes"][1]["parent"][:10] == dirty.head
    for name in ("stash@{1}", "1"):
        assert dirty("stash", "show", "-p", name).out == (
            "M a.jsonl\n  ~ row 0\n      n: 1 → 10\n  ~1 row\n"
        )
    resolved = dirty("debug", "rev-parse", "stash@{1}", "stash").out.split()
    assert resolved == [listed["stashes"][1]["commit"], listed["stashes"][0]["commit"]]
    assert dirty("cat", "stash@{1}:a.jsonl").out.startswith('{"id": 1, "n": 10}')
    assert dirty("stash", "drop", "1").err == "Dropped stash@{1}: On main: first\n"
    assert dirty("stash", "list").out.startswith("stash@{0}: On main: second")
    assert dirty("undo").err == "Undid operation 7: tdv stash drop 1\nA stash is back.\n"
    dirty("stash", "pop", "stash@{1}")
    assert '"n": 10' in (dirty.folder / "a.jsonl").read_text()


def test_apply_keeps_it(dirty):
    dirty("stash")
    assert dirty("stash", "apply").err.startswith("Brought back stash@{0}: WIP on main")
    assert dirty("stash", "list").out.startswith("stash@{0}")
    before = dirty("status", "-s").out
    dirty("stash", "apply")
    assert dirty("status", "-s").out == before
    dirty.write("a.jsonl", "edited")
    assert dirty("stash", "apply", code=4).err.startswith("error: Unsaved work in `a.jsonl`")


def test_the_stage_comes_back_when_asked(dirty):
    dirty("add", "a.jsonl")
    dirty("stash")
    dirty("stash", "apply")
    assert dirty("status", "-s").out == " M a.jsonl\n D gone\nA  new\n?? junk\n"
    dirty("undo")
    dirty("stash", "pop", "--index")
    assert dirty("status", "-s").out == "M  a.jsonl\n D gone\nA  new\n?? junk\n"


def test_rows_are_merged_with_what_came_meanwhile(dirty):
    dirty("stash")
    dirty.commit("meanwhile", a__jsonl=ROWS.replace('"n": 3', '"n": 30'))
    assert dirty("stash", "pop").err.endswith(
        "The rows of 1 file were merged with those of HEAD.\n"
    )
    assert (dirty.folder / "a.jsonl").read_text() == (
        '{"id": 1, "n": 10}\n{"id": 2, "n": 2}\n{"id": 3, "n": 30}\n'
    )
    dirty("undo")
    assert (dirty.folder / "a.jsonl").read_text() == ROWS.replace('"n": 3', '"n": 30')


def test_the_same_row_changed_meanwhile(dirty):
    dirty("stash")
    dirty.commit("meanwhile", a__jsonl=ROWS.replace('"n": 1', '"n": 11'))
    assert dirty("stash", "pop", code=4).err == (
        "error: What the stash changed in `a.jsonl` was changed otherwise since; nothing was "
        "done.\n"
        "hint: The stash is kept, and `tdv stash show -p` shows it. `tdv cherry-pick -n -m 1 "
        "stash@{0}` brings it with conflicts to decide, `tdv restore --source stash@{0} PATH` a "
        "whole file of it.\n"
    )
    assert dirty("status", "-s").out == ""
    assert dirty("stash", "list").out.startswith("stash@{0}")
    stashed = dirty("cat", "stash@{0}:a.jsonl").out
    dirty("cherry-pick", "-n", "-m", "1", "stash@{0}", code=1)
    dirty("resolve", "--theirs")
    assert (dirty.folder / "a.jsonl").read_text() == stashed
    dirty("cherry-pick", "--abort")
    dirty("restore", "--source", "stash@{0}", "a.jsonl")
    assert (dirty.folder / "a.jsonl").read_text() == stashed


def test_nothing_to_put_aside(dirty):
    dirty("reset", "--hard")
    before = dirty("op", "log").out
    assert dirty("stash").err == "There are no local changes to put aside.\n"
    assert dirty("op", "log").out == before


def test_wrong_words(dirty):
    assert dirty("stash", "pop", code=3).err == (
        "error: There is no stash.\nhint: `tdv stash list` lists the stashes.\n"
    )
    assert dirty("stash", "pop", "x", code=2).err == (
        "error: `x` names no stash.\nhint: `stash@{1}`, or `1` for short.\n"
    )
    dirty("stash")
    assert dirty("stash", "drop", "7", code=3).err.startswith("error: There is no `stash@{7}`.")
    assert "only 1 stash" in dirty("debug", "rev-parse", "stash@{7}", code=3).err
    assert dirty("stash", "-m", "x", "list", code=2).err.startswith("error: `-m` and `-u` go")


def test_before_the_first_commit(tdv):
    tdv.write("a", "x")
    tdv("add", "a")
    assert tdv("stash", code=3).err == (
        "error: There is no commit yet that local changes could be put aside from.\n"
        "hint: `tdv commit` makes the first one.\n"
    )


def test_a_folder_where_the_stash_has_a_file(dirty):
    dirty("reset", "-q", "--hard")
    dirty.write("d", "a file\n")
    dirty("stash", "-u")
    dirty.write("d/x", "in a folder\n")
    dirty("add", "d")
    assert dirty("stash", "pop", code=4).err.startswith(
        "error: What the stash changed in `d/x` was changed otherwise since; nothing was done.\n"
    )
    assert (dirty.folder / "d/x").read_text() == "in a folder\n"
