"""EMB: vectors in rows and beside them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdv.quality import vectors
from tdv.quality.rules.embeddings import RULES
from tdv.quality.rules.embeddings import vector_faults as of_row
from tdv.quality.subject import Roles, Subject
from tdv.quality.vectors import vector_faults

ROLES = Roles(embedding="v")


def said(vector, least=3, most=3):
    bounds = {"EMB001": {"min_dim": least, "max_dim": most}}
    found = of_row({"v": vector}, Subject(ROLES, values=bounds))
    return [(code, fault.message) for code, fault in found]


def beside(array, rows=None, least=3, most=3):
    array = np.asarray(array)
    rows = len(array) if rows is None else rows
    found = list(vector_faults(array, rows, least, most, "a.npy"))
    assert all(each.fault.field == "a.npy" for each in found)
    return [(each.code, each.row, each.fault.message, each.partner) for each in found]


def test_dimensions():
    assert said([1.0, 2.0]) == [("EMB001", "The vector has 2 numbers, and 3 are right.")]
    assert said([1.0] * 5, 2, 4) == [("EMB001", "The vector has 5 numbers, and 2 to 4 are right.")]
    assert said([1.0], 2, 0) == [("EMB001", "The vector has 1 numbers, and 2 or more are right.")]
    assert said([1.0] * 9, 2, 0) == []


def test_the_bounds_of_source_001():
    for size, codes in ((383, ["EMB001"]), (384, []), (768, []), (769, ["EMB001"])):
        found = of_row({"v": [0.5] * size}, Subject(ROLES))
        assert [code for code, _ in found] == codes


@pytest.mark.parametrize(
    "value", [None, "1", True, float("nan"), float("inf"), 10**400, [1.0]], ids=repr
)
def test_what_is_no_number(value):
    [(code, message)] = said([1.0, value, 2.0])
    assert code == "EMB002"
    assert message.startswith("`v[1]` is ")
    assert message.endswith(", no finite number.")


def test_more_that_are_none_are_counted():
    assert said([None, None, None])[0][1].endswith("no finite number, and 2 more are none.")


def test_zero_vectors_and_what_is_no_vector():
    assert said([0, 0.0, -0.0]) == [("EMB003", "All numbers of the vector are 0.")]
    assert said("[1, 2]") == [("EMB002", '`v` is "[1, 2]", a string, not an array of numbers.')]
    assert said(None) == []
    assert [code for code, _ in said([])] == ["EMB001"]


def test_vectors_beside_a_file():
    array = [[1, 2, 3], [0, 0, 0], [1, np.nan, 3], [1, 2, 3], [0, 0, 0], [1, 2, 3]]
    assert beside(array) == [
        ("EMB003", 1, "All numbers of the vector are 0.", None),
        ("EMB002", 2, "Number 1 of the vector is nan.", None),
        ("EMB004", 3, "The vector is the same as that of row 0.", 0),
        ("EMB003", 4, "All numbers of the vector are 0.", None),
        ("EMB004", 5, "The vector is the same as that of row 0.", 0),
    ]


def test_count_dimension_and_form_are_told_once():
    array = np.arange(8, dtype=np.float32).reshape(4, 2)
    assert beside(array, rows=5) == [
        ("EMB005", None, "There are 4 vectors for 5 rows.", None),
        ("EMB001", None, "The vectors have 2 numbers, and 3 are right.", None),
    ]
    assert beside(np.ones(4))[0][2] == (
        "The array has 4 values of type float64, not one vector a row."
    )
    assert beside(np.array([["a"]]))[0][0] == "EMB005"
    assert beside(np.empty((0, 3)), rows=0) == []


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from([0.0, -0.0, 1.0, 2.0]), min_size=2, max_size=2), max_size=12),
    st.sampled_from([1, 2, 5, 100]),
)
def test_duplicates_do_not_depend_on_blocks(rows, values):
    array = np.array(rows, np.float32).reshape(-1, 2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vectors, "BLOCK_VALUES", values)
        found = {each[1]: each[3] for each in beside(array, least=2) if each[0] == "EMB004"}
    firsts = {}
    for row, vector in enumerate(map(tuple, rows)):
        firsts.setdefault(vector, row)
    assert found == {
        row: firsts[tuple(vector)]
        for row, vector in enumerate(rows)
        if firsts[tuple(vector)] != row and any(vector)
    }


def test_equal_vectors_of_rows_are_joined_by_their_fingerprint():
    rule = next(rule for rule in RULES if rule.code == "EMB004")
    assert rule.match(ROLES, {}).by == "vector"
    assert rule.tell({}, {}, {}, ROLES).field == "v"
