"""Bring files of the working copy to other entries, without losing anybody's work.

First everything that is in the way is found, then files are removed, then written. A file that
already is what it is to become is left as it is, so that a command that was interrupted finishes
when it is run again; and what an interrupted command wrote is never taken for the user's work
(`interruption`).
"""

from __future__ import annotations

import os
import stat as kinds
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from tdv.errors import WorkInTheWay
from tdv.formats.contents import Contents
from tdv.model.entry import FileEntry
from tdv.model.operation import FilesChange
from tdv.repo import layout
from tdv.repo.content import same_bytes
from tdv.repo.safewrite import WorkingCopyWriter
from tdv.repo.statcache import (
    NO_SIGNATURE,
    StatCache,
    entry_key,
    settled,
    signature,
    staged_key,
)
from tdv.repo.tracking import FolderEntries
from tdv.repo.unstaged import Comparison, HasWorkingCopy
from tdv.repo.worktree import join, mode_of

# A message that names more files than this helps nobody.
SHOWN = 10


class Watcher(Protocol):
    """Is told how many bytes were written."""

    def advance(self, amount: int = 1) -> None: ...


class Step(NamedTuple):
    """What is to become of one file of the working copy.

    Attributes:
        path: inside the repository.
        old: what is expected there, None where nothing is: what the stage has, or what an
            operation that is reversed left.
        new: what the file is to be; None where there is to be none.
    """

    path: bytes
    old: FileEntry | None
    new: FileEntry | None


