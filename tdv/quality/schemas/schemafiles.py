"""Schemas by name and from files: references resolved inside the repository, into one schema.

A schema may refer to other files, relative to its own: `{"$ref": "parts/address.json#/$defs/zip"}`.
They are read through a function that knows paths below the root only, and put into the schema under
`$defs` as JSON Schema's compound documents have it; so what comes out is one piece of plain data.
Nothing is fetched: a reference to a URL, an absolute path or a path out of the root is refused by
name, before anything is read.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NoReturn, TypeAlias
from urllib.parse import quote, unquote

from tdv.errors import ConfigError, PathError
from tdv.quality.registry import did_you_mean
from tdv.quality.schemas.jsonplaces import JsonPlaces
from tdv.quality.schemas.schema import DATA, TABLES, check_schema, compile_schema

Read: TypeAlias = "Callable[[str], bytes]"
"""Gives the bytes of a file below the root: `schemas/intent.json`; an OSError or a PathError when
it cannot be had."""

FOLDER = Path(__file__).parent
NAMES = tuple(sorted(file.stem for file in FOLDER.glob("*.json")))
"""The built-in schemas."""

# A schema of the largest standards has 1 MB; a hundred files are a mistake.
MAX_SIZE = 16 << 20
MOST_FILES = 100
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")
# What no name of a file has: JSON may hold halves of characters.
_NO_NAME = re.compile("[\0\ud800-\udfff]")
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
_OLD_DRAFT = re.compile(r"https?://json-schema\.org/draft-0([3467])/")


def resolve_schema(name_or_path: str, read: Read, where: str = "") -> Mapping[str, Any]:
    """A schema with all its references inside it, checked.

    Args:
        name_or_path: `intent` for a built-in schema, `schemas/intent.json` for a file.
        read: gives the bytes of a file below the root.
        where: begins the message where there is no such schema: "tdv.toml, line 3, column 1: ".

    Raises:
        ConfigError: there is none, it is no JSON, it is no schema, or a reference leads out of the
            repository or to nothing; the message names the file and the place.
    """
    if name_or_path in NAMES:
        return built_in(name_or_path)
    path = _inside(name_or_path, f"{where}The schema `{name_or_path}`")
    first = _load(path, read, where=where)
    try:
        schema = _bundled(path, first, read)
    except RecursionError as error:
        raise ConfigError(f"`{path}` is nested too deeply for a schema.") from error
    compile_schema(schema, f"`{path}`")
    return schema


def built_in(name: str) -> Mapping[str, Any]:
    """A built-in schema; ConfigError when there is none of that name."""
    if name not in NAMES:
        hint = did_you_mean(name, NAMES) or f"The built-in schemas are {', '.join(NAMES)}."
        raise ConfigError(f"There is no built-in schema `{name}`.", hint=hint)
    schema: Mapping[str, Any] = json.loads((FOLDER / f"{name}.json").read_bytes())
    return schema


def parsed(data: bytes, shown: str) -> Mapping[str, Any]:
    """The schema of a JSON text.

    Args:
        shown: how a message names the text: "`schemas/intent.json`".

    Raises:
        ConfigError: it is no JSON object; the message names line and column.
    """
    if len(data) > MAX_SIZE:
        raise ConfigError(f"{shown} has {len(data):,} bytes, more than any schema needs.")
    try:
        value = json.loads(data.decode("utf-8-sig"), parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        raise ConfigError(f"{shown}, line {line}, column {column}: it is not UTF-8.") from error
    except json.JSONDecodeError as error:
        said = f"{error.msg[:1].lower()}{error.msg[1:]}"
        where = f"line {error.lineno}, column {error.colno}"
        raise ConfigError(f"{shown}, {where}: it is no JSON: {said}.") from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{shown} is no JSON: {error}.") from error
    if not isinstance(value, dict):
        raise ConfigError(f"{shown} is no schema: it must be one JSON object.")
    return value


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"`{word}` is no value of JSON")


def _load(path: str, read: Read, asked: str = "", where: str = "") -> Mapping[str, Any]:
    """The document of a file; `asked` says which file refers to it and where, for the message."""
    try:
        data = read(path)
    except (OSError, PathError) as error:
        why = _why(error)
        if asked:
            message = (
                f"The schema `{path}`, to which {asked} refers, cannot be read: {_why(error)}."
            )
            raise ConfigError(message) from error
        hint = f"A schema is a file below the root of the repository, or one of {', '.join(NAMES)}."
        near = did_you_mean(path, NAMES) if "." not in path else ""
        message = f"{where}The schema `{path}` cannot be read: {why}."
        raise ConfigError(message, hint=near or hint) from error
    return parsed(data, f"`{path}`")


def _why(error: OSError | PathError) -> str:
    if isinstance(error, PathError):
        return error.message.rstrip(".")
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    return error.strerror or str(error)


def _bundled(path: str, schema: Mapping[str, Any], read: Read) -> Mapping[str, Any]:
    """The schema with every file that it refers to, directly or not, in it."""
    documents: dict[str, Mapping[str, Any]] = {path: schema}
    draft = str(schema.get("$schema", ""))
    waiting = [path]
    while waiting:
        here = waiting.pop()
        at = JsonPlaces(partial(_text, here, read))
        # Each by itself, so that a message names the file that is wrong.
        alone = {**({"$schema": draft} if draft else {}), **documents[here]}
        check_schema(alone, f"`{here}`", at)
        for pointer, reference in _references(documents[here], ""):
            target = _target(here, documents[here], pointer, reference, at)
            if target is None or target in documents:
                continue
            asked = f"`{here}`{at(pointer)} at `{pointer}`"
            if len(documents) == MOST_FILES:
                raise ConfigError(f"`{path}` refers to more than {MOST_FILES} files.")
            documents[target] = _load(target, read, asked)
            waiting.append(target)
    if len(documents) == 1:
        return schema
    placed = {each: _placed(each, documents[each], draft) for each in sorted(documents)}
    whole = placed.pop(path)
    inner = {_uri(each): document for each, document in placed.items()}
    place = "definitions" if _old_draft(schema) else "$defs"
    return {**whole, place: {**_mapping(whole.get(place)), **inner}}


def _references(value: Any, pointer: str, names: bool = False) -> Iterator[tuple[str, str]]:
    """Each reference in a schema, with the JSON pointer to it.

    Args:
        names: the value is a table of schemas by name, whose names are no keywords.
    """
    if isinstance(value, Mapping):
        for name, each in value.items():
            at = f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"
            if names:
                yield from _references(each, at)
            elif name in _REFERENCES and isinstance(each, str):
                yield at, each
            elif name not in DATA:
                yield from _references(each, at, name in TABLES)
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _references(each, f"{pointer}/{number}")


def _text(path: str, read: Read) -> str:
    return read(path).decode("utf-8-sig")


def _target(
    here: str, schema: Mapping[str, Any], pointer: str, reference: str, place: Callable[[str], str]
) -> str | None:
    """The path of the file that a reference names; None for a place in the same file."""
    address = reference.partition("#")[0]
    if not address or address in _identifiers(schema):
        return None
    said = f"`{here}`{place(pointer)} refers to `{reference}` at `{pointer}`, which"
    if "?" in address:
        raise _refused(said)
    folder = posixpath.dirname(here)
    return _inside(unquote(address), said, folder)


def _inside(path: str, said: str, folder: str = "") -> str:
    """The normalised path; ConfigError when it is none below the root."""
    absolute = _SCHEME.match(path) or path.startswith(("/", "\\", "~"))
    if absolute or _NO_NAME.search(path) or not path:
        raise _refused(said)
    whole = posixpath.normpath(posixpath.join(folder, path))
    if whole in (".", "..") or whole.startswith("../"):
        raise _refused(said)
    return whole


def _refused(said: str) -> ConfigError:
    hint = "Nothing is fetched: name a file below the root of the repository, relative to this one."
    return ConfigError(f"{said} is not inside the repository.", hint=hint)


def _identifiers(value: Any, names: bool = False) -> set[str]:
    """The names that parts of a schema give themselves, as they may be referred to."""
    found: set[str] = set()
    if isinstance(value, Mapping):
        for name, each in value.items():
            if not names and name in ("$id", "id") and isinstance(each, str):
                found.add(each.partition("#")[0])
            elif names or name not in DATA:
                found |= _identifiers(each, not names and name in TABLES)
    elif isinstance(value, list):
        for each in value:
            found |= _identifiers(each)
    return found


def _placed(path: str, schema: Mapping[str, Any], draft: str) -> Mapping[str, Any]:
    """The document under its path as its name, so that references relative to it lead on.

    Args:
        draft: what `$schema` is where the document does not say.
    """
    own = schema.get("$id", schema.get("id"))
    named = {name: each for name, each in schema.items() if name not in ("$id", "id")}
    if isinstance(own, str) and own.partition("#")[0]:
        named = _renamed(named, own.partition("#")[0])
    if draft:
        named.setdefault("$schema", draft)
    if _old_draft(named) and "$ref" in named:
        # In drafts up to 7, whatever stands beside a reference does not count.
        named["allOf"] = [*_list(named.get("allOf")), {"$ref": named.pop("$ref")}]
    return {"id" if _old_draft(named) == "4" else "$id": _uri(path), **named}


def _renamed(value: Any, own: str) -> Any:
    """The schema with its references to itself by its former name as references to `#`."""
    if isinstance(value, Mapping):
        return {
            name: each[len(own) :] or "#"
            if name == "$ref" and isinstance(each, str) and each.partition("#")[0] == own
            else _renamed(each, own)
            for name, each in value.items()
        }
    return [_renamed(each, own) for each in value] if isinstance(value, list) else value


def _uri(path: str) -> str:
    return f"tdv:///{quote(path)}"


def _old_draft(schema: Mapping[str, Any]) -> str:
    """ "7" for a schema of draft 7, likewise 4 and 6; "" for later ones."""
    found = _OLD_DRAFT.match(str(schema.get("$schema", "")))
    return found[1] if found else ""


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
