"""A file becomes chunks, a sequence and a file entry, in one pass and bounded memory."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, Protocol

from tdv.errors import ObjectMissing
from tdv.formats.cut import DEFAULT_CUT, Cut
from tdv.formats.registry import format_for, format_named
from tdv.formats.source import Source, opened
from tdv.model.entry import FileEntry, Mode
from tdv.model.oid import Kind, Oid, oid_of
from tdv.model.sequence import Child
from tdv.store.access import ObjectReader, ObjectSink
from tdv.store.placing import Placed, Placer
from tdv.store.seqbuild import SequenceBuilder
from tdv.store.seqread import EMPTY_SEQUENCE, SequenceRoot, chunks, sequence_of

# A longer prefix or suffix is an object of its own.
MAX_AFFIX = 1024
# Level 9 takes 0.7 ms a chunk where level 3 takes 0.45, and saves 15 % of a delta of one row.
SMALL_STRETCH_LEVEL = 9
# So many bytes of a file get it: small commits do, and large ones stay fast.
SMALL_STRETCH_BYTES = 16 << 20


class ChunkSink(Protocol):
    """What `ingest` needs of an `ObjectWriter`."""

    def put(
        self,
        kind: Kind,
        payload: bytes,
        *,
        like: Sequence[Oid] = (),
        dictionary: Oid | None = None,
        level: int | None = None,
    ) -> Oid: ...


class ChunkStore(ObjectReader, Protocol):
    """What `ingest` needs of an `ObjectStore`, to read the previous version."""

    def dictionary_of(self, oid: Oid) -> Oid | None: ...


class Taker(Protocol):
    """Where the chunks of a file go."""

    def take(self, data: bytes) -> Oid:
        """The next chunk."""

    def finish(self) -> None:
        """There are no more."""


def ingest(
    source: BinaryIO | Path,
    name: bytes,
    mode: Mode,
    writer: ChunkSink,
    reader: ChunkStore,
    previous: FileEntry | None = None,
    cut: Cut = DEFAULT_CUT,
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

    Raises:
        FileChanged: the file was written to while it was read.
    """
    with opened(source, name, mode) as file:
        old = EMPTY_SEQUENCE if previous is None else sequence_of(previous, reader)
        taker: Taker
        dictionary = _Dictionary(writer, reader, file, old)
        if old.root is None:
            taker = _Whole(writer, dictionary)
        else:
            taker = _Beside(writer, reader, dictionary, old, file.size)
        return entry_of(file, name, mode, cut, taker, SequenceBuilder(writer, reader, old), writer)


def entry_of(
    file: Source,
    name: bytes,
    mode: Mode,
    cut: Cut,
    taker: Taker,
    builder: SequenceBuilder,
    sink: ObjectSink,
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
        _affix(sink, layout.prefix),
        _affix(sink, layout.suffix),
        layout.params,
    )


def _affix(sink: ObjectSink, affix: bytes) -> bytes | Oid:
    return affix if len(affix) <= MAX_AFFIX else sink.put(Kind.CHUNK, affix)


class _Dictionary:
    """The dictionary for the chunks of one file, chosen when the first needs it."""

    def __init__(
        self, writer: ChunkSink, reader: ChunkStore, file: Source, previous: SequenceRoot
    ) -> None:
        self._writer, self._reader = writer, reader
        self._file, self._previous = file, previous
        self._chosen: Oid | None = None
        self._decided = False

    def for_full(self) -> Oid | None:
        """For a chunk that may be stored in full."""
        if not self._decided:
            self._decided = True
            self._chosen = self._choose()
        return self._chosen

    def for_delta(self) -> Oid | None:
        """For a chunk that is expected to become a delta; trying anything would be wasted."""
        return self._chosen if self._decided else self._old

    @cached_property
    def _old(self) -> Oid | None:
        first = next(chunks(self._reader, self._previous), None)
        try:
            return None if first is None else self._reader.dictionary_of(first.oid)
        except ObjectMissing:
            return None

    def _choose(self) -> Oid | None:
        from tdv.store.sampling import LEAST_FILE, choose  # most files are smaller

        old = self._old
        size, read_at = self._file.size, self._file.read_at
        if size is None or read_at is None or size < LEAST_FILE:
            return old
        content = None if old is None else self._reader.get(old, Kind.DICTIONARY)
        chosen = choose(read_at, size, content)
        if chosen is None or chosen == content:
            return None if chosen is None else old
        return self._writer.put(Kind.DICTIONARY, chosen)


class _Whole:
    """Chunks of a file that has no previous version."""

    def __init__(self, writer: ChunkSink, dictionary: _Dictionary) -> None:
        self._put = writer.put
        self._dictionary = dictionary

    def take(self, data: bytes) -> Oid:
        """Put the chunk in full."""
        return self._put(Kind.CHUNK, data, dictionary=self._dictionary.for_full())

    def finish(self) -> None:
        """Nothing is left."""


class _Beside:
    """Chunks of a file of which an older version is known."""

    def __init__(
        self,
        writer: ChunkSink,
        reader: ObjectReader,
        dictionary: _Dictionary,
        old: SequenceRoot,
        size: int | None,
    ) -> None:
        self._put = writer.put
        self._dictionary = dictionary
        self._placer = Placer(chunks(reader, old), old.size, size)
        self._slow_left = SMALL_STRETCH_BYTES

    def take(self, data: bytes) -> Oid:
        """Put the chunks whose place has become known."""
        oid = oid_of(Kind.CHUNK, data)
        for placed in self._placer.add(oid, data):
            self._store(placed)
        return oid

    def finish(self) -> None:
        """Put the rest."""
        for placed in self._placer.finish():
            self._store(placed)

    def _store(self, placed: Placed) -> None:
        level = dictionary = None
        if placed.like and placed.small:
            dictionary = self._dictionary.for_delta()
            if self._slow_left > 0:
                level = SMALL_STRETCH_LEVEL
                self._slow_left -= len(placed.data)
        else:
            dictionary = self._dictionary.for_full()
        self._put(Kind.CHUNK, placed.data, like=placed.like, dictionary=dictionary, level=level)
