"""What a comparison of two versions of a file says: changes of rows, and their counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from tdv.formats.rows import BadRecord, Row
from tdv.rowdiff.fields import FieldChange

Kind: TypeAlias = Literal["added", "removed", "changed", "moved"]


@dataclass(frozen=True, slots=True)
class RowChange:
    """What happened to one row.

    Attributes:
        kind: "moved" rows have the same bytes at another place among the rows; "changed" rows
            have other values in some fields, wherever they stand.
        key: the values of the key's fields, or None where there is no key or it has no value.
        old_number, new_number: of the record on either side, from 0; None where it is not there.
        old, new: the row, or the record that does not decode, or None where it is not there.
        fields: what differs in a changed row; empty when one side does not decode.
    """

    kind: Kind
    key: tuple[Any, ...] | None
    old_number: int | None
    new_number: int | None
    old: Row | BadRecord | None
    new: Row | BadRecord | None
    fields: tuple[FieldChange, ...] = ()


@dataclass(frozen=True, slots=True)
class RowCounts:
    """How many rows of a file changed in which way; old - removed + added == new.

    Attributes:
        added, removed, changed, moved: as in `RowChange.kind`.
        formatted: rows with the same values and other bytes.
        reordered: the same rows in another order, and nothing else. `moved` is 0 where that was
            told by sums, unread.
        separators: not one row differs, and yet the bytes do: line ends, indentation, blank
            lines.
    """

    added: int = 0
    removed: int = 0
    changed: int = 0
    moved: int = 0
    formatted: int = 0
    reordered: bool = False
    separators: bool = False

    @property
    def formatting_only(self) -> bool:
        """Whether every value of every row is the same, in the same order, in other bytes."""
        return (self.formatted > 0 or self.separators) and not self.any_rows

    @property
    def any_rows(self) -> bool:
        """Whether a row was added, removed, changed or moved."""
        return self.reordered or bool(self.added or self.removed or self.changed or self.moved)
