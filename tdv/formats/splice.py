"""Some records of a stored file replaced: chunks that no edit touches stay unread."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from io import BufferedReader, RawIOBase
from typing import Any

from tdv.formats.contents import Contents
from tdv.formats.cut import DEFAULT_CUT, Cut
from tdv.formats.ingest import ingest
from tdv.formats.splicedbytes import Edit, Edits, SplicedParts, spliced_bytes
from tdv.formats.storing import ChunkSink, ChunkStore
from tdv.model.entry import FileEntry
from tdv.model.oid import Oid
from tdv.store.access import ObjectReader

__all__ = ["Edit", "splice", "spliceable", "spliced_bytes"]

# A name that has the format.
_NAMES = {"jsonl": b".jsonl", "text": b".txt", "csv": b".csv", "tsv": b".tsv", "json": b".json"}


def spliceable(contents: Contents) -> bool:
    """Whether records of the file are slices of it, which others can take the place of."""
    return contents.entry.format in _NAMES


def splice(
    contents: Contents, edits: Iterable[Edit], writer: ChunkSink, cut: Cut = DEFAULT_CUT
) -> FileEntry:
    """Store a file with some of its records replaced and return its entry.

    The entry is the one that `ingest` gives for the same bytes. Memory is bounded.

    Args:
        contents: of a file for which `spliceable` holds.
        edits: in order, not overlapping; taken one by one.
        writer: takes chunks and nodes.
        cut: the repository's cut parameters.

    Raises:
        TypeError: the file is not spliceable.
        ValueError: an edit is out of order, or beyond the file's records.
    """
    if not spliceable(contents):
        raise TypeError(f"records of a {contents.entry.format} file are no slices of it")
    taken = Edits(edits, contents.sequence.records)
    if taken.next is None:
        return contents.entry
    return _ingest_all(contents, taken, writer, cut)


def _ingest_all(contents: Contents, edits: Edits, writer: ChunkSink, cut: Cut) -> FileEntry:
    """Read and cut the whole result as a new file is."""
    entry = contents.entry
    # Buffered, since the head must be read whole: a NUL in it makes a text a blob.
    stream = BufferedReader(SplicedStream(SplicedParts(contents, edits, ahead=True)))
    reader = contents.reader
    known = isinstance(reader, ChunkStore)
    stored = reader if isinstance(reader, ChunkStore) else _Unstored(reader)
    return replace(
        ingest(
            stream, _NAMES[entry.format], entry.mode, writer, stored, entry if known else None, cut
        ),
        extra=entry.extra,
    )


class _Unstored:
    """A reader of what is not in the store."""

    def __init__(self, reader: ObjectReader) -> None:
        self.get = reader.get

    def dictionary_of(self, oid: Oid) -> Oid | None:
        """None: it has none."""
        return None


class SplicedStream(RawIOBase):
    """Parts as a stream."""

    def __init__(self, parts: SplicedParts) -> None:
        self._parts = iter(parts)
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._rest:
            part = next(self._parts, None)
            if part is None:
                return 0
            self._rest = memoryview(part.data)
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count
