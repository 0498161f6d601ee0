"""Totals by the value of a field."""

from __future__ import annotations

import json
from itertools import pairwise

import msgspec
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tdv.analysis.byvalue import by_value, values_of
from tdv.quality.extracting.extract import Decoded, Extractor
from tdv.quality.subject import Roles, Subject

SUBJECT = Subject(Roles(text=("text",), label=("label",), categories=("tags",)))


def decode(bodies):
    return Decoded([msgspec.json.decode(body) for body in bodies], {})


def facts(rows):
    extractor = Extractor(SUBJECT, (), 1, decode)
    extractor.add([json.dumps(row).encode() for row in rows])
    return extractor.finish(0, 0)


def units(rows, cuts=()):
    bounds = [0, *sorted(cuts), len(rows)]
    for start, end in pairwise(bounds):
        yield start, facts(rows[start:end])


ROWS = [
    {"text": "aa", "label": "x", "tags": ["p", "q"]},
    {"text": "bbbb", "label": "y", "tags": ["q", "q"]},
    {"text": "cc", "label": "x", "tags": []},
    {"text": "d", "label": "z"},
    {"text": "e"},
]


def test_rows_by_label():
    groups = by_value(units(ROWS), "label:label", ["x", "y"])
    assert [group.summary.rows for group in groups.values.values()] == [2, 1]
    assert groups.values["x"].summary.numbers["chars"].mean == 2
    assert groups.others.summary.rows == 1
    assert groups.none.summary.rows == 1
    assert groups.none.summary.shapes == {("text", "string"): 1}


def test_a_row_counts_for_each_item_of_a_list_once():
    groups = by_value(units(ROWS), "category:tags", ["p", "q"], items=True)
    assert {value: group.summary.rows for value, group in groups.values.items()} == {"p": 1, "q": 2}
    assert groups.none.summary.rows == 3
    assert groups.others.summary.rows == 0


def test_values_of_lists():
    counts = {'["p","q"]': 2, '["q","q"]': 1, "[]": 4, "[no": 1, "plain": 1, "[1,null]": 1}
    assert values_of(counts, items=True) == {
        "p": 2, "q": 3, "[no": 1, "plain": 1, "1": 1, "null": 1
    }  # fmt: skip
    assert values_of(counts, items=False) == counts


def test_marked_rows_are_counted_in_their_group():
    marks = {"records": np.array([1, 2, 4])}
    groups = by_value(units(ROWS, [2]), "label:label", ["x", "y"], marks=marks)
    assert [group.marked["records"] for group in groups.values.values()] == [1, 1]
    assert groups.none.marked == {"records": 1}


@given(
    st.lists(st.sampled_from(ROWS), min_size=1, max_size=12),
    st.lists(st.integers(0, 12), max_size=3),
)
def test_groups_do_not_depend_on_how_rows_are_cut(rows, cuts):
    cuts = [min(cut, len(rows)) for cut in cuts]
    marks = {"m": np.arange(0, len(rows), 2)}
    whole = by_value(units(rows), "label:label", ["x"], marks=marks)
    parts = by_value(units(rows, cuts), "label:label", ["x"], marks=marks)
    for one, other in zip(
        [*whole.values.values(), *whole[1:]], [*parts.values.values(), *parts[1:]], strict=True
    ):
        assert one.summary.to_wire() == other.summary.to_wire()
        assert one.marked == other.marked
