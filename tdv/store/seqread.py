"""Read sequences: walk, seek by record or by byte."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from typing import NamedTuple, TypeVar

from tdv.errors import IntegrityError, ObjectCorrupt
from tdv.model.entry import FileEntry
from tdv.model.oid import Kind, Oid
from tdv.model.sequence import Child, SequenceNode
from tdv.store.access import ObjectReader

T = TypeVar("T")

# As many as the way down to a few places that are looked at in turn: some 5 kB each.
RECENT_NODES = 32


class SequenceRoot(NamedTuple):
    """A whole sequence.

    Attributes:
        root: its topmost node, a chunk at height 0, None when the sequence is empty.
        height: 0 when `root` is a chunk, else the level of the root node plus one.
        records: records that end in it.
        size: its bytes.
    """

    root: Oid | None
    height: int
    records: int
    size: int

    @property
    def child(self) -> Child | None:
        """The root as a node one level up would hold it."""
        return None if self.root is None else Child(self.root, self.records, self.size)


EMPTY_SEQUENCE = SequenceRoot(None, 0, 0, 0)


class Position(NamedTuple):
    """A place in a sequence, at the start of a chunk.

    Attributes:
        chunk: the chunk there.
        record: number of the record that starts first in it, or that it continues.
        offset: its first byte, counted from the start of the sequence.
    """

    chunk: Child
    record: int
    offset: int


def sequence_of(entry: FileEntry, reader: ObjectReader) -> SequenceRoot:
    """The sequence of a file.

    Records count as 0 for formats in which only decoding tells. `reader` gives the prefix and
    the suffix where they are objects of their own.
    """
    if entry.root is None:
        return EMPTY_SEQUENCE
    size = entry.size
    for affix in (entry.prefix, entry.suffix):
        size -= len(reader.get(affix, Kind.CHUNK) if isinstance(affix, Oid) else affix)
    return SequenceRoot(entry.root, entry.height, entry.records or 0, size)


class NodeReader:
    """An ObjectReader that keeps the nodes that were read last, decoded."""

    def __init__(self, reader: ObjectReader) -> None:
        self.get = reader.get
        self.node = lru_cache(RECENT_NODES)(self._node)

    def _node(self, oid: Oid) -> SequenceNode:
        return SequenceNode.from_bytes(self.get(oid, Kind.NODE))


def read_node(reader: ObjectReader, oid: Oid, level: int) -> SequenceNode:
    """The node with that oid; ObjectCorrupt unless it is of that level."""
    if isinstance(reader, NodeReader):
        node = reader.node(oid)
    else:
        node = SequenceNode.from_bytes(reader.get(oid, Kind.NODE))
    if node.level != level:
        raise ObjectCorrupt(
            f"Sequence node {oid.short} has level {node.level} where {level} is needed."
        )
    return node


def chunks(reader: ObjectReader, sequence: SequenceRoot, offset: int = 0) -> Iterator[Child]:
    """The chunks in order, from the one that holds the byte at `offset` on."""
    root = sequence.child
    if root is not None and offset < root.size:
        yield from _below(reader, root, sequence.height, offset)


def _below(reader: ObjectReader, child: Child, height: int, offset: int) -> Iterator[Child]:
    if height == 0:
        yield child
        return
    for below in read_node(reader, child.oid, height - 1).children:
        if offset >= below.size:
            offset -= below.size
            continue
        if height == 1:
            yield below
        else:
            yield from _below(reader, below, height - 1, offset)
        offset = 0


def find_offset(reader: ObjectReader, sequence: SequenceRoot, offset: int) -> Position:
    """The chunk that holds a byte; IndexError outside the sequence. Reads a node a level."""
    if sequence.root is None or not 0 <= offset < sequence.size:
        raise IndexError(f"byte {offset} of a sequence of {sequence.size}")
    return _descend(reader, sequence, offset, by_records=False)


def find_record(reader: ObjectReader, sequence: SequenceRoot, number: int) -> Position:
    """The chunk in which a record starts; IndexError when there is none of that number.

    Reads a node or two a level. A record ends in the chunk that counts it. Where it is in
    several pieces it starts in the chunk behind the one in which the record before it ends.
    """
    if sequence.root is None or not 0 <= number < sequence.records:
        raise IndexError(f"record {number} of a sequence of {sequence.records}")
    ends = _descend(reader, sequence, number, by_records=True)
    if ends.record == 0:
        return find_offset(reader, sequence, 0)
    before = _descend(reader, sequence, ends.record - 1, by_records=True)
    start = before.offset + before.chunk.size
    return ends if start == ends.offset else find_offset(reader, sequence, start)


def _descend(
    reader: ObjectReader, sequence: SequenceRoot, wanted: int, *, by_records: bool
) -> Position:
    """The chunk in which a record ends, or that holds a byte."""
    assert sequence.child is not None
    child, record, offset = sequence.child, 0, 0
    passed = 0
    for height in range(sequence.height, 0, -1):
        for below in read_node(reader, child.oid, height - 1).children:
            weight = below.records if by_records else below.size
            if wanted < passed + weight:
                child = below
                break
            passed += weight
            record += below.records
            offset += below.size
        else:
            raise ObjectCorrupt(f"A sequence node below {sequence.root} has wrong totals.")
    return Position(child, record, offset)


def fingerprint_sum(reader: ObjectReader, sequence: SequenceRoot) -> int | None:
    """The order-free sum of the fingerprints of all records; None for a single chunk."""
    if sequence.root is None:
        return 0
    if sequence.height == 0:
        return None
    return read_node(reader, sequence.root, sequence.height - 1).fingerprint_sum


def nodes_of_level(
    reader: ObjectReader, sequence: SequenceRoot, level: int
) -> Iterator[tuple[Oid, SequenceNode]]:
    """The nodes of one level in order, with their oids."""

    def visit(oid: Oid, at: int) -> Iterator[tuple[Oid, SequenceNode]]:
        node = read_node(reader, oid, at)
        if at == level:
            yield oid, node
            return
        for child in node.children:
            yield from visit(child.oid, at - 1)

    if sequence.root is not None:
        yield from visit(sequence.root, sequence.height - 1)


def readable(things: Iterator[T]) -> Iterator[T]:
    """An older version's nodes or chunks, up to the first that is damaged or missing.

    For whom they are only of use, not needed: a damaged version is no reason to refuse a new one.
    """
    with suppress(IntegrityError):
        yield from things
