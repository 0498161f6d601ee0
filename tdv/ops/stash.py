"""`stash`: put local changes aside, and bring them back.

A stash is a commit of what the working copy held. Its first parent is the commit that HEAD stood
on, its second one a commit of the stage. A file that it has and the stage's commit lacks was
untracked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tdv.errors import RepositoryError, RevisionError, WorkInTheWay
from tdv.model.commit import Commit
from tdv.model.entry import FileEntry
from tdv.model.oid import Kind, Oid
from tdv.model.operation import FilesChange, Head
from tdv.ops.add import Addition
from tdv.ops.capture import known_interruptions
from tdv.ops.commit import clean_message
from tdv.ops.filesmove import FilesMove, FilesMoved
from tdv.ops.merging.inprogress import refuse_in_progress
from tdv.ops.progress import SILENT, Progress
from tdv.repo import layout
from tdv.repo.repository import Repo
from tdv.repo.revisions import stashes
from tdv.repo.selection import Selection
from tdv.repo.tracking import FolderEntries, load_cache, save_cache
from tdv.repo.transition import name_paths
from tdv.store import trees
from tdv.store.writer import ObjectWriter

_FORCE_HINT = "Commit these changes, or stash them too, and run the command again."


@dataclass(frozen=True)
class Stash:
    """A stash.

    Attributes:
        number: 0 for the newest; `stash@{number}` names it.
        ref: the full name of its ref.
        oid, commit: the commit of what the working copy held.
    """

    number: int
    ref: str
    oid: Oid
    commit: Commit


@dataclass(frozen=True)
class Stashed:
    """What `stash push` did.

    Attributes:
        stash: the new one.
        files: what became of files of the working copy.
    """

    stash: Stash
    files: FilesMoved


@dataclass(frozen=True)
class Applied:
    """What `stash apply` or `stash pop` did.

    Attributes:
        stash: the one that was brought back.
        files: what became of files of the working copy.
        staged: paths that the stage took along.
        merged: paths whose rows were merged, since HEAD has changed them meanwhile.
        dropped: the stash is gone.
    """

    stash: Stash
    files: FilesMoved
    staged: tuple[bytes, ...]
    merged: tuple[bytes, ...]
    dropped: bool


def list_stashes(repo: Repo) -> list[Stash]:
    """All stashes, newest first."""
    refs = stashes(repo)
    return [Stash(n, ref, oid, repo.commit(oid)) for n, (ref, oid) in enumerate(refs)]


def find_stash(repo: Repo, number: int = 0) -> Stash:
    """The stash with that number, 0 being the newest; RevisionError when there is none."""
    refs = stashes(repo)
    if not 0 <= number < len(refs):
        what = f"no `stash@{{{number}}}`" if refs else "no stash"
        raise RevisionError(f"There is {what}.", hint="`tdv stash list` lists the stashes.")
    ref, oid = refs[number]
    return Stash(number, ref, oid, repo.commit(oid))


def push(
    repo: Repo,
    message: str = "",
    paths: Sequence[bytes] = (),
    *,
    untracked: bool = False,
    progress: Progress = SILENT,
) -> Stashed | None:
    """Put local changes aside: the stage and the working copy are as HEAD again.

    Args:
        message: what `stash list` says; by default where HEAD stands.
        paths: changes of these files only.
        untracked: files that are not tracked as well.

    Returns:
        None when there is nothing to put aside.

    Raises:
        PathError: a path matches nothing.
        RepositoryError: there is no commit yet, or another command changed the stage meanwhile.
        WorkInTheWay: a merge is in progress, or a file was written to meanwhile.
    """
    head = repo.head()
    if head.commit is None:
        raise RepositoryError(
            "There is no commit yet that local changes could be put aside from.",
            hint="`tdv commit` makes the first one.",
        )
    refuse_in_progress(repo, "stash push")
    work = Addition(repo, load_cache(repo, repo.stage()), progress)
    selection = Selection(paths or (b"",))
    with repo.writing() as writer:
        work.read(writer, work.survey(selection, update_only=not untracked, force=False))
        _take_back(repo, work, selection, untracked)
        aside = _Aside(repo, writer, work, selection)
        save_cache(repo, work.cache)
        if aside.staged == aside.worked == aside.head:
            return None
        oid, made = _record(repo, writer, head, aside, message)
        writer.publish()
        ref, files = _put_aside(repo, writer, head, aside, oid, progress)
    return Stashed(Stash(0, ref, oid, made), files)


def apply(
    repo: Repo,
    number: int = 0,
    *,
    drop: bool = False,
    index: bool = False,
    progress: Progress = SILENT,
) -> Applied:
    """Bring a stash back into the working copy; files that it added are staged.

    Where HEAD has changed a file since, rows are merged.

    Args:
        number: 0 is the newest.
        drop: remove the stash, in the same operation.
        index: let the stage hold what it held then, too.

    Raises:
        RevisionError: there is no such stash.
        WorkInTheWay: a file has local changes, or both sides changed the same; nothing was done.
    """
    with repo.transaction("stash pop" if drop else "stash apply") as transaction:
        refuse_in_progress(repo, "stash pop" if drop else "stash apply")
        stash = find_stash(repo, number)
        with repo.writing() as writer:
            back = _Back(repo, writer, stash, progress)
            stage, staged = back.stage_after(index)
            writer.publish()
            move = FilesMove(repo, [FilesChange(back.stage, back.files)])
            move.refuse(_FORCE_HINT)
            move.store(writer)
            writer.publish()
        transaction.set_stage(stage)
        if drop:
            transaction.set_ref(stash.ref, None, expect=stash.oid)
        move.apply(stage, progress)
        if move.change is not None:
            transaction.change_files(*move.change)
        transaction.commit()
        move.finish()
    return Applied(stash, move.outcome(), staged, back.merged, drop)


def drop(repo: Repo, number: int = 0) -> Stash:
    """Remove a stash; `undo` brings it back.

    Raises:
        RevisionError: there is no such stash.
    """
    with repo.transaction("stash drop") as transaction:
        stash = find_stash(repo, number)
        transaction.set_ref(stash.ref, None, expect=stash.oid)
        transaction.commit()
    return stash


def _take_back(repo: Repo, work: Addition, selection: Selection, untracked: bool) -> None:
    """Where an interrupted `stash push` has put files back already, count what they were."""
    staged = FolderEntries(repo.store, work.cache.stage)
    for note in known_interruptions(repo):
        for path, was, left in trees.compare(repo.store, *note):
            tracked = staged.get(path)
            if was is None or not selection.holds(path) or not (tracked or untracked):
                continue
            if work.changes.get(path, tracked) == left:
                work.changes[path] = was


class _Aside:
    """The trees of a new stash, and what it leaves.

    Attributes:
        head, stage: HEAD's tree, and the stage's.
        files: the stage with what the selected files of the working copy hold.
        staged: HEAD's tree with what the stage holds of the selected files.
        worked: that, with what the working copy holds of them.
        stage_after: the stage with the selected files as HEAD has them.
    """

    def __init__(
        self, repo: Repo, writer: ObjectWriter, work: Addition, selection: Selection
    ) -> None:
        self.head, self.stage = repo.head_tree(), work.cache.stage
        staged: dict[bytes, FileEntry | None] = {}
        back: dict[bytes, FileEntry | None] = {}
        for path, old, new in trees.compare(writer, self.head, self.stage):
            if selection.holds(path):
                staged[path], back[path] = new, old
        self.staged = trees.update(writer, self.head, staged) if staged else self.head
        self.worked = trees.update(writer, self.staged, work.changes)
        self.files = trees.update(writer, self.stage, work.changes)
        self.stage_after = trees.update(writer, self.stage, back) if back else self.stage


class _Back:
    """What becomes of files when a stash comes back; under the repository's lock.

    Attributes:
        stage: the stage's tree now, which files are expected to be as.
        files: that, with the stash's changes.
        merged: paths whose rows were merged.
    """

    def __init__(self, repo: Repo, writer: ObjectWriter, stash: Stash, progress: Progress) -> None:
        self._repo = repo
        self._writer = writer
        self._stash = stash
        head, index = stash.commit.parents[:2]
        self._head, self._index = repo.commit(head).tree, repo.commit(index).tree
        self.stage = repo.stage()
        self.merged: tuple[bytes, ...] = ()
        now = FolderEntries(repo.store, self.stage)
        changes: dict[bytes, FileEntry | None] = {}
        moved_on = False
        for path, old, new in trees.compare(repo.store, self._head, stash.commit.tree):
            here = now.get(path)
            changes[path] = new
            moved_on |= here not in (old, new)
        if moved_on:
            self.files = self._merge(progress)
        else:
            self.files = trees.update(writer, self.stage, changes)
            writer.publish()
            found = trees.compare(repo.store, self.stage, self.files)
            hidden = [path for path, _, _ in found if path not in changes]
            if hidden:  # a file of the stash would stand in a folder's place, or the other way
                raise _moved_on(hidden, "Move them, or commit them elsewhere; the stash is kept.")

    def stage_after(self, index: bool) -> tuple[Oid, tuple[bytes, ...]]:
        """The stage to be, and the paths that it takes along."""
        changes: dict[bytes, FileEntry | None] = {}
        now = FolderEntries(self._repo.store, self.stage)
        files = FolderEntries(self._writer, self.files)
        for path, old, staged in trees.compare(self._repo.store, self._head, self._index):
            here = now.get(path)
            if index:
                if here not in (old, staged):
                    raise _moved_on([path], "Without `--index`, the stage is left as it is.")
                changes[path] = staged
            elif old is None and here is None:
                changes[path] = files.get(path)
        kept = {path: entry for path, entry in changes.items() if entry != now.get(path)}
        after = trees.update(self._writer, self.stage, kept) if kept else self.stage
        return after, tuple(kept)

    def _merge(self, progress: Progress) -> Oid:
        from tdv.ops.merging.threefiles import Trees
        from tdv.ops.merging.treemerge import Rules, merge_trees

        self._writer.publish()
        sides = Trees(self._head, self.stage, self._stash.commit.tree)
        merged = merge_trees(self._repo, self._writer, sides, Rules(), progress)
        conflicts = [each.path for each in merged.files if each.how == "conflict"]
        if conflicts:
            name = f"stash@{{{self._stash.number}}}"
            raise _moved_on(
                conflicts,
                "The stash is kept, and `tdv stash show -p` shows it. "
                f"`tdv cherry-pick -n -m 1 {name}` brings it with conflicts to decide, "
                f"`tdv restore --source {name} PATH` a whole file of it.",
            )
        self.merged = tuple(each.path for each in merged.files if each.how == "merged")
        return merged.tree


def _moved_on(paths: Sequence[bytes], hint: str) -> WorkInTheWay:
    return WorkInTheWay(
        f"What the stash changed in {name_paths(paths)} was changed otherwise since; nothing was "
        "done.",
        hint=hint,
    )


def _put_aside(
    repo: Repo, writer: ObjectWriter, head: Head, aside: _Aside, oid: Oid, progress: Progress
) -> tuple[str, FilesMoved]:
    """Let a ref have a stash, and bring the stage and files back to what they are to be."""
    with repo.transaction("stash push") as transaction:
        ref = layout.STASHES + str(_next_number(repo))
        transaction.set_ref(ref, oid, expect=None)
        transaction.set_head(head, expect=head)
        transaction.set_stage(aside.stage_after, expect=aside.stage)
        move = FilesMove(repo, [FilesChange(aside.files, aside.stage_after)])
        move.refuse("A file was written to meanwhile: run the command again.")
        move.store(writer)
        writer.publish()
        move.apply(aside.stage_after, progress)
        if move.change is not None:
            transaction.change_files(*move.change)
        transaction.commit()
        move.finish()
    return ref, move.outcome()


def _record(
    repo: Repo, writer: ObjectWriter, head: Head, aside: _Aside, message: str
) -> tuple[Oid, Commit]:
    """Store the two commits of a stash."""
    assert head.commit is not None
    where = head.branch or "(no branch)"
    at = f"{head.commit.short} {repo.commit(head.commit).subject}"
    author, committer = repo.author(), repo.committer()
    index = Commit(aside.staged, (head.commit,), author, committer, f"index on {where}: {at}")
    parents = (head.commit, writer.put(Kind.COMMIT, index.to_bytes()))
    text = f"On {where}: {clean_message(message)}" if message else f"WIP on {where}: {at}"
    made = Commit(aside.worked, parents, author, committer, text)
    return writer.put(Kind.COMMIT, made.to_bytes()), made


def _next_number(repo: Repo) -> int:
    numbers = [ref.removeprefix(layout.STASHES) for ref in repo.refs.names(layout.STASHES)]
    return 1 + max((int(number) for number in numbers if number.isdecimal()), default=0)
