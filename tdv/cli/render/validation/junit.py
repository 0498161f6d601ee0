"""JUnit's XML, as the pages of CI servers show it: one test case a rule and path, never a row.

The dialect is the one that Jenkins and GitLab describe: `testsuites` holds a `testsuite` a path,
that one a `testcase` a rule. Thresholds are a suite of their own.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

from tdv.cli.render.validation.astext import gauge_text
from tdv.cli.render.validation.quota import Quota, in_order, is_dataset
from tdv.cli.render.validation.sinks import Sink
from tdv.cli.render.validation.writer import (
    Wishes,
    key_text,
    rule_mend,
    rule_name,
    sentences,
    where,
)
from tdv.cli.text import plural, visible
from tdv.quality.finding import Finding
from tdv.quality.report import Selected, Tally, ValidationReport

# A failure names so many of its findings.
NAMED = 20
# What XML 1.0 does not allow, escaped or not.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;"}
_ESCAPED = str.maketrans({**_ESCAPES, "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"})


class JunitWriter:
    """Writes a suite as soon as the findings in its path's rows have passed by."""

    def __init__(self, sink: Sink, wishes: Wishes) -> None:
        self._sink = sink
        self._wishes = wishes
        self._lines: defaultdict[str, defaultdict[str, list[str]]] = defaultdict(
            lambda: defaultdict(list)
        )

    def begin(self, report: ValidationReport) -> Selected | None:
        """Write the head with its totals; the first findings of each case are wanted."""
        self._report = report
        self._quota = Quota(report, self._wishes.max_findings, per_case=NAMED)
        self._tallies: defaultdict[str, dict[str, Tally]] = defaultdict(dict)
        for each in in_order(report.tallies):
            self._tallies[each.path][each.code] = each
        self._codes = {each.path: each.codes for each in report.files}
        paths = {*self._tallies, *self._codes}
        self._paths = dict.fromkeys(sorted(paths, key=lambda path: (not is_dataset(path), path)))
        self._current: str | None = None
        self._write_head()
        return self._quota.selected if self._quota.wanted else None

    def add(self, finding: Finding) -> None:
        """Hold a finding that its case names."""
        if finding.place is not None and self._current != finding.path:
            over = [self._current] if self._current else filter(is_dataset, list(self._paths))
            for path in over:
                self._write_suite(path)
            self._current = finding.path
        if self._quota.takes(finding):
            self._lines[finding.path][finding.code].append(_line(finding))

    def end(self) -> None:
        """Write the suites that are left, and the thresholds."""
        if self._current is not None:
            self._write_suite(self._current)
        for path in list(self._paths):
            self._write_suite(path)
        self._write_thresholds()
        self._write_skipped()
        self._sink.write("</testsuites>\n")

    def _write_head(self) -> None:
        report = self._report
        cases = sum(len(self._cases(path)) for path in self._paths)
        failures = sum(self._wishes.fails(each.level) for each in report.tallies)
        failures += self._failed_thresholds()
        tests = cases + len(report.gauges) + len(report.skipped)
        skipped = f' skipped="{len(report.skipped)}"' if report.skipped else ""
        self._sink.write('<?xml version="1.0" encoding="UTF-8"?>\n')
        self._sink.write(
            f'<testsuites name="tdv validate" tests="{tests}" failures="{failures}" errors="0"'
            f"{skipped}>\n"
        )

    def _cases(self, path: str) -> list[str]:
        """The rules that are cases of a path."""
        return sorted({*self._codes.get(path, ()), *self._tallies[path]})

    def _write_suite(self, path: str) -> None:
        if path not in self._paths:
            return
        del self._paths[path]
        tallies, cases = self._tallies[path], self._cases(path)
        failures = sum(self._wishes.fails(each.level) for each in tallies.values())
        self._open_suite(path, len(cases), failures)
        for code in cases:
            name = rule_name(self._report, code)
            attributes = f'classname="{_attribute(path)}" name="{_attribute(name)}"'
            if code in tallies:
                self._write_case(attributes, tallies[code], self._lines[path][code])
            else:
                self._sink.write(f"    <testcase {attributes}/>\n")
        self._sink.write("  </testsuite>\n")
        self._lines.pop(path, None)

    def _write_case(self, attributes: str, tally: Tally, found: list[str]) -> None:
        said = f"{tally.level.value}: {plural(tally.findings, 'finding')}"
        lines = [*found]
        if len(lines) < tally.findings:
            lines.append(f"and {tally.findings - len(lines):,} more")
        lines.append(rule_mend(self._report, tally.code))
        if self._wishes.fails(tally.level):
            body = _failure(said, tally.code, lines)
        else:
            body = f"<system-out>{_text([said, *lines])}</system-out>"
        self._sink.write(f"    <testcase {attributes}>\n      {body}\n    </testcase>\n")

    def _write_thresholds(self) -> None:
        gauges = self._report.gauges
        if not gauges:
            return
        self._open_suite("thresholds", len(gauges), self._failed_thresholds())
        for each in gauges:
            whose = f"thresholds {each.dataset}".rstrip()
            attributes = f'classname="{_attribute(whose)}" name="{_attribute(each.name)}"'
            if each.passed:
                self._sink.write(f"    <testcase {attributes}/>\n")
                continue
            body = _failure(gauge_text(each), "threshold", [gauge_text(each)])
            self._sink.write(f"    <testcase {attributes}>\n      {body}\n    </testcase>\n")
        self._sink.write("  </testsuite>\n")

    def _write_skipped(self) -> None:
        skipped = sorted(self._report.skipped.items())
        if not skipped:
            return
        self._open_suite("skipped", len(skipped), 0, len(skipped))
        for path, reason in skipped:
            self._sink.write(
                f'    <testcase classname="{_attribute(path)}" name="validate">\n'
                f'      <skipped message="{_attribute(reason)}"/>\n    </testcase>\n'
            )
        self._sink.write("  </testsuite>\n")

    def _open_suite(self, name: str, tests: int, failures: int, skipped: int = 0) -> None:
        self._sink.write(
            f'  <testsuite name="{_attribute(name)}" tests="{tests}" failures="{failures}" '
            f'errors="0" skipped="{skipped}">\n'
        )

    def _failed_thresholds(self) -> int:
        return sum(not each.passed for each in self._report.gauges)


def _line(finding: Finding) -> str:
    at = visible(finding.path) if finding.place is None else where(finding.place)
    key = key_text(finding.place)
    return f"{at}{f' ({key})' if key else ''}: {sentences(finding)}"


def _failure(message: str, kind: str, lines: Iterable[str]) -> str:
    body = _text(lines)
    return f'<failure message="{_attribute(message)}" type="{kind}">{body}</failure>'


def _attribute(text: str) -> str:
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", visible(text)).translate(_ESCAPED)


def _text(lines: Iterable[str]) -> str:
    text = "\n".join(map(visible, filter(None, lines)))
    allowed = _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)
    return "".join(_ESCAPES.get(each, each) for each in allowed)
