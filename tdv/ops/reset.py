"""`reset`: let HEAD's branch point elsewhere; take the stage and the working copy along."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Literal, TypeAlias

from tdv.model.oid import Oid
from tdv.model.operation import Head
from tdv.model.work import MergeKind
from tdv.ops.checkout import Move
from tdv.ops.merging.inprogress import refuse_in_progress
from tdv.ops.progress import SILENT, Progress
from tdv.repo import layout
from tdv.repo.repository import Repo
from tdv.repo.transaction import Transaction
from tdv.store import trees

Mode: TypeAlias = Literal["soft", "mixed", "hard"]


@dataclass(frozen=True)
class Reset:
    """What `reset` did.

    Attributes:
        before, after: HEAD.
        stage_changed: the stage held another tree.
        written, removed: how many files of the working copy.
        replaced: how many of them had unsaved work, which is in the operation record.
        ended: the merge, revert or cherry-pick that was in progress; None for none.
    """

    before: Head
    after: Head
    stage_changed: bool = False
    written: int = 0
    removed: int = 0
    replaced: int = 0
    ended: MergeKind | None = None


def reset(
    repo: Repo, commit: Oid | None = None, mode: Mode = "mixed", *, progress: Progress = SILENT
) -> Reset:
    """Let HEAD's branch, or a detached HEAD, point at a commit.

    Args:
        commit: to go to; HEAD's by default. Before the first commit there is none.
        mode: "soft" leaves the stage and the working copy, "mixed" the working copy; "hard"
            brings tracked files to that commit, and keeps what it throws away for `undo`.

    Raises:
        WorkInTheWay: "soft" while a merge is in progress, or "hard" where a folder with other
            files, or a link, stands in a file's place.
    """
    with repo.transaction("reset") as transaction:
        before = repo.head()
        if mode == "soft":
            refuse_in_progress(repo, "reset --soft")
        commit = commit or before.commit
        after = Head(before.branch, commit)
        if commit is not None and before.branch is not None:
            transaction.set_ref(layout.HEADS + before.branch, commit)
        transaction.set_head(after)
        if mode == "soft":
            transaction.commit()
            return Reset(before, after)
        ended = _end_merge(repo, transaction)
        tree = trees.EMPTY_TREE if commit is None else repo.commit(commit).tree
        stage = repo.stage()
        transaction.set_stage(tree)
        if mode == "mixed":
            transaction.commit()
            return Reset(before, after, stage != tree, ended=ended)
        move = _bring(repo, transaction, tree, progress)
    steps, in_place = move.transition.steps, move.transition.in_place
    written = sum(step.new is not None and step.path not in in_place for step in steps)
    removed = sum(step.new is None for step in steps)
    replaced = len(move.transition.replaced)
    return Reset(before, after, stage != tree, written, removed, replaced, ended)


def _bring(repo: Repo, transaction: Transaction, tree: Oid, progress: Progress) -> Move:
    """Bring the working copy to a tree, and commit."""
    move = Move(repo, tree, discard=True)
    move.refuse()
    stage = move.apply(progress)
    if move.transition.steps:
        transaction.change_files(move.before, stage)
    transaction.commit()
    move.finish(stage)
    return move


def _end_merge(repo: Repo, transaction: Transaction) -> MergeKind | None:
    work = repo.work()
    if work.merging is None:
        return None
    transaction.set_work(dataclasses.replace(work, merging=None))
    return work.merging.kind
