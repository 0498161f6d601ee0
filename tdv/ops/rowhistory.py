"""The history of one row: which commits changed it, and each of its fields.

A row is followed from version to version through the chunks that changed; a version in which the
file's other chunks changed costs a look at the nodes above them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any, Literal, TypeAlias

from tdv.errors import UsageError
from tdv.formats.contents import Contents
from tdv.model.commit import Commit
from tdv.model.oid import Oid
from tdv.ops.keyerrors import SHOWN, no_key, not_unique
from tdv.repo.datasets import Datasets
from tdv.repo.history import NewestFirst
from tdv.repo.repository import Repo
from tdv.rowdiff.fields import MISSING, FieldChange, changed_fields, leaves, same
from tdv.rowdiff.keys import KeyQuery, Place, find_rows
from tdv.rowdiff.trace import traced
from tdv.store import trees
from tdv.store.access import ObjectReader

# Versions that are at hand: of a commit, its parents, and those of the lines beside it.
KEPT = 64


@dataclass(frozen=True, slots=True)
class RowVersion:
    """A commit that changed a row.

    Attributes:
        kind: what became of the row there.
        before, after: the row in the first parent and in the commit, where they have it.
        fields: what differs between the two.
    """

    oid: Oid
    commit: Commit
    kind: Literal["added", "changed", "removed"]
    before: Place | None
    after: Place | None
    fields: tuple[FieldChange, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldOrigin:
    """The commit from which a field of a row has its value."""

    path: str
    value: Any
    oid: Oid
    commit: Commit


@dataclass(frozen=True)
class FollowedRow:
    """A row that is followed back from one commit.

    Attributes:
        start: the commit.
        path: of the file.
        place: where the row stands in the commit; None when it is not there.
    """

    start: Oid
    path: bytes
    query: KeyQuery
    place: Place | None


def follow(repo: Repo, start: Oid, path: bytes, text: str, key: Sequence[str] = ()) -> FollowedRow:
    """Find the row with that key in a commit.

    Args:
        text: the key's value, as people type it.
        key: the fields of the key; by default those that `tdv.toml` of the commit names.

    Raises:
        UsageError: nothing says what the key is, several rows have it, or the file has no rows.
        PathError: neither the commit nor its ancestors have the file.
    """
    tree = repo.commit(start).tree
    fields = tuple(key) or Datasets.of_tree(repo.store, tree).key_for(path)
    shown = path.decode("utf-8", "backslashreplace")
    if not fields:
        raise no_key(path)
    query = KeyQuery.parse(text, fields)
    contents = contents_at(repo.store, tree, path)
    if contents is None:
        return FollowedRow(start, path, query, None)
    if not contents.format.has_rows:
        raise UsageError(f"{shown} has no rows: it is kept as bytes.")
    found = list(islice(find_rows(contents, query), SHOWN + 1))
    if len(found) > 1:
        raise not_unique(query, shown, [place.number for place in found])
    return FollowedRow(start, path, query, found[0] if found else None)


def row_history(repo: Repo, followed: FollowedRow) -> Iterator[RowVersion]:
    """The commits that changed a row, newest first.

    Where a commit has the row as one of its parents has it, only that parent is followed.
    Rows with the same values in other bytes are the same.
    """
    tracer = _Tracer(repo, followed)
    line: NewestFirst[Place | None] = NewestFirst(tracer.commit)
    line.push(followed.start, followed.place)
    seen = {followed.start}
    for oid, place in line:
        step = tracer.step(oid, place)
        same_as = next((at for at, change in enumerate(step.changes) if change is None), None)
        parents = step.parents if same_as is None else step.parents[same_as : same_as + 1]
        for parent, there in parents:
            if parent not in seen:
                seen.add(parent)
                line.push(parent, there)
        if same_as is None and step.changes[0] is not None:
            kind, fields = step.changes[0]
            before = step.parents[0][1] if step.parents else None
            yield RowVersion(oid, step.commit, kind, before, place, fields)


def field_origins(repo: Repo, followed: FollowedRow) -> list[FieldOrigin]:
    """For each field of the row, the commit from which it has its value.

    Nested fields count each by itself; the row must be there.
    """
    assert followed.place is not None
    tracer = _Tracer(repo, followed)
    line: NewestFirst[Place | None] = NewestFirst(tracer.commit)
    line.push(followed.start, followed.place)
    values = dict(leaves(followed.place.row))
    origins: dict[str, FieldOrigin] = {}
    pending: dict[Oid, set[str]] = {followed.start: set(values)}
    for oid, place in line:
        wanted = pending.pop(oid)
        step = tracer.step(oid, place)
        for parent, there in step.parents:
            if there is None:
                continue
            old = dict(leaves(there.row)) if there.row is not (place and place.row) else values
            passed = {path for path in wanted if same(old.get(path, MISSING), values[path])}
            wanted -= passed
            if passed and parent in pending:
                pending[parent] |= passed
            elif passed:
                pending[parent] = passed
                line.push(parent, there)
        for path in wanted:
            origins[path] = FieldOrigin(path, values[path], oid, step.commit)
    return [origins[path] for path in values]


_Changed: TypeAlias = "tuple[Literal['added', 'changed', 'removed'], tuple[FieldChange, ...]]"


@dataclass(frozen=True, slots=True)
class _Step:
    """A commit, where its parents have the row, and what became of it since each of them.

    A commit without parents has one change, from nothing.
    """

    commit: Commit
    parents: list[tuple[Oid, Place | None]]
    changes: list[_Changed | None]


class _Tracer:
    """The versions of one file, by commit; commits and files of a few are kept."""

    def __init__(self, repo: Repo, followed: FollowedRow) -> None:
        self.commit: Callable[[Oid], Commit] = lru_cache(KEPT)(repo.commit)
        self._version = lru_cache(KEPT)(self._read)
        self._store = repo.store
        self._path, self._query = followed.path, followed.query

    def step(self, oid: Oid, place: Place | None) -> _Step:
        commit = self.commit(oid)
        parents = [(parent, self._in_parent(parent, oid, place)) for parent in commit.parents]
        changes = [_change(there, place) for _, there in parents] or [_change(None, place)]
        return _Step(commit, parents, changes)

    def _in_parent(self, parent: Oid, oid: Oid, place: Place | None) -> Place | None:
        old, new = self._version(parent), self._version(oid)
        if old is None:
            return None
        if new is None:
            return next(find_rows(old, self._query), None)
        return traced(old, new, place, self._query)

    def _read(self, oid: Oid) -> Contents | None:
        return contents_at(self._store, self.commit(oid).tree, self._path)


def _change(old: Place | None, new: Place | None) -> _Changed | None:
    """What became of a row; None when its values are the same."""
    if old is None or new is None:
        if old is new:
            return None
        return ("added" if old is None else "removed"), ()
    if old.row is new.row:
        return None
    fields = changed_fields(old.row, new.row)
    return ("changed", fields) if fields else None


def contents_at(reader: ObjectReader, tree: Oid, path: bytes) -> Contents | None:
    """The file at a path of a tree; None where there is none."""
    entry = trees.file_at(reader, tree, path)
    return None if entry is None else Contents(entry, reader)
