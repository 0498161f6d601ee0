"""Run a command line with each of its writes failing in turn, in one way or another."""

from __future__ import annotations

import errno
import io
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from tdv.cli.main import run
from tdv.cli.output import Output
from tdv.ops.fsck import Damage, fsck
from tdv.repo.repository import Repo
from tdv.store import files

Failure = Literal["error", "short", "killed"]
# Everything that makes an oid is given, so that a command that is run again makes the same.
ENV = {
    "TDV_AUTHOR_NAME": "Ada",
    "TDV_AUTHOR_EMAIL": "ada@example.org",
    "TDV_AUTHOR_DATE": "2026-01-02T03:04:05+00:00",
    "TDV_COMMITTER_DATE": "2026-01-02T03:04:05+00:00",
    "LC_ALL": "C.UTF-8",
}


class Killed(BaseException):
    """The process ends here: nothing is written from now on."""


@dataclass(frozen=True)
class Outcome:
    """What a command line did; `code` is None when it was killed."""

    code: int | None
    err: str


@dataclass(frozen=True)
class Case:
    """A command line whose writes are made to fail.

    Attributes:
        prepare: makes a repository in a folder, always the same.
        words: the command line.
        code: what it exits with when nothing fails.
        again: it can be run once more when it has changed the state; else that is an error.
        damaged: what it begins with is not whole.
    """

    prepare: Callable[[Path], None]
    words: list[str]
    code: int = 0
    again: bool = False
    damaged: bool = False


@dataclass(frozen=True)
class State:
    """What must be old or new in all its parts."""

    refs: tuple[tuple[str, str], ...]
    head: Any
    stage: str
    work: Any
    settings: bytes


Whole = tuple[State | None, dict[str, bytes]]


@dataclass
class Writes:
    """Counts the writes of a command, and makes one of them fail."""

    failing: int = -1
    how: Failure = "error"
    taken: list[str] = field(default_factory=list)

    def __call__(self, what: str, path: str) -> None:
        self.taken.append(f"{what} {path}")
        if self.how == "killed" and len(self.taken) > self.failing >= 0:
            raise Killed
        if len(self.taken) == self.failing + 1:
            raise OSError(errno.EIO, os.strerror(errno.EIO), path)


def command(folder: Path, words: list[str], writes: Writes | None = None) -> Outcome:
    """Run a command line in this process, in that folder."""
    out = Output(io.BytesIO(), stderr := io.BytesIO())
    with failing(writes):
        try:
            code: int | None = run(["-C", str(folder), *words], ENV, out)
        except Killed:
            code = None
    return Outcome(code, stderr.getvalue().decode("utf-8", "replace"))


def said_by(folder: Path, words: list[str]) -> tuple[int, bytes]:
    """The exit code and the data of a command; it may not break."""
    out = Output(stdout := io.BytesIO(), stderr := io.BytesIO())
    code = run(["-C", str(folder), *words], ENV, out)
    out.flush()
    assert code != 70, (words, stderr.getvalue().decode())
    assert b"Traceback" not in stderr.getvalue(), words
    return code, stdout.getvalue()


def state(folder: Path) -> State | None:
    """The refs, HEAD, stage, work in progress and settings; None for no repository."""
    if not (folder / ".tdv/format").exists():
        return None
    repo = Repo.open(folder)
    refs = tuple((name, str(oid)) for name, oid in repo.refs.items())
    settings = (repo.folder / "config.toml").read_bytes()
    return State(refs, repo.head(), str(repo.stage()), repo.work(), settings)


def damage(folder: Path) -> tuple[Damage, ...]:
    """What `fsck` finds."""
    return fsck(Repo.open(folder)).damage if (folder / ".tdv/format").exists() else ()


def working_copy(folder: Path) -> dict[str, bytes]:
    """Every file outside of `.tdv`."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".tdv" not in path.parts
    }


def try_each_write(scratch: Path, before: Path, case: Case, how: Failure) -> int:
    """Fail each write of a command, and check what is left; how many writes were tried.

    Args:
        scratch: an empty folder.
        before: what `case.prepare` made; it stays as it is.
    """
    old, old_files = state(before), working_copy(before)
    whole = _copy(before, scratch / "whole")
    counted = Writes()
    done = command(whole, case.words, counted)
    assert done.code == case.code, done.err
    new, new_files = state(whole), working_copy(whole)
    assert damage(whole) == ()
    assert counted.taken
    for failing, taken in enumerate(counted.taken):
        folder = _copy(before, scratch / "failed")
        outcome = command(folder, case.words, Writes(failing, how))
        where = f"{case.words} {how} at write {failing}, {taken}"
        assert outcome.code != 70, (where, outcome.err)
        assert "Traceback" not in outcome.err, where
        check_left(folder, case, (old, old_files), (new, new_files), where)
        shutil.rmtree(folder)
    return len(counted.taken)


def check_left(folder: Path, case: Case, old: Whole, new: Whole, where: str) -> None:
    """See that what a failed command left is old or new, and that it can be run again.

    Args:
        old, new: state and working copy before the command, and behind it when nothing fails.
        where: it failed.
    """
    found = state(folder)
    assert found in (old[0], new[0]), where
    assert case.damaged or damage(folder) == (), where
    left = working_copy(folder)
    for name, content in left.items():
        assert content in (old[1].get(name), new[1].get(name)), (where, name)
    if (found, left) != new or new == old or case.again:
        again = command(folder, case.words)
        assert again.code == case.code, (where, again.err)
    assert state(folder) == new[0], where
    assert working_copy(folder) == new[1], where
    assert damage(folder) == (), where


def _copy(source: Path, target: Path) -> Path:
    shutil.copytree(source, target, symlinks=True)
    return target


@contextmanager
def failing(writes: Writes | None) -> Iterator[None]:
    """Let writes fail as that says."""
    if writes is None:
        yield
        return
    whole = files.write_all, files.write_parts

    def short(data: bytes) -> bytes:
        """What is still written when the write that fails is one of bytes."""
        return data[: len(data) // 2] if len(writes.taken) == writes.failing else b""

    def write_all(descriptor: int, data: bytes | memoryview, path: Path | bytes) -> None:
        os.write(descriptor, short(bytes(data)))
        whole[0](descriptor, data, path)

    def write_parts(descriptor: int, parts: list[bytes], path: Path | bytes) -> None:
        os.write(descriptor, short(b"".join(parts)))
        whole[1](descriptor, parts, path)

    files.fault = writes
    if writes.how == "short":
        files.write_all, files.write_parts = write_all, write_parts  # type: ignore[assignment]
    try:
        yield
    finally:
        files.fault = None
        files.write_all, files.write_parts = whole
