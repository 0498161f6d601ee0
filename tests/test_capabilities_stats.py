"""What the source documents ask of statistics: one test for each of their rows."""

from __future__ import annotations

import json

import pytest


def lines(rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


def statistics(result):
    (dataset,) = result.json["datasets"]
    return dataset["statistics"]


def test_000_advanced_analytics_are_plotted_in_the_terminal(outside):
    outside.write("data.jsonl", lines({"text": "a " * n, "label": "xy"[n % 2]} for n in range(9)))
    result = outside("stats", "data.jsonl", "--plot")
    assert "█" in result.out
    assert "  x  5  55.6 %  ██████████████████████████████\n" in result.out


def test_002_dataset_statistics(outside):
    """Totals, average lengths, task and quality distribution, language pairs, duplicates,
    vocabulary: of three rows, counted by hand."""
    rows = [
        {
            "input": "Hello, world",
            "output": "Hola",
            "task": "translation",
            "metadata": {"source_lang": "en", "target_lang": "es", "quality": 0.95},
        },
        {
            "input": "hello,  WORLD",
            "output": "Hallo",
            "task": "translation",
            "metadata": {"source_lang": "en", "target_lang": "de", "quality": 0.6},
        },
        {"input": "What's the world?", "output": "A ball.", "task": "qa"},
    ]
    outside.write("data.jsonl", lines(rows))
    told = statistics(outside("stats", "data.jsonl", "--profile", "instruction", "--json"))
    assert told["instruction"] == {
        "totalExamples": 3,
        "averageInputLength": 14,
        "averageOutputLength": 5.33333,
        "taskDistribution": {"translation": 2, "qa": 1},
        "qualityDistribution": {
            "above_0.9": 1, "above_0.7": 0, "above_0.5": 1, "up_to_0.5": 0, "none": 1,
        },
        "languagePairs": {"en -> de": 1, "en -> es": 1},
        "duplicates": 1,
        # hello, world, what's, the
        "vocabularySize": 4,
    }  # fmt: skip


@pytest.fixture
def cases(outside):
    """1,250 failed transcriptions, 850 of them corrected."""
    rows = [
        {
            "case_id": f"c{number}",
            "original_transcript": f"THIS IS CASE {number}",
            "corrected_transcript": f"This is case {number}." if number < 850 else None,
            "error_types": [["all_caps"], ["all_caps", "repetition"], []][number % 3],
            "inference_time": number / 1000,
        }
        for number in range(1250)
    ]
    outside.write("cases.jsonl", lines(rows))
    return outside


def test_003_error_patterns(cases):
    """`stats --by error_types` and the distribution of the source agree."""
    document = cases("stats", "cases.jsonl", "--by", "error_types", "--json").json
    (dataset,) = document["datasets"]
    groups = {each["value"]: each["statistics"] for each in dataset["by"]["groups"]}
    counts = {value: told["counts"]["rows"] for value, told in groups.items()}
    assert counts == {"all_caps": 834, "repetition": 417}
    assert dataset["statistics"]["stt"]["error_type_distribution"] == counts
    assert dataset["by"]["none"]["counts"]["rows"] == 416


def test_003_correction_rate(cases):
    told = statistics(cases("stats", "cases.jsonl", "--json"))["stt"]
    assert told["total_failed_cases"] == 1250
    assert told["corrected_cases"] == 850
    assert told["correction_rate"] == 0.68


def test_003_inference_statistics(cases):
    told = statistics(cases("stats", "cases.jsonl", "--num", "inference_time", "--json"))
    expected = {"mean": 0.6245, "p50": 0.6245, "p95": 1.18655, "min": 0, "max": 1.249}
    for inference in (told["numbers"]["inference_time"], told["stt"]["inference_stats"]):
        assert {name: inference[name] for name in expected} == expected


@pytest.fixture
def samples(outside):
    """500 samples, 125 of them with noise, in files by split."""
    layers = ["surface_noise"] * 62 + ["incomplete_info"] * 38 + ["semantic_ambiguity"] * 25
    roles = ["engineer"] * 120 + ["student"] * 95 + ["designer"] * 85 + ["writer"] * 200
    rows = []
    for number, role in enumerate(roles):
        turns = 3 if number % 5 else 4
        sample = {
            "sample_id": f"s{number}",
            "persona_id": f"persona_{number % 7}",
            "persona_features": {"role": role},
            "original_query": "Help me write a script",
            "initial_query": "hey help me",
            "prompt_trajectory": ["hey"] * turns,
            "full_conversation": [{"role": "user", "content": "hey"}],
            "num_turns": turns,
            "noisy_initial_queries": [],
            "metadata": {
                "assistant_model": {"model": "gpt-4o-mini", "provider": "openai"},
                "usage": {"prompt_tokens": 10, "completion_tokens": number % 2},
            },
        }
        if number < len(layers):
            sample["noisy_initial_queries"] = [
                {"noisy_text": "hey", "noise_type": layers[number], "applied_strategies": ["typo"]}
            ]
        rows.append(sample)
    for name, part in (("train", rows[:400]), ("val", rows[400:450]), ("test", rows[450:])):
        outside.write(f"samples/{name}_samples.json", json.dumps(part))
    return outside


def test_004_statistics_file(samples):
    samples("stats", "samples", "--profile", "persona", "--json", "-o", "statistics.json")
    document = json.loads((samples.folder / "statistics.json").read_text())
    (dataset,) = document["datasets"]
    assert dataset["statistics"]["persona"] == {
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
            "strategy_distribution": {"typo": 125},
        },
        "persona_distribution": {"writer": 200, "engineer": 120, "student": 95, "designer": 85},
    }


def test_004_token_usage_file(samples):
    """Sums by model and provider, from the samples' metadata."""
    result = samples("stats", "samples", "--profile", "persona", "--tokens", "--json")
    (dataset,) = result.json["datasets"]
    sums = {"rows": 500, "prompt_tokens": 5000, "completion_tokens": 250}
    assert dataset["statistics"] == {
        "token_usage": {"by_model": {"openai/gpt-4o-mini": sums}, "total": sums}
    }
    assert samples("stats", "samples", "--profile", "persona", "--tokens").out == (
        "tokens              rows  completion  prompt\n"
        "openai/gpt-4o-mini   500         250   5,000\n"
    )


def test_part_c_drift_is_told_by_diff(tdv):
    rows = [{"id": n, "text": f"text {n}", "label": "ab"[n % 2]} for n in range(8)]
    tdv.commit("one", a__jsonl=lines(rows))
    tdv.commit("two", a__jsonl=lines({**row, "label": "c"} for row in rows))
    (dataset,) = tdv("diff", "HEAD~1", "HEAD", "--stats", "--json").json["datasets"]
    (label,) = (each for each in dataset["values"] if each["path"] == ["labels", "label"])
    assert label["appeared"] == ["c"]
    assert label["vanished"] == ["a", "b"]
