"""What merge, revert and cherry-pick have in common: carry out a merged tree, or take it back.

The order is that of a checkout: objects, publish, files, operation record. A command that is
stopped before its record leaves the old state, with files that the next run knows as its own.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

from tdv.errors import WorkInTheWay
from tdv.model.commit import Commit, Signature
from tdv.model.oid import Kind, Oid
from tdv.model.operation import FilesChange, Head
from tdv.model.work import MergeKind, Merging
from tdv.ops.capture import known_interruptions, tree_before
from tdv.ops.checkout import Move
from tdv.ops.commit import Committed, count_changes
from tdv.ops.merging.inprogress import merging_in_progress, refuse_in_progress
from tdv.ops.merging.threefiles import Trees
from tdv.ops.merging.treemerge import MergedTree
from tdv.ops.progress import SILENT, Progress
from tdv.repo import interruption, layout
from tdv.repo.repository import Repo
from tdv.repo.statcache import StatCache, entry_key
from tdv.repo.tracking import FolderEntries, load_cache, save_cache
from tdv.repo.transaction import Transaction
from tdv.repo.transition import Step, Transition, name_paths, refuse_loss
from tdv.repo.unstaged import Comparison
from tdv.store import trees
from tdv.store.writer import ObjectWriter


@dataclass(frozen=True)
class Plan:
    """A merge that is about to be carried out.

    Attributes:
        head: where HEAD stood when it was made up.
        theirs: the commit that is merged, reverted or picked.
        sides: what was merged; `ours` is the stage.
        parents, message, author: of the commit; the author is who runs it where it is None.
        commit: make the commit, unless there are conflicts.
        wait: where no commit is made, keep message and parents for the one to come.
        key: the fields that `--key` named.
    """

    kind: MergeKind
    head: Head
    theirs: Oid
    sides: Trees
    parents: tuple[Oid, ...]
    message: str
    author: Signature | None = None
    commit: bool = True
    wait: bool = True
    key: tuple[str, ...] = ()


def carry_out(
    repo: Repo, writer: ObjectWriter, plan: Plan, merged: MergedTree, progress: Progress = SILENT
) -> Committed | None:
    """Bring the stage and the working copy to a merged tree, and commit it if it can be.

    Conflicts, and a merge that is not to be committed yet, are noted as work in progress.

    Raises:
        WorkInTheWay: unsaved work would be overwritten; nothing was changed.
        RepositoryError: another command moved HEAD or changed the stage meanwhile.
        PathError: two names are one on some file systems.
    """
    commit = None
    if plan.commit and not merged.conflict_count:
        author = plan.author or repo.author()
        commit = Commit(merged.tree, plan.parents, author, repo.committer(), plan.message)
    oid = None if commit is None else writer.put(Kind.COMMIT, commit.to_bytes())
    writer.publish()
    with repo.transaction(plan.kind) as change:
        refuse_in_progress(repo, plan.kind)
        change.set_head(plan.head, expect=plan.head)
        change.set_stage(merged.tree, expect=plan.sides.ours)
        if oid is not None:
            point_at(change, plan.head, oid)
        move = Move(repo, merged.tree, source=plan.sides.ours)
        move.refuse()
        move.apply(progress)
        if move.transition.steps:
            change.change_files(move.before, merged.tree)
        if oid is None and (merged.conflict_count or plan.wait):
            work = repo.work()
            change.set_work(dataclasses.replace(work, merging=_merging(plan, merged)))
        change.commit()
        move.finish(merged.tree)
    if commit is None or oid is None:
        return None
    first = repo.commit(plan.parents[0]).tree if plan.parents else trees.EMPTY_TREE
    counts = count_changes(repo.store, first, merged.tree)
    return Committed(oid, commit, plan.head.branch, counts)


def refuse_staged(repo: Repo, what: str) -> None:
    """Refuse to go on when something is staged, naming it.

    Args:
        what: the command: "merge".

    Raises:
        WorkInTheWay: the stage differs from HEAD.
    """
    head, stage = repo.head_tree(), repo.stage()
    if head == stage:
        return
    paths = [change.path for change in trees.compare(repo.store, head, stage)]
    raise WorkInTheWay(
        f"What is staged in {name_paths(paths)} would become part of the {what}; nothing was "
        "changed.",
        hint="Commit it (`tdv commit`), or take it out of the stage (`tdv restore --staged PATH`), "
        "and run the command again.",
    )


@dataclass(frozen=True)
class Aborted:
    """What `--abort` did.

    Attributes:
        merging: what was taken back.
        written, removed: how many files of the working copy.
        captured: files that had been edited since, whose content the operation log keeps.
    """

    merging: Merging
    written: int
    removed: int
    captured: tuple[bytes, ...]


def abort(repo: Repo, kind: MergeKind, progress: Progress = SILENT) -> Aborted:
    """Bring the stage and the files that the merge touched back to what they were before it.

    Files that it did not touch keep their content. What was edited since is kept in the operation
    record, for `undo`.

    Raises:
        RepositoryError: nothing of that kind is in progress.
        WorkInTheWay: a link, or a folder with files in it, stands where a file is to be.
    """
    with repo.writing() as writer, repo.transaction(f"{kind} --abort") as change:
        merging = merging_in_progress(repo, kind)
        back = _Return(repo, merging)
        move = back.transition
        move.survey()
        refuse_loss(move.blocked, "is in the way", "Move it away, and run the command again.")
        before = tree_before(repo, writer, move, back.stage)
        after = trees.update(writer, back.stage, {step.path: step.new for step in move.steps})
        writer.publish()
        todo = sum(step.new.size for step in move.steps if step.new is not None)
        progress.step("Writing files", todo, "bytes")
        files = FilesChange(before, after)
        interruption.begin(repo.folder, files)
        move.apply(progress)
        change.change_files(*files)
        change.set_stage(merging.before)
        change.set_work(dataclasses.replace(repo.work(), merging=None))
        change.commit()
        back.finish(files)
    written = [step for step in move.steps if step.new and step.path not in move.in_place]
    removed = sum(step.new is None for step in move.steps)
    return Aborted(merging, len(written), removed, tuple(move.replaced))


def point_at(change: Transaction, head: Head, oid: Oid) -> None:
    """Let HEAD's branch, or a detached HEAD, stand on a commit."""
    if head.branch is None:
        change.set_head(Head(None, oid), expect=head)
    else:
        change.set_head(Head(head.branch, oid), expect=head)
        change.set_ref(layout.HEADS + head.branch, oid, expect=head.commit)


