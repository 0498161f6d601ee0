"""Whole outputs of `tdv revert`, `tdv cherry-pick` and `tdv restore --key`."""

from __future__ import annotations

import pytest

TOML = '[dataset.all]\npaths = ["*.jsonl"]\nkey = "id"\n'
NAMES = ("one", "two", "three", "four")


def rows(**changes):
    return "".join(
        f'{{"id": {number}, "t": "{changes.get(name, name)}", "n": {number}.0}}\n'
        for number, name in enumerate(NAMES, 1)
    )


@pytest.fixture
def base(tdv):
    tdv.commit("base", tdv__toml=TOML, a__jsonl=rows())
    return tdv


def read(tdv, path="a.jsonl"):
    return (tdv.folder / path).read_text()


def commit_of(tdv, revision="HEAD"):
    return tdv("log", "-n", "1", "--json", revision).json_lines[0]


def test_revert(base):
    oid = base.commit("Enhance", a__jsonl=rows(one="ONE", two="TWO"))
    base.commit("Later", a__jsonl=rows(one="ONE", two="TWO").replace("3.0", "3.50"))
    result = base("revert", oid[:10])
    head = commit_of(base)
    assert result.out == "merged:    a.jsonl  ~2 rows\n"
    assert result.err == (f'[main {head["commit"][:10]}] Revert "Enhance"\n 1 file: 1 changed.\n')
    assert head["message"] == f'Revert "Enhance"\n\nReverts commit {oid}.'
    # What came later stays.
    assert read(base) == rows().replace("3.0", "3.50")
    again = base("revert", oid, code=1)
    assert again.err.startswith("error: Nothing is left to do: the data has what the revert would")
    base("undo")
    assert read(base) == rows(one="ONE", two="TWO").replace("3.0", "3.50")


def test_revert_the_first_commit(base):
    base.commit("two", b__txt="b\n")
    base("revert", "HEAD~1")
    assert base("ls", "--name-only").out == "b.txt\n"


def test_revert_without_a_commit(base):
    oid = base.commit("Enhance", a__jsonl=rows(one="ONE"))
    result = base("revert", "-n", oid)
    assert result.err.endswith("The result is staged and not committed: `tdv commit` does that.\n")
    assert base("status", "-s").out == "M  a.jsonl\n"
    assert commit_of(base)["commit"] == oid
    assert base("revert", "--continue", code=3).err.startswith("error: No revert is in progress.")


def test_a_revert_in_conflict(base):
    oid = base.commit("Enhance", a__jsonl=rows(one="ONE", two="TWO"))
    base.commit("Later", a__jsonl=rows(one="Uno", two="TWO"))
    result = base("revert", oid, code=1)
    assert result.out == "conflict:  a.jsonl  ~1 row, 1 row in conflict\n"
    assert "`tdv revert --continue` then finishes" in result.err
    assert base("conflicts", "--json").json_lines[0]["fields"] == [
        {"field": "t", "base": "ONE", "ours": "Uno", "theirs": "one"}
    ]
    assert "but a revert" in base("merge", "--abort", code=3).err
    base("revert", "--abort")
    assert read(base) == rows(one="Uno", two="TWO")
    base("revert", oid, code=1)
    base("resolve", "--theirs")
    base("revert", "--continue")
    assert read(base) == rows()
    assert commit_of(base)["message"].startswith('Revert "Enhance"')


def test_revert_a_merge(base):
    base("switch", "-c", "side")
    base.commit("side", a__jsonl=rows(one="ONE"))
    base("switch", "main")
    base.commit("main", a__jsonl=rows(two="TWO"))
    base("merge", "side")
    result = base("revert", "HEAD", code=2)
    assert "is a merge: its change depends on the parent" in result.err
    assert "none with the number 3" in base("revert", "-m", "3", "HEAD", code=2).err
    assert "is no merge" in base("revert", "-m", "1", "side", code=2).err
    base("revert", "-m", "1", "HEAD")
    assert read(base) == rows(two="TWO")


def test_cherry_pick(base):
    base("switch", "-c", "side")
    oid = base.commit("side", a__jsonl=rows(one="ONE", three="THREE"))
    base("switch", "main")
    base.commit("main", a__jsonl=rows(two="TWO"))
    author = {"TDV_AUTHOR_NAME": "Bob", "TDV_COMMITTER_NAME": "Bob"}
    result = base("cherry-pick", oid, **author)
    head = commit_of(base)
    assert result.err == f"[main {head['commit'][:10]}] side\n 1 file: 1 changed.\n"
    assert read(base) == rows(one="ONE", two="TWO", three="THREE")
    assert (head["author"]["name"], head["committer"]["name"]) == ("Ada", "Bob")
    assert len(head["parents"]) == 1
    assert base("cherry-pick", oid, code=1).err.startswith("error: Nothing is left to do")


def test_cherry_pick_one_row(base):
    base("switch", "-c", "side")
    oid = base.commit("side", a__jsonl=rows(one="ONE", three="THREE"), b__jsonl=rows(one="B"))
    base("switch", "main")
    base.commit("main", a__jsonl=rows(two="TWO"))
    base("cherry-pick", "--key", "3", "side")
    assert read(base) == rows(two="TWO", three="THREE")
    assert not (base.folder / "b.jsonl").exists()
    assert commit_of(base)["message"] == f"side\n\n(Rows `3` of commit {oid}.)"
    result = base("cherry-pick", "--key", "2", "--key", "1", "side", code=2)
    assert result.err == (
        f"error: Commit {oid[:10]} changed no row with the key `2`.\n"
        f"hint: `tdv show {oid[:10]}` lists the rows that it changed; files that it added or "
        "removed as a whole are left out.\n"
    )
    assert "in these files" in base("cherry-pick", "--key", "1", "side", "b.jsonl", code=2).err
    assert "Paths go with `--key K`" in base("cherry-pick", "side", "a.jsonl", code=2).err
    base("cherry-pick", "-n", "side", "a.jsonl", "--key", "1")
    assert read(base) == rows(one="ONE", two="TWO", three="THREE")
    assert base("status", "-s").out == "M  a.jsonl\n"


