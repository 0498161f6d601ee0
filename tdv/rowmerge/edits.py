"""From what both sides did to the edits that bring theirs' part into ours, in ours' order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from tdv.rowmerge.threeway import CHANGED, NONE, REMOVED, SAME, SideChanges, ranked, unranked

Array = Any

# What happens at a place of ours: a row is put in front of it, the row there is settled, or taken
# out since it stands elsewhere.
INSERT, SETTLE, TAKE_OUT = 0, 1, 2
# Records that are looked at together, and actions handed over together.
BLOCK = 1 << 17
PART = 4096


class Action(NamedTuple):
    """A row to be combined.

    Attributes:
        at: a record of ours.
        kind: INSERT in front of it, SETTLE it, or TAKE_OUT.
        base, ours, theirs: numbers of the row, or NONE where it is not there.
        ours_state, theirs_state: what either side did to it; CHANGED for a row it added.
    """

    at: int
    kind: int
    base: int
    ours: int
    theirs: int
    ours_state: int
    theirs_state: int


@dataclass(frozen=True, eq=False)
class Places:
    """The records that neither side moved or removed: what places are told by."""

    gone: Array
    ours: SideChanges

    @classmethod
    def of(cls, ours: SideChanges, theirs: SideChanges) -> Places:
        """The records that both sides have in place."""
        return cls(np.union1d(ours.gone, theirs.gone), ours)

    def of_base(self, numbers: Array) -> Array:
        """How many of them stand before records of the base."""
        return ranked(self.gone, numbers)

    def of_loose(self, side: SideChanges) -> Array:
        """How many of them stand before each loose record of a side."""
        before = side.loose - np.arange(len(side.loose))
        return self.of_base(unranked(side.gone, before))

    def in_ours(self, places: Array) -> Array:
        """The record of ours that stands behind each place."""
        following = unranked(self.gone, places)
        inside = following < self.ours.base_records
        found = np.full(len(places), self.ours.records)
        found[inside] = self.ours.place(following[inside])
        return found


def actions(
    ours: SideChanges,
    theirs: SideChanges,
    places: Places,
    matched: tuple[Array, Array, Array],
) -> Iterator[Action]:
    """The rows of which theirs has something to say, in the order of ours.

    Args:
        matched: rows that both sides added: numbers of the record of the base that they stand
            for (or NONE), of ours and of theirs; no number twice.
    """
    parts = [_added(theirs, places, matched), *_touched(ours, theirs, places)]
    # Of a million rows only four columns are held; the others are found again part by part.
    at, kind, base, number = (np.concatenate(column) for column in zip(*parts, strict=True))
    del parts
    # Where rows are put in at one place, they keep the order they have in theirs.
    order = np.lexsort((number, kind, at))
    for start in range(0, len(order), PART):
        part = order[start : start + PART]
        columns = _described(ours, theirs, at[part], kind[part], base[part], number[part])
        yield from map(Action, *columns)


def _described(
    ours: SideChanges, theirs: SideChanges, at: Array, kind: Array, base: Array, number: Array
) -> list[list[int]]:
    """The columns of actions, of which four are known."""
    known = base != NONE
    here = np.where(known | (kind == INSERT), NONE, at)
    there = number.copy()
    states = np.full((2, len(at)), CHANGED)
    states[0, ~known & (kind == INSERT)] = REMOVED
    states[0, known], here[known], _ = ours.state(base[known])
    states[1, known], there[known], _ = theirs.state(base[known])
    replaced = there != number
    here[replaced], there[replaced], states[:, replaced] = at[replaced], number[replaced], CHANGED
    columns = (at, kind, base, here, there, states[0], states[1])
    return [column.tolist() for column in columns]


def _touched(
    ours: SideChanges, theirs: SideChanges, places: Places
) -> Iterator[tuple[Array, Array, Array, Array]]:
    """Place, kind, number in the base and in theirs, of records that theirs touched."""
    touched = theirs.touched()
    loose_places = places.of_loose(theirs)
    for start in range(0, len(touched), BLOCK):
        base = touched[start : start + BLOCK]
        state_o, at_o, in_place_o = ours.state(base)
        state_t, at_t, in_place_t = theirs.state(base)
        here, there = state_o != REMOVED, state_t != REMOVED
        # Where ours moved it too, ours' place stands.
        moves = here & in_place_o & there & ~in_place_t
        settled = here & (moves | (state_t != SAME))
        # A row that moves is taken out at its place and put in at the other.
        kind = np.where(moves[settled], TAKE_OUT, SETTLE).astype(np.uint8)
        yield at_o[settled], kind, base[settled], at_t[settled]
        put_in = moves | (~here & (state_t == CHANGED))
        place = places.of_base(base[put_in])
        loose = moves[put_in]
        place[loose] = loose_places[np.searchsorted(theirs.loose, at_t[moves])]
        kind = np.full(len(place), INSERT, dtype=np.uint8)
        yield places.in_ours(place), kind, base[put_in], at_t[put_in]


def _added(
    theirs: SideChanges, places: Places, matched: tuple[Array, Array, Array]
) -> tuple[Array, Array, Array, Array]:
    """As `_touched`, of records that theirs added."""
    added = theirs.loose_from == NONE
    numbers = theirs.loose[added]
    at = places.in_ours(places.of_loose(theirs)[added])
    kind = np.full(len(numbers), INSERT, dtype=np.uint8)
    base = np.full(len(numbers), NONE)
    known = np.searchsorted(numbers, matched[2])
    base[known], at[known], kind[known] = matched[0], matched[1], SETTLE
    return at, kind, base, numbers
