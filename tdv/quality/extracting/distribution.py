"""Exact distributions of numbers, and counts of different things, that merge in any order.

`Distribution` knows every value and how often it occurs, up to `LIMIT` different values; beyond,
values fall into buckets of 0.1 % that depend on the value alone. `Distinct` knows the hashes of
different things up to `LIMIT`; beyond, the `LIMIT` smallest. Both switch when the union of all that
was put in exceeds the limit, and a part that has switched has seen more than the limit by itself:
so whether the result has switched, and all that is in it, depends on what was put in, never on
the order or the split.

Sums are Python integers over a fixed grid, so that they are exact: no rounding, no order.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

Array = Any  # numpy arrays; each use says of what

LIMIT = 1 << 16
# Every finite float64 is a whole number of 2**-1074; a square is one of 2**-2148.
GRID = 1074
# A bucket keeps ten bits of the mantissa, 1024 buckets for each power of two: at most 0.098 %
# wide. The bit below them is set, so that a bucket is named by its middle, at most 0.049 % off,
# and the name of a bucket lies in it.
_DROPPED = 42
# Mantissas are whole numbers below 2**53; sums are built from pieces below 2**27 each, so that
# 2**36 rows fit into 64 bits.
_HALF = 27
_LOW = (1 << _HALF) - 1
# Bits by which a number is extended before the whole root is taken of it.
_ROOT = 128
# Up to this value, whole numbers are counted by an array of counts instead of by sorting.
_DENSE = 1 << 16
# The types in which arrays travel: the first that holds all of an array's numbers.
_WHOLE = ("<u1", "<u2", "<u4", "<u8")


class Robust(NamedTuple):
    """Where the middle of a distribution lies and how far values stray from it.

    Attributes:
        median: half of the values are below.
        mad: the median of the distances from it (median absolute deviation).
        mean: the mean of these distances, which is 0 only if all values are equal.
    """

    median: float
    mad: float
    mean: float


@dataclass(frozen=True, eq=False)
class Distribution:
    """Numbers and how often each occurs.

    Attributes:
        values: the different numbers, ascending (float64); middles of buckets if not `exact`.
        counts: how often each of them occurs (int64).
        exact: whether `values` are the numbers themselves.
        least, most: the smallest and largest number, exact always; NaN where there is none.
        total: the sum, in units of 2**-1074.
        squares: the sum of the squares, in units of 2**-2148.
    """

    values: Array
    counts: Array
    exact: bool
    least: float
    most: float
    total: int
    squares: int

    @classmethod
    def of(cls, numbers: Array) -> Distribution:
        """The distribution of an array of numbers of any type; what is not finite is left out."""
        values, counts = _counted(np.asarray(numbers))
        if not len(values):
            return EMPTY
        total, squares = _sums(values, counts)
        least, most = float(values[0]), float(values[-1])
        exact = len(values) <= LIMIT
        if not exact:
            values, counts = _together(bucketed(values), counts)
        return cls(values, counts, exact, least, most, total, squares)

    def merged(self, *others: Distribution) -> Distribution:
        """This distribution and others as one; many at once cost less than one after another."""
        parts = [each for each in (self, *others) if len(each.values)]
        if len(parts) < 2:
            return parts[0] if parts else self
        values = np.concatenate([each.values for each in parts])
        counts = np.concatenate([each.counts for each in parts])
        exact = all(each.exact for each in parts)
        if exact:
            values, counts = _together(values, counts)
            exact = len(values) <= LIMIT
        if not exact:
            values, counts = _together(bucketed(values), counts)
        return Distribution(
            values, counts, exact,
            min(each.least for each in parts), max(each.most for each in parts),
            sum(each.total for each in parts), sum(each.squares for each in parts),
        )  # fmt: skip

    @property
    def count(self) -> int:
        """How many numbers."""
        return int(self.counts.sum())

    @property
    def mean(self) -> float:
        """The mean, exact but for the rounding to a float; NaN where there is no number."""
        return self.total / (self.count << GRID) if len(self.counts) else math.nan

    @property
    def sd(self) -> float:
        """The standard deviation of these numbers (of a population: divided by n, as in numpy)."""
        count = self.count
        if not count:
            return math.nan
        spread = count * self.squares - self.total * self.total
        return math.isqrt(spread << 2 * _ROOT) / (count << GRID + _ROOT)

    def quantile(self, q: float) -> float:
        """The number below which a share `q` of them lies, linear between neighbours as in numpy.

        Within 0.05 % where the distribution is not `exact`; NaN where there is no number.
        """
        if not len(self.counts):
            return math.nan
        if q in (0, 1):
            return self.most if q else self.least
        found = _quantile(self.values, self.counts, q)
        return min(max(found, self.least), self.most)

    @cached_property
    def robust(self) -> Robust:
        """Median and median absolute deviation of the numbers; NaN where there is none."""
        return _robust(self.values, self.counts)

    @cached_property
    def robust_log(self) -> Robust:
        """The same of log(1 + number), for lengths: of those numbers that are not negative."""
        lengths = self.values >= 0
        return _robust(np.log1p(self.values[lengths]), self.counts[lengths])

    def histogram(self, bins: int) -> tuple[tuple[float, float, int], ...]:
        """(from, to, how many) of bins of equal width between the least and the most.

        A bin holds its lower bound; the last one its upper bound, too. There are fewer bins
        where the range has no more different floats.
        """
        if not len(self.counts):
            return ()
        low, high = self.least, self.most
        if low == high:
            return ((low, high, self.count),)
        shares = np.arange(bins + 1) / bins
        edges = np.unique(low * (1 - shares) + high * shares)
        edges[0], edges[-1] = low, high
        places = np.searchsorted(edges, np.clip(self.values, low, high), side="right") - 1
        held = np.zeros(len(edges) - 1, dtype=np.int64)
        np.add.at(held, np.minimum(places, len(held) - 1), self.counts)
        bounds = edges.tolist()
        return tuple(zip(bounds[:-1], bounds[1:], held.tolist(), strict=True))

    def to_wire(self) -> list[Any]:
        """As msgpack knows it; equal distributions give equal bytes."""
        return [
            self.exact, self.least, self.most, _number_to_wire(self.total),
            _number_to_wire(self.squares), array_to_wire(self.values), array_to_wire(self.counts),
        ]  # fmt: skip

    @classmethod
    def from_wire(cls, items: Sequence[Any]) -> Distribution:
        """The distribution that `to_wire` described."""
        exact, least, most, total, squares, values, counts = items
        return cls(
            array_from_wire(values).astype(np.float64), array_from_wire(counts).astype(np.int64),
            exact, least, most, _number_from_wire(total), _number_from_wire(squares),
        )  # fmt: skip

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Distribution):
            return NotImplemented
        return repr(self.to_wire()) == repr(other.to_wire())

    def __hash__(self) -> int:
        return hash((self.total, self.squares, self.exact))


@dataclass(frozen=True, eq=False)
class Distinct:
    """How many different things there were, by their 64-bit hashes.

    The hashes must not depend on the machine or the run (XXH3-64 without a seed).

    Attributes:
        hashes: the different ones, ascending (uint64); the `LIMIT` smallest if not `exact`.
        exact: whether there were no others.
    """

    hashes: Array = field(default_factory=lambda: np.zeros(0, dtype=np.uint64))
    exact: bool = True

    @classmethod
    def of(cls, hashes: Array) -> Distinct:
        """The different ones of an array of hashes."""
        return cls._smallest(np.asarray(hashes, dtype=np.uint64), True)

    def merged(self, *others: Distinct) -> Distinct:
        """Those in this one or in one of the others."""
        parts = (self, *others)
        exact = all(each.exact for each in parts)
        return self._smallest(np.concatenate([each.hashes for each in parts]), exact)

    @classmethod
    def _smallest(cls, hashes: Array, exact: bool) -> Distinct:
        hashes = _different(hashes)
        return cls(hashes[:LIMIT], exact and len(hashes) <= LIMIT)

    @property
    def count(self) -> int:
        """How many there were; estimated from the density of the smallest if not `exact`.

        The estimate is off by 0.4 % on average (1 / sqrt(LIMIT)).
        """
        if self.exact:
            return len(self.hashes)
        return ((len(self.hashes) - 1) << 64) // (int(self.hashes[-1]) + 1)

    def to_wire(self) -> list[Any]:
        """As msgpack knows it; equal ones give equal bytes."""
        return [self.exact, array_to_wire(self.hashes)]

    @classmethod
    def from_wire(cls, items: Sequence[Any]) -> Distinct:
        """What `to_wire` described."""
        exact, hashes = items
        return cls(array_from_wire(hashes).astype(np.uint64), exact)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Distinct) and self.to_wire() == other.to_wire()

    def __hash__(self) -> int:
        return hash((len(self.hashes), self.exact))


def bucketed(values: Array) -> Array:
    """The middle of each number's bucket (float64); 0 has a bucket of its own."""
    bits = np.ascontiguousarray(values, dtype=np.float64).view(np.uint64)
    dropped = np.uint64(_DROPPED)
    middles = ((bits >> dropped) << dropped) | np.uint64(1 << (_DROPPED - 1))
    return np.where(values == 0, 0.0, middles.view(np.float64))


