"""Follows how far a new version's bytes have shifted against the old one's.

Offsets alone lead astray where much was inserted and removed, and every chunk between two that
are shared may have changed. So now and then some pieces of a new chunk are looked for in the
old chunks around the place where they are expected.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate
from operator import itemgetter

from tdv.errors import IntegrityError
from tdv.model.oid import Oid
from tdv.model.sequence import Child

MAX_BASES = 3
# A base that covers less of the new chunk than this share is not worth decoding.
LEAST_SHARE = 1 / 32
# One chunk in so many is looked for; after each failure in twice as many, up to the second.
EVERY, AT_MOST_EVERY = 4, 64
# Of so many pieces of a chunk, so many must be found with about the same shift: rows that are
# made of templates share some by chance.
PIECES, PIECE_BYTES, LEAST_FOUND = 16, 64, 3
SAME_SHIFT = 4096
# Chunks before and behind the expected one that are searched.
REACH = 2


class Stretch:
    """Consecutive old chunks; offsets count from the first."""

    def __init__(self, chunks: list[Child]) -> None:
        self.chunks = chunks
        self.ends = list(accumulate(child.size for child in chunks))

    def number_at(self, offset: float) -> int:
        """How many chunks end at or before an offset."""
        return bisect_right(self.ends, offset)

    def covering(self, start: float, end: float) -> tuple[Oid, ...]:
        """The chunks that cover most of the bytes `start:end`, at most three, in order."""
        found: list[tuple[float, int]] = []
        for number in range(self.number_at(start), len(self.chunks)):
            stop = self.ends[number]
            begin = stop - self.chunks[number].size
            if begin >= end:
                break
            shared = min(end, stop) - max(start, begin)
            if shared > (end - start) * LEAST_SHARE:
                found.append((shared, number))
        if len(found) > MAX_BASES:
            found = sorted(sorted(found, reverse=True)[:MAX_BASES], key=itemgetter(1))
        return tuple(self.chunks[number].oid for _, number in found)

    def around(self, offset: float) -> Iterator[int]:
        """The numbers of the chunks near an offset, the nearest first."""
        center = self.number_at(offset)
        for step in sorted(range(-REACH, REACH + 1), key=abs):
            if 0 <= center + step < len(self.chunks):
                yield center + step


class Tracker:
    """Where new chunks lie in the old version, followed chunk by chunk.

    Attributes:
        drift: what is to be added to an offset in the new stretch to give that in the old one.
    """

    def __init__(self, read: Callable[[Oid], bytes]) -> None:
        self._read = read
        self.restart(0.0)

    def restart(self, drift: float) -> None:
        """Begin a stretch whose first byte lies at offset `drift` of the old one."""
        self.drift = drift
        self._resume = drift
        self._resembles = True
        self._interval = EVERY
        self._until_look = 0

    def bases(
        self, data: bytes, start: int, stretch: Stretch, drift_at_end: int | None
    ) -> tuple[Oid, ...]:
        """What the next chunk resembles, or nothing.

        Args:
            data: the chunk.
            start: its offset in the new stretch.
            stretch: the old one, as far as it is known.
            drift_at_end: of the last byte, when the end is known.
        """
        if self._until_look == 0:
            expected = [start + self.drift, self._resume]
            if drift_at_end is not None:
                expected.append(start + drift_at_end)
            self._look(data, start, stretch, expected)
            self._until_look = self._interval
        self._until_look -= 1
        if not self._resembles:
            return ()
        place = start + self.drift
        self._resume = place + len(data)
        return stretch.covering(place, place + len(data))

    def _look(self, data: bytes, start: int, stretch: Stretch, expected: list[float]) -> None:
        middle = len(data) / 2
        numbers = dict.fromkeys(n for at in expected for n in stretch.around(at + middle))
        place = self._find(data, stretch, numbers)
        self._resembles = place is not None
        if place is None:
            self._interval = min(2 * self._interval, AT_MOST_EVERY)
        else:
            self._interval = EVERY
            self.drift = place - start

    def _find(self, data: bytes, stretch: Stretch, numbers: Iterable[int]) -> float | None:
        """The offset in the old stretch at which the chunk would start."""
        step = max(len(data) // PIECES, 1)
        pieces = [(at, data[at : at + PIECE_BYTES]) for at in range(step // 2, len(data), step)]
        least = min(LEAST_FOUND, len(pieces))
        for number in numbers:
            child = stretch.chunks[number]
            try:
                base = self._read(child.oid)
            except IntegrityError:
                continue
            begin = stretch.ends[number] - child.size
            found = ((base.find(piece), at) for at, piece in pieces)
            shifts = sorted(begin + place - at for place, at in found if place >= 0)
            for first, last in zip(shifts, shifts[least - 1 :], strict=False):
                if last - first <= SAME_SHIFT:
                    return (first + last) / 2
        return None
