"""Two sets of statistics side by side: which figures differ, which values came, went or shifted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from tdv.quality.measuring.figures import rounded

# Sections with numbers, and those with counts of values, in the order in which they are told.
_NUMBERS = (
    "counts",
    "lengths",
    "vocabulary",
    "duplicates",
    "numbers",
    "turns",
    "fields",
    "persona",
    "stt",
    "token_usage",
)
_VALUES = (
    ("labels",),
    ("categories",),
    ("splits",),
    ("instruction", "languagePairs"),
    ("instruction", "qualityDistribution"),
    ("stt", "error_type_distribution"),
    ("persona", "distractor_stats", "layer_distribution"),
    ("persona", "distractor_stats", "strategy_distribution"),
    ("persona", "persona_distribution"),
)


class Difference(NamedTuple):
    """A figure on two sides.

    Attributes:
        path: keys that lead to it: ("lengths", "text", "characters", "mean").
        old, new: None where a side does not have it.
    """

    path: tuple[str, ...]
    old: float | None
    new: float | None

    @property
    def by(self) -> float | None:
        """How much more the new side has; None where one has none."""
        if self.old is None or self.new is None:
            return None
        return rounded(self.new - self.old)


class Share(NamedTuple):
    """A value of a field: its rows on two sides, and what share of the field's rows they are."""

    value: str
    old_rows: int
    new_rows: int
    old: float
    new: float

    @property
    def by(self) -> float:
        """How much larger the share of the new side is."""
        return rounded(self.new - self.old) or 0


@dataclass(frozen=True, slots=True)
class Shifted:
    """The values of a field on two sides.

    Attributes:
        path: keys that lead to it: ("labels", "expected_intent").
        shares: of every value named on a side, the largest shift first, then by value.
        complete: whether both sides name all their values; if not, a rare one may seem to have
            come or gone.
    """

    path: tuple[str, ...]
    shares: tuple[Share, ...]
    complete: bool

    @property
    def appeared(self) -> list[str]:
        """Values that only the new side has."""
        return sorted(each.value for each in self.shares if not each.old_rows)

    @property
    def vanished(self) -> list[str]:
        """Values that only the old side has."""
        return sorted(each.value for each in self.shares if not each.new_rows)


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Difference]:
    """All figures of two sides that are numbers, equal ones too; {} is a side without rows."""
    left, right = dict(_plain(old)), dict(_plain(new))
    paths = [*right, *(path for path in left if path not in right)]
    paths.sort(key=lambda path: _NUMBERS.index(path[0]))
    return [Difference(path, left.get(path), right.get(path)) for path in paths]


def shifts(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Shifted]:
    """The fields whose values are counted on a side, with the shares of their values."""
    left, right = dict(_counted(old)), dict(_counted(new))
    paths = [*right, *(path for path in left if path not in right)]
    return [_shifted(path, left.get(path, {}), right.get(path, {})) for path in paths]


def _plain(told: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], float]]:
    for section in _NUMBERS:
        held = told.get(section, {})
        if section == "fields":
            held = {field: {**found, "types": None} for field, found in held.items()}
        elif section in ("persona", "stt"):
            held = _without_counts(held)
        yield from _numbers_in(held, (section,))


def _without_counts(held: Mapping[str, Any]) -> dict[str, Any]:
    """Without counts of values, which are told as shares: see `shifts`."""
    return {
        name: _without_counts(inner) if isinstance(inner, Mapping) else inner
        for name, inner in held.items()
        if not name.endswith("_distribution") and name != "samples_by_split"
    }


def _numbers_in(held: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], float]]:
    if isinstance(held, Mapping):
        for name, inner in held.items():
            yield from _numbers_in(inner, (*path, name))
    elif isinstance(held, (int, float)) and not isinstance(held, bool):
        yield path, held


def _counted(told: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    for path in _VALUES:
        held: Any = told
        for name in path:
            held = held.get(name, {})
        if len(path) > 1:
            if held:
                yield path, {"values": held, "rows": sum(held.values())}
            continue
        yield from (((*path, field), found) for field, found in held.items())


def _shifted(path: tuple[str, ...], old: Mapping[str, Any], new: Mapping[str, Any]) -> Shifted:
    left, right = old.get("values", {}), new.get("values", {})
    shares = [
        Share(
            value,
            left.get(value, 0),
            right.get(value, 0),
            _share(left.get(value, 0), old),
            _share(right.get(value, 0), new),
        )
        for value in {**right, **left}
        if left.get(value) or right.get(value)  # classes are named without rows in them, too
    ]
    shares.sort(key=lambda each: (-abs(each.by), each.value))
    return Shifted(path, tuple(shares), "others" not in old and "others" not in new)


def _share(rows: int, found: Mapping[str, Any]) -> float:
    return (rounded(rows / found["rows"]) or 0) if rows else 0
