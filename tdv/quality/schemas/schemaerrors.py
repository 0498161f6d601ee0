"""What a row has against its schema, as a rule's code, a field and a full sentence."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence, Sized
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from tdv.quality.subject import Row

if TYPE_CHECKING:
    from jsonschema_rs import ValidationError

Path: TypeAlias = "tuple[str | int, ...]"

REQUIRED, TYPE, RANGE, REQUIRED_IF = "FLD001", "FLD002", "FLD003", "FLD004"
FORMAT, OTHER, UNKNOWN_VALUE = "FLD005", "FLD006", "FLD007"
CODES = {
    "required": REQUIRED,
    "type": TYPE,
    "minimum": RANGE,
    "maximum": RANGE,
    "exclusiveMinimum": RANGE,
    "exclusiveMaximum": RANGE,
    "format": FORMAT,
    "enum": UNKNOWN_VALUE,
    "const": UNKNOWN_VALUE,
}
TYPE_NAMES = {
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "array": "an array",
    "object": "an object",
    "null": "null",
}
FORMAT_NAMES = {
    "iso-date-time": "date and time of ISO 8601",
    "date-time": "date and time of RFC 3339 (with a zone)",
    "email": "e-mail address",
    "uri": "URI",
    "uuid": "UUID",
}
# Keywords whose next step in a path is a name and no keyword.
_NAMED = {"properties", "patternProperties", "$defs", "definitions"}
_CONDITIONS = {"then", "else", "dependentRequired", "dependentSchemas", "dependencies"}
_SHOWN = 60
_CONDITION_DEPTH = 40


class SchemaError(NamedTuple):
    """What a row has against its schema.

    Attributes:
        code: of the rule, `FLD001` to `FLD007`.
        field: `expected_entities[1]`, `metadata.split`; "" for the whole row.
        message: a full sentence; values are shortened.
    """

    code: str
    field: str
    message: str


def explained(
    error: ValidationError, row: Row, schema: Mapping[str, Any]
) -> Iterator[tuple[Path, SchemaError]]:
    """The errors that one of jsonschema_rs stands for, each with the path of its field."""
    path, value = _at(row, error)
    keyword = error.kind.name
    if keyword == "required":
        yield _missing(error, path, schema)
    elif keyword in ("additionalProperties", "unevaluatedProperties"):
        for name in error.kind.value or ():
            inner = (*path, name)
            message = f"`{field_of(inner)}` is a field that the schema does not allow."
            yield inner, SchemaError(OTHER, field_of(inner), message)
    elif keyword in ("anyOf", "oneOf"):
        yield from _alternatives(error, path, value, row, schema)
    else:
        code, said = CODES.get(keyword, OTHER), _said(keyword, error, value)
        yield path, SchemaError(code, field_of(path), f"{_subject(path)} {said}.")


def field_of(path: Sequence[str | int]) -> str:
    """A path as findings show it: `expected_entities[1]`, `metadata.split`."""
    parts = [f"[{each}]" if isinstance(each, int) else f".{each}" for each in path]
    return "".join(parts).removeprefix(".")


def sort_key(path: Path) -> tuple[tuple[int, str], ...]:
    """By which paths are sorted: list items by number, fields by name."""
    return tuple((each, "") if isinstance(each, int) else (-1, each) for each in path)


def shown(value: Any, room: int = _SHOWN) -> str:
    """A value as JSON, shortened."""
    if isinstance(value, bytes | bytearray):
        return f"{len(value):,} bytes"
    if isinstance(value, Decimal):
        text = str(value)
    elif isinstance(value, float) and not math.isfinite(value):
        text = "NaN" if math.isnan(value) else "an infinite number"
    elif isinstance(value, int) and value.bit_length() > 2000:
        text = f"a number of {value.bit_length():,} bits"
    else:
        # Of a long text or list only the start is shown, so only that is written out.
        text = json.dumps(_start(value, 3), ensure_ascii=False, default=str)
    return text if len(text) <= room else f"{text[: room - 1]}…"


def type_name(value: Any) -> str:
    """The value's type in JSON's words, with an article."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int):
        return "an integer"
    if isinstance(value, float | Decimal):
        return "a number"
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list | tuple):
        return "an array"
    return "a string"


