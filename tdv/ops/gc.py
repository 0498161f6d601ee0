"""Make a repository smaller: what nothing leads to goes, old versions come into groups."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from tdv.analysis.cachefolder import trim
from tdv.errors import IntegrityError
from tdv.model.oid import Kind, Oid
from tdv.model.operation import OperationRecord
from tdv.ops.progress import SILENT, Progress
from tdv.ops.upkeep.gcplan import Copies, Plan, plan
from tdv.ops.upkeep.gcsurvey import Survey
from tdv.ops.upkeep.gcwrite import Written, stored_bytes, write
from tdv.repo import layout
from tdv.repo.oplog import lost_log
from tdv.repo.quiet import alone
from tdv.repo.remembered import cache_folder, cache_limit
from tdv.repo.roots import interrupted_roots, present_roots, record_roots, work_roots
from tdv.repo.upkeep import note_collected
from tdv.store import files
from tdv.store.locks import WAIT_SECONDS
from tdv.store.repack import replace_packs

if TYPE_CHECKING:
    from tdv.repo.repository import Repo
    from tdv.repo.transaction import Transaction
    from tdv.store.objects import ObjectStore

RETENTION_DAYS = 30
DAY = 24 * 3600


class _Done(NamedTuple):
    """An operation that can be undone, and the record before it, whose state that leads to."""

    record: OperationRecord
    before: OperationRecord | None

    def roots(self) -> Iterator[Oid]:
        """What undoing it needs. Of the state before, only the record before names the work."""
        yield from record_roots(self.record)
        if self.before is not None:
            yield from work_roots(self.before)


@dataclass(frozen=True)
class Collected:
    """What gc did, or would do.

    Attributes:
        before, after: bytes of the packs.
        freed: bytes by reason: "unreachable", "retention" (only operations older than the
            retention lead there), "duplicate", "regrouped" (encoded anew, index included),
            "temporary" (files in tmp/ that nobody writes) and "cache" (what analyses remember
            beyond the bound).
        objects: objects that go, by reason.
        groups: groups that were written.
        oldest: number of the oldest operation whose state can still be brought back.
        ended: how far undo reached before, when it reached further.
    """

    before: int
    after: int
    freed: dict[str, int]
    objects: dict[str, int]
    groups: int
    oldest: int
    ended: int | None
    dry_run: bool


def gc(
    repo: Repo,
    *,
    keep: int = 1,
    dry_run: bool = False,
    wait: float = WAIT_SECONDS,
    progress: Progress = SILENT,
) -> Collected:
    """Drop what nothing leads to, and put old versions into groups.

    Args:
        keep: how many versions of each branch, the newest, stay as they are.
        wait: seconds for other commands to end.

    Order: new packs are synced and renamed, `packs/` is synced; an operation record ends what
    can be undone, where something goes that undo would need; the old packs are removed. After
    a crash objects are there twice, or not yet gone.

    Raises:
        Busy: another command writes objects.
        IntegrityError: something that is needed is missing or damaged; nothing was changed.
        StorageError: the disk refuses; nothing was lost.
    """
    if dry_run:
        with repo.store.lock.shared(wait):
            repo.work()  # a log with a damaged end is refused, as by a transaction
            return _Collection(repo, keep, progress).run(None)
    with alone(repo, wait, lambda: repo.transaction("gc", wait=0)) as transaction:
        return _Collection(repo, keep, progress).run(transaction)


def drop_unreached(repo: Repo, refused: Set[Oid], progress: Progress) -> None:
    """Let the packs hold what refs, HEAD, the stage and work in progress lead to, nothing else.

    Not even bases are kept that nothing leads to: what needs them is encoded again. Only for who
    holds both locks, and has ended what can be undone at the newest operation.

    Args:
        refused: dictionaries that must go too.

    Raises:
        IntegrityError, StorageError: as `gc`.
    """
    survey = _Collection(repo, 1, progress).survey([])
    store = repo.store
    decided = plan(survey, Copies(store), refused=refused)
    written = write(store, decided, store.packs.all(), False, progress)
    replace_packs(store, written.replaced, written.finish())


class _Collection:
    def __init__(self, repo: Repo, keep: int, progress: Progress) -> None:
        self._repo = repo
        self._store = repo.store
        self._keep = keep
        self._progress = progress

    def run(self, transaction: Transaction | None) -> Collected:
        """Collect; with no transaction only say what would be done."""
        dry = transaction is None
        if not dry:
            self._store.packs.finish_replacing()
        self._progress.step("Following versions", None, "commits")
        records = _records(self._repo)
        recent, older = _by_retention(self._repo, records)
        survey = self.survey(recent)
        oldest = _reach(survey, records, recent, older)
        before = sum(pack.size for pack in self._store.packs.refresh())
        beside = {"temporary": self._sweep(dry), "cache": self._trim(dry)}
        freed, objects, written = self._write(survey, older, before, dry)
        known = records[0].record.oldest
        done = Collected(
            before,
            written.size,
            {**freed, **beside},
            objects,
            written.groups,
            oldest,
            known if oldest > known else None,
            dry,
        )
        if transaction is not None:
            new = written.finish()
            transaction.set_oldest(oldest)
            transaction.commit()
            replace_packs(self._store, written.replaced, new)
            note_collected(self._repo)
        return done

    def survey(self, recent: Sequence[_Done]) -> Survey:
        """Meet everything that is kept.

        Args:
            recent: the operations that are kept.
        """
        repo = self._repo
        survey = Survey(self._store, self._progress)
        survey.keep(present_roots(repo), self._keep)
        survey.keep((oid for _, oid in repo.refs.items(layout.HEADS)), self._keep)
        roots = [*present_roots(repo), *(oid for _, oid in repo.refs.items())]
        if recent:  # `purge` keeps none, and nothing of interrupted commands either
            roots += interrupted_roots(repo)
        for done in recent:
            # One that cannot be reversed names what may be gone.
            if done.record.number > done.record.oldest:
                roots += done.roots()
        survey.walk(dict.fromkeys(roots))
        return survey

    def _write(
        self, survey: Survey, older: list[_Done], before: int, dry: bool
    ) -> tuple[dict[str, int], dict[str, int], Written]:
        """Write the new packs; what goes by reason, in bytes and in objects."""
        store, packs = self._store, self._store.packs.all()
        copies = Copies(store)
        decided = plan(survey, copies)
        freed, objects = self._gone(survey, copies, decided, older)
        written = write(store, decided, packs, dry, self._progress)
        if written.size > before - sum(freed.values()):
            # Old versions that share little take less as they are; or so do very few objects.
            plain = plan(survey, copies, regroup=False)
            if sum(map(stored_bytes, plain.copied.values())) < written.size:
                written.repacking.discard()
                freed, objects = self._gone(survey, copies, plain, older)
                written = write(store, plain, packs, dry, self._progress)
        freed["regrouped"] = before - written.size - sum(freed.values())
        return freed, objects, written

    def _gone(
        self, survey: Survey, copies: Copies, decided: Plan, older: list[_Done]
    ) -> tuple[dict[str, int], dict[str, int]]:
        """Bytes and objects that go, by reason."""
        freed = dict.fromkeys(("unreachable", "retention", "duplicate"), 0)
        objects = dict.fromkeys(freed, 0)
        gone = {oid for oid in copies.all if not survey.has(oid) and oid not in decided.copied}
        expired = _reached(self._store, older) if gone else set()
        for oid, places in copies.all.items():
            if places[0].row.kind == Kind.GROUP:
                continue
            reason = "retention" if oid in expired else "unreachable"
            if oid not in gone:
                reason, places = "duplicate", places[1:]
            if places:
                objects[reason] += 1
                freed[reason] += sum(map(stored_bytes, places))
        return freed, objects

    def _trim(self, dry: bool) -> int:
        """Bring what analyses remember to its bound; the bytes that go."""
        folder = cache_folder(self._repo.config, self._repo.folder)
        limit = cache_limit(self._repo.config)
        return 0 if folder is None else trim(folder, limit, dry_run=dry)

    def _sweep(self, dry: bool) -> int:
        """Remove packs in tmp/ that were never finished; under the lock nobody writes one.

        Returns their bytes.
        """
        size = 0
        for path in (self._store.folder / layout.TMP).glob("pack-*"):
            size += path.stat().st_size
            if not dry:
                files.unlink(path)
        return size


def _records(repo: Repo) -> list[_Done]:
    """The operations that can still be undone, the newest first, and the newest in any case."""
    records: list[_Done] = []
    newer: OperationRecord | None = None
    for record in repo.oplog.backwards():
        if newer is not None:
            records.append(_Done(newer, record))
            if record.number <= records[0].record.oldest:
                return records
        newer = record
    if newer is None:
        raise lost_log()
    records.append(_Done(newer, None))
    return records


def _by_retention(repo: Repo, records: list[_Done]) -> tuple[list[_Done], list[_Done]]:
    """Operations within the retention, the newest in any case, and older ones."""
    days = int(repo.config.get("gc.retention") or RETENTION_DAYS)
    limit = time.time() - days * DAY
    # A clock may have been wrong for a while: what lies between two recent ones is recent.
    ends = [number for number, done in enumerate(records, 1) if done.record.who.seconds >= limit]
    count = max(ends, default=1)
    return records[:count], records[count:]


def _reach(
    survey: Survey,
    records: list[_Done],
    recent: list[_Done],
    older: list[_Done],
) -> int:
    """The oldest operation whose state can be brought back from what was met."""
    back = list(recent)
    for done in older:
        if not all(survey.has(oid) for oid in done.roots()):
            break
        back.append(done)
    return max(records[0].record.oldest, back[-1].record.number - 1)


def _reached(store: ObjectStore, records: list[_Done]) -> set[Oid]:
    """What those operations lead to, as far as it is there."""
    survey = Survey(store, SILENT)
    for done in records:
        for oid in done.roots():
            try:
                survey.walk([oid])
            except IntegrityError:
                continue
    return survey.kept.keys() | survey.old.keys()
