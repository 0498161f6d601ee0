"""How gc stores each object: as it is, encoded again, or in a group of old versions."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from tdv.errors import ObjectMissing
from tdv.model.oid import OID_BYTES, Kind, Oid
from tdv.ops.upkeep.gcsurvey import Survey
from tdv.store.decode import read_entry
from tdv.store.encoding import MAX_BESIDE, MAX_GROUP, Encoding
from tdv.store.packfile import BASE_BYTES, EntryHead
from tdv.store.packs import Located

if TYPE_CHECKING:
    from tdv.store.objects import ObjectStore

# Old versions of so much of a file come into one group: reading it back decodes so much of the
# newest version first. Longer files are taken apart.
REGION = 4 << 20
# Commits and trees are read one by one, so that their groups are small: 1 ms to decode.
METADATA_GROUP = 1 << 20
# A group of so many bytes is left as it is while all its members are old and needed.
SETTLED_GROUP = 8 << 20
# The newest version of a file up to this size, which has no dictionary, is compressed again, slower
# and beside its first chunk, when older ones are put into groups.
RECODED = 4 << 20


class Recoded(NamedTuple):
    """An object that is encoded again, next to another one or alone."""

    oid: Oid
    kind: Kind
    base: Oid | None


class Group(NamedTuple):
    """A group to write: its members, and the chunks that it stands beside."""

    members: tuple[tuple[Oid, Kind], ...]
    beside: tuple[Oid, ...]


@dataclass
class Plan:
    """What the new packs hold.

    Attributes:
        copied: entries that are taken over as they are, by oid; groups among them.
    """

    copied: dict[Oid, Located] = field(default_factory=dict)
    recoded: list[Recoded] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)


class Copies:
    """All copies of all objects, and what is in which group."""

    def __init__(self, store: ObjectStore) -> None:
        self.all: dict[Oid, list[Located]] = {}
        self.by_key: dict[bytes, Oid] = {}
        self.members: dict[Oid, list[tuple[int, Oid]]] = {}
        in_groups: list[tuple[Located, EntryHead]] = []
        for pack in store.packs.refresh():
            for oid, row in pack.index.entries():
                place = Located(oid, row, pack)
                self.all.setdefault(oid, []).append(place)
                self.by_key[oid[:BASE_BYTES]] = oid
                if row.encoding == Encoding.MEMBER:
                    in_groups.append((place, read_entry(place)[1]))
        for place, head in in_groups:
            group = self.by_key.get(head.bases[0])
            if group is not None:
                self.members.setdefault(group, []).append((head.start, place.oid))

    def best(self, oid: Oid) -> Located:
        """The copy that can be a base and needs the fewest others; ObjectMissing."""
        copies = self.all.get(oid)
        if not copies:
            raise ObjectMissing(
                f"The object {oid} is in no pack.",
                hint="Run `tdv fsck` to see what is missing and which commits need it.",
            )
        return min(copies, key=lambda copy: (_in_group(copy), copy.row.decodes))

    def named(self, key: bytes) -> Located:
        """The best copy of a base by the first bytes of its oid; ObjectMissing."""
        return self.best(self.by_key.get(key, Oid(key.ljust(OID_BYTES, b"\0"))))

    def by_members(self) -> dict[tuple[Oid, ...], Oid]:
        """The groups, by their members in order."""
        return {
            tuple(oid for _, oid in sorted(members)): group
            for group, members in self.members.items()
        }

    def of_group(self, group: Oid) -> dict[Oid, Located]:
        """The entries of a group's members that lie in it."""
        key = group[:BASE_BYTES]
        return {
            oid: copy
            for _, oid in self.members[group]
            for copy in self.all[oid]
            if _in_group(copy) and read_entry(copy)[1].bases[0] == key
        }


def plan(
    survey: Survey,
    copies: Copies,
    *,
    regroup: bool = True,
    refused: Set[Oid] | None = None,
) -> Plan:
    """Decide for every object that was met.

    Args:
        regroup: False leaves old objects as they are, in groups or not.
        refused: when given, nothing is kept for being a base alone; dictionaries are, these aside.

    Raises:
        ObjectMissing, ObjectCorrupt: something that is needed cannot be read.
    """
    return _Planner(survey, copies, regroup, refused).run()


