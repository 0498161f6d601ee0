"""Figures in JSON's types: distributions, counts of values, shares, rounded to 6 digits."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tdv.quality.extracting.distribution import Distribution

QUANTILES = {"p5": 0.05, "p50": 0.5, "p95": 0.95}
# Values of a field that are named; the rows of all further ones are counted together.
MOST_VALUES = 1000
BARS = 12


def figures(distribution: Distribution, *, plot: bool = False) -> dict[str, Any]:
    """The figures of a distribution: `rows` (that have a value), mean, sd, quantiles, bounds."""
    rows = int(distribution.count)
    if not rows:
        return {"rows": 0}
    quantiles = {name: distribution.quantile(share) for name, share in QUANTILES.items()}
    told: dict[str, Any] = {
        "rows": rows,
        "mean": rounded(distribution.mean),
        "sd": rounded(distribution.sd),
        "min": rounded(distribution.least),
        **{name: rounded(value) for name, value in quantiles.items()},
        "max": rounded(distribution.most),
        "approximate": not distribution.exact,
    }
    if plot:
        told["histogram"] = histogram(distribution)
    return told


def histogram(distribution: Distribution) -> list[dict[str, Any]]:
    """At most `BARS` bars of equal width, `{"from", "to", "rows"}`; `to` belongs to the next one.

    The width is such that 99 % of the values are within; the last bar reaches to the largest, and
    `to` belongs to it. Few different values have a bar each.
    """
    values, counts = distribution.values.tolist(), distribution.counts.tolist()
    if len(values) <= BARS:
        return [
            {"from": rounded(value), "to": rounded(value), "rows": count}
            for value, count in zip(values, counts, strict=True)
        ]
    low = distribution.least
    width = _width(distribution, whole=all(value == int(value) for value in values))
    if not math.isfinite(width):
        return []
    rows = [0] * BARS
    for value, count in zip(values, counts, strict=True):
        rows[min(max(int((value - low) // width), 0), BARS - 1)] += count
    last = max(place for place, count in enumerate(rows) if count)
    edges = [rounded(low + width * place) for place in range(last + 1)]
    edges.append(rounded(distribution.most))
    return [
        {"from": edges[place], "to": edges[place + 1], "rows": rows[place]}
        for place in range(last + 1)
    ]


def distribution_of(counts: Mapping[str, int], unlisted: int = 0) -> dict[str, Any]:
    """How often each value occurs, the most frequent `MOST_VALUES` by name.

    Args:
        unlisted: rows of further values than `counts` has, which is then `approximate`: how many
            different ones there are, and whether one of them is frequent, is not known.
    """
    values = ordered(counts)
    named = dict(list(values.items())[:MOST_VALUES])
    rows = sum(values.values()) + unlisted
    told = {"rows": rows, "different": len(values), "values": named}
    if len(named) < len(values) or unlisted:
        told["others"] = rows - sum(named.values())
    return {**told, "approximate": True} if unlisted else told


def ordered(counts: Mapping[str, int]) -> dict[str, int]:
    """The most frequent first, equally frequent ones by name."""
    return dict(sorted(counts.items(), key=lambda each: (-each[1], each[0])))


def share(part: int, whole: int) -> int | float | None:
    """A part of a whole; None where there is none."""
    return rounded(part / whole) if whole else None


def rounded(value: float) -> int | float | None:
    """To 6 significant digits; a whole number stays as it is, and what is no number is None."""
    if not math.isfinite(value):
        return None
    if value == int(value) and abs(value) < 1 << 53:
        return int(value)
    return float(f"{value:.6g}")


def _width(distribution: Distribution, *, whole: bool) -> float:
    ranges = (
        high - distribution.least for high in (distribution.quantile(0.99), distribution.most)
    )
    width = next((each for each in ranges if each > 0), 0) / BARS
    return max(math.ceil(width), 1) if whole and math.isfinite(width) else width or 1.0
