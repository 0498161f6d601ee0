"""Some records of a stored file replaced: chunks that no edit touches stay unread."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from io import BufferedReader

from tdv.formats.contents import Contents
from tdv.formats.cut import DEFAULT_CUT, Cut
from tdv.formats.ingest import ingest
from tdv.formats.partstream import PartStream
from tdv.formats.registry import HEAD, format_for
from tdv.formats.scan import FileReader
from tdv.formats.splicedbytes import Edit, Edits, SplicedParts, joined, spliced_bytes
from tdv.formats.splicing import NearReader, Splicing, place_before, store_of
from tdv.formats.storing import ChunkSink
from tdv.model.entry import FileEntry

__all__ = ["Edit", "joined", "splice", "spliceable", "spliced_bytes"]

# A name that has the format.
_NAMES = {"jsonl": b".jsonl", "text": b".txt", "csv": b".csv", "tsv": b".tsv", "json": b".json"}


def spliceable(contents: Contents) -> bool:
    """Whether records of the file are slices of it, which others can take the place of."""
    return contents.entry.format in _NAMES


def splice(
    contents: Contents, edits: Iterable[Edit], writer: ChunkSink, cut: Cut = DEFAULT_CUT
) -> FileEntry:
    """Store a file with some of its records replaced and return its entry.

    The entry is the one that `ingest` gives for the same bytes. Chunks are read around the edits
    alone, and memory is bounded.

    Args:
        contents: of a file for which `spliceable` holds; stored where `writer` writes, or scanned.
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
    first = taken.next
    if first is None:
        return contents.entry
    if not _resumable(contents):
        stream = PartStream(SplicedParts(contents, taken, ahead=True))
        return _ingest_all(contents, stream, writer, cut)
    near = Contents(contents.entry, NearReader(contents.reader))
    place = place_before(near, first.start)
    if contents.entry.format == "text" and place.offset < HEAD:
        place = place_before(near, 0)
    stream = PartStream(SplicedParts(near, taken, place.offset, place.record))
    if not place.offset and _changes_format(contents, stream.peek(HEAD)):
        return _ingest_all(contents, stream, writer, cut)
    return Splicing(near, store_of(contents), taken, writer, cut).run(stream, place.offset)


def _resumable(contents: Contents) -> bool:
    """Whether what an edit changes is known from the records around it."""
    if isinstance(contents.reader, FileReader):  # none of its chunks is stored
        return False
    return contents.layout.lines_from is None and contents.sequence.records > 0


def _changes_format(contents: Contents, head: bytes) -> bool:
    """Whether a result that starts like this is of another format: a text with a NUL."""
    name = contents.entry.format
    return format_for(_NAMES[name], head).name != name


def _ingest_all(contents: Contents, stream: PartStream, writer: ChunkSink, cut: Cut) -> FileEntry:
    """Read and cut the whole result as a new file is."""
    entry, store = contents.entry, store_of(contents)
    previous = None if isinstance(contents.reader, FileReader) else entry
    # Buffered, since the head must be read whole: a NUL in it makes a text a blob.
    source, name = BufferedReader(stream), _NAMES[entry.format]
    fresh = ingest(source, name, entry.mode, writer, store, previous, cut)
    return replace(fresh, extra=entry.extra)
