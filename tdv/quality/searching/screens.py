"""How rules share work over a batch: one search for all signs, one walk for all codes of a family.

What needs Arrow and numpy is in `textsearch`, imported when rows are there to be screened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from tdv.quality.extracting.batch import Batch
from tdv.quality.finding import Fault
from tdv.quality.subject import Row, Subject

if TYPE_CHECKING:
    from tdv.quality.rule import Mask

    Screen: TypeAlias = "Callable[[Batch], Mask]"
    Check: TypeAlias = "Callable[[Row, Subject], Iterable[Fault]]"
    Find: TypeAlias = "Callable[[Row, Subject], Iterable[tuple[str, Fault]]]"


def signed(sign: str) -> Screen:
    """The screen for rows that say something with a sign in it; see `signs`."""

    def screen(batch: Batch) -> Mask:
        from tdv.quality.searching.textsearch import rows_with

        return rows_with(batch, sign)

    return screen


class Walk:
    """One walk over a row that finds what several rules are about.

    Args:
        find: the faults of a row, each with its code, in a fixed order.
        suspects: the rows of a batch that may have any; fast, and never too narrow. None for all.
    """

    def __init__(
        self, find: Find, suspects: Callable[[Batch], Iterable[int]] | None = None
    ) -> None:
        self._find = find
        self._suspects = suspects or (lambda batch: range(len(batch)))

    def check(self, code: str) -> Check:
        """The check of the rule with a code."""

        def check(row: Row, subject: Subject) -> Iterable[Fault]:
            return [fault for found, fault in self._find(row, subject) if found == code]

        return check

    def screen(self, code: str) -> Screen:
        """Its screen, which is exact: suspects are walked once for all codes."""

        def screen(batch: Batch) -> Mask:
            from tdv.quality.searching.textsearch import mask_of

            return mask_of(list(self.counts(code)(batch)), len(batch))

        return screen

    def counts(self, code: str) -> Callable[[Batch], Mapping[int, int]]:
        """Its faults in each row of a batch, counted on the same walk."""
        return lambda batch: batch.once(self._codes).get(code, {})

    def _codes(self, batch: Batch) -> dict[str, dict[int, int]]:
        """Code -> row -> faults."""
        codes: dict[str, dict[int, int]] = {}
        for number in self._suspects(batch):
            row = batch.rows[number]
            if row is not None:
                for code, _ in self._find(row, batch.subject):
                    rows = codes.setdefault(code, {})
                    rows[number] = rows.get(number, 0) + 1
        return codes
