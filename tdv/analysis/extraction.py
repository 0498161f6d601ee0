"""What a worker does: the facts of one unit, extracted or copied, written into the memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import msgpack
from blake3 import blake3

from tdv.analysis.copying import OldRecords, copied
from tdv.analysis.decoding import RowDecoder, batches, bodies_of, opened_bodies
from tdv.analysis.memory import Memory
from tdv.analysis.partfile import Parts
from tdv.analysis.sources import SourceFile, Unit, shown_path
from tdv.errors import RuleFailed
from tdv.model.codec import pack
from tdv.quality.extracting.batch import BATCH_ROWS
from tdv.quality.extracting.columns import VERSION
from tdv.quality.extracting.facts import SUMMARY, Facts
from tdv.quality.extracting.summary import crossings, summarise
from tdv.quality.own import own_rules
from tdv.quality.registry import rules
from tdv.quality.rule import RowRule, Rule
from tdv.quality.rules.records import NOT_UTF8, REPEATED, UNDECODABLE
from tdv.quality.subject import Subject

if TYPE_CHECKING:
    from tdv.quality.extracting.extract import Extractor

# Facts of a format that only decoding cuts into rows are made for so many rows at once.
RUN_ROWS = 8 * BATCH_ROWS
RUNS = "runs"
# What decoding finds, and no look at a row.
OF_RECORDS = (UNDECODABLE, NOT_UTF8, REPEATED)


@dataclass(frozen=True)
class Job:
    """What all tasks of one dataset share.

    Attributes:
        subject: of the dataset.
        extraction: hash of the subject and of tdv's extraction; facts are remembered under it.
        memory: keeps facts between commands.
        spill: keeps those that the memory could not, as long as the command runs.
        batch_rows: rows that are decoded at once.
    """

    subject: Subject
    extraction: bytes
    memory: Memory
    spill: Memory
    batch_rows: int = BATCH_ROWS

    def parts(self, unit: bytes) -> Parts | None:
        """What is known of a unit."""
        return self.memory.get(unit, self.extraction) or self.spill.get(unit, self.extraction)

    def keep(self, unit: bytes, parts: dict[str, Any]) -> None:
        """Keep what was found out of a unit."""
        if not self.memory.put(unit, self.extraction, parts):
            self.spill.put(unit, self.extraction, parts)


class UnitTask(NamedTuple):
    """One unit to be extracted.

    Attributes:
        file: that it is of; without its other units.
        like: units of an older version of the file, from which facts may be copied.
    """

    file: SourceFile
    unit: Unit
    like: tuple[bytes, ...]

    def __str__(self) -> str:
        name = shown_path(self.file.path)
        return f"`{name}` from row {self.unit.first:,} on"


class Extracted(NamedTuple):
    """What a task says of its unit.

    Attributes:
        name: of the unit.
        decoded: rows that had to be decoded.
        rows: of the unit.
        seconds: what took how long, by stage and rule.
    """

    name: bytes
    decoded: int
    rows: int
    seconds: Mapping[str, float]


def extraction_of(subject: Subject) -> bytes:
    """The hash under which the facts of a subject are remembered."""
    roles = [[name, getattr(subject.roles, name)] for name in subject.roles.__slots__]
    items = [
        roles,
        _ordered(subject.schema),
        _ordered(subject.values),
        _ordered(subject.own),
        list(subject.asked),
        None if subject.only is None else list(subject.only),
        subject.words,
    ]
    return blake3(pack(VERSION, [msgpack.packb(items, default=str)])).digest(length=16)


def _ordered(value: Any) -> Any:
    """The value with the keys of its mappings in order."""
    if hasattr(value, "items"):
        return [[key, _ordered(each)] for key, each in sorted(value.items())]
    if isinstance(value, (list, tuple)):
        return [_ordered(each) for each in value]
    return value


def rules_of(subject: Subject) -> Mapping[str, Rule]:
    """All rules by code: the built-in ones, and those that came with the data."""
    return {**rules(), **own_rules(subject.own).rules} if subject.own else rules()


def row_rules(subject: Subject) -> list[RowRule]:
    """The rules on one row that are held against the rows of a subject.

    All that apply, so that selecting one reads nothing again, unless they were selected already; of
    the optional ones those that were asked for.
    """
    return [
        rule
        for rule in rules_of(subject).values()
        if isinstance(rule, RowRule)
        and rule.code not in OF_RECORDS
        and rule.applies(subject.roles)
        and (not rule.optional or rule.code in subject.asked)
        and (subject.only is None or rule.code in subject.only)
    ]


def extract_units(job: Job, tasks: Sequence[UnitTask]) -> list[Extracted]:
    """The facts of some units: made, and kept where their job says.

    Raises:
        RuleFailed: a rule of the user's own raised; the message names file and row.
    """
    return [_placed(job, task) for task in tasks]


def _placed(job: Job, task: UnitTask) -> Extracted:
    try:
        return _extract_unit(job, task)
    except RuleFailed as error:
        path = shown_path(task.file.path)
        raise error.placed(path, task.unit.first + (error.row or 0)) from error


def _extract_unit(job: Job, task: UnitTask) -> Extracted:
    from tdv.quality.extracting.extract import (
        Extractor,
        vocabulary_of,
    )  # pyarrow: a process that only judges needs none

    file, unit, _ = task
    decoder = RowDecoder(file.layout, job.subject)
    rules = row_rules(job.subject)

    def extractor() -> Extractor:
        return Extractor(job.subject, rules, job.memory.seed(), decoder.many)

    if file.opened:
        return _extract_runs(job, unit, opened_bodies(file), extractor)
    counted = _Counted(file.source.payloads(unit.children, unit.offset))
    bodies = bodies_of(file, counted, unit.first)
    known = known_facts(job, unit.name)
    if known is not None and known.vocabulary is None:
        words = vocabulary_of(batches(bodies, job.batch_rows), job.subject, decoder.many)
        job.keep(unit.name, _parts(replace(known, vocabulary=words), job.subject))
        return Extracted(unit.name, unit.records, unit.records, {})
    old = OldRecords(task.like, partial(known_facts, job), job.memory.seed())
    maker = extractor()
    if old:
        made = batches(bodies, BATCH_ROWS)
        facts, decoded = copied(old, made, maker, job.batch_rows)
        facts = replace(facts, bytes=counted.size, lines=counted.lines)
    else:
        for batch in batches(bodies, job.batch_rows):
            maker.add(batch)
        facts, decoded = maker.finish(counted.size, counted.lines), unit.records
    job.keep(unit.name, _parts(facts, job.subject))
    return Extracted(unit.name, decoded, len(facts), maker.seconds)


def _parts(facts: Facts, subject: Subject) -> dict[str, Any]:
    parts = facts.to_parts()
    crossed = subject.value("GOV003", "field", "")
    summary = summarise(
        facts.columns,
        facts.lists,
        bytes=facts.bytes,
        lines=facts.lines,
        vocabulary=facts.vocabulary,
        crossings=crossings(subject.roles, crossed) if crossed else (),
    )
    parts[SUMMARY] = msgpack.packb(summary.to_wire())
    return parts


def known_facts(job: Job, unit: bytes) -> Facts | None:
    """The remembered facts of a unit, whole; None where they are not all there."""
    parts = job.parts(unit)
    return None if parts is None else Facts.from_parts(parts)


class _Counted:
    """Blocks of a unit, and what there was in them once they have been read."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks = blocks
        self.size = self.lines = 0

    def __iter__(self) -> Iterator[bytes]:
        for block in self._blocks:
            self.size += len(block)
            self.lines += block.count(b"\n")
            yield block


def _extract_runs(
    job: Job, unit: Unit, bodies: Iterator[bytes], extractor: Callable[[], Extractor]
) -> Extracted:
    """The facts of a whole file, in runs; under the unit's own name, how many rows each has."""
    runs: list[int] = []
    seconds: Counter[str] = Counter()
    while True:
        maker, rows = extractor(), 0
        while rows < RUN_ROWS:
            batch = next(batches(bodies, job.batch_rows), None)
            if batch is None:
                break
            try:
                maker.add(batch)
            except RuleFailed as error:
                error.row = sum(runs) + (error.row or 0)
                raise
            rows += len(batch)
        if not rows:
            break
        facts = maker.finish(unit.size if not runs else 0, 0)
        job.keep(run_name(unit.name, len(runs)), _parts(facts, job.subject))
        runs.append(rows)
        seconds.update(maker.seconds)
    job.keep(unit.name, {RUNS: msgpack.packb(runs)})
    return Extracted(unit.name, sum(runs), sum(runs), seconds)


def run_name(unit: bytes, number: int) -> bytes:
    """The name of a run of rows of a unit that is a whole file."""
    return blake3(unit + number.to_bytes(8, "big")).digest()
