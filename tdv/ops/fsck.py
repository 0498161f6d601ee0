"""Verify a repository: packs, indexes, every object, refs, HEAD, stage, operation log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tdv.errors import IntegrityError, TdvError
from tdv.model.oid import Oid
from tdv.model.operation import Head
from tdv.model.work import Work
from tdv.ops.progress import SILENT, Progress
from tdv.ops.upkeep.packcheck import verify_packs
from tdv.ops.upkeep.reachability import NOTHING, Affected, Reach
from tdv.repo import layout
from tdv.repo.roots import record_roots, work_roots
from tdv.repo.smallfiles import differing

if TYPE_CHECKING:
    from tdv.repo.repository import Repo


# A pass is made again when other commands went on meanwhile, at most so often.
PASSES = 5


@dataclass(frozen=True)
class Damage:
    """One thing that is not as it should be.

    Attributes:
        what: "pack", "index", "object", "missing", "ref", "HEAD", "stage" or "operation".
        name: the oid, the pack's or the ref's name, or the operation's number.
        reason: a full sentence.
        affected: commits and files that cannot be read whole because of it; for objects.
    """

    what: str
    name: str
    reason: str
    affected: Affected = NOTHING


@dataclass(frozen=True)
class Report:
    """What was looked at, and what was found.

    Attributes:
        size: bytes of the packs.
        commits: those that refs, HEAD and the operation log lead to.
        unfinished: the operation log ends in a record that was not finished. That is what a
            crash leaves; the next command removes it.
    """

    packs: int
    objects: int
    size: int
    commits: int
    operations: int
    unfinished: bool
    damage: tuple[Damage, ...]


def fsck(repo: Repo, progress: Progress = SILENT) -> Report:
    """Verify everything; nothing is changed, and damage is reported instead of raised.

    Nothing is locked. What another command changed meanwhile may look like damage, so then all
    is looked at again; where that does not end, damage is what two passes found.
    """
    known: set[tuple[str, str]] = set()
    for number in range(PASSES):
        before = _moment(repo)
        report = _look(repo, progress)
        if not report.damage or _moment(repo) == before:
            break
        if number == PASSES - 1:
            lasting = (each for each in report.damage if (each.what, each.name) in known)
            return replace(report, damage=tuple(lasting))
        known = {(each.what, each.name) for each in report.damage}
    return report


def _moment(repo: Repo) -> tuple[object, ...]:
    """Differs when another command has recorded an operation, or `gc` has replaced packs."""
    state: list[object] = []
    with suppress(OSError):
        found = (repo.folder / layout.OPLOG).stat()
        state += [found.st_size, found.st_mtime_ns, found.st_ino]
        state += sorted(path.name for path in (repo.folder / layout.PACKS).iterdir())
    return tuple(state)


def _look(repo: Repo, progress: Progress) -> Report:
    # First what names objects: packs that are listed later have what these name.
    roots = _Roots(repo)
    verified = verify_packs(repo.store, progress)
    reach = Reach(repo.store, verified.bad)
    commits = reach.walk(roots.oids, progress)
    damage = [Damage(what, name, reason) for what, name, reason in verified.packs_damage]
    damage += [
        Damage("object", str(oid), reason, reach.affected(oid))
        for oid, reason in sorted(verified.bad.items())
    ]
    damage += [
        Damage("missing", str(oid), f"{needed_by}.", reach.affected(oid))
        for oid, needed_by in sorted(reach.missing.items())
    ]
    damage += roots.damage
    return Report(
        verified.packs,
        verified.objects,
        verified.size,
        commits,
        roots.operations,
        roots.unfinished,
        tuple(damage),
    )


class _Roots:
    """What refs, HEAD, the stage and the operation log name, and what is wrong with them."""

    def __init__(self, repo: Repo) -> None:
        self._repo = repo
        self.damage: list[Damage] = []
        self.oids: dict[Oid, str] = {}
        self.operations = 0
        self.unfinished = False
        self._logged: dict[str, Oid | None] = {}
        self._read_log()
        self._read_refs()
        self._read_head()

    def _read_log(self) -> None:
        log = self._repo.oplog
        expected: int | None = None
        oldest = 0
        try:
            self.unfinished = log.tail().torn
            for record in log.backwards():
                self.operations += 1
                oldest = oldest or record.oldest
                if expected is not None and record.number != expected:
                    reason = f"Operation {expected} is not in the log before {expected + 1}."
                    self.damage.append(Damage("operation", str(expected), reason))
                expected = record.number - 1
                for change in record.changes:
                    self._logged.setdefault(change.name, change.new)
                # What led further back than to the state behind the oldest may be gone.
                named = record_roots if record.number > oldest else work_roots
                for oid in named(record) if record.number >= oldest else ():
                    self._name(oid, f"operation {record.number}")
            self._check_end()
        except TdvError as error:
            self.damage.append(Damage("operation", "log", error.message))

    def _check_end(self) -> None:
        """A torn tail is what a crash leaves, unless the small files are ahead of the log."""
        newest = self._repo.oplog.newest_whole() if self.unfinished else None
        if newest is not None and any(differing(self._repo.refs, newest)):
            reason = f"The record behind operation {newest.number}, the newest, is damaged."
            self.damage.append(Damage("operation", str(newest.number + 1), reason))

    def _read_refs(self) -> None:
        refs, newest = self._repo.refs, None
        with suppress(TdvError):  # said by `_read_log`
            newest = self._repo.oplog.newest()
        for name in sorted({*refs.names(), *self._logged}):
            try:
                value = refs.get(name)
                change = None if newest is None else newest.value(name)
                if change is not None and refs.read_file(name) not in (change.old, change.new):
                    value = refs.read_file(name)
            except TdvError as error:
                self.damage.append(Damage("ref", name, error.message))
                continue
            self._name(value, f"`{name}`")
            if value != self._logged.get(name, value):
                logged = self._logged[name]
                reason = f"It is {_oid(value)}, where the operation log says {_oid(logged)}."
                self.damage.append(Damage("ref", name, reason))

    def _read_head(self) -> None:
        reads = (("HEAD", self._head_oids), ("stage", self._stage_oids), ("operation", self._work))
        for what, read in reads:
            try:
                for oid in read():
                    self._name(oid, what)
            except TdvError as error:
                self.damage.append(Damage(what, what, error.message))

    def _head_oids(self) -> Iterator[Oid | None]:
        # The newest record stands over the file, which a crash may have left at the value before.
        held, newest = self._repo.refs.read_head_file(), self._repo.oplog.newest()
        if newest is not None:
            known = (newest.head_before, newest.head)
            if held not in [Head(h.branch, None if h.branch else h.commit) for h in known]:
                raise IntegrityError("HEAD is neither what the operation log says nor what was.")
        yield self._repo.head().commit

    def _stage_oids(self) -> Iterator[Oid | None]:
        held, newest = self._repo.refs.read_file(layout.STAGE), self._repo.oplog.newest()
        if held is None:
            raise IntegrityError(f"{self._repo.folder / layout.STAGE} is missing.")
        if newest is not None and held not in (newest.stage, newest.stage_before):
            raise IntegrityError("The stage is neither what the operation log says nor what was.")
        yield self._repo.stage()

    def _work(self) -> Iterator[Oid | None]:
        newest = self._repo.oplog.newest()
        if newest is not None:
            yield from Work.from_wire(newest.work).roots()

    def _name(self, oid: Oid | None, by: str) -> None:
        if oid is not None:
            self.oids.setdefault(oid, by)


def _oid(oid: Oid | None) -> str:
    return "absent" if oid is None else oid.short
