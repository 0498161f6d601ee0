"""`tdv gc`: what it says, and that it does nothing unasked."""

from __future__ import annotations

import pytest

from tdv.api import Repo


@pytest.fixture
def repo(tdv):
    """A hundred versions of a small file."""
    repo = Repo.open(tdv.folder)
    rows = [b"row %d of a file\n" % number for number in range(50)]
    for number in range(100):
        rows[number % 50] = b"version %d of a row\n" % number
        repo.commit({"a.txt": b"".join(rows)}, f"version {number}")
    return repo


def packs(tdv):
    return sorted(path.name for path in (tdv.folder / ".tdv/packs").iterdir())


def test_only_says_what_it_would_do(tdv, repo):
    before = packs(tdv)
    result = tdv("gc")
    size, reason = result.out.strip().split("  ", 1)
    assert size.endswith("kB")
    assert reason == "by storing old versions together"
    assert "The packs would go from " in result.err
    assert result.err.endswith("; nothing was changed.\nhint: `tdv gc --yes` does it.\n")
    assert packs(tdv) == before


def test_does_it(tdv, repo):
    said = tdv("gc", "--json").json
    assert said["schema"] == "tdv.gc/1"
    assert said["dry_run"]
    done = tdv("gc", "--yes", "--json").json
    assert done == {**said, "dry_run": False}
    assert done["after"] < done["before"]
    assert done["groups"] == 3
    assert tdv("fsck").err.startswith("Nothing is damaged")
    assert tdv("cat", "HEAD~60:a.txt").out.count("version") == 40
    assert tdv("gc", "--yes").out == ""


def test_only_when_it_is_due(tdv, repo):
    assert tdv("gc", "--auto", "--yes").err == (
        "Too few objects came since the last `tdv gc` to be worth another.\n"
    )
    tdv("config", "set", "gc.auto", "250")
    tdv("gc", "--auto", "--yes")
    assert "Too few" in tdv("gc", "--auto", "--yes").err


def test_commit_suggests_it(tdv, repo):
    hint = "hint: Many objects came since the last `tdv gc`; it shows what another would free.\n"
    tdv.write("b.txt", "b\n")
    tdv("add", "b.txt")
    assert hint not in tdv("commit", "-m", "b").err
    tdv("config", "set", "gc.auto", "100")
    tdv.write("b.txt", "c\n")
    assert hint in tdv("commit", "-am", "c").err
    tdv("gc", "--yes")
    tdv.write("b.txt", "d\n")
    assert hint not in tdv("commit", "-am", "d").err


def test_says_when_undo_ends(tdv):
    tdv.write("a.txt", "".join(f"{number * 7919}\n" for number in range(20000)))
    tdv("add", ".")
    tdv("commit", "-m", "large")
    tdv.write("a.txt", "small\n")
    tdv("commit", "-a", "--amend", "-m", "small")
    # Everything here was committed in January 2026.
    for count in range(3):
        tdv.write("a.txt", f"{count}\n")
        tdv("commit", "-am", "more")
    result = tdv("gc", "--yes")
    assert "of objects that only old operations lead to" in result.out
    assert "`tdv undo` reaches back to operation " in result.err
    assert "tdv gc --yes\n" in tdv("op", "log", "-n", "1").out
    assert tdv("fsck").err.startswith("Nothing is damaged")


def test_at_least_the_newest_version_stays(tdv):
    assert "--keep" in tdv("gc", "--keep", "0", code=2).err


def test_a_merge_that_was_undone_can_be_redone(tdv):
    tdv.commit("base", a__jsonl='{"id": 1, "v": 0}\n')
    tdv("switch", "-c", "side")
    tdv.commit("theirs", a__jsonl='{"id": 1, "v": 1}\n')
    tdv("switch", "main")
    tdv.commit("ours", a__jsonl='{"id": 1, "v": 2}\n')
    tdv("merge", "side", code=1)
    found = tdv("conflicts").out
    tdv("undo")
    tdv("gc", "--yes")  # all of this was done longer ago than operations are kept for
    tdv("gc", "--yes")
    tdv("redo")
    assert tdv("fsck").err.startswith("Nothing is damaged")
    assert tdv("conflicts").out == found
    tdv("resolve", "--theirs")
    tdv("undo", "2")
    assert tdv("fsck").err.startswith("Nothing is damaged")
