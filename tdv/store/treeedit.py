"""Change files of a tree. The cost follows the change: nodes off the paths are never read.

A level of a folder is a row of things in order of a key: items by name at level 0, nodes by
their first name above. Changed things of one level become changed nodes of the next, so one
routine edits every level. It takes up the row where the first changed thing belongs and cuts
it into nodes anew until an old node's end is an end again; from there on nothing differs. So
the same files give the same root, whatever the order in which they came.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from tdv.errors import PathError
from tdv.model.entry import Entry, FileEntry, Folder
from tdv.model.names import check_path
from tdv.model.oid import Kind, Oid
from tdv.model.tree import MAX_ITEMS, Item, TreeChild, TreeNode, ends_tree_node
from tdv.store.access import ObjectStorage
from tdv.store.treeread import EMPTY_TREE, read_tree_node

# Were a node of one thing allowed, the levels above it might never become fewer.
MIN_ITEMS = 2

# What becomes of a key of one level: a PathEdit at level 0; above it a node, or None.
_Edits: TypeAlias = "dict[bytes, Any]"


class PathEdit:
    """What happens at one path and below it."""

    __slots__ = ("below", "file", "replaces_file")

    def __init__(self) -> None:
        self.file: FileEntry | None = None
        self.replaces_file = False  # whether a file that stands there goes
        self.below: dict[bytes, PathEdit] = {}

    def adds(self) -> bool:
        """Whether a file is put here or below."""
        return self.file is not None or any(edit.adds() for edit in self.below.values())


def update(storage: ObjectStorage, root: Oid, changes: Mapping[bytes, FileEntry | None]) -> Oid:
    """The tree with some files set or removed, as a new root.

    Args:
        storage: reads the old nodes and takes the new ones.
        root: the old tree.
        changes: path -> the file that is to stand there, or None where none is to. A file takes
            the place of a folder with everything below it; files below a path take the place of
            a file there. Removing what is not there is nothing. A folder goes with its last file.

    Raises:
        PathError: a path may not be stored, or is to be a file and a folder at once.
    """
    top = PathEdit()
    for path, entry in changes.items():
        edit = top
        for name in check_path(path).split(b"/"):
            found = edit.below.get(name)
            if found is None:
                found = edit.below[name] = PathEdit()
            edit = found
        edit.file = entry
        edit.replaces_file = True
    return _edit_folder(storage, root, top.below).oid


def _edit_folder(storage: ObjectStorage, root: Oid, changes: dict[bytes, PathEdit]) -> Folder:
    """The folder with its items changed, and its totals."""
    top = read_tree_node(storage, root)
    edits: _Edits = changes
    for level in range(top.level + 1):
        edits = _Level(storage, root, top, level).apply(edits)
        if not edits:
            return top.totals(root)
    nodes = {key: node for key, node in edits.items() if node is not None}
    first = _first(top)
    if first not in edits:  # its last thing ends a node, and all that is new stands behind
        whole = top.totals(root)
        nodes[first] = TreeChild(first, root, whole.files, whole.size, whole.records)
    return _crown(storage, [nodes[key] for key in sorted(nodes)], top.level)


def _crown(storage: ObjectStorage, nodes: list[TreeChild], level: int) -> Folder:
    """The folder over all nodes of its topmost old level: the lowest level of a single node."""
    while len(nodes) > 1:
        level += 1
        cutter = _Cutter(storage, level)
        for node in nodes:
            cutter.add(node.first, node)
        cutter.end()
        nodes = cutter.nodes
    if not nodes:
        return Folder(storage.put(Kind.TREE, TreeNode(0).to_bytes()), 0, 0, 0)
    (root,) = nodes
    while level and len(children := read_tree_node(storage, root.oid, level).children) == 1:
        (root,) = children
        level -= 1
    return Folder(root.oid, root.files, root.size, root.records)


class _Cutter:
    """Cuts things of one level into nodes and puts them."""

    def __init__(self, storage: ObjectStorage, level: int) -> None:
        self.nodes: list[TreeChild] = []
        self.open: list[Any] = []
        self.like: tuple[Oid, ...] = ()
        self._storage = storage
        self._level = level

    def add(self, key: bytes, thing: Item | TreeChild) -> None:
        """The next thing; ends a node behind it where one ends."""
        things = self.open
        things.append(thing)
        count = len(things)
        if count == MAX_ITEMS or (count >= MIN_ITEMS and ends_tree_node(key, self._level)):
            self.end()

    def end(self) -> None:
        """End the open node, if there is one."""
        if self.open:
            things = tuple(self.open)
            node = TreeNode(0, things) if self._level == 0 else TreeNode(self._level, (), things)
            oid = self._storage.put(Kind.TREE, node.to_bytes(), like=self.like)
            totals = node.totals(oid)
            first = _first(node)
            self.nodes.append(TreeChild(first, oid, totals.files, totals.size, totals.records))
            self.open = []


class _Level:
    """One level of an old folder, edited."""

    def __init__(self, storage: ObjectStorage, root: Oid, top: TreeNode, level: int) -> None:
        self._storage = storage
        self._root = root
        self._top = top
        self._level = level

    def apply(self, edits: _Edits) -> _Edits:
        """Edit the things of this level.

        Returns:
            what that changes one level up: first name -> new node, or None for one that is gone.
        """
        changed: dict[bytes, TreeChild | None] = {}
        old: dict[bytes, Oid] = {}
        keys = sorted(edits)
        at = 0
        while at < len(keys):
            cutter = _Cutter(self._storage, self._level)
            for first, oid, node, bound in self._nodes_from(keys[at]):
                old[first] = oid
                changed[first] = None
                cutter.like = (oid,)
                start = at
                at = len(keys) if bound is None else bisect_left(keys, bound, start)
                for thing in self._merged(node, [(key, edits[key]) for key in keys[start:at]]):
                    cutter.add(thing[0], thing)
                if not cutter.open:
                    break
            cutter.end()
            changed.update((node.first, node) for node in cutter.nodes)
        return {
            key: node for key, node in changed.items() if node is None or old.get(key) != node.oid
        }

    def _merged(self, node: TreeNode, edits: list[tuple[bytes, Any]]) -> Iterator[Any]:
        """The things of an old node with the edits that fall into it, in order."""
        at = 0
        for thing in node.children or node.items:
            key = thing[0]
            while at < len(edits) and edits[at][0] < key:
                yield from self._resolved(edits[at][0], None, edits[at][1])
                at += 1
            if at < len(edits) and edits[at][0] == key:
                yield from self._resolved(key, thing, edits[at][1])
                at += 1
            else:
                yield thing
        for key, edit in edits[at:]:
            yield from self._resolved(key, None, edit)

    def _resolved(self, key: bytes, old: Any, edit: Any) -> Iterable[Any]:
        if self._level:
            return () if edit is None else (edit,)
        entry = _resolve(self._storage, key, old.entry if old else None, edit)
        return () if entry is None else (Item(key, entry),)

    def _nodes_from(self, key: bytes) -> Iterator[tuple[bytes, Oid, TreeNode, bytes | None]]:
        """The node where `key` belongs and those behind it.

        Yields:
            its first name as the level above has it, its oid, itself, and the next one's first
            name, or None for the last.
        """
        yield from self._descend(self._root, self._top, _first(self._top), key, None)

    def _descend(
        self, oid: Oid, node: TreeNode, first: bytes, key: bytes, bound: bytes | None
    ) -> Iterator[tuple[bytes, Oid, TreeNode, bytes | None]]:
        if node.level == self._level:
            yield first, oid, node, bound
            return
        children = node.children
        start = max(0, bisect_right(children, key, key=lambda child: child.first) - 1)
        for at in range(start, len(children)):
            child = children[at]
            behind = children[at + 1].first if at + 1 < len(children) else bound
            below = read_tree_node(self._storage, child.oid, node.level - 1)
            yield from self._descend(child.oid, below, child.first, key, behind)


def _first(node: TreeNode) -> bytes:
    things: tuple[Any, ...] = node.children or node.items
    return things[0][0] if things else b""


def _resolve(
    storage: ObjectStorage, name: bytes, old: Entry | None, edit: PathEdit
) -> Entry | None:
    """What stands at a name behind its edit."""
    if edit.file is not None:
        if any(below.adds() for below in edit.below.values()):
            shown = name.decode("utf-8", "replace")
            raise PathError(f"`{shown}` cannot be a file and a folder at once.")
        return edit.file
    if isinstance(old, Folder) and not edit.below:
        return old
    if edit.below:
        folder = _edit_folder(
            storage, old.oid if isinstance(old, Folder) else EMPTY_TREE, edit.below
        )
        if folder.files:
            return folder
    return old if isinstance(old, FileEntry) and not edit.replaces_file else None
