"""Build sequences.

Where a node ends depends on the oids of its children alone, so the same chunks give the same
root whatever the history, and an edit rewrites one node a level.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tdv.model.oid import Kind, Oid
from tdv.model.sequence import MAX_CHILDREN, MIN_CHILDREN, Child, SequenceNode, ends_node
from tdv.store.access import ObjectReader, ObjectSink
from tdv.store.seqread import EMPTY_SEQUENCE, SequenceRoot, nodes_of_level, readable

_SUM_MASK = (1 << 128) - 1
# How many nodes of the previous version are searched for one that shares children.
_LOOK_AHEAD = 32


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
            self._nodes = readable(nodes_of_level(reader, previous, level))

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
