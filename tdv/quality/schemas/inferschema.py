"""A JSON Schema proposed from the data: a union over all rows, never from the first ones.

What is proposed accepts every row that it was made from. Beside it stands what a reader should
look at: fields whose values are of several types, with the row of the odd one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from tdv.quality.schemas.schemaerrors import TYPE_NAMES
from tdv.quality.schemas.shapes import FORMATS, Seen, Shape
from tdv.quality.subject import Row

DRAFT = "https://json-schema.org/draft/2020-12/schema"
# A text field is proposed as a list of values when there are so many rows for each of so few.
MOST_VALUES, ROWS_A_VALUE = 32, 10
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?", re.ASCII)
_ORDER = ("object", "array", "string", "integer", "number", "boolean", "null")


class Odd(NamedTuple):
    """A field with values of several types.

    Attributes:
        field: `metadata.split`, `expected_entities[]`.
        usual, rare: the commonest type and another one, with how often and where first.
        usual_seen, rare_seen: how often each is there, and the first row with it.
    """

    field: str
    usual: str
    usual_seen: Seen
    rare: str
    rare_seen: Seen

    def told(self, place: Callable[[int], str]) -> str:
        """A full sentence; `place` names a row: "line 17"."""
        return (
            f"`{self.field}` is {TYPE_NAMES[self.usual]} in {_times(self.usual_seen)} "
            f"(first in {place(self.usual_seen.row)}), but {TYPE_NAMES[self.rare]} in "
            f"{_times(self.rare_seen)} (first in {place(self.rare_seen.row)})."
        )


class Inference:
    """The shape of rows as they come.

    Attributes:
        untyped: every value is text (CSV), and counts as what it spells, as `coercion` reads it.
        shape: of all rows so far.
    """

    def __init__(self, *, untyped: bool = False) -> None:
        self.untyped = untyped
        self.shape = Shape()

    def add(self, row: Row, number: int) -> None:
        """One more row; `number` is its number in the whole data."""
        if self.untyped:
            row = {name: spelled(value) for name, value in row.items()}
        self.shape.add(row, number)

    def merged(self, other: Inference) -> Inference:
        """The inference from the rows of both; neither may be added to afterwards."""
        both = Inference(untyped=self.untyped)
        both.shape = self.shape.merged(other.shape)
        return both

    def schema(self) -> dict[str, Any]:
        """The schema that is proposed."""
        proposed = {"$schema": DRAFT, "type": "object"}
        return proposed | _proposal(self.shape, self.untyped)

    def odd(self) -> list[Odd]:
        """The fields with values of several types, in order of their names."""
        # A text that spells a number is a text among others that spell none.
        return [] if self.untyped else list(_odd(self.shape, ""))


def spelled(value: Any) -> Any:
    """What a text of an untyped format spells: a number, true, false, null, a list, an object."""
    if not isinstance(value, str):
        return value
    if value in ("", "null"):
        return None
    if value in ("true", "false"):
        return value == "true"
    found = _NUMBER.fullmatch(value) if len(value) < 400 else None
    if found:
        return float(value) if found[1] or found[2] else int(value)
    if value[0] in "[{":
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def _proposal(shape: Shape, untyped: bool = False) -> dict[str, Any]:
    types = set(shape.types)
    if untyped and "string" in types and shape.fields == {}:
        types = {"string"}
    if "number" in types:
        types.discard("integer")
    named = [name for name in _ORDER if name in types]
    proposed: dict[str, Any] = {"type": named[0] if len(named) == 1 else named} if named else {}
    if "string" in types:
        proposed |= _text_proposal(shape, types, untyped)
    if "array" in types:
        proposed |= _list_proposal(shape)
    if "object" in types:
        proposed |= _object_proposal(shape, untyped)
    return proposed


def _text_proposal(shape: Shape, types: set[str], untyped: bool) -> dict[str, Any]:
    """The format of all texts, or the list of the few that there are."""
    texts, seen = shape.texts, shape.types.get("string", Seen(0, 0))
    if untyped and len(shape.types) > 1:
        return {}
    found = next((name for name in FORMATS if shape.formats and name in shape.formats), None)
    if found is not None:
        return {"format": found}
    few = texts is not None and len(texts) <= MOST_VALUES
    if few and types <= {"string", "null"} and seen.times >= ROWS_A_VALUE * len(texts or ()) > 0:
        values: list[Any] = sorted(texts or ())
        # One value alone says little of what may stand there, unless there are many of it.
        if len(values) > 1 or seen.times >= 100:
            return {"enum": [*values, *([None] if "null" in types else [])]}
    return {}


def _list_proposal(shape: Shape) -> dict[str, Any]:
    places, items = shape.places or [], shape.items
    if any(each.types.keys() != places[0].types.keys() for each in places):
        size = len(places)
        fixed = [_proposal(each) for each in places]
        return {"prefixItems": fixed, "minItems": size, "maxItems": size}
    for each in places:
        items = each if items is None else items.merged(each)
    return {} if items is None else {"items": _proposal(items)}


def _object_proposal(shape: Shape, untyped: bool) -> dict[str, Any]:
    if shape.fields is None:
        return {"additionalProperties": _proposal(shape.others or Shape(), untyped)}
    if not shape.fields:
        return {}
    total = shape.types["object"].times
    ordered = sorted(shape.fields.items(), key=lambda item: (item[1].first, item[0]))
    required = [name for name, each in ordered if each.count == total]
    properties = {name: _with_counts(each, total, untyped) for name, each in ordered}
    return {**({"required": required} if required else {}), "properties": properties}


def _with_counts(shape: Shape, total: int, untyped: bool) -> dict[str, Any]:
    """The proposal for a field, with a comment where rows differ."""
    proposed = _proposal(shape, untyped)
    said = []
    if shape.count != total:
        said.append(f"In {shape.count:,} of {total:,}.")
    types = sorted(shape.types.items(), key=lambda item: (-item[1].times, item[0]))
    # One type is proposed for integers with other numbers, and for texts that spell anything.
    if isinstance(proposed.get("type"), list):
        said.append(", ".join(f"{name} {seen.times:,}" for name, seen in types).capitalize() + ".")
    return {**proposed, "$comment": " ".join(said)} if said else proposed


def _odd(shape: Shape, path: str) -> Iterator[Odd]:
    kinds: dict[str, Seen] = {}
    for name, seen in shape.types.items():
        if name == "null":
            continue
        # 1 and 1.5 are numbers both.
        kind = "number" if name == "integer" and "number" in shape.types else name
        known = kinds.get(kind, Seen(0, seen.row))
        kinds[kind] = Seen(known.times + seen.times, min(known.row, seen.row))
    ordered = sorted(kinds.items(), key=lambda item: (-item[1].times, item[0]))
    for rare, seen in ordered[1:]:
        yield Odd(path, ordered[0][0], ordered[0][1], rare, seen)
    for name in sorted(shape.fields or ()):
        yield from _odd((shape.fields or {})[name], f"{path}.{name}" if path else name)
    if shape.others is not None:
        yield from _odd(shape.others, f"{path}.*" if path else "*")
    for number, each in enumerate(shape.places or ()):
        yield from _odd(each, f"{path}[{number}]")
    if shape.items is not None:
        yield from _odd(shape.items, f"{path}[]")


def _times(seen: Seen) -> str:
    return f"{seen.times:,} {'case' if seen.times == 1 else 'cases'}"


def written(schema: Mapping[str, Any]) -> str:
    """A schema as text: short lists and objects on one line, as people write them."""
    return f"{_written(schema, 0)}\n"


def _written(value: Any, level: int) -> str:
    line = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or not value or len(line) + 2 * level <= 72:
        return line
    inner, outer = "  " * (level + 1), "  " * level
    if isinstance(value, list):
        parts = [f"{inner}{_written(each, level + 1)}" for each in value]
        return "[\n" + ",\n".join(parts) + f"\n{outer}]"
    parts = [
        f"{inner}{json.dumps(name, ensure_ascii=False)}: {_written(each, level + 1)}"
        for name, each in value.items()
    ]
    return "{\n" + ",\n".join(parts) + f"\n{outer}}}"
