"""The state behind an operation, and what leads back to it.

State n is refs, HEAD, the stage and work in progress behind record n of the operation log. A
record that brought a state back *stands at* that one (`OperationRecord.standing`). Reversing
records gives every earlier state; the log is read backwards only as far as that needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from tdv.errors import RepositoryError
from tdv.model.oid import Oid
from tdv.model.operation import FilesChange, Head, OperationRecord, Position
from tdv.repo.oplog import OperationLog


@dataclass(frozen=True, slots=True)
class Return:
    """What brings an earlier state back.

    Attributes:
        reversed: the records that are reversed, in that order.
        refs: the refs that change, with the values that they get; None removes one.
        head, stage, work: of that state.
        files: what happens to files of the working copy, one after the other.
        position: of the record to come; None for one that is an operation of its own.
        again: the operations that are in force again, oldest first; for `redone`.
    """

    reversed: tuple[OperationRecord, ...]
    refs: dict[str, Oid | None]
    head: Head
    stage: Oid
    work: Any
    files: tuple[FilesChange, ...]
    position: Position | None
    again: tuple[OperationRecord, ...] = ()


class States:
    """The records of one log by their numbers, newest first; to be used under the lock.

    Raises, in all methods:
        IntegrityError: a record that is needed is damaged.
    """

    def __init__(self, log: OperationLog) -> None:
        self._records: dict[int, OperationRecord] = {}
        self._reading = log.backwards()
        newest = next(self._reading, None)
        if newest is None:
            raise RepositoryError("The operation log is empty.")
        self._records[newest.number] = newest
        self.newest = newest

    def record(self, number: int) -> OperationRecord:
        """The record with that number; RepositoryError when there is none."""
        while number not in self._records and number <= self.newest.number:
            record = next(self._reading, None)
            if record is None:
                break
            self._records[record.number] = record
        if number not in self._records:
            raise RepositoryError(
                f"There is no operation {number}.", hint="`tdv op log` lists the operations."
            )
        return self._records[number]

    def undone(self, count: int = 1) -> Return:
        """What takes the last operations back that were not taken back yet.

        Raises:
            RepositoryError: there are not so many, or `gc` or `purge` ended what can be undone.
        """
        done: list[OperationRecord] = []
        number = self.newest.number
        while len(done) < count:
            record = self._last_done(number)
            if record.number <= self.newest.oldest:
                raise self._end(record.number, len(done))
            done.append(record)
            number = record.number - 1
        before = self.record(number)
        position = Position(before.standing, self.newest.number + 1)
        return self._return(done, before.work, position)

    def redone(self) -> Return:
        """What takes the last `undo` back.

        Raises:
            RepositoryError: there is none, or something was done since.
        """
        position = self.newest.position
        if position is None or position.redo is None:
            raise RepositoryError(
                "There is nothing to redo: no `undo` was made since the last operation.",
                hint="`tdv op log` lists the operations, `tdv op restore N` goes to any of them.",
            )
        if position.redo <= self.newest.oldest:
            raise self._gone(position.redo)
        before = self.record(position.redo - 1)
        back = before.position or Position(before.number)
        found = self._return([self.record(position.redo)], before.work, back)
        return replace(found, again=self._between(position.state, back.state))

    def restored(self, number: int) -> Return:
        """What leads back to the state behind a record.

        Raises:
            RepositoryError: there is no such record, or its state is gone.
        """
        if 1 <= number < self.newest.oldest:
            raise self._gone(number)
        work = self.record(number).work
        later = [self.record(each) for each in range(self.newest.number, number, -1)]
        return self._return(later, work, None)

    def _between(self, older: int, state: int) -> tuple[OperationRecord, ...]:
        """The operations that lead from an older state to one, oldest first."""
        found: list[OperationRecord] = []
        record = self._last_done(state)
        while record.number > older:
            found.insert(0, record)
            record = self._last_done(record.number - 1)
        return tuple(found)

    def _last_done(self, number: int) -> OperationRecord:
        """The record to reverse from the state behind that one."""
        record = self.record(number)
        position = record.position
        if position is None or (position.redo != number and record.changes_state):
            return record  # of a `redo` too: what that replaced by force is in its own record
        return self.record(position.state)

    def _return(
        self, done: Sequence[OperationRecord], work: Any, position: Position | None
    ) -> Return:
        refs = {change.name: change.old for record in done for change in record.changes}
        files = [FilesChange(r.files.after, r.files.before) for r in done if r.files is not None]
        last = done[-1] if done else None
        return Return(
            tuple(done),
            refs,
            self.newest.head if last is None else last.head_before,
            self.newest.stage if last is None else last.stage_before,
            work,
            tuple(files),
            position,
        )

    def _end(self, number: int, possible: int) -> RepositoryError:
        if number > 1:
            return self._gone(number)
        if possible:
            return RepositoryError(
                f"Only {possible} operation{'s' * (possible > 1)} can be undone, since the one "
                "before made the repository; nothing was changed.",
                hint="`tdv op log` lists the operations.",
            )
        return RepositoryError("There is nothing to undo: operation 1 made the repository.")

    def _gone(self, number: int) -> RepositoryError:
        oldest = self.newest.oldest
        return RepositoryError(
            f"Operation {number} cannot be taken back any more: what came before operation "
            f"{oldest} was cleaned up by `gc` or `purge`.",
            hint="`tdv op log` lists the operations.",
        )