def _missing(
    error: ValidationError, path: Path, schema: Mapping[str, Any]
) -> tuple[Path, SchemaError]:
    inner = (*path, str(error.kind.value))
    where = _condition(error.evaluation_path)
    if where is None:
        return inner, SchemaError(REQUIRED, field_of(inner), f"`{field_of(inner)}` is missing.")
    reason = _description(schema, where)
    because = f": {reason.rstrip('.')}" if reason else ", and other fields of this row demand it"
    message = f"`{field_of(inner)}` is missing{because}."
    return inner, SchemaError(REQUIRED_IF, field_of(inner), message)


def _condition(path: Sequence[str | int]) -> Sequence[str | int] | None:
    """The path up to the keyword that makes a demand conditional; None where none does."""
    named = False
    for number, step in enumerate(path):
        if named:
            named = False
        elif step in _CONDITIONS:
            return path[: number + 1]
        else:
            named = step in _NAMED
    return None


def _description(schema: Any, path: Sequence[str | int]) -> str:
    """What a part of the schema says of itself, "" for nothing."""
    for step in path[:_CONDITION_DEPTH]:
        try:
            schema = schema[step]
        except (KeyError, IndexError, TypeError):
            return ""
    text = schema.get("description", "") if isinstance(schema, Mapping) else ""
    return text if isinstance(text, str) else ""


def _alternatives(
    error: ValidationError, path: Path, value: Any, row: Row, schema: Mapping[str, Any]
) -> Iterator[tuple[Path, SchemaError]]:
    """What is wrong with a value that is none of some alternatives, in the fewest words."""
    branches: list[list[ValidationError]] = error.kind.value or []
    # Alternatives for another type than the value has say nothing of what is wrong with it.
    here = error.instance_path
    close = [branch for branch in branches if not any(_of_type(each, here) for each in branch)]
    if branches and not close:
        types = sorted({name for branch in branches for each in branch for name in _types(each)})
        said = _type_said(value, types)
        yield path, SchemaError(TYPE, field_of(path), f"{_subject(path)} {said}.")
    elif all(len(branch) == 1 and branch[0].kind.name == "format" for branch in branches):
        code, said = FORMAT, _said("format", branches[-1][0], value)
        yield path, SchemaError(code, field_of(path), f"{_subject(path)} {said}.")
    elif len(close) == 1 and close[0]:
        for inner in close[0]:
            yield from explained(inner, row, schema)
    else:
        many = "more than one" if [] in branches else "none"
        cases = f"{many} of the {len(branches)} cases of `{error.kind.name}`"
        said = f"is {shown(value)}, which matches {cases}"
        yield path, SchemaError(OTHER, field_of(path), f"{_subject(path)} {said}.")


def _of_type(error: ValidationError, path: Sequence[str | int]) -> bool:
    return error.kind.name == "type" and error.instance_path == path


def _types(error: ValidationError) -> list[str]:
    return list(error.kind.value) if error.kind.name == "type" else []


def _said(keyword: str, error: ValidationError, value: Any) -> str:
    """What the sentence says of the field."""
    limit = error.kind.value
    if keyword in _SENTENCES:
        return _SENTENCES[keyword](value, limit)
    said = error.message.split("\n")[0].rstrip(".")
    return f"is {shown(value)}, which breaks `{keyword}` of the schema: {said[:80]}"


def _type_said(value: Any, types: Sequence[str]) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return f"is {shown(value)}, which is no number in JSON"
    wanted = _or([name for each, name in TYPE_NAMES.items() if each in types])
    kind = "" if value is None else f", {type_name(value)}"
    return f"is {shown(value)}{kind}, but has to be {wanted}"


