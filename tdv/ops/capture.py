"""Keep what a command does to files of the working copy, so that it can be undone."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Collection, Iterable

from tdv.formats.ingest import ingest
from tdv.model.entry import FileEntry
from tdv.model.oid import Oid
from tdv.model.operation import FilesChange
from tdv.repo import interruption
from tdv.repo.repository import Repo
from tdv.repo.tracking import FolderEntries
from tdv.repo.transition import Transition
from tdv.repo.unstaged import Unstaged
from tdv.repo.worktree import join, mode_of
from tdv.store import trees
from tdv.store.writer import ObjectWriter


def capture(
    repo: Repo, writer: ObjectWriter, paths: Iterable[bytes]
) -> dict[bytes, FileEntry | None]:
    """Store files of the working copy; their entries, None where no tree can hold what is there.

    The caller publishes.

    Raises:
        FileChanged: a file is being written to.
        OSError: one cannot be read.
    """
    kept: dict[bytes, FileEntry | None] = {}
    staged = FolderEntries(repo.store, repo.stage())  # edits are stored as deltas against it
    for path in sorted(paths, key=lambda path: path.split(b"/")):
        stat = os.lstat(join(os.fsencode(repo.root), path))
        mode = mode_of(stat)
        kept[path] = None
        if mode is not None:
            source = repo.root / os.fsdecode(path)
            old = staged.get(path)
            kept[path] = ingest(source, path, mode, writer, repo.store, old, repo.cut)
    return kept


def entries_now(
    repo: Repo, writer: ObjectWriter, differing: Collection[Unstaged]
) -> dict[bytes, FileEntry | None]:
    """What files that differ from the stage are, each stored; None for a file that is not there."""
    found: dict[bytes, FileEntry | None] = {}
    for each in differing:
        if each.mode is None or not each.same_content:
            found[each.path] = None
        else:
            found[each.path] = dataclasses.replace(each.entry, mode=each.mode)
    edited = [each.path for each in differing if each.mode and not each.same_content]
    return {**found, **capture(repo, writer, edited)}


def tree_before(repo: Repo, writer: ObjectWriter, move: Transition, base: Oid) -> Oid:
    """The tree of what the files of the steps are now; what is stored nowhere is stored.

    Nothing is written when they are what the steps expect. The caller publishes.

    Args:
        move: surveyed.
        base: the tree that the steps' `old` come from.
    """
    was = {**move.before, **capture(repo, writer, move.replaced)}
    return trees.update(writer, base, was) if was else base


def removed_before(repo: Repo, gone: Callable[[bytes], bool]) -> dict[bytes, FileEntry | None]:
    """What stood at paths where nothing is, and from which interrupted commands removed it.

    Args:
        gone: whether a path is asked for and nothing is there.
    """
    found: dict[bytes, FileEntry | None] = {}
    for change in known_interruptions(repo):
        for path, was, left in trees.compare(repo.store, *change):
            if was is not None and left is None and gone(path):
                found[path] = was
    return found


def known_interruptions(repo: Repo) -> list[FilesChange]:
    """What interrupted commands were doing, as far as it is still stored."""
    return [
        change
        for change in interruption.interrupted(repo.folder)
        if all(oid == trees.EMPTY_TREE or repo.store.has(oid) for oid in change)
    ]
