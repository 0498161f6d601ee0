"""Pairs of rows: against a dictionary, and the same for any units, budget and partitions."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tdv.analysis import joining
from tdv.analysis.joining import pairs_of
from tdv.quality.rule import Match

MATCHES = (
    Match("text"),
    Match("text", unless="label"),
    Match("text", unless="record", same=("label", "split"), once=True),
    Match("text", unless="split"),
    Match("key", unless="record", once=True),
    Match("key"),
)
small = st.integers(0, 3)
row = st.fixed_dictionaries(
    {
        "text": st.tuples(small, small),
        "record": st.tuples(st.just(7), st.integers(0, 2)),
        "key": st.integers(0, 4),
        "label": st.integers(0, 2),
        "split": st.integers(0, 2),
    }
)
TYPES = {"text": np.uint64, "record": np.uint64, "key": np.uint64, "label": np.uint8}


def units_of(rows, cuts):
    """Rows cut into units, with every column in the type that it has there."""
    bounds = [0, *sorted(cuts), len(rows)]
    units = []
    for start, end in pairwise(bounds):
        columns = {}
        for name in ("text", "record", "key", "label", "split"):
            held = [each[name] for each in rows[start:end]]
            wide = (len(held), 2) if name in {"text", "record"} else (len(held),)
            columns[name] = np.array(held, TYPES.get(name, np.uint16)).reshape(wide)
        units.append((start, columns))
    return units


def reading(units):
    return lambda names: ((first, {name: unit[name] for name in names}) for first, unit in units)


def empty(value):
    return not any(value) if isinstance(value, tuple) else not value


def expected(match, rows):
    """The definition: groups in a dictionary, rows one by one."""
    first, seen, found = {}, set(), []
    for number, each in enumerate(rows):
        if empty(each[match.by]) or (match.unless and empty(each[match.unless])):
            continue
        group = (each[match.by], *(each[name] for name in match.same))
        partner = first.setdefault(group, number)
        value = each[match.unless] if match.unless else None
        again = (group, value) in seen
        seen.add((group, value))
        if partner == number or (match.unless and value == rows[partner][match.unless]):
            continue
        if not (match.once and again):
            found.append((number, partner))
    return found


@given(
    rows=st.lists(row, max_size=30),
    cuts=st.lists(st.integers(0, 30), max_size=4),
    budget=st.sampled_from([1, 64, 200, 1000, 1 << 28]),
)
def test_pairs_are_those_of_the_definition_for_any_units_and_budget(rows, cuts, budget):
    units = units_of(rows, [min(cut, len(rows)) for cut in cuts])
    found = pairs_of(MATCHES, len(rows), reading(units), budget)
    for match, (later, partners) in zip(MATCHES, found, strict=True):
        assert list(zip(later.tolist(), partners.tolist(), strict=True)) == expected(match, rows)


def test_a_small_budget_takes_the_fingerprints_in_parts():
    rows = [
        {"text": (i % 50, 1), "record": (7, i), "key": i, "label": 1, "split": 1}
        for i in range(100)
    ]
    calls = []
    units = units_of(rows, [])

    def read(names):
        calls.append(names)
        return reading(units)(names)

    whole = pairs_of([Match("text")], 100, read)[0]
    assert calls == [("text",), ("text",)]
    calls.clear()
    parts = pairs_of([Match("text")], 100, read, budget=400)[0]
    assert len(calls) > 8
    assert whole.rows.tolist() == parts.rows.tolist() == list(range(50, 100))
    assert whole.partners.tolist() == parts.partners.tolist() == list(range(50))


def test_matches_with_the_same_fingerprint_are_read_together():
    calls = []
    units = units_of([{"text": (1, 1), "record": (7, 1), "key": 1, "label": 1, "split": 1}] * 2, [])

    def read(names):
        calls.append(names)
        return reading(units)(names)

    pairs_of(MATCHES[:4], 2, read)
    assert calls == [("text",), ("text", "label", "split", "record")]


def test_half_a_fingerprint_is_not_enough():
    column = np.array([[5, 1], [5, 2], [5, 1]], np.uint64)
    (found,) = pairs_of([Match("text")], 3, lambda names: [(0, {"text": column})])
    assert (found.rows.tolist(), found.partners.tolist()) == ([2], [0])


def test_a_unit_without_a_column_has_no_value_there():
    units = [
        (0, {"text": np.array([[1, 1]], np.uint64), "label": np.array([1], np.uint8)}),
        (1, {"text": np.array([[1, 1]], np.uint64)}),
        (2, {"record": np.array([[1, 1]], np.uint64)}),
        (3, {"text": np.array([[1, 1]], np.uint64), "label": np.array([300], np.uint16)}),
    ]
    found = pairs_of([Match("text", unless="label"), Match("text")], 4, lambda names: units)
    assert found[0].rows.tolist() == [3]
    assert found[1].rows.tolist() == [1, 3]


def test_a_unit_without_a_wide_column_has_no_value_there():
    units = [
        (0, {"key": np.array([1, 1], np.uint64), "record": np.array([[0, 1], [0, 2]], np.uint64)}),
        (2, {"key": np.array([1], np.uint64)}),
    ]
    (found,) = pairs_of([Match("key", unless="record")], 3, lambda names: units)
    assert (found.rows.tolist(), found.partners.tolist()) == ([1], [0])


def test_a_match_by_nothing_finds_nothing():
    calls = []
    (found,) = pairs_of([Match("")], 5, calls.append)
    assert (found.rows.tolist(), calls) == ([], [])


def test_no_rows_have_no_pairs():
    (found,) = pairs_of([Match("text")], 0, lambda names: [])
    assert found.rows.tolist() == found.partners.tolist() == []


def test_rows_that_are_told_apart_by_the_table_alone(monkeypatch):
    monkeypatch.setattr(joining, "_MOST_PLACES", 2)
    keys = np.array([8, 16, 8, 24], np.uint64)
    (found,) = pairs_of([Match("key")], 4, lambda names: [(0, {"key": keys})])
    assert (found.rows.tolist(), found.partners.tolist()) == ([2], [0])
