"""The figures of `tdv stats`, from summaries made by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tdv.quality.extracting.distribution import LIMIT, Distinct, Distribution
from tdv.quality.extracting.summary import Summary
from tdv.quality.measuring.figures import BARS, distribution_of, figures, histogram, rounded, share
from tdv.quality.measuring.statistics import Repeats, statistics
from tdv.quality.subject import Roles


def numbers(*values):
    return Distribution.of(np.array(values, np.float64))


def test_counts_of_no_rows():
    assert statistics(Summary(), Roles()) == {"counts": {"rows": 0, "undecodable": 0, "bytes": 0}}


def test_figures_of_a_distribution():
    assert figures(numbers(1, 2, 3, 4)) == {
        "rows": 4,
        "mean": 2.5,
        "sd": 1.11803,
        "min": 1,
        "p5": 1.15,
        "p50": 2.5,
        "p95": 3.85,
        "max": 4,
        "approximate": False,
    }
    assert figures(numbers()) == {"rows": 0}


def test_more_values_than_are_kept_are_approximate():
    told = figures(Distribution.of(np.arange(LIMIT + 1)))
    assert told["approximate"] is True
    assert told["max"] == LIMIT
    assert abs(told["p50"] - LIMIT / 2) < LIMIT / 1000


@pytest.mark.parametrize(
    ("value", "expected"),
    [(1 / 3, 0.333333), (123456789, 123456789), (1234567.5, 1234570), (1e300, 1e300), (-0.0, 0)],
)
def test_rounding(value, expected):
    assert rounded(value) == expected


def test_what_is_no_number_is_none():
    assert rounded(float("nan")) is None
    assert share(1, 0) is None


def test_lengths_name_their_unit():
    summary = Summary(
        rows=2,
        numbers={
            "chars": numbers(10, 20),
            "words": numbers(2, 4),
            "chars:output": numbers(5),
            "words:output": numbers(1),
        },
        vocabulary=Distinct.of(np.array([3, 1, 3], np.uint64)),
    )
    told = statistics(summary, Roles(text=("input", "output")))
    lengths = told["lengths"]
    assert lengths["input"]["characters"]["mean"] == 15
    assert lengths["input"]["words"]["max"] == 4
    assert lengths["output"]["characters"]["p50"] == 5
    assert lengths["output"]["words"]["rows"] == 1
    assert told["vocabulary"] == {"words": 2, "approximate": False}


def test_a_field_that_no_row_has():
    told = statistics(Summary(rows=1), Roles(numbers=("quality",), label=("task",)))
    assert told["numbers"] == {"quality": {"rows": 0}}
    assert told["labels"] == {"task": {"rows": 0, "different": 0, "values": {}}}


def test_values_come_with_the_most_frequent_first():
    summary = Summary(values={"label:intent": {"b": 2, "a": 2, "z": 5}, "split": {"train": 9}})
    told = statistics(summary, Roles(label=("intent",), split="metadata.split"))
    assert told["labels"]["intent"] == {
        "rows": 9,
        "different": 3,
        "values": {"z": 5, "a": 2, "b": 2},
    }
    assert list(told["labels"]["intent"]["values"]) == ["z", "a", "b"]
    assert told["splits"]["metadata.split"]["values"] == {"train": 9}


def test_of_very_many_values_the_rare_ones_count_together():
    told = distribution_of({f"{number:05}": 1 for number in range(1500)} | {"often": 7})
    assert told["different"] == 1501
    assert len(told["values"]) == 1000
    assert next(iter(told["values"].items())) == ("often", 7)
    assert sum(told["values"].values()) + told["others"] == told["rows"] == 1507


def test_more_values_than_a_summary_keeps():
    told = distribution_of({"a": 3}, 5)
    assert told == {
        "rows": 8, "different": 1, "values": {"a": 3}, "others": 5, "approximate": True
    }  # fmt: skip


def test_a_vocabulary_that_is_not_known_is_left_out():
    assert "vocabulary" not in statistics(Summary(vocabulary=None), Roles(text=("text",)))


def test_fields_missing_null_and_their_types():
    shapes = {("id", "string"): 3, ("n", "integer"): 1, ("n", "null"): 1}
    told = statistics(Summary(rows=4, bad=1, shapes=shapes), Roles())["fields"]
    assert list(told) == ["id", "n"]
    assert told["id"] == {"rows": 3, "missing": 0, "null": 0, "types": {"string": 3}}
    assert told["n"] == {"rows": 2, "missing": 1, "null": 1, "types": {"integer": 1, "null": 1}}


def test_duplicates():
    told = statistics(Summary(rows=8), Roles(), repeats=Repeats(2, 4))["duplicates"]
    assert told == {"records": 2, "record_ratio": 0.25, "texts": 4, "text_ratio": 0.5}
    assert "texts" not in statistics(Summary(rows=8), Roles(), repeats=Repeats(2))["duplicates"]


def test_a_histogram_of_few_values_has_a_bar_each():
    assert histogram(numbers(0.5, 0.5, 2)) == [
        {"from": 0.5, "to": 0.5, "rows": 2},
        {"from": 2, "to": 2, "rows": 1},
    ]


def test_one_far_value_does_not_flatten_a_histogram():
    bars = histogram(numbers(*range(1, 201), 100_000))
    assert bars[0] == {"from": 1, "to": 18, "rows": 17}
    assert bars[-1] == {"from": 188, "to": 100_000, "rows": 14}


@given(
    st.lists(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-50, 50), max_size=60)
)
def test_figures_of_anything_are_json_and_histograms_lose_nothing(values):
    told = figures(numbers(*values), plot=True)
    json.dumps(told, allow_nan=False)
    bars = told.get("histogram")
    if bars:
        assert sum(bar["rows"] for bar in bars) == len(values)
        assert len(bars) <= BARS
