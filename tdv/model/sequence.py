"""Sequence nodes: the inside of the Merkle B-tree over a file's chunks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from tdv.errors import ObjectCorrupt
from tdv.model.codec import MAX_LEVEL, pack, unpack
from tdv.model.entry import oid_field
from tdv.model.oid import Oid

VERSION = 1
MIN_CHILDREN, MAX_CHILDREN = 2, 512
FINGERPRINT_SUM_BYTES = 16
# A node ends once in so many children on average, between the two bounds above.
MEAN_CHILDREN = 64


class Child(NamedTuple):
    """A chunk, or a node one level below.

    Attributes:
        oid: its id.
        records: how many records *end* in it.
        size: its bytes in the file.
    """

    oid: Oid
    records: int
    size: int


@dataclass(frozen=True)
class SequenceNode:
    """Consecutive children of one level of a file's sequence.

    Attributes:
        level: 0 when the children are chunks.
        children: between 1 (only the last node of a level) and 512.
        fingerprint_sum: sum of xxh3_128 over the bodies of all records below, modulo 2**128.
            Order-free, so two nodes with equal sums and counts hold the same records reordered.
    """

    level: int
    children: tuple[Child, ...]
    fingerprint_sum: int
    extra: tuple[Any, ...] = ()

    @cached_property
    def records(self) -> int:
        """Records that end below this node."""
        return sum(child.records for child in self.children)

    @cached_property
    def size(self) -> int:
        """Bytes of the file below this node."""
        return sum(child.size for child in self.children)

    def to_bytes(self) -> bytes:
        """The payload: children as three parallel arrays, the oids in one run of bytes."""
        return pack(
            VERSION,
            [
                self.level,
                b"".join(child.oid for child in self.children),
                [child.records for child in self.children],
                [child.size for child in self.children],
                self.fingerprint_sum.to_bytes(FINGERPRINT_SUM_BYTES, "big"),
                *self.extra,
            ],
        )

    @classmethod
    def from_bytes(cls, payload: bytes) -> SequenceNode:
        """The node with that payload; ObjectCorrupt when it cannot be one."""
        items = unpack(payload, VERSION, 5, "sequence node")
        level, oids, records, sizes, total, *extra = items
        try:
            count = len(records)
            if not 0 < count <= MAX_CHILDREN or len(oids) != 32 * count or len(sizes) != count:
                raise ValueError("its arrays do not have the same length")
            if (
                level > MAX_LEVEL
                or len(total) != FINGERPRINT_SUM_BYTES
                or min(level, *records, *sizes) < 0
            ):
                raise ValueError("its level, its sum or a count of it cannot be")
            children = tuple(
                Child(oid_field(oids[32 * i : 32 * i + 32]), records[i], sizes[i])
                for i in range(count)
            )
            return cls(level, children, int.from_bytes(total, "big"), tuple(extra))
        except (ValueError, TypeError, KeyError) as error:
            raise ObjectCorrupt(f"A sequence node cannot be decoded: {error}.") from error


def ends_node(oid: Oid, level: int) -> bool:
    """Whether a node of that level may end behind the child with that oid.

    The four bytes used move with the level, so that the levels' ends are independent.
    """
    at = 4 * (level % 8)
    return int.from_bytes(oid[at : at + 4], "big") % MEAN_CHILDREN == 0
