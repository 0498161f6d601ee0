"""The figures of a dataset, by the definitions of the source documents."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from tdv.quality.configuring.settings import RuleSetting, Settings
from tdv.quality.extracting.summary import Summary, summarise
from tdv.quality.finding import Level
from tdv.quality.measuring.gate import threshold
from tdv.quality.measuring.metrics import (
    DIMENSIONS,
    NAMES,
    dimension_of,
    measured_by,
    metrics_of,
    needs_words,
    rounded,
    score_of,
)  # fmt: skip
from tdv.quality.registry import FAMILIES
from tdv.quality.report import Tally
from tdv.quality.subject import Roles, Subject

ALL = frozenset().union(*DIMENSIONS.values())


def settings(*codes, schema=True):
    subject = Subject(Roles(text=("text",), label=("task",)), {} if schema else None)
    on = {code: RuleSetting(Level.ERROR, {}) for code in codes or ALL}
    return Settings("d", "generic", subject, on)


def tally(code, rows, level=Level.ERROR, findings=None):
    return Tally(code, level, "a.jsonl", rows if findings is None else findings, rows)


def figures(rows=10, tallies=(), invalid=0, codes=(), **more):
    return metrics_of(Summary(rows=rows), tallies, invalid, settings(*codes), **more)


def test_lengths_are_in_words_and_in_characters():
    columns = {"chars": np.array([4, 8], np.uint32), "words": np.array([1, 3], np.uint32)}
    found = metrics_of(
        summarise(columns, {}, vocabulary=np.array([5, 6, 5], np.uint64)), (), 0, settings()
    )
    assert (found["avg_sequence_length_words"], found["std_sequence_length_words"]) == (2, 1)
    assert (found["avg_sequence_length_chars"], found["std_sequence_length_chars"]) == (6, 2)
    assert (found["num_samples"], found["unique_words"]) == (2, 2)
    assert found.keys() == set(NAMES)


def test_003_shares_of_rows_without_a_fault():
    found = figures(100, [tally("FLD001", 6), tally("FLD002", 3), tally("DUP001", 1)])
    assert found["completeness"] == 0.94
    assert found["validity"] == 0.97
    assert found["consistency"] == 1.0
    assert found["uniqueness"] == 0.99


def test_003_leakage_counts_against_uniqueness():
    assert figures(4, [tally("SPL001", 1)])["uniqueness"] == 0.75


def test_rows_with_two_faults_count_once_where_that_is_known():
    tallies = [tally("FLD001", 2), tally("TXT001", 2)]
    assert figures(10, tallies)["completeness"] == 0.6
    assert figures(10, tallies, faulty={"completeness": 2})["completeness"] == 0.8
    assert figures(3, tallies)["completeness"] == 0.0


def test_what_no_rule_measures_has_no_figure():
    assert figures(codes=["DUP001"])["completeness"] is None
    assert figures(codes=["DUP001"])["uniqueness"] == 1.0
    assert figures(codes=["REC001"])["completeness"] is None
    assert measured_by(settings("FLD001", "TXT001", schema=False)) == {"completeness"}
    assert measured_by(settings("FLD001", schema=False)) == set()


def test_findings_are_counted_by_level():
    found = figures(tallies=[tally("TXT003", 2, Level.WARNING, 5), tally("FLD001", 1)], invalid=1)
    assert (found["errors"], found["warnings"], found["infos"]) == (1, 5, 0)
    assert found["quality_score"] == found["valid_ratio"] == 0.9
    assert score_of(found) == 0.9


def test_repeated_rows():
    repeated = metrics_of(Summary(rows=4, repeated=1), (), 0, settings())
    assert repeated["duplicate_ratio"] == 0.25
    assert figures()["duplicate_ratio"] is None


def test_002_balance_of_the_first_label():
    counted = Summary(rows=11, values={"label:task": {"qa": 10, "chat": 1}})
    assert metrics_of(counted, (), 0, settings())["balance"] == 0.1


def test_words_are_counted_for_who_asks():
    assert needs_words(settings("CNT003"))
    assert not needs_words(settings("CNT001"))
    bound = threshold("min_unique_words", 10, "--set")
    assert needs_words(replace(settings("CNT001"), gate=(bound,)))


def test_nothing_has_no_shares():
    found = figures(0)
    assert found["num_samples"] == 0
    assert {found[name] for name in (*DIMENSIONS, "quality_score", "balance")} == {None}
    assert score_of(found) == 0.0


def test_a_code_counts_against_one_dimension():
    assert sum(map(len, DIMENSIONS.values())) == len(ALL)
    assert dimension_of("SPN004") == "consistency"
    assert dimension_of("TXT003") is None
    assert {code[:3] for code in ALL} <= FAMILIES.keys()


@pytest.mark.parametrize(
    ("value", "shown"),
    [(1 / 3, 0.333333), (12_345_678, 12_345_678), (None, None), (math.nan, None)],
)
def test_figures_are_shown_with_six_digits(value, shown):
    assert rounded(value) == shown
