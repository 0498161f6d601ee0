"""The facts of the rows of one unit, as they are made, joined and remembered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import msgpack
import msgspec
import numpy as np

from tdv.quality.extracting.columns import BAD, coded

Array = np.ndarray[Any, Any]


LISTS, HIT_CODES = "lists", "hit codes"
HIT_ROWS, HIT_WHICH, HIT_COUNTS = "hit rows", "hit which", "hit counts"
VOCABULARY, SIZES, SUMMARY = "vocabulary", "sizes", "summary"
_NO_COLUMNS = {LISTS, HIT_CODES, HIT_ROWS, HIT_WHICH, HIT_COUNTS, VOCABULARY, SIZES, SUMMARY}

_encode = msgspec.json.Encoder(order="deterministic", enc_hook=str).encode


class Remembered(Protocol):
    """Parts of a unit's facts, wherever they are kept."""

    @property
    def names(self) -> list[str]: ...

    def payload(self, name: str) -> bytes | None: ...

    def arrays(self, names: Iterable[str]) -> dict[str, Any] | None: ...


@dataclass(frozen=True)
class Hits:
    """Rows in which rules on one row found something; sparse, in order of row.

    Attributes:
        rows: u32, numbers from the unit's first row.
        which: u16, places in `codes`.
        counts: u32, faults of that rule in that row.
        codes: of the rules.
    """

    rows: Array
    which: Array
    counts: Array
    codes: tuple[str, ...]

    @classmethod
    def of(cls, found: Sequence[tuple[int, str, int]]) -> Hits:
        """Hits from (row, code, faults)."""
        codes = sorted({code for _, code, _ in found})
        place = {code: i for i, code in enumerate(codes)}
        ordered = sorted((row, place[code], count) for row, code, count in found)
        rows, which, counts = zip(*ordered, strict=True) if ordered else ((), (), ())
        return cls(
            np.array(rows, np.uint32),
            np.array(which, np.uint16),
            np.array(counts, np.uint32),
            tuple(codes),
        )

    def __iter__(self) -> Iterator[tuple[int, str, int]]:
        """(row, code, faults), in order."""
        for row, which, count in zip(
            self.rows.tolist(), self.which.tolist(), self.counts.tolist(), strict=True
        ):
            yield row, self.codes[which], count


@dataclass(frozen=True)
class Facts:
    """What is known of the rows of a unit.

    Attributes:
        columns: name -> one value a row, see `tdv.quality.extracting.columns`.
        lists: column of codes -> the texts that its codes 1, 2, … stand for.
        hits: what the rules on one row found.
        bytes: of the unit in its file, and `lines`: line ends in it.
        vocabulary: hashes of the different words of the main text, sorted; None where they were
            not counted, because rows were copied from another version.
    """

    columns: Mapping[str, Array]
    lists: Mapping[str, tuple[str, ...]]
    hits: Hits
    bytes: int = 0
    lines: int = 0
    vocabulary: Array | None = None

    def __len__(self) -> int:
        return len(self.columns[BAD])

    @classmethod
    def from_parts(cls, parts: Remembered) -> Facts | None:
        """The facts that `to_parts` gave; None where a part is missing or damaged."""
        hits = hits_of(parts)
        lists = lists_of(parts)
        columns = parts.arrays([name for name in parts.names if name not in _NO_COLUMNS])
        sizes = parts.arrays([SIZES])
        if hits is None or lists is None or columns is None or sizes is None:
            return None
        vocabulary = parts.arrays([VOCABULARY])
        size, lines = sizes[SIZES].tolist()
        words = None if vocabulary is None else vocabulary[VOCABULARY]
        return cls(columns, lists, hits, size, lines, words)

    def to_parts(self) -> dict[str, Any]:
        """What a memory keeps: arrays, and bytes for the rest."""
        parts: dict[str, Any] = dict(self.columns)
        parts[LISTS] = msgpack.packb({name: list(texts) for name, texts in self.lists.items()})
        parts[HIT_CODES] = msgpack.packb(list(self.hits.codes))
        parts[HIT_ROWS], parts[HIT_WHICH] = self.hits.rows, self.hits.which
        parts[HIT_COUNTS] = self.hits.counts
        parts[SIZES] = np.array([self.bytes, self.lines], np.int64)
        if self.vocabulary is not None:
            parts[VOCABULARY] = self.vocabulary
        return parts


