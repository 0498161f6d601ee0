"""From files to facts: what is remembered is taken, the rest extracted, by whoever computes."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import accumulate, groupby
from operator import attrgetter
from typing import Any, TypeVar

import msgpack
from blake3 import blake3

from tdv.analysis.budget import TASK_CHUNKS
from tdv.analysis.executors import Executor, InProcess
from tdv.analysis.extraction import RUNS, Extracted, Job, UnitTask, extract_units, run_name
from tdv.analysis.partfile import Parts
from tdv.analysis.sources import SourceFile, Unit, form_of
from tdv.errors import StorageError
from tdv.quality.extracting.facts import SIZES, SUMMARY, VOCABULARY, Facts, Hits, hits_of, lists_of
from tdv.quality.extracting.summary import Summary

T = TypeVar("T")

# Units of an older version among which a unit's records are looked for, at most.
MOST_LIKE = 64


@dataclass(frozen=True)
class Rows:
    """A unit's rows with their facts, in their place among all rows of a dataset.

    Attributes:
        file: number of the file in the analysis.
        source: the file, without its units.
        unit: the unit of that file, for looks.
        name: what the facts are remembered by.
        first: number of the first row among all rows of the analysis.
        start: number of the first row in its file.
        count: rows.
    """

    job: Job
    file: int
    source: SourceFile
    unit: Unit
    name: bytes
    first: int
    start: int
    count: int

    def arrays(self, names: Sequence[str]) -> dict[str, Any]:
        """Some columns."""
        return self._of(lambda parts: parts.arrays(names))

    def lists(self) -> dict[str, tuple[str, ...]]:
        """The texts that codes stand for."""
        return self._of(lists_of)

    def hits(self) -> Hits:
        """What the rules on one row found."""
        return self._of(hits_of)

    def facts(self) -> Facts:
        """All facts."""
        return self._of(Facts.from_parts)

    def summary(self) -> Summary:
        """The totals."""
        return Summary.from_wire(msgpack.unpackb(self._of(lambda parts: parts.payload(SUMMARY))))

    def lines(self) -> int:
        """Line ends in the unit; 0 where records are no slices of the file."""
        return int(self.arrays([SIZES])[SIZES][1])

    def vocabulary(self) -> Any:
        """Hashes of the different words; None where they were not counted."""
        counted = (VOCABULARY,)
        found = self._of(
            lambda parts: parts.arrays(name for name in counted if name in parts.names)
        )
        return found.get(VOCABULARY)

    def _of(self, take: Callable[[Parts], T | None]) -> T:
        return _remembered(self.job, self.source, self.unit, self.name, take)


@dataclass(frozen=True)
class Analysis:
    """The facts of some files of one dataset.

    Attributes:
        files: in order of their paths.
        rows: all units with rows, in order.
        decoded: rows that had to be decoded for it.
        seconds: what that took, by stage and rule, summed over workers.
    """

    job: Job
    files: tuple[SourceFile, ...]
    rows: tuple[Rows, ...]
    decoded: int
    seconds: Mapping[str, float] = field(default_factory=dict)

    def __len__(self) -> int:
        return self.rows[-1].first + self.rows[-1].count if self.rows else 0

    def of_file(self, number: int) -> tuple[Rows, ...]:
        """The units of one file."""
        low, high = (
            side(self.rows, number, key=attrgetter("file")) for side in (bisect_left, bisect_right)
        )
        return self.rows[low:high]


def analyse(
    job: Job,
    files: Sequence[SourceFile],
    executor: Executor,
    *,
    vocabulary: bool = False,
    advance: Callable[[int], None] = lambda rows: None,
) -> Analysis:
    """The facts of files.

    What was extracted when a run is interrupted stays remembered.

    Args:
        vocabulary: units whose words were not counted are read again.
        advance: told of rows whose facts have become known.
    """
    decoded = 0
    seconds: Counter[str] = Counter()
    tasks = list(_grouped(_missing(job, files, vocabulary, advance)))
    # One task is done here in less time than another process takes to start.
    worker = executor if len(tasks) > 1 else InProcess()
    done: list[Extracted]
    for done in worker.run(partial(extract_units, job), tasks):
        decoded += sum(each.decoded for each in done)
        advance(sum(each.rows for each in done))
        for each in done:
            seconds.update(each.seconds)
    rows = tuple(_placed(job, files))
    for number, held in groupby(rows, key=attrgetter("file")):
        _note(job, files[number], list(held))
    return Analysis(job, tuple(files), rows, decoded, seconds)


def _missing(
    job: Job, files: Sequence[SourceFile], vocabulary: bool, advance: Callable[[int], None]
) -> Iterator[UnitTask]:
    seen: set[bytes] = set()

    def is_known(unit: Unit) -> bool:
        parts = job.parts(unit.name)
        return parts is not None and (
            not vocabulary or VOCABULARY in parts.names or RUNS in parts.names
        )

    for file in files:
        unknown = [unit.name not in seen and not is_known(unit) for unit in file.units]
        if any(unknown):
            like = _Older(job, file)
            bare = replace(file, units=())
        for place, unit in enumerate(file.units):
            if not unknown[place]:
                advance(unit.records)
            elif unit.name not in seen:
                seen.add(unit.name)
                yield UnitTask(bare, unit, () if vocabulary else like.of(place))


def _grouped(tasks: Iterator[UnitTask]) -> Iterator[list[UnitTask]]:
    group: list[UnitTask] = []
    for task in tasks:
        group.append(task)
        if sum(len(each.unit.children) for each in group) >= TASK_CHUNKS:
            yield group
            group = []
    if group:
        yield group


class _Older:
    """The units of a file's version that was analysed last, beside those of the present one."""

    def __init__(self, job: Job, file: SourceFile) -> None:
        noted = [] if file.opened else job.memory.last_sequence(_shown(file), _alike(job, file))
        self._names = [note[:-8] for note in noted]
        counts = (int.from_bytes(note[-8:], "big") for note in noted)
        self._starts = [0, *accumulate(counts)]
        here = {name: place for place, name in enumerate(self._names)}
        self._units = file.units
        # For each unit the nearest one before it, and behind it, that both versions have.
        self._before: list[tuple[int, int]] = []
        self._behind: list[tuple[int, int]] = []
        found = (-1, -1)
        for place, unit in enumerate(file.units):
            self._before.append(found)
            found = (place, here[unit.name]) if unit.name in here else found
        found = (len(file.units), len(self._names))
        for place in range(len(file.units) - 1, -1, -1):
            self._behind.append(found)
            name = file.units[place].name
            found = (place, here[name]) if name in here else found
        self._behind.reverse()

    def of(self, place: int) -> tuple[bytes, ...]:
        """Those that may hold records of the unit at a place: between the same neighbours.

        They come in the order in which its records are expected in them, by the share of rows
        before each, and last those before and behind.
        """
        (new_low, low), (new_high, high) = self._before[place], self._behind[place]
        low += 1
        if low == high:
            return ()
        unit, units = self._units[place], self._units
        origin = units[new_low + 1].first
        rows = units[new_high - 1].first + units[new_high - 1].records - origin
        scale = (self._starts[high] - self._starts[low]) / max(1, rows)
        start = self._starts[low] + (unit.first - origin) * scale
        stop = start + unit.records * scale
        first = min(max(low, bisect_right(self._starts, start) - 1), high - 1)
        last = min(max(first, bisect_left(self._starts, stop) - 1), high - 1)
        around = [*range(first, last + 1)[:MOST_LIKE], last + 1, first - 1]
        return tuple(self._names[each] for each in around if low <= each < high)


