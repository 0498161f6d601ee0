"""Commits in order, and how they descend from one another.

Commits are read through a function, so that history can be walked without a repository.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeAlias, TypeVar

from tdv.model.commit import Commit
from tdv.model.oid import Oid
from tdv.store import trees
from tdv.store.access import ObjectReader

ReadCommit: TypeAlias = Callable[[Oid], Commit]
T = TypeVar("T")


class Logged(NamedTuple):
    """A commit and its oid."""

    oid: Oid
    commit: Commit


@dataclass(frozen=True, slots=True)
class Filter:
    """Which commits a log shows.

    Attributes:
        paths: show commits that changed one of these files or folders; () shows all.
        since, until: seconds since 1970, by the committer's time, both included.
        author: part of `Name <e-mail>`, whatever the case of the letters.
        grep: part of the message, likewise.
    """

    paths: tuple[bytes, ...] = ()
    since: int | None = None
    until: int | None = None
    author: str = ""
    grep: str = ""

    def accepts(self, commit: Commit) -> bool:
        """Whether the commit passes, its paths aside."""
        seconds = commit.committer.seconds
        if self.since is not None and seconds < self.since:
            return False
        if self.until is not None and seconds > self.until:
            return False
        person = f"{commit.author.name} <{commit.author.email}>".lower()
        return self.author.lower() in person and self.grep.lower() in commit.message.lower()


class NewestFirst(Generic[T]):
    """Commits that are still to be looked at, each with what is known of it.

    Iteration takes them out, newest first by committer's time; others may be put in meanwhile.
    """

    def __init__(self, read: ReadCommit) -> None:
        self._read = read
        self._pending: list[tuple[int, int, Oid, T]] = []
        self._count = 0

    def push(self, oid: Oid, known: T) -> None:
        """One more commit; of the same second, those that were put in first come first."""
        self._count += 1
        age = -self._read(oid).committer.seconds
        heapq.heappush(self._pending, (age, self._count, oid, known))

    def __iter__(self) -> Iterator[tuple[Oid, T]]:
        while self._pending:
            yield heapq.heappop(self._pending)[2:]


def walk(read: ReadCommit, starts: Iterable[Oid], hidden: Sequence[Oid] = ()) -> Iterator[Logged]:
    """Commits reachable from some, newest first by committer's time, children before parents.

    Those reachable from a `hidden` one are left out.

    Where history is one line, a commit is read just before it is yielded; where lines run side
    by side, up to where they meet again, since clocks that differ would mix them up.
    """
    pending: list[tuple[int, int, Oid]] = []
    commits: dict[Oid, Commit] = {}
    behind = reachable(read, hidden)
    seen = set(behind)

    def push(oid: Oid) -> None:
        if oid not in seen:
            commits[oid] = read(oid)
            heapq.heappush(pending, (-commits[oid].committer.seconds, len(seen), oid))
            seen.add(oid)

    for oid in starts:
        push(oid)
    block: list[Oid] = []
    rooted = False
    while pending:
        # All lines of history so far run through a commit that is alone here, unless one of
        # them has ended: then this one may be a child of what was read.
        if len(pending) == 1 and not rooted:
            yield from _ordered(block, commits)
            block = []
        oid = heapq.heappop(pending)[2]
        block.append(oid)
        parents = commits[oid].parents
        for parent in parents:
            push(parent)
        rooted = rooted or behind.issuperset(parents)
    yield from _ordered(block, commits)


def reachable(read: ReadCommit, tips: Iterable[Oid]) -> set[Oid]:
    """The commits that are reachable from some, themselves included."""
    found: set[Oid] = set()
    pending = list(tips)
    while pending:
        oid = pending.pop()
        if oid not in found:
            found.add(oid)
            pending += read(oid).parents
    return found


def log(
    read: ReadCommit,
    objects: ObjectReader,
    starts: Iterable[Oid],
    wanted: Filter,
    *,
    hidden: Sequence[Oid] = (),
) -> Iterator[Logged]:
    """The commits of `walk` that the filter lets pass."""
    for logged in walk(read, starts, hidden):
        if wanted.accepts(logged.commit) and touches(read, objects, logged.commit, wanted.paths):
            yield logged


def touches(
    read: ReadCommit, objects: ObjectReader, commit: Commit, paths: Sequence[bytes]
) -> bool:
    """Whether a commit changed one of the paths; a merge, whether it differs from all parents."""
    if not paths or b"" in paths:
        return True
    mine = [trees.lookup(objects, commit.tree, path) for path in paths]
    if not commit.parents:
        return any(entry is not None for entry in mine)
    for parent in commit.parents:
        tree = read(parent).tree
        if [trees.lookup(objects, tree, path) for path in paths] == mine:
            return False
    return True


def is_ancestor(read: ReadCommit, ancestor: Oid, descendant: Oid) -> bool:
    """Whether a commit is reachable from another; a commit is its own ancestor."""
    return bool(containing(read, [ancestor], [descendant]))


def among_ancestors(read: ReadCommit, wanted: Set[Oid], descendant: Oid) -> set[Oid]:
    """Those of some commits that are reachable from another; reads no further than they lie."""
    found: set[Oid] = set()
    left = set(wanted)
    seen = {descendant}
    pending = deque(seen)
    while pending and left:
        oid = pending.popleft()
        if oid in left:
            left.remove(oid)
            found.add(oid)
        if left:
            parents = [parent for parent in read(oid).parents if parent not in seen]
            seen.update(parents)
            pending += parents
    return found


def containing(read: ReadCommit, wanted: Collection[Oid], tips: Sequence[Oid]) -> set[Oid]:
    """Those of the tips from which one of some commits is reachable.

    Each commit is read once at most.
    """
    reaches = dict.fromkeys(wanted, True)
    for tip in tips:
        pending = [tip]
        while pending:
            oid = pending[-1]
            if oid in reaches:
                pending.pop()
                continue
            parents = read(oid).parents
            unknown = [parent for parent in parents if parent not in reaches]
            if unknown and not any(reaches.get(parent) for parent in parents):
                pending.append(unknown[0])
                continue
            reaches[oid] = any(reaches.get(parent) for parent in parents)
            pending.pop()
    return {tip for tip in tips if reaches[tip]}


def merge_bases(read: ReadCommit, a: Oid, b: Oid) -> list[Oid]:
    """The best common ancestors of two commits: those that no other one of them descends from.

    Newest first; several after a criss-cross merge, none between unrelated histories.
    """
    sides: dict[Oid, int] = {}
    pending: list[tuple[int, int, Oid]] = []
    common: dict[Oid, int] = {}

    def push(oid: Oid, side: int) -> None:
        if sides.get(oid, 0) | side != sides.get(oid, 0):
            sides[oid] = sides.get(oid, 0) | side
            heapq.heappush(pending, (-read(oid).committer.seconds, len(pending), oid))

    push(a, 1)
    push(b, 2)
    # 4 marks what lies below a common ancestor; when only such commits are left, all is known.
    while any(sides[oid] < 4 for _, _, oid in pending):
        age, _, oid = heapq.heappop(pending)
        side = sides[oid]
        if side == 3:
            common[oid] = age
            side = 7
        for parent in read(oid).parents:
            push(parent, side)
    candidates = sorted((oid for oid in common if sides[oid] < 4), key=lambda oid: common[oid])
    return without_ancestors(read, candidates)


def without_ancestors(read: ReadCommit, commits: Sequence[Oid]) -> list[Oid]:
    """Those of a few commits that no other one of them descends from, in the same order."""
    return [
        oid
        for oid in commits
        if not any(other != oid and is_ancestor(read, oid, other) for other in commits)
    ]


def _ordered(block: Sequence[Oid], commits: dict[Oid, Commit]) -> Iterator[Logged]:
    """A closed group of commits, children before parents, otherwise newest first."""
    if len(block) == 1:
        yield Logged(block[0], commits.pop(block[0]))
        return
    children = dict.fromkeys(block, 0)
    for oid in block:
        for parent in commits[oid].parents:
            if parent in children:
                children[parent] += 1
    place = {oid: number for number, oid in enumerate(block)}
    ready = [
        (-commits[oid].committer.seconds, place[oid], oid) for oid in block if not children[oid]
    ]
    heapq.heapify(ready)
    while ready:
        oid = heapq.heappop(ready)[2]
        commit = commits.pop(oid)
        yield Logged(oid, commit)
        for parent in dict.fromkeys(commit.parents):
            if parent in children:
                children[parent] -= commit.parents.count(parent)
                if not children[parent]:
                    entry = (-commits[parent].committer.seconds, place[parent], parent)
                    heapq.heappush(ready, entry)