def array_to_wire(array: Array) -> list[Any]:
    """The type and the bytes of an array of numbers, in the smallest type that holds them all."""
    kind = "<f8"
    if array.dtype.kind in "iu" or _all_whole(array):
        most = int(array.max()) if len(array) else 0
        kind = next(each for each in _WHOLE if most <= np.iinfo(each).max)
    return [kind, array.astype(kind).tobytes()]


def array_from_wire(items: Sequence[Any]) -> Array:
    """The array that `array_to_wire` described, which is not to be written to."""
    kind, held = items
    return np.frombuffer(held, dtype=kind)


def _all_whole(values: Array) -> bool:
    """Whether floats are whole numbers of at most 32 bits, without a sign."""
    if not len(values) or values[0] < 0 or values[-1] > np.iinfo("<u4").max:
        return False
    return bool((values == np.floor(values)).all())


def _number_to_wire(number: int) -> list[Any]:
    """A whole number as its sign and magnitude without the zeros at its end, and their count."""
    zeros = (number & -number).bit_length() - 1 if number else 0
    number >>= zeros
    return [zeros, number.to_bytes(number.bit_length() // 8 + 1, "little", signed=True)]


def _number_from_wire(items: Sequence[Any]) -> int:
    zeros, held = items
    return int.from_bytes(held, "little", signed=True) << int(zeros)


def _counted(numbers: Array) -> tuple[Array, Array]:
    """The different finite numbers, ascending, and how often each occurs."""
    if numbers.dtype.kind == "u" and len(numbers) and int(numbers.max()) < _DENSE:
        counts = np.bincount(numbers)
        values = np.flatnonzero(counts)
        return values.astype(np.float64), counts[values]
    numbers = numbers.astype(np.float64)
    numbers = numbers[np.isfinite(numbers)] + 0.0  # so that there is no negative zero
    values = np.sort(numbers)
    starts = np.flatnonzero(_first(values))
    return values[starts], np.diff(starts, append=len(values))


def _together(values: Array, counts: Array) -> tuple[Array, Array]:
    """Equal values as one, ascending, with the sums of their counts."""
    if not len(values):
        return values, counts
    order = np.argsort(values, kind="stable")
    values = values[order]
    starts = np.flatnonzero(_first(values))
    return values[starts], np.add.reduceat(counts[order], starts)


def _different(hashes: Array) -> Array:
    """The different numbers of an array, ascending."""
    hashes = np.sort(hashes, kind="stable")
    return hashes[_first(hashes)]


def _first(ascending: Array) -> Array:
    """Where in an ascending array a number occurs for the first time."""
    first = np.ones(len(ascending), dtype=np.bool_)
    np.not_equal(ascending[1:], ascending[:-1], out=first[1:])
    return first


def _sums(values: Array, counts: Array) -> tuple[int, int]:
    """The exact sum and sum of squares of values that occur so often, on their grids."""
    fractions, exponents = np.frexp(values)
    mantissas = np.ldexp(fractions, 53).astype(np.int64)
    shifts = exponents.astype(np.int64) - 53 + GRID
    # Numbers below 2**-1021 have a lower grid than their exponent says: their mantissas end in
    # zeros, which are taken off.
    mantissas = np.where(shifts < 0, mantissas >> np.minimum(-shifts, 62), mantissas)
    shifts = np.maximum(shifts, 0)
    starts = np.flatnonzero(_first(shifts))
    total = squares = 0
    for start, end in zip(starts.tolist(), [*starts[1:].tolist(), len(values)], strict=True):
        shift = int(shifts[start])
        part, times = mantissas[start:end], counts[start:end]
        total += _dot(part, times) << shift
        high, low = abs(part) >> _HALF, abs(part) & _LOW
        square = _dot(high * high, times) << 2 * _HALF
        square += (_dot(high * low, times) << _HALF + 1) + _dot(low * low, times)
        squares += square << 2 * shift
    return total, squares


def _dot(numbers: Array, times: Array) -> int:
    """The exact sum of whole numbers below 2**54, each so many times."""
    return (int((numbers >> _HALF) @ times) << _HALF) + int((numbers & _LOW) @ times)


def _quantile(values: Array, counts: Array, q: float) -> float:
    ends = np.cumsum(counts)
    place = q * (int(ends[-1]) - 1)
    below = math.floor(place)
    low, high = values[np.searchsorted(ends, [below, math.ceil(place)], side="right")].tolist()
    share = place - below
    return float(low if low == high else low * (1 - share) + high * share)


def _robust(values: Array, counts: Array) -> Robust:
    if not len(values):
        return Robust(math.nan, math.nan, math.nan)
    median = _quantile(values, counts, 0.5)
    distances, times = _together(abs(values - median), counts)
    mean = math.fsum((distances * (times / times.sum())).tolist())
    return Robust(median, _quantile(distances, times, 0.5), mean)


EMPTY = Distribution(
    np.zeros(0, dtype=np.float64), np.zeros(0, dtype=np.int64), True, math.nan, math.nan, 0, 0
)
