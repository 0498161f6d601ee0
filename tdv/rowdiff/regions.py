"""The stretches of two versions in which they differ; what lies between is never read."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice, tee
from typing import NamedTuple, Protocol

from tdv.model.oid import Kind, Oid
from tdv.model.sequence import Child
from tdv.rowdiff.inplace import LINE_FORMATS, edited_lines
from tdv.rowdiff.sides import Side
from tdv.store.seqdiff import Region, compare
from tdv.store.sequences import sequence_of

# Old chunks that are decoded before the first of them is used, some 8 MB: more than a store
# decodes ahead of the new ones.
AHEAD = 64


class Bases(Protocol):
    """Where a store keeps payloads that others are deltas against."""

    def put(self, oid: Oid, payload: bytes) -> None: ...


@dataclass(frozen=True, slots=True)
class Stretch:
    """Records `a_start` to `a_stop` of the old version have become those of the new one.

    Attributes:
        a_start, b_start: numbers of the first records.
        a_stop, b_stop: numbers behind the last ones; None is the end of the file.
        size: bytes on both sides together, or None where only reading tells.
        chunks_a, chunks_b: how many chunks they stand in.
        in_chunks: whether the stretch starts and ends with whole records on both sides.
        records: how many records each chunk holds, where that is the same on both sides.
    """

    a_start: int
    a_stop: int | None
    b_start: int
    b_stop: int | None
    size: int | None = None
    chunks_a: int = 0
    chunks_b: int = 0
    in_chunks: bool = False
    records: tuple[int, ...] = ()


class Part(NamedTuple):
    """Bodies of a stretch, and the numbers of the first ones."""

    a: list[bytes]
    a_start: int
    b: list[bytes]
    b_start: int


class Source(Protocol):
    """Two versions: where they differ, and the bodies there.

    The bodies of each stretch are to be asked for once, in order: as `parts`, or on each side.
    """

    def stretches(self) -> Iterator[Stretch]:
        """The stretches, in order."""

    def parts(self, stretch: Stretch) -> Iterable[Part]:
        """The bodies of a stretch, less such as are the same on both sides."""

    def bodies_a(self, stretch: Stretch) -> Iterator[bytes]:
        """The old bodies of a stretch."""

    def bodies_b(self, stretch: Stretch) -> Iterator[bytes]:
        """The new bodies of a stretch."""


class WholeFiles:
    """Both versions as one stretch, for formats and pairs that share no chunks."""

    def __init__(self, a: Side, b: Side) -> None:
        self._a, self._b = a, b

    def stretches(self) -> Iterator[Stretch]:
        """The one stretch."""
        yield Stretch(0, None, 0, None)

    def parts(self, stretch: Stretch) -> Iterable[Part]:
        """All bodies."""
        yield Part(list(self.bodies_a(stretch)), 0, list(self.bodies_b(stretch)), 0)

    def bodies_a(self, stretch: Stretch) -> Iterator[bytes]:
        """Every old body."""
        return self._a.bodies()

    def bodies_b(self, stretch: Stretch) -> Iterator[bytes]:
        """Every new body."""
        return self._b.bodies()


class ChangedChunks:
    """Two versions in one sliced format: only chunks that are not in both are read."""

    def __init__(self, a: Side, b: Side) -> None:
        self._a, self._b = a, b
        reader_a, reader_b = a.records.reader, b.records.reader
        sequence_a = sequence_of(a.records.entry, reader_a)
        sequence_b = sequence_of(b.records.entry, reader_b)
        self._ends = sequence_a.records, sequence_b.records
        self._lines = a.records.format.name in LINE_FORMATS
        regions = compare(reader_a, sequence_a, reader_b, sequence_b)
        self._regions, for_a, for_b = tee(regions, 3)
        old_blocks = _payloads(a, (child for region in for_a for child in region.a))
        self._blocks_a = _ahead(old_blocks, getattr(reader_b, "payloads", None))
        new_blocks = _payloads(b, (child for region in for_b for child in region.b))
        self._blocks_b = (payload for _, payload in new_blocks)

    def stretches(self) -> Iterator[Stretch]:
        """One stretch for each region; regions that share a long record are joined."""
        held: Stretch | None = None
        for region in self._regions:
            stretch = self._stretch(region)
            if held is not None and _share_a_record(held, stretch):
                held = _joined(held, stretch)
                continue
            if held is not None:
                yield held
            held = stretch
        if held is not None:
            yield held

    def parts(self, stretch: Stretch) -> Iterable[Part]:
        """The bodies of a stretch; of lines edited in place, those between the equal ones."""
        a = list(islice(self._blocks_a, stretch.chunks_a))
        b = list(islice(self._blocks_b, stretch.chunks_b))
        if self._lines and stretch.in_chunks and stretch.records:
            spans = edited_lines(a, b, stretch.records)
            if spans is not None:
                a_start, b_start = stretch.a_start, stretch.b_start
                return [
                    Part(span.a, a_start + span.first, span.b, b_start + span.first)
                    for span in spans
                ]
        bodies_a = list(self._bodies_a(stretch, iter(a)))
        bodies_b = list(self._bodies_b(stretch, iter(b)))
        return [Part(bodies_a, stretch.a_start, bodies_b, stretch.b_start)]

    def bodies_a(self, stretch: Stretch) -> Iterator[bytes]:
        """The old bodies of a stretch."""
        return self._bodies_a(stretch, islice(self._blocks_a, stretch.chunks_a))

    def bodies_b(self, stretch: Stretch) -> Iterator[bytes]:
        """The new bodies of a stretch."""
        return self._bodies_b(stretch, islice(self._blocks_b, stretch.chunks_b))

    def _bodies_a(self, stretch: Stretch, blocks: Iterator[bytes]) -> Iterator[bytes]:
        return _bodies(self._a, blocks, stretch.in_chunks, stretch.a_start, stretch.a_stop)

    def _bodies_b(self, stretch: Stretch, blocks: Iterator[bytes]) -> Iterator[bytes]:
        return _bodies(self._b, blocks, stretch.in_chunks, stretch.b_start, stretch.b_stop)

    def _stretch(self, region: Region) -> Stretch:
        in_chunks = not _may_split_a_record(region)
        # The record that a region ends in the middle of goes on behind it, on both sides.
        more = 0 if in_chunks else 1
        records_a = tuple(child.records for child in region.a)
        records_b = tuple(child.records for child in region.b)
        return Stretch(
            region.a_record,
            min(region.a_record + sum(records_a) + more, self._ends[0]),
            region.b_record,
            min(region.b_record + sum(records_b) + more, self._ends[1]),
            sum(child.size for child in region.a) + sum(child.size for child in region.b),
            len(region.a),
            len(region.b),
            in_chunks,
            records_a if records_a == records_b else (),
        )


def _payloads(side: Side, children: Iterator[Child]) -> Iterator[tuple[Oid, bytes]]:
    reader = side.records.reader
    named, asked = tee(child.oid for child in children)
    many = getattr(reader, "get_many", None)
    if many is not None:
        yield from zip(named, many(asked, Kind.CHUNK), strict=True)
    else:
        for oid in named:
            yield oid, reader.get(oid, Kind.CHUNK)


def _ahead(blocks: Iterator[tuple[Oid, bytes]], bases: Bases | None) -> Iterator[bytes]:
    """Old payloads, of which the store is told some time before they are used here.

    New chunks are mostly stored as deltas against old ones, which then need not be decoded a
    second time: a quarter of the work of decoding both sides.
    """
    held: deque[bytes] = deque()
    for oid, payload in blocks:
        if bases is not None:
            bases.put(oid, payload)
        held.append(payload)
        if len(held) > AHEAD:
            yield held.popleft()
    yield from held


def _bodies(
    side: Side, blocks: Iterator[bytes], in_chunks: bool, start: int, stop: int | None
) -> Iterator[bytes]:
    if in_chunks:
        return side.records.format.bodies(side.records.layout, blocks, start)
    deque(blocks, maxlen=0)
    return side.bodies(start, stop) if stop is None or stop > start else iter(())


def _may_split_a_record(region: Region) -> bool:
    """Whether the region may begin or end inside a record, which pieces of long ones can.

    A piece of a long record holds no record's end, or one if it is the last piece.
    """
    return any(
        side and (side[0].records <= 1 or side[-1].records == 0) for side in (region.a, region.b)
    )


def _share_a_record(first: Stretch, second: Stretch) -> bool:
    """Whether a record that the first was extended by reaches into the second."""
    assert first.a_stop is not None
    assert first.b_stop is not None
    return first.a_stop > second.a_start or first.b_stop > second.b_start


def _joined(first: Stretch, second: Stretch) -> Stretch:
    return Stretch(
        first.a_start,
        second.a_stop,
        first.b_start,
        second.b_stop,
        (first.size or 0) + (second.size or 0),
        first.chunks_a + second.chunks_a,
        first.chunks_b + second.chunks_b,
    )
