"""What validation finds: one thing that is wrong, where, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple

from blake3 import blake3

from tdv.model.codec import pack

ID_BYTES = 16


class Level(str, Enum):
    """How much a finding matters; `rank` orders them, the worst first."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for an error, 2 for an info."""
        return list(Level).index(self)


class Fault(NamedTuple):
    """What a rule says of one row.

    Attributes:
        field: where in the row: `confidence`, `expected_entities[1]`; "" for the whole row.
        message: a full sentence, without the path and the row, which stand beside it. Values of
            the row in it are shortened, and those that a privacy rule found are masked.
        suggestion: what to do, a full sentence; "" where the rule's own is enough.
    """

    field: str
    message: str
    suggestion: str = ""


class Place(NamedTuple):
    """A row of a file.

    Attributes:
        path: of the file, as it is shown.
        row: its number, from 0.
        line: of the file on which its record starts, from 1; None where records have no lines.
        key: the values of the dataset's key fields as text; () where there is no key.
    """

    path: str
    row: int
    line: int | None
    key: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding.

    Attributes:
        id: 32 hexadecimal digits, the same wherever and whenever the same thing is found; see
            `finding_id`.
        code, level: of the rule; the level is the one that holds for this path.
        path: of the file; of a finding over a whole dataset, the dataset's name in brackets.
        place: the row; None for a finding over a file or a dataset.
        field, message, suggestion: as in `Fault`.
        partner: the row that this one repeats or contradicts, or None.
    """

    id: str
    code: str
    level: Level
    path: str
    place: Place | None
    field: str
    message: str
    suggestion: str = ""
    partner: Place | None = None

    def to_wire(self) -> tuple[Any, ...]:
        """As msgpack and pickle know it without this class: a tenth of what they take with it."""
        return (
            self.id,
            self.code,
            self.level.value,
            self.path,
            None if self.place is None else tuple(self.place),
            self.field,
            self.message,
            self.suggestion,
            None if self.partner is None else tuple(self.partner),
        )

    @classmethod
    def from_wire(cls, items: Sequence[Any]) -> Finding:
        """The finding that `to_wire` described."""
        id_, code, level, path, place, field, message, suggestion, partner = items
        return cls(
            id_,
            code,
            Level(level),
            path,
            _place(place),
            field,
            message,
            suggestion,
            _place(partner),
        )


def _place(items: Sequence[Any] | None) -> Place | None:
    if items is None:
        return None
    path, row, line, key = items
    return Place(path, row, line, tuple(key))


def finding_id(
    code: str, path: str, who: str, occurrence: int, field: str, partner: str = ""
) -> str:
    """The stable id of a finding.

    Args:
        who: the row's key, or the hash of its record where there is no key; "" for a finding
            over a file or dataset.
        occurrence: which of the rows of the file with that key or record it is, from 0.
        partner: likewise of the other row.
    """
    named = path.encode("utf-8", "surrogateescape")
    texts = [each.encode("utf-8", "surrogatepass") for each in (who, field, partner)]
    items: list[Any] = [code, named, *texts, occurrence]
    return blake3(pack(1, items)).hexdigest(length=ID_BYTES)
