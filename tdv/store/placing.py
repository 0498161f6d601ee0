"""Which chunks of the previous version a new chunk resembles: its bases as a delta.

New and old chunks are walked side by side. Between two chunks that both versions share, new
chunks are mapped onto the old ones there by relative offset. Memory is bounded by the new
chunks of one stretch, at most `MAX_PENDING` bytes, and by `LOOK_AHEAD` old chunks' oids.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Iterator
from itertools import accumulate, islice
from operator import itemgetter
from typing import NamedTuple

from tdv.model.oid import Oid
from tdv.model.sequence import Child

MAX_PENDING = 8 << 20
# About 500 MB of a file: what may be removed from one place and still be recognised as that.
LOOK_AHEAD = 4096
MAX_BASES = 3
# Smaller stretches are worth a slower level of compression.
SMALL_STRETCH = 4 << 20
# A base that covers less of the new chunk than this share is not worth decoding.
LEAST_SHARE = 1 / 32


class Placed(NamedTuple):
    """A new chunk and what it resembles.

    Attributes:
        data: its bytes.
        like: up to three old chunks, in order of their place.
        small: whether it stands in a changed stretch of less than 4 MiB.
    """

    data: bytes
    like: tuple[Oid, ...]
    small: bool


class Placer:
    """Takes a file's chunks in order and gives the new ones back with what they resemble.

    Args:
        old: the previous version's chunks.
        old_size: their bytes.
        new_size: bytes of the new version, or None when they are not known yet.
    """

    def __init__(self, old: Iterator[Child], old_size: int, new_size: int | None) -> None:
        self._old = old
        self._ahead: deque[Child] = deque()
        self._first = 0  # number of the old chunk that is ahead[0]
        self._numbers: dict[Oid, int] = {}  # of the old chunks ahead
        self._old_left, self._new_left = old_size, new_size
        self._pending: list[bytes] = []
        self._pending_bytes = 0
        self._given_up = 0  # bytes of the same stretch that were placed before its end was known

    def add(self, oid: Oid, data: bytes) -> list[Placed]:
        """The next chunk of the new version; those new ones whose place is now known."""
        if not self._ahead and not self._pending:
            self._fill(1)
        if not self._ahead or self._ahead[0].oid != oid:
            self._fill(LOOK_AHEAD)
        number = self._numbers.get(oid)
        if number is None:
            self._pending.append(data)
            self._pending_bytes += len(data)
            return self._give_up() if self._pending_bytes >= MAX_PENDING else []
        passed = self._pass(number - self._first)
        placed = self._map(passed, sum(child.size for child in passed))
        self._pass(1)
        self._begin_stretch(len(data))
        return placed

    def finish(self) -> list[Placed]:
        """The new chunks behind the last one that both versions share."""
        if not self._pending:
            return []
        self._fill(LOOK_AHEAD)
        return self._map(list(self._ahead), self._old_left)

    def _fill(self, count: int) -> None:
        for child in islice(self._old, max(0, count - len(self._ahead))):
            self._numbers.setdefault(child.oid, self._first + len(self._ahead))
            self._ahead.append(child)

    def _pass(self, count: int) -> list[Child]:
        """Take so many old chunks from those ahead."""
        passed = [self._ahead.popleft() for _ in range(count)]
        for child in passed:
            if self._numbers.get(child.oid) == self._first:
                del self._numbers[child.oid]
            self._first += 1
            self._old_left -= child.size
        return passed

    def _begin_stretch(self, consumed: int) -> None:
        if self._new_left is not None:
            self._new_left -= self._given_up + self._pending_bytes + consumed
        self._pending.clear()
        self._pending_bytes = self._given_up = 0

    def _map(self, old: list[Child], old_bytes: int) -> list[Placed]:
        """The pending chunks, mapped onto the old chunks of the same stretch."""
        new_bytes = self._given_up + self._pending_bytes
        small = max(new_bytes, old_bytes) < SMALL_STRETCH
        stretch = _Stretch(old)
        placed = []
        start = self._given_up
        for data in self._pending:
            end = start + len(data)
            first, last = _image(start, end, new_bytes, old_bytes)
            placed.append(Placed(data, stretch.covering(first, last), small))
            start = end
        return placed

    def _give_up(self) -> list[Placed]:
        """Place part of a long stretch: by what is left of both versions.

        The old chunks stay ahead, since new ones may have been inserted before them.
        """
        scale = self._old_left / self._new_left if self._new_left and self._old_left else 1.0
        if not 0.5 <= scale <= 2:
            scale = 1.0
        stretch = _Stretch(list(self._ahead))
        placed = []
        for data in self._pending:
            start, end = self._given_up * scale, (self._given_up + len(data)) * scale
            placed.append(Placed(data, stretch.covering(start, end), False))
            self._given_up += len(data)
        self._pending.clear()
        self._pending_bytes = 0
        reached = bisect_right(stretch.ends, self._given_up * scale)
        if reached > LOOK_AHEAD // 2:
            self._pass(reached)
            self._begin_stretch(0)
        return placed


class _Stretch:
    """Consecutive old chunks."""

    def __init__(self, chunks: list[Child]) -> None:
        self._chunks = chunks
        self.ends = list(accumulate(child.size for child in chunks))

    def covering(self, start: float, end: float) -> tuple[Oid, ...]:
        """The chunks that cover most of the bytes `start:end`, at most three, in order."""
        found: list[tuple[float, int]] = []
        number = bisect_right(self.ends, start)
        while number < len(self._chunks):
            stop = self.ends[number]
            begin = stop - self._chunks[number].size
            if begin >= end:
                break
            shared = min(end, stop) - max(start, begin)
            if shared > (end - start) * LEAST_SHARE:
                found.append((shared, number))
            number += 1
        if len(found) > MAX_BASES:
            found = sorted(sorted(found, reverse=True)[:MAX_BASES], key=itemgetter(1))
        return tuple(self._chunks[number].oid for _, number in found)


def _image(start: int, end: int, new_bytes: int, old_bytes: int) -> tuple[float, float]:
    """Where the bytes `start:end` of a new stretch lie in the old one.

    By relative offset where the stretch kept its size roughly. Where much was added or removed
    the head is mapped onto the head and the tail onto the tail.
    """
    if old_bytes <= 2 * new_bytes and new_bytes <= 2 * old_bytes:
        scale = old_bytes / new_bytes
        return start * scale, end * scale
    if start < min(old_bytes, new_bytes) / 2:
        return start, end
    return start + old_bytes - new_bytes, end + old_bytes - new_bytes
