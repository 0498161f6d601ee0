"""Leftovers that do not fit into memory: matched through partitions in temporary files.

Records are fingerprinted and written to partitions by fingerprint; within a partition, sorted
arrays of both sides are matched. Pairs are written to partitions by place, and read back in
order. Memory is bounded by one batch, one partition and one window of places; disk is about
100 bytes for each leftover. The temporary files have no names, and are gone with the process.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from itertools import chain
from typing import Any, NamedTuple

import numpy as np

from tdv.rowdiff.bonds import key_digest
from tdv.rowdiff.cursor import Cursor
from tdv.rowdiff.gaps import Gap, Leftover, digests, gaps_between
from tdv.rowdiff.regions import Source, Stretch
from tdv.rowdiff.sides import Side
from tdv.store.ascent import longest_ascent

BATCH = 1 << 16
# Ten million leftovers make partitions of 40,000.
PARTITIONS = 256
# Record numbers that share a place partition, as a power of two.
PLACE_BITS = 18
# Of the longest chain in a window, the last part is decided again together with what follows,
# so that one row from far away at its end does not hide everything behind it.
DECIDED = 0.75
# Leftovers of a gap that are handed over together.
PART = 2048

FREE, MOVED, KEPT, KEYED = 0, 1, 2, 3
Array = Any  # numpy arrays: their element types are those of the columns named at each use


class Partitions:
    """Rows of unsigned 64-bit numbers in a temporary file, to be read back by partition.

    Args:
        disk: closes the file.
        columns: numbers in a row.
    """

    def __init__(self, disk: ExitStack, columns: int) -> None:
        self._columns = columns
        self._file = disk.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - the stack closes it
        self._slices: dict[int, list[tuple[int, int]]] = {}
        self._offset = 0

    def add(self, partition: Array, rows: Array) -> None:
        """Append rows, each to the partition of that number; their order is kept."""
        if not len(rows):
            return
        order = np.argsort(partition, kind="stable")
        sorted_parts, rows = partition[order], np.ascontiguousarray(rows[order], dtype="<u8")
        starts = np.flatnonzero(np.r_[True, sorted_parts[1:] != sorted_parts[:-1]])
        for start, end in zip(starts, [*starts[1:], len(rows)], strict=True):
            place = self._offset + int(start) * 8 * self._columns
            self._slices.setdefault(int(sorted_parts[start]), []).append((place, int(end - start)))
        self._file.seek(self._offset)
        self._file.write(rows.tobytes())
        self._offset += rows.nbytes

    def read(self, partition: int) -> Array:
        """The rows of a partition, in the order in which they came."""
        parts = []
        for place, count in self._slices.get(partition, ()):
            self._file.seek(place)
            parts.append(self._file.read(count * 8 * self._columns))
        flat = np.frombuffer(b"".join(parts), dtype="<u8")
        return flat.reshape(-1, self._columns)

    def numbers(self) -> list[int]:
        """The partitions that have rows, ascending."""
        return sorted(self._slices)

    def close(self) -> None:
        """Free the disk before all the others do."""
        self._file.close()


class _Listed:
    """The leftovers of one side: (number, gap) in order, and by fingerprint."""

    def __init__(self, disk: ExitStack) -> None:
        self.by_place = Partitions(disk, 2)
        self.by_digest = Partitions(disk, 4)
        self._places: list[Array] = []
        self._digests: list[bytes] = []

    def add(self, gap: int, first: int, marks: Sequence[bytes]) -> None:
        """Consecutive leftovers of one gap."""
        places = np.full((len(marks), 2), gap, dtype="<u8")
        places[:, 0] = np.arange(first, first + len(marks))
        self._places.append(places)
        self._digests += marks
        if len(self._digests) >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Write what is held."""
        if self._digests:
            places = np.concatenate(self._places)
            self.by_place.add(places[:, 0] >> PLACE_BITS, places)
            self.by_digest.add(*_by_digest(self._digests, places))
            self._places, self._digests = [], []


def _by_digest(marks: list[bytes], places: Array) -> tuple[Array, Array]:
    halves = np.frombuffer(b"".join(marks), dtype="<u8").reshape(-1, 2)
    rows = np.concatenate([halves, places], axis=1)
    return halves[:, 0] % PARTITIONS, rows


def resolved_on_disk(
    source: Source, a: Side, b: Side, key: Sequence[str], small: Callable[[Stretch], bool]
) -> Iterator[Gap]:
    """The gaps, in order and in parts, with every leftover matched that has a partner elsewhere.

    Args:
        small: whether a stretch may be aligned in memory; others are matched on disk alone.
    """
    with ExitStack() as disk:
        sides = _Listed(disk), _Listed(disk)
        _gather(source, sides, small)
        bonds = _Bonds(disk)
        for pairs in _matches(sides[0].by_digest, sides[1].by_digest):
            bonds.add_candidates(pairs)
        sides[0].by_digest.close()
        sides[1].by_digest.close()
        bonds.settle()
        if key:
            keyed = Partitions(disk, 4), Partitions(disk, 4)
            _add_keyed(keyed[0], sides[0], bonds.a, a, key)
            _add_keyed(keyed[1], sides[1], bonds.b, b, key)
            for pairs in _matches(*keyed):
                bonds.add(pairs, KEYED)
        yield from _Walk(sides, bonds, a, b).gaps()


