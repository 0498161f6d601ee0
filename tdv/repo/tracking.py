"""The stat cache of a repository, brought in step with a stage."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from tdv.errors import IntegrityError
from tdv.model.entry import FileEntry, Folder
from tdv.model.oid import Oid
from tdv.repo import layout
from tdv.repo.statcache import StatCache, entry_key
from tdv.store.access import ObjectReader

STATS = "stat"
# A lookup reads up to four nodes, of 64 items on average.
FILES_PER_LOOKUP = 256


class Tracked(Protocol):
    """What is needed of a repository."""

    @property
    def folder(self) -> Path: ...

    @property
    def store(self) -> ObjectReader: ...


def load_cache(repo: Tracked, stage: Oid) -> StatCache:
    """What is known of the files of the working copy, with a record for each file of `stage`.

    When the cache was written for that very stage, no object is read.
    """
    cache = StatCache.load(repo.folder / layout.CACHE / STATS)
    if cache is not None and cache.stage != stage:
        try:
            follow(cache, repo.store, stage)
        except IntegrityError:
            cache = None  # the tree that it was in step with is no longer stored
    if cache is None:
        from tdv.store.trees import walk

        cache = StatCache(stage)
        for path, entry in walk(repo.store, stage):
            cache.put(path, entry_key(entry))
    return cache


def follow(cache: StatCache, reader: ObjectReader, stage: Oid) -> None:
    """Bring a cache in step with another stage, at the cost of what differs."""
    from tdv.store.trees import compare

    for path, _, new in compare(reader, cache.stage, stage):
        if new is None:
            cache.drop(path)
        else:
            cache.put(path, entry_key(new))
    cache.stage = stage
    cache.changed = True


def save_cache(repo: Tracked, cache: StatCache) -> None:
    """Keep what was learned, if anything was."""
    if cache.changed:
        cache.save(repo.folder / layout.CACHE / STATS, repo.folder / layout.TMP)


class FolderEntries:
    """The entries of one tree, a folder at a time: for paths that come in order of folders.

    The first files of a folder are looked up one by one, and the folder is read whole once that
    would have been cheaper: one file of 100,000 costs 1 ms, and all of them about twice their list.
    """

    def __init__(self, reader: ObjectReader, tree: Oid) -> None:
        self._reader = reader
        self._tree = tree
        self._path: bytes | None = None
        self._folder: Oid | None = None  # None where there is no folder at that path
        self._files: dict[bytes, FileEntry] | None = None
        self._lookups = 0  # how many are left for this folder

    def get(self, path: bytes) -> FileEntry | None:
        """The file at a path, or None."""
        folder, _, name = path.rpartition(b"/")
        if folder != self._path:
            self._enter(folder)
        if self._folder is None:
            return None
        if self._files is not None:
            return self._files.get(name)
        if not self._lookups:
            self._files = self._list(self._folder)
            return self._files.get(name)
        from tdv.store.trees import lookup

        self._lookups -= 1
        entry = lookup(self._reader, self._folder, name)
        return entry if isinstance(entry, FileEntry) else None

    def _enter(self, path: bytes) -> None:
        from tdv.store.trees import lookup, read_tree_node

        self._path, self._files = path, None
        found = lookup(self._reader, self._tree, path)
        self._folder = found.oid if isinstance(found, Folder) else None
        if self._folder is not None:
            totals = read_tree_node(self._reader, self._folder).totals(self._folder)
            self._lookups = totals.files // FILES_PER_LOOKUP

    def _list(self, folder: Oid) -> dict[bytes, FileEntry]:
        from tdv.store.trees import items_of

        return {
            name: entry
            for name, entry in items_of(self._reader, folder)
            if isinstance(entry, FileEntry)
        }
