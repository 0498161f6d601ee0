"""OUT: values that lie far from all others, by the robust z-score.

The score is the distance from the median in units of a standard deviation that is estimated from
the median absolute deviation (MAD), which half of the values being wrong does not move (Iglewicz
and Hoaglin, 1993, who advise 3.5; source 001 has a threshold of 2.0, as has the profile
`ingestion`). Lengths are compared by log(1 + characters), since a text twice as long is as unusual
as one half as long.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any, NamedTuple

from tdv.quality.extracting.columns import CHARS, chars_of, number_of
from tdv.quality.finding import Fault, Level
from tdv.quality.rule import ColumnRule, Param, Values
from tdv.quality.subject import Roles, Row
from tdv.quality.telling import counted

if TYPE_CHECKING:
    from tdv.quality.extracting.summary import Summary
    from tdv.quality.rule import Columns, Mask

# Of normally distributed values: standard deviation over MAD, and over the mean deviation.
PER_MAD = 1.4826
PER_MEAN = 1.2533
ADVISED = 3.5


class Scale(NamedTuple):
    """How the values of a column are scored.

    Attributes:
        median: of the values, or of their logs.
        unit: one standard deviation, estimated; 0 where no value is an outlier.
        logs: whether logs of (1 + value) are compared.
    """

    median: float
    unit: float
    logs: bool

    @classmethod
    def of(cls, summary: Summary, column: str) -> Scale:
        """The scale of a column of lengths or numbers.

        Where more than half of the values are equal, the MAD is 0. Lengths then have the mean
        deviation in its place. Numbers have no outliers: that 10 % of all confidences are not 1
        makes none of them a mistake.
        """
        logs = not column.startswith(number_of(""))
        numbers = summary.numbers.get(column)
        if numbers is None:
            return cls(math.nan, 0.0, logs)
        robust = numbers.robust_log if logs else numbers.robust
        unit = PER_MAD * robust.mad
        return cls(robust.median, unit or (PER_MEAN * robust.mean if logs else 0.0), logs)

    def z(self, value: float) -> float:
        """The score of a value; 0 where it has none."""
        if self.unit == 0 or not self.has(value):
            return 0.0
        return ((math.log1p(value) if self.logs else value) - self.median) / self.unit

    def has(self, value: float) -> bool:
        """Whether there is a value; a text of no characters is TXT001's."""
        return math.isfinite(value) and (value > 0 or not self.logs)

    def bounds(self, threshold: float) -> tuple[float, float]:
        """The values whose score is the threshold, below and above."""
        if self.unit == 0:
            return -math.inf, math.inf
        low, high = (self.median + side * threshold * self.unit for side in (-1, 1))
        return (_unlogged(low), _unlogged(high)) if self.logs else (low, high)


def _unlogged(value: float) -> float:
    try:
        return math.expm1(value)
    except OverflowError:
        return math.inf


def scores(values: Mapping[str, Any], summary: Summary) -> dict[str, float]:
    """Column -> the score of a row's value there."""
    return {name: Scale.of(summary, name).z(float(value)) for name, value in values.items()}


def _far(columns: Columns, limits: Values, summary: Summary) -> Mask:
    masks = []
    for name, column in columns.items():
        scale = Scale.of(summary, name)
        low, high = scale.bounds(limits["threshold"])
        far = (column < low) | (column > high)
        masks.append(far & (column > 0) if scale.logs else far)
    return reduce(or_, masks)


def _tell_length(
    values: Mapping[str, Any], limits: Values, summary: Summary, roles: Roles
) -> Fault:
    column, z = _worst(values, summary)
    field = column.partition(":")[2] or roles.text[0]
    usual = math.expm1(Scale.of(summary, column).median)
    message = (
        f"`{field}` has {counted(int(values[column]), 'character')}, where {usual:,.0f} are usual: "
        f"z = {z:.2f}, and {limits['threshold']:g} is the most."
    )
    return Fault(field, message)


def _tell_number(
    values: Mapping[str, Any], limits: Values, summary: Summary, roles: Roles
) -> Fault:
    column, z = _worst(values, summary)
    field = column.partition(":")[2]
    usual = Scale.of(summary, column).median
    message = (
        f"`{field}` is {values[column]:g}, where {usual:g} is usual: "
        f"z = {z:.2f}, and {limits['threshold']:g} is the most."
    )
    return Fault(field, message)


def _worst(values: Mapping[str, Any], summary: Summary) -> tuple[str, float]:
    """The column in which a row is the farthest out, and its score."""
    return max(scores(values, summary).items(), key=lambda each: abs(each[1]))


def _lengths(roles: Roles) -> tuple[str, ...]:
    return (CHARS, *map(chars_of, roles.text[1:])) if roles.text else ()


_TEXTS: list[Row] = [{"text": "wake me at " + hour} for hour in ("six", "seven", "ten", "noon")]
_NUMBERS: list[Row] = [{"confidence": value} for value in (0.91, 0.9, 0.88, 0.93)]
_PARAM = Param(
    "threshold",
    ADVISED,
    "The largest robust z-score, in standard deviations.",
    aliases=("outlier_threshold",),
)
_WHY = (
    "Most outliers are mistakes of a program, or rows that belong elsewhere; some are the most "
    "valuable rows. The score is the distance from the median over 1.4826 times the median "
    "absolute deviation, over all rows of the dataset"
)

RULES = (
    ColumnRule(
        code="OUT001",
        name="outlier-length",
        level=Level.INFO,
        summary="A text is far longer or shorter than the texts of the dataset are.",
        why=f"{_WHY}; of logs of the lengths, so that half as long is as far off as twice as long.",
        bad=[*_TEXTS, {"text": "and then " * 50}],
        good=_TEXTS,
        mend="Look at the rows; `tdv clean --drop-invalid` removes them.",
        applies=lambda roles: bool(roles.text),
        optional=True,
        params=(_PARAM,),
        columns=_lengths,
        mask=_far,
        tell=_tell_length,
    ),
    ColumnRule(
        code="OUT002",
        name="outlier-number",
        level=Level.INFO,
        summary="A number is far larger or smaller than the numbers of its field are.",
        why=f"{_WHY}. Where more than half of the numbers are equal, none is an outlier.",
        bad=[*_NUMBERS, {"confidence": 93}],
        good=_NUMBERS,
        mend="`tdv apply` sets values; `tdv clean --drop-invalid` removes such rows.",
        applies=lambda roles: bool(roles.numbers),
        optional=True,
        params=(_PARAM,),
        columns=lambda roles: tuple(map(number_of, roles.numbers)),
        mask=_far,
        tell=_tell_number,
    ),
)
