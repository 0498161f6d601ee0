"""`rm`: take files out of the stage and the working copy; `rm --untracked`: what is in neither."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tdv.errors import UsageError
from tdv.model.oid import Oid
from tdv.model.operation import FilesChange
from tdv.ops.capture import capture, entries_now, removed_before
from tdv.ops.merging.conflictedits import conflicts_after_edit
from tdv.repo import interruption, layout
from tdv.repo.repository import Repo
from tdv.repo.safewrite import WorkingCopyWriter
from tdv.repo.selection import Selection
from tdv.repo.statcache import StatCache
from tdv.repo.tracking import FolderEntries, load_cache, save_cache
from tdv.repo.transition import refuse_loss
from tdv.repo.unstaged import Comparison, Unstaged
from tdv.repo.worktree import WorkingCopy, folders_above
from tdv.store import trees
from tdv.store.writer import ObjectWriter


@dataclass(frozen=True)
class Removed:
    """What `rm` removed, or under `dry_run` would.

    Attributes:
        paths: files, in order.
    """

    paths: tuple[bytes, ...] = ()


def rm(
    repo: Repo,
    paths: Sequence[bytes],
    *,
    cached: bool = False,
    recursive: bool = False,
    force: bool = False,
    dry_run: bool = False,
) -> Removed:
    """Take files out of the stage, and out of the working copy as well.

    Args:
        paths: files, folders and patterns.
        cached: leave the working copy as it is.
        recursive: a folder takes all below it with it.
        force: also files whose content is stored in no commit; it is kept in the operation
            record then.
        dry_run: change nothing.

    Raises:
        PathError: a path is not in the stage.
        UsageError: a folder without `recursive`.
        WorkInTheWay: a file differs from the stage, or what is staged from HEAD.
    """
    with repo.transaction("rm") as transaction:
        stage = repo.stage()
        cache = load_cache(repo, stage)
        selection = Selection(paths)
        _require(cache, selection, recursive)
        chosen = sorted(path for path in cache.paths() if selection.holds(path))
        differing = _unsaved(repo, cache, chosen, cached, force)
        if dry_run or not chosen:
            return Removed(tuple(chosen))
        with repo.writing() as writer:
            after = trees.update(writer, stage, dict.fromkeys(chosen))
            resolved = conflicts_after_edit(repo, writer, dict.fromkeys(chosen))
            before = after if cached else _before(repo, writer, stage, differing)
            writer.publish()
        change = FilesChange(before, after)
        if not cached:
            interruption.begin(repo.folder, change)
            _unlink(repo, chosen)
        for path in chosen:
            cache.drop(path)
        transaction.set_stage(after)
        if resolved is not None:
            transaction.set_work(resolved.work)
        transaction.change_files(*change)
        transaction.commit()
        interruption.end(repo.folder, change)
        cache.stage = after
        save_cache(repo, cache)
    return Removed(tuple(chosen))


def _before(repo: Repo, writer: ObjectWriter, stage: Oid, differing: Sequence[Unstaged]) -> Oid:
    """The tree of what files are before they are removed: the stage's, where they do not differ."""
    was = entries_now(repo, writer, differing)
    was |= removed_before(repo, lambda path: was.get(path, True) is None)
    return trees.update(writer, stage, was) if was else stage


def rm_untracked(
    repo: Repo, paths: Sequence[bytes] = (), *, ignored: bool = False, yes: bool = False
) -> Removed:
    """Remove what neither the stage has nor a rule ignores; repositories below are left.

    Their content is kept in the operation record, so that `undo` brings them back.

    Args:
        paths: look only there.
        ignored: remove ignored files too.
        yes: do it; without, only say what would go.
    """
    if yes:
        with repo.transaction("rm --untracked") as transaction:
            found = _untracked(repo, paths, ignored)
            stage = repo.stage()
            with repo.writing() as writer:
                was = removed_before(repo, _untracked_and_gone(repo, paths))
                was |= capture(repo, writer, found)
                before = trees.update(writer, stage, was)
                writer.publish()
            change = FilesChange(before, stage)
            interruption.begin(repo.folder, change)
            _unlink(repo, found)
            transaction.change_files(*change)
            transaction.commit()
            interruption.end(repo.folder, change)
    else:
        found = _untracked(repo, paths, ignored)
    return Removed(tuple(sorted(found)))


def _untracked(repo: Repo, paths: Sequence[bytes], ignored: bool) -> list[bytes]:
    cache = load_cache(repo, repo.stage())
    root = os.fsencode(repo.root)
    selection = Selection(paths)
    found: list[bytes] = []
    working = WorkingCopy(root, cache, selection, untracked_deep=True, force=ignored)
    for view in working.views():
        found += [view.path(each.name) for each in view.untracked]
    selection.require(
        lambda path: os.path.lexists(os.path.join(root, path)), lambda: found, "the working copy"
    )
    return found


def _untracked_and_gone(repo: Repo, paths: Sequence[bytes]) -> Callable[[bytes], bool]:
    selection, staged = Selection(paths), FolderEntries(repo.store, repo.stage())

    def gone(path: bytes) -> bool:
        there = os.path.lexists(os.path.join(os.fsencode(repo.root), path))
        return not there and selection.holds(path) and staged.get(path) is None

    return gone


def _require(cache: StatCache, selection: Selection, recursive: bool) -> None:
    folders = folders_above(cache.folders())
    selection.require(
        lambda path: path in folders or cache.get(path) is not None, cache.paths, "the stage"
    )
    for path in selection.paths or (b"",):
        if not recursive and (not path or path in folders):
            raise UsageError(
                f"`{os.fsdecode(path) or '.'}` is a folder.",
                hint="`tdv rm -r` removes a folder with all below it.",
            )


def _unsaved(
    repo: Repo, cache: StatCache, chosen: Sequence[bytes], cached: bool, force: bool
) -> list[Unstaged]:
    """Those of the files that differ; with content that would be lost, refused without `force`."""
    comparison = Comparison(repo, cache)
    differing = [each for path in chosen if (each := comparison.at(path))]
    edited = [each for each in differing if each.stat is not None]
    staged = _staged_only(repo, cache, chosen)
    if not force:
        hint = "`tdv rm -f` removes them all the same, `--cached` keeps them in the working copy."
        if cached:
            # What is staged alone is lost only when the working copy does not have it either.
            lost = staged & {each.path for each in edited}
            refuse_loss(lost, "is staged and nowhere else", "`tdv rm --cached -f` removes it.")
        else:
            refuse_loss(staged | {each.path for each in edited}, "would be removed", hint)
    return differing


def _staged_only(repo: Repo, cache: StatCache, chosen: Sequence[bytes]) -> set[bytes]:
    """Those of the files whose staged content HEAD does not have."""
    head = repo.head_tree()
    if head == cache.stage:
        return set()
    wanted = set(chosen)
    changed = trees.compare(repo.store, head, cache.stage)
    return {path for path, _, new in changed if new is not None and path in wanted}


def _unlink(repo: Repo, paths: Sequence[bytes]) -> None:
    with WorkingCopyWriter(repo.root, repo.folder / layout.TMP) as writer:
        for path in sorted(paths, reverse=True):
            writer.remove(path)
