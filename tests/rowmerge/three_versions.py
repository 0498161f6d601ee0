"""Three versions of a file in memory, merged, and what comes of it as bytes and rows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from io import BytesIO
from typing import Any

from tdv.errors import ObjectMissing
from tdv.formats.contents import Contents
from tdv.formats.cut import Cut
from tdv.formats.ingest import ingest
from tdv.model.entry import Mode
from tdv.model.oid import Kind, Oid, oid_of
from tdv.rowmerge.conflict import Conflict
from tdv.rowmerge.filemerge import merge_file
from tdv.rowmerge.values import Favour

SMALL = Cut(min=64, extra=32, max=400, piece=500)


class Objects:
    """A store in memory."""

    def __init__(self) -> None:
        self.objects: dict[tuple[Oid, Kind], bytes] = {}

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
        oid = oid_of(kind, payload)
        self.objects[oid, kind] = bytes(payload)
        return oid

    def get(self, oid: Oid, kind: Kind) -> bytes:
        if (oid, kind) not in self.objects:
            raise ObjectMissing(f"There is no {kind.name} {oid}.")
        return self.objects[oid, kind]

    def dictionary_of(self, oid: Oid) -> Oid | None:
        return None


def version(data: bytes, name: bytes = b"a.jsonl", store: Objects | None = None) -> Contents:
    """A stored file."""
    store = store or Objects()
    return Contents(ingest(BytesIO(data), name, Mode.FILE, store, store, None, SMALL), store)


class Merged:
    """What a merge of three files gives.

    Attributes:
        data: the merged file's bytes.
        conflicts: what is in conflict.
    """

    def __init__(
        self,
        base: bytes | None,
        ours: bytes,
        theirs: bytes,
        *,
        name: bytes = b"a.jsonl",
        key: tuple[str, ...] = (),
        favour: Favour = "",
        only: Any = None,
    ) -> None:
        store = Objects()
        versions = [
            None if data is None else version(data, name, store) for data in (base, ours, theirs)
        ]
        assert versions[1] is not None
        assert versions[2] is not None
        self.file = merge_file(
            versions[0],
            versions[1],
            versions[2],
            key=key,
            favour=favour,
            writer=store,
            cut=SMALL,
            only=only,
        )
        self.contents = Contents(self.file.entry, store)
        self.data = b"".join(self.contents.blocks())
        assert self.file.entry == version(self.data, name).entry
        self.conflicts: list[Conflict] = list(self.file.conflicts)
        assert len(self.file.conflicts) == len(self.conflicts)
        assert len({each.id for each in self.conflicts}) == len(self.conflicts)
        bodies = list(self.contents.bodies())
        for each in self.conflicts:
            assert each.held is None or bodies[each.number] == each.held
            assert 0 <= each.number <= len(bodies)

    @property
    def rows(self) -> list[Any]:
        return list(self.contents.rows())


def lines(rows: Sequence[Any]) -> bytes:
    """JSON Lines; a row given as bytes is a line as it is."""
    return b"".join(
        (row if isinstance(row, bytes) else json.dumps(row).encode()) + b"\n" for row in rows
    )
