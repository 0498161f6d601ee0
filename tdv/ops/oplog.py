"""`op log` and `op show`: the operations on this repository."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from tdv.model.oid import Oid
from tdv.model.operation import OperationRecord
from tdv.repo.repository import Repo
from tdv.repo.states import States


@dataclass(frozen=True, slots=True)
class Touched:
    """A path that an operation changed.

    Attributes:
        kind: "added", "modified" or "deleted".
    """

    path: bytes
    kind: str


@dataclass(frozen=True, slots=True)
class Shown:
    """An operation with the paths that it changed.

    Attributes:
        staged: in the stage.
        files: in the working copy.
    """

    record: OperationRecord
    staged: tuple[Touched, ...]
    files: tuple[Touched, ...]


def operations(repo: Repo, limit: int | None = None) -> Iterator[OperationRecord]:
    """The operation records, newest first, at most `limit`.

    Raises:
        IntegrityError: a record is damaged.
    """
    return islice(repo.operations(), None if limit is None else min(limit, sys.maxsize))


def show_operation(repo: Repo, number: int | None = None) -> Shown:
    """One operation, the newest by default.

    Raises:
        RepositoryError: there is none with that number.
        IntegrityError: its record is damaged, or a tree that it names is gone.
    """
    states = States(repo.oplog)
    record = states.newest if number is None else states.record(number)
    staged = _touched(repo, record.stage_before, record.stage)
    files = () if record.files is None else _touched(repo, *record.files)
    return Shown(record, staged, files)


def _touched(repo: Repo, before: Oid, after: Oid) -> tuple[Touched, ...]:
    if before == after:
        return ()
    from tdv.store.trees import compare

    return tuple(
        Touched(path, "added" if old is None else "deleted" if new is None else "modified")
        for path, old, new in compare(repo.store, before, after)
    )
