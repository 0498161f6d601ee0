"""What is counted of texts, thousands at a time: characters, words, different words.

A word is a run of characters other than ASCII white space and punctuation, the apostrophe
excepted, in the lower-case NFKC form of the text. Words are told apart by a 64-bit hash that is the
same on every machine. It is made of the eight bytes from the word's start on, the next eight, and
so on: most words have no more than eight, so that numpy has to look at words, not at bytes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import xxhash

from tdv.quality.extracting.arrowtext import Buffer

U64 = np.ndarray[Any, np.dtype[np.uint64]]
U32 = np.ndarray[Any, np.dtype[np.uint32]]

# What is counted at once: what that needs stays in the processor's cache.
STEP_ROWS, STEP_BYTES = 1024, 256 << 10
# Of a word's hash so many bits give way to the row's number while the words of rows are sorted.
ROW_BITS = 10
SLOTS = 1 << 16
# Longer words are hashed one by one: they are no words, and one may be a megabyte.
LONGEST = 256
_EIGHT = 8

_IS_WORD = np.ones(256, np.bool_)
_IS_WORD[:0x30] = _IS_WORD[0x3A:0x61] = _IS_WORD[0x7B:0x80] = False
_IS_WORD[0x41:0x5B] = _IS_WORD[ord("'")] = True
# The first n bytes of eight; words have no byte 0, so that what is cut off stands for nothing else.
_FIRST = np.array([(1 << (_EIGHT * n)) - 1 for n in range(_EIGHT + 1)], np.uint64)
# The finaliser of splitmix64.
_ODD, _OTHER = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


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
        first, rows = 0, len(offsets) - 1
        while first < rows:
            fit = int(np.searchsorted(offsets, offsets[first] + STEP_BYTES, side="right")) - 1
            stop = min(max(fit, first + 1), first + STEP_ROWS, rows)
            places = offsets[first : stop + 1]
            first = stop
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
        marked.sort(kind="stable")  # by rows it is in order already
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
    inside = np.zeros(len(data) + 2, np.bool_)
    inside[1:-1] = _IS_WORD[data]
    edges = np.flatnonzero(inside[1:] != inside[:-1])
    # A word that ends its text may touch one that starts the next.
    borders = np.unique(offsets[1:-1])
    touching = borders[inside[borders] & inside[borders + 1]]
    if len(touching):
        places = np.searchsorted(edges, touching).repeat(2)
        edges = np.insert(edges, places, touching.repeat(2))
    return edges[::2], edges[1::2]


def _hashes(data: np.ndarray[Any, Any], starts: Any, stops: Any) -> U64:
    padded = np.zeros(len(data) + _EIGHT, np.uint8)
    padded[: len(data)] = data
    # The eight bytes from every place on.
    eights: U64 = np.ndarray(len(data) + 1, "<u8", padded, strides=(1,))
    lengths = stops - starts
    found = _mixed(eights[starts] & _FIRST[np.minimum(lengths, _EIGHT)])
    longer = np.flatnonzero(lengths > _EIGHT)
    done = _EIGHT
    while len(longer) and done < LONGEST:
        more = eights[starts[longer] + done] & _FIRST[np.minimum(lengths[longer] - done, _EIGHT)]
        found[longer] = _mixed(found[longer] * _OTHER + more)
        done += _EIGHT
        longer = longer[lengths[longer] > done]
    for word in longer.tolist():
        found[word] = xxhash.xxh3_64_intdigest(data[starts[word] : stops[word]].tobytes())
    return found


def _mixed(values: U64) -> U64:
    """Values with each bit of them spread over all."""
    values = (values ^ (values >> np.uint64(30))) * _ODD
    values ^= values >> np.uint64(27)
    values *= _OTHER
    values ^= values >> np.uint64(31)
    return values
