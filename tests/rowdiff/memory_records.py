"""Versions of files in memory, cut into small chunks, in place of `Contents` over a store."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from tdv.errors import RecordError
from tdv.formats.cut import Cut
from tdv.formats.registry import format_named
from tdv.formats.rows import BadRecord, Format, Layout, Row
from tdv.model.entry import FileEntry, Mode
from tdv.model.oid import Kind, Oid, oid_of
from tdv.model.sequence import Child
from tdv.store.access import ObjectReader
from tdv.store.sequences import SequenceBuilder, chunks, sequence_of

SMALL_CUT = Cut(min=8, extra=64, max=256, piece=256)


class Memory:
    """Objects in a dictionary; counts the chunks that are read."""

    def __init__(self) -> None:
        self.objects: dict[Oid, bytes] = {}
        self.chunks_read = 0

    def put(self, kind: Kind, payload: bytes, *, like: Sequence[Oid] = ()) -> Oid:
        oid = oid_of(kind, payload)
        self.objects[oid] = payload
        return oid

    def get(self, oid: Oid, kind: Kind) -> bytes:
        self.chunks_read += kind == Kind.CHUNK
        return self.objects[oid]


class MemoryRecords:
    """A file of records, cut and built as ingest does it."""

    def __init__(self, data: bytes, format_name: str = "jsonl", cut: Cut = SMALL_CUT) -> None:
        self.data = data
        self.memory = Memory()
        self.reader: ObjectReader = self.memory
        self.format: Format = format_named(format_name)
        builder = SequenceBuilder(self.memory)
        split = self.format.split(io.BytesIO(data), cut)
        for piece in split:
            oid = self.memory.put(Kind.CHUNK, piece.data)
            child = Child(oid, piece.records, len(piece.data))
            builder.add(child, piece.fingerprint_sum)
        root = builder.finish()
        self.layout: Layout = split.layout
        self.entry = FileEntry(
            Mode.FILE,
            self.layout.format,
            len(data),
            root.records,
            root.root,
            root.height,
            self.layout.prefix,
            self.layout.suffix,
            self.layout.params,
        )

    def line_of(self, number: int) -> int | None:
        return number + 1

    def bodies(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        children = chunks(self.reader, sequence_of(self.entry, self.reader))
        blocks = (self.memory.objects[child.oid] for child in children)
        return islice(self.format.bodies(self.layout, blocks), start, stop)

    def rows(self, start: int = 0, stop: int | None = None) -> Iterator[Row | BadRecord]:
        for number, body in enumerate(self.bodies(start, stop), start):
            try:
                yield self.format.decode(self.layout, body)
            except RecordError as error:
                yield BadRecord(number, number + 1, body, error.message)


def lines(rows: Sequence[Any], end: bytes = b"\n") -> bytes:
    """JSON Lines; a row given as bytes is a line as it is."""
    return b"".join(
        (row if isinstance(row, bytes) else json.dumps(row).encode()) + end for row in rows
    )


def records(rows: Sequence[Any], cut: Cut = SMALL_CUT) -> MemoryRecords:
    """A JSON Lines file of rows."""
    return MemoryRecords(lines(rows), cut=cut)
