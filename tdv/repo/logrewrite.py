"""The operation log written anew, so that nothing before it can be brought back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tdv.model.commit import Signature
from tdv.model.oid import Oid
from tdv.model.operation import NO_PREVIOUS, Head, OperationRecord, RefChange
from tdv.repo.oplog import checksum_of, frame_of


class Rewritten:
    """A log with other oids and words in it; the chain of its records is made anew.

    Args:
        of: what an object has become.
        word: what becomes of a word of a command line.
    """

    def __init__(self, of: Callable[[Oid], Oid], word: Callable[[str], str]) -> None:
        self._of = of
        self._word = word
        self._previous = NO_PREVIOUS
        self.frames: list[bytes] = []

    def add(self, record: OperationRecord) -> None:
        """The next record, without what it says of files and of work in progress."""
        changes = tuple(
            RefChange(name, self._oid(old), self._oid(new)) for name, old, new in record.changes
        )
        self._append(
            replace(
                record,
                changes=changes,
                head_before=self._head(record.head_before),
                head=self._head(record.head),
                stage_before=self._of(record.stage_before),
                stage=self._of(record.stage),
                work=None,
                files=None,
            )
        )

    def end(
        self,
        newest: OperationRecord,
        changes: tuple[RefChange, ...],
        head: Head,
        stage: Oid,
        work: object,
        who: Signature,
        command: tuple[str, ...],
    ) -> OperationRecord:
        """Add the record of the change itself; nothing before it can be brought back.

        Args:
            newest: the newest record so far, as it was.
        """
        record = OperationRecord(
            newest.number + 1,
            b"",
            command,
            who,
            changes,
            newest.head,
            head,
            newest.stage,
            stage,
            work,
            oldest=newest.number + 1,
        )
        return self._append(record)

    def _append(self, record: OperationRecord) -> OperationRecord:
        command = tuple(map(self._word, record.command))
        record = replace(record, previous=self._previous, command=command)
        self.frames.append(frame_of(record))
        self._previous = checksum_of(self.frames[-1])
        return record

    def _oid(self, oid: Oid | None) -> Oid | None:
        return None if oid is None else self._of(oid)

    def _head(self, head: Head) -> Head:
        return Head(head.branch, self._oid(head.commit))
