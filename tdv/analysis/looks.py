"""What a worker does for a look: it reads some rows of a unit, and says what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec
from blake3 import blake3

from tdv.analysis.decoding import RowDecoder, opened_bodies, placed_bodies
from tdv.analysis.extraction import rules_of
from tdv.analysis.judging import GIVEN
from tdv.analysis.sources import SourceFile, Unit, shown_path
from tdv.errors import RecordError
from tdv.formats.where import Condition
from tdv.quality.extracting.facts import shown
from tdv.quality.extracting.summary import Summary
from tdv.quality.finding import Fault, Finding, Level, Place, finding_id
from tdv.quality.rule import ColumnRule, PairRule, RowRule
from tdv.quality.rules.records import REPEATED, record_fault, repeated_in
from tdv.quality.subject import Row, Subject, value_at

_encode = msgspec.json.Encoder(order="deterministic", enc_hook=str).encode


class Told(NamedTuple):
    """What is to be said of one row.

    Attributes:
        row: its number in the file.
        occurrence: which of the file's rows with its key, or its record, it is.
        marks: what was found in it.
    """

    row: int
    occurrence: int
    marks: tuple[Mark, ...]


class Mark(NamedTuple):
    """One rule's finding in a row, as judging left it.

    Attributes:
        setting: place of the rule's (code, level, values) in the task.
        values: column -> value, for a rule on columns.
        partner: the other row, for a rule on pairs.
    """

    setting: int
    values: Mapping[str, Any] | None = None
    partner: Partner | None = None


class Partner(NamedTuple):
    """A row that another one repeats or contradicts."""

    place: Place
    who: str
    row: Row


class LookTask(NamedTuple):
    """Rows of one unit to look at.

    Attributes:
        file: without its units.
        lines: line ends in the file before the unit.
        offset: of row numbers of the dataset over those of the file.
        told: in order of row.
        settings: (code, level, values) of the rules.
    """

    file: SourceFile
    unit: Unit
    lines: int
    offset: int
    told: tuple[Told, ...]
    settings: tuple[tuple[str, Level, Mapping[str, Any]], ...]


@dataclass(frozen=True)
class Seen:
    """What all looks of one dataset share.

    Attributes:
        conditions: of `[[allow]]`, to be held against the rows.
    """

    subject: Subject
    summary: Summary
    conditions: tuple[str, ...] = ()


class Said(NamedTuple):
    """A finding in a row, and which conditions the row meets.

    Attributes:
        number: of the row among all rows of the dataset.
    """

    finding: Finding
    met: frozenset[str]
    number: int

    @classmethod
    def of(cls, items: tuple[Any, ...]) -> Said:
        """What a worker said."""
        finding, met, number = items
        return cls(Finding.from_wire(finding), met, number)


def fetch(subject: Subject, task: LookTask) -> list[Partner]:
    """Rows, with their places and names."""
    found = []
    decoder = RowDecoder(task.file.layout, subject)
    for body, told, line in _bodies(task):
        row, _ = _decoded(decoder, body)
        place, who = _place(task, subject, told, line, body, row)
        found.append(Partner(place, who, row or {}))
    return found


def look(seen: Seen, task: LookTask) -> list[tuple[Any, ...]]:
    """The findings in the rows of a task, each as `Said.of` takes it."""
    rules = rules_of(seen.subject)
    conditions = {text: Condition(text) for text in seen.conditions}
    found: list[tuple[Any, ...]] = []
    decoder = RowDecoder(task.file.layout, seen.subject)
    for body, told, line in _bodies(task):
        row, reason = _decoded(decoder, body)
        place, who = _place(task, seen.subject, told, line, body, row)
        met = frozenset(text for text, each in conditions.items() if row and each(row))
        for mark in told.marks:
            code, level, values = task.settings[mark.setting]
            for fault in _faults(rules[code], seen, mark, values, row, reason, body):
                finding = _finding(code, level, place, who, told.occurrence, fault, mark.partner)
                found.append((finding.to_wire(), met, task.offset + told.row))
    return found


def _finding(
    code: str,
    level: Level,
    place: Place,
    who: str,
    occurrence: int,
    fault: Fault,
    partner: Partner | None,
) -> Finding:
    other = "" if partner is None else partner.who
    return Finding(
        finding_id(code, place.path, who, occurrence, fault.field, other),
        code,
        level,
        place.path,
        place,
        fault.field,
        fault.message,
        fault.suggestion,
        None if partner is None else partner.place,
    )


def _faults(
    rule: Any,
    seen: Seen,
    mark: Mark,
    values: Mapping[str, Any],
    row: Row | None,
    reason: str,
    body: bytes,
) -> Iterable[Fault]:
    if row is None:
        code, fault = record_fault(reason)
        if code == rule.code:
            return [fault]
    if mark.values and GIVEN in mark.values:
        return [mark.values[GIVEN]]
    if rule.code == REPEATED:
        return repeated_in(body)
    if isinstance(rule, ColumnRule):
        return [rule.tell(mark.values or {}, values, seen.summary, seen.subject.roles)]
    if isinstance(rule, PairRule) and mark.partner is not None:
        return [rule.tell(row or {}, mark.partner.row, values, seen.subject.roles)]
    if isinstance(rule, RowRule) and row is not None:
        return rule.check(row, seen.subject)
    return []


def _bodies(task: LookTask) -> Iterator[tuple[bytes, Told, int | None]]:
    """The records of a task's rows, with the lines on which they start."""
    wanted = {told.row: told for told in task.told}
    if task.file.opened:
        for number, body in enumerate(opened_bodies(task.file)):
            if number in wanted:
                yield body, wanted.pop(number), None
            if not wanted:
                return
        return
    rows = [told.row for told in task.told]
    for number, body, line in placed_bodies(task.file, task.unit, rows):
        yield body, wanted[number], task.lines + line + 1


def _decoded(decoder: RowDecoder, body: bytes) -> tuple[Row | None, str]:
    try:
        return decoder.one(body), ""
    except RecordError as error:
        return None, error.message


def _place(
    task: LookTask, subject: Subject, told: Told, line: int | None, body: bytes, row: Row | None
) -> tuple[Place, str]:
    """Where a row is, and what it is called in ids: its key, or else the hash of its record."""
    values = [None if row is None else value_at(row, name) for name in subject.roles.key]
    path = shown_path(task.file.path)
    if not values or None in values:
        return Place(path, told.row, line), blake3(body).hexdigest(length=16)
    key = tuple(str(shown(value)) for value in values)
    return Place(path, told.row, line, key), _encode(values).decode("utf-8", "backslashreplace")
