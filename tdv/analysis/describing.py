"""The statistics of a dataset, from the facts of its rows; and those of the groups in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from tdv.analysis.byvalue import Group, by_value, values_of
from tdv.analysis.engine import Analysis
from tdv.analysis.joining import BUDGET, Pairs, pairs_of
from tdv.analysis.splitnames import split_of
from tdv.quality.extracting.columns import RECORD, SPLIT, TEXT
from tdv.quality.extracting.facts import Facts
from tdv.quality.extracting.summary import Summary, column_of
from tdv.quality.measuring.figures import ordered
from tdv.quality.measuring.statistics import Repeats, statistics
from tdv.quality.rule import Match
from tdv.quality.subject import BY_PATH, Roles


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """The statistics of the rows with each value of a field.

    Attributes:
        field: whose values.
        different: how many values there are.
        values: value -> its statistics, the most frequent first, as many as were asked for.
        others: of the rows with another value; None where there is none.
        none: of the rows without a value; None where there is none.
    """

    field: str
    different: int
    values: Mapping[str, Mapping[str, Any]]
    others: Mapping[str, Any] | None
    none: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Figures:
    """The statistics of a dataset.

    Attributes:
        statistics: see `tdv.quality.measuring.statistics`.
        by: those of groups, or None.
    """

    statistics: Mapping[str, Any] = field(default_factory=dict)
    by: GroupFigures | None = None


def describe(
    analysis: Analysis,
    summary: Summary,
    roles: Roles,
    *,
    by: str = "",
    groups: int = 10,
    plot: bool = False,
    budget: int = BUDGET,
) -> Figures:
    """The statistics of what was analysed.

    Args:
        summary: the totals of all of it.
        by: a field with a column of codes among the roles, by whose values rows are grouped.
        groups: values that are told apart.
        plot: adds histograms.
        budget: bytes of memory for finding what is repeated.
    """
    matches = [Match(RECORD), Match(TEXT)] if roles.text else [Match(RECORD)]
    pairs = pairs_of(matches, len(analysis), _reader(analysis), budget)
    repeats = Repeats(*(len(each.rows) for each in pairs))
    told = statistics(
        summary,
        roles,
        files=len(analysis.files),
        size=sum(file.entry.size for file in analysis.files),
        repeats=repeats,
        plot=plot,
    )
    grouped = _grouped(analysis, summary, roles, by, groups, pairs) if by else None
    return Figures(told, grouped)


def _reader(analysis: Analysis) -> Any:
    def read(names: Sequence[str]) -> Iterator[tuple[int, Mapping[str, Any]]]:
        return ((rows.first, rows.arrays(names)) for rows in analysis.rows)

    return read


def _grouped(
    analysis: Analysis,
    summary: Summary,
    roles: Roles,
    by: str,
    groups: int,
    pairs: Sequence[Pairs],
) -> GroupFigures:
    by_path = roles.split == BY_PATH and by == "split"
    column = SPLIT if by_path else column_of(roles, by)
    counts = summary.values.get(column, {})
    items = _holds_lists(by, counts, summary)
    values = ordered(values_of(counts, items=items))
    found = by_value(
        _units(analysis, by_path=by_path),
        column,
        list(values)[:groups],
        items=items,
        marks={name: each.rows for name, each in zip(("records", "texts"), pairs, strict=False)},
    )

    def told(group: Group) -> Mapping[str, Any] | None:
        if not group.summary.rows:
            return None
        repeats = Repeats(**group.marked)
        return statistics(group.summary, roles, repeats=repeats)

    return GroupFigures(
        by,
        len(values),
        {value: told(group) or {} for value, group in found.values.items()},
        told(found.others),
        told(found.none),
    )


def _units(analysis: Analysis, *, by_path: bool) -> Iterator[tuple[int, Facts]]:
    for rows in analysis.rows:
        facts = rows.facts()
        if by_path:
            name = split_of(analysis.files[rows.file].path)
            facts = replace(
                facts,
                columns={**facts.columns, SPLIT: np.full(rows.count, bool(name), np.uint8)},
                lists={**facts.lists, SPLIT: (name,) if name else ()},
            )
        yield rows.first, facts


def _holds_lists(name: str, counts: Mapping[str, int], summary: Summary) -> bool:
    """Whether the values of a field are lists, of which each item is a value."""
    if any(field == name for field, _ in summary.shapes):
        return (name, "array") in summary.shapes
    return bool(counts) and all(text.startswith("[") for text in counts)
