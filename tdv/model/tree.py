"""Tree nodes: a folder, as a Merkle sequence of its items in bytewise order of their names."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any, NamedTuple

import xxhash

from tdv.errors import ObjectCorrupt
from tdv.model.codec import MAX_LEVEL, pack, unpack
from tdv.model.entry import Entry, FileEntry, Folder, entry_from_wire, oid_field
from tdv.model.names import check_name
from tdv.model.oid import Oid

VERSION = 1
MAX_ITEMS = 512
# A node ends once in so many items on average: one changed file rewrites about 5 kB a level.
MEAN_ITEMS = 64


class Item(NamedTuple):
    """A name in a folder and what stands behind it."""

    name: bytes
    entry: Entry


class TreeChild(NamedTuple):
    """A node one level below, with totals over everything in it.

    Attributes:
        first: the first name in it.
        oid, files, size, records: as in `Folder`.
    """

    first: bytes
    oid: Oid
    files: int
    size: int
    records: int


@dataclass(frozen=True)
class TreeNode:
    """Part of a folder.

    Attributes:
        level: 0 when `items` are the folder's own; above that `children` are nodes.
        items: at level 0, sorted bytewise by name, no name twice.
        children: at other levels, sorted by `first`.
    """

    level: int
    items: tuple[Item, ...] = ()
    children: tuple[TreeChild, ...] = ()
    extra: tuple[Any, ...] = ()

    def totals(self, oid: Oid) -> Folder:
        """Files, bytes and records below this node, as an entry that names it."""
        files = size = records = 0
        for child in self.children:
            files += child.files
            size += child.size
            records += child.records
        for _, entry in self.items:
            files += 1 if isinstance(entry, FileEntry) else entry.files
            size += entry.size
            records += entry.records or 0
        return Folder(oid, files, size, records)

    def to_bytes(self) -> bytes:
        """The payload."""
        rows: list[Any]
        if self.level:
            rows = [list(child) for child in self.children]
        else:
            rows = [[name, entry.to_wire()] for name, entry in self.items]
        return pack(VERSION, [self.level, rows, *self.extra])

    @classmethod
    def from_bytes(cls, payload: bytes) -> TreeNode:
        """The node with that payload.

        Raises:
            ObjectCorrupt: it is none, or its names are not sorted.
            PathError: it has a name that may not be written to disk.
        """
        level, rows, *extra = unpack(payload, VERSION, 2, "tree")
        try:
            if not 0 <= level <= MAX_LEVEL:
                raise ValueError("its level cannot be")
            if level:
                children = tuple(
                    TreeChild(first, oid_field(oid), files, size, records)
                    for first, oid, files, size, records in rows
                )
                if any(min(child[2:]) < 0 for child in children):
                    raise ValueError("a count of it is negative")
                return cls(level, (), children, tuple(extra))
            items = tuple(Item(check_name(name), entry_from_wire(entry)) for name, entry in rows)
        except (ValueError, TypeError) as error:
            raise ObjectCorrupt(f"A tree cannot be decoded: {error}.") from error
        if any(a.name >= b.name for a, b in itertools.pairwise(items)):
            raise ObjectCorrupt("A tree's names are not in order.")
        return cls(level, items, (), tuple(extra))


def ends_tree_node(name: bytes, level: int) -> bool:
    """Whether a node of that level may end behind the item with that (first) name.

    By name alone: a changed file never moves the ends.
    """
    return xxhash.xxh3_64_intdigest(name, seed=level) % MEAN_ITEMS == 0
