"""Extraction: records -> columns, hits and word hashes. The costly step, done once for a row.

Measured on the intent rows of docs/benchmarks.md: see there for microseconds a row and stage.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from time import thread_time
from typing import Any, TypeVar

import msgspec
import numpy as np
import pyarrow.compute as pc
import xxhash

from tdv.errors import RuleFailed
from tdv.quality.extracting import columns as names
from tdv.quality.extracting.arrowtext import as_arrow, lowered, normalised
from tdv.quality.extracting.batch import Batch, Decoded
from tdv.quality.extracting.facts import Codes, Facts, Hits, narrowed, shown
from tdv.quality.extracting.summary import column_of
from tdv.quality.extracting.tallies import may_have_tallies, tallies
from tdv.quality.extracting.textcolumns import WordCounter
from tdv.quality.rule import RowRule
from tdv.quality.rules.quality_score import SCORE, mcf_score
from tdv.quality.rules.records import REPEATED, record_fault, repeated_fields
from tdv.quality.subject import JSON_TYPES, Roles, Row, Subject

Array = np.ndarray[Any, Any]
Given = TypeVar("Given")
Result = TypeVar("Result")

_ENCODER = msgspec.json.Encoder(order="deterministic", enc_hook=str)
_encode = _ENCODER.encode


class Extractor:
    """Makes the facts of one unit, batch by batch.

    Attributes:
        seconds: of CPU, by stage and rule.

    Args:
        subject: of the dataset.
        rules: the rules on one row that apply to it.
        seed: of the fingerprints.
        decode: what makes rows of records.
    """

    def __init__(
        self,
        subject: Subject,
        rules: Sequence[RowRule],
        seed: int,
        decode: Callable[[Sequence[bytes]], Decoded],
    ) -> None:
        self._subject, self._rules = subject, rules
        self._seed, self._decode = seed, decode
        self._scored = any(rule.code == SCORE for rule in rules)
        self._words = WordCounter()
        self._codes: dict[str, Codes] = {}
        self._parts: dict[str, list[Array]] = {}
        self._hits: list[tuple[int, str, int]] = []
        self._rows = 0
        self.seconds: dict[str, float] = defaultdict(float)

    def add(self, bodies: Sequence[bytes]) -> None:
        """The next records of the unit, at most `BATCH_ROWS`."""
        rows, reasons = self._timed("decoding", self._decode, bodies)
        batch = Batch(bodies, rows, self._subject)
        self._put(names.RECORD, self._pairs(bodies))
        bad = np.zeros(len(rows), np.uint8)
        bad[list(reasons)] = 1
        self._put(names.BAD, bad)
        self._timed("words", self._add_texts, batch)
        self._timed("fields", self._add_fields, batch)
        self._timed("shapes", self._add_shapes, batch)
        self._find(batch, reasons)
        self._rows += len(rows)

    def _timed(self, name: str, work: Callable[[Given], Result], given: Given) -> Result:
        start = thread_time()
        try:
            return work(given)
        finally:
            self.seconds[name] += thread_time() - start

    def finish(self, size: int, lines: int) -> Facts:
        """The facts of all rows that were added.

        Args:
            size: bytes of the unit.
            lines: line ends in it.
        """
        if not self._parts:
            self.add([])
        columns = {name: np.concatenate(parts) for name, parts in self._parts.items()}
        lists = {name: codes.texts for name, codes in self._codes.items()}
        for name, texts in lists.items():
            columns[name] = narrowed(columns[name], len(texts))
        words = self._words.met() if self._subject.words else None
        return Facts(columns, lists, Hits.of(self._hits), size, lines, words)

    def _put(self, name: str, values: Array) -> None:
        self._parts.setdefault(name, []).append(values)

    def _put_codes(self, name: str, values: Sequence[Any]) -> None:
        self._put(name, self._codes.setdefault(name, Codes(shown)).encode(values))

    def _pairs(self, bodies: Iterable[bytes | memoryview]) -> Array:
        """Seeded fingerprints of 128 bits; that of no bytes is 0."""
        digest, seed = xxhash.xxh3_128_digest, self._seed
        joined = b"".join([digest(body, seed) if body else bytes(16) for body in bodies])
        return np.frombuffer(joined, np.uint64).reshape(-1, 2)

    def _fingerprints(self, values: Sequence[Any]) -> Array:
        """Seeded fingerprints of 64 bits of any values; that of None is 0."""
        digest, seed = xxhash.xxh3_64_intdigest, self._seed
        lines = _ENCODER.encode_lines(values).split(b"\n")
        return np.array(
            [0 if line == b"null" else digest(line, seed) or 1 for line in lines[: len(values)]],
            np.uint64,
        )

    def _add_texts(self, batch: Batch) -> None:
        fields = self._subject.roles.text
        if not fields:
            return
        low = lowered(batch.text)
        self._put(names.TEXT, self._pairs(normalised(low)))
        self._put(names.CHARS, _lengths(batch.text))
        if self._subject.words:
            count, distinct = self._words.count(low)
            self._put(names.WORDS, count)
            self._put(names.DISTINCT, distinct)
        for field in fields[1:]:
            texts = as_arrow(batch.texts(field))
            self._put(names.chars_of(field), _lengths(texts))
            if self._subject.words:
                self._put(names.words_of(field), WordCounter().count(lowered(texts))[0])

    def _add_fields(self, batch: Batch) -> None:
        roles, nan = self._subject.roles, float("nan")
        chosen = tuple(self._subject.value("DUP002", "fields", ()))
        for name, fields in ((names.KEY, roles.key), (names.FIELDS, chosen)):
            if fields:
                self._put(name, self._fingerprints(_tuples(batch, fields)))
        for name, field in ((names.GROUP, roles.group), (names.VECTOR, roles.embedding)):
            if field:
                self._put(name, self._fingerprints(batch.values(field)))
        if roles.messages:
            turns = [len(v) if type(v) is list else 0 for v in batch.values(roles.messages)]
            self._put(names.TURNS, np.array(turns, np.uint32))
        for field in roles.numbers:
            self._put(names.number_of(field), _numbers(batch.values(field)))
        for name, field in _coded_fields(self._subject).items():
            self._put_codes(name, batch.values(field))
        if self._scored:
            scores = [nan if row is None else mcf_score(row, roles) for row in batch.rows]
            self._put(names.SCORE, np.array(scores, np.float64))

    def _add_shapes(self, batch: Batch) -> None:
        empty: Row = {}
        rows = [empty if row is None else row for row in batch.rows]
        shapes = [(*row, *map(type, row.values())) for row in rows]
        told = {shape: _shape_text(shape) for shape in dict.fromkeys(shapes)}
        # Many shapes may have one text; few rows have another shape than their neighbours.
        codes = self._codes.setdefault(names.SHAPE, Codes())
        known = dict(zip(told, codes.encode(list(told.values())).tolist(), strict=True))
        self._put(names.SHAPE, np.array([known[shape] for shape in shapes], np.uint32))
        fields = {str(name) for shape in told for name in shape[: len(shape) // 2]}
        # Most data has none of them, and then a look at each row would be wasted.
        texts: list[str | None] = [None] * len(rows)
        if may_have_tallies(rows, fields):
            found = (sorted(tallies(row)) for row in rows)
            texts = [_encode(each).decode() if each else None for each in found]
        self._put_codes(names.TALLY, texts)

    def _find(self, batch: Batch, reasons: Mapping[int, str]) -> None:
        first, hits = self._rows, self._hits
        for row, reason in reasons.items():
            hits.append((first + row, record_fault(reason)[0], 1))
        if self._subject.only is None or REPEATED in self._subject.only:
            self._timed(REPEATED, self._find_repeated, batch)
        for rule in self._rules:
            start = thread_time()
            check, code = rule.check, rule.code
            if rule.counts is not None:
                hits += [(first + row, code, count) for row, count in rule.counts(batch).items()]
                self.seconds[code] += thread_time() - start
                continue
            for row in _candidates(rule, batch):
                value = batch.rows[row]
                if value is not None:
                    try:
                        count = sum(1 for _ in check(value, self._subject))
                    except RuleFailed as error:
                        error.row = first + row
                        raise
                    if count:
                        hits.append((first + row, code, count))
            self.seconds[code] += thread_time() - start

    def _find_repeated(self, batch: Batch) -> None:
        for row, faults in repeated_fields(batch):
            self._hits.append((self._rows + row, REPEATED, len(faults)))


def _coded_fields(subject: Subject) -> dict[str, str]:
    """The columns of codes, with their fields."""
    roles, groups = subject.roles, subject.value("GOV003", "field", "")
    extra = [(column_of(roles, groups), groups)] if groups else []
    return dict([*_coded_roles(roles), *extra])


def _coded_roles(roles: Roles) -> Iterator[tuple[str, str]]:
    yield from ((names.label_of(field), field) for field in roles.label)
    yield from ((names.category_of(field), field) for field in roles.categories)
    yield from ((names.media_of(field), field) for field in roles.media)
    if roles.split:
        yield names.SPLIT, roles.split


def _candidates(rule: RowRule, batch: Batch) -> Iterable[int]:
    if rule.screen is None:
        return range(len(batch))
    rows: list[int] = np.flatnonzero(rule.screen(batch)).tolist()
    return rows


def _tuples(batch: Batch, fields: Sequence[str]) -> list[tuple[Any, ...] | None]:
    """The values of some fields, row by row; None where one of them is missing."""
    found = zip(*(batch.values(field) for field in fields), strict=True)
    return [None if None in values else values for values in found]


def _lengths(texts: Any) -> Array:
    lengths: Array = pc.utf8_length(texts).fill_null(0).to_numpy(zero_copy_only=False)
    return lengths.astype(np.uint32)


def _numbers(values: Sequence[Any]) -> Array:
    nan = float("nan")
    if {*map(type, values)} == {float}:
        return np.array(values, np.float64)
    return np.array([_number(value, nan) for value in values], np.float64)


def _number(value: Any, otherwise: float) -> float:
    if type(value) is float:
        return value
    if type(value) is not int:
        return otherwise
    try:
        return float(value)
    except OverflowError:
        return otherwise


def _shape_text(shape: tuple[Any, ...]) -> str | None:
    """A shape as JSON: a list of [field, type]; None for a row without fields."""
    half = len(shape) // 2
    pairs = [
        [name, JSON_TYPES.get(kind, "number" if kind.__name__ == "Decimal" else "string")]
        for name, kind in zip(shape[:half], shape[half:], strict=True)
    ]
    return json.dumps(sorted(pairs), ensure_ascii=False) if pairs else None


def vocabulary_of(
    batches: Iterable[Sequence[bytes]],
    subject: Subject,
    decode: Callable[[Sequence[bytes]], Decoded],
) -> Array:
    """The hashes of the different words of the main text of records, and nothing else of them."""
    words = WordCounter()
    for bodies in batches:
        words.count(lowered(Batch(bodies, decode(bodies).rows, subject).text))
    return words.met()
