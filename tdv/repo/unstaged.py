"""In which files the working copy differs from the stage."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

from tdv.model.entry import FileEntry, Mode
from tdv.repo import layout
from tdv.repo.content import same_bytes
from tdv.repo.statcache import (
    NO_KEY,
    NO_SIGNATURE,
    StatCache,
    entry_key,
    filesystem_clock,
    is_unchanged,
    known_key,
    settled,
    signature,
)
from tdv.repo.tracking import FolderEntries, Tracked
from tdv.repo.worktree import FolderView, WorkingCopy, behind_link, join, mode_of


class HasWorkingCopy(Tracked, Protocol):
    """What is needed of a repository."""

    @property
    def root(self) -> Path: ...


class Unstaged(NamedTuple):
    """A file of the stage that the working copy does not hold alike.

    Attributes:
        path: inside the repository.
        entry: what the stage has.
        stat: of the file on disk; None when there is none.
        same_content: only the executable bit differs.
    """

    path: bytes
    entry: FileEntry
    stat: os.stat_result | None
    same_content: bool

    @property
    def mode(self) -> Mode | None:
        """What a tree would say of the file on disk; None when there is none."""
        return None if self.stat is None else mode_of(self.stat)


class Comparison:
    """Holds files of the working copy against the stage, and teaches the cache what it learns.

    Args:
        cache: in step with the stage. Its owner saves it.
    """

    def __init__(self, repo: HasWorkingCopy, cache: StatCache) -> None:
        self._root = os.fsencode(repo.root)
        self._scratch = repo.folder / layout.TMP
        self._reader = repo.store
        self._cache = cache
        self._entries = FolderEntries(repo.store, cache.stage)
        self._clock: int | None = None

    def walk(self, working: WorkingCopy) -> Iterator[Unstaged]:
        """Every selected file of the stage that differs."""
        for view in working.views():
            yield from self.of(view)

    def of(self, view: FolderView) -> list[Unstaged]:
        """The files of one folder that differ, in order."""
        missing = (self.missing(view.path(name)) for name in view.missing)
        different = (self.differs(view.path(name), stat) for name, stat in view.suspects)
        return sorted(
            (each for each in (*missing, *different) if each is not None),
            key=lambda each: each.path,
        )

    def missing(self, path: bytes) -> Unstaged | None:
        """A file of the stage that is not on disk."""
        entry = self._entries.get(path)
        return None if entry is None else Unstaged(path, entry, None, False)

    def at(self, path: bytes) -> Unstaged | None:
        """How the file at a path of the stage differs, or None when it does not."""
        try:
            stat = os.lstat(join(self._root, path))
        except (FileNotFoundError, NotADirectoryError):
            return self.missing(path)
        if behind_link(self._root, path) is not None or mode_of(stat) is None:
            return self.missing(path)
        return self.differs(path, stat)

    def differs(self, path: bytes, stat: os.stat_result) -> Unstaged | None:
        """How a file with that stat differs; it is read when the cache cannot tell.

        Raises:
            StorageError: it cannot be read.
        """
        record, signed = self._cache.get(path), signature(stat)
        if record is None or is_unchanged(record, signed):
            return None
        entry = self._entries.get(path)
        mode = mode_of(stat)
        if entry is None or mode is None:
            return None
        here = dataclasses.replace(entry, mode=mode)
        known = known_key(record, signed)
        if known is not None:
            same = known == entry_key(here)
        else:
            clock = self.clock()
            same = same_bytes(join(self._root, path), stat, entry, self._reader)
            folder, _, name = path.rpartition(b"/")
            sure = settled(stat, clock)
            self._cache.learn(
                folder, name, signed if sure else NO_SIGNATURE, entry_key(here) if same else NO_KEY
            )
        return None if same and mode == entry.mode else Unstaged(path, entry, stat, same)

    def learn(self, path: bytes, stat: os.stat_result, entry: FileEntry) -> None:
        """Note what a file that was read with that stat is; call `clock` before reading it."""
        if settled(stat, self.clock()):
            folder, _, name = path.rpartition(b"/")
            self._cache.learn(folder, name, signature(stat), entry_key(entry))

    def known(self, path: bytes, stat: os.stat_result) -> bytes | None:
        """Key of the entry that a file with that stat is, when that is known."""
        record = self._cache.get(path)
        key = None if record is None else known_key(record, signature(stat))
        return None if key == NO_KEY else key

    def clock(self) -> int:
        """The file system's time before anything was read."""
        if self._clock is None:
            self._clock = filesystem_clock(self._scratch)
        return self._clock
