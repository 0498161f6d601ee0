"""A store in memory with all that `ingest` and `Contents` ask for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tdv.errors import ObjectMissing
from tdv.model.oid import Kind, Oid, oid_of


class Put(NamedTuple):
    """How an object was put first."""

    kind: Kind
    payload: bytes
    like: tuple[Oid, ...]
    dictionary: Oid | None
    level: int | None


class MemoryStore:
    """Writer and reader in one; remembers how each object was put."""

    def __init__(self) -> None:
        self.objects: dict[Oid, Put] = {}

    def put(
        self,
        kind: Kind,
        payload: bytes,
        *,
        like: Sequence[Oid] = (),
        dictionary: Oid | None = None,
        level: int | None = None,
        oid: Oid | None = None,
    ) -> Oid:
        assert oid in (None, oid_of(kind, payload))
        oid = oid_of(kind, payload)
        self.objects.setdefault(oid, Put(kind, bytes(payload), tuple(like), dictionary, level))
        return oid

    def get(self, oid: Oid, kind: Kind) -> bytes:
        found = self.objects.get(oid)
        if found is None or found.kind != kind:
            raise ObjectMissing(f"There is no {kind.name} {oid}.")
        return found.payload

    def dictionary_of(self, oid: Oid) -> Oid | None:
        if oid not in self.objects:
            raise ObjectMissing(f"There is no {oid}.")
        return self.objects[oid].dictionary

    def of_kind(self, kind: Kind) -> list[Oid]:
        return [oid for oid, put in self.objects.items() if put.kind == kind]
