"""Find the rows that are the same row with other values, without comparing each with each."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, TypeVar

from tdv.rowdiff.similarity import THRESHOLD
from tdv.store.ascent import longest_ascent

# Rows are paired within blocks of so many; small blocks each with each, larger ones by search.
BLOCK = 64
EACH_WITH_EACH = 64
# A row is compared with so many that share the most of its rarer tokens.
CANDIDATES = 3
# After so many blocks in a row in which less than this share was alike, rows are tried at their
# place only.
PATIENCE, FEW = 50, 0.1
# Blocks whose rows are all as alike as this in their places are taken as they stand.
STRONG = 0.8
# One row in the place of one other has its place to speak for it.
ALONE = 0.4

T = TypeVar("T")


class AlikePairs(Generic[T]):
    """Pairs items by likeness and place; remembers how well that went, to bound the work.

    Args:
        likeness: of two items, from 0 to 1.
        tokens: what an item is searched by.
    """

    def __init__(self, likeness: Callable[[T, T], float], tokens: Callable[[T], set[Any]]) -> None:
        self._likeness, self._tokens = likeness, tokens
        self._idle = 0

    @property
    def given_up(self) -> bool:
        """Whether so little was alike lately that rows are tried at their place only."""
        return self._idle >= PATIENCE

    def pairs(self, a: Sequence[T], b: Sequence[T]) -> Iterator[tuple[int, int]]:
        """Places of items that are alike, ascending on both sides.

        Each block begins behind the last pair of the one before, so that blocks stay in step.
        """
        at_a = at_b = 0
        while at_a < len(a) and at_b < len(b):
            block_a, block_b = a[at_a : at_a + BLOCK], b[at_b : at_b + BLOCK]
            found = self._block(block_a, block_b)
            yield from ((at_a + i, at_b + j) for i, j in found)
            last_a, last_b = found[-1] if found else (-1, -1)
            if self.given_up:
                at_a, at_b = at_a + len(block_a), at_b + len(block_b)
            elif max(last_a, last_b) + 1 >= BLOCK // 2:
                at_a, at_b = at_a + last_a + 1, at_b + last_b + 1
            else:
                at_a += max(last_a + 1, (len(block_a) + 1) // 2)
                at_b += max(last_b + 1, (len(block_b) + 1) // 2)

    def _block(self, a: Sequence[T], b: Sequence[T]) -> list[tuple[int, int]]:
        places = range(min(len(a), len(b)))
        alike = [self._likeness(a[at], b[at]) for at in places]
        in_place = [(at, at) for at in places if alike[at] >= THRESHOLD]
        steady = len(a) == len(b) and min(alike) >= STRONG
        if len(a) == len(b) == 1 and alike[0] >= ALONE:
            in_place = [(0, 0)]
        if len(a) * len(b) <= EACH_WITH_EACH:
            return in_place if steady or len(a) == len(b) == 1 else self._best_chain(a, b)
        return self._noted(in_place if steady or self.given_up else self._searched(a, b), len(a))

    def _noted(self, found: list[tuple[int, int]], size: int) -> list[tuple[int, int]]:
        """Note whether so many rows were worth looking at."""
        self._idle = 0 if len(found) >= FEW * size else self._idle + 1
        return found

    def _best_chain(self, a: Sequence[T], b: Sequence[T]) -> list[tuple[int, int]]:
        """The ascending pairs with the greatest sum of likenesses."""
        best: list[list[tuple[float, tuple[tuple[int, int], ...]]]]
        best = [[(0.0, ())] * (len(b) + 1) for _ in range(len(a) + 1)]
        for i, old in enumerate(a):
            for j, new in enumerate(b):
                choice = max(best[i][j + 1], best[i + 1][j], key=_score)
                alike = self._likeness(old, new)
                if alike >= THRESHOLD and best[i][j][0] + alike > choice[0]:
                    choice = (best[i][j][0] + alike, (*best[i][j][1], (i, j)))
                best[i + 1][j + 1] = choice
        return list(best[-1][-1][1])

    def _searched(self, a: Sequence[T], b: Sequence[T]) -> list[tuple[int, int]]:
        """Each new item with the old one most like it among those that share rarer tokens."""
        places: dict[Any, list[int]] = defaultdict(list)
        for i, old in enumerate(a):
            for token in self._tokens(old):
                places[token].append(i)
        common = max(2, len(a) // 4)
        chosen: dict[int, tuple[float, int]] = {}
        for j, new in enumerate(b):
            votes: Counter[int] = Counter()
            for token in self._tokens(new):
                found = places.get(token, ())
                if 0 < len(found) <= common:
                    votes.update(found)
            near = sorted(votes, key=lambda i: (-votes[i], abs(i - j)))[:CANDIDATES]
            scored = [(self._likeness(a[i], new), -abs(i - j), i) for i in near]
            alike, _, i = max(scored, default=(0.0, 0, 0))
            if alike >= THRESHOLD and alike > chosen.get(i, (0.0, 0))[0]:
                chosen[i] = (alike, j)
        return longest_ascent([(i, chosen[i][1]) for i in sorted(chosen)])


def _score(choice: tuple[float, tuple[tuple[int, int], ...]]) -> float:
    return choice[0]
