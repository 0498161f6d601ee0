"""One side of a file's comparison: stored, or as it lies in the working copy."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from tdv.model.entry import FileEntry, Mode
from tdv.ops.progress import SILENT, Progress

if TYPE_CHECKING:
    from tdv.formats.contents import Contents
    from tdv.formats.cut import Cut
    from tdv.formats.scan import Scanned
    from tdv.store.access import ObjectReader


class Version(ABC):
    """A file as one side has it.

    Attributes:
        mode: FILE, EXECUTABLE or SYMLINK.
        size: in bytes.
        entry: what a tree says or would say of it; a working file is read for it.
        contents: its bytes, records and rows.
    """

    mode: Mode
    size: int

    @property
    @abstractmethod
    def entry(self) -> FileEntry: ...

    @property
    @abstractmethod
    def contents(self) -> Contents: ...

    @property
    def is_link(self) -> bool:
        """Whether it is a symbolic link."""
        return self.mode is Mode.SYMLINK

    @cached_property
    def has_rows(self) -> bool:
        """Whether its format has rows; that of a link has none."""
        return not self.is_link and format_has_rows(self.entry.format)

    def same_bytes(self, other: Version) -> bool:
        """Whether both are the same bytes in the same format."""
        return self.size == other.size and self.entry.same_content(other.entry)


class StoredVersion(Version):
    """A file of a tree."""

    def __init__(self, entry: FileEntry, reader: ObjectReader) -> None:
        self.mode = entry.mode
        self.size = entry.size
        self._entry = entry
        self._reader = reader

    @property
    def entry(self) -> FileEntry:
        """What the tree says of it."""
        return self._entry

    @cached_property
    def contents(self) -> Contents:
        """Its bytes, records and rows."""
        from tdv.formats.contents import Contents

        return Contents(self._entry, self._reader)


class WorkingVersion(Version):
    """A file of the working copy, which is read when more than its stat is asked for."""

    def __init__(
        self,
        root: Path,
        path: bytes,
        mode: Mode,
        size: int,
        cut: Cut,
        progress: Progress = SILENT,
    ) -> None:
        self.mode = mode
        self.size = size
        self._root, self._path, self._cut, self._progress = root, path, cut, progress

    @property
    def entry(self) -> FileEntry:
        """What `add` would put into the stage."""
        return self._scanned.entry

    @cached_property
    def contents(self) -> Contents:
        """Its bytes, records and rows; FileChanged when it is written to meanwhile."""
        from tdv.formats.contents import Contents

        return Contents(self._scanned.entry, self._scanned.reader)

    @cached_property
    def _scanned(self) -> Scanned:
        from tdv.formats.scan import scan

        self._progress.step(f"Reading {os.fsdecode(self._path)}")
        return scan(self._root / os.fsdecode(self._path), self._path, self.mode, self._cut)


def format_has_rows(name: str) -> bool:
    """Whether files of that format have rows."""
    if name == "blob":
        return False
    from tdv.formats.registry import format_named

    return format_named(name).has_rows
