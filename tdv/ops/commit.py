"""`commit`: record the stage, or some paths of the working copy, as a new version."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tdv.errors import Findings, Overtaken, RepositoryError, UsageError, WorkInTheWay
from tdv.model.commit import Commit, Operation, Signature
from tdv.model.entry import FileEntry
from tdv.model.oid import Kind, Oid
from tdv.model.operation import Head
from tdv.model.work import Merging, Work
from tdv.ops import gate
from tdv.ops.progress import SILENT, Progress
from tdv.repo import layout
from tdv.repo.repository import Repo
from tdv.store import trees
from tdv.store.access import ObjectReader

if TYPE_CHECKING:
    from tdv.ops.add import Addition
    from tdv.repo.transaction import Transaction
    from tdv.store.writer import ObjectWriter


@dataclass(frozen=True, slots=True)
class Committed:
    """A commit that was made.

    Attributes:
        oid, commit: the commit.
        branch: that now points at it; None when HEAD is detached.
        changes: what differs from the first parent.
    """

    oid: Oid
    commit: Commit
    branch: str | None
    changes: ChangeCounts


@dataclass(frozen=True, slots=True)
class ChangeCounts:
    """What a commit changed, as far as its trees tell without a look at rows.

    Attributes:
        added, removed, changed: files.
        renamed: files whose very bytes went from one path to another; they count as neither
            added nor removed.
        records: how many records more, or less, the files have together.
    """

    added: int = 0
    removed: int = 0
    changed: int = 0
    records: int = 0
    renamed: int = 0

    @property
    def files(self) -> int:
        """Files that differ."""
        return self.added + self.removed + self.changed + self.renamed


def commit(
    repo: Repo,
    message: str | Callable[[], str] | None,
    *,
    paths: Sequence[bytes] = (),
    update: bool = False,
    amend: bool = False,
    reset_author: bool = False,
    allow_empty: bool = False,
    author: Signature | None = None,
    operation: Operation | None = None,
    verify: bool = True,
    progress: Progress = SILENT,
) -> Committed:
    """Make a commit on the branch, or on the commit, that HEAD stands on.

    Args:
        message: free text, or what gives it once it is clear that there is something to commit;
            None with `amend`, or to finish a merge, keeps the one that there is.
        paths: commit the working content of these tracked paths only. What is staged for other
            paths stays staged.
        update: stage changes of all tracked files first.
        amend: replace HEAD's commit, keeping its author unless `reset_author`.
        allow_empty: also when nothing changed.
        author: who made the data; by default as configured.
        verify: the gate has to be passed, where `tdv.toml` says that it runs at commit; else the
            commit says that it was not asked.

    Raises:
        Findings: nothing changed, or the gate did not pass (`GateFailed`).
        UsageError: the message is empty, or two arguments contradict one another.
        WorkInTheWay: conflicts of a merge in progress are left.
        RepositoryError: `amend` before the first commit.
        Overtaken: another command moved HEAD, and changed the same files or switched branches.
    """
    if paths and update:
        raise UsageError("Paths and `-a` together make no sense: `-a` commits all tracked files.")
    (head, stage), work = repo.head_and_stage(), repo.work()
    merging = work.merging
    if merging is not None:
        _check_merging(merging, head, paths, amend)
        message, author = message or merging.message, author or merging.author
    amended = _amended(repo, head) if amend else None
    if isinstance(message, str):
        message = clean_message(message)
    parents = _parents(head, amended) if merging is None else merging.parents
    with repo.writing() as writer:
        staging: Addition | None = None
        if paths or update:
            from tdv.ops.add import read_tracked  # else the working copy is not looked at

            staging = read_tracked(repo, writer, stage, paths or (b"",), progress)
        if merging is not None:
            _refuse_unresolved(repo, writer, merging, staging)
        if staging is not None:
            stage = trees.update(writer, stage, staging.changes)
        tree = _selected(repo, writer, head, stage, paths) if paths else stage
        if not allow_empty:
            _refuse_empty(repo, tree, parents, amended, bool(paths))
        writer.publish()  # an editor may stay open for hours
        operation = gate.hold(
            repo,
            writer,
            tree,
            operation,
            verify=verify,
            staged=staging is None,
            progress=progress,
        )
        text = _message(message, amended)
        if author is None:
            author = repo.author() if amended is None or reset_author else amended.author
        made = Commit(tree, parents, author, repo.committer(), text, operation)
        command = "commit --amend" if amend else "commit"
        # Only a commit of its own, not one in another's place, can stand on top of a newer one.
        late = _late(repo, writer, head, allow_empty) if parents == _tip(head) else None
        oid, made = record_commit(repo, writer, made, head, command, staging, work, late)
    changes = count_changes(repo.store, _tree_of_first(repo, made.parents), made.tree)
    return Committed(oid, made, head.branch, changes)


def record_commit(
    repo: Repo,
    writer: ObjectWriter,
    commit: Commit,
    head: Head,
    command: str,
    staging: Addition | None = None,
    work: Work | None = None,
    late: Callable[[Commit, Head], Commit] | None = None,
) -> tuple[Oid, Commit]:
    """Store a commit and let HEAD's branch, or a detached HEAD, point at it.

    Args:
        head: where HEAD stood when the commit was made up.
        staging: what the stage takes at the same commit point.
        work: what was in progress then. A merge is done with this commit.
        late: makes the commit anew for where HEAD stands by now; None where that is no way out.

    Raises:
        Overtaken: HEAD stands elsewhere by now, or something else is in progress.
    """
    oid = writer.put(Kind.COMMIT, commit.to_bytes())
    writer.publish()
    with repo.transaction(command, commit.committer) as change:
        if work is not None:
            _finish_work(repo, change, work)
        now = repo.head()
        if now != head and late is not None:
            commit, head = late(commit, now), now
            oid = writer.put(Kind.COMMIT, commit.to_bytes())
            writer.publish()
        if head.branch is None:
            change.set_head(Head(None, oid), expect=head)
        else:
            change.set_head(Head(head.branch, oid), expect=head)
            change.set_ref(layout.HEADS + head.branch, oid, expect=head.commit)
        stage = None if staging is None else staging.merged(writer)
        if stage is not None:
            change.set_stage(stage)
        change.commit()
    if staging is not None and stage is not None:
        from tdv.repo.tracking import save_cache

        staging.cache.stage = stage
        save_cache(repo, staging.cache)
    return oid, commit


def clean_message(text: str, *, comments: bool = False) -> str:
    """A message without blank lines at its ends or spaces at the ends of its lines.

    Args:
        comments: lines that start with `#` are dropped, as after an editor.

    Raises:
        UsageError: nothing is left, or the text is not valid UTF-8.
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise UsageError(
            "The message is not valid UTF-8.", hint="Write it in UTF-8 and commit again."
        ) from error
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").split("\n")]
    if comments:
        lines = [line for line in lines if not line.startswith("#")]
    kept: list[str] = []
    for line in lines:
        if line or (kept and kept[-1]):
            kept.append(line)
    cleaned = "\n".join(kept).strip("\n")
    if not cleaned:
        raise UsageError(
            "The message is empty; nothing was committed.",
            hint="`tdv commit -m 'what changed and why'` gives one.",
        )
    if "\0" in cleaned:
        raise UsageError("The message contains a NUL byte.")
    return cleaned


