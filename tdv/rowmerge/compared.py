"""Three versions of a file, compared: what their merge starts from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tdv.formats.contents import Contents
from tdv.formats.rows import Layout
from tdv.model.entry import sorted_params
from tdv.rowdiff.layouts import LayoutChange, sides
from tdv.rowdiff.sides import Side
from tdv.rowmerge.bodies import Bodies
from tdv.rowmerge.columns import (
    BASE,
    OURS,
    THEIRS,
    CsvCells,
    Header,
    Joined,
    join,
    origins,
    removed,
)
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
    base: Contents | None,
    ours: Contents,
    theirs: Contents,
    key: Sequence[str],
    favour: Favour,
    single: bool = False,
) -> Compared:
    """Compare CSV files whose headers differ, by the columns that each shares with the base.

    Args:
        single: for single rows of theirs, so that ours' columns stay as they are.

    Raises:
        Unmergeable: the headers, or changes to a removed column, contradict each other.
    """
    here, there = Header.of(ours.layout), Header.of(theirs.layout)
    old = here.only(there.names) if base is None else Header.of(base.layout)
    headers = old, here, there
    pairs: list[tuple[Side, Side, LayoutChange | None]]
    if base is None:
        pairs = [(Side(each), Side(each), None) for each in (ours, theirs)]
    else:
        pairs = [sides(base, ours), sides(base, theirs)]
    origin = origins(old, here, pairs[0][2]), origins(old, there, pairs[1][2])
    found = compare_pairs(base, ours, theirs, pairs, key)
    raw = Side(ours if base is None else base), Side(ours), Side(theirs)
    kept = kept_columns(headers, origin, found, raw, favour, single)
    joined = join(
        headers, origin, kept, favour, lambda _, lead: CsvCells(lead.delimiter), single=single
    )
    bodies = [Bodies(side, joined.converter(at)) for at, side in enumerate(raw)]
    params = sorted_params({**dict(ours.layout.params), "delimiter": joined.delimiter.decode()})
    form = RowForm(Form(ours.format, Layout(ours.format.name, params, joined.prefix)))
    return Compared(*found, bodies[0], bodies[1], bodies[2], form, False, joined)


def compare_pairs(
    base: Contents | None,
    ours: Contents,
    theirs: Contents,
    pairs: Sequence[tuple[Side, Side, Any]],
    key: Sequence[str],
) -> tuple[SideChanges, SideChanges]:
    """What either side did, by versions made comparable with the base."""
    count = 0 if base is None else len(base)
    (old_o, here, _), (old_t, there, _) = pairs
    return (
        side_changes(old_o, here, (count, len(ours)), key, None),
        side_changes(old_t, there, (count, len(theirs)), key, None),
    )


def kept_columns(
    headers: tuple[Header, Header, Header],
    origin: tuple[list[int | None], list[int | None]],
    changes: tuple[SideChanges, SideChanges],
    raw: Sequence[Side],
    favour: Favour,
    single: bool = False,
) -> frozenset[int]:
    """The columns of the base that stay, since one side changed what the other removed.

    Args:
        single: for single rows of theirs: what theirs removed stays, for all the other rows.

    Raises:
        Unmergeable: there are such, and no side is favoured.
    """
    kept: set[int] = set()
    for side, other in ((OURS, THEIRS), (THEIRS, OURS)):
        gone = [at for at in removed(origin[other - 1], headers[BASE]) if at in origin[side - 1]]
        if single and side == OURS:
            kept.update(gone)
            continue
        names = [
            (at, headers[BASE].names[at], headers[side].names[origin[side - 1].index(at)])
            for at in gone
        ]
        touched = _touched(names, changes[side - 1], raw[BASE], raw[side])
        if touched and not favour:
            name = headers[BASE].names[min(touched)]
            where = ("here", "there") if side == OURS else ("there", "here")
            raise Unmergeable(f"the column `{name}` was changed {where[0]} and removed {where[1]}")
        if favour == "union" or favour == ("ours" if side == OURS else "theirs"):
            kept |= touched
    return frozenset(kept)


def _touched(
    names: Sequence[tuple[int, str, str]], changes: SideChanges, base: Side, side: Side
) -> set[int]:
    """Which columns have other values in a row that a side changed.

    Args:
        names: number in the base, name there, and name in the side.
    """
    if not names:
        return set()
    found: set[int] = set()
    bodies, others = Bodies(base), Bodies(side)
    numbers = changes.touched()
    states, where, _ = changes.state(numbers)
    for number, state, place in zip(numbers.tolist(), states.tolist(), where.tolist(), strict=True):
        if state != CHANGED or place == NONE:
            continue
        row = base.decode(number, bodies.body(number))
        other = side.decode(place, others.body(place))
        if isinstance(row, dict) and isinstance(other, dict):
            found |= {at for at, old, new in names if row.get(old, "") != other.get(new, "")}
    return found