def hits_of(parts: Remembered) -> Hits | None:
    """What the rules on one row found in a unit; None where that is not known."""
    codes = parts.payload(HIT_CODES)
    arrays = parts.arrays([HIT_ROWS, HIT_WHICH, HIT_COUNTS])
    if codes is None or arrays is None:
        return None
    return Hits(
        arrays[HIT_ROWS], arrays[HIT_WHICH], arrays[HIT_COUNTS], tuple(msgpack.unpackb(codes))
    )


def shown(value: Any) -> str | None:
    """A value as lists of values show it: a text as it is, None for none, else JSON."""
    if value is None or type(value) is str:
        return value
    return _encode(value).decode()


def lists_of(parts: Remembered) -> dict[str, tuple[str, ...]] | None:
    """The texts that codes stand for; None where that is not known."""
    payload = parts.payload(LISTS)
    if payload is None:
        return None
    return {name: tuple(texts) for name, texts in msgpack.unpackb(payload).items()}


class Codes(dict[Any, int]):
    """Gives texts their codes, from 1 on, in the order in which they come; None has code 0.

    Any other value has the code of the text that stands for it.

    Args:
        shown: gives that text.
    """

    def __init__(self, shown: Callable[[Any], str | None] = str) -> None:
        super().__init__({None: 0})
        self._shown = shown

    def __missing__(self, value: Any) -> int:
        if type(value) is str:
            code = self[value] = len(self)
            return code
        # True is 1 as a key, so that only texts are kept.
        return self[self._shown(value)]

    def encode(self, values: Sequence[Any]) -> Array:
        """The codes of values."""
        try:
            return np.fromiter(map(self.__getitem__, values), np.uint32, len(values))
        except TypeError:  # a list or an object is no key
            texts = [each if type(each) is str else self._shown(each) for each in values]
            return np.array([self[text] for text in texts], np.uint32)

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts, in order of their codes."""
        return tuple(self)[1:]


def narrowed(codes: Array, count: int) -> Array:
    """Codes in the smallest type that holds `count` of them."""
    return codes.astype(np.min_scalar_type(count))


def spliced(sources: Sequence[Facts], which: Array, rows: Array, size: int, lines: int) -> Facts:
    """Facts whose rows come from several units: row i is row `rows[i]` of `sources[which[i]]`.

    The vocabulary is not known of them.
    """
    columns: dict[str, Array] = {}
    lists: dict[str, tuple[str, ...]] = {}
    for name in sources[-1].columns:
        parts = [source.columns[name] for source in sources]
        if coded(name):
            codes = Codes()
            parts = [
                _recoded(part, source.lists[name], codes)
                for part, source in zip(parts, sources, strict=True)
            ]
        column = _taken(parts, which, rows)
        if coded(name):
            column, lists[name] = _compact(column, codes.texts)
        columns[name] = column
    return Facts(columns, lists, _spliced_hits(sources, which, rows), size, lines)


def _recoded(column: Array, texts: Sequence[str], codes: Codes) -> Array:
    table = np.zeros(len(texts) + 1, np.uint32)
    table[1:] = codes.encode(texts)
    return table[column]


def _taken(parts: Sequence[Array], which: Array, rows: Array) -> Array:
    starts = np.cumsum([0, *map(len, parts)])
    taken: Array = np.concatenate(parts)[starts[which] + rows]
    return taken


def _compact(column: Array, texts: tuple[str, ...]) -> tuple[Array, tuple[str, ...]]:
    """Drop the texts that no row has any more."""
    used = np.unique(column)
    used = used[used > 0]
    table = np.zeros(len(texts) + 1, np.uint32)
    table[used] = np.arange(1, len(used) + 1)
    kept = tuple(texts[code - 1] for code in used.tolist())
    return narrowed(table[column], len(kept)), kept


def _spliced_hits(sources: Sequence[Facts], which: Array, rows: Array) -> Hits:
    found: list[tuple[int, str, int]] = []
    for number, source in enumerate(sources):
        hits = source.hits
        if not len(hits.rows):
            continue
        here = np.flatnonzero(which == number)
        old = rows[here]
        lows = np.searchsorted(hits.rows, old, side="left")
        highs = np.searchsorted(hits.rows, old, side="right")
        for at in np.flatnonzero(highs > lows).tolist():
            new = int(here[at])
            for place in range(int(lows[at]), int(highs[at])):
                found.append((new, hits.codes[hits.which[place]], int(hits.counts[place])))
    return Hits.of(found)
