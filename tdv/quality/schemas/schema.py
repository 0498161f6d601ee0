"""JSON Schema, compiled: whether a row is as its schema says, and if not, what is wrong with it.

A schema is plain data that users write. It is compiled by `jsonschema_rs`, which checks a million
rows a second. Nothing is ever fetched: references are resolved by `schemafiles`, inside the
repository, before a schema gets here, and whatever is left to resolve is refused.

Rows may hold what JSON does not: a number that no float holds (`decimal.Decimal`) is checked as
the number it is; bytes (Parquet) count as base64 text; see `plain`.
"""

from __future__ import annotations

import json
import math
import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any, NoReturn

import jsonschema_rs

from tdv.errors import ConfigError
from tdv.quality.schemas.coercion import Coercion
from tdv.quality.schemas.schemaerrors import SchemaError, explained, sort_key
from tdv.quality.subject import Row
from tdv.quality.times import moment

__all__ = ["SchemaError", "Validator", "compile_schema"]

# Of one row; a list of a thousand wrong numbers is one mistake.
MOST_ERRORS = 50
# Compiled schemas that are kept; a repository has a few.
KEPT = 32
# How deep a row is looked into when it has to be rewritten.
MOST_LEVELS = 200
# A date with a time: a date alone is none of these.
_TIME = re.compile(r"[0-9-]{8,10}[Tt ]")
# Keywords below which names stand, and those below which data does, instead of keywords.
TABLES = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"})
DATA = frozenset({"const", "enum", "default", "examples", "example"})


class Validator:
    """A compiled schema; threads may share it.

    Attributes:
        schema: what it was compiled from.
        is_valid: whether a row is as the schema says. The fast path: a microsecond a row.
    """

    def __init__(self, schema: Mapping[str, Any], name: str = "The schema") -> None:
        """Compile a schema.

        Args:
            name: how a message names it: "`schemas/intent.json`".

        Raises:
            ConfigError: it is no schema, or has references that nothing resolves.
        """
        self.schema = schema
        self._compiled = _compiled(schema, name)
        self._coercion = Coercion.of(schema)
        self.is_valid = _never_raising(self._compiled.is_valid)

    def errors(self, row: Row) -> list[SchemaError]:
        """What is wrong with a row: one error for each code and field, in order of the fields.

        At most `MOST_ERRORS` are told.
        """
        found: dict[tuple[object, str], SchemaError] = {}
        for path, error in self._explained(row):
            at = (sort_key(path), error.code)
            if at not in found or error.message < found[at].message:
                found[at] = error
        return [found[at] for at in sorted(found)[:MOST_ERRORS]]

    def coerced(self, row: Row) -> Row:
        """The row with texts read as the schema's types, for formats that have only text (CSV).

        See `Coercion`. The row itself is returned where nothing is to be read.
        """
        return self._coercion(row)

    def _explained(self, row: Row) -> Iterator[tuple[tuple[str | int, ...], SchemaError]]:
        try:
            errors = list(self._compiled.iter_errors(row))
        except ValueError:
            row = plain(row)
            errors = list(self._compiled.iter_errors(row))
        for error in errors:
            yield from explained(error, row, self.schema)