def _placed(job: Job, files: Sequence[SourceFile]) -> Iterator[Rows]:
    first = 0
    for number, file in enumerate(files):
        start, bare = 0, replace(file, units=())
        for unit in file.units:
            for name, count in _runs(job, bare, unit):
                yield Rows(job, number, bare, unit, name, first, start, count)
                first += count
                start += count


def _runs(job: Job, file: SourceFile, unit: Unit) -> Iterator[tuple[bytes, int]]:
    if not file.opened:
        if unit.records:
            yield unit.name, unit.records
        return
    payload = _remembered(job, file, unit, unit.name, lambda parts: parts.payload(RUNS))
    for number, count in enumerate(msgpack.unpackb(payload)):
        yield run_name(unit.name, number), count


def _remembered(
    job: Job, file: SourceFile, unit: Unit, name: bytes, take: Callable[[Parts], T | None]
) -> T:
    """Something of what is remembered; what was damaged or removed is extracted again.

    Args:
        name: of the unit, or of one of its runs.

    Raises:
        StorageError: it does not stay.
    """
    for again in (False, True):
        if again:
            extract_units(job, [UnitTask(file, unit, ())])
        parts = job.parts(name)
        found = None if parts is None else take(parts)
        if found is not None:
            return found
    raise StorageError(
        "What an analysis found out is removed from the cache, or cannot be kept there.",
        hint="Free some space there and where temporary files go (`$TMPDIR`), or name another "
        "`--cache-dir`.",
    )


def _note(job: Job, file: SourceFile, rows: Sequence[Rows]) -> None:
    # One chunk is read again in less time than a note of it takes.
    if len(file.units) > 1 or sum(len(unit.children) for unit in file.units) > 1:
        notes = [each.name + each.count.to_bytes(8, "big") for each in rows]
        job.memory.note_sequence(_shown(file), _alike(job, file), notes)


def _alike(job: Job, file: SourceFile) -> bytes:
    """What two versions of a file must agree in so that equal records have equal facts."""
    return blake3(job.extraction + form_of(file.layout)).digest(length=16)


def _shown(file: SourceFile) -> str:
    return file.path.decode("utf-8", "backslashreplace")
