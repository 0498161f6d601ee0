"""`undo`, `redo` and `op restore`: bring an earlier state of the repository back."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tdv.errors import UsageError
from tdv.model.oid import Oid
from tdv.model.operation import Head, OperationRecord
from tdv.model.work import Work
from tdv.ops.progress import SILENT, Progress
from tdv.repo.repository import Repo
from tdv.repo.states import Return, States
from tdv.repo.transaction import Transaction

if TYPE_CHECKING:
    from tdv.ops.filesmove import FilesMove


@dataclass(frozen=True)
class Undone:
    """What `undo`, `redo` or `op restore` did, or under `dry_run` would do.

    Attributes:
        reversed: the records that were reversed, in that order.
        number: of the new record; None where nothing was recorded.
        before, after: HEAD.
        refs: the refs that changed, with the values that they have now; None for none.
        stage_before, stage: the tree of the stage.
        again: the operations that `redo` brought back, oldest first.
        work_before, work: what was in progress, and what is.
        written, removed: paths of the working copy.
        kept: paths with unsaved work that was replaced; it is in the operation record.
    """

    reversed: tuple[OperationRecord, ...]
    number: int | None
    before: Head
    after: Head
    refs: dict[str, Oid | None]
    stage_before: Oid
    stage: Oid
    again: tuple[OperationRecord, ...]
    work_before: Work
    work: Work
    written: tuple[bytes, ...] = ()
    removed: tuple[bytes, ...] = ()
    kept: tuple[bytes, ...] = ()


def undo(
    repo: Repo,
    count: int = 1,
    *,
    force: bool = False,
    dry_run: bool = False,
    progress: Progress = SILENT,
) -> Undone:
    """Take the last operations back: refs, HEAD, the stage, and the files that they changed.

    Args:
        count: how many.
        force: also replace files that were changed since; their content is kept in the
            operation record, and `redo` brings it back.
        dry_run: change nothing.

    Raises:
        UsageError: `count` is no positive number.
        RepositoryError: there are not so many operations, or `gc` or `purge` came between.
        WorkInTheWay: files were changed since.
    """
    if count < 1:
        raise UsageError(f"At least 1 operation can be undone, not {count}.")
    return _go(repo, "undo", lambda states: states.undone(count), force, dry_run, progress)


def redo(
    repo: Repo, *, force: bool = False, dry_run: bool = False, progress: Progress = SILENT
) -> Undone:
    """Take the last `undo` back.

    Raises:
        RepositoryError: there is none since the last operation.
        WorkInTheWay: files were changed since; as for `undo`.
    """
    return _go(repo, "redo", lambda states: states.redone(), force, dry_run, progress)


def restore_state(
    repo: Repo,
    number: int,
    *,
    force: bool = False,
    dry_run: bool = False,
    progress: Progress = SILENT,
) -> Undone:
    """Bring back the state behind an operation; `undo` takes this back like any other one.

    Raises:
        RepositoryError: there is no such operation, or its state is gone.
        WorkInTheWay: files were changed since; as for `undo`.
    """

    def found(states: States) -> Return:
        return states.restored(number)

    return _go(repo, f"op restore {number}", found, force, dry_run, progress)


def _go(
    repo: Repo,
    command: str,
    find: Callable[[States], Return],
    force: bool,
    dry_run: bool,
    progress: Progress,
) -> Undone:
    with repo.transaction(command) as transaction:
        states = States(repo.oplog)
        back = find(states)
        move = _files_move(repo, back) if back.files else None
        if move is not None:
            move.refuse(_hint(command, back), force=force)
        number = None
        if not dry_run:
            number = _change(repo, transaction, back, move, progress)
    newest = states.newest
    return Undone(
        back.reversed,
        number if number != newest.number else None,
        newest.head,
        back.head,
        back.refs,
        newest.stage,
        back.stage,
        back.again,
        Work.from_wire(newest.work),
        Work.from_wire(back.work),
        *(() if move is None else move.outcome()),
    )


def _files_move(repo: Repo, back: Return) -> FilesMove:
    from tdv.ops.filesmove import FilesMove  # 50 ms, and most operations change no files

    return FilesMove(repo, back.files)


def _change(
    repo: Repo,
    transaction: Transaction,
    back: Return,
    move: FilesMove | None,
    progress: Progress,
) -> int:
    # A branch that goes may make place for one below its name.
    for name, value in sorted(back.refs.items(), key=lambda item: item[1] is not None):
        transaction.set_ref(name, value)
    transaction.set_head(back.head)
    transaction.set_stage(back.stage)
    transaction.set_work(Work.from_wire(back.work))
    if back.position is not None:
        transaction.set_position(back.position)
    if move is None:
        return transaction.commit()
    with repo.writing() as writer:
        move.store(writer)
        writer.publish()
    move.apply(back.stage, progress)
    if move.change is not None:
        transaction.change_files(*move.change)
    number = transaction.commit()
    move.finish()
    return number


def _hint(command: str, back: Return) -> str:
    since = "since"
    if command == "undo" and len(back.reversed) == 1:
        record = back.reversed[0]
        since = f"since operation {record.number}, `tdv {shlex.join(record.command)}`"
    return (
        f"These files were changed {since}. Commit them or move them away, or run "
        f"`tdv {command} --force`, which keeps their content in the operation log."
    )
