"""The working copy as it lies on disk: what is there, what changed, what is in nobody's hands."""

from __future__ import annotations

import os
import stat as kinds
from collections.abc import Iterable, Iterator, Mapping, Set
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import NamedTuple

from tdv.errors import StorageError
from tdv.model.entry import Mode
from tdv.repo.ignore import ALWAYS, IGNORE_FILE, Ignore
from tdv.repo.selection import Selection
from tdv.repo.statcache import StatCache, is_unchanged, signature

REPOSITORY = b".tdv"


class Found(NamedTuple):
    """A file or link on disk: its name within its folder, and its stat (links not followed)."""

    name: bytes
    stat: os.stat_result


@dataclass
class FolderView:
    """One folder of the working copy, held against the stage.

    Attributes:
        folder: path inside the repository; b"" is the root.
        suspects: files of the stage whose stat does not say that they are unchanged.
        missing: names of files of the stage that are not there.
        untracked: files and links that the stage lacks, and that no rule ignores.
        untracked_folders: names of folders without any file of the stage, not ignored.
        ignored: names of ignored files, and of ignored folders with a slash behind.
        special: names of sockets, pipes and devices.
        repositories: names of folders that are repositories of their own.
    """

    folder: bytes
    suspects: list[Found] = field(default_factory=list)
    missing: list[bytes] = field(default_factory=list)
    untracked: list[Found] = field(default_factory=list)
    untracked_folders: list[bytes] = field(default_factory=list)
    ignored: list[bytes] = field(default_factory=list)
    special: list[bytes] = field(default_factory=list)
    repositories: list[bytes] = field(default_factory=list)

    def path(self, name: bytes) -> bytes:
        """The path inside the repository of something in this folder."""
        return join(self.folder, name)


def join(folder: bytes, name: bytes) -> bytes:
    """The path of a name in a folder of the repository."""
    return folder + b"/" + name if folder else name


def behind_link(root: bytes, path: bytes) -> bytes | None:
    """The folder of the path that is a link, so that the file is another one; None for none."""
    folder = path.rpartition(b"/")[0]
    while folder:
        if os.path.islink(join(root, folder)):
            return folder
        folder = folder.rpartition(b"/")[0]
    return None


def mode_of(stat: os.stat_result) -> Mode | None:
    """What a tree would say of a file with that stat; None when no tree can hold it."""
    if kinds.S_ISLNK(stat.st_mode):
        return Mode.SYMLINK
    if kinds.S_ISREG(stat.st_mode):
        return Mode.EXECUTABLE if stat.st_mode & kinds.S_IXUSR else Mode.FILE
    return None


