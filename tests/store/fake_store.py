"""A store in memory, for tests of what is built over stores."""

from __future__ import annotations

from collections.abc import Sequence

from tdv.errors import ObjectMissing
from tdv.model.oid import Kind, Oid, oid_of


class FakeStore:
    """Objects in a dict; remembers what was read and what was put like what."""

    def __init__(self) -> None:
        self.objects: dict[Oid, tuple[Kind, bytes]] = {}
        self.reads: list[Oid] = []
        self.likes: dict[Oid, tuple[Oid, ...]] = {}

    def put(self, kind: Kind, payload: bytes, *, like: Sequence[Oid] = ()) -> Oid:
        oid = oid_of(kind, payload)
        if oid not in self.objects:
            self.likes[oid] = tuple(like)
        self.objects[oid] = (kind, payload)
        return oid

    def get(self, oid: Oid, kind: Kind) -> bytes:
        self.reads.append(oid)
        found, payload = self.objects.get(oid, (None, b""))
        if found != kind:
            raise ObjectMissing(f"no {kind} {oid}")
        return payload
