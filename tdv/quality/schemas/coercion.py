"""Text read as the types that a schema wants, for formats in which every value is text (CSV, TSV).

The field `confidence` of a CSV row holds the text `0.92`. Where the schema wants a number and no
text there, it is read as the number 0.92. Only what is the JSON spelling of a wanted type is read;
everything else stays the text it is, and is found to be of the wrong type.

| the schema wants | text | becomes |
|---|---|---|
| integer or number | `7`, `0.92`, `1e-3` | the number |
| boolean | `true`, `false` | the boolean |
| null | `null`, or nothing | null |
| array or object | JSON of one | its value |
| any of these, and the field is not required | nothing | the field is left out |

Fields of the row alone are looked at: those inside a JSON cell have their types already.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tdv.quality.subject import Row

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)", re.ASCII)
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?", re.ASCII)
# More digits are no number of a data set, and Python's own limit for texts.
_MOST_DIGITS = 4000
_ALL_TYPES = frozenset({"null", "boolean", "integer", "number", "string", "array", "object"})
_UNREADABLE = object()


@dataclass(frozen=True)
class Coercion:
    """How the texts of a row are to be read.

    Attributes:
        wanted: field -> the types that the schema wants there, where text is none of them.
        required: fields that may not be left out.
    """

    wanted: Mapping[str, frozenset[str]]
    required: frozenset[str]

    @classmethod
    def of(cls, schema: Mapping[str, Any]) -> Coercion:
        """What a schema's `properties` say; also those in its `allOf`, and behind a `$ref`."""
        wanted: dict[str, frozenset[str]] = {}
        required: set[str] = set()
        for part in _parts(schema, schema, 8):
            properties = part.get("properties")
            for name, field in properties.items() if isinstance(properties, Mapping) else ():
                types = _types(schema, field, 8)
                wanted[name] = wanted.get(name, _ALL_TYPES) & types
            names = part.get("required")
            required.update(each for each in names or () if isinstance(each, str))
        return cls(
            {name: types for name, types in wanted.items() if types and "string" not in types},
            frozenset(required),
        )

    def __call__(self, row: Row) -> Row:
        """The row with its texts read; the row itself where there is nothing to read."""
        read: Row | None = None
        for name, types in self.wanted.items():
            value = row.get(name)
            if type(value) is not str:
                continue
            new = _read(value, types)
            if new is _UNREADABLE and not (value == "" and name not in self.required):
                continue
            if read is None:
                read = dict(row)
            if new is _UNREADABLE:
                del read[name]
            else:
                read[name] = new
        return row if read is None else read


def _read(text: str, types: frozenset[str]) -> Any:
    """The value that the text spells in one of the types, or `_UNREADABLE`."""
    if "null" in types and text in ("", "null"):
        return None
    if "boolean" in types and text in ("true", "false"):
        return text == "true"
    if len(text) <= _MOST_DIGITS:
        if types & {"integer", "number"} and _INTEGER.fullmatch(text):
            return int(text)
        # An integer may be spelled 1.0 in JSON, and is one for JSON Schema.
        if types & {"integer", "number"} and _NUMBER.fullmatch(text):
            return float(text)
    if ("array" in types and text[:1] == "[") or ("object" in types and text[:1] == "{"):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return _UNREADABLE
    return _UNREADABLE


def _parts(root: Mapping[str, Any], schema: Any, depth: int) -> Iterator[Mapping[str, Any]]:
    """The schemas that all hold for a row."""
    if not isinstance(schema, Mapping) or not depth:
        return
    yield schema
    yield from _parts(root, _target(root, schema), depth - 1)
    for each in _listed(schema, "allOf"):
        yield from _parts(root, each, depth - 1)


def _types(root: Mapping[str, Any], schema: Any, depth: int) -> frozenset[str]:
    """The types that a value may have; all, where the schema says nothing."""
    types = _ALL_TYPES
    if not isinstance(schema, Mapping) or not depth:
        return types
    named = schema.get("type")
    if named is not None:
        types &= {named} if isinstance(named, str) else set(named)
    constants = [*_listed(schema, "enum"), *([schema["const"]] if "const" in schema else [])]
    if constants:
        types &= frozenset().union(*map(_names_of, constants))
    target = _target(root, schema)
    if target is not None:
        types &= _types(root, target, depth - 1)
    for each in _listed(schema, "allOf"):
        types &= _types(root, each, depth - 1)
    for keyword in ("anyOf", "oneOf"):
        branches = [_types(root, each, depth - 1) for each in _listed(schema, keyword)]
        if branches:
            types &= frozenset().union(*branches)
    return types


def _names_of(value: Any) -> frozenset[str]:
    if value is None:
        return frozenset({"null"})
    if isinstance(value, bool):
        return frozenset({"boolean"})
    if isinstance(value, int | float):
        return frozenset({"integer", "number"})
    if isinstance(value, str):
        return frozenset({"string"})
    return frozenset({"array" if isinstance(value, list) else "object"})


def _listed(schema: Mapping[str, Any], keyword: str) -> list[Any]:
    value = schema.get(keyword)
    return value if isinstance(value, list) else []


def _target(root: Mapping[str, Any], schema: Mapping[str, Any]) -> Any:
    """What a reference inside the schema points to; None for any other."""
    reference = schema.get("$ref")
    if not isinstance(reference, str) or not reference.startswith("#/"):
        return None
    value: Any = root
    for name in reference[2:].split("/"):
        if not isinstance(value, Mapping):
            return None
        value = value.get(name.replace("~1", "/").replace("~0", "~"))
    return value
