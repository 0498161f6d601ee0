"""What is counted of rows of the source documents' kinds."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tdv.quality.extracting.tallies import TRIGGERS, may_have_tallies, tallies, tier_of

# The example of source 004.
SAMPLE = {
    "sample_id": "sample_20260206_001",
    "persona_id": "persona_001",
    "persona_features": {"age_band": "25_34", "role": "engineer"},
    "prompt_trajectory": ["hey", "make it handle csv files", "add error handling too"],
    "num_turns": 3,
    "noisy_initial_queries": [
        {
            "noisy_text": "hey help me writ python",
            "noise_type": "surface_noise",
            "applied_strategies": ["typo_misspelling", "colloquial_speech"],
        }
    ],
    "metadata": {
        "assistant_model": {"model": "gpt-4o-mini", "provider": "openai"},
        "usage": {"prompt_tokens": 12, "completion_tokens": 30, "cost": 0.25, "total_tokens": 42},
    },
}
NAMES = [*sorted(TRIGGERS), "model", "role", "x"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)
    ),
    max_leaves=6,
)
FIELDS = [*sorted(TRIGGERS), "metadata", "num_turns", "text"]
ROWS = st.lists(st.none() | st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=4), max_size=8)


def tallied(*rows):
    sums = Counter()
    for row in rows:
        for name, amount in tallies(row):
            sums[name] += amount
    return sums


def names_of(rows):
    return {name for row in rows if row for name in row}


def test_a_sample_of_a_persona():
    assert dict(tallies(SAMPLE)) == {
        "persona:rows": 1,
        "turns:rows": 1,
        "turns:sum": 3,
        "trajectory:rows": 1,
        "trajectory:sum": 3,
        "role:engineer": 1,
        "noise:rows": 1,
        "layer:surface_noise": 1,
        "strategy:typo_misspelling": 1,
        "strategy:colloquial_speech": 1,
        "tokens:rows:openai/gpt-4o-mini": 1,
        "tokens:prompt_tokens:openai/gpt-4o-mini": 12,
        "tokens:completion_tokens:openai/gpt-4o-mini": 30,
        "tokens:total_tokens:openai/gpt-4o-mini": 42,
    }


def test_a_sample_without_noise_is_a_sample():
    assert dict(tallies({"noisy_initial_queries": []})) == {"persona:rows": 1}


def test_each_noisy_query_counts_for_its_layer_and_the_row_once():
    row = {"noisy_initial_queries": [{"noise_type": "a"}, {"noise_type": "a"}, {"noise_type": 3}]}
    assert tallied(row) == {"persona:rows": 1, "noise:rows": 1, "layer:a": 2}


@pytest.mark.parametrize(
    ("corrected", "expected"), [("So be it.", 1), (None, 0), ("", 0), (" \n", 0), (7, 0)]
)
def test_a_case_is_corrected_when_it_has_a_text(corrected, expected):
    row = {"original_transcript": "SO", "corrected_transcript": corrected}
    assert tallied(row).get("case:corrected", 0) == expected


@pytest.mark.parametrize(
    "held",
    [
        {"error_types": ["all_caps", "repeat", "repeat"]},
        {"error_types": {"all_caps": 0.5, "repeat": 1}},
        {"error_detection": {"error_types": {"all_caps": 0.5, "repeat": 1}}},
    ],
)
def test_error_types_count_once_a_row(held):
    assert tallied(held) == {"case:rows": 1, "error:all_caps": 1, "error:repeat": 1}


def test_one_error_type_may_stand_without_a_list():
    assert dict(tallies({"error_types": "all_caps"})) == {"case:rows": 1, "error:all_caps": 1}


@pytest.mark.parametrize(
    "row",
    [
        {"source_lang": "en", "target_lang": "es"},
        {"metadata": {"source_lang": "en", "target_lang": "es"}},
        {"metadata": {"sourceLang": "en", "targetLang": "es"}},
    ],
)
def test_language_pairs(row):
    assert tallied(row) == {"pair:en -> es": 1}


@pytest.mark.parametrize(
    ("quality", "tier"),
    [
        (0.95, "above_0.9"),
        (0.9, "above_0.7"),
        (0.7, "above_0.5"),
        (0.5, "up_to_0.5"),
        (0, "up_to_0.5"),
    ],
)
def test_tiers_of_quality(quality, tier):
    assert tier_of(quality) == tier
    row = {"metadata": {"quality": quality}}
    assert tallied(row) == {f"quality:{tier}": 1}


def test_tokens_of_two_models_in_one_row():
    row = {
        "metadata": {
            "assistant_model": {"model": "m", "provider": "p"},
            "token_usage": {
                "assistant_model": {"input_tokens": 1},
                "user_model": {"input_tokens": 2, "model": "u"},
                "judge": {"input_tokens": 4},
            },
        }
    }
    assert tallied(row) == {
        "tokens:rows:p/m": 1,
        "tokens:input_tokens:p/m": 1,
        "tokens:rows:u": 1,
        "tokens:input_tokens:u": 2,
        "tokens:rows:judge": 1,
        "tokens:input_tokens:judge": 4,
    }


def test_a_model_without_a_usage_counts_rows():
    row = {"metadata": {"assistant_model": {"model": "m", "provider": "p"}}}
    assert tallied(row) == {"tokens:rows:p/m": 1}


def test_what_is_no_number_of_tokens_does_not_count():
    usage = {"prompt_tokens": True, "input_tokens": -1, "output_tokens": 1 << 80, "tokens": 2}
    row = {"usage": usage, "model": "m"}
    assert tallied(row) == {"tokens:rows:m": 1, "tokens:tokens:m": 2}


def test_long_names_are_cut():
    (name, _), *_ = (each for each in tallies({"error_types": "é" * 200}) if "error" in each[0])
    assert name == "error:" + "é" * 99 + "…"


def test_rows_of_other_kinds_are_not_looked_at():
    row = {"text": "a", "metadata": {"lang": "en"}}
    assert not may_have_tallies([row, None], {"text", "metadata"})
    assert may_have_tallies([row, None, {"metadata": {"usage": {}}}], {"text", "metadata"})
    assert may_have_tallies([], {"error_types"})


@given(ROWS)
def test_no_row_with_tallies_is_missed(rows):
    found = tallied(*(row for row in rows if row is not None))
    assert all(amount >= 0 for amount in found.values())
    assert may_have_tallies(rows, names_of(rows)) or not found
