"""Which rows of two stretches are the same row in the same order.

Rows that occur once on both sides are matched first, and the longest chain of them that
ascends on both sides is kept (the patience algorithm); between two of those, rows are matched
occurrence by occurrence in the same way, so that repeated rows align too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from itertools import compress
from operator import ne

from tdv.store.ascent import longest_ascent, occurrences

# With fewer rows in their old place than this share, a stretch is taken to have shifted.
STEADY = 0.75


def equal_runs(a: Sequence[Hashable], b: Sequence[Hashable]) -> tuple[int, int]:
    """How many items are equal from the start, and how many of the others from the end."""
    shorter = min(len(a), len(b))
    head = next(compress(range(shorter), map(ne, a, b)), shorter)
    rest = shorter - head
    tail = next(compress(range(rest), map(ne, reversed(a), reversed(b))), rest)
    return head, tail


def differing_runs(a: Sequence[bytes], b: Sequence[bytes]) -> list[tuple[int, int]] | None:
    """Runs of places where two lists of the same length differ; None when most places do."""
    differing = list(compress(range(len(a)), map(ne, a, b)))
    if len(differing) > (1 - STEADY) * len(a):
        return None
    runs: list[tuple[int, int]] = []
    for place in differing:
        if runs and runs[-1][1] == place:
            runs[-1] = (runs[-1][0], place + 1)
        else:
            runs.append((place, place + 1))
    return runs


def align(a: Sequence[Hashable], b: Sequence[Hashable]) -> list[tuple[int, int]]:
    """Places of equal items, ascending on both sides."""
    if len(a) == len(b) == 1:
        return [(0, 0)] if a[0] == b[0] else []
    anchors = longest_ascent(_once_in_both(a, b))
    pairs: list[tuple[int, int]] = []
    at_a = at_b = 0
    for next_a, next_b in [*anchors, (len(a), len(b))]:
        if at_a < next_a and at_b < next_b:
            inner = _align_repeated(a[at_a:next_a], b[at_b:next_b])
            pairs += [(at_a + i, at_b + j) for i, j in inner]
        if next_a < len(a):
            pairs.append((next_a, next_b))
        at_a, at_b = next_a + 1, next_b + 1
    return pairs


def _once_in_both(a: Sequence[Hashable], b: Sequence[Hashable]) -> list[tuple[int, int]]:
    counts_a, counts_b = Counter(a), Counter(b)
    places = {item: place for place, item in enumerate(b) if counts_b[item] == 1}
    return [
        (place, places[item])
        for place, item in enumerate(a)
        if item in places and counts_a[item] == 1
    ]


def _align_repeated(a: Sequence[Hashable], b: Sequence[Hashable]) -> list[tuple[int, int]]:
    head, tail = equal_runs(a, b)
    places = {key: place for place, key in enumerate(occurrences(b[head : len(b) - tail]), head)}
    middle = [
        (place, places[key])
        for place, key in enumerate(occurrences(a[head : len(a) - tail]), head)
        if key in places
    ]
    return [
        *((place, place) for place in range(head)),
        *longest_ascent(middle),
        *((len(a) - back, len(b) - back) for back in range(tail, 0, -1)),
    ]
