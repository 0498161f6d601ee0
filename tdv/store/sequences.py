"""Sequences: the Merkle B-tree over the chunks of one file. Build, walk, seek.

Where a node ends depends on the oids of its children alone, so the same chunks give the same
root whatever the history, and an edit rewrites one node a level. `seqdiff` compares two.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from tdv.errors import ObjectCorrupt
from tdv.model.entry import FileEntry
from tdv.model.oid import Kind, Oid
from tdv.model.sequence import MAX_CHILDREN, MIN_CHILDREN, Child, SequenceNode, ends_node
from tdv.store.access import ObjectReader, ObjectSink

_SUM_MASK = (1 << 128) - 1
# How many nodes of the previous version are searched for one that shares children.
_LOOK_AHEAD = 32


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


class SequenceBuilder:
    """Takes the chunks of a file in order and puts the nodes over them.

    Args:
        sink: takes the nodes.
        reader, previous: an older version of the file; a node is stored as a delta against the
            node of it that shares most children, where there is one.
    """

    def __init__(
        self,
        sink: ObjectSink,
        reader: ObjectReader | None = None,
        previous: SequenceRoot = EMPTY_SEQUENCE,
    ) -> None:
        self._sink = sink
        self._reader = reader
        self._previous = previous
        self._open: list[_OpenNode] = []

    def add(self, chunk: Child, fingerprint_sum: int) -> None:
        """The next chunk, and the sum of the fingerprints of the records that end in it."""
        self._add(0, chunk, fingerprint_sum)

    def finish(self) -> SequenceRoot:
        """Put the nodes that are still open; the root of all that was added."""
        level = 0
        while level < len(self._open):
            open_node = self._open[level]
            if level + 1 == len(self._open) and len(open_node.children) == 1:
                root = open_node.children[0]
                return SequenceRoot(root.oid, level, root.records, root.size)
            if open_node.children:
                self._close(level)
            level += 1
        return EMPTY_SEQUENCE

    def _add(self, level: int, child: Child, fingerprint_sum: int) -> None:
        if level == len(self._open):
            self._open.append(_OpenNode(_OldNodes(self._reader, self._previous, level)))
        open_node = self._open[level]
        children = open_node.children
        children.append(child)
        open_node.fingerprint_sum += fingerprint_sum
        count = len(children)
        if count == MAX_CHILDREN or (count >= MIN_CHILDREN and ends_node(child.oid, level)):
            self._close(level)

    def _close(self, level: int) -> None:
        open_node = self._open[level]
        total = open_node.fingerprint_sum & _SUM_MASK
        node = SequenceNode(level, tuple(open_node.children), total)
        open_node.children = []
        open_node.fingerprint_sum = 0
        like = open_node.old.resembling(node)
        oid = self._sink.put(Kind.NODE, node.to_bytes(), like=like)
        self._add(level + 1, Child(oid, node.records, node.size), total)


class _OldNodes:
    """The previous version's nodes of one level, some at a time, beside the new ones."""

    def __init__(self, reader: ObjectReader | None, previous: SequenceRoot, level: int) -> None:
        self._ahead: deque[tuple[Oid, SequenceNode]] = deque()
        self._holder: dict[Oid, Oid] = {}  # child -> the node ahead that holds it
        self._unmatched = 0  # new nodes since the last that shared a child
        self._nodes: Iterator[tuple[Oid, SequenceNode]] = iter(())
        if reader is not None and previous.height > level:
            self._nodes = _nodes_of_level(reader, previous, level)

    def resembling(self, node: SequenceNode) -> Sequence[Oid]:
        """The old node that shares most children with the new one, else the one in its place."""
        while len(self._ahead) < _LOOK_AHEAD and (found := next(self._nodes, None)):
            self._ahead.append(found)
            self._holder.update((child.oid, found[0]) for child in found[1].children)
        if not self._ahead:
            return ()
        holders = (self._holder.get(child.oid) for child in node.children)
        shared = Counter(holder for holder in holders if holder is not None)
        if not shared:
            self._unmatched += 1
            if self._unmatched >= _LOOK_AHEAD:
                self._drop_first()
            return (self._ahead[min(self._unmatched, len(self._ahead)) - 1][0],)
        self._unmatched = 0
        best = max(shared, key=shared.__getitem__)
        while self._ahead[0][0] != best:
            self._drop_first()
        return (best,)

    def _drop_first(self) -> None:
        if len(self._ahead) > 1:
            oid, node = self._ahead.popleft()
            for child in node.children:
                if self._holder.get(child.oid) == oid:
                    del self._holder[child.oid]


@dataclass
class _OpenNode:
    """The children of a level that no node holds yet."""

    old: _OldNodes
    children: list[Child] = field(default_factory=list)
    fingerprint_sum: int = 0


def read_node(reader: ObjectReader, oid: Oid, level: int) -> SequenceNode:
    """The node with that oid; ObjectCorrupt unless it is of that level."""
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


def _nodes_of_level(
    reader: ObjectReader, sequence: SequenceRoot, level: int
) -> Iterator[tuple[Oid, SequenceNode]]:
    def visit(oid: Oid, at: int) -> Iterator[tuple[Oid, SequenceNode]]:
        node = read_node(reader, oid, at)
        if at == level:
            yield oid, node
            return
        for child in node.children:
            yield from visit(child.oid, at - 1)

    if sequence.root is not None:
        yield from visit(sequence.root, sequence.height - 1)
