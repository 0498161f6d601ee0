"""What must not be lost: the oids that refs, HEAD, the stage, work and operations name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tdv.model.oid import Oid
from tdv.model.operation import OperationRecord
from tdv.model.work import Work
from tdv.repo import interruption

if TYPE_CHECKING:
    from tdv.repo.repository import Repo


def record_roots(record: OperationRecord) -> Iterator[Oid]:
    """Everything that an operation record names: commits, tags and trees.

    Raises:
        ObjectCorrupt: its work in progress cannot be decoded.
    """
    for change in record.changes:
        yield from (oid for oid in (change.old, change.new) if oid is not None)
    for head in (record.head_before, record.head):
        if head.commit is not None:
            yield head.commit
    yield record.stage_before
    yield record.stage
    if record.files is not None:
        yield from record.files
    yield from work_roots(record)


def work_roots(record: OperationRecord) -> Iterator[Oid]:
    """What the work in progress behind an operation names.

    Raises:
        ObjectCorrupt: it cannot be decoded.
    """
    yield from Work.from_wire(record.work).roots()


def present_roots(repo: Repo) -> Iterator[Oid]:
    """What HEAD, the stage and work in progress name.

    Raises:
        IntegrityError: a small file or the newest record is damaged.
    """
    head = repo.head()
    if head.commit is not None:
        yield head.commit
    yield repo.stage()
    newest = repo.oplog.newest()
    if newest is not None:
        yield from work_roots(newest)


def interrupted_roots(repo: Repo) -> Iterator[Oid]:
    """Trees of what interrupted commands were doing to files, as far as they are stored.

    The working copy may have lost what they hold: running such a command again finds it there.
    """
    for change in interruption.interrupted(repo.folder):
        yield from (oid for oid in change if repo.store.has(oid))
