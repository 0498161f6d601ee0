"""Annotated tags and notes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tdv.errors import ObjectCorrupt
from tdv.model.codec import pack, unpack
from tdv.model.commit import Signature
from tdv.model.entry import oid_field
from tdv.model.oid import Oid

VERSION = 1
# The format of a file whose root is not a chunk but a note, in the trees below `refs/notes/`.
NOTE_FORMAT = "note"


@dataclass(frozen=True, slots=True)
class Tag:
    """A name for a commit, with who gave it, when and why.

    A light tag is a ref to the commit itself and has no such object.
    """

    target: Oid
    name: str
    tagger: Signature
    message: str
    extra: tuple[Any, ...] = ()

    def to_bytes(self) -> bytes:
        """The payload."""
        fields = [self.target, self.name, self.tagger.to_wire(), self.message, *self.extra]
        return pack(VERSION, fields)

    @classmethod
    def from_bytes(cls, payload: bytes) -> Tag:
        """The tag with that payload; ObjectCorrupt when it cannot be one."""
        target, name, tagger, message, *extra = unpack(payload, VERSION, 4, "tag")
        try:
            who = Signature.from_wire(tagger)
            tag = cls(oid_field(target), str(name), who, str(message), tuple(extra))
        except (ValueError, TypeError) as error:
            raise ObjectCorrupt(f"A tag cannot be decoded: {error}.") from error
        if tag.to_bytes() != payload:
            raise ObjectCorrupt("A tag is not written in canonical form.")
        return tag


@dataclass(frozen=True, slots=True)
class Note:
    """A report, metric or score bound to (commit, analysis) without changing the commit."""

    commit: Oid
    analysis: str
    content: bytes
    extra: tuple[Any, ...] = ()

    def to_bytes(self) -> bytes:
        """The payload."""
        return pack(VERSION, [self.commit, self.analysis, self.content, *self.extra])

    @classmethod
    def from_bytes(cls, payload: bytes) -> Note:
        """The note with that payload; ObjectCorrupt when it cannot be one."""
        commit, analysis, content, *extra = unpack(payload, VERSION, 3, "note")
        try:
            return cls(oid_field(commit), str(analysis), bytes(content), tuple(extra))
        except (ValueError, TypeError) as error:
            raise ObjectCorrupt(f"A note cannot be decoded: {error}.") from error
