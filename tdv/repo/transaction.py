"""The commit point: one appended record, then the small files that it names.

Under the lock `.tdv/lock`: finish what the last record began, compare the expected old values,
append the record and sync it, write the small files. A crash before the record is whole leaves
the old state; after it the new one, since readers lay the newest record over the files and the
next transaction writes those that are missing.
"""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from tdv.errors import IntegrityError, Overtaken, RepositoryError, StorageError
from tdv.model.commit import Signature
from tdv.model.oid import Oid
from tdv.model.operation import FilesChange, Head, OperationRecord, Position, RefChange
from tdv.model.work import Work
from tdv.repo import interruption, layout
from tdv.repo.oplog import OperationLog
from tdv.repo.refs import Refs
from tdv.repo.smallfiles import bring_back_branch, differing, write_small_files
from tdv.store import files
from tdv.store.locks import WAIT_SECONDS, Lock

# A temporary file that nobody wrote to for so long belongs to a command that was stopped.
STALE_SECONDS = 3600


class _Any:
    """Stands for "whatever the old value is"."""


ANY: Final = _Any()


class Transaction:
    """Gathers changes to refs, HEAD, the stage and work in progress; `commit` makes them at once.

    Only made by `transaction`, which holds the lock.
    """

    def __init__(
        self, folder: Path, refs: Refs, oplog: OperationLog, command: Sequence[str], who: Signature
    ) -> None:
        self._folder = folder
        self._refs = refs
        self._oplog = oplog
        self._command = tuple(command)
        self._who = who
        self._changes: dict[str, RefChange] = {}
        # Folders that new refs need, each with one of these refs.
        self._folders: dict[str, str] = {}
        self._head_before = self._head = refs.head()
        self._stage_before = self._stage = refs.stage()
        self._newest = oplog.newest()
        self._work: Any = None if self._newest is None else self._newest.work
        self._oldest = 1 if self._newest is None else self._newest.oldest
        self._files: FilesChange | None = None
        self._position: Position | None = None

    def set_ref(self, name: str, new: Oid | None, *, expect: Oid | _Any | None = ANY) -> None:
        """Give a ref a value, or remove it with None.

        Args:
            name: full: `refs/heads/main`.
            expect: the value that the caller saw before; None for "there was no such ref".

        Raises:
            Overtaken: another command changed the ref since.
            RepositoryError: its name clashes with a ref that exists (`a` and `a/b`).
        """
        old = self._refs.get(name)
        if not isinstance(expect, _Any) and expect != old:
            raise _moved(f"`{name}`")
        if old is None and new is not None and self._after(name) is None:
            self._check_clash(name)
        self._changes[name] = RefChange(name, old, new)

    def set_head(self, head: Head, *, expect: Head | _Any = ANY) -> None:
        """Put HEAD on a branch (its commit is not looked at) or on a commit."""
        if not isinstance(expect, _Any) and expect != self._head_before:
            raise _moved("HEAD")
        self._head = head

    def set_stage(self, tree: Oid, *, expect: Oid | _Any = ANY) -> None:
        """Let the stage hold that tree."""
        if not isinstance(expect, _Any) and expect != self._stage_before:
            raise _moved("the stage")
        self._stage = tree

    def set_work(self, work: Work | None) -> None:
        """Say which work is in progress, or None for none."""
        self._work = None if work is None else work.to_wire()

    def change_files(self, before: Oid, after: Oid) -> None:
        """Say what the command did to files of the working copy, as `FilesChange`."""
        self._files = FilesChange(before, after) if before != after else None

    def set_position(self, position: Position) -> None:
        """Say which state the command brings back: of `undo` and `redo`."""
        self._position = position

    def set_oldest(self, number: int) -> None:
        """End what can be undone: no state before that record's can be brought back any more."""
        self._oldest = number

    def commit(self) -> int:
        """Append the record, which is the commit point, then write the small files.

        Returns the number of the newest record; nothing is written when nothing changes.
        """
        tail = self._oplog.tail()
        number = 0 if tail.record is None else tail.record.number
        changes = tuple(change for change in self._changes.values() if change.old != change.new)
        head = self._head_after(changes)
        position = self._position
        if self._leaves_state(changes, head) and position is None and tail.record is not None:
            if self._oldest == tail.record.oldest:
                return number
            position = tail.record.position or Position(number)
        record = OperationRecord(
            number + 1,
            tail.checksum,
            self._command,
            self._who,
            changes,
            self._head_before,
            head,
            self._stage_before,
            self._stage,
            self._work,
            self._files,
            position,
            self._oldest,
        )
        self._oplog.append(record)
        # The record is the commit point: what a full disk refuses now, the next command writes,
        # and readers take from the record.
        with suppress(StorageError):
            write_small_files(self._folder, self._refs, record)
        return record.number

    def _leaves_state(self, changes: Sequence[RefChange], head: Head) -> bool:
        """Whether neither refs, HEAD, stage, work in progress nor files of the user change."""
        work = None if self._newest is None else self._newest.work
        return (
            not changes
            and head == self._head_before
            and self._stage == self._stage_before
            and self._work == work
            and self._files is None
        )

    def _head_after(self, changes: Sequence[RefChange]) -> Head:
        branch = self._head.branch
        if branch is None:
            return self._head
        name = layout.HEADS + branch
        now = {change.name: change.new for change in changes}
        return Head(branch, now[name] if name in now else self._refs.get(name))

    def _after(self, name: str) -> Oid | None:
        """The value of a ref when this transaction will be done, as far as is known now."""
        return self._changes[name].new if name in self._changes else self._refs.get(name)

    def _check_clash(self, name: str) -> None:
        parts = name.split("/")
        above = ["/".join(parts[:end]) for end in range(3, len(parts))]
        for folder in above:
            if self._after(folder) is not None:
                raise _clash(name, folder)
        for below in self._refs.names(name + "/"):
            if self._after(below) is not None:
                raise _clash(name, below)
        if name in self._folders:
            raise _clash(name, self._folders[name])
        self._folders.update(dict.fromkeys(above, name))
        path = self._folder / name
        if os.path.lexists(path) and path.is_file() and path.name not in os.listdir(path.parent):
            raise RepositoryError(
                f"`{name}` differs from a ref that exists only in the case of its letters, which "
                "this file system does not tell apart.",
                hint="Choose another name.",
            )


