"""SARIF 2.1.0, for code scanning: GitHub takes 25,000 results of a run and shows 5,000 of them."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import quote

from tdv.cli.render.validation.asjson import encoded
from tdv.cli.render.validation.astext import gauge_text
from tdv.cli.render.validation.quota import Quota, is_dataset
from tdv.cli.render.validation.sinks import Sink
from tdv.cli.render.validation.writer import Wishes, key_text, names_field
from tdv.cli.text import plural, visible
from tdv.quality.finding import Finding, Level, Place
from tdv.quality.report import Selected, ValidationReport
from tdv.quality.rule import Rule
from tdv.version import __version__

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
MOST = 25_000
LEVELS = {Level.ERROR: "error", Level.WARNING: "warning", Level.INFO: "note"}
# GitHub refuses a longer description.
LONGEST = 1_000
# Skipped files are named up to this number.
SKIPPED = 100


class SarifWriter:
    """Writes one run; its results one by one, as they come."""

    def __init__(self, sink: Sink, wishes: Wishes) -> None:
        self._sink = sink
        self._wishes = wishes
        self._written = 0

    def begin(self, report: ValidationReport) -> Selected | None:
        """Write everything but the results; the worst 25,000 of these are wanted."""
        self._quota = Quota(report, self._wishes.at_most(MOST))
        codes = sorted({*report.rules, *(each.code for each in report.tallies)})
        self._index = {code: position for position, code in enumerate(codes)}
        self._files: dict[str, str] = {}
        for each in report.files:
            self._files.setdefault(each.dataset or each.profile, each.path)
        run = {
            "tool": {"driver": _driver(report, codes)},
            "automationDetails": {"id": "tdv/validate/"},
            "columnKind": "unicodeCodePoints",
            "invocations": [_invocation(report, self._quota.left_out)],
            "properties": {
                "validationId": report.validation_id,
                "message": report.message,
                "findings": {level.value: report.count(level) for level in Level},
                "leftOut": self._quota.left_out,
            },
        }
        head = {"$schema": SCHEMA, "version": "2.1.0"}
        self._sink.write(f'{encoded(head)[:-1]},"runs":[{encoded(run)[:-1]},"results":[')
        return self._quota.selected if self._quota.wanted else None

    def add(self, finding: Finding) -> None:
        """Write a result."""
        if self._quota.takes(finding):
            self._sink.write(f"{',' if self._written else ''}\n{encoded(self._result(finding))}")
            self._written += 1

    def end(self) -> None:
        """Close the list, the run and the document."""
        self._sink.write("\n]}]}\n")

    def _result(self, finding: Finding) -> dict[str, Any]:
        place = finding.place
        result: dict[str, Any] = {
            "ruleId": finding.code,
            "ruleIndex": self._index[finding.code],
            "level": LEVELS[finding.level],
            "message": {"text": _message(finding)},
            "locations": [self._location(finding.path, place)],
            "partialFingerprints": {"tdvFindingId/v1": finding.id},
        }
        if finding.partner is not None:
            other = self._location(finding.partner.path, finding.partner)
            result["relatedLocations"] = [{**other, "message": {"text": "The other row."}}]
        facts = {
            "row": place.row if place else None,
            "key": list(place.key) if place else None,
            "field": finding.field,
        }
        known = {name: value for name, value in facts.items() if value not in (None, "", [])}
        if known:
            result["properties"] = known
        return result

    def _location(self, path: str, place: Place | None) -> dict[str, Any]:
        """Where it is; a finding over a dataset stands at its first file, named as the dataset."""
        location: dict[str, Any] = {}
        if is_dataset(path):
            name = path[1:-1]
            location["logicalLocations"] = [{"name": name, "kind": "dataset"}]
            if name not in self._files:
                return location
            path = self._files[name]
        physical: dict[str, Any] = {"artifactLocation": artifact(path)}
        if place is not None and place.line is not None:
            physical["region"] = {"startLine": place.line}
        if place is not None:
            name = key_text(place) or f"row {place.row}"
            full = f"{visible(path)}#row {place.row}"
            logical = {"name": name, "fullyQualifiedName": full, "kind": "row"}
            location["logicalLocations"] = [logical]
        return {"physicalLocation": physical, **location}


def artifact(path: str) -> dict[str, str]:
    """A file: its path from the root of the repository, percent-encoded."""
    try:
        uri = quote(path.encode("utf-8", "surrogateescape"), safe="/")
    except UnicodeEncodeError:  # no path of a file system
        uri = quote(visible(path), safe="/")
    if os.path.isabs(path):
        return {"uri": f"file://{uri}"}
    return {"uri": uri, "uriBaseId": "%SRCROOT%"}


def _driver(report: ValidationReport, codes: list[str]) -> dict[str, Any]:
    return {
        "name": "tdv",
        "version": __version__,
        "rules": [_descriptor(report, code) for code in codes],
    }


def _descriptor(report: ValidationReport, code: str) -> dict[str, Any]:
    rule = report.rules.get(code)
    if rule is None:
        return {"id": code}
    return {
        "id": code,
        "name": rule.name,
        "shortDescription": {"text": _shortened(rule.summary)},
        "fullDescription": {"text": _shortened(rule.why or rule.summary)},
        "help": {"text": _help(rule), "markdown": _help(rule, markdown=True)},
        "defaultConfiguration": {"level": LEVELS[rule.level]},
        "properties": {"tags": ["data", rule.family]},
    }


def _help(rule: Rule, *, markdown: bool = False) -> str:
    """What a reader wants to know of a rule: what it finds, why, what it sees, what mends it."""
    tick = "`" if markdown else ""
    heading = f"**{rule.code} {rule.name}**" if markdown else f"{rule.code} {rule.name}"
    parts = [heading, rule.summary, rule.why, rule.mend and f"To mend it: {rule.mend}"]
    if rule.params:
        named = (
            f"- {tick}{each.name}{tick} ({tick}{encoded(each.default)}{tick}): {each.help}"
            for each in rule.params
        )
        parts.append("\n".join(named))
    parts.append(f"{tick}tdv rules {rule.code}{tick} shows examples.")
    return "\n\n".join(filter(None, parts))


def _invocation(report: ValidationReport, left_out: int) -> dict[str, Any]:
    said: list[dict[str, Any]] = []
    if left_out:
        total = sum(each.findings for each in report.tallies)
        cut = f"Of {plural(total, 'finding')}, {left_out:,} are left out here: "
        said.append(_notification("warning", f"{cut}errors come before warnings before infos."))
    said += [
        _notification("error", f"A threshold failed: {gauge_text(each)}.")
        for each in report.gauges
        if not each.passed
    ]
    said += [
        _notification("note", f"{visible(path)} was skipped: {visible(reason)}")
        for path, reason in sorted(report.skipped.items())[:SKIPPED]
    ]
    invocation: dict[str, Any] = {"executionSuccessful": True}
    if said:
        invocation["toolExecutionNotifications"] = said
    return invocation


def _notification(level: str, text: str) -> dict[str, Any]:
    return {"level": level, "message": {"text": text}}


def _message(finding: Finding) -> str:
    """Field, message and suggestion, so that nothing in them reads as a link of SARIF's."""
    field = f"{visible(finding.field)}: " if names_field(finding) else ""
    text = " ".join(filter(None, [visible(finding.message), visible(finding.suggestion)]))
    return f"{field}{text}".replace("](", "] (")


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
