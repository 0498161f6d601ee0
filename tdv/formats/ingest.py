"""A file becomes chunks, a sequence and a file entry, in one pass and bounded memory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from tdv.errors import IntegrityError
from tdv.formats.cut import DEFAULT_CUT, Cut
from tdv.formats.registry import format_for, format_named
from tdv.formats.source import Source, opened
from tdv.formats.storing import (
    BesideTaker,
    ChunkSink,
    ChunkStore,
    DictionaryChoice,
    Taker,
    WholeTaker,
)
from tdv.model.entry import FileEntry, Mode
from tdv.model.oid import Kind, Oid
from tdv.model.sequence import Child
from tdv.store.access import ObjectSink
from tdv.store.seqbuild import SequenceBuilder
from tdv.store.seqread import EMPTY_SEQUENCE, SequenceRoot, sequence_of

# A longer prefix or suffix is an object of its own.
MAX_AFFIX = 1024


def ingest(
    source: BinaryIO | Path,
    name: bytes,
    mode: Mode,
    writer: ChunkSink,
    reader: ChunkStore,
    previous: FileEntry | None = None,
    cut: Cut = DEFAULT_CUT,
    advance: Callable[[int], None] | None = None,
) -> FileEntry:
    """Store a file and return its entry.

    Args:
        source: a path (a symbolic link's target is read for `Mode.SYMLINK`, and links are not
            followed otherwise), or a stream, read from its start to its end.
        name: its name or path inside the repository; its suffix tells the format.
        mode: what the entry says.
        writer: takes chunks, nodes and a dictionary.
        reader: reads the previous version's nodes.
        previous: an older version of the same file, against which chunks are stored as deltas.
            The entry does not depend on it.
        cut: the repository's cut parameters.
        advance: told the bytes of each chunk once it is taken.

    Raises:
        FileChanged: the file was written to while it was read.
    """
    with opened(source, name, mode) as file:
        old = EMPTY_SEQUENCE if previous is None else _sequence(previous, reader)
        taker: Taker
        dictionary = DictionaryChoice(writer, reader, file, old)
        if old.root is None:
            taker = WholeTaker(writer, dictionary)
        else:
            taker = BesideTaker(writer, reader, dictionary, old)
        builder = SequenceBuilder(writer, reader, old)
        return entry_of(file, name, mode, cut, taker, builder, writer, advance)


def _sequence(previous: FileEntry, reader: ChunkStore) -> SequenceRoot:
    try:
        return sequence_of(previous, reader)
    except IntegrityError:  # a damaged old version is no reason to refuse a new one
        return EMPTY_SEQUENCE


def entry_of(
    file: Source,
    name: bytes,
    mode: Mode,
    cut: Cut,
    taker: Taker,
    builder: SequenceBuilder,
    sink: ObjectSink,
    advance: Callable[[int], None] | None = None,
) -> FileEntry:
    """Read a file to its end; its chunks go to `taker`, long prefixes and suffixes to `sink`."""
    format_ = format_named("blob") if mode == Mode.SYMLINK else format_for(name, file.head)
    if format_.name == "blob" and file.whole and len(file.head) <= cut.min:
        data = file.head
        root = taker.take(data) if data else None
        taker.finish()
        return FileEntry(mode, "blob", len(data), 0, root)
    split = format_.split(file.stream, cut)
    for data, ends, fingerprints in split:
        builder.add(Child(taker.take(data), ends, len(data)), fingerprints)
        if advance is not None:
            advance(len(data))
    taker.finish()
    sequence = builder.finish()
    layout = split.layout
    records = None if format_.has_rows and not format_.sliced else sequence.records
    return FileEntry(
        mode,
        layout.format,
        len(layout.prefix) + sequence.size + len(layout.suffix),
        records,
        sequence.root,
        sequence.height,
        stored_affix(sink, layout.prefix),
        stored_affix(sink, layout.suffix),
        layout.params,
    )


def stored_affix(sink: ObjectSink, affix: bytes) -> bytes | Oid:
    """A prefix or suffix as the entry has it; a long one goes to `sink`."""
    return affix if len(affix) <= MAX_AFFIX else sink.put(Kind.CHUNK, affix)
