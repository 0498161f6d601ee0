"""Rules on how much there is of a dataset; the bounds are those of source 001."""

from __future__ import annotations

import numpy as np
import pytest

from tdv.quality.extracting.summary import Summary, summarise
from tdv.quality.rules.counts import RULES
from tdv.quality.subject import Roles

FEW, MANY, WORDS, RATIO = RULES
ROLES = Roles(text=("text",))
LIMITS = {
    "CNT001": {"min_examples": 1},
    "CNT002": {"max_examples": 2},
    "CNT003": {"min_unique_words": 2},
    "CNT004": {"max_duplicate_ratio": 0.3},
}


def summary_of(rows):
    words = [word for row in rows for word in row["text"].lower().split()]
    places = [sorted(set(words)).index(word) for word in words]
    texts = [row["text"] for row in rows]
    found = summarise({"bad": np.zeros(len(rows), np.uint8)}, {}, vocabulary=np.array(places))
    return found.with_repeated(len(texts) - len(set(texts)))


def judged(rule, summary, roles=ROLES, **limits):
    return list(rule.judge(summary, roles, {**rule.defaults, **limits}))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_bad_rows_and_good_rows(rule):
    limits = LIMITS[rule.code]
    assert len(judged(rule, summary_of(rule.bad), **limits)) == 1
    assert judged(rule, summary_of(rule.good), **limits) == []


@pytest.mark.parametrize("rule", RULES[1:], ids=lambda rule: rule.code)
def test_bounds_are_off_unless_set(rule):
    assert judged(rule, summary_of(rule.bad)) == []


@pytest.mark.parametrize(
    ("rule", "limits", "within", "beyond", "message"),
    [
        (FEW, {"min_examples": 5}, Summary(rows=5), Summary(rows=4),
         "The dataset has 4 rows, and needs 5 at least."),
        (MANY, {"max_examples": 10_000}, Summary(rows=10_000), Summary(rows=10_001),
         "The dataset has 10,001 rows, and may have 10,000 at most."),
        (RATIO, {"max_duplicate_ratio": 0.3}, Summary(rows=10, repeated=3),
         Summary(rows=10, repeated=4),
         "4 rows of 10 repeat the text of an earlier one: 0.4, and 0.3 is the most."),
    ],
    ids=["min_examples", "max_examples", "max_duplicate_ratio"],
)  # fmt: skip
def test_a_bound_is_within(rule, limits, within, beyond, message):
    assert judged(rule, within, **limits) == []
    (fault,) = judged(rule, beyond, **limits)
    assert fault.message == message


def test_too_few_words():
    (fault,) = judged(WORDS, summary_of([{"text": "a b c"}]), min_unique_words=10)
    assert fault.message == "All texts together have 3 different words, and need 10 at least."
    assert not judged(WORDS, Summary(vocabulary=None), min_unique_words=10)
    assert not WORDS.applies(Roles())


def test_records_are_counted_where_there_is_no_text():
    summary = Summary(rows=2, repeated=1)
    (fault,) = judged(RATIO, summary, Roles(), max_duplicate_ratio=0.3)
    assert fault.message == "1 row of 2 repeats an earlier one: 0.5, and 0.3 is the most."
    assert not judged(RATIO, Summary(rows=2), max_duplicate_ratio=0.3)
