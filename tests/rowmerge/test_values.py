"""Three rows become one, value by value."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdv.rowdiff.fields import MISSING
from tdv.rowmerge.forms import put
from tdv.rowmerge.values import Choice, FieldConflict, merge_values


def merged(base: Any, ours: Any, theirs: Any, choice: Choice = "") -> tuple[Any, list[str]]:
    found = merge_values(base, ours, theirs, choice)
    row = _copy(ours)
    for path, value, _ in found.edits:
        put(row, path, _copy(value))
    return row, [each.name for each in found.conflicts]


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _copy(each) for name, each in value.items()}
    return [_copy(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "expected", "conflicts"),
    [
        ({"a": 1}, {"a": 2}, {"a": 1}, {"a": 2}, []),
        ({"a": 1}, {"a": 1}, {"a": 2}, {"a": 2}, []),
        ({"a": 1}, {"a": 2}, {"a": 2}, {"a": 2}, []),
        ({"a": 1}, {"a": 2}, {"a": 3}, {"a": 2}, ["a"]),
        ({"a": 1}, {"a": 2}, {}, {"a": 2}, ["a"]),
        ({"a": 1}, {}, {"a": 2}, {}, ["a"]),
        ({"a": 1}, {"a": 1}, {}, {}, []),
        ({}, {"a": 1}, {"b": 2}, {"a": 1, "b": 2}, []),
        ({}, {"a": {"x": 1}}, {"a": {"y": 2}}, {"a": {"x": 1, "y": 2}}, []),
        (
            {"a": {"x": 1, "y": 1}},
            {"a": {"x": 2, "y": 1}},
            {"a": {"x": 1, "y": 2}},
            {"a": {"x": 2, "y": 2}},
            [],
        ),
        ({"a": 1}, {"a": 1.0}, {"a": True}, {"a": 1.0}, ["a"]),
        ({"a": [1, 2]}, {"a": [0, 2]}, {"a": [1, 3]}, {"a": [0, 3]}, []),
        ({"a": [1, 2]}, {"a": [0, 2]}, {"a": [1, 2, 3]}, {"a": [0, 2]}, ["a"]),
        ({"a": [1, 2]}, {"a": [1, 2]}, {"a": [3]}, {"a": [3]}, []),
        (
            {"m": [{"c": "x"}]},
            {"m": [{"c": "y"}]},
            {"m": [{"c": "z"}]},
            {"m": [{"c": "y"}]},
            ["m[0].c"],
        ),
        ({"a": {"x": 1}}, {"a": {"x": 2}}, {"a": None}, {"a": {"x": 2}}, ["a"]),
    ],
)
def test_by_example(base: Any, ours: Any, theirs: Any, expected: Any, conflicts: Any) -> None:
    assert merged(base, ours, theirs) == (expected, conflicts)


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        (None, 2, 2),
        (2, None, 2),
        (1, 2, 1),
        ([1, 2], [2, 3, 4], [1, 2, 3, 4]),
        ({"x": 1}, [1], {"x": 1}),
    ],
)
def test_union_keeps_both_where_it_can(ours: Any, theirs: Any, expected: Any) -> None:
    assert merged({"a": 0}, {"a": ours}, {"a": theirs}, "union") == ({"a": expected}, [])


def test_union_keeps_a_value_over_none() -> None:
    assert merged({"a": 0}, {}, {"a": 1}, "union") == ({"a": 1}, [])
    assert merged({"a": 0}, {"a": 1}, {}, "union") == ({"a": 1}, [])


def test_sides_win_only_where_there_is_a_conflict() -> None:
    three = {"a": 1, "b": 1, "c": 1}, {"a": 2, "b": 2, "c": 1}, {"a": 3, "b": 1, "c": 3}
    assert merged(*three, "ours") == ({"a": 2, "b": 2, "c": 3}, [])
    assert merged(*three, "theirs") == ({"a": 3, "b": 2, "c": 3}, [])
    assert merged(*three, "base") == ({"a": 1, "b": 2, "c": 3}, [])


def test_a_conflict_names_all_three() -> None:
    found = merge_values({"a": {"b": 1}}, {"a": {"b": 2}}, {"a": {}}).conflicts
    assert found == [FieldConflict(("a", "b"), 1, 2, MISSING)]


names = st.sampled_from("abc")
values = st.recursive(
    st.integers(0, 2) | st.none(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(names, inner, max_size=2),
    max_leaves=5,
)
rows = st.dictionaries(names, values, max_size=3)


@settings(max_examples=300, deadline=None)
@given(rows, rows, rows)
def test_laws(base: Any, ours: Any, theirs: Any) -> None:
    assert merged(base, ours, base) == (ours, [])
    assert merged(base, base, ours) == (ours, [])
    assert merged(base, ours, ours) == (ours, [])
    there, back = merge_values(base, ours, theirs), merge_values(base, theirs, ours)
    mirrored = {(each.name, repr(each.ours), repr(each.theirs)) for each in there.conflicts}
    assert mirrored == {(each.name, repr(each.theirs), repr(each.ours)) for each in back.conflicts}
    if not there.conflicts:
        assert merged(base, ours, theirs) == merged(base, theirs, ours)