@contextmanager
def transaction(
    folder: Path,
    refs: Refs,
    oplog: OperationLog,
    lock: Lock,
    command: Sequence[str],
    who: Signature,
    wait: float = WAIT_SECONDS,
) -> Iterator[Transaction]:
    """Hold the repository's lock, finish what a stopped command left, and yield a Transaction.

    Args:
        folder: `.tdv`.
        command: the command line for the operation log, word by word.
        who: who runs it, and when.
        wait: seconds for other commands to end.
    """
    with lock.exclusive(wait):
        with files.refusals(folder):
            for name in (layout.TMP, layout.CACHE):  # a copy may lack what was empty
                files.make_folder(folder / name)
        recover(folder, refs, oplog)
        newest = oplog.newest()
        if newest is not None:
            interruption.settle(folder, newest.files)
        _empty_scratch(folder / layout.TMP)
        yield Transaction(folder, refs, oplog, command, who)


def recover(folder: Path, refs: Refs, oplog: OperationLog) -> None:
    """Roll the last record forward and cut off a torn tail; only under the lock.

    Raises:
        IntegrityError: the log's end is damaged in a way that no crash leaves.
    """
    if oplog.tail().torn:
        # A record is begun only when the files of the one before are written: when they are not,
        # the tail is a whole record that was damaged later, and holds what the files say.
        record = oplog.newest_whole()
        if record is not None and any(differing(refs, record)):
            raise damaged_tail(oplog)
        oplog.repair()
    newest = oplog.newest()
    if newest is not None:
        write_small_files(folder, refs, newest)
        bring_back_branch(folder, refs, newest.head)


def damaged_tail(oplog: OperationLog) -> IntegrityError:
    """The log ends with what no crash leaves: the files have what a lost record says."""
    return IntegrityError(
        f"The newest record of the operation log {oplog.path} is damaged.",
        hint="`tdv fsck` says more, and `tdv fsck --repair` goes on from what refs, HEAD and the "
        "stage hold.",
    )


def _empty_scratch(scratch: Path) -> None:
    """Remove what stopped commands left; other commands may be writing files there now.

    Packs are left: one may wait for hours until a commit's message is written, and whoever
    merges packs knows which of them nobody writes any more.
    """
    limit = time.time() - STALE_SECONDS
    with os.scandir(scratch) as entries:
        paths = [Path(entry.path) for entry in entries if not entry.name.startswith("pack-")]
    for path in paths:
        with suppress(FileNotFoundError):
            if path.lstat().st_mtime < limit:
                files.unlink(path)


def _moved(what: str) -> Overtaken:
    return Overtaken(
        f"Another command changed {what} while this one was running; nothing was changed.",
        hint="Run the command again.",
    )


def _clash(name: str, other: str) -> RepositoryError:
    return RepositoryError(
        f"`{name}` cannot be created beside `{other}`: one would be a folder of the other.",
        hint="Choose another name, or rename or delete the other one first.",
    )


def first_record(command: Sequence[str], who: Signature, head: Head, stage: Oid) -> OperationRecord:
    """The record that `init` writes."""
    empty = OperationRecord(1, b"", tuple(command), who, (), head, head, stage, stage)
    return dataclasses.replace(empty, previous=bytes(32))
