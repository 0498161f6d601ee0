"""What two sides did to the records of a base, in sorted columns of record numbers.

Records in place are those that both versions have in the same order: record r of them is record
`unranked(gone, r)` of the base and `unranked(loose, r)` of the side. So nothing is kept for a
record that nobody touched, and some 30 bytes for one that somebody did.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tdv.rowdiff.gaps import Change
from tdv.rowdiff.leftovers import resolved
from tdv.rowdiff.pairing import Pairer
from tdv.rowdiff.rows import source_of
from tdv.rowdiff.sides import Side
from tdv.rowmerge.bodies import Bodies
from tdv.store.ascent import longest_ascent

Array = Any  # a numpy array of record numbers, or of the states below

# What became of a record of the base.
SAME, FORMATTED, CHANGED, REMOVED = 0, 1, 2, 3
_STATES = {"moved": SAME, "formatted": FORMATTED, "changed": CHANGED}
NONE = -1


@dataclass(frozen=True, eq=False)
class SideChanges:
    """What one side did.

    Attributes:
        base_records, records: how many the base has, and the side.
        changed, changed_state: records of the base that are in place with other bytes; ascending.
        gone, gone_state, gone_to: records of the base that were removed or moved; where they
            went to, or NONE; ascending.
        loose, loose_from: records of the side that were added (NONE) or moved there; ascending.
    """

    base_records: int
    records: int
    changed: Array
    changed_state: Array
    gone: Array
    gone_state: Array
    gone_to: Array
    loose: Array
    loose_from: Array

    def place(self, numbers: Array) -> Array:
        """The side's numbers of records of the base that are in place."""
        return unranked(self.loose, ranked(self.gone, numbers))

    def state(self, numbers: Array) -> tuple[Array, Array, Array]:
        """Of records of the base: state, number in the side or NONE, whether it is in place."""
        state = np.zeros(len(numbers), dtype=np.uint8)
        at, found = _found(self.changed, numbers)
        state[found] = self.changed_state[at[found]]
        where = self.place(numbers)
        at, gone = _found(self.gone, numbers)
        state[gone] = self.gone_state[at[gone]]
        where[gone] = self.gone_to[at[gone]]
        return state, where, ~gone

    def origin(self, numbers: Array) -> Array:
        """The base's numbers of records of the side; NONE for added ones."""
        found = unranked(self.gone, ranked(self.loose, numbers))
        at, loose = _found(self.loose, numbers)
        found[loose] = self.loose_from[at[loose]]
        return found

    def touched(self) -> Array:
        """The records of the base that are not what they were where they were; ascending."""
        return np.union1d(self.changed, self.gone)


def ranked(missing: Array, numbers: Array) -> Array:
    """How many numbers that are not missing come before each of some numbers."""
    return numbers - np.searchsorted(missing, numbers)


def unranked(missing: Array, ranks: Array) -> Array:
    """The numbers that are not missing, by their rank among such."""
    before = missing - np.arange(len(missing))
    return ranks + np.searchsorted(before, ranks, side="right")


def side_changes(
    base: Side,
    other: Side,
    totals: tuple[int, int],
    key: Sequence[str],
    bodies: Bodies | None,
    old_bodies: Bodies | None = None,
) -> SideChanges:
    """Compare a side with the base.

    Args:
        base, other: with rows that compare as they are.
        totals: how many records each of them has.
        bodies: is given those of the side's records that are not the base's, where they are the
            merged file's.
        old_bodies: is given those of the base's records that they replace.
    """
    total_base, total = totals
    found = _Found()
    if total_base and total:
        found.add_all(_changes(base, other, key), bodies, old_bodies)
        return found.sorted(total_base, total)
    none: Array = _numbers(array("q"))
    gone, loose = np.arange(total_base), np.arange(total)
    state = np.full(total_base, REMOVED, dtype=np.uint8)
    to, come = np.full(total_base, NONE), np.full(total, NONE)
    return SideChanges(total_base, total, none, state[:0], gone, state, to, loose, come)


def _changes(base: Side, other: Side, key: Sequence[str]) -> Iterator[Change]:
    pairer = Pairer(base, other, key)
    for gap in resolved(lambda: source_of(base, other), base, other, key):
        yield from pairer.changes(gap)


class _Found:
    """Changes as they come, in columns."""

    def __init__(self) -> None:
        self._old, self._new, self._states = array("q"), array("q"), array("B")
        self._removed, self._added = array("q"), array("q")

    def add_all(
        self, changes: Iterator[Change], bodies: Bodies | None, old_bodies: Bodies | None
    ) -> None:
        """Take all changes."""
        for kind, old, new in changes:
            if old is not None and old_bodies is not None:
                old_bodies.keep(old.number, old.body)
            if new is not None and bodies is not None:
                bodies.keep(new.number, new.body)
            if old is None:
                assert new is not None
                self._added.append(new.number)
            elif new is None:
                self._removed.append(old.number)
            else:
                self._old.append(old.number)
                self._new.append(new.number)
                self._states.append(_STATES[kind])

    def sorted(self, total_base: int, total: int) -> SideChanges:
        """What all of it comes to."""
        old, new, states = map(_numbers, (self._old, self._new, self._states))
        order = np.argsort(old, kind="stable")
        old, new, states = old[order], new[order], states[order].astype(np.uint8)
        removed, added = np.sort(_numbers(self._removed)), np.sort(_numbers(self._added))
        in_place = _in_place(old, new, removed, added)
        gone = np.concatenate([removed, old[~in_place]])
        gone_to = np.concatenate([np.full(len(removed), NONE), new[~in_place]])
        gone_state = np.full(len(gone), REMOVED, dtype=np.uint8)
        gone_state[len(removed) :] = states[~in_place]
        loose = np.concatenate([added, new[~in_place]])
        loose_from = np.concatenate([np.full(len(added), NONE), old[~in_place]])
        by_gone, by_loose = np.argsort(gone, kind="stable"), np.argsort(loose, kind="stable")
        other = in_place & (states != SAME)
        return SideChanges(
            total_base,
            total,
            old[other],
            states[other],
            gone[by_gone],
            gone_state[by_gone],
            gone_to[by_gone],
            loose[by_loose],
            loose_from[by_loose],
        )


def _in_place(old: Array, new: Array, removed: Array, added: Array) -> Array:
    """Which pairs, ascending in the base, stand in the same order as the untouched records."""
    touched_old = np.sort(np.concatenate([old, removed]))
    touched_new = np.sort(np.concatenate([new, added]))
    rank = ranked(touched_old, old)
    in_place: Array = rank == ranked(touched_new, new)
    places = np.flatnonzero(in_place)
    if len(places) and (np.diff(new[places]) < 0).any():
        chain = longest_ascent(list(zip(places.tolist(), new[places].tolist(), strict=True)))
        in_place = np.zeros(len(old), dtype=bool)
        in_place[[place for place, _ in chain]] = True
    return in_place


def _found(among: Array, numbers: Array) -> tuple[Array, Array]:
    """Where numbers stand in a sorted column, and which of them do."""
    at: Array = np.searchsorted(among, numbers)
    found = np.zeros(len(numbers), dtype=bool)
    inside = at < len(among)
    found[inside] = among[at[inside]] == numbers[inside]
    return at, found


def _numbers(column: array[int]) -> Array:
    kind = np.uint8 if column.typecode == "B" else np.int64
    return np.frombuffer(column, dtype=kind) if len(column) else np.zeros(0, dtype=kind)
