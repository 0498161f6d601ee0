"""Work in progress, as operation records keep it: a merge with conflicts, a bisection."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, cast, get_args

from tdv.errors import ObjectCorrupt
from tdv.model.commit import Signature
from tdv.model.entry import oid_field
from tdv.model.oid import Oid
from tdv.model.operation import Head

MergeKind: TypeAlias = Literal["merge", "revert", "cherry-pick"]
_KINDS = get_args(MergeKind)


@dataclass(frozen=True, slots=True)
class Merging:
    """A merge, revert or cherry-pick that waits for conflicts to be resolved, or for its commit.

    Attributes:
        kind: which of them.
        ours: the commit that HEAD stood on.
        theirs: the commit that is merged, picked or reverted.
        parents: of the commit to come.
        message: of the commit to come.
        before: the stage before it, which `--abort` brings back: the tree of our side.
        base, other: the trees that it was merged with, of the merge base and of their side.
        merged: the stage that it made; the records that conflicts name by number are those of
            the files in this tree.
        found: the tree of all conflicts that it found.
        conflicts: the tree of those that are not resolved yet; EMPTY_TREE when all are.
        author: of the commit to come, where that is not who makes it: of a cherry-pick.
        key: the fields that `--key` named for this merge only.
    """

    kind: MergeKind
    ours: Oid
    theirs: Oid
    parents: tuple[Oid, ...]
    message: str
    before: Oid
    base: Oid
    other: Oid
    merged: Oid
    found: Oid
    conflicts: Oid
    author: Signature | None = None
    key: tuple[str, ...] = ()
    extra: tuple[Any, ...] = ()

    def roots(self) -> Iterator[Oid]:
        """The oids of commits and trees that must not be lost."""
        yield from (self.ours, self.theirs, *self.parents)
        yield from (self.before, self.base, self.other)
        yield from (self.merged, self.found, self.conflicts)

    def to_wire(self) -> list[Any]:
        """The items that stand for this merge in an operation record."""
        return [
            self.kind,
            self.ours,
            self.theirs,
            list(self.parents),
            self.message,
            self.before,
            self.base,
            self.other,
            self.merged,
            self.found,
            self.conflicts,
            None if self.author is None else self.author.to_wire(),
            list(self.key),
            *self.extra,
        ]

    @classmethod
    def from_wire(cls, items: Any) -> Merging:
        """The merge that `to_wire` wrote; ValueError or TypeError when it is none."""
        kind, ours, theirs, parents, message, *rest = items
        before, base, other, merged, found, conflicts, author, key, *extra = rest
        if kind not in _KINDS:
            raise ValueError("a merge of an unknown kind is in progress")
        if not isinstance(message, str) or not all(isinstance(name, str) for name in key):
            raise ValueError("a message and the names of fields are text")
        return cls(
            cast("MergeKind", kind),
            oid_field(ours),
            oid_field(theirs),
            tuple(oid_field(parent) for parent in parents),
            message,
            oid_field(before),
            oid_field(base),
            oid_field(other),
            oid_field(merged),
            oid_field(found),
            oid_field(conflicts),
            None if author is None else Signature.from_wire(author),
            tuple(key),
            tuple(extra),
        )


@dataclass(frozen=True, slots=True)
class Bisecting:
    """A search for the commit that brought something in.

    Attributes:
        start: where HEAD stood before, which `bisect reset` brings back.
        bad: the commit that has it, None before one was named.
        good: commits that do not have it.
        skipped: commits that cannot be judged.
        condition: what tells rows apart, as it was typed (`--where EXPR`); empty without one.
    """

    start: Head
    bad: Oid | None = None
    good: tuple[Oid, ...] = ()
    skipped: tuple[Oid, ...] = ()
    condition: str = ""
    extra: tuple[Any, ...] = ()

    def roots(self) -> Iterator[Oid]:
        """The oids of commits that must not be lost."""
        named = (self.start.commit, self.bad, *self.good, *self.skipped)
        yield from (oid for oid in named if oid is not None)

    def to_wire(self) -> list[Any]:
        """The items that stand for this search in an operation record."""
        lists = (list(self.good), list(self.skipped))
        return [list(self.start), self.bad, *lists, self.condition, *self.extra]

    @classmethod
    def from_wire(cls, items: Any) -> Bisecting:
        """The search that `to_wire` wrote; ValueError or TypeError when it is none."""
        (branch, commit), bad, good, skipped, condition, *extra = items
        if not (branch is None or isinstance(branch, str)) or not isinstance(condition, str):
            raise ValueError("the name of a branch and a condition are text")
        return cls(
            Head(branch, None if commit is None else oid_field(commit)),
            None if bad is None else oid_field(bad),
            tuple(oid_field(oid) for oid in good),
            tuple(oid_field(oid) for oid in skipped),
            condition,
            tuple(extra),
        )


@dataclass(frozen=True, slots=True)
class Work:
    """All work in progress of a repository; `Work()` when there is none."""

    merging: Merging | None = None
    bisecting: Bisecting | None = None
    extra: tuple[Any, ...] = ()

    def __bool__(self) -> bool:
        return self.merging is not None or self.bisecting is not None or bool(self.extra)

    def roots(self) -> Iterator[Oid]:
        """The oids of commits and trees that must not be lost, for `gc` and `fsck`.

        EMPTY_TREE may be among them, which is readable without being stored.
        """
        if self.merging is not None:
            yield from self.merging.roots()
        if self.bisecting is not None:
            yield from self.bisecting.roots()

    def to_wire(self) -> list[Any] | None:
        """What stands for it in an operation record: None when there is no work."""
        if not self:
            return None
        merging = None if self.merging is None else self.merging.to_wire()
        bisecting = None if self.bisecting is None else self.bisecting.to_wire()
        return [merging, bisecting, *self.extra]

    @classmethod
    def from_wire(cls, items: Any) -> Work:
        """The work that `to_wire` wrote; ObjectCorrupt when it cannot be any."""
        if items is None:
            return cls()
        try:
            merging, bisecting, *extra = items
            return cls(
                None if merging is None else Merging.from_wire(merging),
                None if bisecting is None else Bisecting.from_wire(bisecting),
                tuple(extra),
            )
        except (ValueError, TypeError) as error:
            raise ObjectCorrupt(f"Work in progress cannot be decoded: {error}.") from error
