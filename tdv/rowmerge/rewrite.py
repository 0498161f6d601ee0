"""A record's bytes with some values replaced, and all its other bytes as they were.

Every command that writes rows goes through here, so that the order of keys, the spelling of
numbers, escapes, spaces and quotes of what was not touched stay.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from tdv.formats.csvrow import QUOTED, split_fields
from tdv.formats.lines import decode_text
from tdv.rowdiff.fields import MISSING
from tdv.rowdiff.sides import canonical

Path: TypeAlias = "tuple[str | int, ...]"
# The value of a field that is to go.
REMOVED = MISSING

# Digits are not converted: neither is a number of 5,000 digits refused, nor time spent.
_DECODER = json.JSONDecoder(strict=False, parse_int=str, parse_float=str)
_SPACES = re.compile(r"[ \t\n\r]*")
_COLON = re.compile(r"[ \t\n\r]*:[ \t\n\r]*")
_COMMA = re.compile(r"[ \t\n\r]*,?[ \t\n\r]*")
_QUOTED_NEED = re.compile(rb'[\r\n"]')


class Spelled(NamedTuple):
    """A JSON value as it is to be written."""

    text: str


@dataclass(slots=True)
class _Change:
    """What becomes of a value: another one, or changes inside it."""

    value: Any = None
    is_set: bool = False
    inside: dict[str | int, _Change] = field(default_factory=dict)

    def adds(self) -> bool:
        """Whether a value comes of it where there is none."""
        if self.is_set:
            return self.value is not REMOVED
        return any(change.adds() for change in self.inside.values())


class _Member(NamedTuple):
    """A field of an object or an element of an array, by offsets in the text."""

    name: str | int
    start: int
    name_stop: int
    value: int
    stop: int


class _Style(NamedTuple):
    """How values are written that are new."""

    comma: str
    colon: str
    ascii: bool


_Piece: TypeAlias = "tuple[int, int, str]"


def rewrite_json(body: bytes, changes: Iterable[tuple[Path, Any]]) -> bytes:
    """A JSON record with other values.

    Args:
        body: a JSON value that decodes. One that is no object has one field, `value`.
        changes: (path, value); a path names fields and places in arrays from the outside in.
            REMOVED takes a field away (all of its occurrences, where a key stands twice); a
            value given as `Spelled` is written as it is. Fields that are not there yet come
            behind the others, objects on the way to them included; so do elements of an array.
    """
    root = _Change()
    for path, value in changes:
        change = root
        for part in path:
            change = change.inside.setdefault(part, _Change())
        change.value, change.is_set = value, True
    if not root.inside:
        return body
    text = decode_text(body)
    start = _skip_spaces(text, 0)
    if text[start : start + 1] != "{":
        bare = root.inside.get("value")
        if len(root.inside) == 1 and bare is not None and bare.adds():
            root = bare
        else:
            stop = _DECODER.raw_decode(text, start)[1]
            text = f'{text[:start]}{{"value": {text[start:stop]}}}{text[stop:]}'
    pieces: list[_Piece] = []
    members = _members(text, start) if text[start] in "{[" else []
    style = _style_of(text, start, members)
    if root.is_set or not members:
        _rewrite(text, start, root, style, pieces)
    else:
        _rewrite_members(text, start, members, root, style, pieces)
    return _spliced(text, pieces).encode()


def spelled(body: bytes, path: Path) -> Spelled | None:
    """A value of a JSON record as it stands there; None when there is none.

    Where a key stands twice, the last one counts, as in decoding.
    """
    text = decode_text(body)
    start = _skip_spaces(text, 0)
    if text[start : start + 1] != "{" and path[:1] == ("value",):
        path = path[1:]
    stop = _DECODER.raw_decode(text, start)[1]
    for part in path:
        found = [each for each in _members(text, start) if each.name == part]
        if not found:
            return None
        start, stop = found[-1].value, found[-1].stop
    return Spelled(text[start:stop])


def rewrite_csv(body: bytes, delimiter: bytes, changes: Mapping[int, str]) -> bytes:
    """A CSV record with other fields.

    Args:
        body: a record whose quotes are closed.
        delimiter: one byte.
        changes: texts by the number of their column, from 0. Columns behind the last field are
            added, with empty ones between.
    """
    if not changes:
        return body
    fields = raw_fields(body, delimiter)
    fields += [b""] * (max(changes) + 1 - len(fields))
    for column, text in changes.items():
        fields[column] = csv_field(text, delimiter, quoted=fields[column].startswith(b'"'))
    return csv_record(fields, delimiter)


def csv_record(fields: list[bytes], delimiter: bytes) -> bytes:
    """A record of fields as they are written; never one that reads as a blank line."""
    record = delimiter.join(fields)
    return record if record.strip(b" \t\r".replace(delimiter, b"")) else b'"%s"' % record


def csv_field(text: str | bytes, delimiter: bytes, *, quoted: bool = False) -> bytes:
    """A field as it is written, in quotes where it needs them or `quoted` asks for them."""
    raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if quoted or delimiter in raw or _QUOTED_NEED.search(raw):
        return b'"' + raw.replace(b'"', b'""') + b'"'
    return raw


def raw_fields(body: bytes, delimiter: bytes) -> list[bytes]:
    """The fields of a record as they are written, quotes included."""
    if b'"' not in body:
        return body.split(delimiter)
    split_fields(body, delimiter)  # RecordError when a quote is not closed
    fields: list[bytes] = []
    start = 0
    while True:
        quoted = QUOTED.match(body, start)
        end = body.find(delimiter, quoted.end() if quoted else start)
        fields.append(body[start : end if end >= 0 else len(body)])
        if end < 0:
            return fields
        start = end + 1


def _rewrite(text: str, start: int, change: _Change, style: _Style, pieces: list[_Piece]) -> None:
    """Note the pieces of text that change in the value at an offset."""
    if change.is_set or text[start] not in "{[":
        stop = _DECODER.raw_decode(text, start)[1]
        pieces.append((start, stop, _written(change, style)))
    else:
        _rewrite_members(text, start, _members(text, start), change, style, pieces)


def _rewrite_members(
    text: str,
    start: int,
    members: list[_Member],
    change: _Change,
    style: _Style,
    pieces: list[_Piece],
) -> None:
    """Note the pieces that change in an object or array, whose members are known."""
    last = {member.name: place for place, member in enumerate(members)}
    gone: set[int] = set()
    for place, member in enumerate(members):
        wanted = change.inside.get(member.name)
        if wanted is None:
            continue
        if wanted.is_set and wanted.value is REMOVED:
            gone.add(place)
        elif last[member.name] == place:
            _rewrite(text, member.value, wanted, style, pieces)
    new = [
        (name, wanted)
        for name, wanted in change.inside.items()
        if name not in last and wanted.adds()
    ]
    _drop(members, gone, pieces)
    kept = [member for place, member in enumerate(members) if place not in gone]
    if new:
        _append(text, start, members, kept, new, style, pieces)


def _drop(members: list[_Member], gone: set[int], pieces: list[_Piece]) -> None:
    kept_before = False
    for place, member in enumerate(members):
        if place not in gone:
            kept_before = True
        elif kept_before:
            pieces.append((members[place - 1].stop, member.stop, ""))
        else:
            behind = place + 1 < len(members)
            pieces.append((member.start, members[place + 1].start if behind else member.stop, ""))


def _append(
    text: str,
    start: int,
    members: list[_Member],
    kept: list[_Member],
    new: list[tuple[str | int, _Change]],
    style: _Style,
    pieces: list[_Piece],
) -> None:
    comma, colon = style.comma, style.colon
    if len(members) > 1:
        comma = text[members[0].stop : members[1].start]
    if members and text[start] == "{":
        colon = text[members[0].name_stop : members[0].value]
    written = []
    for name, change in new:
        value = _written(change, style)
        is_field = text[start] == "{"
        written.append(f"{_name(str(name), style)}{colon}{value}" if is_field else value)
    if kept:
        at, lead = kept[-1].stop, comma
    else:
        at, lead = (members[0].start if members else start + 1), ""
    pieces.append((at, at, lead + comma.join(written)))


def _written(change: _Change, style: _Style) -> str:
    if change.is_set:
        return _value(change.value, style)
    parts = {name: _written(each, style) for name, each in change.inside.items() if each.adds()}
    if parts and all(isinstance(name, int) for name in parts):
        return f"[{style.comma.join(parts.values())}]"
    fields = (f"{_name(str(name), style)}{style.colon}{value}" for name, value in parts.items())
    return f"{{{style.comma.join(fields)}}}"


def _value(value: Any, style: _Style) -> str:
    if isinstance(value, Spelled):
        return value.text
    if isinstance(value, dict):
        fields = (
            f"{_name(str(name), style)}{style.colon}{_value(inner, style)}"
            for name, inner in value.items()
        )
        return f"{{{style.comma.join(fields)}}}"
    if isinstance(value, list):
        return f"[{style.comma.join(_value(inner, style) for inner in value)}]"
    if isinstance(value, str):
        return _name(value, style)
    return canonical(value).decode()


def _name(text: str, style: _Style) -> str:
    return json.dumps(text, ensure_ascii=style.ascii)


def _style_of(text: str, start: int, members: list[_Member]) -> _Style:
    """How a record is written: by its first field, and whether letters are escapes in it."""
    ascii_only = "\\u" in text and text.isascii()
    if text[start] != "{":
        members = []
    colon = text[members[0].name_stop : members[0].value] if members else ": "
    spaced = ", " if colon.endswith((" ", "\n")) else ","
    comma = text[members[0].stop : members[1].start] if len(members) > 1 else spaced
    return _Style(spaced if "\n" in comma else comma, colon, ascii_only)


def _members(text: str, start: int) -> list[_Member]:
    """The members of the object or array at an offset."""
    is_object = text[start] == "{"
    found: list[_Member] = []
    at = _skip_spaces(text, start + 1)
    decode = _DECODER.raw_decode
    while text[at] not in "}]":
        name: str | int = len(found)
        begin = name_stop = value = at
        if is_object:
            name, name_stop = decode(text, at)
            colon = _COLON.match(text, name_stop)
            value = colon.end() if colon else name_stop
        stop = decode(text, value)[1]
        found.append(_Member(name, begin, name_stop, value, stop))
        comma = _COMMA.match(text, stop)
        at = comma.end() if comma else stop
    return found


def _skip_spaces(text: str, at: int) -> int:
    matched = _SPACES.match(text, at)
    return matched.end() if matched else at


def _spliced(text: str, pieces: list[_Piece]) -> str:
    parts: list[str] = []
    at = 0
    for start, stop, new in sorted(pieces, key=lambda piece: piece[:2]):
        parts += (text[at:start], new)
        at = stop
    return "".join([*parts, text[at:]])
