"""Facts and settings -> what each rule found where. Nothing is decoded here.

Rules on one row left their hits in the facts. Rules on columns are masks over arrays, rules on
pairs are joins of fingerprints, rules on totals see the merged summary.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from time import perf_counter
from typing import Any

import numpy as np

from tdv.analysis.beside import NO_VECTORS, Vectors
from tdv.analysis.engine import Analysis, Rows
from tdv.analysis.extraction import rules_of
from tdv.analysis.joining import BUDGET, Pairs, pairs_of
from tdv.analysis.sources import shown_path
from tdv.analysis.splitnames import BY_PATH, split_of
from tdv.formats.jsonarray import is_open
from tdv.quality.configuring.settings import RuleSetting, Settings
from tdv.quality.extracting.columns import KEY, RECORD, SPLIT, TEXT, coded
from tdv.quality.extracting.summary import Summary
from tdv.quality.finding import Fault, Level
from tdv.quality.measuring.metrics import DIMENSIONS, dimension_of
from tdv.quality.measuring.statistics import Repeats
from tdv.quality.report import Tally
from tdv.quality.rule import ColumnRule, Match, PairRule, TotalRule
from tdv.quality.rules.media import THERE
from tdv.quality.rules.records import UNDECODABLE
from tdv.quality.vectors import VectorFault

Array = np.ndarray[Any, Any]
MISSING_MEDIA = "MED001"
# Under this name `told` has a fault that is known already.
GIVEN = "given"


@dataclass(frozen=True)
class Located:
    """Rows of one unit in which a rule found something.

    Attributes:
        code, setting: of the rule, as it holds for the unit's file.
        rows: numbers from the unit's first row, ascending.
        counts: faults in each; None where it is one.
        partners: for a rule on pairs, the number of the other row among all rows.
        given: the faults themselves, where no look at the row would find them.
    """

    code: str
    setting: RuleSetting
    rows: Array
    counts: Array | None = None
    partners: Array | None = None
    given: tuple[Fault, ...] = ()

    @property
    def total(self) -> int:
        """Faults in all of them."""
        return len(self.rows) if self.counts is None else int(self.counts.sum())


class Judging:
    """One dataset, judged.

    Args:
        analysis: its facts.
        settings: which rules, at which level, with which parameters.
        exists: whether there is a file at a path from the root, for media that rows name.
        budget: bytes that a join may hold at once.
        timed: told how many seconds a rule took.
        vocabulary: whether the words of all units are known.
        vectors: what is wrong with vectors that lie beside the files.
    """

    def __init__(
        self,
        analysis: Analysis,
        settings: Settings,
        exists: Callable[[bytes], bool] = lambda path: True,
        budget: int = BUDGET,
        timed: Callable[[str, float], None] = lambda code, seconds: None,
        vocabulary: bool = True,
        vectors: Vectors = NO_VECTORS,
    ) -> None:
        self.analysis, self.settings = analysis, settings
        self._exists, self._budget, self._timed = exists, budget, timed
        self._vocabulary, self._vectors = vocabulary, vectors
        known = rules_of(settings.subject)
        self.rules = {code: known[code] for code in settings.rules}

    @cached_property
    def summary(self) -> Summary:
        """The totals over all rows."""
        parts = [rows.summary() for rows in self.analysis.rows]
        merged = parts[0].merged(*parts[1:]) if parts else Summary()
        if not self._vocabulary:
            merged = replace(merged, vocabulary=None)
        if self.settings.roles.split != BY_PATH:
            return merged
        counts: dict[str, int] = {}
        for rows in self.analysis.rows:
            name = split_of(self.analysis.files[rows.file].path)
            if name:
                counts[name] = counts.get(name, 0) + rows.count
        return merged.with_values(SPLIT, counts)

    @cached_property
    def total(self) -> Summary:
        """The same, with how many rows repeat an earlier one."""
        repeats = self.repeats
        repeated = repeats.records if repeats.texts is None else repeats.texts
        return self.summary.with_repeated(repeated)

    @property
    def label(self) -> str:
        """How findings over the whole are located: `[NAME]`, or the only file's path."""
        if self.settings.dataset or len(self.analysis.files) != 1:
            return f"[{self.settings.dataset or self.settings.profile}]"
        return shown_path(self.analysis.files[0].path)

    @cached_property
    def repeats(self) -> Repeats:
        """How many rows repeat an earlier one."""
        texts = len(self._pairs[TEXT].rows) if TEXT in self._pairs else None
        return Repeats(len(self._pairs[RECORD].rows), texts)

    @property
    def alike(self) -> list[Pairs]:
        """Rows with the same key, and rows with the same record."""
        return [self._pairs[name] for name in (KEY, RECORD) if name in self._pairs]

    def of_dataset(self) -> list[tuple[str, RuleSetting, Fault]]:
        """What the rules on totals say."""
        found = []
        for code, rule in self.rules.items():
            setting = self.settings.rules[code]
            if isinstance(rule, TotalRule) and setting.level is not None:
                faults = rule.judge(self.total, self.settings.roles, setting.values)
                found += [(code, setting, fault) for fault in faults]
        found += self._cut_off()
        for number in sorted(self._vectors.whole):
            for each in self._vectors.whole[number]:
                held = self._setting(each.code, self.analysis.files[number].path)
                if held is not None:
                    found.append((each.code, held, each.fault))
        return found

    def _cut_off(self) -> Iterator[tuple[str, RuleSetting, Fault]]:
        """JSON that is not one array, where no record says so: it was cut behind a value."""
        for number, file in enumerate(self.analysis.files):
            held = self._setting(UNDECODABLE, file.path) if is_open(file.layout) else None
            if held is None or self._undecodable(number):
                continue
            path = shown_path(file.path)
            message = f"`{path}` is not one array: it is cut off, or more follows."
            yield UNDECODABLE, held, Fault(path, message)

    def _undecodable(self, file: int) -> bool:
        every = (rows.hits() for rows in self.analysis.rows if rows.file == file)
        found = ((hits.which, hits.codes) for hits in every if UNDECODABLE in hits.codes)
        return any((which == codes.index(UNDECODABLE)).any() for which, codes in found)

    def _setting(self, code: str, path: bytes) -> RuleSetting | None:
        """How a rule is applied to a file; None where it is off."""
        if code not in self.rules:
            return None
        setting = self.settings.of(code, path)
        return None if setting.level is None else setting

    def of_rows(self, rows: Rows) -> list[Located]:
        """What the other rules found in a unit, in order of their codes."""
        path = self.analysis.files[rows.file].path
        settings = {code: self.settings.of(code, path) for code in self.rules}
        on = {code: each for code, each in settings.items() if each.level is not None}
        found = [
            *self._by_row(rows, on),
            *self._by_column(rows, on),
            *self._by_pair(rows, on),
            *self._by_vector(rows, on),
        ]
        return sorted((each for each in found if len(each.rows)), key=lambda each: each.code)

    def _by_row(self, rows: Rows, on: Mapping[str, RuleSetting]) -> Iterator[Located]:
        hits = rows.hits()
        for which, code in enumerate(hits.codes):
            if code in on:
                here = hits.which == which
                yield Located(code, on[code], hits.rows[here], hits.counts[here])

    def _by_vector(self, rows: Rows, on: Mapping[str, RuleSetting]) -> Iterator[Located]:
        held: dict[str, list[VectorFault]] = {}
        for each in self._vectors.within(rows.file, rows.start, rows.count):
            if each.code in on:
                held.setdefault(each.code, []).append(each)
        for code, found in held.items():
            numbers = np.array([each.row for each in found], np.int64) - rows.start
            yield Located(code, on[code], numbers, given=tuple(each.fault for each in found))

    def _by_column(self, rows: Rows, on: Mapping[str, RuleSetting]) -> Iterator[Located]:
        wanted: list[tuple[ColumnRule, tuple[str, ...]]] = []
        for code in on:
            rule = self.rules[code]
            if isinstance(rule, ColumnRule):
                wanted.append((rule, rule.columns(self.settings.roles)))
        columns = self.columns(rows, sorted({name for _, names in wanted for name in names}))
        for rule, names in wanted:
            start = perf_counter()
            values = on[rule.code].values
            if rule.code == MISSING_MEDIA:
                values = {**values, THERE: self._beside(rows)}
            mask = rule.mask({name: columns[name] for name in names}, values, self.summary)
            found = np.flatnonzero(mask)
            self._timed(rule.code, perf_counter() - start)
            yield Located(rule.code, on[rule.code], found)

    def told(self, rows: Rows, located: Located) -> list[dict[str, Any]]:
        """For each row that a rule on columns found, column -> value, to tell the fault by."""
        rule = self.rules[located.code]
        if located.given:
            return [{GIVEN: fault} for fault in located.given]
        if not isinstance(rule, ColumnRule):
            return [{}] * len(located.rows)
        columns = self.columns(rows, rule.columns(self.settings.roles))
        chosen = {name: column[located.rows].tolist() for name, column in columns.items()}
        found = [
            dict(zip(chosen, values, strict=True)) for values in zip(*chosen.values(), strict=True)
        ]
        if located.code == MISSING_MEDIA:
            there = self._beside(rows)
            found = [
                {name: None if there(value) else value for name, value in values.items()}
                for values in found
            ]
        return found

    def _beside(self, rows: Rows) -> Callable[[Any], bool]:
        """Whether there is a file of a name: in the folder of the rows' file, or at the root."""
        folder = self.analysis.files[rows.file].path.rpartition(b"/")[0]
        known: dict[Any, bool] = {None: True}

        def there(name: Any) -> bool:
            if name not in known:
                path = str(name).encode("utf-8", "surrogateescape")
                places = [posixpath.normpath(posixpath.join(at, path)) for at in (folder, b"")]
                known[name] = any(
                    not (place + b"/").startswith((b"/", b"../")) and self._exists(place)
                    for place in places
                )
            return known[name]

        return there

    def columns(self, rows: Rows, names: Sequence[str]) -> dict[str, Any]:
        """Columns of a unit; those of codes as the texts that they stand for, None for none."""
        columns = rows.arrays(names)
        lists = rows.lists() if any(map(coded, names)) else {}
        for name in names:
            if coded(name):
                texts = np.array([None, *lists[name]], object)
                columns[name] = texts[columns[name]]
        return columns

    def _by_pair(self, rows: Rows, on: Mapping[str, RuleSetting]) -> Iterator[Located]:
        for code in on:
            if code in self._pairs:
                later, partners = self._pairs[code]
                low, high = np.searchsorted(later, [rows.first, rows.first + rows.count])
                yield Located(
                    code, on[code], later[low:high] - rows.first, None, partners[low:high]
                )

    @cached_property
    def _pairs(self) -> dict[str, Pairs]:
        found: dict[str, Match] = {}
        roles = self.settings.roles
        for code, rule in self.rules.items():
            if isinstance(rule, PairRule):
                found[code] = rule.match(roles, self.settings.rules[code].values)
        # How much is repeated is a figure, whatever rules look at it.
        found[RECORD] = Match(RECORD)
        if roles.key:
            found[KEY] = Match(KEY)
        if roles.text:
            found[TEXT] = Match(TEXT)
        places: dict[str, dict[str, int]] = {}

        def read(names: Sequence[str]) -> Iterator[tuple[int, Mapping[str, Array]]]:
            for rows in self.analysis.rows:
                yield rows.first, self._codes(rows, names, places)

        start = perf_counter()
        held = pairs_of(list(found.values()), len(self.analysis), read, self._budget)
        self._timed("pairs", perf_counter() - start)
        return dict(zip(found, held, strict=True))

    def _codes(
        self, rows: Rows, names: Sequence[str], places: dict[str, dict[str, int]]
    ) -> dict[str, Array]:
        """Columns of a unit, with codes that are the same in all units."""
        by_path = SPLIT in names and self.settings.roles.split == BY_PATH
        columns = rows.arrays([name for name in names if not (by_path and name == SPLIT)])
        lists = rows.lists() if any(map(coded, columns)) else {}
        for name in columns:
            if coded(name):
                known = places.setdefault(name, {})
                table = [0, *(known.setdefault(text, len(known) + 1) for text in lists[name])]
                columns[name] = np.array(table, np.uint32)[columns[name]]
        if by_path:
            name = split_of(self.analysis.files[rows.file].path)
            known = places.setdefault(SPLIT, {})
            code = known.setdefault(name, len(known) + 1) if name else 0
            columns[SPLIT] = np.full(rows.count, code, np.uint32)
        return columns


