"""Commits: a tree, its parents, who, when, why, and by which operation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tdv.errors import ObjectCorrupt
from tdv.model.codec import pack, unpack
from tdv.model.entry import oid_field
from tdv.model.oid import Oid

VERSION = 1


@dataclass(frozen=True, slots=True)
class Signature:
    """Who and when.

    Attributes:
        name, email: as given; the e-mail may be empty.
        seconds: since 1970-01-01T00:00:00Z.
        offset: of the author's zone east of UTC, in minutes.
    """

    name: str
    email: str
    seconds: int
    offset: int

    def to_wire(self) -> list[Any]:
        """The four items that stand for this signature in a payload."""
        return [self.name, self.email, self.seconds, self.offset]

    @classmethod
    def from_wire(cls, items: Any) -> Signature:
        """The signature that `to_wire` wrote; ValueError or TypeError when it is none."""
        name, email, seconds, offset = items
        if not (isinstance(name, str) and isinstance(email, str)):
            raise ValueError("a signature's name and e-mail are text")
        if not (isinstance(seconds, int) and isinstance(offset, int)):
            raise ValueError("a signature's time is two numbers")
        return cls(name, email, seconds, offset)


@dataclass(frozen=True, slots=True)
class Operation:
    """The command that produced the data of a commit.

    Attributes:
        name: the command: "dedup".
        params: its parameters in order of their names, values as msgpack knows them.
        inputs: oids of commits that it read.
        seed: of what it drew at random, or None.
        tdv_version: of the program that ran.
    """

    name: str
    params: tuple[tuple[str, Any], ...] = ()
    inputs: tuple[Oid, ...] = ()
    seed: int | None = None
    tdv_version: str = ""

    def to_wire(self) -> list[Any]:
        """The items that stand for this operation in a commit."""
        params = [list(pair) for pair in self.params]
        return [self.name, params, list(self.inputs), self.seed, self.tdv_version]

    @classmethod
    def from_wire(cls, items: Any) -> Operation:
        """The operation that `to_wire` wrote; ValueError or TypeError when it is none."""
        name, params, inputs, seed, version = items
        pairs = tuple((key, value) for key, value in params)
        return cls(name, pairs, tuple(oid_field(oid) for oid in inputs), seed, version)


@dataclass(frozen=True, slots=True)
class Commit:
    """An immutable version of the whole working copy.

    Attributes:
        tree: of the root folder.
        parents: none for a first commit, two or more for a merge.
        author, committer: who made the data, who made the commit.
        message: free text; its first line is the subject.
        operation: the command that produced the data, or None for a person's own edit.
    """

    tree: Oid
    parents: tuple[Oid, ...]
    author: Signature
    committer: Signature
    message: str
    operation: Operation | None = None
    extra: tuple[Any, ...] = ()

    @property
    def subject(self) -> str:
        """The first line of the message."""
        return self.message.split("\n", 1)[0]

    def to_bytes(self) -> bytes:
        """The payload."""
        operation = None if self.operation is None else self.operation.to_wire()
        return pack(
            VERSION,
            [
                self.tree,
                list(self.parents),
                self.author.to_wire(),
                self.committer.to_wire(),
                self.message,
                operation,
                *self.extra,
            ],
        )

    @classmethod
    def from_bytes(cls, payload: bytes) -> Commit:
        """The commit with that payload; ObjectCorrupt when it cannot be one."""
        tree, parents, author, committer, message, operation, *extra = unpack(
            payload, VERSION, 6, "commit"
        )
        try:
            commit = cls(
                oid_field(tree),
                tuple(oid_field(parent) for parent in parents),
                Signature.from_wire(author),
                Signature.from_wire(committer),
                str(message),
                None if operation is None else Operation.from_wire(operation),
                tuple(extra),
            )
        except (ValueError, TypeError) as error:
            raise ObjectCorrupt(f"A commit cannot be decoded: {error}.") from error
        if commit.to_bytes() != payload:
            raise ObjectCorrupt("A commit is not written in canonical form.")
        return commit
