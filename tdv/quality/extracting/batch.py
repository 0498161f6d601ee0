"""Some thousand consecutive rows of one file, decoded: what is screened, what columns are of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from tdv.quality.subject import Row, Subject, value_at

if TYPE_CHECKING:
    import pyarrow

T = TypeVar("T")

# Rows that are decoded and screened at once; 8,000 decoded rows are some 30 MB.
BATCH_ROWS = 8192


class Decoded(NamedTuple):
    """Records decoded.

    Attributes:
        rows: None where a record does not decode.
        reasons: place -> why not.
    """

    rows: list[Row | None]
    reasons: Mapping[int, str]


@dataclass(frozen=True)
class Batch:
    """Rows of one file.

    Attributes:
        bodies: the records, as bytes.
        rows: what they decode to; None for one that does not.
        subject: of the dataset.
    """

    bodies: Sequence[bytes]
    rows: Sequence[Row | None]
    subject: Subject

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def _filled(self) -> Sequence[Row]:
        """The rows, with an empty one for a record that does not decode."""
        empty: Row = {}
        return [empty if row is None else row for row in self.rows]

    def values(self, path: str) -> Sequence[Any]:
        """The value of a field of each row; None where there is none."""
        if path not in self._values:
            self._values[path] = self._found(path)
        return self._values[path]

    @cached_property
    def _values(self) -> dict[str, Sequence[Any]]:
        return {}

    def _found(self, path: str) -> Sequence[Any]:
        rows = self._filled
        outer, dot, inner = path.partition(".")
        if not dot:
            return [row.get(path) for row in rows]
        if "." in inner or any(path in row for row in rows):
            return [value_at(row, path) for row in rows]
        return [held.get(inner) if type(held := row.get(outer)) is dict else None for row in rows]

    def texts(self, path: str) -> list[str | None]:
        """Likewise, with None for whatever is no text."""
        return [each if type(each) is str else None for each in self.values(path)]

    @cached_property
    def text(self) -> pyarrow.LargeStringArray:
        """The main text of each row, as Arrow has it; null where there is none."""
        from tdv.quality.extracting.arrowtext import as_arrow

        main = self.subject.roles.text[:1]
        return as_arrow(self.texts(main[0]) if main else [None] * len(self))

    def once(self, make: Callable[[Batch], T]) -> T:
        """What a function makes of these rows, made once however many rules ask for it."""
        if make not in self._made:
            self._made[make] = make(self)
        made: T = self._made[make]
        return made

    @cached_property
    def _made(self) -> dict[Callable[[Batch], Any], Any]:
        return {}
