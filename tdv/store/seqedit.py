"""Edit a sequence: chunks are kept, dropped and added in order; what stays is not read.

A new node's sum of fingerprints needs that of each chunk below it, but only nodes keep sums. Of
chunks that are kept it is the old node's sum less that of its chunks that were dropped; those are
fewer mostly, and have been read anyway. Where that does not work the kept ones are read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from tdv.model.oid import Kind, Oid
from tdv.model.sequence import MAX_CHILDREN, MIN_CHILDREN, Child, SequenceNode, ends_node
from tdv.store.access import ObjectReader, ObjectSink
from tdv.store.seqread import EMPTY_SEQUENCE, SequenceRoot, chunks, read_node

_SUM_MASK = (1 << 128) - 1


class OldChild(NamedTuple):
    """A chunk or node of the old sequence, and what comes before it there.

    Attributes:
        child: it.
        height: 0 for a chunk, else the node's level plus one.
        record, offset: records that end before it, and bytes.
    """

    child: Child
    height: int
    record: int
    offset: int


class SequenceEditor:
    """Makes a new sequence from an old one, which is walked through from its start.

    The same chunks give the same root as `SequenceBuilder` gives.

    Attributes:
        record, offset: of the next old chunk that is neither kept nor dropped; their totals when
            there is none.
    """

    def __init__(
        self,
        sink: ObjectSink,
        reader: ObjectReader,
        old: SequenceRoot,
        chunk_sum: Callable[[OldChild], int],
    ) -> None:
        """Begin with an empty sequence.

        Args:
            sink: takes the nodes.
            reader: of the old nodes.
            old: the old sequence.
            chunk_sum: reads an old chunk for its sum of fingerprints.
        """
        self._sink, self._reader, self._old = sink, reader, old
        self._chunk_sum = chunk_sum
        self._open: list[_OpenNode] = []
        self._path: list[_OldNode] = []
        self._beside: dict[int, Oid] = {}  # level -> the old node that was entered last
        if old.child is not None:
            self._path.append(_OldNode(None, old.height, (old.child,), None))
        self.record = self.offset = 0
        self._dropped: list[OldChild] = []

    def next_chunk(self) -> Child | None:
        """The old chunk at the current place."""
        while self._path and self._path[-1].level:
            self._enter()
        return self._path[-1].next_child if self._path else None

    def keep_to(self, offset: int) -> None:
        """Keep all old chunks up to an offset, where a chunk ends."""
        while self.offset < offset:
            node = self._path[-1]
            child, height = node.next_child, node.level
            if self.offset + child.size > offset or not self._can_keep(child, height):
                if not height:
                    raise ValueError(f"no chunk ends at offset {offset}")
                self._enter()
                continue
            old = OldChild(child, height, self.record, self.offset)
            self._pass()
            self._add(height, _Kept(node, old))

    def drop_to(self, offset: int) -> None:
        """Drop all old chunks that start before an offset."""
        while self.offset < offset:
            node = self._path[-1]
            child, height = node.next_child, node.level
            if height and self.offset + child.size > offset:
                self._enter()
                continue
            old = OldChild(child, height, self.record, self.offset)
            node.dropped.append(old)
            self._dropped.append(old)
            self._pass()

    def take_dropped(self) -> Iterator[Child]:
        """The chunks that were dropped since the last call."""
        dropped, self._dropped = self._dropped, []
        return (
            chunk
            for (oid, records, size), height, _, _ in dropped
            for chunk in chunks(self._reader, SequenceRoot(oid, height, records, size))
        )

    def add(self, chunk: Child, fingerprint_sum: int) -> None:
        """A new chunk, and the sum of the fingerprints of the records that end in it."""
        self._add(0, _Known(chunk, fingerprint_sum))

    def finish(self) -> SequenceRoot:
        """Put the nodes that are still open; the root of all that was kept and added."""
        level = 0
        while level < len(self._open):
            children = self._open[level].children
            if level + 1 == len(self._open) and len(children) == 1:
                root = children[0]
                return SequenceRoot(root.oid, level, root.records, root.size)
            if children:
                self._close(level)
            level += 1
        return EMPTY_SEQUENCE

    def _enter(self) -> None:
        """Step down into the node at the current place."""
        parent = self._path[-1]
        oid, level = parent.next_child.oid, parent.level - 1
        node = read_node(self._reader, oid, level)
        parent.accounted += node.fingerprint_sum
        self._beside[level] = oid
        self._path.append(_OldNode(oid, level, node.children, node.fingerprint_sum))

    def _pass(self) -> None:
        """Step over the child at the current place, and out of the nodes that end there."""
        child = self._path[-1].next_child
        self.record += child.records
        self.offset += child.size
        while self._path:
            node = self._path[-1]
            node.passed += 1
            if node.passed < len(node.children):
                return
            self._path.pop()

    def _can_keep(self, child: Child, height: int) -> bool:
        """Whether a chunk or node is the new sequence's as a whole.

        A node is when no chunk before it belongs with its first. The last node of a level may
        have a single child, and then be none in a shorter sequence.
        """
        return not height or (
            self.offset + child.size < self._old.size
            and not any(node.children for node in self._open[:height])
        )

    def _add(self, level: int, part: _Known | _Kept) -> None:
        while level >= len(self._open):
            self._open.append(_OpenNode())
        open_node = self._open[level]
        child = part.child
        open_node.children.append(child)
        open_node.parts.append(part)
        count = len(open_node.children)
        if count == MAX_CHILDREN or (count >= MIN_CHILDREN and ends_node(child.oid, level)):
            self._close(level)

    def _close(self, level: int) -> None:
        open_node, self._open[level] = self._open[level], _OpenNode()
        known = 0
        groups: dict[int, _Group] = {}
        for part in open_node.parts:
            if isinstance(part, _Known):
                known += part.fingerprint_sum
            else:
                groups.setdefault(id(part.node), (part.node, []))[1].append(part.old)
        total = known + sum(self._sum_of_kept(*group) for group in groups.values())
        node = SequenceNode(level, tuple(open_node.children), total & _SUM_MASK)
        oid = self._sink.put(Kind.NODE, node.to_bytes(), like=self._like(level, groups.values()))
        child = Child(oid, node.records, node.size)
        self._add(level + 1, _Known(child, node.fingerprint_sum))

    def _sum_of_kept(self, node: _OldNode, kept: list[OldChild]) -> int:
        """The sum of children of one old node, all those that no closed new node has."""
        finished = node.passed == len(node.children)
        if finished and node.total is not None and len(node.dropped) <= len(kept):
            node.accounted += sum(map(self._sum_of, node.dropped))
            node.dropped.clear()
            return node.total - node.accounted
        total = sum(map(self._sum_of, kept))
        node.accounted += total
        return total

    def _sum_of(self, old: OldChild) -> int:
        if old.height:
            return read_node(self._reader, old.child.oid, old.height - 1).fingerprint_sum
        return self._chunk_sum(old) if old.child.records else 0

    def _like(self, level: int, groups: Iterable[_Group]) -> list[Oid]:
        """The old node that shares most children with a new one, else the one in its place."""
        shared = [(len(kept), node.oid) for node, kept in groups if node.oid is not None]
        oid = max(shared)[1] if shared else self._beside.get(level)
        return [] if oid is None else [oid]


@dataclass
class _OldNode:
    """An old node on the way to the current place.

    Attributes:
        oid: None for what holds the root.
        level: of the node; the height of its children.
        total: its sum of fingerprints, when it is known.
        passed: how many children lie behind the current place.
        dropped: those children that were dropped, and whose sums are not in `accounted`.
        accounted: sums of other children, but for those that were kept and are in no new node.
    """

    oid: Oid | None
    level: int
    children: tuple[Child, ...]
    total: int | None
    passed: int = 0
    dropped: list[OldChild] = field(default_factory=list)
    accounted: int = 0

    @property
    def next_child(self) -> Child:
        """The child at the current place."""
        return self.children[self.passed]


class _Known(NamedTuple):
    """A new child and its sum of fingerprints."""

    child: Child
    fingerprint_sum: int


class _Kept(NamedTuple):
    """An old child, and the old node that holds it."""

    node: _OldNode
    old: OldChild

    @property
    def child(self) -> Child:
        """As the new node holds it."""
        return self.old.child


_Group: TypeAlias = "tuple[_OldNode, list[OldChild]]"


@dataclass
class _OpenNode:
    """The children of a level that no new node holds yet."""

    children: list[Child] = field(default_factory=list)
    parts: list[_Known | _Kept] = field(default_factory=list)
