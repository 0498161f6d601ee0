"""Rows that changed in the files of a status: counted once, then remembered."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from tdv.errors import ConfigError
from tdv.model.entry import FileEntry, Mode
from tdv.ops.progress import Progress
from tdv.ops.version import format_has_rows
from tdv.repo.repository import Repo
from tdv.repo.rowcounts import RowCountCache
from tdv.repo.statcache import entry_key
from tdv.repo.unstaged import Comparison, Unstaged
from tdv.rowdiff.changes import RowCounts
from tdv.store.access import ObjectReader

if TYPE_CHECKING:
    from tdv.ops.status import Change
    from tdv.repo.datasets import Datasets


class RowCounter:
    """Counts the rows that differ between two entries of a path.

    What has no rows has no counts, nor has what unpacks to over 200 times its size. `save` keeps
    what was counted.
    """

    def __init__(self, repo: Repo, progress: Progress) -> None:
        self._repo = repo
        self._progress = progress
        self._cache = RowCountCache(repo.folder)

    def staged(self, changes: Sequence[Change]) -> list[Change]:
        """The changes between HEAD and the stage with their counts."""
        counted = []
        for change in changes:
            rows = change.rows
            if change.old_path is None and not change.mode_only:
                rows = self._entries(change.path, change.old, change.new)
            counted.append(replace(change, rows=rows))
        return counted

    def unstaged(
        self, changes: Sequence[Change], found: Sequence[Unstaged], comparison: Comparison
    ) -> list[Change]:
        """The changes between the stage and the working copy with their counts.

        Args:
            found: what the changes were made of, in the same order.
            comparison: knows what was read before, and learns what is read now.
        """
        return [
            replace(change, rows=self._working(each, comparison))
            for change, each in zip(changes, found, strict=True)
        ]

    def save(self) -> None:
        """Keep what was counted."""
        self._cache.save()

    def _entries(
        self, path: bytes, old: FileEntry | None, new: FileEntry | None
    ) -> RowCounts | None:
        if old is None or new is None:
            entry = new or old
            if entry is None or not _has_rows(entry) or entry.records is None:
                return None
            return RowCounts(added=entry.records) if new else RowCounts(removed=entry.records)
        if not _has_rows(old) or not _has_rows(new):
            return None
        fields = _key(self._staged_datasets, path)
        names = entry_key(old), entry_key(new)
        counts = self._cache.get(*names, fields)
        if counts is None:
            self._progress.step(f"Counting rows of {os.fsdecode(path)}", unit="bytes")
            counts = self._count(old, new, self._repo.store, fields)
            if counts is not None:
                self._cache.put(*names, fields, counts)
        return counts

    def _working(self, found: Unstaged, comparison: Comparison) -> RowCounts | None:
        path, old, stat, same_content = found
        if stat is None:
            return self._entries(path, old, None)
        mode = found.mode
        if same_content or mode is None or Mode.SYMLINK in (mode, old.mode) or not _has_rows(old):
            return None
        fields = _key(self._working_datasets, path)
        known = comparison.known(path, stat)
        counts = None if known is None else self._cache.get(entry_key(old), known, fields)
        if counts is None:
            from tdv.formats.scan import scan

            comparison.clock()
            self._progress.step(f"Counting rows of {os.fsdecode(path)}", unit="bytes")
            new, reader = scan(self._repo.root / os.fsdecode(path), path, mode, self._repo.cut)
            comparison.learn(path, stat, new)
            if not _has_rows(new):
                return None
            counts = self._count(old, new, reader, fields)
            if counts is not None:
                self._cache.put(entry_key(old), entry_key(new), fields, counts)
        return counts

    def _count(
        self, old: FileEntry, new: FileEntry, reader: ObjectReader, fields: Sequence[str]
    ) -> RowCounts | None:
        """The counts; None where a file unpacks to far more than it has bytes."""
        from tdv.ops.boundedcontents import BoundedContents, TooMuch
        from tdv.rowdiff.rows import count_rows

        before = BoundedContents(old, self._repo.store, self._progress)
        after = BoundedContents(new, reader, self._progress)
        try:
            return count_rows(before, after, fields)
        except TooMuch:
            return None

    @cached_property
    def _staged_datasets(self) -> Datasets:
        from tdv.repo.datasets import Datasets

        return _readable(lambda: Datasets.of_tree(self._repo.store, self._repo.stage()))

    @cached_property
    def _working_datasets(self) -> Datasets:
        from tdv.repo.datasets import Datasets

        return _readable(lambda: Datasets.of_working_copy(self._repo.root))


def _readable(read: Callable[[], Datasets]) -> Datasets:
    """What a `tdv.toml` says; nothing when it is broken, for then above all a status is needed."""
    from tdv.repo.datasets import Datasets

    try:
        return read()
    except ConfigError:
        return Datasets()


def _key(datasets: Datasets, path: bytes) -> tuple[str, ...]:
    return datasets.key_for(path) or ()


def _has_rows(entry: FileEntry) -> bool:
    return entry.mode is not Mode.SYMLINK and format_has_rows(entry.format)
