"""SPN: entity spans against the text that they mark. Every span that is wrong is a finding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from heapq import heappop, heappush
from typing import Any, NamedTuple

from tdv.quality.extracting.batch import Batch
from tdv.quality.finding import Fault, Level
from tdv.quality.rule import Param, RowRule
from tdv.quality.schemas.schemaerrors import shown, type_name
from tdv.quality.searching.screens import Walk
from tdv.quality.subject import Roles, Row, Subject, value_at

BOUNDS, ORDER, OVERLAP, SURFACE, FORM = "SPN001", "SPN002", "SPN003", "SPN004", "SPN005"
_SURFACES = ("value", "text", "surface")
_LABELS = ("label", "type", "entity")


class Span(NamedTuple):
    """One marked stretch of a text.

    Attributes:
        surface: the text that it is said to mark; None where it is not said.
        label: what it is marked as.
        start, end: in characters (code points), the end not included.
    """

    surface: str | None
    label: str
    start: int
    end: int


def span_of(item: Any) -> Span | str:
    """The span that a list or an object stands for, or what is wrong with its form.

    Lists are `[surface, label, start, end]`, or `[start, end, label]` as spaCy has them.
    """
    if isinstance(item, Mapping):
        surface = next((item[name] for name in _SURFACES if item.get(name) is not None), None)
        label = next((item[name] for name in _LABELS if item.get(name) is not None), None)
        parts = surface, label, item.get("start"), item.get("end")
        form = "an object with `start`, `end` and `label`"
    elif isinstance(item, (list, tuple)):
        if len(item) == 3:
            parts = None, item[2], item[0], item[1]
        elif len(item) == 4:
            parts = item[0], item[1], item[2], item[3]
            if type(parts[0]) is not str:
                return f"its surface is {_named(parts[0], 'a string')}"
        else:
            return f"it has {len(item)} items, not `[surface, label, start, end]`"
        form = "`[surface, label, start, end]`"
    else:
        return f"it is {_named(item, '`[surface, label, start, end]` or an object')}"
    return _typed(*parts, form)


def _typed(surface: Any, label: Any, start: Any, end: Any, form: str) -> Span | str:
    for name, value in (("start", start), ("end", end)):
        if type(value) is not int:
            return f"its {name} is {_named(value, 'an integer')}; a span is {form}"
    if type(label) is not str:
        return f"its label is {_named(label, 'a string')}; a span is {form}"
    if surface is not None and type(surface) is not str:
        return f"its surface is {_named(surface, 'a string')}"
    return Span(surface, label, start, end)


def _named(value: Any, wanted: str) -> str:
    if value is None:
        return "missing"
    return f"{shown(value, 30)}, {type_name(value)}, not {wanted}"


def span_faults(row: Row, subject: Subject) -> Iterator[tuple[str, Fault]]:
    """Every span of a row that is wrong, one fault each, in the order of the row's list."""
    roles = subject.roles
    items = value_at(row, roles.entities)
    if not items:
        return
    if not isinstance(items, (list, tuple)):
        message = f"The entities are {_named(items, 'an array of spans')}."
        yield FORM, Fault(roles.entities, message)
        return
    text = value_at(row, roles.text[0]) if roles.text else None
    found: dict[int, tuple[str, Fault]] = {}
    sound: dict[int, Span] = {}
    for number, item in enumerate(items):
        span = span_of(item)
        field = f"{roles.entities}[{number}]"
        fault = (
            (FORM, Fault(field, f"This is no span: {span}."))
            if isinstance(span, str)
            else _against(text, span, field)
        )
        if fault is not None:
            found[number] = fault
        elif isinstance(span, Span):
            sound[number] = span
    nested = bool(subject.value(OVERLAP, "nested", False))
    found.update(_overlaps(sound, nested, roles.entities))
    for number in sorted(found):
        yield found[number]


def _against(text: Any, span: Span, field: str) -> tuple[str, Fault] | None:
    """What one span has against the text; without a text, only its order can be wrong."""
    surface, _, start, end = span
    if end <= start:
        said = (
            f"is empty: it starts and ends at {start}"
            if start == end
            else f"ends at {end}, before it starts at {start}"
        )
        return ORDER, Fault(field, f"The span {_told(span)} {said}.", _where(text, span))
    if type(text) is not str:
        return None
    if start < 0 or end > len(text):
        message = (
            f"The span {_told(span)} goes from {start} to {end}, outside the text, which has "
            f"{len(text):,} characters."
        )
        return BOUNDS, Fault(field, message, _where(text, span))
    if surface is not None and text[start:end] != surface:
        message = (
            f"The text from {start} to {end} is {shown(text[start:end])}, not {shown(surface)}."
        )
        return SURFACE, Fault(field, message, _where(text, span))
    return None


def _where(text: Any, span: Span) -> str:
    """Where the surface does stand, nearest to where it was said to."""
    surface = span.surface
    if type(text) is not str or not surface:
        return ""
    before = text.rfind(surface, 0, max(0, span.start) + len(surface))
    after = text.find(surface, max(0, span.start))
    places = [place for place in (before, after) if place >= 0]
    if not places:
        return f"The text does not have {shown(surface)}: remove the span, or mend its surface."
    start = min(places, key=lambda place: (abs(place - span.start), place))
    return f"{shown(surface)} stands from {start} to {start + len(surface)}."


