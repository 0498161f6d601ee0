"""The totals of rows by the value of one of their fields, from what is remembered of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from tdv.quality.extracting import columns as names
from tdv.quality.extracting.facts import Facts
from tdv.quality.extracting.summary import Summary, summarise

Array = Any  # numpy arrays; each use says of what

# No total is made of these.
_FINGERPRINTS = {
    names.RECORD,
    names.TEXT,
    names.FIELDS,
    names.KEY,
    names.GROUP,
    names.VECTOR,
}


class Group(NamedTuple):
    """Rows that have a value in common.

    Attributes:
        summary: of the rows; bytes and vocabulary of a part of a file are not known.
        marked: name -> how many of the marked rows are among them.
    """

    summary: Summary
    marked: Mapping[str, int]


class Groups(NamedTuple):
    """All rows, by a value.

    Attributes:
        values: value -> its rows, for the values that were asked for.
        others: rows with another value.
        none: rows without a value.
    """

    values: Mapping[str, Group]
    others: Group
    none: Group


def by_value(
    units: Iterable[tuple[int, Facts]],
    column: str,
    values: Sequence[str],
    *,
    items: bool = False,
    marks: Mapping[str, Array] | None = None,
) -> Groups:
    """The rows of units by their value in a column of codes.

    Args:
        units: the number of a unit's first row, and its facts; in any order.
        values: that are told apart.
        items: a value is a list in JSON, and a row counts for each item in it.
        marks: name -> numbers of rows, ascending, to count in each group.
    """
    parts: list[list[Summary]] = [[] for _ in range(len(values) + 2)]
    marked = [dict.fromkeys(marks or {}, 0) for _ in parts]
    place = {value: number for number, value in enumerate(values)}
    for first, facts in units:
        codes = facts.columns[column]
        members = _members(facts.lists[column], place, items)
        held = {name: kept for name, kept in facts.columns.items() if name not in _FINGERPRINTS}
        here = {name: _within(rows, first, len(facts)) for name, rows in (marks or {}).items()}
        for number, codes_of in enumerate(members):
            mask = codes_of[codes]
            if not mask.any():
                continue
            parts[number].append(
                summarise({name: kept[mask] for name, kept in held.items()}, facts.lists)
            )
            for name, rows in here.items():
                marked[number][name] += int(mask[rows].sum())
    groups = [
        Group(Summary(vocabulary=None).merged(*each), counts)
        for each, counts in zip(parts, marked, strict=True)
    ]
    return Groups(dict(zip(values, groups, strict=False)), groups[-2], groups[-1])


def values_of(counts: Mapping[str, int], *, items: bool) -> dict[str, int]:
    """Value -> rows; with `items`, of the items of lists, each once a row."""
    if not items:
        return dict(counts)
    found: dict[str, int] = {}
    for text, rows in counts.items():
        for item in _items(text):
            found[item] = found.get(item, 0) + rows
    return found


def _members(texts: Sequence[str], place: Mapping[str, int], items: bool) -> list[Array]:
    """For each group, others and none: which codes belong to it."""
    members = [np.zeros(len(texts) + 1, dtype=bool) for _ in range(len(place) + 2)]
    members[-1][0] = True
    for code, text in enumerate(texts, start=1):
        found = _items(text) if items else [text]
        for value in found:
            members[place.get(value, len(place))][code] = True
        if not found:
            members[-1][code] = True
    return members


def _items(text: str) -> list[str]:
    """The different items of a list in JSON, as values are shown; a text that is none is one."""
    try:
        found = json.loads(text) if text.startswith("[") else text
    except ValueError:
        found = text
    if not isinstance(found, list):
        return [text]
    shown = (
        each if isinstance(each, str) else json.dumps(each, ensure_ascii=False) for each in found
    )
    return list(dict.fromkeys(shown))


def _within(rows: Array, first: int, count: int) -> Array:
    """Places in a unit of those of some rows that are in it."""
    low, high = np.searchsorted(rows, [first, first + count])
    return rows[low:high] - first
