"""Pair what is the same in two lists, in the same order: of chunks, of rows."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import TypeVar

T = TypeVar("T", bound=Hashable)


def longest_ascent(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest chain of pairs, given in order of the first place, that ascends in both.

    By patience sorting; a list that ascends already costs one look.
    """
    if all(map(_ascends, pairs, pairs[1:])):
        return list(pairs)
    ends: list[int] = []
    last: list[int] = []
    before = [-1] * len(pairs)
    for index, (_, place) in enumerate(pairs):
        pile = bisect_left(ends, place)
        if pile == len(ends):
            ends.append(place)
            last.append(index)
        else:
            ends[pile] = place
            last[pile] = index
        before[index] = last[pile - 1] if pile else -1
    chain = []
    index = last[-1] if last else -1
    while index >= 0:
        chain.append(pairs[index])
        index = before[index]
    return chain[::-1]


def occurrences(items: Iterable[T]) -> Iterator[tuple[T, int]]:
    """Each item with how many equal ones stand before it."""
    seen: dict[T, int] = {}
    for item in items:
        count = seen.get(item, 0)
        seen[item] = count + 1
        yield item, count


def _ascends(first: tuple[int, int], second: tuple[int, int]) -> bool:
    return first[1] < second[1]
