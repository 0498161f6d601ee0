"""The fold: exact totals over rows that merge in any order and any split to the same.

`summarise` makes the summary of a unit from its columns; `Summary.merged` joins any number of
them. Nothing in it is a running mean: counts, exact sums, and bounded lists of (value, count).

A list of counts holds at most `LIMIT` different values; of more, those with the smallest hashes,
and `others` says how many were counted under the rest. A value that is among the `LIMIT` smallest
of all is so in every part that has it, so its count is exact whatever the order and the split.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
from xxhash import xxh3_64_intdigest

from tdv.quality.extracting.columns import (
    BAD,
    CHARS,
    DISTINCT,
    SCORE,
    SHAPE,
    SPLIT,
    TALLY,
    TURNS,
    WORDS,
    category_of,
    chars_of,
    label_of,
    number_of,
    words_of,
)  # fmt: skip
from tdv.quality.extracting.distribution import Distinct, Distribution
from tdv.quality.subject import Roles

Array = Any  # numpy arrays of the types that quality/extracting/columns.py names
Key = TypeVar("Key", str, tuple[str, str])
Held = TypeVar("Held")

LIMIT = 1 << 16
_COUNTED = (label_of(""), category_of(""), SPLIT)


@dataclass(frozen=True)
class Summary:
    """Totals over some rows of a dataset.

    Attributes:
        rows: records, the undecodable included.
        bad: records that do not decode.
        bytes: of the records, with their separators.
        lines: line ends in them.
        numbers: column (`chars`, `words`, `number:confidence`, `turns` …) -> distribution; rows
            without a value do not count: no number, no messages, a text that is missing or empty.
        values: column of codes (`label:expected_intent`, `split` …) -> value -> rows. Rows
            without a value do not count; a value is shown as text, JSON where it is none.
        shapes: (field, type) -> rows, of the rows' own fields; the types are those of JSON:
            null, boolean, integer, number, string, array, object.
        vocabulary: the different words of the main text, as hashes; None where not all of them
            are known.
        tallies: further counts by name, of the profile's own statistics
            (`noise:surface_noise`, `tokens:openai/gpt-4o-mini`).
        crossed: two columns of codes -> two values -> rows that have both.
        repeated: rows whose main text, or whose record where the roles name no text, an earlier
            row has; None where that is not known. A join counts them, not the fold, so it is
            neither merged nor kept.
        others: column (`shape`, `tally`, two columns joined by ` x `) -> what was counted under
            values that are not listed, since there are more than `LIMIT`.
    """

    rows: int = 0
    bad: int = 0
    bytes: int = 0
    lines: int = 0
    numbers: Mapping[str, Distribution] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    shapes: Mapping[tuple[str, str], int] = field(default_factory=dict)
    vocabulary: Distinct | None = field(default_factory=Distinct)
    tallies: Mapping[str, int] = field(default_factory=dict)
    crossed: Mapping[tuple[str, str], Mapping[tuple[str, str], int]] = field(default_factory=dict)
    others: Mapping[str, int] = field(default_factory=dict)
    repeated: int | None = None

    def with_values(self, column: str, counts: Mapping[str, int]) -> Summary:
        """The same, with the counts of a column that is no fact of the rows."""
        return replace(self, values={**self.values, column: dict(counts)})

    def with_repeated(self, rows: int) -> Summary:
        """The same, with the number of rows that repeat an earlier one."""
        return replace(self, repeated=rows)

    def merged(self, *parts: Summary) -> Summary:
        """This summary and others as one; many at once cost less than one after another."""
        parts = (self, *parts)
        words = [part.vocabulary for part in parts if part.vocabulary is not None]
        others = _sum(part.others for part in parts)
        return Summary(
            rows=sum(part.rows for part in parts),
            bad=sum(part.bad for part in parts),
            bytes=sum(part.bytes for part in parts),
            lines=sum(part.lines for part in parts),
            numbers={
                name: same[0].merged(*same[1:])
                for name, same in _by_name(part.numbers for part in parts).items()
            },
            values={
                name: _bounded(_sum(same), name, others)
                for name, same in _by_name(part.values for part in parts).items()
            },
            shapes=_bounded(_sum(part.shapes for part in parts), SHAPE, others),
            vocabulary=words[0].merged(*words[1:]) if len(words) == len(parts) else None,
            tallies=_bounded_tallies(_sum(part.tallies for part in parts), others),
            crossed={
                pair: _bounded(_sum(same), " x ".join(pair), others)
                for pair, same in _by_name(part.crossed for part in parts).items()
            },
            others=dict(others),
        )

    def to_wire(self) -> list[Any]:
        """As msgpack knows it; equal summaries give equal bytes."""
        return [
            self.rows, self.bad, self.bytes, self.lines,
            [[name, held.to_wire()] for name, held in sorted(self.numbers.items())],
            [[name, _listed(counts)] for name, counts in sorted(self.values.items())],
            _listed(self.shapes),
            None if self.vocabulary is None else self.vocabulary.to_wire(),
            _listed(self.tallies),
            [[*pair, _listed(counts)] for pair, counts in sorted(self.crossed.items())],
            _listed(self.others),
        ]  # fmt: skip

    @classmethod
    def from_wire(cls, items: Sequence[Any]) -> Summary:
        """The summary that `to_wire` described."""
        rows, bad, size, lines, numbers, values, shapes, words, tallies, crossed, others = items
        return cls(
            rows, bad, size, lines,
            {name: Distribution.from_wire(held) for name, held in numbers},
            {name: dict(counts) for name, counts in values},
            _paired(shapes),
            None if words is None else Distinct.from_wire(words),
            dict(tallies),
            {(first, second): _paired(counts) for first, second, counts in crossed},
            dict(others),
        )  # fmt: skip


def summarise(
    columns: Mapping[str, Array],
    lists: Mapping[str, Sequence[str]],
    *,
    bytes: int = 0,
    lines: int = 0,
    vocabulary: Array | None = None,
    crossings: Iterable[tuple[str, str]] = (),
) -> Summary:
    """The summary of a unit.

    Args:
        columns: name -> one value a row, as `tdv.quality.extracting.columns` says.
        lists: column of codes -> the texts of its codes, that of code 1 first.
        bytes: of the unit in its file, and `lines`: line ends in it.
        vocabulary: hashes of the words of the main text, in any order and number; None where
            they are not known.
        crossings: pairs of columns to count together; those that are not there are left out.
    """
    others: Counter[str] = Counter()
    numbers = {
        name: Distribution.of(column[present])
        for name, column in columns.items()
        if (present := _present(name, columns)) is not None and present.any()
    }
    values = {
        name: _bounded(counts, name, others)
        for name in columns
        if name.startswith(_COUNTED) and (counts := _of_codes(columns, lists, name))
    }
    return Summary(
        rows=len(next(iter(columns.values()))) if columns else 0,
        bad=int(columns[BAD].sum()) if BAD in columns else 0,
        bytes=bytes,
        lines=lines,
        numbers=numbers,
        values=values,
        shapes=_bounded(_shapes(_of_codes(columns, lists, SHAPE)), SHAPE, others),
        vocabulary=None if vocabulary is None else Distinct.of(vocabulary),
        tallies=_bounded_tallies(_tallies(_of_codes(columns, lists, TALLY)), others),
        crossed={
            pair: _bounded(both, " x ".join(pair), others)
            for pair in crossings
            if (both := _crossed(columns, lists, *pair))
        },
        others=dict(others),
    )


def column_of(roles: Roles, name: str) -> str:
    """The column with the codes of a field, whatever its role."""
    if name in roles.label:
        return label_of(name)
    return SPLIT if name == roles.split else category_of(name)


def crossings(roles: Roles, name: str) -> tuple[tuple[str, str], ...]:
    """Which columns to count together for GOV003: every label with the field that it looks at."""
    others = [label for label in roles.label if name and label != name]
    return tuple((label_of(label), column_of(roles, name)) for label in others)


def _present(name: str, columns: Mapping[str, Array]) -> Array | None:
    """In which rows a column of numbers has a value; None for other columns."""
    column = columns[name]
    if name.startswith(number_of("")) or name == SCORE:
        return np.isfinite(column)
    if name == TURNS:
        return column > 0
    if name in (CHARS, WORDS, DISTINCT):
        return columns[CHARS] > 0
    if name.startswith((chars_of(""), words_of(""))):
        return columns[chars_of(name.partition(":")[2])] > 0
    return None


def _of_codes(
    columns: Mapping[str, Array], lists: Mapping[str, Sequence[str]], name: str
) -> dict[str, int]:
    """Text -> rows, of a column of codes; nothing where there is none."""
    if name not in columns:
        return {}
    texts = lists[name]
    counts = np.bincount(columns[name], minlength=len(texts) + 1)[1:].tolist()
    return {text: count for text, count in zip(texts, counts, strict=True) if count}


def _shapes(counts: Mapping[str, int]) -> dict[tuple[str, str], int]:
    """(Field, type) -> rows, of shapes as JSON -> rows."""
    found: Counter[tuple[str, str]] = Counter()
    for shape, count in counts.items():
        for name, kind in json.loads(shape):
            found[name, kind] += count
    return dict(found)


def _tallies(counts: Mapping[str, int]) -> dict[str, int]:
    """Name -> sum, of lists of (name, number) as JSON -> rows."""
    found: Counter[str] = Counter()
    for tally, count in counts.items():
        for name, number in json.loads(tally):
            found[name] += number * count
    return dict(found)


def _crossed(
    columns: Mapping[str, Array], lists: Mapping[str, Sequence[str]], first: str, second: str
) -> dict[tuple[str, str], int]:
    """Two texts -> rows that have both."""
    if first not in columns or second not in columns:
        return {}
    one, two = columns[first].astype(np.int64), columns[second].astype(np.int64)
    both, counts = np.unique(
        (one * (len(lists[second]) + 1) + two)[(one > 0) & (two > 0)], return_counts=True
    )
    codes = zip(*np.divmod(both, len(lists[second]) + 1), counts, strict=True)
    return {(lists[first][a - 1], lists[second][b - 1]): int(count) for a, b, count in codes}


def _bounded(counts: Mapping[Key, int], name: str, others: Counter[str]) -> dict[Key, int]:
    """The counts of the `LIMIT` keys with the smallest hashes; the rest goes to `others[name]`."""
    if len(counts) <= LIMIT:
        return dict(counts)
    kept = sorted(counts, key=_drawn)[:LIMIT]
    found = {key: counts[key] for key in kept}
    others[name] += sum(counts.values()) - sum(found.values())
    return found


def _bounded_tallies(counts: Mapping[str, int], others: Counter[str]) -> dict[str, int]:
    """Likewise of each kind of tallies, so that very many roles push no count of rows out."""
    if len(counts) <= LIMIT:
        return dict(counts)
    kinds: dict[str, dict[str, int]] = {}
    for name, count in counts.items():
        kinds.setdefault(name.partition(":")[0], {})[name] = count
    bounded = [_bounded(held, TALLY, others) for held in kinds.values()]
    return {name: count for held in bounded for name, count in held.items()}


def _drawn(key: Key) -> tuple[int, Key]:
    text = key if isinstance(key, str) else "\0".join(key)
    return xxh3_64_intdigest(text.encode("utf-8", "surrogatepass")), key


def _sum(parts: Iterable[Mapping[Key, int]]) -> Counter[Key]:
    found: Counter[Key] = Counter()
    for part in parts:
        found.update(part)
    return found


def _by_name(parts: Iterable[Mapping[Key, Held]]) -> dict[Key, list[Held]]:
    """Name -> what each of the parts that know it has of it."""
    found: dict[Key, list[Held]] = {}
    for part in parts:
        for name, held in part.items():
            found.setdefault(name, []).append(held)
    return found


def _listed(counts: Mapping[Any, int]) -> list[Any]:
    return [[key, count] for key, count in sorted(counts.items())]


def _paired(items: Iterable[tuple[Sequence[str], int]]) -> dict[tuple[str, str], int]:
    return {(first, second): count for (first, second), count in items}
