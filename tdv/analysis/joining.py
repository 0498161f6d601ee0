"""Rows of a dataset that agree in a fingerprint: duplicates, conflicts, leakage.

Few rows agree with another one. So the fingerprints alone are sorted first, 8 bytes a row, which
says which of them occur twice; only the rows that have one of these are then gathered with the
columns that matter, ordered, and paired. Where a budget of memory is too small for either step,
the fingerprints are taken in partitions, and the units are read once more for each.

What is found depends neither on the partitions nor on the units, only on the order of the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from tdv.quality.rule import Match

Array = Any  # numpy arrays; each use says of what

BUDGET = 256 << 20
# A row in the first step: its fingerprint, twice while they are put together.
_FIRST = 16
# A row in the second one: fingerprint, number, order, group, and copies of these in order; and
# each column that is compared, twice.
_SECOND, _COLUMN = 96, 32
_MOST_PARTS = 1 << 16
# The table that tells most rows apart from those with a repeated fingerprint has 16 places for
# each of these, and at most 16 MB.
_MOST_PLACES = 1 << 24


class Pairs(NamedTuple):
    """What was found, in order of row.

    Attributes:
        rows: numbers of the later rows in the dataset (int64).
        partners: beside each, the first row of its group.
    """

    rows: Array
    partners: Array


Units = Iterable[tuple[int, Mapping[str, Array]]]
Read = Callable[[Sequence[str]], Units]
"""Reads columns of every unit of the dataset, in order, each with its first row's number."""


def pairs_of(
    matches: Sequence[Match], rows: int, read: Read, budget: int = BUDGET
) -> tuple[Pairs, ...]:
    """The pairs of each match; those with the same `by` cost little more than one.

    Args:
        matches: one whose `by` is "" has no pairs.
        rows: how many the dataset has.
        read: is called twice for each different `by`, more often where the budget is small. A
            unit without the column `by` has none of the rows; one without another column that
            is asked for has 0 there.
        budget: bytes of memory; exceeded only where more rows than fit have one fingerprint.
    """
    found: dict[Match, Pairs] = {}
    for by in dict.fromkeys(match.by for match in matches if match.by):
        alike = list(dict.fromkeys(match for match in matches if match.by == by))
        parts = [
            [_paired(match, candidates) for match in alike]
            for candidates in _candidates(by, alike, rows, read, budget)
        ]
        for match, held in zip(alike, zip(*parts, strict=True), strict=False):
            found[match] = _ordered(held)
    return tuple(found.get(match, _ordered(())) for match in matches)


class _Candidates(NamedTuple):
    """Rows whose fingerprint occurs more than once, in order of row.

    Attributes:
        rows: their numbers.
        groups: equal numbers for equal fingerprints.
        columns: name -> values.
    """

    rows: Array
    groups: Array
    columns: Mapping[str, Array]