@dataclass
class Transition:
    """Steps, with what `survey` found out about them.

    Attributes:
        cache: in step with the stage that the steps' `old` come from.
        left_by: what interrupted commands were doing, oldest first.
        staged: the stage takes the same steps.
        in_place: files that already are what they are to be, with what the cache may learn.
        replaced: paths with work that no commit and no stage has, which would go.
        before: what was there, for paths at which it is stored and not the step's `old`.
        blocked: paths that nothing may be written over or through.
    """

    repo: HasWorkingCopy
    cache: StatCache
    steps: list[Step]
    left_by: Sequence[FilesChange] = ()
    staged: bool = True

    def __post_init__(self) -> None:
        self.in_place: dict[bytes, bytes] = {}
        self.replaced: list[bytes] = []
        self.blocked: list[bytes] = []
        self.before: dict[bytes, FileEntry | None] = {}
        self._root = os.fsencode(self.repo.root)
        self._comparison = Comparison(self.repo, self.cache)
        store = self.repo.store
        self._staged = FolderEntries(store, self.cache.stage)
        self._left = [
            (FolderEntries(store, before), FolderEntries(store, after))
            for before, after in reversed(self.left_by)
        ]
        self._removed = {step.path for step in self.steps if step.new is None}
        self._folders: dict[bytes, bytes | None] = {b"": None}

    def survey(self) -> None:
        """Find out what is in place, what would be replaced and what is in the way."""
        for step in self.steps:
            blocked = self._obstacle(step.path.rpartition(b"/")[0])
            if blocked is None:
                self._survey(step)
            elif step.new is not None:
                self.blocked.append(blocked)
            else:
                self._was(step, None)  # whatever lies behind a link is another file
        self.blocked = list(dict.fromkeys(self.blocked))

    def apply(self, watcher: Watcher) -> None:
        """Remove and write; the cache learns what the files are now.

        Raises:
            PathError, StorageError: as `WorkingCopyWriter`. Running the command again goes on.
        """
        scratch = self.repo.folder / layout.TMP
        with WorkingCopyWriter(self.repo.root, scratch) as writer:
            for step in reversed(self.steps):
                if step.new is None:
                    writer.remove(step.path)
                    if self.staged:
                        self.cache.drop(step.path)
            for path, _, new in self.steps:
                if new is None:
                    continue
                signed = self.in_place.get(path)
                if signed is None:
                    writer.make_way(path)
                    blocks = Contents(new, self.repo.store).blocks()
                    signed = signature(writer.write(path, new.mode, blocks))
                self._learn(path, entry_key(new), signed)
                watcher.advance(new.size)

    def _learn(self, path: bytes, key: bytes, signed: bytes) -> None:
        folder, _, name = path.rpartition(b"/")
        if self.staged:
            self.cache.put(path, key, signed)
        elif self.cache.get(path) is not None:
            self.cache.learn(folder, name, signed, key)

    def _survey(self, step: Step) -> None:
        full = join(self._root, step.path)
        try:
            stat = os.lstat(full)
        except (FileNotFoundError, NotADirectoryError):
            self._was(step, self._before_removal(step.path))
            return
        if kinds.S_ISDIR(stat.st_mode):
            self._was(step, self._before_removal(step.path))
            if step.new is not None:
                self.blocked += self._files_in(step.path)
        elif self._is(step.new, full, stat):
            sure = settled(stat, self._comparison.clock())
            self.in_place[step.path] = signature(stat) if sure else NO_SIGNATURE
            left = self._left_before(step.path, full, stat)
            self._was(step, step.new if left is None else left[0])
        elif not self._is_stored(step, full, stat):
            self.replaced.append(step.path)

    def _is_stored(self, step: Step, full: bytes, stat: os.stat_result) -> bool:
        """Whether the file's content is known to be stored, and so may go."""
        record = self.cache.get(step.path)
        if record is not None and self._comparison.at(step.path) is None:
            if step.old is None or staged_key(record) != entry_key(step.old):
                self._was(step, self._staged.get(step.path))
            return True
        elsewhere = record is None or (step.old and staged_key(record) != entry_key(step.old))
        if elsewhere and self._is(step.old, full, stat):
            return True
        left = self._left_before(step.path, full, stat)
        if left is not None:
            self._was(step, left[0])
        return left is not None

    def _left_before(
        self, path: bytes, full: bytes, stat: os.stat_result
    ) -> tuple[FileEntry | None] | None:
        """What a file was before an interrupted command wrote it; None when none did."""
        for before, after in self._left:
            if self._is(after.get(path), full, stat):
                return (before.get(path),)
        return None

    def _before_removal(self, path: bytes) -> FileEntry | None:
        """What stood where nothing stands, if an interrupted command removed it."""
        for before, after in self._left:
            was = before.get(path)
            if was is not None and after.get(path) is None:
                return was
        return None

    def _was(self, step: Step, entry: FileEntry | None) -> None:
        if entry != step.old:
            self.before[step.path] = entry

    def _is(self, entry: FileEntry | None, full: bytes, stat: os.stat_result) -> bool:
        if entry is None or mode_of(stat) != entry.mode:
            return False
        return same_bytes(full, stat, entry, self.repo.store)

    def _obstacle(self, folder: bytes) -> bytes | None:
        """The link or file that stands where a folder is needed, unless it goes anyway."""
        if folder not in self._folders:
            above = self._obstacle(folder.rpartition(b"/")[0])
            self._folders[folder] = above if above is not None else self._no_folder(folder)
        return self._folders[folder]

    def _no_folder(self, folder: bytes) -> bytes | None:
        try:
            stat = os.lstat(join(self._root, folder))
        except (FileNotFoundError, NotADirectoryError):
            return None
        if kinds.S_ISDIR(stat.st_mode) or folder in self._removed:
            return None
        return folder

    def _files_in(self, folder: bytes) -> list[bytes]:
        """Files below a folder that stands where a file is to be, those aside that go anyway."""
        found = []
        for above, _, names in os.walk(join(self._root, folder)):
            inside = above[len(self._root) + 1 :]
            found += [join(inside, name) for name in names]
        return [path for path in found if path not in self._removed]


def refuse_loss(paths: Iterable[bytes], what: str, hint: str) -> None:
    """Refuse to go on when there are such paths, naming the first of them.

    Args:
        what: "would be overwritten".

    Raises:
        WorkInTheWay: there is at least one.
    """
    listed = sorted(set(paths))
    if not listed:
        return
    raise WorkInTheWay(
        f"Unsaved work in {name_paths(listed)} {what}; nothing was changed.", hint=hint
    )


def name_paths(paths: Sequence[bytes]) -> str:
    """The first of some paths, for a message, and how many more there are."""
    names = ", ".join(f"`{path.decode('utf-8', 'backslashreplace')}`" for path in paths[:SHOWN])
    return names + (f" and {len(paths) - SHOWN:,} more" if len(paths) > SHOWN else "")
