"""Thresholds by the names that the sources give them, and figures held against them."""

from __future__ import annotations

import pytest

from tdv.errors import ConfigError
from tdv.quality.measuring.gate import gauges, is_threshold, threshold
from tdv.quality.measuring.metrics import NAMES
from tdv.quality.profiles import PROFILES


@pytest.mark.parametrize(
    ("name", "metric", "least"),
    [
        # 002: the thresholds of its automated validation, in both spellings.
        ("minQuality", "quality_score", True),
        ("maxDuplicates", "duplicate_ratio", False),
        ("minTaskBalance", "balance", True),
        ("min_quality", "quality_score", True),
        ("max_duplicates", "duplicate_ratio", False),
        ("min_task_balance", "balance", True),
        # 001: its validation configuration.
        ("min_examples", "num_samples", True),
        ("max_examples", "num_samples", False),
        ("min_unique_words", "unique_words", True),
        ("max_duplicate_ratio", "duplicate_ratio", False),
        ("quality_threshold", "quality_score", True),
        ("qualityThreshold", "quality_score", True),
        # 003: its quality gates.
        ("min_completeness", "completeness", True),
        ("min_consistency", "consistency", True),
        ("min_validity", "validity", True),
        ("min_uniqueness", "uniqueness", True),
        ("max_errors", "errors", False),
        ("max-warnings", "warnings", False),
        ("min_valid_ratio", "valid_ratio", True),
    ],
)
def test_names_of_thresholds(name, metric, least):
    assert is_threshold(name)
    found = threshold(name, 0.5, "--set")
    assert (found.metric, found.origin) == (metric, "--set")
    assert (found.least, found.most) == ((0.5, None) if least else (None, 0.5))


def test_every_metric_has_both_bounds():
    for metric in NAMES:
        assert threshold(f"min_{metric}", 1, "").least == 1
        assert threshold(f"max_{metric}", 1, "").most == 1


def test_the_profiles_thresholds_are_known():
    for profile in PROFILES.values():
        assert all(map(is_threshold, profile.gate))


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("max_duplicate", "Did you mean `max_duplicates`"),
        ("minTaskBalanse", "Did you mean `min_task_balance`"),
        ("tfidf", "Write `min_` or `max_` before one of num_samples,"),
    ],
)
def test_an_unknown_threshold_is_refused_with_what_is_near(name, hint):
    assert not is_threshold(name)
    with pytest.raises(ConfigError) as caught:
        threshold(name, 1, "tdv.toml", "tdv.toml, line 3: ")
    assert caught.value.message == f"tdv.toml, line 3: There is no threshold `{name}`."
    assert caught.value.hint.startswith(hint)


@pytest.mark.parametrize("bound", ["much", True, None, float("nan")])
def test_a_bound_is_a_number(bound):
    with pytest.raises(ConfigError, match="The threshold `min_quality` needs a number, not"):
        threshold("min_quality", bound, "--set")


def test_a_gauge_says_what_was_got_and_what_is_needed():
    metrics = {"completeness": 0.94, "validity": 0.95, "duplicate_ratio": 1 / 3}
    bounds = [
        threshold("min_completeness", 0.95, "profile stt"),
        threshold("min_validity", 0.95, "profile stt"),
        threshold("max_duplicates", 0.3, "--set"),
        threshold("min_consistency", 0.9, ""),
    ]
    found = gauges(metrics, bounds, "cases")
    assert [(each.name, each.got, each.need, each.passed) for each in found] == [
        ("min_completeness", 0.94, ">= 0.95", False),
        ("min_validity", 0.95, ">= 0.95", True),
        ("max_duplicates", 0.333333, "<= 0.3", False),
        ("min_consistency", None, ">= 0.9", False),
    ]
    assert {each.dataset for each in found} == {"cases"}
    assert found[0].origin == "profile stt"


def test_rounding_neither_passes_nor_hides_a_failure():
    (found,) = gauges({"uniqueness": 1 - 1e-7}, [threshold("min_uniqueness", 1.0, "")])
    assert not found.passed
    assert found.got == 1 - 1e-7
    (whole,) = gauges({"num_samples": 10_000_001}, [threshold("max_examples", 10_000_000, "")])
    assert (whole.got, whole.need, whole.passed) == (10_000_001, "<= 10000000", False)