def _gather(
    source: Source, sides: tuple[_Listed, _Listed], small: Callable[[Stretch], bool]
) -> None:
    gap = 0
    for stretch in source.stretches():
        if small(stretch):
            for found in chain.from_iterable(gaps_between(*part) for part in source.parts(stretch)):
                gap += 1
                for side, lefts in zip(sides, (found.a, found.b), strict=True):
                    if lefts:
                        marks = digests(left.body for left in lefts)
                        side.add(gap, lefts[0].number, marks)
            continue
        gap += 1
        streams = source.bodies_a(stretch), source.bodies_b(stretch)
        for side, bodies, first in zip(
            sides, streams, (stretch.a_start, stretch.b_start), strict=True
        ):
            for batch in _batches(bodies):
                side.add(gap, first, batch)
                first += len(batch)
    sides[0].flush()
    sides[1].flush()


def _batches(bodies: Iterator[bytes]) -> Iterator[list[bytes]]:
    """Fingerprints of bodies, of which few are in memory at once."""
    held: list[bytes] = []
    size = 0
    for body in bodies:
        held.append(body)
        size += len(body)
        if len(held) >= 4096 or size >= 8 << 20:
            yield digests(held)
            held, size = [], 0
    if held:
        yield digests(held)


def _matches(a: Partitions, b: Partitions) -> Iterator[Array]:
    """Pairs (number a, number b, gap a, gap b) with equal fingerprints, first with first."""
    for partition in a.numbers():
        rows_a, rows_b = a.read(partition), b.read(partition)
        if len(rows_b):
            yield _matched(rows_a, rows_b)


def _matched(a: Array, b: Array) -> Array:
    rows = np.concatenate([a, b])
    side = np.r_[np.zeros(len(a), dtype=np.int64), np.ones(len(b), dtype=np.int64)]
    order = np.lexsort((rows[:, 2], side, rows[:, 1], rows[:, 0]))
    rows, side = rows[order], side[order]
    fresh = np.r_[True, (rows[1:, :2] != rows[:-1, :2]).any(axis=1)]
    run = np.cumsum(fresh) - 1
    count_a = np.bincount(run, weights=side == 0).astype(np.int64)
    count_b = np.bincount(run, weights=side == 1).astype(np.int64)
    nth = np.arange(len(rows)) - np.flatnonzero(fresh)[run] - np.where(side == 1, count_a[run], 0)
    paired = nth < np.minimum(count_a, count_b)[run]
    from_a, from_b = rows[paired & (side == 0)], rows[paired & (side == 1)]
    return np.stack([from_a[:, 2], from_b[:, 2], from_a[:, 3], from_b[:, 3]], axis=1)


class _Bonds:
    """Which records were matched, by place on either side: (number, partner, state)."""

    def __init__(self, disk: ExitStack) -> None:
        self.a, self.b = Partitions(disk, 3), Partitions(disk, 3)
        self._candidates = Partitions(disk, 4)

    def add_candidates(self, pairs: Array) -> None:
        """Pairs of equal records, of which those in order are still to be found."""
        self._candidates.add(pairs[:, 0] >> PLACE_BITS, pairs)

    def settle(self) -> None:
        """Keep the longest chains in order; what crosses them has moved."""
        floor = -1
        carried: list[tuple[int, int]] = []
        numbers = self._candidates.numbers()
        for partition in numbers:
            pairs = self._candidates.read(partition)
            pairs = pairs[np.argsort(pairs[:, 0], kind="stable")]
            inside = pairs[:, 2] == pairs[:, 3]
            self.add(pairs[~inside], MOVED)
            fresh = list(map(tuple, pairs[inside][:, :2].tolist()))
            last = partition == numbers[-1]
            floor, carried = self._decide([*carried, *fresh], floor, last)
        self._candidates.close()

    def _decide(
        self, pairs: list[tuple[int, int]], floor: int, last: bool
    ) -> tuple[int, list[tuple[int, int]]]:
        last = last or len(pairs) > 2 << PLACE_BITS  # nothing may be put off without end
        chain = longest_ascent([pair for pair in pairs if pair[1] > floor])
        if not last and chain:
            chain = chain[: max(1, int(len(chain) * DECIDED))]
        end = chain[-1][0] if chain else -1
        kept = set(chain)
        decided = [pair for pair in pairs if last or not chain or pair[0] <= end]
        for state, some in (
            (KEPT, chain),
            (MOVED, [pair for pair in decided if pair not in kept]),
        ):
            self.add(np.array(some, dtype="<u8").reshape(-1, 2), state)
        rest = [] if last or not chain else [pair for pair in pairs if pair[0] > end]
        return (chain[-1][1] if chain else floor), rest

    def add(self, pairs: Array, state: int) -> None:
        """Note pairs whose first two columns are the numbers."""
        states = np.full(len(pairs), state, dtype="<u8")
        for side, mine, other in ((self.a, 0, 1), (self.b, 1, 0)):
            rows = np.stack([pairs[:, mine], pairs[:, other], states], axis=1)
            side.add(pairs[:, mine] >> PLACE_BITS, rows)


