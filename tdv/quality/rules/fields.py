"""FLD: what a row has against the schema of its dataset, by kind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from tdv.quality.extracting.batch import Batch
from tdv.quality.finding import Fault, Level
from tdv.quality.rule import RowRule
from tdv.quality.searching.screens import Walk
from tdv.quality.subject import Row, Subject

if TYPE_CHECKING:
    from tdv.quality.schemas.schema import Validator


def schema_faults(row: Row, subject: Subject) -> Iterator[tuple[str, Fault]]:
    """All that a row has against the schema: one fault for each code and field."""
    if subject.schema is not None:
        for error in _Compiled.of(subject).errors(row):
            yield error.code, Fault(error.field, error.message)


def _invalid(batch: Batch) -> Iterable[int]:
    """The rows that are not as the schema says; a microsecond a row."""
    if batch.subject.schema is None:
        return ()
    is_valid = _Compiled.of(batch.subject).is_valid
    return [
        number for number, row in enumerate(batch.rows) if row is not None and not is_valid(row)
    ]


class _Compiled:
    """The validator of the schema that was asked for last, by the identity of the schema.

    `compile_schema` knows equal schemas by their whole text, which costs more than a row.
    """

    held: tuple[Any, Validator] | None = None

    @classmethod
    def of(cls, subject: Subject) -> Validator:
        from tdv.quality.schemas.schema import compile_schema

        held = cls.held
        if held is None or held[0] is not subject.schema:
            cls.held = held = subject.schema, compile_schema(subject.schema or {})
        return held[1]


WALK = Walk(schema_faults, _invalid)
_ROW = {"text": "wake me at six", "expected_intent": "alarm", "confidence": 0.9}
_MEND = "`tdv apply` sets values; `tdv clean --drop-invalid` removes such rows."
_FILL = "`tdv clean --fill FIELD=VALUE` fills it in; `tdv clean --drop-invalid` removes such rows."


def _without(field: str) -> Row:
    return {name: value for name, value in _ROW.items() if name != field}


def _rule(
    code: str, name: str, summary: str, why: str, bad: Row, *, good: Row = _ROW, mend: str = _MEND
) -> RowRule:
    return RowRule(
        code=code,
        name=name,
        level=Level.ERROR,
        summary=summary,
        why=why,
        bad=bad,
        good=good,
        mend=mend,
        check=WALK.check(code),
        screen=WALK.screen(code),
        counts=WALK.counts(code),
    )


RULES = (
    _rule(
        "FLD001",
        "required",
        "A field that the schema demands is missing.",
        "Training code that reads it fails, or goes on with a value that nobody chose.",
        _without("expected_intent"),
        mend=_FILL,
    ),
    _rule(
        "FLD002",
        "type",
        "A value has another type than the schema wants.",
        '`"0.9"` is not 0.9: sorting, thresholds and loaders of Parquet take the two for '
        "different things. Values of CSV are read as the type that the schema wants, if they "
        "can be.",
        {**_ROW, "confidence": "high"},
    ),
    _rule(
        "FLD003",
        "range",
        "A number lies outside the bounds that the schema sets.",
        "A confidence of 1.4 is the mistake of a program, and weights a row out of proportion.",
        {**_ROW, "confidence": 1.4},
        mend="`tdv apply` sets values, `--adjust` also within bounds; "
        "`tdv clean --drop-invalid` removes such rows.",
    ),
    _rule(
        "FLD004",
        "required-if",
        "A field is missing that the schema demands of rows like this one.",
        "Whether a field may be left out can depend on another one: an `output` is needed unless "
        "the task is generation. The schema says so by `if` and `then`, or `dependentRequired`.",
        {"input": "What is two and two?", "task": "qa"},
        good={"input": "Write a poem.", "task": "generation"},
        mend=_FILL,
    ),
    _rule(
        "FLD005",
        "format",
        "A text is not of the format that the schema names: a date, an address.",
        "What cannot be read as a time cannot be sorted or filtered by it.",
        {**_ROW, "created_at": "yesterday"},
        good={**_ROW, "created_at": "2026-02-06T10:00:00Z"},
    ),
    _rule(
        "FLD006",
        "schema",
        "A value breaks another keyword of the schema: a length, a pattern, a field too many.",
        "Whatever the schema says holds for every row; the message names the keyword.",
        {**_ROW, "text": ""},
    ),
    _rule(
        "FLD007",
        "unknown-value",
        "A value is none of those that the schema lists.",
        "A misspelt value becomes a class of its own, with one example.",
        {**_ROW, "expected_sentiment": "sideways"},
        good={**_ROW, "expected_sentiment": "neutral"},
        mend="`tdv apply --map FIELD:OLD=NEW` renames it.",
    ),
)
