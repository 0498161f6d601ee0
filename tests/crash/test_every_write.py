"""Each command that changes something, with each of its writes failing: old or new, no third."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from everywrite import Case, Failure, Writes, command, try_each_write

from tdv.cli.app import build
from tdv.cli.commands import COMMANDS
from tdv.repo.notes import Notes
from tdv.repo.repository import Repo

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


def resolved(folder: Path) -> None:
    """A merge in progress waits for its commit."""
    merging(folder)
    tdv(folder, "resolve", "--union")


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


def searching(folder: Path) -> None:
    """A bisection among five commits is in progress."""
    committed(folder)
    for number in range(4):
        write(folder, "a.jsonl", edited(n3="two", n7=f"version {number}"))
        tdv(folder, "commit", "-a", "-m", f"version {number}")
    tdv(folder, "bisect", "start", "HEAD", "HEAD~4")


def littered(folder: Path) -> None:
    """Versions to put together, objects that nothing leads to, and files of a killed command."""
    committed(folder)
    for number in range(8):
        write(folder, "a.jsonl", edited(n3="two", n7=f"version {number}"))
        tdv(folder, "commit", "-a", "-m", f"version {number}")
    write(folder, "gone.bin", bytes(range(256)) * 40)
    tdv(folder, "add", "gone.bin")
    tdv(folder, "reset")
    write(folder, "staged.jsonl", lines((1, "staged")))
    tdv(folder, "add", "staged.jsonl")
    write(folder, ".tdv/tmp/pack-0123456789abcdef", b"tdvpack\0")


def gated(folder: Path) -> None:
    """What is committed has to pass a gate, which one row does not."""
    committed(folder)
    write(folder, "tdv.toml", KEYED + b'text = "label"\n[gate]\non = "commit"\n')
    write(folder, "a.jsonl", edited(n3=""))


def noted(folder: Path) -> None:
    """Both commits have notes."""
    committed(folder)
    repo = Repo.open(folder)
    for revision in ("HEAD~1", "HEAD"):
        Notes(repo).put(repo.resolve(revision), "quality", revision.encode())


def damaged(folder: Path) -> None:
    """The index of a pack, HEAD and the stage are damaged; all can be made again."""
    committed(folder)
    pack = max((folder / ".tdv/packs").iterdir(), key=lambda path: path.stat().st_size)
    content = bytearray(pack.read_bytes())
    content[-100] ^= 1
    pack.write_bytes(content)
    write(folder, ".tdv/HEAD", b"")
    write(folder, ".tdv/stage", b"nothing\n")


def nothing(folder: Path) -> None:
    """An empty folder."""


def configured(folder: Path) -> None:
    """A repository with a setting."""
    tdv(folder, "init")
    tdv(folder, "config", "set", "core.editor", "nano")


CASES = {
    "init": Case(nothing, ["init"], again=True),
    "config set": Case(configured, ["config", "set", "user.name", "Ada"], again=True),
    "config unset": Case(configured, ["config", "unset", "core.editor"]),
    "add": Case(dirty, ["add", "-A"]),
    "add -u": Case(dirty, ["add", "-u"]),
    "commit": Case(dirty, ["commit", "-m", "three"]),
    "commit -a": Case(dirty, ["commit", "-a", "-m", "three"]),
    "commit PATH": Case(dirty, ["commit", "-m", "three", "d/b.csv"]),
    "commit --amend": Case(dirty, ["commit", "--amend", "-m", "again"]),
    "commit --no-verify": Case(gated, ["commit", "-a", "--no-verify", "-m", "three"]),
    "commit of a merge": Case(resolved, ["commit", "-m", "merged"]),
    "switch": Case(committed, ["switch", "old"]),
    "switch -c": Case(committed, ["switch", "-c", "side"]),
    "checkout REV": Case(committed, ["checkout", "HEAD~1"]),
    "checkout PATH": Case(dirty, ["checkout", "HEAD~1", "--", "a.jsonl"]),
    "restore": Case(dirty, ["restore", "d/b.csv"]),
    "restore --staged": Case(dirty, ["restore", "--staged", "."]),
    "restore --key": Case(committed, ["restore", "--source", "HEAD~1", "--key", "3", "a.jsonl"]),
    "rm": Case(committed, ["rm", "d/b.csv", "d/c.bin"]),
    "rm --cached": Case(committed, ["rm", "--cached", "d/b.csv"]),
    "mv": Case(committed, ["mv", "d", "f"]),
    "branch": Case(committed, ["branch", "side"]),
    "branch -m": Case(committed, ["branch", "-m", "old", "older"]),
    "branch -d": Case(committed, ["branch", "-d", "old"]),
    "tag": Case(committed, ["tag", "v2"]),
    "tag -a": Case(committed, ["tag", "-a", "-m", "a version", "v2"]),
    "tag -d": Case(committed, ["tag", "-d", "v1"]),
    "merge": Case(parted, ["merge", "side"]),
    "merge --squash": Case(parted, ["merge", "--squash", "side"]),
    "merge --ff-only": Case(behind, ["merge", "--ff-only", "main"]),
    "merge --no-ff": Case(behind, ["merge", "--no-ff", "main"]),
    "merge with a conflict": Case(clashing, ["merge", "side"], code=1),
    "merge --abort": Case(merging, ["merge", "--abort"]),
    "merge --continue": Case(resolved, ["merge", "--continue"]),
    "resolve": Case(merging, ["resolve", "--theirs"]),
    "revert": Case(committed, ["revert", "HEAD"]),
    "cherry-pick": Case(parted, ["cherry-pick", "side"]),
    "reset --soft": Case(dirty, ["reset", "--soft", "HEAD~1"]),
    "reset": Case(dirty, ["reset", "HEAD~1"]),
    "reset --hard": Case(dirty, ["reset", "--hard", "HEAD~1"]),
    "stash push": Case(dirty, ["stash"]),
    "stash pop": Case(stashed, ["stash", "pop"]),
    "stash apply": Case(stashed, ["stash", "apply"]),
    "stash drop": Case(stashed, ["stash", "drop"]),
    "undo": Case(was_reset, ["undo"]),
    "redo": Case(undone, ["redo"]),
    "op restore": Case(undone, ["op", "restore", "3"]),
    "bisect start": Case(committed, ["bisect", "start", "HEAD", "HEAD~1"]),
    "bisect good": Case(searching, ["bisect", "good"]),
    "bisect bad": Case(searching, ["bisect", "bad"]),
    "bisect skip": Case(searching, ["bisect", "skip"]),
    "bisect reset": Case(searching, ["bisect", "reset"]),
    "gc": Case(littered, ["gc", "--yes"], again=True),
    "purge": Case(committed, ["purge", "--yes", "--tags", "--key", "3", "a.jsonl"], again=True),
    "dataset new": Case(committed, ["dataset", "new", "more", "--path", "d/*.csv"]),
    "dataset rm": Case(committed, ["dataset", "rm", "rows"]),
    "validate": Case(committed, ["validate", "--exit-zero"], again=True),
    "stats": Case(committed, ["stats", "HEAD"], again=True),
    "validate --record": Case(committed, ["validate", "HEAD", "--record", "--exit-zero"]),
    "purge with notes": Case(
        noted, ["purge", "--yes", "--tags", "--key", "3", "a.jsonl"], again=True
    ),
    "fsck --repair": Case(damaged, ["fsck", "--repair"], again=True, damaged=True),
}
# What writes nothing but caches, each with words that give it something to do.
READING: dict[str, list[str]] = {
    "config get": ["config", "get", "user.name"],
    "config list": ["config", "list"],
    "status": ["status"],
    "diff": ["diff"],
    "conflicts": ["conflicts"],
    "log": ["log"],
    "show": ["show"],
    "blame": ["blame", "a.jsonl"],
    "bisect log": ["bisect", "log"],
    "stash list": ["stash", "list"],
    "stash show": ["stash", "show"],
    "op log": ["op", "log"],
    "op show": ["op", "show"],
    "cat": ["cat", "HEAD:a.jsonl"],
    "ls": ["ls"],
    "fsck": ["fsck"],
    "gc": ["gc"],
    "purge": ["purge", "--tags", "--key", "3", "a.jsonl"],
    "debug rev-parse": ["debug", "rev-parse", "HEAD"],
    "debug check-ignore": ["debug", "check-ignore", "skipped.log"],
    "debug cat-object": ["debug", "cat-object", "OID"],
    "debug ls-chunks": ["debug", "ls-chunks", "HEAD:a.jsonl"],
    "debug packs": ["debug", "packs"],
    "branch": ["branch"],
    "tag": ["tag"],
    "validate": ["validate", "--exit-zero"],
    "stats": ["stats"],
    "rules": ["rules"],
    "schema infer": ["schema", "infer", "a.jsonl"],
    "schema show": ["schema", "show", "intent"],
    "schema ls": ["schema", "ls"],
    "dataset ls": ["dataset", "ls"],
    "dataset show": ["dataset", "show", "rows"],
    "add --dry-run": ["add", "--dry-run", "."],
    "merge --dry-run": ["merge", "--dry-run", "side"],
}
ELSEWHERE = {
    "demo": "works in a temporary folder of its own, through other commands",
    "config trust": "writes a file of the user's; see tests/repo/test_trust.py",
    "bisect run": "does what `bisect good` and `bisect bad` do, several times",
}


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Case], Path]:
    """What cases begin with, each made once."""
    made: dict[Callable[[Path], None], Path] = {}

    def get(case: Case) -> Path:
        if case.prepare not in made:
            folder = tmp_path_factory.mktemp("before")
            case.prepare(folder)
            made[case.prepare] = folder
        return made[case.prepare]

    return get


@pytest.mark.parametrize(
    "how", ["killed", *(pytest.param(how, marks=pytest.mark.slow) for how in ("error", "short"))]
)
@pytest.mark.parametrize("name", CASES)
def test_each_write(
    tmp_path: Path,
    prepared: Callable[[Case], Path],
    name: str,
    how: Failure,
    record_property: Callable[[str, object], None],
) -> None:
    case = CASES[name]
    record_property("writes tried", try_each_write(tmp_path, prepared(case), case, how))


def leaves() -> Iterator[str]:
    """All commands, verbs of groups with them: `branch`, `stash pop`."""
    app = build()
    top = app.make_context("tdv", ["--help"], resilient_parsing=True)
    for name in COMMANDS:
        verbs: dict[str, Any] = getattr(app.get_command(top, name), "commands", {})
        yield from (f"{name} {verb}" for verb in verbs) if verbs else (name,)


def test_no_command_is_left_out() -> None:
    known = [f"{name} " for name in (*CASES, *READING, *ELSEWHERE)]
    assert [leaf for leaf in leaves() if not any(n.startswith(f"{leaf} ") for n in known)] == []


@pytest.mark.parametrize("name", READING)
def test_who_reads_writes_nothing_but_caches(tmp_path: Path, name: str) -> None:
    begin = {"conflicts": merging, "bisect log": searching, "stash show": stashed}
    begin.get(name, parted)(tmp_path)
    head = str(Repo.open(tmp_path).head().commit)
    writes = Writes()
    words = [head if word == "OID" else word for word in READING[name]]
    done = command(tmp_path, words, writes)
    assert done.code == (1 if name == "debug check-ignore" else 0), done.err
    places = [Path(each.partition(" ")[2]).relative_to(tmp_path) for each in writes.taken]
    assert {place.parts[:2] for place in places} <= {(".tdv", "cache"), (".tdv", "tmp")}