def test_revert_one_row(base):
    oid = base.commit("Enhance", a__jsonl=rows(one="ONE", two="TWO"))
    base("revert", "--key", "2", "HEAD")
    assert read(base) == rows(one="ONE")
    assert commit_of(base)["message"] == f'Revert "Enhance"\n\nReverts rows `2` of commit {oid}.'


def test_rows_of_a_file_without_a_key(tdv):
    tdv.commit("base", a__jsonl=rows())
    tdv.commit("more", a__jsonl=rows(one="ONE"))
    result = tdv("revert", "--key", "1", "HEAD", code=2)
    assert result.err == (
        "error: Nothing says which field of a.jsonl tells its rows apart.\n"
        'hint: Give it with `--on FIELD`, or write `key = "FIELD"` for the file into tdv.toml.\n'
    )
    tdv("revert", "--key", "1", "--on", "id", "HEAD")
    assert read(tdv) == rows()


def test_pick_with_something_staged(base):
    base("switch", "-c", "side")
    base.commit("side", a__jsonl=rows(one="ONE"))
    base("switch", "main")
    base.write("b.txt", "b\n")
    base("add", "b.txt")
    result = base("cherry-pick", "side", code=4)
    assert result.err.startswith(
        "error: What is staged in `b.txt` would become part of the cherry-pick; nothing was "
        "changed.\n"
    )
    base("cherry-pick", "-n", "side")
    assert base("status", "-s").out == "M  a.jsonl\nA  b.txt\n"


def test_pick_before_the_first_commit(tdv):
    result = tdv("cherry-pick", "HEAD", code=3)
    assert result.err.startswith("error: ")
    assert "`tdv revert` needs a commit." in tdv("revert", code=2).err


def test_restore_a_row(base):
    base.commit("Enhance", a__jsonl=rows(one="ONE", two="TWO"))
    base.write("a.jsonl", rows(one="ONE", two="TWO", four="edited"))
    result = base("restore", "--source", "HEAD~1", "a.jsonl", "--key", "2")
    assert result.err == "Restored 1 file in the working copy.\n"
    assert read(base) == rows(one="ONE", four="edited")
    assert base("status", "-s").out == " M a.jsonl\n"
    base("undo")
    assert read(base) == rows(one="ONE", two="TWO", four="edited")


def test_restore_a_row_that_is_gone(base):
    first, *others = rows().splitlines(keepends=True)
    base.commit("Shorter", a__jsonl="".join(others))
    base("restore", "-s", "HEAD~1", "--key", "1", "a.jsonl")
    assert read(base) == first + "".join(others)
    again = base("restore", "-s", "HEAD~1", "--key", "1", "a.jsonl")
    assert again.err == "Nothing to restore: no file differs.\n"


def test_a_key_that_is_not_unique(tdv):
    twice = '{"id": 1, "t": "a"}\n{"id": 1, "t": "b"}\n{"id": 2, "t": "c"}\n'
    tdv.commit("base", tdv__toml=TOML, a__jsonl=twice)
    changed = twice.replace('"a"', '"A"').replace('"b"', '"B"')
    tdv.commit("more", a__jsonl=changed)
    result = tdv("restore", "-s", "HEAD~1", "--key", "1", "a.jsonl", code=2)
    assert result.err == (
        "error: The key `1` is not unique in HEAD~1:a.jsonl: rows 0, 1 have it.\n"
        "hint: Name more fields for the key, in tdv.toml or with `--on`.\n"
    )
    result = tdv("revert", "--key", "1", "HEAD", code=2)
    assert result.err.startswith(
        "error: The key `1` is not unique in a.jsonl, after it: rows 0, 1 have it.\n"
    )
    assert read(tdv) == changed
    # Rows with one key are told apart by their place in a merge of all of the change.
    tdv("revert", "HEAD")
    assert read(tdv) == twice


def test_restore_rows_that_are_not_there(base):
    result = base("restore", "-s", "HEAD", "--key", "9", "a.jsonl", code=2)
    assert result.err == (
        "error: HEAD has no row with the key `9` there.\n"
        "hint: `tdv log --key K PATH` lists the commits that changed a row.\n"
    )
    assert "needs `--source REV`" in base("restore", "--key", "1", "a.jsonl", code=2).err
    assert base("restore", "-s", "HEAD", "--key", "1", "nowhere", code=3).err.startswith("error: ")
    (base.folder / "a.jsonl").unlink()
    result = base("restore", "-s", "HEAD", "--key", "1", "a.jsonl", code=3)
    assert "There is no file `a.jsonl` in the working copy" in result.err


def test_a_row_of_a_file_that_the_commit_added(base):
    oid = commit_of(base)["commit"][:10]
    assert base("revert", "--key", "2", oid, code=2).err == (
        f"error: Commit {oid} changed no row with the key `2`.\n"
        f"hint: `tdv show {oid}` lists the rows that it changed; files that it added or removed "
        "as a whole are left out.\n"
    )
