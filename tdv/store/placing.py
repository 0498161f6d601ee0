"""Which chunks of the previous version a new chunk resembles: its bases as a delta.

New and old chunks are walked side by side. Between two chunks that both versions share, new
chunks are mapped onto the old ones there: by relative offset in a short stretch, and in a long
one by `Tracker`, which looks into the bytes. Memory is bounded by the new chunks of one stretch,
at most `MAX_PENDING` bytes, and by `LOOK_AHEAD` old chunks' oids.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice
from typing import NamedTuple

from tdv.model.oid import Oid
from tdv.model.sequence import Child
from tdv.store.tracking import Stretch, Tracker

MAX_PENDING = 8 << 20
# About 500 MB of a file: what may be removed from one place and still be recognised as that.
LOOK_AHEAD = 4096
# Smaller stretches are worth a slower level of compression.
SMALL_STRETCH = 4 << 20
# In longer ones, insertions and removals add up to more than a chunk.
LONG_STRETCH = 4 << 20


class Placed(NamedTuple):
    """A new chunk and what it resembles.

    Attributes:
        oid: its id.
        data: its bytes.
        like: up to three old chunks, in order of their place.
        small: whether it stands in a changed stretch of less than 4 MiB.
    """

    oid: Oid
    data: bytes
    like: tuple[Oid, ...]
    small: bool


class Placer:
    """Takes a file's chunks in order and gives the new ones back with what they resemble.

    Args:
        old: the previous version's chunks.
        old_size: their bytes.
        read: gives an old chunk's bytes; IntegrityError when it is damaged.
    """

    def __init__(self, old: Iterator[Child], old_size: int, read: Callable[[Oid], bytes]) -> None:
        self._old = old
        self._tracker = Tracker(read)
        self._ahead: deque[Child] = deque()
        self._first = 0  # number of the old chunk that is ahead[0]
        self._numbers: dict[Oid, int] = {}  # of the old chunks ahead
        self._old_left = old_size
        self._pending: list[tuple[Oid, bytes]] = []
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
            self._pending.append((oid, data))
            self._pending_bytes += len(data)
            return self._give_up() if self._pending_bytes >= MAX_PENDING else []
        passed = self._pass(number - self._first)
        placed = self._map(passed, sum(child.size for child in passed))
        self._pass(1)
        self._begin_stretch()
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

    def _begin_stretch(self) -> None:
        self._pending.clear()
        self._pending_bytes = self._given_up = 0
        self._tracker.restart(0.0)

    def _map(self, old: list[Child], old_bytes: int) -> list[Placed]:
        """The pending chunks, mapped onto the old chunks of the same stretch."""
        new_bytes = self._given_up + self._pending_bytes
        stretch = Stretch(old)
        if new_bytes > LONG_STRETCH:
            return self._track(stretch, old_bytes - new_bytes)
        small = max(new_bytes, old_bytes) < SMALL_STRETCH
        placed = []
        start = 0
        for oid, data in self._pending:
            end = start + len(data)
            first, last = _image(start, end, new_bytes, old_bytes)
            placed.append(Placed(oid, data, stretch.covering(first, last), small))
            start = end
        return placed

    def _give_up(self) -> list[Placed]:
        """Place part of a long stretch before its end is known.

        The old chunks stay ahead, since new ones may have been inserted before them.
        """
        stretch = Stretch(list(self._ahead))
        placed = self._track(stretch, None)
        self._pending.clear()
        self._given_up += self._pending_bytes
        self._pending_bytes = 0
        place = self._given_up + self._tracker.drift
        reached = stretch.number_at(place)
        if reached > LOOK_AHEAD // 2:
            passed = self._pass(reached)
            self._given_up = 0
            self._tracker.restart(place - sum(child.size for child in passed))
        return placed

    def _track(self, stretch: Stretch, drift_at_end: int | None) -> list[Placed]:
        placed = []
        start = self._given_up
        for oid, data in self._pending:
            like = self._tracker.bases(data, start, stretch, drift_at_end)
            placed.append(Placed(oid, data, like, False))
            start += len(data)
        return placed


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
