"""What a repository's versions are made of: which objects are new, which old, and where in a file.

Old chunks are placed on the newest version of their file: between two chunks or nodes whose place
is known, what stands there is placed by relative offset. So versions of the same region come
together, and the cost follows what changed from version to version.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from tdv.model.commit import Commit
from tdv.model.entry import FileEntry
from tdv.model.names import check_depth
from tdv.model.oid import Kind, Oid
from tdv.model.tag import NOTE_FORMAT, Tag
from tdv.ops.progress import Progress
from tdv.store.seqread import read_node
from tdv.store.trees import EMPTY_TREE, read_tree_node

if TYPE_CHECKING:
    from tdv.store.objects import ObjectStore


class Place(NamedTuple):
    """Where a chunk or a sequence node stands.

    Attributes:
        line: number of the file's line of versions.
        start: its first byte, on the scale of the newest version.
    """

    line: int
    start: float
    size: int


@dataclass
class Line:
    """The versions of one file, renamed or not.

    Attributes:
        size: bytes of the newest version's sequence.
        newest: its chunks with where they start; empty when no kept version has the file.
    """

    size: int = 0
    newest: list[tuple[Oid, Place]] = field(default_factory=list)


class _Item(NamedTuple):
    oid: Oid
    size: int
    known: Place | None


class Survey:
    """Walks over versions, the newest first; each object is entered once.

    Attributes:
        kept: objects of the versions that stay as they are, with their kinds.
        old: all others, in the order in which they were met.
        places: of old and kept chunks and sequence nodes.
        lines: of files, in the order in which they were met.
        paths: of old trees.
    """

    def __init__(self, store: ObjectStore, progress: Progress) -> None:
        self._store = store
        self._progress = progress
        self._paths: dict[bytes, int] = {}
        self._keeping = True
        self.kept: dict[Oid, Kind] = {}
        self.old: dict[Oid, Kind] = {}
        self.places: dict[Oid, Place] = {}
        self.lines: list[Line] = []
        self.paths: dict[Oid, bytes] = {}

    def keep(self, roots: Iterable[Oid], versions: int) -> None:
        """Meet what stays as it is: trees, and commits with those before them.

        Args:
            versions: how many commits, along first parents, each root commit stands for.
        """
        for root in roots:
            oid: Oid | None = root
            for _ in range(versions):
                oid = None if oid is None else self._enter(oid)
                if oid is None:
                    break

    def walk(self, roots: Iterable[Oid]) -> None:
        """Meet everything else that these roots lead to, by the time of the commits.

        Of commits of the same second those come first that are named first.
        """
        self._keeping = False
        waiting: list[tuple[int, int, Oid]] = []
        seen: set[Oid] = set()
        found = list(roots)
        while found or waiting:
            for oid in found:
                if oid not in seen and oid != EMPTY_TREE:
                    seen.add(oid)
                    heapq.heappush(waiting, (self._age(oid), len(seen), oid))
            found = list(self._follow(heapq.heappop(waiting)[2])) if waiting else []

    def has(self, oid: Oid) -> bool:
        """Whether the object was met."""
        return oid in self.kept or oid in self.old or oid == EMPTY_TREE

    def files_of(self, oid: Oid) -> list[bytes]:
        """The paths, in whichever version, of the file in which a chunk or a node was met."""
        place = self.places.get(oid)
        return [path for path, line in self._paths.items() if place and line == place.line]

    def _age(self, oid: Oid) -> int:
        """Trees and tags first, then commits, the newest first."""
        if self._store.info(oid).kind != Kind.COMMIT:
            return -(1 << 62)
        return -Commit.from_bytes(self._store.get(oid, Kind.COMMIT)).committer.seconds

    def _follow(self, oid: Oid) -> Iterator[Oid]:
        kind = self._store.info(oid).kind
        if kind == Kind.COMMIT:
            commit = Commit.from_bytes(self._store.get(oid, kind))
            if self._meet(oid, kind):
                self._progress.advance()
                self._tree(commit.tree, b"")
            yield from commit.parents
            return
        following = self._enter(oid)
        if following is not None:
            yield following

    def _enter(self, oid: Oid) -> Oid | None:
        """Meet a root with its content; the commit that follows it, if any."""
        if oid == EMPTY_TREE:
            return None
        kind = self._store.info(oid).kind
        payload = self._store.get(oid, kind)
        if kind == Kind.COMMIT:
            commit = Commit.from_bytes(payload)
            if self._meet(oid, kind):
                self._progress.advance()
                self._tree(commit.tree, b"")
            return commit.parents[0] if commit.parents else None
        if kind == Kind.TAG:
            self._meet(oid, kind)
            return Tag.from_bytes(payload).target
        if kind == Kind.TREE:
            self._tree(oid, b"")
        else:
            self._meet(oid, kind)
        return None

    def _meet(self, oid: Oid, kind: Kind) -> bool:
        """Note an object; whether it is new."""
        if oid in self.kept or oid in self.old:
            return False
        (self.kept if self._keeping else self.old)[oid] = kind
        return True

    def _tree(self, oid: Oid, path: bytes) -> None:
        if oid == EMPTY_TREE or not self._meet(oid, Kind.TREE):
            return
        check_depth(path)
        if not self._keeping:
            self.paths[oid] = path
        node = read_tree_node(self._store, oid)
        for child in node.children:
            self._tree(child.oid, path)
        for name, entry in node.items:
            below = path + b"/" + name if path else name
            if isinstance(entry, FileEntry):
                self._file(entry, below)
            else:
                self._tree(entry.oid, below)

    def _file(self, entry: FileEntry, path: bytes) -> None:
        if entry.format == NOTE_FORMAT:
            for oid in entry.references():
                self._meet(oid, Kind.NOTE)
            return
        if entry.root is not None and entry.root not in self.places:
            self._sequence(entry, entry.root, path)
        for affix in (entry.prefix, entry.suffix):
            if isinstance(affix, Oid) and self._meet(affix, Kind.CHUNK):
                line = self._paths.get(path)
                number = self._new_line(path) if line is None else line
                self.places[affix] = Place(number, 0.0, 1 << 10)

    def _sequence(self, entry: FileEntry, root: Oid, path: bytes) -> None:
        items: list[_Item] = []
        nodes: list[tuple[Oid, int, int]] = []
        self._flatten(root, entry.size, entry.height, items, nodes)
        number = self._line_of(path, items)
        line = self.lines[number]
        if not line.size:
            line.size = sum(item.size for item in items)
        starts = _starts(items, number, line.size)
        for oid, at, size in nodes:
            self.places[oid] = Place(number, starts[at], size)
        fresh = self._keeping and not line.newest
        for item, start in zip(items, starts, strict=True):
            place = item.known or Place(number, start, item.size)
            if item.known is None:
                self.places[item.oid] = place
            if fresh and self.kept.get(item.oid) == Kind.CHUNK:
                line.newest.append((item.oid, place._replace(line=number, start=start)))

    def _flatten(
        self,
        oid: Oid,
        size: int,
        height: int,
        items: list[_Item],
        nodes: list[tuple[Oid, int, int]],
    ) -> None:
        """The chunks below a node; a node that was met before stands for its own."""
        known = self.places.get(oid)
        if known is not None:
            items.append(_Item(oid, size, known))
            return
        if not height:
            self._meet(oid, Kind.CHUNK)
            items.append(_Item(oid, size, None))
            return
        self._meet(oid, Kind.NODE)
        node = read_node(self._store, oid, height - 1)
        at = len(items)
        for child in node.children:
            self._flatten(child.oid, child.size, height - 1, items, nodes)
        nodes.append((oid, at, node.size))

    def _line_of(self, path: bytes, items: list[_Item]) -> int:
        """The line of a path; of one met for the first time, that with most of its chunks."""
        number = self._paths.get(path)
        if number is None:
            known = Counter(item.known.line for item in items if item.known is not None)
            number = known.most_common(1)[0][0] if known else self._new_line(path)
            self._paths[path] = number
        return number

    def _new_line(self, path: bytes) -> int:
        self.lines.append(Line())
        self._paths[path] = len(self.lines) - 1
        return len(self.lines) - 1


def _starts(items: list[_Item], line: int, end: int) -> list[float]:
    """Where each item starts on the scale of the newest version."""
    starts: list[float] = []
    at, last = 0, 0.0
    while at < len(items):
        known = items[at].known
        if known is not None and known.line == line:
            starts.append(known.start)
            last = known.start + items[at].size
            at += 1
            continue
        stop = at
        while stop < len(items) and (items[stop].known or _NOWHERE).line != line:
            stop += 1
        following = items[stop].known if stop < len(items) else None
        room = (max(end, last) if following is None else following.start) - last
        total = sum(item.size for item in items[at:stop]) or 1
        done = 0
        for item in items[at:stop]:
            starts.append(last + room * done / total)
            done += item.size
        at = stop
    return starts


_NOWHERE = Place(-1, 0.0, 0)
