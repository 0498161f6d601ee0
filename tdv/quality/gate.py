"""Thresholds by name, and whether figures keep them."""

from __future__ import annotations

from collections.abc import Mapping

from tdv.errors import UsageError
from tdv.quality.registry import did_you_mean
from tdv.quality.settings import Threshold

_METRICS: Mapping[str, str] = {
    "max_duplicates": "duplicate_ratio",
    "min_quality": "quality_score",
    "min_task_balance": "task_balance",
    "min_completeness": "completeness",
    "min_consistency": "consistency",
    "min_validity": "validity",
    "min_uniqueness": "uniqueness",
}


def is_threshold(name: str) -> bool:
    """Whether a name is that of a threshold."""
    return name in _METRICS


def threshold(name: str, bound: float, origin: str, where: str = "") -> Threshold:
    """The threshold that a name and a bound stand for.

    Args:
        origin: where it is from: `tdv.toml`, `--set`, `profile stt`.
        where: begins the message of the error: "tdv.toml, line 3, column 1: ".

    Raises:
        UsageError: there is no such threshold; the hint has names that are near.
    """
    metric = _METRICS.get(name)
    if metric is None:
        hint = did_you_mean(name, _METRICS) or f"Known are: {', '.join(sorted(_METRICS))}."
        raise UsageError(f"{where}There is no threshold `{name}`.", hint=hint)
    most = name.startswith("max_")
    return Threshold(name, metric, None if most else bound, bound if most else None, origin)
