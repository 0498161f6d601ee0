"""Which rows of a version stood in an older one: runs of records with the same values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from tdv.rowdiff.layouts import sides
from tdv.rowdiff.leftovers import resolved
from tdv.rowdiff.pairing import Pairer
from tdv.rowdiff.rows import source_of
from tdv.rowdiff.sides import Records


class Run(NamedTuple):
    """Records `new` up to `new + length` were the records `old` up to `old + length`."""

    new: int
    old: int
    length: int


def kept_rows(old: Records, new: Records, key: Sequence[str] = ()) -> list[Run]:
    """The rows that are in both versions, ascending in the new one.

    A row that moved is kept, and so is one that is only written in another form.

    Args:
        key: the fields that identify a row, or ().
    """
    if old.entry.same_content(new.entry):
        return [Run(0, 0, len_of(new))] if len_of(new) else []
    a, b, _ = sides(old, new)
    pairer = Pairer(a, b, key)
    gone: list[int] = []
    came: list[int] = []
    single: list[Run] = []
    for gap in resolved(lambda: source_of(a, b), a, b, key):
        gone += [left.number for left in gap.a]
        came += [left.number for left in gap.b]
        for change in pairer.changes(gap):
            if change.kind in ("moved", "formatted") and change.a and change.b:
                single.append(Run(change.b.number, change.a.number, 1))
    equal = _between(sorted(gone), sorted(came), len_of(new))
    return sorted([*equal, *single])


def len_of(records: Records) -> int:
    """How many records a version has; reads it where only decoding tells."""
    count = records.entry.records
    return sum(1 for _ in records.bodies()) if count is None else count


def _between(gone: Sequence[int], came: Sequence[int], count: int) -> Iterator[Run]:
    """What neither went nor came corresponds in order."""
    ends_old = list(_free(gone))
    old_at, old_left = 0, 0
    following = iter(ends_old)
    for start, stop in pairwise([-1, *came, count]):
        at = start + 1
        while at < stop:
            while not old_left:
                old_at, old_left = next(following)
            length = min(stop - at, old_left)
            yield Run(at, old_at, length)
            at += length
            old_at += length
            old_left -= length


def _free(gone: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Start and length of the runs between those numbers; the last one is endless."""
    for start, stop in pairwise([-1, *gone]):
        if stop > start + 1:
            yield start + 1, stop - start - 1
    yield (gone[-1] + 1 if gone else 0), 1 << 62
