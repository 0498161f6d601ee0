"""The stretches of two versions in which they differ; what lies between is never read."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import accumulate, chain
from typing import NamedTuple, Protocol

from tdv.model.oid import Kind, Oid
from tdv.model.sequence import Child
from tdv.rowdiff.inplace import LINE_FORMATS, Chunk, Span, edited_lines
from tdv.rowdiff.sides import Side
from tdv.store.seqdiff import Region, compare
from tdv.store.sequences import sequence_of
from tdv.store.workers import Task, Workers

# Bytes of both versions that threads read and compare before they are asked for.
AHEAD = 8 << 20
# Chunks after which a region may be cut, some 1 MB a side.
PART = 8
# A larger stretch is not left to one thread: all of them decode it.
FOR_ONE_THREAD = 8 << 20


class Bases(Protocol):
    """Where a store keeps payloads that others are deltas against."""

    def put(self, oid: Oid, payload: bytes) -> None: ...


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """Records `a_start` to `a_stop` of the old version have become those of the new one.

    Attributes:
        a_start, b_start: numbers of the first records.
        a_stop, b_stop: numbers behind the last ones; None is the end of the file.
        size: bytes on both sides together, or None where only reading tells.
        chunks_a, chunks_b: the chunks they stand in.
        in_chunks: whether the stretch starts and ends with whole records on both sides.
    """

    a_start: int
    a_stop: int | None
    b_start: int
    b_stop: int | None
    size: int | None = None
    chunks_a: Sequence[Child] = ()
    chunks_b: Sequence[Child] = ()
    in_chunks: bool = False


class Part(NamedTuple):
    """Bodies of a stretch, and the numbers of the first ones."""

    a: list[bytes]
    a_start: int
    b: list[bytes]
    b_start: int


class Source(Protocol):
    """Two versions: where they differ, and the bodies there."""

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
    """Two versions in one sliced format: only chunks that are not in both are read.

    Threads read the next stretches and compare their lines, so that a chunk is still in the
    processor's cache when it is looked at, and hand over only what differs: threads
    that hand over chunks wait for the interpreter's lock while the lines are compared here.
    """

    def __init__(self, a: Side, b: Side) -> None:
        self._a, self._b = a, b
        self._lines = a.records.format.name in LINE_FORMATS
        self._tasks: dict[Stretch, Task[list[Part]]] = {}

    def stretches(self) -> Iterator[Stretch]:
        """One stretch for each region; regions that share a long record are joined."""
        coming = self.all_stretches()
        ahead: deque[Stretch] = deque()
        held = 0
        with Workers() as workers:
            first = next(coming, None)
            while first is not None:
                while held < AHEAD and (stretch := next(coming, None)) is not None:
                    ahead.append(stretch)
                    held += _size(stretch)
                    if stretch.in_chunks and _size(stretch) <= FOR_ONE_THREAD:
                        self._tasks[stretch] = workers.submit(partial(self._read, stretch))
                yield first
                self._tasks.pop(first, None)
                first = ahead.popleft() if ahead else None
                held -= 0 if first is None else _size(first)

    def parts(self, stretch: Stretch) -> Iterable[Part]:
        """The bodies of a stretch; of lines edited in place, those between the equal ones."""
        task = self._tasks.pop(stretch, None)
        return self._read(stretch) if task is None else task.result()

    def bodies_a(self, stretch: Stretch) -> Iterator[bytes]:
        """The old bodies of a stretch."""
        return _bodies(
            self._a, _payloads(self._a, stretch.chunks_a), stretch, stretch.a_start, stretch.a_stop
        )

    def bodies_b(self, stretch: Stretch) -> Iterator[bytes]:
        """The new bodies of a stretch."""
        return _bodies(
            self._b, _payloads(self._b, stretch.chunks_b), stretch, stretch.b_start, stretch.b_stop
        )

    def all_stretches(self) -> Iterator[Stretch]:
        """The same, with nothing read ahead."""
        held: Stretch | None = None
        reader_a, reader_b = self._a.records.reader, self._b.records.reader
        a = sequence_of(self._a.records.entry, reader_a)
        b = sequence_of(self._b.records.entry, reader_b)
        regions = compare(reader_a, a, reader_b, b)
        for region in chain.from_iterable(map(cut_up, regions)):
            stretch = _stretch(region, a.records, b.records)
            if held is not None and _share_a_record(held, stretch):
                held = _together(held, stretch)
                continue
            if held is not None:
                yield held
            held = stretch
        if held is not None:
            yield held

    def _read(self, stretch: Stretch) -> list[Part]:
        a_start, b_start = stretch.a_start, stretch.b_start
        if not stretch.in_chunks:
            bodies = list(self.bodies_a(stretch)), list(self.bodies_b(stretch))
            return [Part(bodies[0], a_start, bodies[1], b_start)]
        a = self._old_payloads(stretch.chunks_a)
        b = list(_payloads(self._b, stretch.chunks_b))
        spans = self._edited(stretch, a, b) if self._lines else None
        if spans is not None:
            return [
                Part(span.a, a_start + span.a_start, span.b, b_start + span.b_start)
                for span in spans
            ]
        bodies_a = list(_bodies(self._a, iter(a), stretch, a_start, None))
        bodies_b = list(_bodies(self._b, iter(b), stretch, b_start, None))
        return [Part(bodies_a, a_start, bodies_b, b_start)]

    def _edited(self, stretch: Stretch, a: list[bytes], b: list[bytes]) -> list[Span] | None:
        """Lines edited in place, brought or dropped; some may have gone over to the next chunk."""
        records_a = [child.records for child in stretch.chunks_a]
        records_b = [child.records for child in stretch.chunks_b]
        if records_a == records_b:
            return edited_lines(list(map(Chunk, a, records_a)), list(map(Chunk, b, records_b)))
        whole_a, whole_b = Chunk(b"".join(a), sum(records_a)), Chunk(b"".join(b), sum(records_b))
        return edited_lines([whole_a], [whole_b])

    def _old_payloads(self, children: Sequence[Child]) -> list[bytes]:
        """Old payloads, of which the store of the new ones is told.

        New chunks are mostly stored as deltas against old ones, which then need not be decoded a
        second time: a quarter of the work of decoding both sides.
        """
        bases: Bases | None = getattr(self._b.records.reader, "payloads", None)
        payloads = []
        for child, payload in zip(children, _payloads(self._a, children), strict=True):
            if bases is not None:
                bases.put(child.oid, payload)
            payloads.append(payload)
        return payloads


def cut_up(region: Region) -> Iterator[Region]:
    """A region in parts of at least `PART` old chunks, cut where nothing seems to have shifted.

    That is where as many records stand before on both sides, and as many in either chunk around.
    When most chunks were edited they are one region, which would not fit into memory as a whole.
    A cut where rows did shift would show a few of them as moved.
    """
    ends_b = {end: at for at, end in enumerate(accumulate(each.records for each in region.b), 1)}
    rest = region
    cut_a = cut_b = 0
    for at_a, end in enumerate(accumulate(each.records for each in region.a), 1):
        at_b = ends_b.get(end, len(region.b))
        if at_a - cut_a < PART or at_a == len(region.a) or at_b == len(region.b):
            continue
        around = [each.records for each in region.a[at_a - 1 : at_a + 1]]
        if min(around) > 1 and around == [each.records for each in region.b[at_b - 1 : at_b + 1]]:
            yield replace(rest, a=region.a[cut_a:at_a], b=region.b[cut_b:at_b])
            rest = Region(
                region.a_record + end,
                region.b_record + end,
                rest.a_offset + sum(each.size for each in region.a[cut_a:at_a]),
                rest.b_offset + sum(each.size for each in region.b[cut_b:at_b]),
            )
            cut_a, cut_b = at_a, at_b
    yield replace(rest, a=region.a[cut_a:], b=region.b[cut_b:])


def _stretch(region: Region, end_a: int, end_b: int) -> Stretch:
    in_chunks = not _may_split_a_record(region)
    # The record that a region ends in the middle of goes on behind it, on both sides.
    more = 0 if in_chunks else 1
    return Stretch(
        region.a_record,
        min(region.a_record + sum(child.records for child in region.a) + more, end_a),
        region.b_record,
        min(region.b_record + sum(child.records for child in region.b) + more, end_b),
        sum(child.size for child in region.a) + sum(child.size for child in region.b),
        region.a,
        region.b,
        in_chunks,
    )


def whole_bodies(side: Side, children: Sequence[Child]) -> Iterator[bytes]:
    """The bodies in chunks that start and end with whole records, read by this thread alone."""
    blocks = (side.records.reader.get(child.oid, Kind.CHUNK) for child in children)
    return side.records.format.bodies(side.records.layout, blocks)


def _size(stretch: Stretch) -> int:
    assert stretch.size is not None
    return stretch.size


def _payloads(side: Side, children: Sequence[Child]) -> Iterator[bytes]:
    reader = side.records.reader
    many = getattr(reader, "get_many", None)
    if many is not None and sum(child.size for child in children) > FOR_ONE_THREAD // 2:
        yield from many((child.oid for child in children), Kind.CHUNK)
    else:
        for child in children:
            yield reader.get(child.oid, Kind.CHUNK)


def _bodies(
    side: Side, blocks: Iterator[bytes], stretch: Stretch, start: int, stop: int | None
) -> Iterator[bytes]:
    if stretch.in_chunks:
        return side.records.format.bodies(side.records.layout, blocks, start)
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


def _together(first: Stretch, second: Stretch) -> Stretch:
    return Stretch(
        first.a_start,
        second.a_stop,
        first.b_start,
        second.b_stop,
        (first.size or 0) + (second.size or 0),
        [*first.chunks_a, *second.chunks_a],
        [*first.chunks_b, *second.chunks_b],
    )
