"""A validation for people: what was looked at, what was found by rule, what to do, the outcome."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from tdv.cli.coming import not_yet
from tdv.cli.output import paint
from tdv.cli.render.validation.quota import Quota
from tdv.cli.render.validation.sinks import Sink
from tdv.cli.render.validation.writer import (
    Wishes,
    figure,
    key_text,
    outcome,
    rule_mend,
    rule_name,
    sentences,
)
from tdv.cli.text import plural, visible
from tdv.quality.finding import Finding, Level
from tdv.quality.report import Covered, Gauge, Selected, ValidationReport

# A rule with up to SHORT findings shows them all; one with more, the first FEW.
SHORT = 5
FEW = 3
# Files and skipped files are named one by one up to this number.
NAMED = 12
STYLES = {Level.ERROR: "red", Level.WARNING: "yellow", Level.INFO: "cyan"}
Group = tuple[Level, str]


def first_few(count: int) -> int:
    """How many of a rule's findings are shown where nobody says otherwise."""
    return count if count <= SHORT else FEW


class TextWriter:
    """Gathers the findings that are shown, which are few, and writes all at the end."""

    def __init__(self, sink: Sink, wishes: Wishes, *, color: bool = False) -> None:
        self._sink = sink
        self._wishes = wishes
        self._color = color
        self._shown: defaultdict[Group, list[Finding]] = defaultdict(list)
        self._hints: list[str] = []

    def begin(self, report: ValidationReport) -> Selected | None:
        """A few findings of each rule are wanted."""
        self._report = report
        most = self._wishes.max_findings
        if self._wishes.statistics:
            most = 0
        self._quota = Quota(report, most, per_rule=first_few if most is None else None)
        return self._quota.selected if self._quota.wanted else None

    def add(self, finding: Finding) -> None:
        """Hold a finding that is shown."""
        if self._quota.takes(finding):
            self._shown[finding.level, finding.code].append(finding)

    def end(self) -> None:
        """Write everything."""
        self._write_head()
        counts: Counter[Group] = Counter()
        for each in self._report.tallies:
            counts[each.level, each.code] += each.findings
        groups = sorted(counts, key=lambda group: (group[0].rank, group[1]))
        if self._wishes.statistics:
            self._write_statistics(groups, counts)
        else:
            for group in groups:
                self._write_rule(group, counts[group])
            self._write_coming(rule_mend(self._report, code) for _, code in groups)
        self._write_set_aside()
        self._write_thresholds()
        self._write_recommendations()
        style = ("green", "bold") if self._report.is_valid else ("red", "bold")
        self._line(self._paint(visible(outcome(self._report, self._wishes)), *style))

    def _write_head(self) -> None:
        report = self._report
        datasets: defaultdict[tuple[str, str], list[Covered]] = defaultdict(list)
        for each in report.files:
            datasets[each.dataset, each.profile].append(each)
        for (name, profile), files in sorted(datasets.items()):
            self._line(self._paint(self._heading(name, profile, files), "bold"))
            if len(files) > 1 or name:
                self._write_files(files)
        for path, reason in sorted(report.skipped.items())[:NAMED]:
            self._line(f"skipped {visible(self._wishes.shown(path))}: {visible(reason)}")
        if len(report.skipped) > NAMED:
            self._line(f"skipped {plural(len(report.skipped) - NAMED, 'more file')}.")
        for note in report.notes:
            self._line(visible(note))
        if report.files or report.skipped or report.notes:
            self._line()

    def _heading(self, name: str, profile: str, files: list[Covered]) -> str:
        rows = plural(sum(each.rows for each in files), "row")
        amount = f"{rows} in {plural(len(files), 'file')}, profile {visible(profile)}"
        if name:
            return f"{visible(name)}: {amount}"
        if len(files) > 1:
            return f"Without a dataset: {amount}"
        path = visible(self._wishes.shown(files[0].path))
        return f"{path}: {rows}, profile {visible(profile)}"

    def _write_files(self, files: list[Covered]) -> None:
        named = files if len(files) <= NAMED else sorted(files, key=lambda each: -each.invalid)
        for each in named[:NAMED]:
            invalid = f", {each.invalid:,} invalid" if each.invalid else ""
            path = visible(self._wishes.shown(each.path))
            self._line(f"  {path}: {plural(each.rows, 'row')}{invalid}")
        if len(files) > NAMED:
            rest = named[NAMED:]
            rows = plural(sum(each.rows for each in rest), "row")
            invalid_rows = sum(each.invalid for each in rest)
            invalid = f", {invalid_rows:,} invalid" if invalid_rows else ""
            self._line(f"  and {plural(len(rest), 'more file')}: {rows}{invalid}")

    def _write_rule(self, group: Group, count: int) -> None:
        level, code = group
        rows = sum(each.rows for each in self._report.tallies if (each.level, each.code) == group)
        amount = plural(rows, "row") if rows else plural(count, "finding")
        if rows and rows != count:
            amount = f"{plural(count, 'finding')} in {plural(rows, 'row')}"
        head = f"{level.value} {rule_name(self._report, code)}"
        self._line(f"{self._paint(head, STYLES[level], 'bold')}: {amount}")
        shown = self._shown[group]
        for finding in shown:
            self._line(f"  {self._finding(finding)}")
        if shown and len(shown) < count:
            self._line(f"  and {count - len(shown):,} more")
        mend = rule_mend(self._report, code)
        if mend:
            self._hints.append(mend)
            self._line(f"  {self._paint('hint:', 'cyan')} {visible(mend)}")
        self._line()

    def _write_coming(self, texts: Iterable[str]) -> None:
        coming = not_yet(*texts)
        if coming:
            self._line(coming)
            self._line()

    def _finding(self, finding: Finding) -> str:
        key = key_text(finding.place)
        named = f" ({key})" if key else ""
        said = sentences(finding, self._wishes.shown)
        return f"{self._paint(self._wishes.place(finding), 'bold')}{named}: {said}"

    def _write_statistics(self, groups: list[Group], counts: Counter[Group]) -> None:
        rows: Counter[Group] = Counter()
        for each in self._report.tallies:
            rows[each.level, each.code] += each.rows
        table = [["findings", "rows", "level", "rule"]]
        for group in groups:
            level, code = group
            name = rule_name(self._report, code)
            table.append([f"{counts[group]:,}", f"{rows[group]:,}", level.value, name])
        if not groups:
            return
        widths = [max(len(line[column]) for line in table) for column in range(3)]
        for line in table:
            numbers = f"{line[0].rjust(widths[0])}  {line[1].rjust(widths[1])}"
            self._line(f"{numbers}  {line[2].ljust(widths[2])}  {line[3]}")
        self._line()

    def _write_set_aside(self) -> None:
        report = self._report
        aside = [
            (sum(report.accepted.values()), "accepted by `[[allow]]` in tdv.toml"),
            (sum(report.known.values()), f"there before, at {report.new_from}"),
        ]
        lines = [f"{plural(count, 'finding')} {why}." for count, why in aside if count]
        for line in lines:
            self._line(visible(line))
        if lines:
            self._line()

    def _write_thresholds(self) -> None:
        failed = [each for each in self._report.gauges if not each.passed]
        if not self._report.gauges:
            return
        passed = len(self._report.gauges) - len(failed)
        self._line(f"Thresholds: {passed:,} passed, {len(failed):,} failed")
        for each in failed:
            self._line(f"  {self._paint('failed', 'red')} {gauge_text(each)}")
        self._line()

    def _write_recommendations(self) -> None:
        """What to do next, but for what the hints below the rules say."""
        hints = [] if self._wishes.statistics else self._hints
        fresh = [
            each
            for each in self._report.recommendations
            if not any(each.endswith(hint) for hint in hints)
        ]
        if fresh:
            self._line("Recommendations:")
            for each in fresh:
                self._line(f"  - {visible(each)}")
            self._line()
            if self._wishes.statistics:
                self._write_coming(fresh)

    def _paint(self, text: str, *styles: str) -> str:
        return paint(text, styles) if self._color else text

    def _line(self, text: str = "") -> None:
        self._sink.write(f"{text}\n")


def gauge_text(gauge: Gauge) -> str:
    """A threshold in one line: name, metric, got, need, whose, from where."""
    whose = f" of {gauge.dataset}" if gauge.dataset else ""
    origin = f" ({gauge.origin})" if gauge.origin else ""
    measured = f"{gauge.metric}{whose}: got {figure(gauge.got)}, need {gauge.need}"
    name = "" if gauge.name == gauge.metric else f"{gauge.name}: "
    return visible(f"{name}{measured}{origin}")
