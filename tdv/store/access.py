"""What the Merkle structures and the formats need of a store: two small protocols."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tdv.model.oid import Kind, Oid


class ObjectReader(Protocol):
    """Gives an object's payload, verified. Safe for threads that only read.

    Raises:
        ObjectMissing: there is none with that id and kind.
        ObjectCorrupt: its bytes do not give its id.
    """

    def get(self, oid: Oid, kind: Kind) -> bytes: ...


class ObjectSink(Protocol):
    """Takes objects; one that is already there is not stored again.

    `like` names up to three objects that resemble the new one, oldest version first.
    """

    def put(self, kind: Kind, payload: bytes, *, like: Sequence[Oid] = ()) -> Oid: ...


class ObjectStorage(ObjectReader, ObjectSink, Protocol):
    """Reads what was there before, and what it was given itself."""
