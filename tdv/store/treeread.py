"""Read folders: look up, walk and list."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from functools import partial

from tdv.errors import ObjectCorrupt, PathError
from tdv.model.entry import Entry, FileEntry, Folder
from tdv.model.names import check_depth
from tdv.model.oid import Kind, Oid, oid_of
from tdv.model.tree import Item, TreeNode
from tdv.store.access import ObjectReader

_EMPTY_NODE = TreeNode(0)
EMPTY_TREE: Oid = oid_of(Kind.TREE, _EMPTY_NODE.to_bytes())


def read_tree_node(reader: ObjectReader, oid: Oid, level: int | None = None) -> TreeNode:
    """The node with that oid; ObjectCorrupt unless it is of that level.

    The empty tree need not be stored.
    """
    if oid == EMPTY_TREE:
        return _EMPTY_NODE
    node = TreeNode.from_bytes(reader.get(oid, Kind.TREE))
    if level is not None and node.level != level:
        raise ObjectCorrupt(f"Tree {oid.short} has level {node.level} where {level} is needed.")
    return node


def lookup(reader: ObjectReader, root: Oid, path: bytes) -> Entry | None:
    """What stands at a path, or None. The empty path is the root folder, without totals."""
    entry: Entry | None = Folder(root, 0, 0, 0)
    for name in path.split(b"/") if path else ():
        if not isinstance(entry, Folder):
            return None
        entry = find_item(partial(read_tree_node, reader), entry.oid, name)
    return entry


def file_at(reader: ObjectReader, root: Oid, path: bytes) -> FileEntry | None:
    """The file at a path, or None where there is none, or a folder."""
    entry = lookup(reader, root, path)
    return entry if isinstance(entry, FileEntry) else None


def find_item(read: Callable[[Oid, int | None], TreeNode], oid: Oid, name: bytes) -> Entry | None:
    """What a folder has under a name, or None.

    Args:
        read: gives the node of a tree with that oid and level, as `read_tree_node`; whoever
            looks for many names keeps the nodes.
        oid: the folder's tree.
    """
    node = read(oid, None)
    while node.level:
        at = bisect_right(node.children, name, key=lambda child: child.first) - 1
        if at < 0:
            return None
        node = read(node.children[at].oid, node.level - 1)
    at = bisect_right(node.items, name, key=lambda item: item.name) - 1
    return node.items[at].entry if at >= 0 and node.items[at].name == name else None


def walk(reader: ObjectReader, root: Oid, prefix: bytes = b"") -> Iterator[tuple[bytes, FileEntry]]:
    """The files at or below the path `prefix`, with their full paths, in order of their parts."""
    entry = lookup(reader, root, prefix)
    if isinstance(entry, FileEntry):
        yield prefix, entry
    elif entry is not None:
        yield from _walk(reader, entry.oid, prefix + b"/" if prefix else b"")


def _walk(reader: ObjectReader, oid: Oid, prefix: bytes) -> Iterator[tuple[bytes, FileEntry]]:
    check_depth(prefix)
    for leaf in _leaves(reader, oid):
        for name, entry in leaf.items:
            if isinstance(entry, FileEntry):
                yield prefix + name, entry
            else:
                yield from _walk(reader, entry.oid, prefix + name + b"/")


def list_folder(reader: ObjectReader, root: Oid, path: bytes = b"") -> Iterator[Item]:
    """The items of one folder in order of their names.

    Raises:
        PathError: there is no folder at that path.
    """
    entry = lookup(reader, root, path)
    if not isinstance(entry, Folder):
        found = "no such path" if entry is None else "a file, not a folder"
        raise PathError(f"`{path.decode('utf-8', 'replace')}` is {found}.")
    return items_of(reader, entry.oid)


def items_of(reader: ObjectReader, oid: Oid) -> Iterator[Item]:
    """The items of the folder whose tree has that oid, in order of their names."""
    for leaf in _leaves(reader, oid):
        yield from leaf.items


def _leaves(reader: ObjectReader, oid: Oid) -> Iterator[TreeNode]:
    """The nodes of level 0; ObjectCorrupt when a name does not come behind those before it."""
    last = b""
    for leaf in _below(reader, read_tree_node(reader, oid)):
        if leaf.items and leaf.items[0].name <= last:
            raise ObjectCorrupt(f"Tree {oid.short} has names out of order, or one twice.")
        last = leaf.items[-1].name if leaf.items else last
        yield leaf


def _below(reader: ObjectReader, node: TreeNode) -> Iterator[TreeNode]:
    if node.level == 0:
        yield node
    for child in node.children:
        yield from _below(reader, read_tree_node(reader, child.oid, node.level - 1))
