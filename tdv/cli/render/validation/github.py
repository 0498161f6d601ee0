"""For a GitHub workflow: its worst findings as annotations, all else in the step's summary.

GitHub shows ten errors and ten warnings of a step as annotations, and takes 1 MiB of summary.
"""

from __future__ import annotations

import os
import re
from collections import Counter, defaultdict
from pathlib import Path

from tdv.cli.coming import not_yet
from tdv.cli.render.validation.astext import gauge_text
from tdv.cli.render.validation.quota import Quota, united
from tdv.cli.render.validation.sinks import Sink
from tdv.cli.render.validation.writer import (
    Wishes,
    figure,
    key_text,
    rule_mend,
    rule_name,
    sentences,
    where,
)
from tdv.cli.text import plural, visible
from tdv.quality.finding import Finding, Level
from tdv.quality.report import Selected, ValidationReport
from tdv.store import files

# Annotations of each kind that a step may have.
ANNOTATIONS = 10
# Of these, so many at most are thresholds that failed.
GAUGES = 5
# Bytes that a step may put into its summary.
ROOM = 1 << 20
# Findings of a rule that the summary shows.
FEW = 3
# Files that the summary names.
NAMED = 100
_MARKUP = re.compile(r"([\\`*_\[\]<>#|~&])")


class GithubWriter:
    """Gathers the few findings that are shown; writes commands to the log, and the summary."""

    def __init__(self, sink: Sink, wishes: Wishes) -> None:
        self._sink = sink
        self._wishes = wishes
        self._annotated: list[Finding] = []
        self._shown: defaultdict[tuple[Level, str], list[Finding]] = defaultdict(list)

    def begin(self, report: ValidationReport) -> Selected | None:
        """The worst ten errors and warnings are wanted, and some of each rule."""
        self._report = report
        self._failed = [each for each in report.gauges if not each.passed]
        most = self._wishes.at_most
        gauges = min(len(self._failed), GAUGES)
        self._quotas = [
            Quota(report, most(ANNOTATIONS - gauges), levels=[Level.ERROR]),
            Quota(report, most(ANNOTATIONS), levels=[Level.WARNING]),
        ]
        self._quota = Quota(
            report, self._wishes.max_findings, per_rule=lambda count: min(count, FEW)
        )
        return united(each.selected for each in [*self._quotas, self._quota])

    def add(self, finding: Finding) -> None:
        """Hold what is shown."""
        if any([each.takes(finding) for each in self._quotas]):
            self._annotated.append(finding)
        if self._quota.takes(finding):
            self._shown[finding.level, finding.code].append(finding)

    def end(self) -> None:
        """Write the annotations, the worst first, and append the summary."""
        for gauge in self._failed[:GAUGES]:
            title = f"title={_property(gauge.name)}"
            self._sink.write(f"::error {title}::{_data(f'{gauge_text(gauge)}.')}\n")
        for finding in sorted(self._annotated, key=lambda each: each.level.rank):
            self._sink.write(self._annotation(finding))
        if self._wishes.summary:
            append(Path(self._wishes.summary), self._summary())

    def _annotation(self, finding: Finding) -> str:
        place = finding.place
        title = rule_name(self._report, finding.code)
        properties = {"file": finding.path} if place is not None else {}
        if place is not None and place.line is not None:
            properties["line"] = str(place.line)
        properties["title"] = title
        joined = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
        key = key_text(place)
        row = "" if place is None or place.line is not None else f"row {place.row}"
        whose = ", ".join(filter(None, [row, key and f"key {key}"]))
        if place is None:
            whose = visible(finding.path)
        text = f"{whose}: {sentences(finding)}" if whose else sentences(finding)
        return f"::{finding.level.value} {joined}::{_data(text)}\n"

    def _summary(self) -> str:
        report = self._report
        lines = [
            f"## tdv validate: {markdown(report.dataset_id)}",
            "",
            markdown(report.message),
            "",
        ]
        if report.files:
            lines += ["| file | dataset | profile | rows | invalid |", "|---|---|---|--:|--:|"]
            lines += [
                f"| {markdown(each.path)} | {markdown(each.dataset)} | {markdown(each.profile)} "
                f"| {each.rows:,} | {each.invalid:,} |"
                for each in report.files[:NAMED]
            ]
            if len(report.files) > NAMED:
                lines.append(f"| and {len(report.files) - NAMED:,} more | | | | |")
            lines.append("")
        lines += [*self._gauges(), *self._rules()]
        if report.recommendations:
            lines += ["### Recommendations", ""]
            lines += [f"- {markdown(each)}" for each in report.recommendations]
        coming = not_yet(*(rule_mend(report, each.code) for each in report.tallies))
        if coming:
            lines += ["", coming]
        if report.rules_from:
            lines += ["", f"Judged by {markdown(report.rules_from)} ({report.rules_digest})."]
        return "\n".join(lines) + "\n"

    def _gauges(self) -> list[str]:
        if not self._report.gauges:
            return []
        head = ["| threshold | metric | dataset | got | need | |", "|---|---|---|--:|---|---|"]
        rows = [
            f"| {markdown(each.name)} | {markdown(each.metric)} | {markdown(each.dataset)} "
            f"| {figure(each.got)} "
            f"| {markdown(each.need)} | {'passed' if each.passed else '**failed**'} |"
            for each in self._report.gauges
        ]
        return [*head, *rows, ""]

    def _rules(self) -> list[str]:
        counts: Counter[tuple[Level, str]] = Counter()
        for each in self._report.tallies:
            counts[each.level, each.code] += each.findings
        lines = []
        for level, code in sorted(counts, key=lambda group: (group[0].rank, group[1])):
            count = counts[level, code]
            name = markdown(rule_name(self._report, code))
            lines += [f"### {level.value} {name}: {plural(count, 'finding')}", ""]
            shown = self._shown[level, code]
            lines += [f"- {_item(finding)}" for finding in shown]
            if shown and len(shown) < count:
                lines.append(f"- and {count - len(shown):,} more")
            mend = visible(rule_mend(self._report, code))  # `tdv …` is markup here as well
            lines += ["", *([mend, ""] if mend else [])]
        return lines


def append(path: Path, text: str) -> None:
    """Append to the summary of a step, cut at a line so that GitHub does not refuse all of it.

    Raises:
        StorageError: the file takes nothing.
    """
    with files.refusals(path):
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            room = ROOM - os.fstat(descriptor).st_size
            files.write_all(descriptor, _fitting(text, room), path)
        finally:
            os.close(descriptor)


def markdown(text: str) -> str:
    """Text in which nothing is markup."""
    return _MARKUP.sub(r"\\\1", visible(text))


def _fitting(text: str, room: int) -> bytes:
    block = text.encode("utf-8", "surrogateescape")
    if len(block) <= room:
        return block
    said = b"\nThe rest does not fit into the summary of a step.\n"
    kept = block[: max(room - len(said), 0)]
    kept = kept[: kept.rfind(b"\n") + 1]
    return kept + said if kept else b""


def _item(finding: Finding) -> str:
    at = finding.path if finding.place is None else where(finding.place)
    key = key_text(finding.place)
    return markdown(f"{at}{f' ({key})' if key else ''}: {sentences(finding)}")


def _data(text: str) -> str:
    """The text of a workflow command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """A property of a workflow command."""
    return _data(visible(text, keep="\r\n")).replace(":", "%3A").replace(",", "%2C")