def _told(span: Span) -> str:
    surface = "" if span.surface is None else f"{shown(span.surface, 30)} "
    return f"{surface}({shown(span.label, 30)})"


def _overlaps(
    spans: Mapping[int, Span], nested: bool, field: str
) -> Iterator[tuple[int, tuple[str, Fault]]]:
    """The spans that begin inside one before them in the text, however the list is ordered."""
    order = sorted(spans, key=lambda number: (spans[number].start, -spans[number].end, number))
    around: list[tuple[int, int]] = []  # a heap of those that have begun: their ends and numbers
    last: Span | None = None
    for number in order:
        span = spans[number]
        while around and around[0][0] <= span.start:
            heappop(around)
        if around:
            end, first = around[0]
            # Whatever has begun reaches around this span unless it ends before it.
            if not nested or end < span.end or (last is not None and last[2:] == span[2:]):
                yield number, (OVERLAP, _overlap(number, span, first, spans[first], field))
        heappush(around, (span.end, number))
        last = span


def _overlap(number: int, span: Span, first: int, other: Span, field: str) -> Fault:
    message = (
        f"The span {_told(span)}, from {span.start} to {span.end}, overlaps {_told(other)} of "
        f"`{field}[{first}]`, from {other.start} to {other.end}."
    )
    return Fault(f"{field}[{number}]", message)


def _suspects(batch: Batch) -> Iterable[int]:
    """The rows with a span that is not plainly right: in order, in bounds, with its surface."""
    roles = batch.subject.roles
    texts: Iterable[Any] = batch.values(roles.text[0]) if roles.text else [None] * len(batch)
    pairs = zip(batch.values(roles.entities), texts, strict=True)
    return [
        number
        for number, (items, text) in enumerate(pairs)
        if items and (type(text) is not str or not _plain(items, text, len(text)))
    ]


def _plain(items: Any, text: str, size: int) -> bool:
    last = 0
    try:
        for item in items:
            surface, label, start, end = item if type(item) is list else _parts(item)
            if not (
                type(start) is int
                and type(end) is int
                and last <= start < end <= size
                and text[start:end] == surface
                and type(label) is str
            ):
                return False
            last = end
    except (TypeError, ValueError, KeyError, IndexError, AttributeError):
        return False
    return type(items) is list


def _parts(item: Mapping[str, Any]) -> tuple[Any, Any, int, int]:
    """Likewise of an object, with its first surface and label."""
    return (
        item["value"] if "value" in item else item["text"],
        item["label"] if "label" in item else item["type"],
        item["start"],
        item["end"],
    )


WALK = Walk(span_faults, _suspects)
_TEXT = "Ava left at 5"
_GOOD = {"text": _TEXT, "expected_entities": [["Ava", "person", 0, 3], ["5", "number", 12, 13]]}


def _bad(*spans: Any) -> Row:
    return {"text": _TEXT, "expected_entities": list(spans)}


def _applies(roles: Roles) -> bool:
    return bool(roles.entities)


def _rule(code: str, name: str, summary: str, why: str, bad: Row, *params: Param) -> RowRule:
    return RowRule(
        code=code,
        name=name,
        level=Level.ERROR,
        summary=summary,
        why=why,
        bad=bad,
        good=_GOOD,
        mend="`tdv apply` sets the offsets; `tdv clean --drop-invalid` removes such rows.",
        check=WALK.check(code),
        screen=WALK.screen(code),
        counts=WALK.counts(code),
        applies=_applies,
        params=params,
    )


RULES = (
    _rule(
        BOUNDS,
        "span-bounds",
        "A span starts before the text or ends behind it.",
        "Trainers leave such spans out without a word, or fail on them. Offsets count characters "
        "(code points), not bytes and not UTF-16 units.",
        _bad(["5", "number", 18, 22]),
    ),
    _rule(
        ORDER,
        "span-order",
        "A span ends before it starts, or is empty.",
        "Start and end were swapped, or the span was lost when its text changed.",
        _bad(["5", "number", 13, 12]),
    ),
    _rule(
        OVERLAP,
        "span-overlap",
        "A span begins inside another one.",
        "A token can have one tag only: spaCy and all BIO schemes refuse such rows. The order of "
        "the list does not matter. Where nested spans are meant, set `nested`.",
        _bad(["Ava", "person", 0, 3], ["Ava left", "event", 0, 8]),
        Param("nested", False, "Accept a span that lies wholly inside another one.", extracts=True),
    ),
    _rule(
        SURFACE,
        "span-surface",
        "The text between a span's offsets is not the span's own text.",
        "The text was edited and the offsets were not, or they count bytes. A model then learns "
        "to tag the wrong words.",
        _bad(["5", "number", 11, 12]),
    ),
    _rule(
        FORM,
        "span-form",
        "An entity is no span: items are missing, or of the wrong type.",
        "A span is `[surface, label, start, end]`, `[start, end, label]`, or an object with "
        "`start`, `end`, `label` (or `type`, `entity`) and, if it says so, `value` (or `text`, "
        "`surface`).",
        _bad(["5", "number", "12", 13]),
    ),
)