def count_changes(reader: ObjectReader, old: Oid, new: Oid) -> ChangeCounts:
    """What changed between two trees, in files and records. Costs what the change does."""
    added = removed = changed = records = 0
    if old == trees.EMPTY_TREE:
        if new == trees.EMPTY_TREE:
            return ChangeCounts()
        whole = trees.read_tree_node(reader, new).totals(new)
        return ChangeCounts(added=whole.files, records=whole.records)
    came: Counter[object] = Counter()
    gone: Counter[object] = Counter()
    for _, before, after in trees.compare(reader, old, new):
        added += before is None
        removed += after is None
        if before is None and after is not None and after.size:
            came[after.content_key()] += 1
        elif after is None and before is not None and before.size:
            gone[before.content_key()] += 1
        changed += before is not None and after is not None
        records += ((after and after.records) or 0) - ((before and before.records) or 0)
    renamed = (came & gone).total()
    return ChangeCounts(added - renamed, removed - renamed, changed, records, renamed)


def _amended(repo: Repo, head: Head) -> Commit:
    if head.commit is None:
        raise RepositoryError(
            "There is no commit to amend yet.", hint="`tdv commit` makes the first one."
        )
    return repo.commit(head.commit)


def _check_merging(merging: Merging, head: Head, paths: Sequence[bytes], amend: bool) -> None:
    """Refuse what cannot be done while a merge waits for its commit."""
    if paths:
        raise UsageError(
            f"A {merging.kind} is in progress, and is committed as a whole, not by paths.",
            hint="`tdv commit` without paths commits it.",
        )
    if amend or head.commit != merging.ours:
        what = "`--amend` has to wait" if amend else "HEAD was moved since it began"
        raise WorkInTheWay(
            f"A {merging.kind} is in progress, and {what}; nothing was changed.",
            hint=f"`tdv {merging.kind} --continue` finishes it, `tdv {merging.kind} --abort` "
            "takes it back.",
        )