def _candidates(
    by: str, matches: Sequence[Match], rows: int, read: Read, budget: int
) -> Iterator[_Candidates]:
    columns = tuple(dict.fromkeys(name for match in matches for name in match.columns))
    most = max(budget // (_SECOND + _COLUMN * len(columns)), 1)
    parts = 1
    while parts < _MOST_PARTS and rows * _FIRST > budget * parts:
        parts *= 2
    for part in range(parts):
        repeated, counts = _repeated(by, read, parts, part)
        for some in _slices(counts, most):
            yield _gathered(by, columns, read, repeated[some])


def _repeated(by: str, read: Read, parts: int, part: int) -> tuple[Array, Array]:
    """The fingerprints (their first halves) that occur more than once, ascending; how often."""
    held = [np.zeros(0, dtype=np.uint64)]
    for _, columns in read((by,)):
        if by in columns:
            first = _first_half(columns[by])[_some(columns[by])]
            held.append(first[first % np.uint64(parts) == part] if parts > 1 else first)
    prints = np.concatenate(held)
    del held
    prints.sort()
    again = np.flatnonzero(prints[1:] == prints[:-1])
    repeated = prints[again]
    new = np.flatnonzero(_starts([repeated]))
    return repeated[new], np.diff(new, append=len(again)) + 1


def _slices(counts: Array, most: int) -> Iterator[slice]:
    """Runs of fingerprints that together have at most so many rows, but for a single one."""
    ends = np.cumsum(counts)
    start = taken = 0
    while start < len(counts):
        end = max(int(np.searchsorted(ends, taken + most, side="right")), start + 1)
        yield slice(start, end)
        start, taken = end, int(ends[end - 1])


def _gathered(by: str, columns: Sequence[str], read: Read, repeated: Array) -> _Candidates:
    """The rows with one of these fingerprints."""
    chosen = _Chosen(repeated)
    rows, prints = [], []
    held: dict[str, list[Array]] = {name: [] for name in columns}
    for first, unit in read((by, *columns)):
        if by not in unit:
            continue
        places = chosen.places(unit[by])
        rows.append(places + first)
        prints.append(unit[by][places])
        for name, parts in held.items():
            parts.append(unit[name][places] if name in unit else np.zeros(len(places), np.uint64))
    together = {name: _stacked(parts) for name, parts in held.items()}
    return _Candidates(np.concatenate(rows), _grouped(_keys(np.concatenate(prints))), together)


def _stacked(parts: Sequence[Array]) -> Array:
    """The values of all units in one type, whatever that of each unit's codes is."""
    width = max(part.ndim for part in parts)
    return np.concatenate(
        [part if part.ndim == width else np.stack([part, part], axis=1) for part in parts],
        dtype=np.uint64,
    )


class _Chosen:
    """Finds the rows with one of some fingerprints."""

    def __init__(self, repeated: Array) -> None:
        self._repeated = repeated
        bits = min(max(len(repeated) * 16, 1 << 10), _MOST_PLACES).bit_length()
        self._mask = np.uint64((1 << bits) - 1)
        self._table = np.zeros(1 << bits, dtype=np.bool_)
        self._table[repeated & self._mask] = True

    def places(self, column: Array) -> Array:
        """Where in a column they are."""
        first = _first_half(column)
        places = np.flatnonzero(self._table[first & self._mask])
        near = np.searchsorted(self._repeated, first[places])
        near[near == len(self._repeated)] = 0
        places = places[self._repeated[near] == first[places]]
        return places[_some(column[places])]


def _paired(match: Match, candidates: _Candidates) -> Pairs:
    """The pairs among candidates, in any order."""
    rows, groups, columns = candidates
    unless = columns[match.unless] if match.unless else None
    if unless is not None:
        kept = _some(unless)
        rows, groups, unless = rows[kept], groups[kept], unless[kept]
    else:
        kept = slice(None)
    keys = [groups, *(key for name in match.same for key in _keys(columns[name][kept]))]
    order, starts = _runs(keys)
    partners = np.empty(len(rows), dtype=np.int64)
    partners[order] = order[starts]
    if unless is None:
        faults = partners != np.arange(len(rows))
    else:
        faults = _differ(unless, unless[partners])
        if match.once:
            order, starts = _runs([*keys, *_keys(unless)])
            faults[order[starts != np.arange(len(rows))]] = False
    return Pairs(rows[faults], rows[partners[faults]])


def _runs(keys: Sequence[Array]) -> tuple[Array, Array]:
    """The order of rows by keys and then number; at each place, where its run of equals starts."""
    order = np.lexsort(keys[::-1])
    places = np.arange(len(order))
    starts = np.where(_starts([key[order] for key in keys]), places, 0)
    return order, np.maximum.accumulate(starts)


def _grouped(keys: Sequence[Array]) -> Array:
    """Equal numbers for rows with equal keys."""
    order = np.lexsort(keys[::-1])
    groups = np.empty(len(order), dtype=np.int64)
    groups[order] = np.cumsum(_starts([key[order] for key in keys]))
    return groups


def _starts(keys: Sequence[Array]) -> Array:
    """Where one of the keys differs from the one before."""
    starts = np.zeros(len(keys[0]), dtype=np.bool_)
    starts[:1] = True
    for key in keys:
        starts[1:] |= key[1:] != key[:-1]
    return starts


def _keys(column: Array) -> list[Array]:
    """A column of one or two numbers a row, as columns of one."""
    return [column] if column.ndim == 1 else [column[:, 0], column[:, 1]]


def _first_half(column: Array) -> Array:
    return _keys(column)[0]


def _some(column: Array) -> Array:
    """Which rows have a value."""
    first, *rest = _keys(column)
    return (first | rest[0]) != 0 if rest else first != 0


def _differ(left: Array, right: Array) -> Array:
    """Which rows of two columns differ."""
    first, *rest = (a != b for a, b in zip(_keys(left), _keys(right), strict=True))
    return first | rest[0] if rest else first


def _ordered(parts: Sequence[Pairs]) -> Pairs:
    """Pairs of all partitions, in order of row."""
    if not parts:
        return Pairs(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
    rows = np.concatenate([part.rows for part in parts])
    partners = np.concatenate([part.partners for part in parts])
    order = np.argsort(rows, kind="stable")
    return Pairs(rows[order], partners[order])
