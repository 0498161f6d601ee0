"""Three versions of a file, compared: what their merge starts from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from tdv.formats.contents import Contents
from tdv.formats.rows import Layout
from tdv.model.entry import sorted_params
from tdv.rowdiff.layouts import LayoutChange, sides
from tdv.rowdiff.sides import Side
from tdv.rowmerge.bodies import Bodies
from tdv.rowmerge.columns import BASE, OURS, THEIRS, Header, Joined, join, origins, removed
from tdv.rowmerge.conflict import Unmergeable
from tdv.rowmerge.edits import SETTLE, Action
from tdv.rowmerge.forms import Form, RowForm
from tdv.rowmerge.threeway import CHANGED, NONE, REMOVED, SideChanges, side_changes
from tdv.rowmerge.values import Favour

BATCH = 4096


@dataclass(frozen=True, eq=False)
class Compared:
    """What both sides did, and the rows in the merged file's form.

    Attributes:
        from_ours, from_theirs: what they did to the base's records.
        base, ours, theirs: bodies in the merged file's form.
        form: of the merged file.
        exact: whether records that were compared as the same have the same bodies.
        joined: the merged file's columns, where those of the versions differ.
    """

    from_ours: SideChanges
    from_theirs: SideChanges
    base: Bodies
    ours: Bodies
    theirs: Bodies
    form: RowForm
    exact: bool = True
    joined: Joined | None = None

    def as_they_are(self, start: int, stop: int) -> Iterator[Action]:
        """Records of ours with what they are in the other versions, one by one."""
        for first in range(start, stop, BATCH):
            numbers = np.arange(first, min(first + BATCH, stop))
            old = self.from_ours.origin(numbers)
            known = old != NONE
            states, theirs = np.full((2, len(numbers)), REMOVED), np.full(len(numbers), NONE)
            for at, changes in enumerate((self.from_ours, self.from_theirs)):
                state, where, _ = changes.state(old[known])
                states[at, known] = state
                if at:
                    theirs[known] = where
            settle = np.full(len(numbers), SETTLE)
            columns = np.stack([numbers, settle, old, numbers, theirs, *states])
            yield from map(Action, *columns.tolist())


def compare_alike(base: Contents, ours: Contents, theirs: Contents, key: Sequence[str]) -> Compared:
    """Compare versions in one layout."""
    old, here, there = Side(base), Side(ours), Side(theirs)
    bodies = Bodies(old), Bodies(here), Bodies(there)
    count = len(base)
    from_ours = side_changes(old, here, (count, len(ours)), key, bodies[OURS], bodies[BASE])
    from_theirs = side_changes(old, there, (count, len(theirs)), key, bodies[THEIRS])
    return Compared(from_ours, from_theirs, *bodies, RowForm(ours))


def compare_columns(
    base: Contents | None, ours: Contents, theirs: Contents, key: Sequence[str], favour: Favour
) -> Compared:
    """Compare versions whose headers differ, by the columns that each side shares with the base.

    Raises:
        Unmergeable: the headers, or changes to a removed column, contradict each other.
    """
    here, there = Header.of(ours.layout), Header.of(theirs.layout)
    if base is None:
        old = here.only(there.names)
        changes: list[LayoutChange | None] = [None, None]
        pairs = [(Side(ours), Side(ours)), (Side(theirs), Side(theirs))]
        count = 0
    else:
        old = Header.of(base.layout)
        count = len(base)
        compared = [sides(base, ours), sides(base, theirs)]
        changes = [change for *_, change in compared]
        pairs = [(a, b) for a, b, _ in compared]
    origin = origins(old, here, changes[0]), origins(old, there, changes[1])
    totals = (count, len(ours)), (count, len(theirs))
    found = [
        side_changes(*pair, total, key, None) for pair, total in zip(pairs, totals, strict=True)
    ]
    raw = Side(ours if base is None else base), Side(ours), Side(theirs)
    kept: set[int] = set()
    for side, other in ((OURS, THEIRS), (THEIRS, OURS)):
        gone = [at for at in removed(origin[other - 1], old) if at in origin[side - 1]]
        touched = _touched(gone, origin[side - 1], found[side - 1], raw[BASE], raw[side], old)
        if touched and not favour:
            name = old.names[min(touched)]
            where = ("here", "there") if side == OURS else ("there", "here")
            raise Unmergeable(f"the column `{name}` was changed {where[0]} and removed {where[1]}")
        if favour == "union" or favour == ("ours" if side == OURS else "theirs"):
            kept |= touched
    joined = join((old, here, there), origin, frozenset(kept), favour)
    bodies = [Bodies(side, joined.converter(at)) for at, side in enumerate(raw)]
    params = sorted_params({**dict(ours.layout.params), "delimiter": joined.delimiter.decode()})
    form = RowForm(Form(ours.format, Layout(ours.format.name, params, joined.prefix)))
    return Compared(found[0], found[1], bodies[0], bodies[1], bodies[2], form, False, joined)


def _touched(
    gone: Sequence[int],
    origin: Sequence[int | None],
    changes: SideChanges,
    base: Side,
    side: Side,
    header: Header,
) -> set[int]:
    """Which of some columns of the base have other values in a row that a side changed."""
    if not gone:
        return set()
    found: set[int] = set()
    names = header.names
    bodies, others = Bodies(base), Bodies(side)
    own = Header.of(side.records.layout).names
    numbers = changes.touched()
    states, where, _ = changes.state(numbers)
    for number, state, place in zip(numbers.tolist(), states.tolist(), where.tolist(), strict=True):
        if state != CHANGED or place == NONE:
            continue
        row, other = (
            base.decode(number, bodies.body(number)),
            side.decode(place, others.body(place)),
        )
        if isinstance(row, dict) and isinstance(other, dict):
            found |= {
                at for at in gone if row.get(names[at], "") != other.get(own[origin.index(at)], "")
            }
    return found
