"""`status`: what is staged, what is not, and what is in nobody's hands."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

from tdv.model.entry import FileEntry, Mode
from tdv.model.oid import Oid
from tdv.ops.progress import SILENT, Progress
from tdv.ops.renames import pair_renames
from tdv.repo import interruption
from tdv.repo.repository import Repo
from tdv.repo.selection import Selection
from tdv.repo.tracking import load_cache, save_cache
from tdv.repo.unstaged import Comparison, Unstaged
from tdv.repo.worktree import FolderView, WorkingCopy

if TYPE_CHECKING:
    from tdv.model.work import Bisecting, Merging
    from tdv.ops.conflicts import ConflictedFile
    from tdv.rowdiff.changes import RowCounts


class Kind(Enum):
    """What happened to a file; the value is git's letter."""

    ADDED = "A"
    MODIFIED = "M"
    DELETED = "D"
    RENAMED = "R"
    TYPE_CHANGED = "T"


@dataclass(frozen=True)
class Change:
    """One file that differs.

    Attributes:
        path: where it is now.
        kind: what happened to it.
        old: the entry before, None for an added file.
        new: the entry after; None for a deleted file, and for one of the working copy that was
            not cut into records.
        old_path: where a renamed file was.
        mode_only: only its executable bit differs.
        rows: how many rows changed in which way; None where nobody asked, or it has no rows.
    """

    path: bytes
    kind: Kind
    old: FileEntry | None = None
    new: FileEntry | None = None
    old_path: bytes | None = None
    mode_only: bool = False
    rows: RowCounts | None = None


@dataclass(frozen=True)
class Status:
    """The state of a working copy.

    Attributes:
        branch: that HEAD stands on; None when it is detached.
        commit: that HEAD stands on; None before the first one.
        staged: HEAD's tree against the stage.
        unstaged: the stage against the working copy.
        untracked, ignored: paths, folders with a slash behind. `ignored` is empty unless asked.
        special: sockets, pipes and devices.
        repositories: folders that are repositories of their own.
        unfinished: a checkout was interrupted.
        merging: a merge, revert or cherry-pick that waits for its commit.
        bisecting: a search for a commit.
        conflicts: the files with conflicts left; among `staged` they are listed as well.
        conflicts_found: how many conflicts the merge found.
    """

    branch: str | None
    commit: Oid | None
    staged: tuple[Change, ...]
    unstaged: tuple[Change, ...]
    untracked: tuple[bytes, ...]
    ignored: tuple[bytes, ...]
    special: tuple[bytes, ...]
    repositories: tuple[bytes, ...]
    unfinished: bool = False
    merging: Merging | None = None
    conflicts: tuple[ConflictedFile, ...] = ()
    conflicts_found: int = 0
    bisecting: Bisecting | None = None

    @property
    def clean(self) -> bool:
        """Whether nothing is staged, changed, untracked or in conflict."""
        return not (self.staged or self.unstaged or self.untracked or self.conflicts)

    @property
    def conflicts_left(self) -> int:
        """How many conflicts are to be resolved."""
        return sum(file.count for file in self.conflicts)


def status(
    repo: Repo,
    paths: Sequence[bytes] = (),
    *,
    untracked: str = "normal",
    ignored: bool = False,
    rows: bool = True,
    progress: Progress = SILENT,
) -> Status:
    """Compare HEAD, the stage and the working copy.

    Args:
        paths: files, folders and patterns; everything when there are none.
        untracked: "no", "normal" (folders without any file of the stage are one line each) or
            "all".
        ignored: list ignored files as well.
        rows: count the rows that changed; what was counted once is remembered.

    Raises:
        StorageError: a file or folder cannot be read.
    """
    head, stage = repo.head(), repo.stage()
    selection = Selection(paths)
    cache = load_cache(repo, stage)
    working = WorkingCopy(
        os.fsencode(repo.root), cache, selection, untracked_deep=untracked == "all"
    )
    found = _Found(Comparison(repo, cache))
    for view in working.views():
        found.take(view, working, untracked, ignored)
    staged = _staged(repo, stage, selection)
    unstaged = [_change(each) for each in found.unstaged]
    if rows and (staged or unstaged):
        from tdv.ops.rowcount import RowCounter  # costs 20 ms, and an unchanged tree has none

        counter = RowCounter(repo, progress)
        staged = counter.staged(staged)
        unstaged = counter.unstaged(unstaged, found.unstaged, found.comparison)
        counter.save()
    save_cache(repo, cache)
    work = repo.work()
    merging = work.merging
    files, count = ((), 0) if merging is None else _conflicts(repo, merging, selection)
    return Status(
        head.branch,
        head.commit,
        tuple(staged),
        tuple(unstaged),
        tuple(sorted(found.untracked)),
        tuple(sorted(found.ignored)),
        tuple(found.special),
        tuple(found.repositories),
        bool(interruption.interrupted(repo.folder)),
        merging,
        files,
        count,
        work.bisecting,
    )


