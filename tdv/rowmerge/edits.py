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
    ours: SideChanges, theirs: SideChanges, places: Places, twins: tuple[Array, Array]
) -> Iterator[Action]:
    """The rows of which theirs has something to say, in the order of ours.

    Args:
        twins: numbers of rows that both sides added, of ours and of theirs.
    """
    parts = [_touched(ours, theirs, places), _added(theirs, places, twins)]
    columns = np.concatenate(parts, axis=1)
    # Where rows are put in at one place, they keep the order they have in theirs.
    order = np.lexsort((columns[4], columns[1], columns[0]))
    for start in range(0, len(order), 4096):
        part = columns[:, order[start : start + 4096]]
        yield from map(Action, *part.tolist())


def _touched(ours: SideChanges, theirs: SideChanges, places: Places) -> Array:
    base = theirs.touched()
    state_o, at_o, in_place_o = ours.state(base)
    state_t, at_t, in_place_t = theirs.state(base)
    here, there = state_o != REMOVED, state_t != REMOVED
    # Where ours moved it too, ours' place stands.
    moves = here & in_place_o & there & ~in_place_t
    settled = here & (moves | (state_t != SAME))
    lost = ~here & (state_t == CHANGED)
    rows = np.stack([at_o, np.full(len(base), SETTLE), base, at_o, at_t, state_o, state_t]).astype(
        np.int64
    )
    taken_out = rows[:, settled]
    # A row that moves is taken out at its place and put in at the other.
    taken_out[1, moves[settled]] = TAKE_OUT
    put_in = rows[:, moves | lost]
    put_in[1] = INSERT
    moved = moves[moves | lost]
    place = np.zeros(put_in.shape[1], dtype=np.int64)
    loose = np.searchsorted(theirs.loose, put_in[4, moved])
    place[moved] = places.of_loose(theirs)[loose]
    place[~moved] = places.of_base(put_in[2, ~moved])
    put_in[0] = places.in_ours(place)
    return np.concatenate([taken_out, put_in], axis=1)


def _added(theirs: SideChanges, places: Places, twins: tuple[Array, Array]) -> Array:
    added = theirs.loose_from == NONE
    numbers = theirs.loose[added]
    count = len(numbers)
    at = places.in_ours(places.of_loose(theirs)[added])
    none = np.full(count, NONE)
    state = np.full(count, REMOVED), np.full(count, CHANGED)
    rows = np.stack([at, np.full(count, INSERT), none, none, numbers, *state]).astype(np.int64)
    known = np.searchsorted(numbers, twins[1])
    rows[0, known] = rows[3, known] = twins[0]
    rows[1, known] = SETTLE
    rows[5, known] = CHANGED
    return rows
