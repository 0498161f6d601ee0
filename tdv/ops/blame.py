"""`blame`: for each row of a file, the commit that made it what it is."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from tdv.errors import PathError, UsageError
from tdv.formats.contents import Contents
from tdv.formats.rows import BadRecord, Row
from tdv.model.commit import Commit
from tdv.model.oid import Oid
from tdv.ops.progress import SILENT, Progress
from tdv.ops.rowhistory import KEPT, contents_at
from tdv.repo.history import NewestFirst
from tdv.repo.repository import Repo
from tdv.rowdiff.kept import Run, kept_rows, len_of


@dataclass(frozen=True, slots=True)
class BlamedRow:
    """A row, and the commit that last changed it.

    Attributes:
        number: of the record, from 0.
    """

    number: int
    row: Row | BadRecord
    oid: Oid
    commit: Commit


def blame(
    repo: Repo,
    start: Oid,
    path: bytes,
    key: Sequence[str] = (),
    progress: Progress = SILENT,
) -> Iterator[BlamedRow]:
    """The rows of a file in order, each with the commit that last changed a value of it.

    A row that moved, or is written in another form, is as old as it was. The work is that of
    comparing each two versions of the file, back to the one that has the oldest row.

    Args:
        key: the fields that identify a row, or ().

    Raises:
        PathError: the commit has no such file.
        UsageError: the file has no rows.
    """
    shown = path.decode("utf-8", "backslashreplace")
    contents = contents_at(repo.store, repo.commit(start).tree, path)
    if contents is None:
        raise PathError(
            f"There is no file {shown} in {start.short}.",
            hint=f"`tdv log -- {shown}` lists the commits that had one.",
        )
    if not contents.format.has_rows:
        raise UsageError(f"{shown} has no rows: it is kept as bytes.")
    progress.step("Comparing versions", None, "commits")
    origins, commits = _origins(repo, start, path, key, len_of(contents), progress)
    read: Callable[[Oid], Commit] = lru_cache(KEPT)(repo.commit)
    for number, row in enumerate(contents.rows()):
        oid = commits[origins[number]]
        yield BlamedRow(number, row, oid, read(oid))


class _Part(NamedTuple):
    """Records of a version, and the records of the last version that they became."""

    number: int
    last: int
    length: int


def _origins(
    repo: Repo, start: Oid, path: bytes, key: Sequence[str], count: int, progress: Progress
) -> tuple[array[int], list[Oid]]:
    """For each row the place of a commit in the list behind it."""
    origins = array("l", [0]) * count
    commits: list[Oid] = []
    line = _Line(repo, path)
    line.push(start, [_Part(0, 0, count)])
    for oid, parts in line:
        left = parts
        for parent in repo.commit(oid).parents:
            if not left:
                break
            runs = line.kept(parent, oid, key)
            passed, left = _mapped(left, runs)
            line.push(parent, passed)
        if left:
            commits.append(oid)
            for _, last, length in left:
                for number in range(last, last + length):
                    origins[number] = len(commits) - 1
        progress.advance()
    return origins, commits


def _mapped(parts: Sequence[_Part], runs: Sequence[Run]) -> tuple[list[_Part], list[_Part]]:
    """What of the parts lies in the runs, with the older numbers; and what does not."""
    passed: list[_Part] = []
    left: list[_Part] = []
    starts = [run.new for run in runs]
    for number, last, length in parts:
        at, end = number, number + length
        place = max(bisect_right(starts, number) - 1, 0)
        while at < end:
            run = runs[place] if place < len(runs) else Run(end, 0, 0)
            if run.new > at:
                stop = min(run.new, end)
                left.append(_Part(at, last + at - number, stop - at))
            else:
                stop = min(max(run.new + run.length, at), end)
                if stop > at:
                    passed.append(_Part(run.old + at - run.new, last + at - number, stop - at))
                place += 1
            at = stop
    return passed, left


class _Line:
    """Versions that are still to be looked at, newest first, with the records in question."""

    def __init__(self, repo: Repo, path: bytes) -> None:
        self._repo, self._path = repo, path
        self._order: NewestFirst[None] = NewestFirst(repo.commit)
        self._parts: dict[Oid, list[_Part]] = {}
        self._version = lru_cache(KEPT)(self._read)

    def push(self, oid: Oid, parts: list[_Part]) -> None:
        if not parts:
            return
        if oid not in self._parts:
            self._order.push(oid, None)
        self._parts.setdefault(oid, []).extend(parts)

    def __iter__(self) -> Iterator[tuple[Oid, list[_Part]]]:
        for oid, _ in self._order:
            yield oid, self._parts.pop(oid)

    def kept(self, parent: Oid, oid: Oid, key: Sequence[str]) -> list[Run]:
        """The runs of records that a commit has from a parent."""
        old, new = self._version(parent), self._version(oid)
        if old is None or new is None or not old.format.has_rows:
            return []
        return kept_rows(old, new, key)

    def _read(self, oid: Oid) -> Contents | None:
        return contents_at(self._repo.store, self._repo.commit(oid).tree, self._path)
