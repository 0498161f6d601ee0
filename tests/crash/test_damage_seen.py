"""Damage anywhere in `.tdv`: commands give right data or one clear message, never anything else."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from everywrite import said_by
from test_every_write import edited, lines, stashed, tdv, write

# Of command lines: exit code and data.
Right = dict[str, tuple[int, bytes]]
READING = (
    ["status"],
    ["diff", "--stat"],
    ["diff", "HEAD~1", "HEAD"],
    ["log", "--all"],
    ["log", "a.jsonl"],
    ["log", "--key", "3", "a.jsonl"],
    ["show", "HEAD"],
    ["show", "v1"],
    ["blame", "a.jsonl"],
    ["cat", "HEAD:a.jsonl"],
    ["cat", "HEAD~1:a.jsonl"],
    ["cat", "old:d/c.bin"],
    ["ls", "v1"],
    ["branch"],
    ["tag"],
    ["stash", "list"],
    ["stash", "show"],
    ["conflicts"],
    ["op", "log"],
    ["op", "show", "4"],
    ["config", "list"],
    ["gc"],
)
WRITING = (
    ["add", "-A"],
    ["commit", "-a", "-m", "more"],
    ["merge", "--abort"],
    ["reset", "--hard", "HEAD~1"],
    ["switch", "old"],
    ["branch", "more"],
    ["stash"],
    ["undo"],
    ["gc", "--yes"],
)
# Content that no command of WRITING may change.
KEPT = (["cat", "v1:a.jsonl"], ["cat", "v1:d/c.bin"])


def conflicting(folder: Path) -> None:
    """Deltas and groups, stashes, tags, an annotated one, and a merge with a conflict."""
    stashed(folder)
    tdv(folder, "tag", "-a", "-m", "a version", "v2")
    tdv(folder, "gc", "--yes")
    tdv(folder, "restore", "e.txt", "a.jsonl", "d/b.csv")
    tdv(folder, "switch", "-c", "side")
    write(folder, "a.jsonl", edited(n3="side", n9="side"))
    tdv(folder, "commit", "-a", "-m", "side")
    tdv(folder, "switch", "main")
    write(folder, "a.jsonl", edited(n3="main", n30="main"))
    tdv(folder, "commit", "-a", "-m", "main")
    tdv(folder, "merge", "side", code=1)
    write(folder, "f.jsonl", lines((1, "untracked")))


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sound") / "work"
    folder.mkdir()
    conflicting(folder)
    return folder


@pytest.fixture(scope="session")
def right(sound: Path, tmp_path_factory: pytest.TempPathFactory) -> Right:
    """What the commands say of the sound repository."""
    folder = tmp_path_factory.mktemp("right") / "work"
    shutil.copytree(sound, folder, symlinks=True)
    return {" ".join(words): said_by(folder, words) for words in (*READING, *KEPT)}


def victims(folder: Path) -> list[str]:
    """The files that hold something, caches included, packs by their number."""
    names = [
        path.relative_to(folder).as_posix()
        for path in sorted((folder / ".tdv").rglob("*"))
        if path.is_file() and path.stat().st_size
    ]
    packs = [name for name in names if "/pack-" in name]
    return [name for name in names if name not in packs] + [
        f"pack {number}" for number in range(len(packs))
    ]


def path_of(folder: Path, victim: str) -> Path:
    if not victim.startswith("pack "):
        return folder / victim
    return sorted((folder / ".tdv/packs").glob("pack-*"))[int(victim[5:])]


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes((data[at] ^ 4,)) + data[at + 1 :]


def ways(data: bytes, places: int) -> Iterator[tuple[str, bytes | None]]:
    """What can become of a file; bytes are flipped at so many places."""
    yield "deleted", None
    yield "halved", data[: len(data) // 2]
    if places > 3:
        yield "emptied", b""
        yield "one byte short", data[:-1]
        yield "overwritten by zeros", bytes(len(data))
    for place in sorted({(len(data) - 1) * place // (places - 1) for place in range(places)}):
        yield f"flipped at {place}", flipped(data, place)


def look(tmp_path: Path, sound: Path, right: Right, victim: str, places: int, share: int) -> int:
    """Damage a file in each way, and run commands; how often it was damaged.

    Args:
        places: how many bytes are flipped, one at a time.
        share: one command in so many is run each time, another the next.
    """
    content = path_of(sound, victim).read_bytes()
    tried = 0
    for how, damaged in ways(content, places):
        folder = tmp_path / "work"
        shutil.copytree(sound, folder, symlinks=True)
        path = path_of(folder, victim)
        path.unlink()
        if damaged is not None:
            path.write_bytes(damaged)
        failed = []
        for words in READING[tried % share :: share]:
            code, out = said_by(folder, words)
            if (code, out) != right[" ".join(words)]:
                # A name that is gone is missed by `fsck`, which looks into the operation log.
                lost = "/refs/" in victim and how == "deleted"
                assert lost or code in (2, 3), (victim, how, words, out)
                failed.append(words)
        found, _ = said_by(folder, ["fsck"])
        wrong_setting = victim == ".tdv/config.toml" and found == 2
        assert found == 3 or wrong_setting or not failed, (victim, how, failed)
        assert found in (0, 3) or wrong_setting, (victim, how)
        for words in (WRITING[tried % len(WRITING)], ["fsck", "--repair"]):
            assert said_by(folder, words)[0] in (0, 1, 2, 3, 4), (victim, how, words)
        for words in KEPT:
            code, out = said_by(folder, words)
            assert code in (2, 3) or (code, out) == right[" ".join(words)], (victim, how, words)
        shutil.rmtree(folder)
        tried += 1
    return tried


VICTIMS = (
    "HEAD",
    "config.toml",
    "format",
    "oplog",
    "stage",
    "heads",
    "tags",
    "stashes",
    "cache",
    "pack",
)


@pytest.mark.parametrize(
    ("places", "share"), [(3, 5), pytest.param(40, 2, marks=pytest.mark.slow)], ids=["few", "many"]
)
@pytest.mark.parametrize("what", VICTIMS)
def test_damage_is_seen_or_does_no_harm(
    tmp_path: Path,
    sound: Path,
    right: Right,
    what: str,
    places: int,
    share: int,
    record_property: Callable[[str, object], None],
) -> None:
    found = [victim for victim in victims(sound) if what in victim]
    assert found
    tried = sum(look(tmp_path, sound, right, victim, places, share) for victim in found)
    record_property("damaged files", tried)


def test_no_file_is_left_out(sound: Path) -> None:
    assert [name for name in victims(sound) if not any(what in name for what in VICTIMS)] == []
