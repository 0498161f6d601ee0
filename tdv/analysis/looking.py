"""Looks: a second visit to named rows, to say what is wrong with them.

A finding's message, its row's key and its line need the record. Workers read the units that hold
such rows, decode those rows only, and make the findings. Rows that others are said to repeat are
fetched before, in windows of bounded size.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from itertools import groupby
from typing import Any

import numpy as np

from tdv.analysis.engine import Analysis, Rows
from tdv.analysis.executors import Executor, InProcess
from tdv.analysis.joining import Pairs
from tdv.analysis.judging import Judging, Located
from tdv.analysis.looks import LookTask, Mark, Partner, Said, Seen, Told, fetch, look
from tdv.analysis.sources import shown_path
from tdv.quality.finding import Finding, Level, finding_id
from tdv.quality.report import Selected

Array = np.ndarray[Any, Any]
# Partners that are held at once, with their rows: some 40 MB.
WINDOW_PARTNERS = 20_000
# Rows in which something is said, of one window.
WINDOW_ROWS = 20_000
# Rows of one task: what is said of them takes 6 MB, and reading the unit a tenth of the time.
TASK_ROWS = 4096
# Units of which each is read in 30 ms.
FEW_TASKS = 8


class Looking:
    """Makes the findings of one dataset."""

    def __init__(self, judging: Judging, executor: Executor) -> None:
        self._judging, self._executor = judging, executor
        self._analysis = judging.analysis
        self._ranks: dict[int, tuple[Array, Array]] = {}

    @cached_property
    def _lines(self) -> dict[int, int]:
        """For each unit, by the number of its first row, the line ends before it in its file."""
        return _lines_before(self._analysis)

    def of_dataset(self) -> Iterator[Finding]:
        """The findings that are of no single row."""
        path = self._judging.label
        for code, setting, fault in self._judging.of_dataset():
            assert setting.level is not None
            found = finding_id(code, path, "", 0, fault.field)
            yield Finding(found, code, setting.level, path, None, *fault)

    def of_rows(self, selected: Selected, conditions: Sequence[str] = ()) -> Iterator[Said]:
        """The findings in rows, in order of path, row, code and field."""
        left = _Left(selected)
        subject, summary = self._judging.settings.subject, self._judging.summary
        wanted = partial(look, Seen(subject, summary, tuple(conditions)))
        for window in self._windows(left):
            tasks = list(self._tasks(window))
            for said in self._worker(tasks).run(wanted, tasks):
                found = map(Said.of, said)
                yield from (each for each in found if left.take(each.finding))

    def _worker(self, tasks: Sequence[LookTask]) -> Executor:
        """Who looks: this process where a few units are read in less time than others start in."""
        return self._executor if len(tasks) > FEW_TASKS else InProcess()

    def _windows(self, left: _Left) -> Iterator[list[tuple[Rows, list[Located]]]]:
        window: list[tuple[Rows, list[Located]]] = []
        rows_held = partners_held = 0
        for rows in self._analysis.rows:
            path = shown_path(self._analysis.files[rows.file].path)
            if left.none(path):
                continue
            found = list(left.wanted(path, self._judging.of_rows(rows)))
            if not found:
                continue
            window.append((rows, found))
            rows_held += sum(len(each.rows) for each in found)
            partners_held += sum(len(e.rows) for e in found if e.partners is not None)
            if rows_held >= WINDOW_ROWS or partners_held >= WINDOW_PARTNERS:
                yield window
                window, rows_held, partners_held = [], 0, 0
        if window:
            yield window

    def _tasks(self, window: list[tuple[Rows, list[Located]]]) -> Iterator[LookTask]:
        partners = self._partners(window)
        for _, held in groupby(window, key=lambda each: (each[0].file, each[0].unit.name)):
            units = list(held)
            rows = units[0][0]
            settings: dict[tuple[str, str], tuple[str, Level, Mapping[str, Any]]] = {}
            told = [each for unit in units for each in self._told(*unit, settings, partners)]
            # A unit is read again for each task; a file that has to be decoded whole is not.
            most = len(told) if rows.source.opened else TASK_ROWS
            for start in range(0, len(told), most):
                yield LookTask(
                    rows.source,
                    rows.unit,
                    self._lines[rows.first],
                    rows.first - rows.start,
                    tuple(told[start : start + most]),
                    tuple(settings.values()),
                )

    def _told(
        self,
        rows: Rows,
        found: Sequence[Located],
        settings: dict[tuple[str, str], tuple[str, Level, Mapping[str, Any]]],
        partners: Mapping[int, Partner],
    ) -> Iterator[Told]:
        marks: dict[int, list[Mark]] = {}
        for located in found:
            code, level = located.code, located.setting.level
            assert level is not None
            settings.setdefault((code, level.value), (code, level, located.setting.values))
            place = list(settings).index((code, level.value))
            told = self._judging.told(rows, located)
            for at, row in enumerate(located.rows.tolist()):
                values = told[at]
                other = None if located.partners is None else int(located.partners[at])
                partner = None if other is None else partners[other]
                marks.setdefault(row, []).append(Mark(place, values, partner))
        wanted = np.array(sorted(marks), np.int64)
        ranks = self._occurrences(rows, wanted)
        for row, rank in zip(wanted.tolist(), ranks, strict=True):
            yield Told(rows.start + row, rank, tuple(marks[row]))

    def _occurrences(self, rows: Rows, wanted: Array) -> list[int]:
        """For each row the number of rows of the file before it that have its key or record."""
        if rows.file not in self._ranks:
            units = list(self._analysis.of_file(rows.file))
            stop = units[-1].first + units[-1].count
            self._ranks = {rows.file: _ranks(self._judging.alike, units[0].first, stop)}
        places, ranks = self._ranks[rows.file]
        numbers = wanted + rows.first
        near = np.minimum(np.searchsorted(places, numbers), max(0, len(places) - 1))
        if not len(places):
            return [0] * len(wanted)
        found: list[int] = np.where(places[near] == numbers, ranks[near], 0).tolist()
        return found

    def _partners(self, window: Iterable[tuple[Rows, list[Located]]]) -> dict[int, Partner]:
        """The rows that those of a window are paired with, by their numbers."""
        numbers = [
            each.partners for _, found in window for each in found if each.partners is not None
        ]
        if not numbers:
            return {}
        wanted = np.unique(np.concatenate(numbers))
        tasks, keys = [], []
        for rows in self._analysis.rows:
            low, high = np.searchsorted(wanted, [rows.first, rows.first + rows.count])
            if low == high:
                continue
            here = wanted[low:high]
            keys.append(here.tolist())
            told = tuple(Told(int(n) - rows.first + rows.start, 0, ()) for n in here)
            tasks.append(LookTask(rows.source, rows.unit, self._lines[rows.first], 0, told, ()))
        fetched = self._worker(tasks).run(partial(fetch, self._judging.settings.subject), tasks)
        return {
            number: partner
            for numbers_of, found in zip(keys, fetched, strict=True)
            for number, partner in zip(numbers_of, found, strict=True)
        }


class _Left:
    """How many findings of each rule in each path are still wanted."""

    def __init__(self, selected: Selected) -> None:
        self._selected = selected
        self._left: dict[tuple[str, str], int | None] = {}
        # Rows that looks are under way for, or done.
        self._planned: dict[tuple[str, str], int] = {}
        self._codes: dict[str, list[str]] = {}
        for path, code in selected.limits or ():
            self._codes.setdefault(path, []).append(code)

    def _of(self, path: str, code: str) -> int | None:
        if (path, code) not in self._left:
            self._left[path, code] = self._selected.limit(path, code)
        return self._left[path, code]

    def none(self, path: str) -> bool:
        """Whether it is known that nothing more is wanted of a path."""
        if self._selected.limits is None:
            return False
        return all(
            (self._of(path, code) or 0) <= self._planned.get((path, code), 0)
            for code in self._codes.get(path, ())
        )

    def wanted(self, path: str, found: Iterable[Located]) -> Iterator[Located]:
        """What is wanted of a unit: as many rows as findings, since each row has one or more."""
        for located in found:
            left = self._of(path, located.code)
            if left is not None:
                left = max(0, left - self._planned.get((path, located.code), 0))
            if left == 0 or located.setting.level not in self._selected.levels:
                continue
            if left is not None and len(located.rows) > left:
                located = Located(
                    located.code,
                    located.setting,
                    located.rows[:left],
                    None if located.counts is None else located.counts[:left],
                    None if located.partners is None else located.partners[:left],
                    located.given[:left],
                )
            if left is not None:
                planned = self._planned.get((path, located.code), 0)
                self._planned[path, located.code] = planned + len(located.rows)
            yield located

    def take(self, finding: Finding) -> bool:
        """Whether a finding is wanted; it counts if so."""
        left = self._of(finding.path, finding.code)
        if left is None:
            return True
        self._left[finding.path, finding.code] = max(0, left - 1)
        return left > 0


def _lines_before(analysis: Analysis) -> dict[int, int]:
    """For each unit, by the number of its first row, the line ends before it in its file."""
    found = {}
    file, lines = -1, 0
    for rows in analysis.rows:
        if rows.file != file:
            file = rows.file
            lines = analysis.files[file].layout.prefix.count(b"\n")
        found[rows.first] = lines
        lines += rows.lines()
    return found


def _ranks(alike: Iterable[Pairs], first: int, stop: int) -> tuple[Array, Array]:
    """Rows of a file that are not the first with their key, or record; how many are before each.

    Args:
        alike: rows with the same key, and rows with the same record, all over the dataset.
        first, stop: the numbers of the file's rows.
    """
    places = ranks = np.empty(0, np.int64)
    for rows, partners in alike:
        groups = np.unique(partners)
        members, owners = np.concatenate([groups, rows]), np.concatenate([groups, partners])
        # A row that has a key goes by it, and not by its record.
        here = (first <= members) & (members < stop) & ~np.isin(members, places)
        members, owners = members[here], owners[here]
        order = np.lexsort([members, owners])
        members, owners = members[order], owners[order]
        numbers = np.arange(len(order))
        starts = np.ones(len(order), np.bool_)
        starts[1:] = owners[1:] != owners[:-1]
        rank = numbers - np.maximum.accumulate(np.where(starts, numbers, 0))
        places, ranks = np.concatenate([places, members]), np.concatenate([ranks, rank])
    order = np.argsort(places, kind="stable")
    return places[order], ranks[order]