class _Planner:
    def __init__(
        self, survey: Survey, copies: Copies, regroup: bool, refused: Set[Oid] | None
    ) -> None:
        self._survey = survey
        self._copies = copies
        self._regroup = regroup
        self._refused = refused
        self._standing: dict[Oid, bool] = {}
        self._plan = Plan()
        self._recode: dict[Oid, Recoded] = {}
        # Of bases of entries that are copied: the most objects that they may need in turn.
        self._most: dict[Oid, int] = {}
        self._starts: dict[int, list[float]] = {}

    def run(self) -> Plan:
        settled = self._settled()
        loose = {oid: kind for oid, kind in self._survey.old.items() if oid not in settled}
        self._choose_recoded(loose)
        for place in settled.values():
            self._copy(place)
        for oid in self._survey.kept:
            if oid not in self._recode:
                self._copy(self._copies.best(oid))
        for oid, recoded in self._recode.items():
            alone = self._most.get(oid, 1) < 1
            self._plan.recoded.append(recoded._replace(base=None) if alone else recoded)
        self._group({o: kind for o, kind in loose.items() if o not in self._plan.copied})
        return self._plan

    def _settled(self) -> dict[Oid, Located]:
        """Members of groups that stay as they are, and their entries."""
        settled: dict[Oid, Located] = {}
        old = self._survey.old
        for group, members in self._copies.members.items():
            if read_entry(self._copies.best(group))[1].raw < SETTLED_GROUP:
                continue
            whole = all(oid in old and oid not in settled for _, oid in members)
            if whole and self._stands(self._copies.best(group)):
                settled.update(self._copies.of_group(group))
        return settled

    def _copy(self, place: Located) -> None:
        """Take an entry over, with all that it needs and that is not encoded again."""
        waiting = [place]
        while waiting:
            found = waiting.pop()
            if found.oid in self._plan.copied:
                continue
            self._plan.copied[found.oid] = found
            if found.row.encoding in (Encoding.RAW, Encoding.PLAIN):
                continue
            for key in read_entry(found)[1].bases:
                base = self._copies.named(key)
                most = self._most.get(base.oid, base.row.decodes)
                self._most[base.oid] = min(most, base.row.decodes)
                if base.oid not in self._recode:
                    waiting.append(base)

    def _choose_recoded(self, loose: dict[Oid, Kind]) -> None:
        """Kept objects to encode again: what lies in groups or would hold on to old objects,
        and the newest versions of files of which older ones are put into groups now."""
        survey, copies, recode = self._survey, self._copies, self._recode
        grown = {
            survey.places[oid].line
            for oid in loose
            if oid in survey.places and not _in_group(copies.best(oid))
        }
        for number in sorted(grown if self._regroup else ()):
            line = survey.lines[number]
            if line.size <= RECODED and line.newest:
                first = line.newest[0][0]
                for oid, _ in line.newest:
                    base = None if oid == first else first
                    if copies.best(oid).row.encoding != Encoding.DICTIONARY:
                        recode.setdefault(oid, Recoded(oid, Kind.CHUNK, base))
        for oid, kind in survey.kept.items():
            place = copies.best(oid)
            holds = self._regroup and self._holds_old(place, kind)
            if oid not in recode and (_in_group(place) or holds or not self._stands(place)):
                recode[oid] = Recoded(oid, kind, None)

    def _stands(self, place: Located) -> bool:
        """Whether an entry needs nothing that is to go; always, when bases are kept."""
        if self._refused is None or place.row.encoding in (Encoding.RAW, Encoding.PLAIN):
            return True
        found = self._standing.get(place.oid)
        if found is None:
            found = all(
                self._may_stay(base) and self._stands(base)
                for base in map(self._copies.named, read_entry(place)[1].bases)
            )
            self._standing[place.oid] = found
        return found

    def _may_stay(self, base: Located) -> bool:
        if base.row.kind == Kind.DICTIONARY:
            return self._refused is None or base.oid not in self._refused
        return self._survey.has(base.oid)

    def _holds_old(self, place: Located, kind: Kind) -> bool:
        if kind == Kind.CHUNK or place.row.encoding != Encoding.DELTA:
            return False
        bases = (self._copies.by_key.get(key) for key in read_entry(place)[1].bases)
        return any(base not in self._survey.kept for base in bases)

    def _group(self, loose: dict[Oid, Kind]) -> None:
        if not self._regroup:
            for oid in loose:
                self._copy(self._copies.best(oid))
            return
        groups = list(self._packed(self._runs(loose), MAX_GROUP))
        survey = self._survey
        for kinds in ((Kind.COMMIT, Kind.TAG, Kind.NOTE), (Kind.TREE,), (Kind.NODE,)):
            found = [(oid, kind) for oid, kind in loose.items() if kind in kinds]
            if kinds == (Kind.TREE,):
                found.sort(key=lambda item: survey.paths[item[0]])
            elif kinds == (Kind.NODE,):
                found.sort(key=lambda item: survey.places[item[0]].line)
            groups += self._packed([Group(tuple(found), ())], METADATA_GROUP)
        known = self._copies.by_members()
        for group in groups:
            same = known.get(tuple(oid for oid, _ in group.members))
            if same is not None and self._beside(same) == group.beside:
                for place in self._copies.of_group(same).values():
                    self._copy(place)
            else:
                self._plan.groups.append(group)

    def _beside(self, group: Oid) -> tuple[Oid, ...]:
        keys = read_entry(self._copies.best(group))[1].bases
        return tuple(self._copies.named(key).oid for key in keys)

    def _runs(self, loose: dict[Oid, Kind]) -> Iterator[Group]:
        """For each region of each file its old chunks, the newest first."""
        survey = self._survey
        regions: dict[tuple[int, int], list[tuple[Oid, Kind]]] = {}
        for oid, kind in loose.items():
            if kind == Kind.CHUNK:
                line, start, _ = survey.places[oid]
                region = bisect_right(self._regions(line), start) - 1
                regions.setdefault((line, max(region, 0)), []).append((oid, kind))
        for (number, region), members in sorted(regions.items()):
            starts = self._regions(number)
            end = starts[region + 1] if region + 1 < len(starts) else float("inf")
            beside = [
                oid
                for oid, place in survey.lines[number].newest
                if starts[region] <= place.start < end
            ]
            yield Group(tuple(members), tuple(dict.fromkeys(beside)))

    def _regions(self, number: int) -> list[float]:
        """Where the regions of a file start: at chunks of its newest version."""
        found = self._starts.get(number)
        if found is None:
            line = self._survey.lines[number]
            found = self._starts[number] = [0.0]
            if not line.newest:
                found += [float(start) for start in range(REGION, line.size, REGION)]
            count = 0
            for _, place in line.newest:
                count += 1
                if place.start - found[-1] >= REGION or count == MAX_BESIDE // 2:
                    found.append(place.start)
                    count = 0
        return found

    def _packed(self, runs: Iterable[Group], bound: int) -> Iterator[Group]:
        """Groups of at most `bound` bytes: long runs are taken apart, short ones put together."""
        members: list[tuple[Oid, Kind]] = []
        beside: dict[Oid, int] = {}
        size = 0
        for run in runs:
            sizes = [read_entry(self._copies.best(oid))[1].raw for oid, _ in run.members]
            more = {oid: self._survey.places[oid].size for oid in run.beside if oid not in beside}
            together = sum(beside.values()) + sum(more.values()) <= REGION
            together = together and len(beside) + len(more) <= MAX_BESIDE
            if members and (size + sum(sizes) > bound or not together):
                yield Group(tuple(members), tuple(beside))
                members, beside, size = [], {}, 0
                more = {oid: self._survey.places[oid].size for oid in run.beside}
            beside.update(more)
            for member, length in zip(run.members, sizes, strict=True):
                if members and size + length > bound:
                    yield Group(tuple(members), tuple(beside))
                    members, size = [], 0
                members.append(member)
                size += length
        if members:
            yield Group(tuple(members), tuple(beside))


def _in_group(place: Located) -> bool:
    return place.row.encoding == Encoding.MEMBER
