"""Distributions and distinct counts: exact, and the same in any order and any split."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise

import msgpack
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tdv.quality.extracting import distribution
from tdv.quality.extracting.distribution import EMPTY, Distinct, Distribution, bucketed

finite = st.floats(allow_nan=False, allow_infinity=False)
numbers = st.lists(finite | st.integers(0, 30).map(float), max_size=60)
hashes = st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 40), max_size=60)


def wire(thing):
    return msgpack.packb(thing.to_wire())


@given(data=st.data(), numbers=numbers, size=st.sampled_from([5, 1 << 16]))
def test_any_split_and_order_of_numbers_gives_the_same_distribution(data, numbers, size):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(distribution, "LIMIT", size)
        whole = Distribution.of(np.array(numbers, np.float64))
        shuffled = data.draw(st.permutations(numbers))
        cuts = sorted(data.draw(st.lists(st.integers(0, len(numbers)), max_size=4)))
        bounds = [0, *cuts, len(numbers)]
        parts = [Distribution.of(np.array(shuffled[a:b], np.float64)) for a, b in pairwise(bounds)]
        left = EMPTY
        for part in parts:
            left = left.merged(part)
        right = EMPTY
        for part in reversed(parts):
            right = part.merged(right)
        assert wire(left) == wire(right) == wire(EMPTY.merged(*parts)) == wire(whole)
        assert Distribution.from_wire(msgpack.unpackb(wire(whole))) == whole


@given(numbers=numbers)
def test_sums_are_exact(numbers):
    found = Distribution.of(np.array(numbers, np.float64))
    assert Fraction(found.total, 2**1074) == sum(map(Fraction, numbers))
    assert Fraction(found.squares, 2**2148) == sum(Fraction(each) ** 2 for each in numbers)
    assert found.count == len(numbers)


# Not so small that their squares, which numpy rounds, are 0.
ordinary = st.floats(1e-100, 1e100) | st.floats(-1e9, -1e-9) | st.just(0.0)


@given(numbers=st.lists(ordinary, min_size=1, max_size=40), q=st.floats(0, 1))
def test_figures_are_those_of_numpy(numbers, q):
    array = np.array(numbers, np.float64)
    found = Distribution.of(array)
    scale = max(map(abs, numbers)) * 1e-9
    assert found.mean == pytest.approx(array.mean(), abs=scale)
    assert found.sd == pytest.approx(array.std(), abs=scale)
    assert found.quantile(q) == pytest.approx(np.quantile(array, q), abs=scale)
    median = np.median(array)
    assert found.robust.median == pytest.approx(median, abs=scale)
    assert found.robust.mad == pytest.approx(np.median(abs(array - median)), abs=scale)
    assert found.robust.mean == pytest.approx(abs(array - median).mean(), abs=scale)
    assert (found.least, found.most) == (array.min(), array.max())
    assert sum(held for _, _, held in found.histogram(7)) == len(numbers)


def test_a_mean_rounds_once():
    tenths = Distribution.of(np.full(10, 0.1))
    assert tenths.mean == 0.1
    assert tenths.sd == 0.0


def test_whole_numbers_and_floats_of_the_same_value_agree():
    lengths = np.array([3, 1, 3, 0, 7], np.uint32)
    assert Distribution.of(lengths) == Distribution.of(lengths.astype(np.float64))
    assert Distribution.of(lengths).values.tolist() == [0, 1, 3, 7]
    assert Distribution.of(lengths).counts.tolist() == [1, 1, 2, 1]


def test_large_whole_numbers_are_sorted_and_not_counted_in_an_array():
    found = Distribution.of(np.array([4_000_000_000, 1, 4_000_000_000], np.uint32))
    assert found.values.tolist() == [1, 4_000_000_000]
    assert found.total >> 1074 == 8_000_000_001


def test_what_is_not_finite_does_not_count():
    found = Distribution.of(np.array([math.nan, math.inf, 2.0, -math.inf]))
    assert (found.count, found.mean) == (1, 2.0)
    assert Distribution.of(np.array([math.nan])) == EMPTY


def test_there_is_no_negative_zero():
    assert math.copysign(1, Distribution.of(np.array([-0.0])).least) == 1
    assert Distribution.of(np.array([-0.0, 0.0])).values.tolist() == [0]


def test_nothing_has_no_figures():
    assert EMPTY.count == 0
    assert math.isnan(EMPTY.mean)
    assert math.isnan(EMPTY.sd)
    assert math.isnan(EMPTY.quantile(0.5))
    assert math.isnan(EMPTY.robust.mad)
    assert EMPTY.histogram(3) == ()


@given(finite)
def test_a_bucket_depends_on_the_value_alone_and_is_narrow(value):
    (middle,) = bucketed(np.array([value])).tolist()
    assert bucketed(np.array([middle])).tolist() == [middle]
    if abs(value) > 1e-300:
        assert abs(middle - value) <= 0.0005 * abs(value)


def test_buckets_keep_the_order():
    values = np.sort(np.random.default_rng(1).normal(size=2000))
    assert (np.diff(bucketed(values)) >= 0).all()


def test_beyond_the_limit_figures_stay_within_a_tenth_of_a_percent():
    values = np.random.default_rng(2).lognormal(3, 2, size=200_000)
    found = Distribution.of(values)
    assert not found.exact
    assert len(found.values) < 1 << 16
    assert found.quantile(0.9) == pytest.approx(np.quantile(values, 0.9), rel=5e-4)
    assert found.mean == pytest.approx(values.mean(), rel=1e-12)
    assert (found.quantile(0), found.quantile(1)) == (values.min(), values.max())
    logs = np.log1p(values)
    assert found.robust_log.mad == pytest.approx(np.median(abs(logs - np.median(logs))), rel=1e-2)


def test_at_the_limit_all_values_are_kept():
    assert Distribution.of(np.arange(1 << 16, dtype=np.float64)).exact
    assert not Distribution.of(np.arange((1 << 16) + 1, dtype=np.float64)).exact


def test_negative_numbers_have_no_log_and_do_not_count_there():
    assert Distribution.of(np.array([-5.0, 0.0, 0.0])).robust_log == (0.0, 0.0, 0.0)


def test_a_histogram_puts_its_bounds_into_bins():
    found = Distribution.of(np.array([0, 1, 2, 3, 4], np.uint32))
    assert found.histogram(2) == ((0.0, 2.0, 2), (2.0, 4.0, 3))
    assert Distribution.of(np.array([7, 7], np.uint32)).histogram(5) == ((7.0, 7.0, 2),)


@given(data=st.data(), hashes=hashes, size=st.sampled_from([5, 1 << 16]))
def test_any_split_and_order_of_hashes_gives_the_same_count(data, hashes, size):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(distribution, "LIMIT", size)
        whole = Distinct.of(np.array(hashes, np.uint64))
        shuffled = data.draw(st.permutations(hashes))
        cut = data.draw(st.integers(0, len(hashes)))
        parts = [
            Distinct.of(np.array(part, np.uint64)) for part in (shuffled[:cut], shuffled[cut:])
        ]
        both = parts[1].merged(Distinct(), parts[0])
        assert wire(both) == wire(whole)
        assert both == Distinct.from_wire(msgpack.unpackb(wire(whole)))
        if len(set(hashes)) <= size:
            assert (both.count, both.exact) == (len(set(hashes)), True)


def test_beyond_the_limit_the_count_is_estimated():
    met = np.random.default_rng(3).integers(0, 1 << 63, 300_000, dtype=np.uint64) * np.uint64(2)
    found = Distinct.of(met)
    assert (len(found.hashes), found.exact) == (1 << 16, False)
    assert found.count == pytest.approx(300_000, rel=0.02)
