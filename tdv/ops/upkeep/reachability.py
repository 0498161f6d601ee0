"""What refs lead to: which objects are missing, and which commits and files damage affects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tdv.errors import ObjectCorrupt, TdvError
from tdv.model.commit import Commit
from tdv.model.entry import FileEntry, Folder
from tdv.model.oid import Kind, Oid
from tdv.model.sequence import SequenceNode
from tdv.model.tag import NOTE_FORMAT, Note, Tag
from tdv.model.tree import TreeNode
from tdv.ops.progress import Progress
from tdv.store.trees import EMPTY_TREE

if TYPE_CHECKING:
    from tdv.store.objects import ObjectStore

# More than a screen of commits or files says no more.
SHOWN = 100


@dataclass(frozen=True)
class Affected:
    """What cannot be read whole: the first hundred commits and paths, and how many there are."""

    commits: tuple[Oid, ...] = ()
    files: tuple[bytes, ...] = ()
    commit_count: int = 0
    file_count: int = 0


NOTHING = Affected()


class Reach:
    """Walks from named objects over commits, trees and sequences, each object once.

    Args:
        bad: objects that are stored but cannot be read; they are not entered.

    Attributes:
        missing: objects that something names and no pack has, with a phrase that says who.
    """

    def __init__(self, store: ObjectStore, bad: Mapping[Oid, str]) -> None:
        self._store = store
        self._bad = bad
        self.missing: dict[Oid, str] = {}
        # For each tree or sequence that damage touches: broken objects below it, by path.
        self._broken: dict[Oid, dict[bytes, set[Oid]]] = {}
        self._done: set[Oid] = set()
        # Of each node of a folder, the first name in it and the last.
        self._ends: dict[Oid, tuple[bytes, bytes]] = {}
        self._commits: dict[Oid, set[Oid]] = {}
        self._paths: dict[Oid, set[bytes]] = {}

    def walk(self, roots: Mapping[Oid, str], progress: Progress) -> int:
        """Follow everything from these objects on; how many commits there are.

        Args:
            roots: commits, tags and trees, with a phrase that says who names them.
        """
        progress.step("Following commits", None, "commits")
        pending = list(roots.items())
        seen: set[Oid] = set()
        commits = 0
        while pending:
            oid, by = pending.pop()
            if oid in seen or oid == EMPTY_TREE or not self._present(oid, f"{by} names it"):
                continue
            seen.add(oid)
            kind = self._store.info(oid).kind
            if kind == Kind.TAG:
                pending += self._tag(oid)
            elif kind == Kind.COMMIT:
                commits += 1
                progress.advance()
                pending += self._commit(oid)
            else:
                self._tree(oid)
        return commits

    def affected(self, oid: Oid) -> Affected:
        """The commits and files that need that broken object."""
        commits = sorted(self._commits.get(oid, ()))
        files = sorted(self._paths.get(oid, ()))
        return Affected(tuple(commits[:SHOWN]), tuple(files[:SHOWN]), len(commits), len(files))

    def _tag(self, oid: Oid) -> list[tuple[Oid, str]]:
        try:
            return [(Tag.from_bytes(self._store.get(oid, Kind.TAG)).target, f"tag {oid}")]
        except TdvError as error:
            self.missing[oid] = error.message.rstrip(".")
            return []

    def _commit(self, oid: Oid) -> list[tuple[Oid, str]]:
        try:
            commit = Commit.from_bytes(self._store.get(oid, Kind.COMMIT))
        except TdvError as error:
            self.missing[oid] = error.message.rstrip(".")
            return []
        broken = {b"": {commit.tree}} if self._gone(commit.tree, f"commit {oid}") else None
        for path, oids in (broken or self._tree(commit.tree)).items():
            for each in oids:
                self._commits.setdefault(each, set()).add(oid)
                if path:
                    self._paths.setdefault(each, set()).add(path)
        return [(parent, f"commit {oid}") for parent in commit.parents]

    def _tree(self, root: Oid) -> dict[bytes, set[Oid]]:
        """Broken objects below a folder, by path inside that folder.

        A folder's nodes and the folders in it come before it, without recursion: trees that
        somebody made up may be as deep as they like.
        """
        pending: list[tuple[Oid, int | None]] = [(root, None)]
        opened: dict[Oid, TreeNode] = {}
        while pending:
            oid, level = pending[-1]
            if oid == EMPTY_TREE or oid in self._done:
                pending.pop()
                continue
            node = opened.get(oid)
            if node is None:
                node = opened[oid] = self._open(oid, level)
                pending += [
                    (below, at)
                    for below, at in _below(node)
                    if below not in self._done and not self._gone(below, f"tree {oid}")
                ]
                continue
            pending.pop()
            del opened[oid]
            self._done.add(oid)
            broken: dict[bytes, set[Oid]] = {b"": {oid}} if oid in self.missing else {}
            for path, found in self._broken_in(oid, node):
                broken.setdefault(path, set()).update(found)
            if broken:
                self._broken[oid] = broken
        return self._broken.get(root, {})

    def _open(self, oid: Oid, level: int | None) -> TreeNode:
        """A node of a folder; one without anything, and noted, when it cannot be read."""
        try:
            payload = self._store.get(oid, Kind.TREE)
            node = TreeNode.from_bytes(payload)
        except TdvError as error:
            self.missing[oid] = error.message.rstrip(".")
            return TreeNode(0)
        if node.to_bytes() != payload:
            self.missing[oid] = "It is a tree that is not written in canonical form"
        elif level not in (None, node.level):
            self.missing[oid] = f"It is a tree of level {node.level} where {level} is needed"
        return node

    def _broken_in(self, oid: Oid, node: TreeNode) -> Iterator[tuple[bytes, set[Oid]]]:
        """Paths in a node, everything below which is known, with what is broken there."""
        for child in node.children:
            if self._gone(child.oid, f"tree {oid}"):
                yield child.first, {child.oid}
            else:
                yield from self._broken.get(child.oid, {}).items()
        if not self._in_order(oid, node):
            self.missing[oid] = "It is a tree whose names are not in order from node to node"
            yield b"", {oid}
        for name, entry in node.items:
            if isinstance(entry, FileEntry):
                found = self._file(entry, f"the entry of {name!r} in tree {oid}")
                if found:
                    yield name, found
            elif self._gone(entry.oid, f"tree {oid}"):
                yield name, {entry.oid}
            else:
                for path, oids in self._broken.get(entry.oid, {}).items():
                    yield name + b"/" + path if path else name, oids

    def _in_order(self, oid: Oid, node: TreeNode) -> bool:
        """Whether the names below a node start where it says, and come one behind the other."""
        last = b""
        for child in node.children:
            first, end = self._ends.get(child.oid, (child.first, child.first))
            if first != child.first or first <= last:
                return False
            last = end
        if node.children:
            self._ends[oid] = node.children[0].first, last
        elif node.items:
            self._ends[oid] = node.items[0].name, node.items[-1].name
        return True

    def _file(self, entry: FileEntry, by: str) -> set[Oid]:
        found = {oid for oid in entry.references() if self._gone(oid, by)}
        if entry.format == NOTE_FORMAT:
            return found or {oid for oid in entry.references() if self._no_note(oid)}
        if entry.root is not None and entry.root not in found and entry.height:
            found |= self._node(entry.root, entry.height - 1)
        return found

    def _no_note(self, oid: Oid) -> bool:
        try:
            Note.from_bytes(self._store.get(oid, Kind.NOTE))
        except TdvError as error:
            self.missing[oid] = error.message.rstrip(".")
        return oid in self.missing

    def _node(self, oid: Oid, level: int) -> set[Oid]:
        if oid in self._done:
            return self._broken.get(oid, {}).get(b"", set())
        self._done.add(oid)
        broken: set[Oid] = set()
        try:
            payload = self._store.get(oid, Kind.NODE)
            node = SequenceNode.from_bytes(payload)
            if node.level != level or node.to_bytes() != payload:
                raise ObjectCorrupt(
                    f"It is a sequence node of level {node.level} where {level} is needed, or not "
                    "written in canonical form."
                )
        except TdvError as error:
            self.missing[oid] = error.message.rstrip(".")
            node, broken = SequenceNode(level, (), 0), {oid}
        for child in node.children:
            if self._gone(child.oid, f"sequence node {oid}"):
                broken.add(child.oid)
            elif level:
                broken |= self._node(child.oid, level - 1)
        if broken:
            self._broken[oid] = {b"": broken}
        return broken

    def _gone(self, oid: Oid, by: str) -> bool:
        return oid != EMPTY_TREE and not self._present(oid, f"{by} names it")

    def _present(self, oid: Oid, needed: str) -> bool:
        """Whether an object can be entered; one that no pack has is noted as missing."""
        if oid in self._bad or oid in self.missing:
            return False
        if self._store.packs.find(oid) is None:
            self.missing[oid] = f"{needed}, and no pack has it"
            return False
        return True


def _below(node: TreeNode) -> Iterator[tuple[Oid, int | None]]:
    """The trees that a node names, and their level where it says so."""
    for child in node.children:
        yield child.oid, node.level - 1
    for _, entry in node.items:
        if isinstance(entry, Folder):
            yield entry.oid, None
