"""Each command that changes something, with each of its writes failing: old or new, no third."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from everywrite import Failure, command, try_each_write

KEYED = b'[dataset.rows]\npaths = ["*.jsonl"]\nkey = "id"\n'


def lines(*rows: tuple[int, str]) -> bytes:
    return b"".join(b'{"id": %d, "label": "%s"}\n' % (key, text.encode()) for key, text in rows)


BASE = [(number, "fine") for number in range(40)]


def edited(**rows: str) -> bytes:
    """The rows, those of some numbers with another label."""
    return lines(*((key, rows.get(f"n{key}", label)) for key, label in BASE))


def tdv(folder: Path, *words: str, code: int = 0) -> None:
    done = command(folder, list(words))
    assert done.code == code, (words, done.err)


def write(folder: Path, name: str, content: bytes) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def committed(folder: Path) -> None:
    """Two commits, a branch and a tag."""
    tdv(folder, "init")
    write(folder, "tdv.toml", KEYED)
    write(folder, "a.jsonl", edited())
    write(folder, "d/b.csv", b"x,y\n1,2\n")
    write(folder, "d/c.bin", bytes(3000))
    tdv(folder, "add", "-A")
    tdv(folder, "commit", "-m", "one")
    tdv(folder, "branch", "old")
    write(folder, "a.jsonl", edited(n3="two"))
    write(folder, "e.txt", b"line\n")
    tdv(folder, "add", "-A")
    tdv(folder, "commit", "-m", "two")
    tdv(folder, "tag", "v1")


def dirty(folder: Path) -> None:
    """Something staged, something edited, something new."""
    committed(folder)
    write(folder, "a.jsonl", edited(n3="two", n5="staged"))
    tdv(folder, "add", "a.jsonl")
    write(folder, "d/b.csv", b"x,y\n1,3\n")
    write(folder, "new.jsonl", lines((1, "new")))


def parted(folder: Path) -> None:
    """Two branches that changed different rows of one file; `main` is checked out."""
    committed(folder)
    tdv(folder, "switch", "-c", "side")
    write(folder, "a.jsonl", edited(n3="two", n20="side"))
    write(folder, "d/side.csv", b"x,y\n5,6\n")
    tdv(folder, "add", "-A")
    tdv(folder, "commit", "-m", "side")
    tdv(folder, "switch", "main")
    write(folder, "a.jsonl", edited(n3="two", n30="main"))
    tdv(folder, "commit", "-a", "-m", "main")


def behind(folder: Path) -> None:
    """On a branch that `main` is one commit ahead of."""
    committed(folder)
    tdv(folder, "switch", "old")


def clashing(folder: Path) -> None:
    """Two branches that changed one row in different ways."""
    parted(folder)
    write(folder, "a.jsonl", edited(n3="two", n20="main", n30="main"))
    tdv(folder, "commit", "-a", "-m", "clash")


def merging(folder: Path) -> None:
    """A merge with a conflict is in progress."""
    clashing(folder)
    tdv(folder, "merge", "side", code=1)


def stashed(folder: Path) -> None:
    """Two stashes, and a clean working copy."""
    dirty(folder)
    tdv(folder, "stash")
    write(folder, "e.txt", b"line\nmore\n")
    tdv(folder, "stash", "-m", "another")


def undone(folder: Path) -> None:
    """A commit and a reset that were undone."""
    dirty(folder)
    tdv(folder, "commit", "-a", "-m", "three")
    tdv(folder, "reset", "--hard", "HEAD~1")
    tdv(folder, "undo")
    tdv(folder, "undo")


def was_reset(folder: Path) -> None:
    """`reset --hard` threw edits away."""
    dirty(folder)
    tdv(folder, "reset", "--hard", "HEAD~1")


COMMANDS: dict[str, tuple[Callable[[Path], None], list[str], int]] = {
    "add": (dirty, ["add", "-A"], 0),
    "commit": (dirty, ["commit", "-m", "three"], 0),
    "commit -a": (dirty, ["commit", "-a", "-m", "three"], 0),
    "commit PATH": (dirty, ["commit", "-m", "three", "d/b.csv"], 0),
    "commit --amend": (dirty, ["commit", "--amend", "-m", "again"], 0),
    "switch": (committed, ["switch", "old"], 0),
    "switch -c": (committed, ["switch", "-c", "side"], 0),
    "checkout REV": (committed, ["checkout", "HEAD~1"], 0),
    "checkout PATH": (dirty, ["checkout", "HEAD~1", "--", "a.jsonl"], 0),
    "restore": (dirty, ["restore", "d/b.csv"], 0),
    "restore --staged": (dirty, ["restore", "--staged", "."], 0),
    "rm": (committed, ["rm", "d/b.csv", "d/c.bin"], 0),
    "mv": (committed, ["mv", "d", "f"], 0),
    "branch": (committed, ["branch", "side"], 0),
    "branch -m": (committed, ["branch", "-m", "old", "older"], 0),
    "branch -d": (committed, ["branch", "-d", "old"], 0),
    "tag -a": (committed, ["tag", "-a", "-m", "a version", "v2"], 0),
    "tag -d": (committed, ["tag", "-d", "v1"], 0),
    "merge": (parted, ["merge", "side"], 0),
    "merge --squash": (parted, ["merge", "--squash", "side"], 0),
    "merge --ff-only": (behind, ["merge", "--ff-only", "main"], 0),
    "merge --no-ff": (behind, ["merge", "--no-ff", "main"], 0),
    "merge with a conflict": (clashing, ["merge", "side"], 1),
    "merge --abort": (merging, ["merge", "--abort"], 0),
    "resolve": (merging, ["resolve", "--theirs"], 0),
    "revert": (committed, ["revert", "HEAD"], 0),
    "cherry-pick": (parted, ["cherry-pick", "side"], 0),
    "reset --soft": (dirty, ["reset", "--soft", "HEAD~1"], 0),
    "reset": (dirty, ["reset", "HEAD~1"], 0),
    "reset --hard": (dirty, ["reset", "--hard", "HEAD~1"], 0),
    "stash": (dirty, ["stash"], 0),
    "stash pop": (stashed, ["stash", "pop"], 0),
    "stash drop": (stashed, ["stash", "drop"], 0),
    "undo": (was_reset, ["undo"], 0),
    "redo": (undone, ["redo"], 0),
    "op restore": (undone, ["op", "restore", "3"], 0),
    "bisect start": (committed, ["bisect", "start", "HEAD", "HEAD~1"], 0),
}


@pytest.mark.parametrize("how", ["killed", "error", "short"])
@pytest.mark.parametrize("name", COMMANDS)
def test_each_write(
    tmp_path: Path, name: str, how: Failure, record_property: Callable[[str, object], None]
) -> None:
    prepare, words, code = COMMANDS[name]
    tried = try_each_write(tmp_path, prepare, words, how, code=code)
    record_property("writes tried", tried)
