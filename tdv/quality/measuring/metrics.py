"""The figures that thresholds are about and that reports list, with what asks for each.

| metric | what it is | source |
|---|---|---|
| `num_samples` | rows, the undecodable included | 001 |
| `avg_sequence_length_words`, `std_…` | of the main text; standard deviation divided by n | 001 |
| `avg_sequence_length_chars`, `std_…` | likewise in characters | 001 |
| `unique_words` | different words of the main text, without case; see `needs_words` | 001 |
| `duplicate_ratio` | share of rows whose main text (or record) an earlier row has | 001, 002 |
| `quality_score` | share of rows without an error, or mean of row scores | 000, 001, 002 |
| `valid_ratio` | likewise; stays so where a profile scores rows | 000 |
| `completeness` | share of rows that decode and lack no field or text that is demanded | 000, 003 |
| `validity` | share of rows whose values have a type, range and form that is allowed | 003 |
| `consistency` | share of rows that contradict neither themselves nor another row | 000, 003 |
| `uniqueness` | share of rows that repeat no other and leak into no other split | 003 |
| `balance` | smallest share of a label over the largest, of the first label | 000, 002 |
| `errors`, `warnings`, `infos` | findings of that level | |

A figure that the data does not have, or that no rule in force measures, is None. The average
TF-IDF of source 001 (`tfidf_score`) is not there: it needs how many rows have each word, for all
words at once, which no bounded summary holds exactly.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from tdv.quality.configuring.settings import Settings
from tdv.quality.extracting.columns import CHARS, SCORE, WORDS
from tdv.quality.finding import Level
from tdv.quality.report import Tally
from tdv.quality.rules.labels import balance

if TYPE_CHECKING:
    from tdv.quality.extracting.summary import Summary

Metrics = dict[str, float | None]

# A row has a dimension's fault if one of these rules finds something in it. No code is in two.
DIMENSIONS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "completeness": frozenset({"REC001", "REC002", "FLD001", "FLD004", "TXT001"}),
        "validity": frozenset(
            {
                *("FLD002", "FLD003", "FLD005", "FLD006", "FLD007", "LBL001"),
                *("SPN001", "SPN002", "SPN005", "EMB001", "EMB002", "EMB003"),
                *("CNV001", "CNV002", "CNV004", "CNV008"),
            }
        ),
        "consistency": frozenset({"REC003", "SPN003", "SPN004", "CNV003", "LBL004", "MED001"}),
        "uniqueness": frozenset({"DUP001", "DUP002", "DUP004", "EMB004", "SPL001", "SPL002"}),
    }
)
"""Metric -> the codes of the rules that it counts the rows of."""

NAMES = (
    "num_samples", "avg_sequence_length_words", "std_sequence_length_words",
    "avg_sequence_length_chars", "std_sequence_length_chars", "unique_words", "duplicate_ratio",
    "quality_score", "valid_ratio", *DIMENSIONS, "balance", "errors", "warnings", "infos",
)  # fmt: skip
_DIMENSION_OF = {code: name for name, codes in DIMENSIONS.items() for code in codes}


def dimension_of(code: str) -> str | None:
    """The dimension that a rule's rows count against; None for none."""
    return _DIMENSION_OF.get(code)


def needs_words(settings: Settings) -> bool:
    """Whether a rule or a threshold looks at the words of all texts.

    They are costly after a change, since the words that are gone from a unit show only when all
    of it is read again; so a validation leaves them out (`unique_words` is None) unless asked.
    """
    return "CNT003" in settings.rules or any(t.metric == "unique_words" for t in settings.gate)


def metrics_of(
    summary: Summary,
    tallies: Iterable[Tally],
    invalid: int,
    settings: Settings,
    faulty: Mapping[str, int] | None = None,
) -> Metrics:
    """The figures of a dataset, by name, unrounded.

    Args:
        summary: of all its rows, with what repeats (`Summary.with_repeated`).
        tallies: what every rule found in it.
        invalid: rows with an error.
        settings: say which rules were in force.
        faulty: dimension -> rows with a fault of it. Without, the rows of its rules are added
            up, which counts a row with two of them twice.
    """
    tallies = list(tallies)
    rows = summary.rows
    found: Metrics = {"num_samples": rows}
    for unit in (WORDS, CHARS):
        lengths = summary.numbers.get(unit)
        found[f"avg_sequence_length_{unit}"] = lengths.mean if lengths else None
        found[f"std_sequence_length_{unit}"] = lengths.sd if lengths else None
    has_words = settings.roles.text and summary.vocabulary is not None
    found["unique_words"] = summary.vocabulary.count if has_words and summary.vocabulary else None
    found["duplicate_ratio"] = None if summary.repeated is None else _ratio(summary.repeated, rows)
    found["quality_score"] = found["valid_ratio"] = _ratio(rows - invalid, rows)
    if SCORE in summary.numbers:
        found["quality_score"] = summary.numbers[SCORE].mean
    counts = _added_up(tallies) if faulty is None else faulty
    for name in DIMENSIONS:
        measured = name in measured_by(settings)
        wrong = min(counts.get(name, 0), rows)
        found[name] = _ratio(rows - wrong, rows) if measured else None
    found["balance"] = balance(summary, settings.roles)
    for level in Level:
        found[f"{level.value}s"] = sum(t.findings for t in tallies if t.level is level)
    return found


def measured_by(settings: Settings) -> Collection[str]:
    """The dimensions that a rule in force measures, so that no gate passes on what none looked at.

    That a record decodes says nothing of its fields, and what a schema demands is nothing
    without one.
    """
    on = {code for code, setting in settings.rules.items() if setting.level is not None}
    return {
        name
        for code in on
        if (name := dimension_of(code)) is not None
        and not code.startswith("REC")
        and (settings.subject.schema is not None or not code.startswith("FLD"))
    }


def score_of(metrics: Mapping[str, float | None]) -> float:
    """The quality score, 0 where there are no rows to score."""
    return metrics.get("quality_score") or 0.0


def rounded(value: float | None) -> float | None:
    """To 6 significant digits; a whole number stays as it is."""
    if value is None or isinstance(value, int):
        return value
    return float(f"{value:.6g}") if math.isfinite(value) else None


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _added_up(tallies: Iterable[Tally]) -> dict[str, int]:
    rows: dict[str, int] = {}
    for tally in tallies:
        name = dimension_of(tally.code)
        if name is not None:
            rows[name] = rows.get(name, 0) + tally.rows
    return rows
