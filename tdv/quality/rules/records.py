"""REC: records that do not decode, or that say something twice."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from operator import add
from typing import Any

from tdv.quality.extracting.batch import Batch
from tdv.quality.finding import Fault, Level
from tdv.quality.rule import RowRule
from tdv.quality.schemas.schemaerrors import shown
from tdv.quality.subject import Row, Subject

UNDECODABLE, NOT_UTF8, REPEATED = "REC001", "REC002", "REC003"
_NOT_UTF8 = "it is not UTF-8"
SAMPLE = 64


def record_fault(reason: str) -> tuple[str, Fault]:
    """The code and the fault of a record that does not decode.

    Args:
        reason: what the format's `RecordError` says: "it is not UTF-8: byte 0xff at column 10".
    """
    what = reason.removeprefix("it is ").rstrip(".")
    if reason.startswith(_NOT_UTF8):
        return NOT_UTF8, Fault("", f"The record is {what}.")
    return UNDECODABLE, Fault("", f"The record does not decode: {reason.rstrip('.')}.")


def repeated_fields(batch: Batch) -> Iterator[tuple[int, list[Fault]]]:
    """The records of JSON in which an object has a field twice, with their faults.

    A check of REC003 needs the record's bytes, so the engine calls this, and `repeated_in` for one
    record. Costs half a microsecond a row where nothing is repeated.
    """
    for number in _suspects(batch):
        faults = repeated_in(batch.bodies[number])
        if faults:
            yield number, faults


def repeated_in(body: bytes) -> list[Fault]:
    """A fault for each name that an object in a JSON record has more than once."""
    found: dict[str, int] = {}

    def note(pairs: list[tuple[str, Any]]) -> None:
        names = [name for name, _ in pairs]
        if len({*names}) < len(names):
            for name, count in Counter(names).items():
                found[name] = max(count, found.get(name, 1))

    try:
        json.loads(body, object_pairs_hook=note)
    except (ValueError, RecursionError):
        return []
    return [
        Fault(name, f"The field {shown(name)} is there {_times(found[name])} in one object.")
        for name in sorted(found)
        if found[name] > 1
    ]


def _times(count: int) -> str:
    return "twice" if count == 2 else f"{count} times"


def _suspects(batch: Batch) -> Iterator[int]:
    """The records that have more colons behind names than their rows have fields."""
    from tdv.quality.searching.textsearch import colons_behind_names

    # Counting what lies in objects of the first rows is enough for most: a lower bound will do.
    nested = {name for row in batch.rows[:SAMPLE] if row for name in row if type(row[name]) is dict}
    fields = [0 if row is None else len(row) for row in batch.rows]
    for name in sorted(nested):
        values = [None if row is None else row.get(name) for row in batch.rows]
        sizes = [len(each) if type(each) is dict else 0 for each in values]
        fields = [*map(add, fields, sizes)]
    colons = colons_behind_names(batch.bodies)
    for number, (count, least) in enumerate(zip(colons, fields, strict=True)):
        row = batch.rows[number]
        if count > least and row is not None and count > _fields_in(row):
            yield number


def _fields_in(value: Any) -> int:
    """How many fields all objects in a value have; it lies at most 200 levels deep."""
    count, level = 0, [value]
    while level:
        held, level = level, []
        for each in held:
            if type(each) is dict:
                count += len(each)
                level += each.values()
            elif type(each) is list:
                level += each
    return count


def _nothing(row: Row, subject: Subject) -> Iterable[Fault]:
    """A record that decodes has no fault of this kind; the engine finds the others."""
    return ()


RULES = (
    RowRule(
        code=UNDECODABLE,
        name="undecodable",
        level=Level.ERROR,
        summary="A record cannot be read: it is no JSON, or no row of its table.",
        why=(
            "A loader stops at such a line or leaves it out without a word. tdv keeps its bytes "
            "as they are, counts it as an invalid example, and goes on. A JSON array that is cut "
            "off between two records is one finding about the file."
        ),
        bad='{"id": "ex-1", "text": "good mor',
        good='{"id": "ex-1", "text": "good morning"}',
        mend="`tdv clean --drop-invalid` removes the record; the line can be mended by hand.",
        check=_nothing,
    ),
    RowRule(
        code=NOT_UTF8,
        name="not-utf8",
        level=Level.ERROR,
        summary="A record has bytes that are no UTF-8.",
        why=(
            "JSON and all that reads it expects UTF-8. Such bytes come of files in Latin-1, or of "
            "a text that was cut inside a character."
        ),
        bad=b'{"text": "caf\xe9"}',
        good='{"text": "café"}',
        mend=(
            "`iconv -f latin1 -t utf-8` rewrites a whole file; `tdv clean --drop-invalid` removes "
            "the record."
        ),
        check=_nothing,
    ),
    RowRule(
        code=REPEATED,
        name="repeated-field",
        level=Level.ERROR,
        summary="An object of a record has a field twice.",
        why=(
            "Which of the two values counts is up to the reader: most take the last, some the "
            "first, some refuse the record."
        ),
        bad='{"text": "yes", "label": "a", "label": "b"}',
        good='{"text": "yes", "label": "a"}',
        mend="Take one of them out by hand; `tdv apply` writes the last.",
        check=_nothing,
    ),
)