def _conflicts(
    repo: Repo, merging: Merging, selection: Selection
) -> tuple[tuple[ConflictedFile, ...], int]:
    """The files with conflicts left, and how many conflicts there were."""
    from tdv.ops.conflicts import conflicted_files, count_conflicts  # only a merge has them

    found = count_conflicts(repo.store, merging.found)
    files = conflicted_files(repo.store, merging.conflicts)
    return tuple(file for file in files if selection.holds(file.path)), found


class _Found:
    """What a walk through the working copy gathers."""

    def __init__(self, comparison: Comparison) -> None:
        self.comparison = comparison
        self.unstaged: list[Unstaged] = []
        self.untracked: list[bytes] = []
        self.ignored: list[bytes] = []
        self.special: list[bytes] = []
        self.repositories: list[bytes] = []

    def take(self, view: FolderView, working: WorkingCopy, untracked: str, ignored: bool) -> None:
        """Add one folder's part."""
        self.unstaged.extend(self.comparison.of(view))
        self.special.extend(map(view.path, view.special))
        self.repositories.extend(map(view.path, view.repositories))
        if ignored:
            self.ignored.extend(map(view.path, view.ignored))
        if untracked == "no":
            return
        self.untracked.extend(view.path(found.name) for found in view.untracked)
        if untracked == "normal":
            for name in view.untracked_folders:
                path = view.path(name)
                if working.holds_files(path):
                    self.untracked.append(path + b"/")


def _staged(repo: Repo, stage: Oid, selection: Selection) -> list[Change]:
    head = repo.head_tree()
    if head == stage:
        return []
    from tdv.store.trees import compare  # an unchanged stage needs no tree

    changes = [
        Change(path, _kind(old, new), old, new, mode_only=_mode_only(old, new))
        for path, old, new in compare(repo.store, head, stage)
        if selection.holds(path)
    ]
    return paired_renames(changes)


def paired_renames(changes: list[Change]) -> list[Change]:
    """Turn a deletion and an addition of the same bytes into a rename; order stays by path."""
    gone = {
        change.path: change.old
        for change in changes
        if change.kind is Kind.DELETED and change.old is not None and change.old.size
    }
    came = [
        (change.path, change.new.content_key())
        for change in changes
        if change.kind is Kind.ADDED and change.new is not None
    ]
    moved = pair_renames([(path, old.content_key()) for path, old in gone.items()], came)
    sources = set(moved.values())
    return [
        replace(
            change, kind=Kind.RENAMED, old=gone[moved[change.path]], old_path=moved[change.path]
        )
        if change.path in moved
        else change
        for change in changes
        if change.path not in sources
    ]


def _kind(old: FileEntry | None, new: FileEntry | None) -> Kind:
    if old is None:
        return Kind.ADDED
    if new is None:
        return Kind.DELETED
    links = (old.mode is Mode.SYMLINK) + (new.mode is Mode.SYMLINK)
    return Kind.TYPE_CHANGED if links == 1 else Kind.MODIFIED


def _mode_only(old: FileEntry | None, new: FileEntry | None) -> bool:
    return old is not None and new is not None and old.same_content(new)


def _change(unstaged: Unstaged) -> Change:
    path, entry, _, same_content = unstaged
    mode = unstaged.mode
    if mode is None:
        return Change(path, Kind.DELETED, entry)
    if (mode is Mode.SYMLINK) != (entry.mode is Mode.SYMLINK):
        return Change(path, Kind.TYPE_CHANGED, entry)
    new = replace(entry, mode=mode) if same_content else None
    return Change(path, Kind.MODIFIED, entry, new, mode_only=same_content)