def _refuse_unresolved(
    repo: Repo, writer: ObjectWriter, merging: Merging, staging: Addition | None
) -> None:
    """Refuse a commit while conflicts are left, naming their files."""
    tree = merging.conflicts
    if tree == trees.EMPTY_TREE:
        return
    from tdv.ops.conflicts import conflicted_files, name_files

    if staging is not None:
        from tdv.ops.merging.conflictedits import conflicts_after_edit

        after = conflicts_after_edit(repo, writer, staging.changes)
        if after is not None and after.work.merging is not None:
            tree = after.work.merging.conflicts
    files = list(conflicted_files(writer, tree))
    if files:
        raise WorkInTheWay(
            f"Not all conflicts of the {merging.kind} are resolved: {name_files(files)}; nothing "
            "was committed.",
            hint="`tdv conflicts` shows them; `tdv resolve KEY --ours`, or editing the file and "
            "`tdv add`, resolves one.",
        )


def _late(
    repo: Repo, writer: ObjectWriter, before: Head, empty: bool
) -> Callable[[Commit, Head], Commit]:
    """What puts a commit on top of those that other commands made meanwhile."""

    def follow(made: Commit, now: Head) -> Commit:
        from tdv.ops import overtaken  # rarely needed

        return overtaken.follow(repo, writer, made, before, now, empty=empty)

    return follow


def _finish_work(repo: Repo, change: Transaction, work: Work) -> None:
    if repo.work() != work:
        raise Overtaken(
            "Another command went on with the work in progress; nothing was changed.",
            hint="Run the command again.",
        )
    if work.merging is not None:
        change.set_work(replace(work, merging=None))


def _message(message: str | Callable[[], str] | None, amended: Commit | None) -> str:
    if message is None and amended is not None:
        return amended.message
    return clean_message((message() if callable(message) else message) or "")


def _selected(
    repo: Repo, writer: ObjectWriter, head: Head, stage: Oid, paths: Sequence[bytes]
) -> Oid:
    """HEAD's tree with some paths of the stage."""
    if b"" in paths:
        return stage
    from tdv.repo.selection import Selection

    selection = Selection(paths)
    tree = _tree_of_first(repo, _tip(head))
    changes: dict[bytes, FileEntry | None] = {
        path: new for path, _, new in trees.compare(writer, tree, stage) if selection.holds(path)
    }
    return trees.update(writer, tree, changes) if changes else tree


def _parents(head: Head, amended: Commit | None) -> tuple[Oid, ...]:
    if amended is not None:
        return amended.parents
    return _tip(head)


def _tip(head: Head) -> tuple[Oid, ...]:
    return () if head.commit is None else (head.commit,)


def _tree_of_first(repo: Repo, parents: Sequence[Oid]) -> Oid:
    return repo.commit(parents[0]).tree if parents else trees.EMPTY_TREE


def _refuse_empty(
    repo: Repo, tree: Oid, parents: Sequence[Oid], amended: Commit | None, only_paths: bool
) -> None:
    if len(parents) > 1 or tree != _tree_of_first(repo, parents):
        return
    if amended is not None:
        if tree == amended.tree:
            return  # it was empty before: only its message or its author changes
        raise Findings(
            "Amended so, the commit would change nothing; it was left as it is.",
            hint="`tdv commit --amend --allow-empty` makes it empty all the same.",
        )
    if only_paths:
        raise Findings("There is nothing to commit: HEAD holds these paths as they are.")
    raise Findings(
        "There is nothing to commit: the stage is the same as HEAD.",
        hint="`tdv add` stages changes, `tdv commit -a` commits all changes of tracked files.",
    )
