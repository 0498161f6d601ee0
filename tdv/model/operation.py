"""Operation records: what one command changed in a repository, as the operation log keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from tdv.errors import ObjectCorrupt
from tdv.model.codec import pack, unpack
from tdv.model.commit import Signature
from tdv.model.entry import oid_field
from tdv.model.oid import Oid

VERSION = 1
CHECKSUM_BYTES = 32
# What the first record of a log has in place of its predecessor's checksum.
NO_PREVIOUS = bytes(CHECKSUM_BYTES)


class Head(NamedTuple):
    """Where HEAD stands.

    Attributes:
        branch: the branch's name without `refs/heads/`, or None when HEAD is detached.
        commit: None on a branch that has no commit yet.
    """

    branch: str | None
    commit: Oid | None


class RefChange(NamedTuple):
    """The full name of a ref and its values before and after; None where there is no ref."""

    name: str
    old: Oid | None
    new: Oid | None


class FilesChange(NamedTuple):
    """What a command did to files of the working copy, as two trees.

    The paths in which they differ are those whose content it changed, and no others; a path that
    a tree lacks had no file. Where files were clean the trees are stored anyway, as the stage's.

    Attributes:
        before: has what it replaced or removed, captured where it was stored nowhere.
        after: has what it left.
    """

    before: Oid
    after: Oid


class Position(NamedTuple):
    """Where an operation that brought a state back stands among the others.

    Attributes:
        state: the number of the record whose state it brought back.
        redo: the number of the `undo` record that `redo` takes back from here, or None.
    """

    state: int
    redo: int | None = None


@dataclass(frozen=True, slots=True)
class OperationRecord:
    """One operation: the state before and after it, by whom, and by which command.

    Attributes:
        number: 1 for the first record of a repository, then one more each.
        previous: checksum of the record before this one, or NO_PREVIOUS.
        command: the command line, word by word.
        who: who ran it, and when.
        changes: the refs that changed, no others.
        head_before, head: HEAD.
        stage_before, stage: the tree that the stage holds.
        work: work in progress after the operation, as msgpack values that `Work` reads.
        files: what it did to files of the working copy, or None when nothing.
        position: of `undo`, `redo` and what leaves the state as it was; None for all others.
        oldest: the oldest record whose state can still be brought back.
    """

    number: int
    previous: bytes
    command: tuple[str, ...]
    who: Signature
    changes: tuple[RefChange, ...]
    head_before: Head
    head: Head
    stage_before: Oid
    stage: Oid
    work: Any = None
    files: FilesChange | None = None
    position: Position | None = None
    oldest: int = 1
    extra: tuple[Any, ...] = ()

    @property
    def standing(self) -> int:
        """The number of the record whose state is the one behind this one."""
        return self.number if self.position is None else self.position.state

    @property
    def changes_state(self) -> bool:
        """Whether refs, HEAD, the stage or files changed; work in progress is not looked at."""
        return (
            bool(self.changes)
            or self.files is not None
            or self.head != self.head_before
            or self.stage != self.stage_before
        )

    def value(self, name: str) -> RefChange | None:
        """What this record says of the ref with that full name, or None when nothing."""
        return next((change for change in self.changes if change.name == name), None)

    def to_bytes(self) -> bytes:
        """The payload. Words of the command are bytes: a command line need not be UTF-8."""
        return pack(
            VERSION,
            [
                self.number,
                self.previous,
                [word.encode("utf-8", "surrogateescape") for word in self.command],
                self.who.to_wire(),
                [list(change) for change in self.changes],
                list(self.head_before),
                list(self.head),
                self.stage_before,
                self.stage,
                self.work,
                None if self.files is None else list(self.files),
                None if self.position is None else list(self.position),
                self.oldest,
                *self.extra,
            ],
        )

    @classmethod
    def from_bytes(cls, payload: bytes) -> OperationRecord:
        """The record with that payload; ObjectCorrupt when it cannot be one."""
        items = unpack(payload, VERSION, 13, "operation record")
        number, previous, command, who, changes, head_before, head, *rest = items
        stage_before, stage, work, files, position, oldest, *extra = rest
        try:
            if len(previous) != CHECKSUM_BYTES:
                raise ValueError("its predecessor's checksum is none")
            return cls(
                _number(number),
                bytes(previous),
                tuple(word.decode("utf-8", "surrogateescape") for word in command),
                Signature.from_wire(who),
                tuple(_change(change) for change in changes),
                _head(head_before),
                _head(head),
                oid_field(stage_before),
                oid_field(stage),
                work,
                None if files is None else FilesChange(*map(oid_field, files)),
                None if position is None else _position(position),
                _number(oldest),
                tuple(extra),
            )
        except (ValueError, TypeError, AttributeError) as error:
            raise ObjectCorrupt(f"An operation record cannot be decoded: {error}.") from error


def _optional(value: Any) -> Oid | None:
    return None if value is None else oid_field(value)


def _number(value: Any) -> int:
    if type(value) is not int or value < 1:
        raise ValueError("the number of a record is none")
    return value


def _position(items: Any) -> Position:
    state, redo = items
    return Position(_number(state), None if redo is None else _number(redo))


def _change(items: Any) -> RefChange:
    name, old, new = items
    if not isinstance(name, str):
        raise ValueError("the name of a ref is text")
    return RefChange(name, _optional(old), _optional(new))


def _head(items: Any) -> Head:
    branch, commit = items
    if branch is not None and not isinstance(branch, str):
        raise ValueError("the name of a branch is text")
    return Head(branch, _optional(commit))