def compile_schema(schema: Mapping[str, Any], name: str = "The schema") -> Validator:
    """A schema's validator; those of the last schemas are kept, so that asking again costs nothing.

    A schema must not be changed once it was compiled.

    Raises:
        ConfigError: it is no schema, or has references that nothing resolves.
    """
    known = _LAST.get(id(schema))
    if known is not None and known[0] is schema:
        return known[1]
    try:
        canonical = json.dumps(schema, sort_keys=True, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise ConfigError(f"{name} is no JSON: {error}.") from error
    found = _kept(canonical, name)
    if len(_LAST) >= KEPT:
        _LAST.clear()
    _LAST[id(schema)] = schema, found
    return found


def check_schema(
    schema: Mapping[str, Any], name: str, place: Callable[[str], str] = lambda pointer: ""
) -> None:
    """Whether a document is a schema, whatever its references lead to.

    Args:
        place: says where in the document a JSON pointer leads: ", line 2, column 9,".

    Raises:
        ConfigError: it is none; the message names the place in it.
    """
    try:
        jsonschema_rs.meta.validate(dict(schema))
    except jsonschema_rs.ValidationError as error:
        raise _wrong(error, name, place) from error
    except (ValueError, TypeError, RecursionError, jsonschema_rs.ReferencingError) as error:
        raise ConfigError(f"{name} cannot be used: {_sentence(str(error))}") from error


# By the identity of the very object, which is kept, so that no other can have its id.
_LAST: dict[int, tuple[Mapping[str, Any], Validator]] = {}


@lru_cache(KEPT)
def _kept(canonical: str, name: str) -> Validator:
    return Validator(json.loads(canonical), name)


def is_iso_date_time(text: object) -> bool:
    """The format `iso-date-time`: ISO 8601 with or without a zone, as programs write it.

    `date-time` is RFC 3339, which demands a zone; Python's `isoformat()` gives none.
    """
    if not isinstance(text, str):
        return True
    return _TIME.match(text) is not None and moment(text) is not None


ISO = "iso-date-time"
FORMATS: dict[str, Callable[[str], bool]] = {ISO: is_iso_date_time}


def plain(value: Any, levels: int = MOST_LEVELS) -> Any:
    """The value in types that JSON has.

    Bytes are base64 text, other types their text, names become text, lone surrogates escapes.
    What lies deeper than `MOST_LEVELS` is not looked at: an object there has no fields, a list no
    items.
    """
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return value if value.is_finite() else None
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, Mapping):
        items = value.items() if levels else ()
        return {plain(str(name)): plain(each, levels - 1) for name, each in items}
    if isinstance(value, list | tuple):
        return [plain(each, levels - 1) for each in (value if levels else ())]
    if isinstance(value, bytes | bytearray | memoryview):
        return b64encode(value).decode()
    return str(value)


def _never_raising(quick: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """The check, also for rows with values that are none of JSON's."""

    def is_valid(row: Any) -> bool:
        try:
            return quick(row)
        except ValueError:
            return quick(plain(row))

    return is_valid


def _compiled(schema: Mapping[str, Any], name: str) -> jsonschema_rs.Validator:
    try:
        return jsonschema_rs.validator_for(
            _quickened(schema), validate_formats=True, formats=FORMATS, retriever=_refuse
        )
    except jsonschema_rs.ValidationError as error:
        raise _wrong(error, name) from error
    except (ValueError, TypeError, RecursionError) as error:
        raise ConfigError(f"{name} cannot be used: {_sentence(str(error))}") from error


def _quickened(value: Any, names: bool = False) -> Any:
    """The schema with `iso-date-time` as `date-time` or that; Rust's check is eight times faster.

    Args:
        names: the value is a table of schemas by name, whose names are no keywords.
    """
    if isinstance(value, Mapping):
        quick = {
            name: each
            if name in DATA and not names
            else _quickened(each, not names and name in TABLES)
            for name, each in value.items()
        }
        if not names and quick.get("format") == ISO and isinstance(quick.get("allOf", []), list):
            either = {"anyOf": [{"format": "date-time"}, {"format": quick.pop("format")}]}
            quick["allOf"] = [*quick.get("allOf", []), either]
        return quick
    return [_quickened(each) for each in value] if isinstance(value, list) else value


def _refuse(uri: str) -> NoReturn:
    raise ValueError(f"`{uri}` is not inside the repository")


def _wrong(
    error: jsonschema_rs.ValidationError,
    name: str,
    place: Callable[[str], str] = lambda pointer: "",
) -> ConfigError:
    pointer = "".join(
        f"/{str(each).replace('~', '~0').replace('/', '~1')}" for each in error.instance_path
    )
    where = f" at `{pointer}`" if pointer else ""
    said = error.message.split("\n")[0]
    hint = None
    if error.instance_path[-1:] == ["type"]:
        hint = "The types are null, boolean, integer, number, string, array and object."
    if "is not present in a registry" in said:
        said = said.split(" and retrieving it failed")[0]
        hint = "A reference names a file inside the repository, relative to the schema's own."
    return ConfigError(f"{name}{place(pointer)} is wrong{where}: {_sentence(said)}", hint=hint)


def _sentence(text: str) -> str:
    return f"{text[:200].rstrip('.')}."
