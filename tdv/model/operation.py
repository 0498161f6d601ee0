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
        work: work in progress after the operation, such as a merge, as msgpack values.
        captured: a tree of working-copy content that the command replaced, or None.
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
    captured: Oid | None = None
    extra: tuple[Any, ...] = ()

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
                self.captured,
                *self.extra,
            ],
        )

    @classmethod
    def from_bytes(cls, payload: bytes) -> OperationRecord:
        """The record with that payload; ObjectCorrupt when it cannot be one."""
        items = unpack(payload, VERSION, 11, "operation record")
        number, previous, command, who, changes, head_before, head, *rest = items
        stage_before, stage, work, captured, *extra = rest
        try:
            if not isinstance(number, int) or len(previous) != CHECKSUM_BYTES:
                raise ValueError("its number or its predecessor's checksum is none")
            return cls(
                number,
                bytes(previous),
                tuple(word.decode("utf-8", "surrogateescape") for word in command),
                Signature.from_wire(who),
                tuple(_change(change) for change in changes),
                _head(head_before),
                _head(head),
                oid_field(stage_before),
                oid_field(stage),
                work,
                _optional(captured),
                tuple(extra),
            )
        except (ValueError, TypeError, AttributeError) as error:
            raise ObjectCorrupt(f"An operation record cannot be decoded: {error}.") from error


def _optional(value: Any) -> Oid | None:
    return None if value is None else oid_field(value)


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
