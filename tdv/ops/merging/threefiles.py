"""The files that a merge has to look at, each in its three versions; renames are followed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tdv.model.entry import FileEntry
from tdv.model.oid import Oid
from tdv.ops.renames import pair_renames
from tdv.store import trees
from tdv.store.access import ObjectReader


class Trees(NamedTuple):
    """Three trees: two sides, and what both come from."""

    base: Oid
    ours: Oid
    theirs: Oid


class Three(NamedTuple):
    """One file in three versions.

    Attributes:
        path: where it stands in the merged tree.
        base, ours, theirs: None where there is none.
        base_path, ours_path, theirs_path: where they stand, where that is elsewhere.
        renamed: one side renamed it.
    """

    path: bytes
    base: FileEntry | None
    ours: FileEntry | None
    theirs: FileEntry | None
    base_path: bytes = b""
    ours_path: bytes = b""
    theirs_path: bytes = b""

    @property
    def renamed(self) -> bool:
        """Whether one side renamed it."""
        return bool(self.base_path)


class _Change(NamedTuple):
    old: FileEntry | None
    new: FileEntry | None


_Changes = dict[bytes, _Change]


def three_ways(reader: ObjectReader, sides: Trees) -> Iterator[Three]:
    """The files that their side changed, and those that it renamed or that ours did meanwhile.

    A file that one side renamed, with the same content, and the other changed stands under its
    new name.
    """
    theirs = _changes(reader, sides.base, sides.theirs)
    if not theirs:
        return
    ours = _changes(reader, sides.base, sides.ours)
    followed = [*_followed(ours, theirs), *map(_swapped, _followed(theirs, ours))]
    done: set[bytes] = set()
    for three in followed:
        done |= {three.path, three.base_path}
        yield three
    for path, (old, new) in theirs.items():
        if path not in done:
            yield Three(path, old, ours[path].new if path in ours else old, new)


def _changes(reader: ObjectReader, old: Oid, new: Oid) -> _Changes:
    return {
        change.path: _Change(change.old, change.new) for change in trees.compare(reader, old, new)
    }


def _followed(ours: _Changes, theirs: _Changes) -> Iterator[Three]:
    """The files that theirs renamed and ours changed or removed."""
    gone = [
        (path, change.old.content_key())
        for path, change in theirs.items()
        if change.new is None and change.old is not None and change.old.size
    ]
    came = [
        (path, change.new.content_key())
        for path, change in theirs.items()
        if change.old is None and change.new is not None
    ]
    ours_came = {
        change.new.content_key()
        for change in ours.values()
        if change.old is None and change.new is not None
    }
    for new, old in pair_renames(gone, came).items():
        if old not in ours or new in ours:
            continue
        base, mine = ours[old]
        if mine is None and base is not None and base.content_key() in ours_came:
            continue  # both renamed it; the two names stand side by side
        held = old if mine is not None else b""
        yield Three(new, base, mine, theirs[new].new, old, held, new)


def _swapped(three: Three) -> Three:
    return three._replace(
        ours=three.theirs,
        theirs=three.ours,
        ours_path=three.theirs_path,
        theirs_path=three.ours_path,
    )
