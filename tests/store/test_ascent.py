from __future__ import annotations

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from tdv.store.ascent import longest_ascent, occurrences


@settings(max_examples=150, deadline=None)
@given(st.permutations(range(8)))
def test_no_longer_chain_ascends(places: list[int]) -> None:
    pairs = list(enumerate(places))
    chain = longest_ascent(pairs)
    assert set(chain) <= set(pairs)
    assert chain == sorted(chain)
    assert [place for _, place in chain] == sorted(place for _, place in chain)
    longer = combinations(places, len(chain) + 1)
    assert not any(list(each) == sorted(each) for each in longer)


def test_what_ascends_is_taken_whole() -> None:
    assert longest_ascent([]) == []
    assert longest_ascent([(0, 3), (1, 4), (5, 9)]) == [(0, 3), (1, 4), (5, 9)]


def test_occurrences_are_counted_from_the_start() -> None:
    assert list(occurrences("abab")) == [("a", 0), ("b", 0), ("a", 1), ("b", 1)]
