"""Rules on outliers: robust z-scores, worst first, and no division by a deviation of 0."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tdv.quality.extracting.summary import Summary, summarise
from tdv.quality.rules.outliers import RULES, Scale, scores
from tdv.quality.subject import Roles

LENGTH, NUMBER = RULES
ROLES = Roles(text=("text", "output"), numbers=("confidence",))


def columns_of(rule, rows):
    if rule is NUMBER:
        return {"number:confidence": np.array([row["confidence"] for row in rows], np.float64)}
    return {"chars": np.array([len(row["text"]) for row in rows], np.uint32)}


def found(rule, columns, **params):
    """Row -> what is said of it."""
    summary, values = summarise(columns, {}), {**rule.defaults, **params}
    rows = np.flatnonzero(rule.mask(columns, values, summary)).tolist()
    return {
        row: rule.tell({name: held[row] for name, held in columns.items()}, values, summary, ROLES)
        for row in rows
    }


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_bad_rows_and_good_rows(rule):
    assert [*found(rule, columns_of(rule, rule.bad))] == [len(rule.bad) - 1]
    assert found(rule, columns_of(rule, rule.good)) == {}


def test_the_message_has_the_score_and_what_is_usual():
    columns = {"chars": np.array([9, 10, 11, 12, 13, 110], np.uint32)}
    logs = np.log1p(columns["chars"])
    score = (logs[5] - np.median(logs)) / (1.4826 * np.median(abs(logs - np.median(logs))))
    (fault,) = found(LENGTH, columns, threshold=2.0).values()
    assert fault.field == "text"
    assert fault.message == (
        f"`text` has 110 characters, where 11 are usual: z = {score:.2f}, and 2 is the most."
    )


def test_a_text_ten_times_as_long_comes_first():
    chars = np.array([*range(80, 120), 1000, 260], np.uint32)
    summary = summarise({"chars": chars}, {})
    order = sorted(range(len(chars)), key=lambda i: -scores({"chars": chars[i]}, summary)["chars"])
    assert order[:2] == [40, 41]
    assert [*found(LENGTH, {"chars": chars}, threshold=2.0)][-2:] == [40, 41]


def test_of_two_texts_the_stranger_one_is_told():
    columns = {
        "chars": np.array([10, 11, 12, 13, 14], np.uint32),
        "chars:output": np.array([20, 21, 22, 23, 900], np.uint32),
    }
    ((row, fault),) = found(LENGTH, columns).items()
    assert (row, fault.field) == (4, "output")


def test_lengths_that_are_mostly_equal_have_the_mean_deviation():
    chars = np.array([10] * 30 + [100], np.uint32)
    assert [*found(LENGTH, {"chars": chars})] == [30]
    assert found(LENGTH, {"chars": np.array([10] * 5, np.uint32)}) == {}


def test_numbers_that_are_mostly_equal_have_no_outliers():
    confidences = np.array([1.0] * 9 + [0.2])
    assert found(NUMBER, {"number:confidence": confidences}) == {}


def test_rows_without_a_value_are_no_outliers():
    values = np.array([0.9, math.nan, 0.91, 0.92, 0.93, 7.0])
    ((row, fault),) = found(NUMBER, {"number:confidence": values}).items()
    assert row == 5
    assert fault.message.startswith("`confidence` is 7, where 0.92 is usual: z = ")
    lengths = np.array([0, 10, 11, 12, 13, 0], np.uint32)
    assert found(LENGTH, {"chars": lengths}) == {}
    assert scores({"chars": 0}, summarise({"chars": lengths}, {})) == {"chars": 0.0}
    assert found(LENGTH, {"chars": np.zeros(3, np.uint32)}) == {}


def test_nothing_is_far_from_nothing():
    assert scores({"chars": 5}, Summary()) == {"chars": 0.0}


@given(
    values=st.lists(st.integers(1, 10**6), min_size=3, max_size=40),
    threshold=st.floats(0.5, 10),
)
def test_the_bounds_are_where_the_score_is_the_threshold(values, threshold):
    scale = Scale.of(summarise({"chars": np.array(values, np.uint32)}, {}), "chars")
    low, high = scale.bounds(threshold)
    for value in values:
        z = abs(scale.z(value))
        if abs(z - threshold) > 1e-6:
            assert (value < low or value > high) == (z > threshold)


def test_which_rules_apply():
    assert LENGTH.columns(ROLES) == ("chars", "chars:output")
    assert NUMBER.columns(ROLES) == ("number:confidence",)
    assert not LENGTH.applies(Roles())
    assert not NUMBER.applies(Roles())