class _Item(NamedTuple):
    number: int
    gap: int
    partner: int
    state: int


def _items(listed: _Listed, bonds: Partitions) -> Iterator[_Item]:
    """The leftovers of a side in order, each with what it was matched with."""
    for partition in listed.by_place.numbers():
        places, bonded = listed.by_place.read(partition), bonds.read(partition)
        base = partition << PLACE_BITS
        partners = np.zeros(1 << PLACE_BITS, dtype="<u8")
        states = np.zeros(1 << PLACE_BITS, dtype=np.uint8)
        partners[bonded[:, 0] - base] = bonded[:, 1]
        states[bonded[:, 0] - base] = bonded[:, 2]
        for start in range(0, len(places), BATCH):
            part = places[start : start + BATCH]
            at = part[:, 0] - base
            columns = part[:, 0], part[:, 1], partners[at], states[at]
            yield from map(_Item, *(column.tolist() for column in columns))


def _add_keyed(
    found: Partitions, listed: _Listed, bonds: Partitions, side: Side, key: Sequence[str]
) -> None:
    """The unmatched leftovers of a side that have a key, by its fingerprint."""
    cursor = Cursor(side)
    marks: list[bytes] = []
    places: list[tuple[int, int]] = []
    for number, gap, _, state in _items(listed, bonds):
        if state == FREE:
            mark = key_digest(side.decode(number, cursor.body(number)), key)
            if mark is not None:
                marks += digests([mark])
                places.append((number, gap))
        if len(marks) >= BATCH:
            found.add(*_by_digest(marks, np.array(places, dtype="<u8")))
            marks, places = [], []
    if marks:
        found.add(*_by_digest(marks, np.array(places, dtype="<u8")))


class _Walk:
    """Reads the leftovers of both sides back in order, gap by gap."""

    def __init__(self, sides: tuple[_Listed, _Listed], bonds: _Bonds, a: Side, b: Side) -> None:
        self._a = _Ahead(_items(sides[0], bonds.a))
        self._b = _Ahead(_items(sides[1], bonds.b))
        self._bodies_a, self._bodies_b, self._elsewhere = Cursor(a), Cursor(b), Cursor(a)

    def gaps(self) -> Iterator[Gap]:
        """The gaps, long ones in parts."""
        while (gap := min(self._a.gap, self._b.gap)) < _END:
            yield from self._one(gap)
            # What is in its order on both sides ends the gap, without belonging to it.
            self._a.pass_kept(gap)
            self._b.pass_kept(gap)

    def _one(self, gap: int) -> Iterator[Gap]:
        while True:
            part = Gap([self._old(item) for item in self._a.until_kept(gap) if item.state == FREE])
            part.b = [self._new(item) for item in self._b.until_kept(gap)]
            part.more = self._a.goes_on(gap) or self._b.goes_on(gap)
            yield part
            if not part.more:
                return

    def _old(self, item: _Item) -> Leftover:
        return Leftover(item.number, self._bodies_a.body(item.number))

    def _new(self, item: _Item) -> Leftover:
        right = Leftover(item.number, self._bodies_b.body(item.number))
        if item.state == MOVED:
            right.partner, right.bond = Leftover(item.partner, right.body), "moved"
        elif item.state == KEYED:
            body = self._elsewhere.body(item.partner)
            right.partner, right.bond = Leftover(item.partner, body), "key"
        return right


_END = 1 << 64


class _Ahead:
    """Items with a look at the next one."""

    def __init__(self, items: Iterator[_Item]) -> None:
        self._items = items
        self._next = next(items, None)

    @property
    def gap(self) -> int:
        """The gap of the next item."""
        return _END if self._next is None else self._next.gap

    def goes_on(self, gap: int) -> bool:
        """Whether the next item belongs to this part of the gap."""
        return self._next is not None and self._next.gap == gap and self._next.state != KEPT

    def until_kept(self, gap: int) -> Iterator[_Item]:
        """The next items of the gap, at most `PART`, up to one that is in its order."""
        for _ in range(PART):
            if not self.goes_on(gap):
                return
            assert self._next is not None
            yield self._next
            self._next = next(self._items, None)

    def pass_kept(self, gap: int) -> None:
        """Pass over an item that is in its order."""
        if self._next is not None and self._next.gap == gap and self._next.state == KEPT:
            self._next = next(self._items, None)
