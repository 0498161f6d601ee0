"""Files without records, cut by content."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import BinaryIO

from tdv.errors import RecordError
from tdv.formats.cut import DEFAULT_CUT, Cut, Window
from tdv.formats.rows import Layout, Piece, Row

# From MurmurHash3's finalizer: of nine constants the one that came closest to the expected number
# of ends on text, whose windows repeat.
MULTIPLIER = 0xFF51AFD7ED558CCD
WORD = 8
# Bytes looked at in one go; the mean distance to the next end is 32 KiB.
STEP = 64 << 10


class BlobSplit:
    """A pass over a file that has no records."""

    def __init__(self, name: str, source: BinaryIO, cut: Cut) -> None:
        self._source, self._cut = source, cut
        self.layout = Layout(name)

    def __iter__(self) -> Iterator[Piece]:
        window = Window(self._source, ahead=self._cut.max)
        while window.start < window.stop:
            yield Piece(window.take(_end(window, self._cut)), 0, 0)
            window.fill()


class BlobFormat:
    """Bytes that mean nothing to tdv: audio, images, code."""

    sliced = False
    has_rows = False
    name = "blob"

    def split(self, source: BinaryIO, cut: Cut = DEFAULT_CUT) -> BlobSplit:
        """Cut a stream by content."""
        return BlobSplit(self.name, source, cut)

    def bodies(self, layout: Layout, blocks: Iterable[bytes], first: int = 0) -> Iterator[bytes]:
        """No record at all."""
        return iter(())

    def decode(self, layout: Layout, body: bytes) -> Row:
        """RecordError: a blob has no rows."""
        raise RecordError("A file of this kind has no rows.")


def _end(window: Window, cut: Cut) -> int:
    if window.stop - window.start <= cut.min:
        return window.stop
    position, limit = window.start + cut.min - 1, min(window.stop, window.start + cut.max)
    while position < limit:
        step = min(position + STEP, limit)
        found = _first_end(window.data, position, step, cut.extra)
        if found:
            return found
        position = step
    return limit


def _first_end(data: bytearray, start: int, stop: int, extra: int) -> int:
    """The first offset in (start, stop] behind eight bytes that end a chunk, or 0.

    The eight bytes before an end, as a little-endian number times an odd constant modulo
    2**64, are below 2**64 / extra.
    """
    import numpy  # only files longer than the shortest chunk need it: 80 ms at start-up

    factor, threshold = numpy.uint64(MULTIPLIER), numpy.uint64((1 << 64) // extra)
    ends = []
    for begin in range(start + 1 - WORD, start + 1):
        count = (stop - begin) // WORD
        if count > 0:
            words = numpy.frombuffer(data, "<u8", count, begin)
            hits = numpy.flatnonzero(words * factor < threshold)
            if len(hits):
                ends.append(begin + WORD * (int(hits[0]) + 1))
    return min(ends, default=0)
