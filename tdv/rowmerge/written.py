"""Merged and edited rows as a stored file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, BinaryIO, cast

from tdv.formats.contents import Contents
from tdv.formats.cut import DEFAULT_CUT, Cut
from tdv.formats.ingest import ingest
from tdv.formats.partstream import PartStream
from tdv.formats.registry import TABLES
from tdv.formats.splice import Edit, splice, spliceable
from tdv.formats.splicedbytes import Part
from tdv.formats.storing import ChunkSink, ChunkStore
from tdv.model.entry import FileEntry
from tdv.model.oid import Kind, oid_of
from tdv.rowmerge.columns import Joined
from tdv.rowmerge.conflict import Unmergeable

TABLE_NAMES = frozenset(TABLES.values())


def edited(
    contents: Contents, edits: Iterable[Edit], writer: ChunkSink, cut: Cut = DEFAULT_CUT
) -> FileEntry:
    """Store a file with some of its rows replaced, whatever its format; its entry.

    Args:
        edits: as for `tdv.formats.splice.splice`; for Parquet and Arrow files, which are written
            anew, their bodies are rows as msgpack, in any order of their fields.

    Raises:
        Unmergeable: rows of this file, or these rows, cannot be written.
    """
    if spliceable(contents):
        return splice(contents, edits, writer, cut)
    if contents.format.name not in TABLE_NAMES:
        raise Unmergeable(f"rows of {contents.format.name} files are not written one by one")
    from tdv.rowmerge.tables import schema_of, under_columns  # pyarrow

    schema = schema_of(contents)
    placed = (
        Edit(edit.start, edit.stop, [under_columns(body, schema) for body in edit.bodies])
        for edit in edits
    )
    return store_table(contents, schema, _replaced(contents, placed), writer, cut)


def store_table(
    like: Contents, schema: Any, bodies: Iterable[bytes], writer: ChunkSink, cut: Cut
) -> FileEntry:
    """Store a table of some rows in the format of another file."""
    from tdv.rowmerge.tables import written_table  # pyarrow

    with written_table(bodies, schema, like) as file:
        return _ingested(file, like, writer, cut)


def store_csv(
    like: Contents, joined: Joined, bodies: Iterable[bytes], writer: ChunkSink, cut: Cut
) -> FileEntry:
    """Store a CSV file of some records under a joined header."""
    head, end = joined.prefix, joined.end
    parts = chain([Part(head, -1, None)], (Part(body + end, -1, None) for body in bodies))
    entry = _ingested(cast(BinaryIO, PartStream(parts)), like, writer, cut)
    prefix = head if isinstance(entry.prefix, bytes) else oid_of(Kind.CHUNK, head)
    if (entry.prefix, entry.param("delimiter")) != (prefix, joined.delimiter.decode()):
        raise Unmergeable("the joined header would read as another one")
    return entry


def _ingested(file: BinaryIO, like: Contents, writer: ChunkSink, cut: Cut) -> FileEntry:
    name = b"merged." + like.format.name.encode()
    # A working file's chunks are in no store that new ones could be deltas in.
    previous = like.entry if isinstance(like.reader, ChunkStore) else None
    store = cast(ChunkStore, like.reader)
    return ingest(file, name, like.entry.mode, writer, store, previous, cut)


def _replaced(contents: Contents, edits: Iterable[Edit]) -> Iterator[bytes]:
    bodies = contents.bodies()
    at = 0
    for edit in edits:
        for _ in range(at, edit.start):
            yield next(bodies)
        for _ in range(edit.start, edit.stop):
            next(bodies)
        yield from edit.bodies
        at = edit.stop
    yield from bodies
