"""A row that two sides do not agree on: what is told of it, and its line in the conflicts file."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
from blake3 import blake3

from tdv.errors import ObjectCorrupt, RecordError
from tdv.formats.lines import decode_json
from tdv.rowdiff.fields import MISSING
from tdv.rowdiff.sides import canonical
from tdv.rowmerge.combine import combine
from tdv.rowmerge.forms import Laid, RowForm
from tdv.rowmerge.values import Choice, FieldConflict

ID_DIGITS = 12
_VALUES = ("base", "ours", "theirs")


class Unmergeable(Exception):
    """Versions cannot be merged row by row; the message says why, without a full stop."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """A row of the merged file that needs a decision.

    Attributes:
        id: 12 hexadecimal digits, unique in the file, made of what the conflict holds.
        key: the key's values; () without a key.
        number: of the record in the merged file that holds `held`; where that is None, of the
            record in front of which the row would stand.
        base, ours, theirs: its bodies in the three versions; None where there is no such row.
        held: its body in the merged file: ours, with what could be merged.
        fields: the values in conflict; () when it is about the row as a whole.
        reason: such as "changed on both sides".
    """

    id: str
    key: tuple[Any, ...]
    number: int
    base: bytes | None
    ours: bytes | None
    theirs: bytes | None
    held: bytes | None
    fields: tuple[FieldConflict, ...]
    reason: str


def conflict_id(reason: str, *bodies: bytes | None, again: int = 0) -> str:
    """The id of a conflict.

    Args:
        again: how many conflicts of the same file with the same reason and bodies came before.
    """
    digest = blake3(f"{reason}\0{again}".encode())
    for body in bodies:
        digest.update(b"\0" if body is None else b"\1%d\0" % len(body) + body)
    return digest.hexdigest()[:ID_DIGITS]


def settle(conflict: Conflict, choice: Choice, contents: Laid) -> tuple[bytes, ...]:
    """The bodies that stand at a conflict's place once it is settled; () for no row.

    Args:
        choice: whose values the fields in conflict take; what merged without one stays merged.
        contents: the merged file, in whose form the bodies are.
    """
    form = RowForm(contents)
    return combine(form, conflict.base, conflict.ours, conflict.theirs, choice).bodies


def to_line(conflict: Conflict) -> bytes:
    """The conflict as one line of JSON, with its line end."""
    line: dict[str, Any] = {
        "id": conflict.id,
        "key": msgspec.Raw(canonical(list(conflict.key))),
        "number": conflict.number,
        "reason": conflict.reason,
    }
    for name in (*_VALUES, "held"):
        body = getattr(conflict, name)
        line[name] = None if body is None else base64.b64encode(body).decode()
    line["fields"] = [
        {
            "path": list(field.path),
            **{
                name: msgspec.Raw(canonical(getattr(field, name)))
                for name in _VALUES
                if getattr(field, name) is not MISSING
            },
        }
        for field in conflict.fields
    ]
    return msgspec.json.encode(line) + b"\n"


def from_line(line: bytes) -> Conflict:
    """The conflict of a line that `to_line` wrote; ObjectCorrupt when it is none."""
    try:
        row = decode_json(line)
        bodies = {name: _body(row[name]) for name in (*_VALUES, "held")}
        return Conflict(
            str(row["id"]),
            tuple(row["key"]),
            int(row["number"]),
            fields=tuple(_fields(row["fields"])),
            reason=str(row["reason"]),
            **bodies,
        )
    except (RecordError, KeyError, TypeError, ValueError) as error:
        raise ObjectCorrupt(f"A line of a conflicts file cannot be read: {error}.") from error


def _body(text: str | None) -> bytes | None:
    return None if text is None else base64.b64decode(text, validate=True)


def _fields(fields: list[dict[str, Any]]) -> Iterator[FieldConflict]:
    for each in fields:
        path = tuple(part if isinstance(part, int) else str(part) for part in each["path"])
        yield FieldConflict(path, *(each.get(name, MISSING) for name in _VALUES))
