"""Compare two trees: nodes and folders that both share are skipped unread."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tdv.model.entry import Entry, FileEntry, Folder
from tdv.model.names import check_depth
from tdv.model.oid import Oid
from tdv.model.tree import Item, TreeChild
from tdv.store.access import ObjectReader
from tdv.store.treeread import EMPTY_TREE, read_tree_node


class TreeChange(NamedTuple):
    """A file that two trees do not hold alike; at least one of `old` and `new` is there."""

    path: bytes
    old: FileEntry | None
    new: FileEntry | None


def compare(
    reader: ObjectReader, a: Oid, b: Oid, under: Sequence[bytes] = ()
) -> Iterator[TreeChange]:
    """The files in which tree `b` differs from tree `a`, in order of the parts of their paths.

    Args:
        under: only files at or below these paths; all when there are none.
    """
    wanted = [tuple(path.split(b"/")) for path in under if path]
    if len(wanted) < len(under):
        wanted = []
    yield from _folders(reader, a, b, b"", wanted)


def _folders(
    reader: ObjectReader, a: Oid, b: Oid, prefix: bytes, under: list[tuple[bytes, ...]]
) -> Iterator[TreeChange]:
    """Compare two folders; `under` are paths relative to them."""
    if a == b:
        return
    check_depth(prefix)
    names = {path[0] for path in under}
    for name, old, new in _paired(*_different_items(reader, a, b)):
        if names and name not in names:
            continue
        below = [path[1:] for path in under if path[0] == name]
        whole = () in below or not under
        path = prefix + name
        old_file = old if isinstance(old, FileEntry) else None
        new_file = new if isinstance(new, FileEntry) else None
        if (old_file or new_file) and whole and old_file != new_file:
            yield TreeChange(path, old_file, new_file)
        if isinstance(old, Folder) or isinstance(new, Folder):
            tree_a = old.oid if isinstance(old, Folder) else EMPTY_TREE
            tree_b = new.oid if isinstance(new, Folder) else EMPTY_TREE
            yield from _folders(reader, tree_a, tree_b, path + b"/", [] if whole else below)


def _different_items(reader: ObjectReader, a: Oid, b: Oid) -> tuple[list[Item], list[Item]]:
    """The items of the nodes that only one of two folders has, level by level."""
    node_a, node_b = read_tree_node(reader, a), read_tree_node(reader, b)
    if node_a.level == node_b.level == 0:
        return list(node_a.items), list(node_b.items)
    side_a, level_a = [TreeChild(b"", a, 0, 0, 0)], node_a.level
    side_b, level_b = [TreeChild(b"", b, 0, 0, 0)], node_b.level
    while level_a or level_b:
        top = max(level_a, level_b)
        if level_a == top:
            side_a, level_a = _expand(reader, side_a, level_a), level_a - 1
        if level_b == top:
            side_b, level_b = _expand(reader, side_b, level_b), level_b - 1
        if level_a == level_b:
            oids_a, oids_b = {child.oid for child in side_a}, {child.oid for child in side_b}
            side_a = [child for child in side_a if child.oid not in oids_b]
            side_b = [child for child in side_b if child.oid not in oids_a]
    return _items(reader, side_a), _items(reader, side_b)


def _expand(reader: ObjectReader, nodes: list[TreeChild], level: int) -> list[TreeChild]:
    return [child for node in nodes for child in read_tree_node(reader, node.oid, level).children]


def _items(reader: ObjectReader, leaves: list[TreeChild]) -> list[Item]:
    return [item for leaf in leaves for item in read_tree_node(reader, leaf.oid, 0).items]


def _paired(a: list[Item], b: list[Item]) -> Iterator[tuple[bytes, Entry | None, Entry | None]]:
    """Names with what either side has there, in order, where the two differ."""
    at_a = at_b = 0
    while at_a < len(a) or at_b < len(b):
        if at_b == len(b) or (at_a < len(a) and a[at_a].name < b[at_b].name):
            yield a[at_a].name, a[at_a].entry, None
            at_a += 1
        elif at_a == len(a) or b[at_b].name < a[at_a].name:
            yield b[at_b].name, None, b[at_b].entry
            at_b += 1
        else:
            if a[at_a].entry != b[at_b].entry:
                yield a[at_a].name, a[at_a].entry, b[at_b].entry
            at_a, at_b = at_a + 1, at_b + 1
