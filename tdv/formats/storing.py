"""How a file's chunks are stored: whole with a dictionary, or like those of an older version."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Protocol, runtime_checkable

from tdv.errors import IntegrityError
from tdv.formats.source import Source
from tdv.model.oid import Kind, Oid, oid_of
from tdv.store.access import ObjectReader
from tdv.store.placing import Placed, Placer
from tdv.store.seqread import SequenceRoot, chunks, readable

# For the bytes that a delta brings; a small commit is worth the time, see docs/design/stage-1.md.
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
        oid: Oid | None = None,
    ) -> Oid: ...


@runtime_checkable
class ChunkStore(ObjectReader, Protocol):
    """What `ingest` needs of an `ObjectStore`, to read the previous version."""

    def dictionary_of(self, oid: Oid) -> Oid | None: ...


class Taker(Protocol):
    """Where the chunks of a file go."""

    def take(self, data: bytes) -> Oid:
        """The next chunk."""

    def finish(self) -> None:
        """There are no more."""


class DictionaryChoice:
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
        first = next(readable(chunks(self._reader, self._previous)), None)
        try:
            return None if first is None else self._reader.dictionary_of(first.oid)
        except IntegrityError:
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


class WholeTaker:
    """Chunks of a file that has no previous version."""

    def __init__(self, writer: ChunkSink, dictionary: DictionaryChoice) -> None:
        self._put = writer.put
        self._dictionary = dictionary

    def take(self, data: bytes) -> Oid:
        """Put the chunk in full."""
        return self._put(Kind.CHUNK, data, dictionary=self._dictionary.for_full())

    def finish(self) -> None:
        """Nothing is left."""


class PlacedSink:
    """Puts chunks of one file like those that they resemble."""

    def __init__(self, writer: ChunkSink, dictionary: DictionaryChoice) -> None:
        self._put = writer.put
        self._dictionary = dictionary
        self._slow_left = SMALL_STRETCH_BYTES

    def store(self, placed: Placed) -> None:
        """Put the chunk."""
        level = dictionary = None
        if placed.like and placed.small:
            dictionary = self._dictionary.for_delta()
            if self._slow_left > 0:
                level = SMALL_STRETCH_LEVEL
                self._slow_left -= len(placed.data)
        else:
            dictionary = self._dictionary.for_full()
        self._put(
            Kind.CHUNK,
            placed.data,
            like=placed.like,
            dictionary=dictionary,
            level=level,
            oid=placed.oid,
        )


class BesideTaker:
    """Chunks of a file of which an older version is known."""

    def __init__(
        self,
        writer: ChunkSink,
        reader: ObjectReader,
        dictionary: DictionaryChoice,
        old: SequenceRoot,
    ) -> None:
        self._sink = PlacedSink(writer, dictionary)
        self._placer = Placer(
            readable(chunks(reader, old)), old.size, lambda oid: reader.get(oid, Kind.CHUNK)
        )

    def take(self, data: bytes) -> Oid:
        """Put the chunks whose place has become known."""
        oid = oid_of(Kind.CHUNK, data)
        for placed in self._placer.add(oid, data):
            self._sink.store(placed)
        return oid

    def finish(self) -> None:
        """Put the rest."""
        for placed in self._placer.finish():
            self._sink.store(placed)