def _or(words: Sequence[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _enum_said(value: Any, options: Sequence[Any]) -> str:
    names = [shown(each, 24) for each in options[:6]]
    more = f" (and {len(options) - 6} more)" if len(options) > 6 else ""
    return f"is {shown(value)}, but only {_or(names)}{more} is allowed"


def _count_said(noun: str, need: str) -> Callable[[Any, Any], str]:
    return lambda value, limit: f"has {len(value):,} {noun}, but {need} {limit:,}"


_SENTENCES: dict[str, Callable[[Any, Any], str]] = {
    "type": lambda value, types: _type_said(value, types),
    "enum": _enum_said,
    "const": lambda value, limit: f"is {shown(value)}, but only {shown(limit)} is allowed",
    "minimum": lambda value, limit: f"is {shown(value)}, but at least {limit} is needed",
    "maximum": lambda value, limit: f"is {shown(value)}, but at most {limit} is allowed",
    "exclusiveMinimum": lambda value, limit: f"is {shown(value)}, but must be more than {limit}",
    "exclusiveMaximum": lambda value, limit: f"is {shown(value)}, but must be less than {limit}",
    "multipleOf": lambda value, limit: f"is {shown(value)}, which is no multiple of {limit}",
    "format": lambda value, name: f"is {shown(value)}, which is no {FORMAT_NAMES.get(name, name)}",
    "pattern": lambda value, limit: f"is {shown(value)}, which does not match `{limit[:60]}`",
    "minLength": _count_said("characters", "the least is"),
    "maxLength": _count_said("characters", "the most is"),
    "minItems": _count_said("items", "the least is"),
    "maxItems": _count_said("items", "the most is"),
    "minProperties": _count_said("fields", "the least is"),
    "maxProperties": _count_said("fields", "the most is"),
    "uniqueItems": lambda value, limit: "has an item more than once",
    "contains": lambda value, limit: "has no item of the kind that must be there",
    "falseSchema": lambda value, limit: "may not be there",
    "not": lambda value, limit: f"is {shown(value)}, which the schema excludes",
    "unevaluatedItems": lambda value, limit: "has items that the schema does not allow",
    "additionalItems": lambda value, limit: "has items that the schema does not allow",
    "propertyNames": lambda value, error: f"has a field with a wrong name: {_name_said(error)}",
}


def _name_said(error: ValidationError) -> str:
    return f"{shown(error.instance)} breaks `{error.kind.name}`"


def _subject(path: Path) -> str:
    return f"`{field_of(path)}`" if path else "The row"


def _at(row: Any, error: ValidationError) -> tuple[Path, Any]:
    """Where an error is, by the names of the row, and the value there.

    A path of jsonschema_rs has a number for every step that looks like one, in objects too, and no
    step for a field without a name; where it cannot be followed, the path ends.
    """
    path: list[str | int] = []
    for given in error.instance_path:
        step = _step(row, given)
        if step is None:
            return tuple(path), error.instance
        path.append(step)
        row = row[step]
    # Behind a field without a name a path may lead to another value, which has no length.
    astray = isinstance(error.instance, Sized) and not isinstance(row, Sized)
    return tuple(path), error.instance if astray else row


def _step(value: Any, given: str | int) -> str | int | None:
    """The step as the value has it; None where it has none."""
    if isinstance(value, list):
        return given if isinstance(given, int) and given < len(value) else None
    if not isinstance(value, Mapping) or given in value:
        return given if isinstance(value, Mapping) else None
    numbers = (name for name in value if name.lstrip("+").isdecimal() and int(name) == given)
    return next(numbers, None)


def _start(value: Any, levels: int) -> Any:
    """So much of a value as is shown of it."""
    if isinstance(value, str):
        return value[:_SHOWN]
    if isinstance(value, Mapping):
        items = list(value.items())[:8] if levels else []
        return {str(name): _start(each, levels - 1) for name, each in items}
    if isinstance(value, list | tuple):
        return [_start(each, levels - 1) for each in value[:16]] if levels else []
    return value
