"""`merge`: bring what another line of history changed into the one that HEAD is on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from tdv.errors import RevisionError, WorkInTheWay
from tdv.model.oid import Oid
from tdv.model.operation import Head
from tdv.ops.checkout import Move
from tdv.ops.commit import ChangeCounts, Committed, clean_message, count_changes
from tdv.ops.merging.inprogress import refuse_in_progress
from tdv.ops.merging.mergework import Plan, carry_out, point_at, refuse_staged
from tdv.ops.merging.threefiles import Trees
from tdv.ops.merging.treemerge import FileOutcome, MergedTree, Rules, merge_trees
from tdv.ops.progress import SILENT, Progress
from tdv.ops.resolve import settled_tree
from tdv.repo.history import merge_bases, without_ancestors
from tdv.repo.repository import Repo
from tdv.store import trees
from tdv.store.writer import ObjectWriter

Forward: TypeAlias = Literal["auto", "never", "only"]
How: TypeAlias = Literal["up-to-date", "fast-forward", "merged", "conflicts", "staged"]


@dataclass(frozen=True)
class Merged:
    """What a merge, revert or cherry-pick did, or under `dry_run` would do.

    Attributes:
        how: "staged" is merged without conflicts and not committed.
        before: HEAD as it was.
        theirs: the commit that was merged.
        bases: the commits that both sides come from.
        files: what it brought, file by file; empty in a fast-forward.
        committed: the commit that it made.
        changes: what differs from HEAD as it was.
        conflicts: how many are to be resolved.
    """

    how: How
    before: Head
    theirs: Oid
    bases: tuple[Oid, ...] = ()
    files: tuple[FileOutcome, ...] = ()
    committed: Committed | None = None
    changes: ChangeCounts = field(default_factory=ChangeCounts)
    conflicts: int = 0
    dry_run: bool = False


def merge(
    repo: Repo,
    theirs: Oid,
    *,
    name: str = "",
    message: str | None = None,
    forward: Forward = "auto",
    squash: bool = False,
    commit: bool = True,
    rules: Rules | None = None,
    unrelated: bool = False,
    dry_run: bool = False,
    progress: Progress = SILENT,
) -> Merged:
    """Merge a commit into what HEAD stands on.

    Args:
        name: how the message names the commit: "branch 'enrich'".
        message: of the merge commit; by default it names both sides.
        forward: move the branch without a commit where nothing happened on it meanwhile.
        squash: stage the result, for a commit with one parent.
        commit: make the merge commit when there are no conflicts.
        unrelated: merge histories without a common commit.
        dry_run: change nothing.

    Raises:
        WorkInTheWay: a merge is in progress, something is staged, unsaved work would be
            overwritten, or "only" a fast-forward was wanted and there is none.
        RevisionError: the two have no common commit.
    """
    refuse_in_progress(repo, "merge")
    if message is not None:
        message = clean_message(message)
    rules = rules or Rules()
    head = repo.head()
    bases = () if head.commit is None else tuple(merge_bases(repo.commit, head.commit, theirs))
    if theirs in bases:
        return Merged("up-to-date", head, theirs, bases, dry_run=dry_run)
    if head.commit is None or (head.commit in bases and forward != "never" and not squash):
        return _fast_forward(repo, head, theirs, bases, dry_run, progress)
    if forward == "only":
        raise WorkInTheWay(
            f"{_shown(head)} cannot be fast-forwarded to {name or theirs.short}: both have commits "
            "that the other has not; nothing was changed.",
            hint="`tdv merge` without `--ff-only` merges them.",
        )
    if not bases and not unrelated:
        raise RevisionError(
            f"{_shown(head)} and {name or theirs.short} have no commit in common.",
            hint="`--allow-unrelated-histories` merges them all the same.",
        )
    refuse_staged(repo, "merge")
    with repo.writing() as writer:
        base = base_tree(repo, writer, bases, rules)
        sides = Trees(base, repo.stage(), repo.commit(theirs).tree)
        merged = merge_trees(repo, writer, sides, rules, progress)
        parents = (head.commit,) if squash else (head.commit, theirs)
        text = message or _message(head, theirs, name, squash)
        commit = commit and not squash
        plan = Plan("merge", head, theirs, sides, parents, text, commit=commit, key=rules.key)
        committed = None if dry_run else carry_out(repo, writer, plan, merged, progress)
        return outcome(writer, plan, merged, committed, bases, dry_run)


def outcome(
    writer: ObjectWriter,
    plan: Plan,
    merged: MergedTree,
    committed: Committed | None,
    bases: Sequence[Oid] = (),
    dry_run: bool = False,
) -> Merged:
    """What a merge that was carried out, or would be, did."""
    how: How = "conflicts" if merged.conflict_count else "merged" if plan.commit else "staged"
    changes = count_changes(writer, plan.sides.ours, merged.tree)
    return Merged(
        how,
        plan.head,
        plan.theirs,
        tuple(bases),
        merged.files,
        committed,
        changes,
        merged.conflict_count,
        dry_run,
    )


def base_tree(repo: Repo, writer: ObjectWriter, bases: Sequence[Oid], rules: Rules) -> Oid:
    """The tree that two sides come from: of the merge base, made up where there are several.

    Several bases are merged with one another first, oldest first. Where they conflict, the base
    has what was there before both, so that either side's decision counts as a change.
    """
    if not bases:
        return trees.EMPTY_TREE
    *others, oldest = bases
    tree, done = repo.commit(oldest).tree, [oldest]
    for oid in reversed(others):
        theirs = repo.commit(oid).tree
        if theirs != tree:
            common = [base for each in done for base in merge_bases(repo.commit, each, oid)]
            below = base_tree(repo, writer, best_of(repo, common), rules)
            sides = Trees(below, tree, theirs)
            plain = replace(rules, favour="", wanted=None)
            merged = merge_trees(repo, writer, sides, plain)
            tree = settled_tree(repo, writer, sides, merged, "base")
        done.append(oid)
    return tree


def best_of(repo: Repo, commits: Sequence[Oid]) -> list[Oid]:
    """Those of some commits that no other one descends from, newest first."""
    distinct = sorted(set(commits), key=lambda oid: -repo.commit(oid).committer.seconds)
    return without_ancestors(repo.commit, distinct)


def _fast_forward(
    repo: Repo, head: Head, theirs: Oid, bases: Sequence[Oid], dry_run: bool, progress: Progress
) -> Merged:
    """Move HEAD's branch, or a detached HEAD, to a commit that descends from it."""
    old, tree = repo.head_tree(), repo.commit(theirs).tree
    changes = count_changes(repo.store, old, tree)
    done = Merged("fast-forward", head, theirs, tuple(bases), changes=changes, dry_run=dry_run)
    if dry_run:
        return done
    with repo.transaction("merge") as change:
        point_at(change, head, theirs)
        move = Move(repo, tree)
        move.refuse()
        stage = move.apply(progress)
        change.set_stage(stage)
        if move.transition.steps:
            change.change_files(move.before, stage)
        change.commit()
        move.finish(stage)
    return done


def _message(head: Head, theirs: Oid, name: str, squash: bool) -> str:
    what = name or f"commit '{theirs.short}'"
    if squash:
        return f"Squashed {what}"
    into = f" into {head.branch}" if head.branch not in (None, "main", "master") else ""
    return f"Merge {what}{into}"


def _shown(head: Head) -> str:
    return "HEAD" if head.branch is None else f"`{head.branch}`"
