"""New chunks that take the place of old ones, a stretch at a time."""

from __future__ import annotations

from collections.abc import Iterable

from tdv.formats.storing import ChunkSink, DictionaryChoice, PlacedSink
from tdv.model.oid import Kind, Oid, oid_of
from tdv.model.sequence import Child
from tdv.store.access import ObjectReader
from tdv.store.placing import MAX_PENDING, Placer
from tdv.store.seqread import SequenceRoot, chunks, readable


class ReplacingTaker:
    """Chunks of the stretches in which a file differs from an older version."""

    def __init__(
        self,
        writer: ChunkSink,
        reader: ObjectReader,
        dictionary: DictionaryChoice,
        old: SequenceRoot,
    ) -> None:
        self._reader, self._old = reader, old
        self._sink = PlacedSink(writer, dictionary)
        self._placer: Placer | None = None
        self._new: list[tuple[Oid, bytes]] = []
        self._new_bytes = 0
        self._offset = 0

    def begin(self, offset: int) -> None:
        """What comes next stands at an offset of the old sequence."""
        self._offset = offset

    def take(self, data: bytes) -> Oid:
        """The next chunk; put as soon as it is known what it resembles."""
        oid = oid_of(Kind.CHUNK, data)
        self._new.append((oid, data))
        self._new_bytes += len(data)
        if self._new_bytes >= MAX_PENDING:
            following = readable(chunks(self._reader, self._old, self._offset))
            self._place(following, self._old.size - self._offset)
        return oid

    def end(self, replaced: Iterable[Child], size: int) -> None:
        """The stretch has ended; those old chunks, of `size` bytes, were in it."""
        if self._new:
            self._place(replaced, size)
        if self._placer is not None:
            for placed in self._placer.finish():
                self._sink.store(placed)
        self._placer = None

    def _place(self, old: Iterable[Child], size: int) -> None:
        """Hand over what is held, in a long stretch to what knows where its start was."""
        if self._placer is None:
            self._placer = Placer(iter(old), size, lambda oid: self._reader.get(oid, Kind.CHUNK))
        for oid, data in self._new:
            for placed in self._placer.add(oid, data):
                self._sink.store(placed)
        self._new.clear()
        self._new_bytes = 0
