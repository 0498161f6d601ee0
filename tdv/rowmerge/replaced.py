"""Rows that both sides added, matched: the same ones, and those in place of one row of the base."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tdv.rowmerge.edits import Places
from tdv.rowmerge.threeway import NONE, REMOVED, SideChanges
from tdv.rowmerge.twins import Additions, twins

Array = Any


def matched(
    ours: tuple[SideChanges, Additions],
    theirs: tuple[SideChanges, Additions],
    places: Places,
    key: Sequence[str],
) -> tuple[Array, Array, Array]:
    """Numbers in base (or NONE), ours and theirs of rows that both sides added, in columns.

    Args:
        ours, theirs: what a side did, and the rows that it added.
        key: with one, rows of other keys are never one row.
    """
    same = twins(ours[1], theirs[1], key)
    columns = np.full(len(same[0]), NONE), *same
    if key:
        return columns
    removed = _removed_by_both(ours[0], theirs[0], places)
    more = _replaced(removed, ours[1], theirs[1], same)
    base, here, there = map(np.concatenate, zip(columns, more, strict=True))
    return base, here, there


def _removed_by_both(ours: SideChanges, theirs: SideChanges, places: Places) -> tuple[Array, Array]:
    """Records of the base that neither side has any more, ascending, and their places."""
    here, there = (side.gone[side.gone_state == REMOVED] for side in (ours, theirs))
    numbers = np.intersect1d(here, there, assume_unique=True)
    return numbers, places.of_base(numbers)


def _replaced(
    removed: tuple[Array, Array], ours: Additions, theirs: Additions, twins: tuple[Array, Array]
) -> tuple[Array, Array, Array]:
    """Numbers of rows in base, ours and theirs, in columns.

    At each place the rows that the sides added are matched first with first, and stand for the
    record that was removed there first, and so on. A twin takes its record with it.

    Args:
        removed: numbers and places of the records that both sides removed.
        twins: numbers of rows of ours and of theirs that are the same.
    """
    numbers, places = removed
    only_o, only_t = (
        ~np.isin(side.numbers, known) for side, known in zip((ours, theirs), twins, strict=True)
    )
    nth_o, nth_t = _ordinals(ours.places)[only_o], _ordinals(theirs.places)[only_t]
    ours, theirs = ours.only(only_o), theirs.only(only_t)
    there, found = _nth(theirs.places, ours.places, _ordinals(ours.places))
    here, there = np.flatnonzero(found), there[found]
    # Where a twin stands first on one side only, the lesser number fits both ways.
    at, found = _nth(places, ours.places[here], np.minimum(nth_o[here], nth_t[there]))
    return numbers[at[found]], ours.numbers[here[found]], theirs.numbers[there[found]]


def _ordinals(places: Array) -> Array:
    """How many stand before each at its own place, of ascending places."""
    return np.arange(len(places)) - np.searchsorted(places, places)


def _nth(places: Array, wanted: Array, nth: Array) -> tuple[Array, Array]:
    """Where the n-th of each wanted place stands, and whether there are so many there."""
    at: Array = np.searchsorted(places, wanted) + nth
    return at, at < np.searchsorted(places, wanted, side="right")
