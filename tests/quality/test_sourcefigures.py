"""Statistics under the keys of the source documents, with the documents' own figures."""

from __future__ import annotations

import numpy as np

from tdv.quality.extracting.distribution import Distinct, Distribution
from tdv.quality.extracting.summary import Summary
from tdv.quality.measuring.sourcefigures import by_source, token_usage
from tdv.quality.subject import Roles


def told(summary, roles=None, repeats=None):
    return by_source(summary, roles or Roles(), repeats)


def test_data_of_no_source_has_no_section():
    assert told(Summary(rows=3, shapes={("text", "string"): 3})) == {}


def test_instruction_data_has_the_keys_of_dataset_stats():
    summary = Summary(
        rows=5,
        bad=1,
        numbers={
            "chars": Distribution.of(np.array([10, 20, 30, 40])),
            "chars:output": Distribution.of(np.array([6])),
        },
        values={"label:task": {"qa": 1, "translation": 3}},
        shapes={("input", "string"): 4},
        vocabulary=Distinct.of(np.array([1, 2, 3], np.uint64)),
        tallies={"pair:en -> es": 2, "pair:de -> en": 1, "quality:above_0.9": 3},
    )
    roles = Roles(text=("input", "output"), label=("task",))
    assert told(summary, roles, 2) == {
        "instruction": {
            "totalExamples": 4,
            "averageInputLength": 25,
            "averageOutputLength": 1.5,
            "taskDistribution": {"translation": 3, "qa": 1},
            "qualityDistribution": {
                "above_0.9": 3,
                "above_0.7": 0,
                "above_0.5": 0,
                "up_to_0.5": 0,
                "none": 1,
            },
            "languagePairs": {"en -> es": 2, "de -> en": 1},
            "duplicates": 2,
            "vocabularySize": 3,
        }
    }


def test_the_correction_rate_of_cases():
    summary = Summary(
        rows=1250,
        numbers={"number:inference_time": Distribution.of(np.array([0.5, 0.7]))},
        tallies={
            "case:rows": 1250,
            "case:corrected": 850,
            "error:all_caps": 30,
            "error:repeat": 40,
        },
    )
    section = told(summary)["stt"]
    inference = section.pop("inference_stats")
    assert section == {
        "total_failed_cases": 1250,
        "corrected_cases": 850,
        "correction_rate": 0.68,
        "error_type_distribution": {"repeat": 40, "all_caps": 30},
    }
    assert (inference["mean"], inference["p50"], inference["p95"]) == (0.6, 0.6, 0.69)


def test_cases_without_a_correction_or_a_time():
    section = told(Summary(rows=2, tallies={"case:rows": 2}))["stt"]
    assert section["correction_rate"] == 0
    assert section["inference_stats"] is None


def test_the_statistics_file_of_personas():
    summary = Summary(
        rows=500,
        values={"split": {"train": 400, "validation": 50, "test": 50}},
        tallies={
            "persona:rows": 500,
            "turns:rows": 500,
            "turns:sum": 1600,
            "trajectory:rows": 500,
            "trajectory:sum": 1600,
            "noise:rows": 125,
            "layer:surface_noise": 62,
            "layer:incomplete_info": 38,
            "layer:semantic_ambiguity": 25,
            "role:engineer": 120,
            "role:student": 95,
        },
    )
    assert told(summary)["persona"] == {
        "total_samples": 500,
        "samples_by_split": {"train": 400, "test": 50, "validation": 50},
        "avg_turns": 3.2,
        "avg_trajectory_length": 3.2,
        "distractor_stats": {
            "samples_with_noise": 125,
            "noise_rate": 0.25,
            "layer_distribution": {
                "surface_noise": 62,
                "incomplete_info": 38,
                "semantic_ambiguity": 25,
            },
            "strategy_distribution": {},
        },
        "persona_distribution": {"engineer": 120, "student": 95},
    }


def test_samples_that_say_no_turns_have_no_average():
    section = told(Summary(rows=1, tallies={"persona:rows": 1}))["persona"]
    assert section["avg_turns"] is None
    assert section["distractor_stats"]["noise_rate"] == 0


def test_tokens_by_model_and_in_total():
    tallies = {
        "rows:openai/gpt-4o-mini": 2,
        "prompt_tokens:openai/gpt-4o-mini": 30,
        "completion_tokens:openai/gpt-4o-mini": 12,
        "rows:m:latest": 1,
        "prompt_tokens:m:latest": 5,
    }
    assert token_usage(tallies) == {
        "by_model": {
            "m:latest": {"prompt_tokens": 5, "rows": 1},
            "openai/gpt-4o-mini": {"completion_tokens": 12, "prompt_tokens": 30, "rows": 2},
        },
        "total": {"completion_tokens": 12, "prompt_tokens": 35, "rows": 3},
    }
    assert token_usage({}) == {}
