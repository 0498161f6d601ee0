"""`checkout` and `switch`: move HEAD, the stage and the working copy to a commit."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from stat import S_ISDIR

from tdv.errors import UsageError
from tdv.model.entry import FileEntry
from tdv.model.oid import Oid
from tdv.model.operation import FilesChange, Head
from tdv.model.work import Work
from tdv.ops.capture import known_interruptions, tree_before
from tdv.ops.merging.inprogress import refuse_in_progress
from tdv.ops.progress import SILENT, Progress
from tdv.repo import interruption, layout
from tdv.repo.clashes import refuse_clashes
from tdv.repo.content import same_bytes
from tdv.repo.refs import check_ref_name
from tdv.repo.repository import Repo
from tdv.repo.selection import Selection
from tdv.repo.statcache import entry_key
from tdv.repo.tracking import FolderEntries, load_cache, save_cache
from tdv.repo.transition import Step, Transition, refuse_loss
from tdv.repo.unstaged import Comparison
from tdv.repo.worktree import WorkingCopy, folders_above, join, mode_of
from tdv.store import trees
from tdv.store.access import ObjectReader

_HINT = (
    "Commit the changes (`tdv commit -a`) or undo them (`tdv restore PATH`), or move the files "
    "away, and run the command again."
)


@dataclass(frozen=True)
class CheckedOut:
    """What `checkout` did.

    Attributes:
        before, after: HEAD.
        created: the branch was made now.
        written, removed: how many files of the working copy.
        replaced: how many of them had unsaved work, which is in the operation record.
    """

    before: Head
    after: Head
    created: bool = False
    written: int = 0
    removed: int = 0
    replaced: int = 0


def checkout(
    repo: Repo,
    commit: Oid | None,
    branch: str | None = None,
    *,
    create: bool = False,
    reset: bool = False,
    discard: bool = False,
    work: Work | None = None,
    progress: Progress = SILENT,
) -> CheckedOut:
    """Bring HEAD, the stage and the working copy to a commit.

    Files that do not differ between HEAD and that commit keep their local changes. Runs under
    the repository's lock from the first look to the commit point.

    Args:
        commit: to go to; None on a branch that has no commit yet. Of a branch that exists its
            newest commit is taken.
        branch: that HEAD is put on; None detaches it.
        create: make the branch.
        reset: let a branch that exists start anew at the commit.
        discard: throw local changes of tracked files away.
        work: what is in progress from there on; by default what is now.

    Raises:
        WorkInTheWay: unsaved work would be overwritten; nothing was changed.
        UsageError: the branch is to be created and exists, or may not have that name.
    """
    with repo.transaction("checkout") as transaction:
        before = repo.head()
        if (branch, commit) != before or create:
            refuse_in_progress(repo, "switch" if branch else "checkout")
        if create and branch is not None:
            _check_new(repo, branch, reset)
        elif branch is not None:
            commit = repo.refs.branch(branch)  # it may have moved since the caller looked
        tree = trees.EMPTY_TREE if commit is None else repo.commit(commit).tree
        move = Move(repo, tree, discard)
        move.refuse()
        stage = move.apply(progress)
        transaction.set_stage(stage)
        if create and branch is not None and commit is not None:
            transaction.set_ref(layout.HEADS + branch, commit)
        transaction.set_head(Head(branch, commit))
        if move.transition.steps:
            transaction.change_files(move.before, stage)
        if work is not None:
            transaction.set_work(work)
        transaction.commit()
        move.finish(stage)
    written = sum(step.new is not None for step in move.transition.steps)
    removed = len(move.transition.steps) - written
    replaced = len(move.transition.replaced)
    return CheckedOut(before, Head(branch, commit), create, written, removed, replaced)


class Move:
    """From the stage as it is to a tree; under the repository's lock.

    Args:
        tree: to go to.
        discard: throw local changes of tracked files away.
        source: the tree that the stage's files come from, HEAD's by default. What differs from it
            in the stage stays staged; with the stage itself, nothing does.

    Attributes:
        before: a tree of the files that are replaced, as they were.
    """

    def __init__(
        self, repo: Repo, tree: Oid, discard: bool = False, source: Oid | None = None
    ) -> None:
        self._repo = repo
        self._tree = tree
        self._source = repo.head_tree() if source is None else source
        self._stage = repo.stage()
        self._discard = discard
        self._cache = load_cache(repo, self._stage)
        self._staged = FolderEntries(repo.store, self._stage)
        self._unfinished = known_interruptions(repo)
        self.before = self._stage
        self._conflicts: list[bytes] = []
        steps = {step.path: step for step in self._steps()}
        for step in self._left_over():
            steps.setdefault(step.path, step)
        ordered = sorted(steps.values(), key=lambda step: step.path.split(b"/"))
        self.transition = Transition(repo, self._cache, ordered, self._unfinished)

    def refuse(self) -> None:
        """Refuse what would lose work, before anything is changed."""
        move = self.transition
        move.survey()
        self._conflicts += self._staged_in_the_way(move.steps)
        if not self._discard:
            refuse_loss(
                [*self._conflicts, *move.replaced, *move.blocked], "would be overwritten", _HINT
            )
        refuse_loss(move.blocked, "is in the way", _HINT)

    def apply(self, progress: Progress) -> Oid:
        """Bring the working copy to the tree; the tree that the stage is to be."""
        move = self.transition
        changes = {step.path: step.new for step in move.steps}
        added = [step.path for step in move.steps if step.old is None and step.new is not None]
        self._refuse_clashes(changes, added)
        with self._repo.writing() as writer:
            stage = self._tree
            if self._stage != self._source and not self._discard:
                stage = trees.update(writer, self._stage, changes)
            self.before = tree_before(self._repo, writer, move, self._stage)
            writer.publish()
        if move.steps:
            todo = sum(step.new.size for step in move.steps if step.new is not None)
            progress.step("Writing files", todo, "bytes")
            interruption.begin(self._repo.folder, FilesChange(self.before, stage))
            move.apply(progress)
        return stage

    def finish(self, stage: Oid) -> None:
        """After the commit point: the cache is in step with the new stage."""
        self._cache.stage = stage
        self._cache.changed = True
        save_cache(self._repo, self._cache)
        interruption.end(self._repo.folder)

    def _steps(self) -> Iterator[Step]:
        store = self._repo.store
        if self._discard:
            target = FolderEntries(store, self._tree)
            for path, old, new in trees.compare(store, self._stage, self._tree):
                yield Step(path, old, new)
            root = os.fsencode(self._repo.root)
            working = WorkingCopy(root, self._cache, Selection())
            for found in Comparison(self._repo, self._cache).walk(working):
                yield Step(found.path, found.entry, target.get(found.path))
            return
        for path, old, new in trees.compare(store, self._source, self._tree):
            staged = old if self._stage == self._source else self._staged.get(path)
            if staged == old:
                yield Step(path, old, new)
            elif staged != new:
                self._conflicts.append(path)

    def _left_over(self) -> Iterator[Step]:
        """What interrupted commands wrote or removed, and this one does not touch otherwise."""
        root, store = os.fsencode(self._repo.root), self._repo.store
        target = FolderEntries(store, self._tree)
        for unfinished in self._unfinished:
            for path, _, left in trees.compare(store, *unfinished):
                new = target.get(path)
                if self._staged.get(path) != new:
                    continue
                full = join(root, path)
                stat = os.lstat(full) if os.path.lexists(full) else None
                # Where it removed a file, a folder may have taken the file's place.
                gone = left is None and (stat is None or S_ISDIR(stat.st_mode))
                if gone or (stat and left and _holds(full, stat, left, store)):
                    yield Step(path, new, new)

    def _staged_in_the_way(self, steps: Sequence[Step]) -> list[bytes]:
        """Files that are staged where the tree needs a folder, or below what is to be a file."""
        removed = {step.path for step in steps if step.new is None}
        folders = folders_above(self._cache.folders())
        found = []
        for path, _, new in steps:
            if new is None:
                continue
            above = path.rpartition(b"/")[0]
            while above:
                if above not in removed and self._cache.get(above) is not None:
                    found.append(above)
                above = above.rpartition(b"/")[0]
            if path in folders:
                found += [
                    each
                    for each in self._cache.paths()
                    if each.startswith(path + b"/") and each not in removed
                ]
        return found

    def _refuse_clashes(
        self, changes: Mapping[bytes, FileEntry | None], added: Sequence[bytes]
    ) -> None:
        for path, entry in changes.items():
            if entry is None:
                self._cache.drop(path)
            else:
                self._cache.put(path, entry_key(entry))
        refuse_clashes(self._cache, added)


def _holds(path: bytes, stat: os.stat_result, entry: FileEntry, reader: ObjectReader) -> bool:
    return mode_of(stat) == entry.mode and same_bytes(path, stat, entry, reader)


def _check_new(repo: Repo, branch: str, reset: bool) -> None:
    check_ref_name(branch)
    if not reset and repo.refs.branch(branch) is not None:
        raise UsageError(
            f"There is a branch `{branch}` already.",
            hint=f"`tdv switch {branch}` goes there; `-C` instead of `-c` lets it start anew.",
        )
