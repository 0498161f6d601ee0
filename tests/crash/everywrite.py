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
from tdv.ops.fsck import fsck
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
class State:
    """What must be old or new in all its parts."""

    refs: tuple[tuple[str, str], ...]
    head: Any
    stage: str
    work: Any


@dataclass
class Writes:
    """Counts the writes of a command, and makes one of them fail."""

    failing: int = -1
    how: Failure = "error"
    taken: list[str] = field(default_factory=list)

    def __call__(self, what: str, path: str) -> None:
        self.taken.append(f"{what} {Path(path).name}")
        if self.how == "killed" and len(self.taken) > self.failing >= 0:
            raise Killed
        if len(self.taken) == self.failing + 1:
            raise OSError(errno.EIO, os.strerror(errno.EIO), path)


def command(folder: Path, words: list[str], writes: Writes | None = None) -> Outcome:
    """Run a command line in this process, in that folder."""
    out = Output(io.BytesIO(), stderr := io.BytesIO())
    with _failing(writes):
        try:
            code: int | None = run(["-C", str(folder), *words], ENV, out)
        except Killed:
            code = None
    return Outcome(code, stderr.getvalue().decode("utf-8", "replace"))


def state(folder: Path) -> State:
    """The refs, HEAD, stage and work in progress of a repository."""
    repo = Repo.open(folder)
    refs = tuple((name, str(oid)) for name, oid in repo.refs.items())
    return State(refs, repo.head(), str(repo.stage()), repo.work())


def working_copy(folder: Path) -> dict[str, bytes]:
    """Every file outside of `.tdv`."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".tdv" not in path.parts
    }


def try_each_write(
    scratch: Path,
    prepare: Callable[[Path], None],
    words: list[str],
    how: Failure,
    *,
    code: int = 0,
    stride: int = 1,
) -> int:
    """Fail each write of a command, and check what is left; how many writes were tried.

    Args:
        prepare: makes a repository in a folder, always the same.
        code: what the command exits with when nothing fails.
        stride: try one write in so many.
    """
    before = scratch / "before"
    before.mkdir()
    prepare(before)
    old, old_files = state(before), working_copy(before)
    whole = _copy(before, scratch / "whole")
    counted = Writes()
    done = command(whole, words, counted)
    assert done.code == code, done.err
    new, new_files = state(whole), working_copy(whole)
    assert counted.taken
    points = range(0, len(counted.taken), stride)
    for failing in points:
        folder = _copy(before, scratch / "failed")
        writes = Writes(failing, how)
        outcome = command(folder, words, writes)
        where = f"{words} {how} at write {failing}, {counted.taken[failing]}"
        assert outcome.code != 70, (where, outcome.err)
        assert "Traceback" not in outcome.err, where
        found = state(folder)
        assert found in (old, new), where
        assert fsck(Repo.open(folder)).damage == (), where
        for name, content in working_copy(folder).items():
            assert content in (old_files.get(name), new_files.get(name)), (where, name)
        if found != new or found == old:
            again = command(folder, words)
            assert again.code == code, (where, again.err)
        assert state(folder) == new, where
        assert working_copy(folder) == new_files, where
        assert fsck(Repo.open(folder)).damage == (), where
        shutil.rmtree(folder)
    return len(points)


def _copy(source: Path, target: Path) -> Path:
    shutil.copytree(source, target, symlinks=True)
    return target


@contextmanager
def _failing(writes: Writes | None) -> Iterator[None]:
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
