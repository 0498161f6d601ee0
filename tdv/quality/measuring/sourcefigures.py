"""Statistics under the keys of the source documents, for data of their kinds.

| section | document | there where |
|---|---|---|
| `instruction` | 002, Dataset Statistics | rows have `input`, or language pairs |
| `stt` | 003, Statistics & Reporting | rows have transcripts or error types |
| `persona` | 004, Statistics File | rows have persona features, prompts or noisy queries |
| `token_usage` | 004, token usage file | rows name a model or its usage |
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tdv.quality.extracting import columns
from tdv.quality.extracting.distribution import GRID
from tdv.quality.extracting.tallies import LOWEST_TIER, TIERS
from tdv.quality.measuring.figures import figures, ordered, rounded, share
from tdv.quality.subject import Roles

if TYPE_CHECKING:
    from tdv.quality.extracting.summary import Summary


def by_source(summary: Summary, roles: Roles, repeated_texts: int | None) -> dict[str, Any]:
    """The sections that the data has; see above.

    Args:
        repeated_texts: rows whose main text an earlier row has, or None where that is not known.
    """
    counts = _by_kind(summary.tallies)
    sections = {
        "instruction": _instruction(summary, roles, counts, repeated_texts),
        "stt": _stt(summary, counts),
        "persona": _persona(summary, counts),
        "token_usage": token_usage(counts.get("tokens", {})),
    }
    return {name: section for name, section in sections.items() if section}


def token_usage(tallies: Mapping[str, int]) -> dict[str, Any]:
    """Sums of tokens and rows for each model, and of all of them."""
    models: dict[str, dict[str, int]] = {}
    total: dict[str, int] = {}
    for name, amount in sorted(tallies.items()):
        field, _, model = name.partition(":")
        models.setdefault(model, {})[field] = amount
        total[field] = total.get(field, 0) + amount
    return {"by_model": models, "total": total} if models else {}


def _by_kind(tallies: Mapping[str, int]) -> dict[str, dict[str, int]]:
    kinds: dict[str, dict[str, int]] = {}
    for name, amount in tallies.items():
        kind, _, rest = name.partition(":")
        kinds.setdefault(kind, {})[rest] = amount
    return kinds


def _instruction(
    summary: Summary, roles: Roles, counts: Mapping[str, Mapping[str, int]], repeats: int | None
) -> dict[str, Any]:
    pairs = counts.get("pair", {})
    if not pairs and not any(field == "input" for field, _ in summary.shapes):
        return {}
    rows = summary.rows - summary.bad
    tiers = counts.get("quality", {})
    names = [*(name for _, name in TIERS), LOWEST_TIER]
    return {
        "totalExamples": rows,
        "averageInputLength": _average(summary, columns.CHARS, rows) if roles.text else None,
        # As in the source, a row without an output counts, with 0 characters.
        "averageOutputLength": (
            _average(summary, columns.chars_of("output"), rows) if "output" in roles.text else None
        ),
        "taskDistribution": ordered(summary.values.get(columns.label_of("task"), {})),
        "qualityDistribution": {
            **{name: tiers.get(name, 0) for name in names},
            "none": rows - sum(tiers.values()),
        },
        "languagePairs": ordered(pairs),
        "duplicates": repeats,
        "vocabularySize": None if summary.vocabulary is None else summary.vocabulary.count,
    }


def _average(summary: Summary, column: str, rows: int) -> int | float | None:
    distribution = summary.numbers.get(column)
    if distribution is None or not rows:
        return 0 if rows else None
    return rounded(distribution.total / (rows << GRID))


def _stt(summary: Summary, counts: Mapping[str, Mapping[str, int]]) -> dict[str, Any]:
    cases = counts.get("case")
    if not cases:
        return {}
    inference = summary.numbers.get(columns.number_of("inference_time"))
    return {
        "total_failed_cases": cases["rows"],
        "corrected_cases": cases.get("corrected", 0),
        "correction_rate": share(cases.get("corrected", 0), cases["rows"]),
        "error_type_distribution": ordered(counts.get("error", {})),
        "inference_stats": figures(inference) if inference is not None else None,
    }


def _persona(summary: Summary, counts: Mapping[str, Mapping[str, int]]) -> dict[str, Any]:
    samples = counts.get("persona", {}).get("rows", 0)
    if not samples:
        return {}
    noisy = counts.get("noise", {}).get("rows", 0)
    return {
        "total_samples": samples,
        "samples_by_split": ordered(summary.values.get(columns.SPLIT, {})),
        "avg_turns": _mean(counts.get("turns", {})),
        "avg_trajectory_length": _mean(counts.get("trajectory", {})),
        "distractor_stats": {
            "samples_with_noise": noisy,
            "noise_rate": share(noisy, samples),
            "layer_distribution": ordered(counts.get("layer", {})),
            "strategy_distribution": ordered(counts.get("strategy", {})),
        },
        "persona_distribution": ordered(counts.get("role", {})),
    }


def _mean(sums: Mapping[str, int]) -> int | float | None:
    return share(sums["sum"], sums["rows"]) if sums.get("rows") else None
