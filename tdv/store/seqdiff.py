"""Compare two sequences top down: what they share is skipped unread.

Children of one level are aligned by their oids; what is left unaligned is expanded to the
level below and aligned there. At most `WINDOW` children of each level and side are in memory,
so a shift by more than that many nodes of the topmost level may be reported as a change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from tdv.model.sequence import Child
from tdv.store.access import ObjectReader
from tdv.store.ascent import longest_ascent, occurrences
from tdv.store.seqread import SequenceRoot, read_node

WINDOW = 2048
# A changed stretch is handed over in parts of so many chunks, about 2 GB of a file.
MAX_REGION = 16_384


@dataclass
class Region:
    """A changed stretch of two sequences; before and behind it their chunks are the same.

    Attributes:
        a, b: its chunks in either; one of them may be empty.
        a_record, b_record: records that end before it.
        a_offset, b_offset: bytes before it.
    """

    a_record: int
    b_record: int
    a_offset: int
    b_offset: int
    a: list[Child] = field(default_factory=list)
    b: list[Child] = field(default_factory=list)


class _Part(NamedTuple):
    """Aligned children: the same on both sides, or different ones."""

    same: bool
    a: list[Child]
    b: list[Child]


def compare(
    reader_a: ObjectReader, a: SequenceRoot, reader_b: ObjectReader, b: SequenceRoot
) -> Iterator[Region]:
    """The changed stretches of two sequences, in order.

    What lies between two regions, before the first and behind the last is the same chunks in
    both. Equal subtrees are never read. A stretch of more than `MAX_REGION` chunks comes in
    several regions that follow one another directly.
    """
    region = Region(0, 0, 0, 0)
    record_a = record_b = offset_a = offset_b = 0
    for part in _parts(reader_a, a, reader_b, b):
        if part.same or max(len(region.a), len(region.b)) >= MAX_REGION:
            if region.a or region.b:
                yield region
            region = Region(record_a, record_b, offset_a, offset_b)
        if not part.same:
            region.a += part.a
            region.b += part.b
        for child in part.a:
            record_a += child.records
            offset_a += child.size
        for child in part.b:
            record_b += child.records
            offset_b += child.size
        if part.same:
            region = Region(record_a, record_b, offset_a, offset_b)
    if region.a or region.b:
        yield region


def _parts(
    reader_a: ObjectReader, a: SequenceRoot, reader_b: ObjectReader, b: SequenceRoot
) -> Iterator[_Part]:
    """Aligned chunks and nodes of both whole sequences."""
    height = min(a.height if a.root else b.height, b.height if b.root else a.height)
    tops_a = _expand(reader_a, [a.child] if a.child else [], a.height, height)
    tops_b = _expand(reader_b, [b.child] if b.child else [], b.height, height)
    yield from _align_level(reader_a, tops_a, reader_b, tops_b, height)


def _align_level(
    reader_a: ObjectReader,
    a: Iterator[Child],
    reader_b: ObjectReader,
    b: Iterator[Child],
    height: int,
) -> Iterator[_Part]:
    for part in _aligned(a, b):
        if part.same or height == 0:
            yield part
        else:
            below_a = _expand(reader_a, part.a, height, height - 1)
            below_b = _expand(reader_b, part.b, height, height - 1)
            yield from _align_level(reader_a, below_a, reader_b, below_b, height - 1)


def _expand(
    reader: ObjectReader, children: Iterable[Child], height: int, wanted: int
) -> Iterator[Child]:
    """What lies `height - wanted` levels below the children."""
    if height <= wanted:
        yield from children
        return
    for child in children:
        below = read_node(reader, child.oid, height - 1).children
        yield from _expand(reader, below, height - 1, wanted)


def _aligned(a: Iterator[Child], b: Iterator[Child]) -> Iterator[_Part]:
    """Align two streams of children, a window at a time."""
    ahead_a: list[Child] = []
    ahead_b: list[Child] = []
    while True:
        ahead_a += islice(a, WINDOW - len(ahead_a))
        ahead_b += islice(b, WINDOW - len(ahead_b))
        if not ahead_a and not ahead_b:
            return
        more = len(ahead_a) == WINDOW or len(ahead_b) == WINDOW
        used_a = used_b = 0
        for at_a, at_b, length in _matches(ahead_a, ahead_b):
            if at_a > used_a or at_b > used_b:
                yield _Part(False, ahead_a[used_a:at_a], ahead_b[used_b:at_b])
            used_a, used_b = at_a + length, at_b + length
            yield _Part(True, ahead_a[at_a:used_a], ahead_b[at_b:used_b])
        if not more or used_a + used_b <= WINDOW // 8:
            # With next to nothing matched in a full window, half of it is given up as changed.
            end_a, end_b = (
                (max(used_a, len(ahead_a) // 2), max(used_b, len(ahead_b) // 2))
                if more
                else (len(ahead_a), len(ahead_b))
            )
            if end_a > used_a or end_b > used_b:
                yield _Part(False, ahead_a[used_a:end_a], ahead_b[used_b:end_b])
            used_a, used_b = end_a, end_b
        del ahead_a[:used_a], ahead_b[:used_b]


def _matches(a: list[Child], b: list[Child]) -> Iterator[tuple[int, int, int]]:
    """Runs of equal oids as (place in a, place in b, length), ascending in both.

    The head is matched first; behind it the longest chain of oids, each occurrence of an oid
    matched with the same occurrence on the other side.
    """
    head = 0
    while head < len(a) and head < len(b) and a[head].oid == b[head].oid:
        head += 1
    if head:
        yield 0, 0, head
    oids_a = [child.oid for child in a[head:]]
    oids_b = [child.oid for child in b[head:]]
    places = {key: at for at, key in enumerate(occurrences(oids_b), head)}
    pairs = [(at, places[key]) for at, key in enumerate(occurrences(oids_a), head) if key in places]
    run: tuple[int, int, int] | None = None
    for at_a, at_b in longest_ascent(pairs):
        if run is not None and (at_a, at_b) == (run[0] + run[2], run[1] + run[2]):
            run = (run[0], run[1], run[2] + 1)
            continue
        if run is not None:
            yield run
        run = (at_a, at_b, 1)
    if run is not None:
        yield run