class WorkingCopy:
    """Walks the folders of one working copy.

    Args:
        root: the folder that holds `.tdv`.
        cache: in step with the stage, so that its files are known.
        selection: only what it selects is looked at.
        untracked_deep: also walk into folders without any file of the stage; when not, they
            are named and left alone.
        ignored: also name what is ignored.
        force: take nothing for ignored.
    """

    def __init__(
        self,
        root: bytes,
        cache: StatCache,
        selection: Selection,
        *,
        untracked_deep: bool = False,
        ignored: bool = False,
        force: bool = False,
    ) -> None:
        self.root = root
        self.ignore = Ignore(root)
        self._cache = cache
        self._selection = selection
        self._deep = untracked_deep
        self._name_ignored = ignored
        self._force = force
        self.stage_folders = folders_above(cache.folders())
        self._visited: set[bytes] = set()

    def views(self) -> Iterator[FolderView]:
        """Every selected folder, on disk or in the stage.

        Raises:
            StorageError: a folder cannot be read.
        """
        yield from self._walk(b"", False)
        for folder in self._cache.folders():
            if folder not in self._visited and self._selection.enters(folder):
                names = self._selected(folder, self._cache.names(folder))
                yield FolderView(folder, missing=names)

    def holds_files(self, folder: bytes) -> bool:
        """Whether an untracked folder has anything in it that is not ignored."""
        return any(view.untracked for view in self._walk(folder, False, deep=True))

    def _walk(self, top: bytes, in_ignored: bool, deep: bool = False) -> Iterator[FolderView]:
        pending = [(top, in_ignored)]
        while pending:
            view, entered = self._visit(*pending.pop(), deep or self._deep)
            yield view
            pending += reversed(entered)

    def _visit(
        self, folder: bytes, in_ignored: bool, deep: bool
    ) -> tuple[FolderView, list[tuple[bytes, bool]]]:
        """The view of a folder; those in it that are to be walked, and whether they are ignored."""
        self._visited.add(folder)
        view, below = self._look(folder, in_ignored)
        entered = []
        for name in sorted(below):
            path = join(folder, name)
            ignored = in_ignored or (not self._force and self.ignore.ignores(folder, name, True))
            staged = path in self.stage_folders
            if not self._selection.enters(path):
                continue
            if not staged and self._is_repository(path):
                view.repositories.append(name)
            elif staged:
                entered.append((path, ignored))
            elif ignored:
                view.ignored.append(name + b"/")
            else:
                view.untracked_folders.append(name)
                if deep:
                    entered.append((path, False))
        return view, entered

    def _look(self, folder: bytes, in_ignored: bool) -> tuple[FolderView, list[bytes]]:
        """One pass over a folder: its view without the folders in it, and their names."""
        view = FolderView(folder)
        named = self._selection.named(folder)
        staged = self._staged(folder, named)
        below: list[bytes] = []
        others: list[os.DirEntry[bytes]] = []
        seen = set()
        whole = self._selection.holds(folder)
        with open_folder(join(self.root, folder) if folder else self.root) as entries:
            for entry in entries if named is None else _of_names(entries, named):
                name = entry.name
                if entry.is_dir(follow_symlinks=False):
                    if name not in ALWAYS:
                        below.append(name)
                elif name in staged:
                    if whole or self._selection.holds(join(folder, name)):
                        seen.add(name)
                        stat = entry.stat(follow_symlinks=False)
                        if not is_unchanged(staged[name], signature(stat)):
                            self._suspect(view, Found(name, stat))
                elif name not in ALWAYS:
                    others.append(entry)
        if others:
            # Whether the folder has rules of its own is known now, without asking again.
            present = any(entry.name == IGNORE_FILE for entry in others) or IGNORE_FILE in staged
            self.ignore.rules_for(folder, present if named is None else None)
            self._sort_out(view, others, in_ignored)
        if len(seen) < len(staged):
            view.missing += self._selected(folder, [n for n in staged if n not in seen])
        return view, below

    def _staged(self, folder: bytes, named: Set[bytes] | None) -> Mapping[bytes, bytes]:
        """Name to record for the files of a folder that are of interest."""
        if named is None:
            return self._cache.names(folder)
        records = self._cache.records(folder)
        found = ((name, records.get(name)) for name in named)
        return {name: record for name, record in found if record is not None}

    def _suspect(self, view: FolderView, found: Found) -> None:
        if mode_of(found.stat) is None:
            view.special.append(found.name)
            view.missing.append(found.name)
        else:
            view.suspects.append(found)

    def _sort_out(
        self, view: FolderView, entries: Iterable[os.DirEntry[bytes]], in_ignored: bool
    ) -> None:
        for entry in sorted(entries, key=lambda each: each.name):
            if not self._selection.holds(view.path(entry.name)):
                continue
            if not self._force and (
                in_ignored or self.ignore.ignores(view.folder, entry.name, False)
            ):
                view.ignored.append(entry.name)
                continue
            stat = entry.stat(follow_symlinks=False)
            if mode_of(stat) is None:
                view.special.append(entry.name)
            else:
                view.untracked.append(Found(entry.name, stat))

    def _selected(self, folder: bytes, names: Iterable[bytes]) -> list[bytes]:
        if self._selection.holds(folder):
            return list(names)
        return [name for name in names if self._selection.holds(join(folder, name))]

    def _is_repository(self, folder: bytes) -> bool:
        return os.path.isdir(join(join(self.root, folder), REPOSITORY))


def folders_above(folders: Iterable[bytes]) -> set[bytes]:
    """The folders themselves and every folder above one of them, the root excepted."""
    found: set[bytes] = set()
    for folder in folders:
        while folder and folder not in found:
            found.add(folder)
            folder = folder.rpartition(b"/")[0]
    return found


def _of_names(
    entries: Iterable[os.DirEntry[bytes]], names: Set[bytes]
) -> Iterator[os.DirEntry[bytes]]:
    # Listed all the same: where case is ignored, only a list tells how a name is written.
    return (entry for entry in entries if entry.name in names)


def open_folder(path: bytes) -> AbstractContextManager[Iterator[os.DirEntry[bytes]]]:
    """`os.scandir`; StorageError when the folder cannot be read."""
    try:
        return os.scandir(path)
    except OSError as error:
        raise StorageError(
            f"The folder {os.fsdecode(path)} cannot be read: {error.strerror}.",
            hint="Check who may read it, or list it in `.tdvignore`.",
        ) from error
