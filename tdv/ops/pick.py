"""`cherry-pick` and `revert`: one commit's change, or its opposite, on top of today's data.

Both are merges: with a commit's parent as the base its change is theirs; with the commit as the
base and its parent as theirs, so is its opposite. So they work row by row, wherever the rows
stand today.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tdv.errors import Findings, RepositoryError, UsageError
from tdv.model.commit import Commit, Signature
from tdv.model.oid import Oid
from tdv.model.work import MergeKind
from tdv.ops.merge import Merged, outcome
from tdv.ops.merging.inprogress import refuse_in_progress
from tdv.ops.merging.mergework import Plan, carry_out, refuse_staged
from tdv.ops.merging.pickrows import RowChoice
from tdv.ops.merging.threefiles import Trees
from tdv.ops.merging.treemerge import Rules, merge_trees
from tdv.ops.progress import SILENT, Progress
from tdv.repo.repository import Repo
from tdv.store import trees


@dataclass(frozen=True)
class PickRules:
    """How a commit is picked or reverted.

    Attributes:
        mainline: the parent, from 1, that a merge is compared with.
        commit: make a commit; else the change is only staged.
        rules: how it is merged.
        rows: the rows that are taken, None for the whole change.
    """

    mainline: int | None = None
    commit: bool = True
    rules: Rules = Rules()  # noqa: RUF009 - frozen
    rows: RowChoice | None = None


def cherry_pick(
    repo: Repo, oid: Oid, rules: PickRules | None = None, progress: Progress = SILENT
) -> Merged:
    """Bring what a commit changed into the present data, as a commit of the same author.

    Raises:
        WorkInTheWay: a merge is in progress, something is staged, or unsaved work would be
            overwritten.
        UsageError: a merge without a mainline, or a mainline without a merge.
        Findings: the data has that change already.
    """
    rules = rules or PickRules()
    picked = repo.commit(oid)
    parent = _parent_tree(repo, oid, picked, rules.mainline)
    message = picked.message
    if rules.rows is not None:
        message = f"{message}\n\n(Rows {rules.rows.shown} of commit {oid}.)"
    return _apply(
        repo, "cherry-pick", oid, (parent, picked.tree), message, rules, progress, picked.author
    )


def revert(
    repo: Repo, oid: Oid, rules: PickRules | None = None, progress: Progress = SILENT
) -> Merged:
    """Take what a commit changed back out of the present data, as a new commit.

    Raises:
        WorkInTheWay, UsageError, Findings: as `cherry_pick`.
    """
    rules = rules or PickRules()
    undone = repo.commit(oid)
    parent = _parent_tree(repo, oid, undone, rules.mainline)
    what = f"Reverts commit {oid}."
    if rules.rows is not None:
        what = f"Reverts rows {rules.rows.shown} of commit {oid}."
    message = f'Revert "{undone.subject}"\n\n{what}'
    return _apply(repo, "revert", oid, (undone.tree, parent), message, rules, progress)


def _apply(
    repo: Repo,
    kind: MergeKind,
    oid: Oid,
    change: tuple[Oid, Oid],
    message: str,
    rules: PickRules,
    progress: Progress,
    author: Signature | None = None,
) -> Merged:
    refuse_in_progress(repo, kind)
    head = repo.head()
    if head.commit is None:
        raise RepositoryError(
            f"There is no commit yet that a {kind} could go on top of.",
            hint="`tdv commit` makes the first one.",
        )
    if rules.commit:
        refuse_staged(repo, kind)
    base, theirs = change
    with repo.writing() as writer:
        sides = Trees(base, repo.stage(), theirs)
        chosen = rules.rules
        if rules.rows is not None:
            chosen = rules.rows.rules(chosen)
        merged = merge_trees(repo, writer, sides, chosen, progress)
        if rules.rows is not None:
            rules.rows.check(repo, oid, sides)
        if merged.tree == sides.ours and not merged.conflict_count:
            raise Findings(
                f"Nothing is left to do: the data has what the {kind} would bring.",
                hint=f"`tdv show {oid.short}` says what the commit changed.",
            )
        plan = Plan(
            kind,
            head,
            oid,
            sides,
            (head.commit,),
            message,
            author,
            commit=rules.commit,
            wait=False,
            key=chosen.key,
        )
        committed = carry_out(repo, writer, plan, merged, progress)
        return outcome(writer, plan, merged, committed)


def _parent_tree(repo: Repo, oid: Oid, commit: Commit, mainline: int | None) -> Oid:
    """The tree that a commit's change is told from."""
    parents: Sequence[Oid] = commit.parents
    if mainline is not None and (len(parents) < 2 or not 1 <= mainline <= len(parents)):
        if len(parents) < 2:
            raise UsageError(f"{oid.short} is no merge, so `-m` has no meaning for it.")
        raise UsageError(
            f"{oid.short} has {len(parents)} parents, and none with the number {mainline}."
        )
    if len(parents) > 1 and mainline is None:
        raise UsageError(
            f"{oid.short} is a merge: its change depends on the parent it is told from.",
            hint="`-m 1` means what it changed in the branch that was merged into.",
        )
    if not parents:
        return trees.EMPTY_TREE
    return repo.commit(parents[(mainline or 1) - 1]).tree
