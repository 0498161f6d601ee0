"""A validation as one JSON document, `tdv.validate/1`, and as JSON Lines, `tdv.finding/1`."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import msgspec

from tdv.cli.render.validation.quota import Quota
from tdv.cli.render.validation.sinks import Sink
from tdv.cli.render.validation.writer import Wishes, rule_mend
from tdv.cli.text import plural, visible
from tdv.quality.finding import Finding, Level, Place
from tdv.quality.report import Selected, ValidationReport

# What JSON leaves as it is and a terminal obeys. It stands in strings only, so it can be escaped.
_CONTROL = re.compile("[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_ENCODER = msgspec.json.Encoder(decimal_format="number")
_SURROGATE = re.compile("[\ud800-\udfff]")


class JsonWriter:
    """Writes the document; its `issues` one by one, a line each, as they come."""

    def __init__(self, sink: Sink, wishes: Wishes) -> None:
        self._sink = sink
        self._wishes = wishes

    def begin(self, report: ValidationReport) -> Selected | None:
        """Write everything but the issues."""
        self._report = report
        self._quota = Quota(report, self._wishes.max_findings)
        self._mends = {code: rule.mend for code, rule in report.rules.items()}
        self._written = 0
        head = {"schema": "tdv.validate/1", **document(report)}
        head["issues_left_out"] = self._quota.left_out
        text = indented(head)
        self._sink.write(f'{text[:-2]},\n  "issues": [')
        return self._quota.selected if self._quota.wanted else None

    def add(self, finding: Finding) -> None:
        """Write an issue."""
        if self._quota.takes(finding):
            comma = "," if self._written else ""
            self._written += 1
            self._sink.write(f"{comma}\n    {encoded(issue(finding, self._report))}")

    def end(self) -> None:
        """Close the list; time and durations stand behind it, apart."""
        self._sink.write("\n  ]" if self._written else "]")
        if self._wishes.run:
            run = indented(dict(self._wishes.run)).replace("\n", "\n  ")
            self._sink.write(f',\n  "run": {run}')
        self._sink.write("\n}\n")


class JsonlWriter:
    """Writes each finding as a line of JSON."""

    def __init__(self, sink: Sink, wishes: Wishes) -> None:
        self._sink = sink
        self._wishes = wishes

    def begin(self, report: ValidationReport) -> Selected:
        """All findings are wanted."""
        self._report = report
        self._quota = Quota(report, self._wishes.max_findings)
        return self._quota.selected

    def add(self, finding: Finding) -> None:
        """Write its line."""
        if self._quota.takes(finding):
            line = encoded({"schema": "tdv.finding/1", **issue(finding, self._report)})
            self._sink.write(f"{line}\n")

    def end(self) -> None:
        """Nothing follows the findings."""


def document(report: ValidationReport) -> dict[str, Any]:
    """The body of `tdv.validate/1` without its issues."""
    return {
        "dataset_id": report.dataset_id,
        "validation_id": report.validation_id,
        "revision": report.revision or None,
        "is_valid": report.is_valid,
        "passed": all(each.passed for each in report.gauges),
        "message": report.message,
        "total_examples": report.total_examples,
        "valid_examples": report.valid_examples,
        "invalid_examples": report.invalid_examples,
        "quality_score": report.quality_score,
        "metrics": dict(report.metrics),
        "thresholds": [
            {
                "name": each.name,
                "metric": each.metric,
                "got": each.got,
                "need": each.need,
                "passed": each.passed,
                "dataset": each.dataset or None,
                "from": each.origin or None,
            }
            for each in report.gauges
        ],
        **_counted(report),
        "recommendations": list(report.recommendations),
        "statistics": dict(report.statistics),
        "rules": {"digest": report.rules_digest, "from": report.rules_from},
        "new_from": report.new_from or None,
        "notes": list(report.notes),
        "skipped": [
            {"path": path, "reason": reason} for path, reason in sorted(report.skipped.items())
        ],
    }


def issue(finding: Finding, report: ValidationReport) -> dict[str, Any]:
    """A finding for programs."""
    rule = report.rules.get(finding.code)
    place = finding.place
    return {
        "id": finding.id,
        "code": finding.code,
        "name": rule.name if rule else None,
        "level": finding.level.value,
        "path": finding.path,
        "line": place.line if place else None,
        "row": place.row if place else None,
        "key": list(place.key) if place and place.key else None,
        "field": finding.field or None,
        "message": finding.message,
        "suggestion": finding.suggestion or rule_mend(report, finding.code) or None,
        "partner": _partner(finding.partner),
    }


def encoded(value: Any) -> str:
    """The value in one line of JSON that a terminal may show."""
    try:
        text = _ENCODER.encode(value).decode()
    except UnicodeEncodeError:  # a byte that was not UTF-8, in a path or a message
        text = _ENCODER.encode(_plain(value)).decode()
    return _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def indented(value: Any) -> str:
    """The same over several lines."""
    return msgspec.json.format(encoded(value), indent=2)


def _counted(report: ValidationReport) -> dict[str, Any]:
    """Findings by level, by rule, by file; what is not among them."""
    findings: Counter[tuple[str, Level]] = Counter()
    rows: Counter[tuple[str, Level]] = Counter()
    for each in report.tallies:
        findings[each.code, each.level] += each.findings
        rows[each.code, each.level] += each.rows
    names = {code: rule.name for code, rule in report.rules.items()}
    by_rule: list[dict[str, Any]] = [
        {
            "code": code,
            "name": names.get(code),
            "level": level.value,
            "findings": count,
            "rows": rows[code, level],
        }
        for (code, level), count in sorted(findings.items())
    ]
    return {
        "counts": {level.value: report.count(level) for level in Level},
        "by_rule": by_rule,
        "warnings": [
            f"{each['code']} {each['name']}: {plural(each['findings'], 'finding')}"
            for each in by_rule
            if each["level"] == Level.WARNING.value
        ],
        "by_file": [
            {
                "path": each.path,
                "code": each.code,
                "level": each.level.value,
                "findings": each.findings,
                "rows": each.rows,
            }
            for each in report.tallies
        ],
        "accepted": dict(sorted(report.accepted.items())),
        "known": dict(sorted(report.known.items())),
        "files": [
            {
                "path": each.path,
                "dataset": each.dataset or None,
                "profile": each.profile,
                "rows": each.rows,
                "invalid_rows": each.invalid,
            }
            for each in report.files
        ],
    }


def _partner(place: Place | None) -> dict[str, Any] | None:
    if place is None:
        return None
    return {
        "path": place.path,
        "line": place.line,
        "row": place.row,
        "key": list(place.key) or None,
    }


def _plain(value: Any) -> Any:
    """The value with bytes that were not UTF-8 written as `\\xff`."""
    if isinstance(value, dict):
        return {_plain(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return _SURROGATE.sub(lambda found: visible(found[0]), value) if type(value) is str else value
