"""`restore`, and `checkout [REV] -- PATH`: bring files back from the stage or from a revision."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tdv.model.entry import FileEntry
from tdv.model.oid import Oid
from tdv.model.operation import FilesChange
from tdv.ops.capture import known_interruptions, tree_before
from tdv.ops.progress import SILENT, Progress
from tdv.repo import interruption
from tdv.repo.clashes import refuse_clashes
from tdv.repo.repository import Repo
from tdv.repo.selection import Selection
from tdv.repo.statcache import StatCache, entry_key
from tdv.repo.tracking import FolderEntries, load_cache, save_cache
from tdv.repo.transition import Step, Transition, refuse_loss
from tdv.repo.unstaged import Comparison
from tdv.repo.worktree import WorkingCopy, folders_above
from tdv.store import trees
from tdv.store.writer import ObjectWriter


@dataclass(frozen=True)
class Restored:
    """What `restore` did.

    Attributes:
        staged: paths whose entry in the stage changed.
        written, removed: paths of the working copy.
    """

    staged: tuple[bytes, ...] = ()
    written: tuple[bytes, ...] = ()
    removed: tuple[bytes, ...] = ()


def restore(
    repo: Repo,
    paths: Sequence[bytes],
    *,
    source: Oid | None = None,
    shown: str = "",
    stage: bool = False,
    working_copy: bool = True,
    overlay: bool = False,
    progress: Progress = SILENT,
) -> Restored:
    """Bring the selected files back, over local changes: that is what it is asked for.

    What it replaces in the working copy and is stored nowhere is kept in the operation record.

    Args:
        source: the tree to take files from. By default the stage; HEAD's when `stage`.
        shown: how a message names it: "HEAD~2".
        stage: change the stage.
        working_copy: change the working copy.
        overlay: leave files that the source does not have.

    Raises:
        PathError: a path is in neither the source nor the stage.
        WorkInTheWay: a link, or a folder with files in it, stands where a file is to be.
    """
    with repo.transaction("restore") as transaction:
        now = repo.stage()
        tree = source or (repo.head_tree() if stage else now)
        shown = shown or ("the stage" if tree == now else "HEAD")
        back = _Restoration(repo, Selection(paths), now, tree, stage, overlay)
        back.require(shown)
        move = back.transition() if working_copy else Transition(repo, back.cache, [])
        move.survey()
        refuse_loss(move.blocked, "is in the way", "Move it away, and run the command again.")
        with repo.writing() as writer:
            after = trees.update(writer, now, back.staged) if stage else now
            change = back.files_change(writer, move, now, after)
            writer.publish()
        back.follow_stage()
        progress.step("Writing files", sum(s.new.size for s in move.steps if s.new), "bytes")
        if move.steps:
            interruption.begin(repo.folder, change)
            move.apply(progress)
            transaction.change_files(*change)
        transaction.set_stage(after)
        transaction.commit()
        interruption.end(repo.folder, change)
        back.cache.stage = after
        save_cache(repo, back.cache)
    written = tuple(path for path, _, new in move.steps if new and path not in move.in_place)
    removed = tuple(path for path, _, new in move.steps if not new)
    return Restored(tuple(back.staged), written, removed)


class _Restoration:
    """What the selected files are to become; under the repository's lock."""

    def __init__(
        self, repo: Repo, selection: Selection, now: Oid, tree: Oid, stage: bool, overlay: bool
    ) -> None:
        self._repo = repo
        self._selection = selection
        self._tree = tree
        self._stage = stage
        self._overlay = overlay
        self.cache: StatCache = load_cache(repo, now)
        self.differing: dict[bytes, tuple[FileEntry | None, FileEntry | None]] = {
            path: (old, new)
            for path, old, new in trees.compare(repo.store, now, tree)
            if selection.holds(path) and not (overlay and new is None)
        }
        self.staged: dict[bytes, FileEntry | None] = {}
        if stage:
            self.staged = {path: new for path, (_, new) in self.differing.items()}

    def require(self, shown: str) -> None:
        """Refuse paths that neither the source nor the stage has."""
        folders = folders_above(self.cache.folders())
        also = "" if self._overlay or shown == "the stage" else " or of the stage"
        where = f"{shown}{also}"

        def exists(path: bytes) -> bool:
            if trees.lookup(self._repo.store, self._tree, path) is not None:
                return True
            return not self._overlay and (path in folders or self.cache.get(path) is not None)

        def files() -> Iterator[bytes]:
            yield from (path for path, _ in trees.walk(self._repo.store, self._tree))
            if not self._overlay:
                yield from self.cache.paths()

        hint = (
            "`tdv log -- PATH` lists the commits that changed it, "
            "`tdv restore --source REV PATH` takes it from one that had it."
        )
        self._selection.require(exists, files, where, hint)

    def transition(self) -> Transition:
        """The steps of the working copy."""
        source = FolderEntries(self._repo.store, self._tree)
        steps = {path: Step(path, old, new) for path, (old, new) in self.differing.items()}
        root = os.fsencode(self._repo.root)
        working = WorkingCopy(root, self.cache, self._selection)
        for found in Comparison(self._repo, self.cache).walk(working):
            new = source.get(found.path)
            if new is not None or not self._overlay:
                steps.setdefault(found.path, Step(found.path, found.entry, new))
        left = known_interruptions(self._repo)
        staged = FolderEntries(self._repo.store, self.cache.stage)
        for change in left:  # a file that is back already may have been an edit before
            for path, _, _ in trees.compare(self._repo.store, *change):
                new = source.get(path)
                if self._selection.holds(path) and not (self._overlay and new is None):
                    steps.setdefault(path, Step(path, staged.get(path), new))
        ordered = sorted(steps.values(), key=lambda step: step.path.split(b"/"))
        return Transition(self._repo, self.cache, ordered, left, self._stage or not self.differing)

    def files_change(
        self, writer: ObjectWriter, move: Transition, now: Oid, after: Oid
    ) -> FilesChange:
        """What the steps do to files; `after` is what becomes of the stage, which was `now`."""
        if not move.steps:
            return FilesChange(now, now)
        if not self._stage:
            after = trees.update(writer, now, {path: new for path, _, new in move.steps})
        return FilesChange(tree_before(self._repo, writer, move, now), after)

    def follow_stage(self) -> None:
        """Let the cache know the entries that the stage is to have."""
        for path, entry in self.staged.items():
            if entry is None:
                self.cache.drop(path)
            else:
                self.cache.put(path, entry_key(entry))
        added = [path for path in self.staged if self.differing[path][0] is None]
        refuse_clashes(self.cache, added)
