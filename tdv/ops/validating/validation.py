"""One validation: its datasets judged, its findings told, its report made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

from tdv.analysis.beside import Vectors, faults_beside
from tdv.analysis.engine import Analysis
from tdv.analysis.judging import Judging, counted
from tdv.analysis.looking import Looking
from tdv.analysis.looks import Said
from tdv.analysis.sources import shown_path
from tdv.ops.validating.chosen import Chosen
from tdv.ops.validating.engine import Engine
from tdv.ops.validating.grouping import Group, Grouped
from tdv.quality.configuring.allowing import Allowing
from tdv.quality.configuring.description import Allowed
from tdv.quality.configuring.settings import Settings
from tdv.quality.finding import Finding, Level
from tdv.quality.measuring.gate import gauges
from tdv.quality.measuring.metrics import metrics_of, needs_words, rounded, score_of
from tdv.quality.measuring.recommend import recommend
from tdv.quality.measuring.statistics import statistics
from tdv.quality.registry import rules
from tdv.quality.report import Covered, Gauge, Selected, Tally, ValidationReport
from tdv.quality.rule import Rule


class Validation:
    """One validation: its datasets, judged."""

    def __init__(
        self,
        engine: Engine,
        chosen: Chosen,
        groups: Grouped,
        today: date,
        known: frozenset[str] = frozenset(),
    ) -> None:
        self._engine, self._chosen, self._grouped = engine, chosen, groups
        self._known = known
        allow = groups.groups[0].settings.allow if groups.groups else ()
        self._allowing = Allowing(allow, today)
        self._judged = [(group, self._judge(group)) for group in groups.groups]
        self._dropped = _Dropped()
        self._spared = self._filtered()

    def _judge(self, group: Group) -> Judging:
        settings = group.settings
        words = needs_words(settings)
        analysis = self._engine.analyse(settings.subject, group.files, vocabulary=words)
        engine = self._engine
        return Judging(
            analysis,
            settings,
            self._chosen.exists,
            budget=engine.join_bytes,
            timed=engine.timed,
            vocabulary=words,
            vectors=self._vectors(analysis, settings),
        )

    def _vectors(self, analysis: Analysis, settings: Settings) -> Vectors:
        """What is wrong with the vectors that lie beside the files."""
        files = {
            number: (file.path, sum(rows.count for rows in analysis.of_file(number)))
            for number, file in enumerate(analysis.files)
        }

        def place(path: bytes) -> Path | None:
            return self._chosen.place(path, self._engine.folder)

        return faults_beside(files, settings, place)

    def findings(self, selected: Selected) -> Iterator[Finding]:
        """The findings that count, all of a path together: datasets, then files."""
        for _, judging in self._judged:
            looking = Looking(judging, self._engine.executor)
            for finding in looking.of_dataset():
                if _fits(finding, selected) and not self._is_dropped(finding, frozenset()):
                    yield finding
        wanted = self._widened(selected)
        left: Counter[tuple[str, str]] = Counter()
        for said in self._in_rows(wanted):
            finding = said.finding
            if self._is_dropped(finding, said.met):
                continue
            limit = selected.limit(finding.path, finding.code)
            left[finding.path, finding.code] += 1
            if limit is None or left[finding.path, finding.code] <= limit:
                yield finding
        for finding in self._of_allow():
            if _fits(finding, selected):
                yield finding

    def _in_rows(self, selected: Selected) -> Iterator[Said]:
        """The findings in rows, accepted and known ones included, in order of path."""
        # Files of two datasets may alternate: those of each path come from its own.
        streams = [
            Looking(judging, self._engine.executor).of_rows(selected, self._conditions)
            for _, judging in self._judged
        ]
        yield from chain.from_iterable(streams)

    @property
    def _conditions(self) -> tuple[str, ...]:
        texts = {each.where for each in self._allowing.active if each.where}
        return tuple(sorted(texts))

    def _widened(self, selected: Selected) -> Selected:
        """As many findings as are needed so that enough are left of those that count."""
        if not self._known and not self._allowing.active:
            return selected
        codes = selected.codes
        if selected.limits is not None:
            codes = frozenset(code for _, code in selected.limits)
        return Selected(codes=codes, levels=selected.levels)

    def _is_dropped(self, finding: Finding, met: frozenset[str]) -> bool:
        return finding.id in self._known or self._accepts(finding, met)

    def _accepts(self, finding: Finding, met: frozenset[str]) -> bool:
        key = () if finding.place is None else finding.place.key
        path = finding.path.encode("utf-8", "surrogateescape")
        entry = self._allowing.accepting(finding.code, path, key, met.__contains__)
        return entry is not None

    def _filtered(self) -> dict[int, dict[int, int]]:
        """Count the findings that are dropped: the accepted ones, and those known before.

        Returns:
            number of a dataset -> number of a row -> accepted errors in it.
        """
        spared: dict[int, dict[int, int]] = {}
        if not self._known and not self._allowing.active:
            return spared
        everything = Selected()
        for number, (_, judging) in enumerate(self._judged):
            looking = Looking(judging, self._engine.executor)
            for finding in looking.of_dataset():
                accepted = self._accepts(finding, frozenset())
                if accepted or finding.id in self._known:
                    self._dropped.add(finding, accepted=accepted)
            selected = everything if self._known else self._concerned(judging)
            for finding, met, row in looking.of_rows(selected, self._conditions):
                accepted = self._accepts(finding, met)
                if accepted and finding.level is Level.ERROR:
                    rows = spared.setdefault(number, {})
                    rows[row] = rows.get(row, 0) + 1
                if accepted or finding.id in self._known:
                    self._dropped.add(finding, accepted=accepted)
        return spared

    def _concerned(self, judging: Judging) -> Selected:
        """The rules of which anything may be accepted."""
        paths = [file.path for file in judging.analysis.files]
        codes = {
            code for code in judging.rules if any(self._allowing.of(code, path) for path in paths)
        }
        return Selected(codes=frozenset(codes))

    def _of_allow(self) -> list[Finding]:
        """What is wrong with the entries of `[[allow]]` themselves."""
        if not self._grouped.groups or not self._grouped.description.allow:
            return []
        settings = self._grouped.groups[0].settings

        def level_of(code: str) -> Level | None:
            setting = settings.rules.get(code)
            return None if setting is None else setting.level

        shown = self._grouped.shown or "tdv.toml"
        return list(self._allowing.findings(level_of, shown, self._is_judged))

    def _is_judged(self, entry: Allowed) -> bool:
        """Whether everything was validated that an entry of `[[allow]]` can match."""
        whole = self._chosen.whole or entry.path in self._paths
        return whole and (not self._grouped.selected or entry.code in self._codes)

    @cached_property
    def _paths(self) -> frozenset[str]:
        return frozenset(shown_path(file.path) for group, _ in self._judged for file in group.files)

    @cached_property
    def _codes(self) -> frozenset[str]:
        return frozenset(code for group, _ in self._judged for code in group.settings.rules)

    def report(self) -> ValidationReport:
        """All of it, counted."""
        parts = [self._part(number) for number in range(len(self._judged))]
        tallies = self._without_dropped(list(chain.from_iterable(each.tallies for each in parts)))
        covered = list(chain.from_iterable(each.covered for each in parts))
        total = sum(each.rows for each in covered)
        invalid = sum(each.invalid for each in covered)
        metrics = {each.name: each.metrics for each in parts}
        figures = {each.name: each.statistics for each in parts}
        report = ValidationReport(
            dataset_id=", ".join(figures),
            validation_id="",
            revision="",
            rules_digest="",
            rules_from="",
            total_examples=total,
            valid_examples=total - invalid,
            invalid_examples=invalid,
            quality_score=_mean([(each.score, each.rows) for each in parts]),
            tallies=tuple(
                sorted(
                    [*tallies, *_tallied(self._of_allow())], key=lambda each: (each.path, each.code)
                )
            ),
            gauges=tuple(chain.from_iterable(each.gauges for each in parts)),
            metrics=parts[0].metrics if len(parts) == 1 else {"datasets": metrics},
            statistics=parts[0].statistics if len(parts) == 1 else figures,
            accepted=self._dropped.accepted,
            known=self._dropped.known,
            files=tuple(sorted(covered, key=lambda each: each.path)),
            rules=self._rules(),
            enumerate=self.findings,
        )
        score = report.quality_score
        advice = recommend(report.tallies, report.gauges, score, report.rules, report.files)
        return replace(report, recommendations=advice)

    def _part(self, number: int) -> _Part:
        """What the report says of one dataset."""
        group, judging = self._judged[number]
        name = group.name or ", ".join(shown_path(file.path) for file in group.files[:3])
        found = counted(judging, self._spared.get(number))
        tallies = [*_of_dataset(judging), *found.tallies]
        invalid = sum(found.invalid.values())
        told = metrics_of(judging.total, tallies, invalid, group.settings, found.faulty)
        figures = statistics(
            judging.summary,
            group.settings.roles,
            files=len(group.files),
            size=sum(file.entry.size for file in group.files),
            repeats=judging.repeats,
        )
        return _Part(
            name,
            len(judging.analysis),
            tallies,
            list(_covered(group, judging, found.invalid)),
            gauges(told, group.settings.gate, name),
            {key: rounded(value) for key, value in told.items()},
            figures,
            score_of(told),
        )

    def _without_dropped(self, tallies: list[Tally]) -> list[Tally]:
        gone = self._dropped
        left = [
            replace(
                each,
                findings=each.findings - gone.findings[each.path, each.code],
                rows=max(0, each.rows - gone.rows[each.path, each.code]),
            )
            for each in tallies
        ]
        return [each for each in left if each.findings > 0]

    def _rules(self) -> dict[str, Rule]:
        found = dict(chain.from_iterable(judging.rules.items() for _, judging in self._judged))
        found.update({code: rule for code, rule in rules().items() if code.startswith("ALW")})
        return dict(sorted(found.items()))


@dataclass(frozen=True)
class _Part:
    """What a report says of one dataset.

    Attributes:
        name: of the dataset, or its files'.
        score: unrounded.
    """

    name: str
    rows: int
    tallies: list[Tally]
    covered: list[Covered]
    gauges: tuple[Gauge, ...]
    metrics: Mapping[str, float | None]
    statistics: Mapping[str, Any]
    score: float


class _Dropped:
    """How many findings do not count; a baseline may hold a million, so none is kept.

    Attributes:
        accepted, known: by code.
        findings, rows: by path and code; rows with one or more.
    """

    def __init__(self) -> None:
        self.accepted: Counter[str] = Counter()
        self.known: Counter[str] = Counter()
        self.findings: Counter[tuple[str, str]] = Counter()
        self.rows: Counter[tuple[str, str]] = Counter()
        self._last: dict[tuple[str, str], int] = {}

    def add(self, finding: Finding, *, accepted: bool) -> None:
        """Count one; those of a path come in order of row."""
        (self.accepted if accepted else self.known)[finding.code] += 1
        place = finding.path, finding.code
        self.findings[place] += 1
        if finding.place is not None and self._last.get(place) != finding.place.row:
            self._last[place] = finding.place.row
            self.rows[place] += 1


def _fits(finding: Finding, selected: Selected) -> bool:
    return finding.level in selected.levels and selected.limit(finding.path, finding.code) != 0


def _of_dataset(judging: Judging) -> list[Tally]:
    path = judging.label
    counts: Counter[tuple[str, Level]] = Counter()
    for code, setting, _ in judging.of_dataset():
        if setting.level is not None:
            counts[code, setting.level] += 1
    return [Tally(code, level, path, count, 0) for (code, level), count in sorted(counts.items())]


def _covered(group: Group, judging: Judging, invalid: Mapping[int, int]) -> Iterator[Covered]:
    for number, file in enumerate(judging.analysis.files):
        codes = [
            code
            for code in group.settings.rules
            if group.settings.of(code, file.path).level is not None
        ]
        yield Covered(
            shown_path(file.path),
            sum(rows.count for rows in judging.analysis.of_file(number)),
            invalid.get(number, 0),
            group.name,
            group.settings.profile,
            tuple(codes),
        )


def _tallied(findings: list[Finding]) -> list[Tally]:
    counts = Counter((each.code, each.level, each.path) for each in findings)
    return [Tally(*key, findings=count, rows=0) for key, count in sorted(counts.items())]


def _mean(scores: list[tuple[float, int]]) -> float | None:
    rows = sum(count for _, count in scores)
    return rounded(sum(score * count for score, count in scores) / rows) if rows else None
