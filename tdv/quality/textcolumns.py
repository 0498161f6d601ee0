"""What is counted of texts, thousands at a time: characters, words, different words.

A word is a run of characters other than ASCII white space and punctuation, the apostrophe
excepted, in the lower-case NFKC form of the text. Words are told apart by a 64-bit hash: the sum of
a random number for each byte times a power of an odd number for its place, modulo 2**64, which
numpy takes from one running sum over all bytes.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from tdv.quality.arrowtext import Buffer

U64 = np.ndarray[Any, np.dtype[np.uint64]]
U32 = np.ndarray[Any, np.dtype[np.uint32]]

# Rows that are counted at once: what they need stays in the processor's cache.
STEP_ROWS = 1024
# Of a word's hash so many bits give way to the row's number while the words of rows are sorted.
ROW_BITS = 10
SLOTS = 1 << 16
_STEP = 0x9E3779B97F4A7C15
_INVERSE = pow(_STEP, -1, 1 << 64)

_IS_WORD = np.ones(256, np.bool_)
_IS_WORD[:0x30] = _IS_WORD[0x3A:0x61] = _IS_WORD[0x7B:0x80] = False
_IS_WORD[0x41:0x5B] = _IS_WORD[ord("'")] = True
# Fixed numbers, since hashes have to agree between machines.
_OF_BYTE = np.random.Generator(np.random.PCG64(20261121)).integers(1, (1 << 64) - 1, 256, np.uint64)


class WordCounter:
    """Counts the words of texts, and gathers the different ones."""

    def __init__(self) -> None:
        # The word seen last in each slot: most words were, and need no second look.
        self._seen = np.zeros(SLOTS, np.uint64)
        self._met: list[U64] = []

    def count(self, low: Buffer) -> tuple[U32, U32]:
        """Words, and different words, of each text; the texts are in lower case."""
        data, offsets = low
        counts, distincts = [], []
        for first in range(0, len(offsets) - 1, STEP_ROWS):
            places = offsets[first : first + STEP_ROWS + 1]
            part = Buffer(data[places[0] : places[-1]], places - places[0])
            count, distinct = self._count(part)
            counts.append(count)
            distincts.append(distinct)
        if not counts:
            return np.empty(0, np.uint32), np.empty(0, np.uint32)
        return np.concatenate(counts), np.concatenate(distincts)

    def met(self) -> U64:
        """The hashes of all words so far, each once, in order."""
        return np.unique(np.concatenate(self._met)) if self._met else np.empty(0, np.uint64)

    def _count(self, low: Buffer) -> tuple[U32, U32]:
        rows = len(low.offsets) - 1
        starts, stops = _word_bounds(low)
        count = np.diff(np.searchsorted(starts, low.offsets)).astype(np.uint32)
        hashes = _hashes(low.data, starts, stops)
        self._meet(hashes)
        owner = np.repeat(np.arange(rows, dtype=np.uint64), count)
        marked = (owner << np.uint64(64 - ROW_BITS)) | (hashes >> np.uint64(ROW_BITS))
        marked.sort()
        new = np.ones(len(marked), np.bool_)
        new[1:] = marked[1:] != marked[:-1]
        holders = (marked[new] >> np.uint64(64 - ROW_BITS)).astype(np.int64)
        return count, np.bincount(holders, minlength=rows).astype(np.uint32)

    def _meet(self, hashes: U64) -> None:
        slots = hashes & np.uint64(SLOTS - 1)
        unseen = self._seen[slots] != hashes
        if unseen.any():
            new = np.unique(hashes[unseen])
            self._seen[new & np.uint64(SLOTS - 1)] = new
            self._met.append(new)


def _word_bounds(low: Buffer) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Where words start and stop; none reaches from one text into the next."""
    data, offsets = low
    inside = np.zeros(len(data) + 1, np.bool_)
    inside[:-1] = _IS_WORD[data]
    starts = inside.copy()
    starts[1:] &= ~inside[:-1]
    stops = np.zeros(len(data) + 1, np.bool_)
    stops[1:] = inside[:-1] & ~inside[1:]
    # A word that ends its text may touch one that starts the next.
    edges = offsets[1:-1]
    edges = edges[(edges > 0) & (edges < len(data))]
    touching = edges[inside[edges] & inside[edges - 1]]
    starts[touching] = stops[touching] = True
    return np.flatnonzero(starts), np.flatnonzero(stops)


def _hashes(data: np.ndarray[Any, Any], starts: Any, stops: Any) -> U64:
    powers, inverses = _powers(1 << max(20, (len(data) + 1).bit_length()))
    sums = np.zeros(len(data) + 1, np.uint64)
    np.cumsum(_OF_BYTE[data] * powers[: len(data)], out=sums[1:])
    found: U64 = (sums[stops] - sums[starts]) * inverses[starts]
    found ^= found >> np.uint64(29)
    found *= np.uint64(0xBF58476D1CE4E5B9)
    found ^= found >> np.uint64(32)
    return found


@lru_cache(2)
def _powers(size: int) -> tuple[U64, U64]:
    """The first powers of the step and of its inverse, modulo 2**64."""
    both = []
    for base in (_STEP, _INVERSE):
        powers = np.full(size, base, np.uint64)
        powers[0] = 1
        both.append(np.cumprod(powers, dtype=np.uint64))
    return both[0], both[1]