@dataclass(frozen=True)
class Counted:
    """Totals of what was found in rows.

    Attributes:
        tallies: by file and rule, in order.
        invalid: number of a file -> rows with an error.
        faulty: dimension of quality -> rows with a fault of it.
    """

    tallies: tuple[Tally, ...]
    invalid: Mapping[int, int]
    faulty: Mapping[str, int]


def counted(judging: Judging, accepted: Mapping[int, int] | None = None) -> Counted:
    """What was found in rows, counted.

    Args:
        accepted: number of a row -> errors in it that are accepted; the tallies have them all the
            same.
    """
    totals: dict[tuple[int, str, Level], list[int]] = {}
    invalid: dict[int, int] = {}
    faulty = dict.fromkeys(DIMENSIONS, 0)
    spared = np.array(sorted(accepted or ()), np.int64)
    for rows in judging.analysis.rows:
        errors = np.zeros(rows.count, np.int64)
        faults = {name: np.zeros(rows.count, np.bool_) for name in DIMENSIONS}
        for located in judging.of_rows(rows):
            level = located.setting.level
            assert level is not None
            total = totals.setdefault((rows.file, located.code, level), [0, 0])
            total[0] += located.total
            total[1] += len(located.rows)
            dimension = dimension_of(located.code)
            if dimension is not None:
                faults[dimension][located.rows] = True
            if level is Level.ERROR:
                errors[located.rows] += 1 if located.counts is None else located.counts
        for number in spared[
            slice(*np.searchsorted(spared, [rows.first, rows.first + rows.count]))
        ]:
            errors[number - rows.first] -= (accepted or {})[int(number)]
        invalid[rows.file] = invalid.get(rows.file, 0) + int(np.count_nonzero(errors > 0))
        for name, mask in faults.items():
            faulty[name] += int(np.count_nonzero(mask))
    tallies = [
        Tally(code, level, shown_path(judging.analysis.files[file].path), findings, rows)
        for (file, code, level), (findings, rows) in sorted(totals.items(), key=lambda t: t[0][:2])
    ]
    return Counted(tuple(tallies), invalid, faulty)