def _merging(plan: Plan, merged: MergedTree) -> Merging:
    assert plan.head.commit is not None
    return Merging(
        plan.kind,
        plan.head.commit,
        plan.theirs,
        plan.parents,
        plan.message,
        plan.sides.ours,
        plan.sides.base,
        plan.sides.theirs,
        merged.tree,
        merged.conflicts,
        merged.conflicts,
        plan.author,
        plan.key,
    )


class _Return:
    """From the stage and the working copy as they are to those before a merge."""

    def __init__(self, repo: Repo, merging: Merging) -> None:
        self._repo = repo
        self._merging = merging
        self.stage = repo.stage()
        self._cache: StatCache = load_cache(repo, self.stage)
        self._differing = {
            change.path: Step(*change)
            for change in trees.compare(repo.store, self.stage, merging.before)
        }
        steps = sorted(self._steps(), key=lambda step: step.path.split(b"/"))
        self.transition = Transition(repo, self._cache, steps, known_interruptions(repo))

    def finish(self, change: FilesChange) -> None:
        """After the commit point: the cache is in step with the stage as it is again."""
        taken = {step.path for step in self.transition.steps}
        for path, _, new in self._differing.values():
            if path in taken:
                continue
            if new is None:
                self._cache.drop(path)
            else:
                self._cache.put(path, entry_key(new))
        self._cache.stage = self._merging.before
        self._cache.changed = True
        save_cache(self._repo, self._cache)
        interruption.end(self._repo.folder, change)

    def _steps(self) -> Iterator[Step]:
        """The files that the merge touched and that are not as they were."""
        store, merging = self._repo.store, self._merging
        before = FolderEntries(store, merging.before)
        touched = {path for path, _, _ in trees.compare(store, merging.before, merging.merged)}
        touched |= {path for path, _ in trees.walk(store, merging.found)}
        comparison = Comparison(self._repo, self._cache)
        for path in sorted(touched, key=lambda path: path.split(b"/")):
            differing = self._differing.get(path)
            if differing is not None:
                yield differing
            elif (entry := before.get(path)) is not None and self._is_edited(path, comparison):
                yield Step(path, entry, entry)

    def _is_edited(self, path: bytes, comparison: Comparison) -> bool:
        return self._cache.get(path) is not None and comparison.at(path) is not None
