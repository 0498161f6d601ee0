"""Thresholds by name, and whether figures keep them.

A threshold is `min_METRIC` or `max_METRIC`, for every metric of `metrics`. The source
documents have other names for some: `ALIASES`. Their TypeScript spelling (`maxDuplicates`,
`minTaskBalance`) is understood, too.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from tdv.errors import ConfigError
from tdv.quality.configuring.settings import Threshold
from tdv.quality.measuring.metrics import NAMES, rounded
from tdv.quality.registry import did_you_mean
from tdv.quality.report import Gauge

LEAST, MOST = "min_", "max_"
ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "duplicates": "duplicate_ratio",
        "quality": "quality_score",
        "task_balance": "balance",
        "label_balance": "balance",
        "examples": "num_samples",
        "samples": "num_samples",
    }
)
"""What thresholds call a metric -> its name."""
# Whole names of source documents that do not say which side they bound.
_WHOLE = {"quality_threshold": "min_quality_score"}
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def is_threshold(name: str) -> bool:
    """Whether a name is that of a threshold."""
    return _metric(name) is not None


def threshold(name: str, bound: float, origin: str, where: str = "") -> Threshold:
    """The threshold that a name and a bound stand for.

    Args:
        origin: where it is from: `tdv.toml`, `--set`, `profile stt`.
        where: begins the message of the error: "tdv.toml, line 3, column 1: ".

    Raises:
        ConfigError: there is no such threshold, with names that are near in the hint; or the
            bound is no number.
    """
    metric = _metric(name)
    if metric is None:
        hint = did_you_mean(_spelled(name), threshold_names())
        hint = hint or f"Write `min_` or `max_` before one of {', '.join(NAMES)}."
        raise ConfigError(f"{where}There is no threshold `{name}`.", hint=hint)
    if isinstance(bound, bool) or not isinstance(bound, (int, float)) or math.isnan(bound):
        message = f"{where}The threshold `{name}` needs a number, not {bound!r}."
        raise ConfigError(message, hint=f"Write `{name} = 0.9`.")
    most = _whole(name).startswith(MOST)
    return Threshold(name, metric, None if most else bound, bound if most else None, origin)


def gauges(
    metrics: Mapping[str, float | None], thresholds: Iterable[Threshold], dataset: str = ""
) -> tuple[Gauge, ...]:
    """Each threshold beside what was measured, in the order in which they were given.

    The figure itself is held against the bound, not what is shown of it: one duplicate in ten
    million rows fails `min_uniqueness = 1`.

    Args:
        metrics: those of `metrics_of`, unrounded.
        dataset: whose figures they are.
    """
    return tuple(_gauge(metrics.get(each.metric), each, dataset) for each in thresholds)


def _gauge(got: float | None, bounds: Threshold, dataset: str) -> Gauge:
    needs = []
    if bounds.least is not None:
        needs.append(f">= {bounds.least:.12g}")
    if bounds.most is not None:
        needs.append(f"<= {bounds.most:.12g}")
    passed = _keeps(got, bounds)
    shown = rounded(got)
    # All digits where the rounded figure would seem to say the opposite.
    shown = shown if _keeps(shown, bounds) == passed else got
    need = " and ".join(needs)
    return Gauge(bounds.name, bounds.metric, shown, need, passed, dataset, bounds.origin)


def _keeps(got: float | None, bounds: Threshold) -> bool:
    if got is None:
        return False
    over = bounds.most is not None and got > bounds.most
    return not (over or (bounds.least is not None and got < bounds.least))


def _metric(name: str) -> str | None:
    """The metric that a threshold is about; None where there is no such threshold."""
    name = _whole(name)
    if not name.startswith((LEAST, MOST)):
        return None
    metric = ALIASES.get(name[len(LEAST) :], name[len(LEAST) :])
    return metric if metric in NAMES else None


def _whole(name: str) -> str:
    name = _spelled(name)
    return _WHOLE.get(name, name)


def _spelled(name: str) -> str:
    """A name as `tdv.toml` spells it: `max_duplicates` for `maxDuplicates` and `max-duplicates`."""
    return _HUMP.sub("_", name).replace("-", "_").lower()


def threshold_names() -> list[str]:
    """What thresholds can be called in `tdv.toml`."""
    return [side + name for name in (*ALIASES, *NAMES) for side in (LEAST, MOST)]
