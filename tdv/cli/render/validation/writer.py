"""What a format is: a writer that is told of the report, then of findings one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from tdv.cli.render.validation.quota import is_dataset
from tdv.cli.text import visible
from tdv.quality.finding import Finding, Level, Place
from tdv.quality.report import Selected, ValidationReport


class Writer(Protocol):
    """Writes one validation in one format, while the findings pass by; holds few of them."""

    def begin(self, report: ValidationReport) -> Selected | None:
        """Write the beginning; the findings that are wanted, None for none.

        More may come than were wanted, as another writer wants them.
        """
        ...

    def add(self, finding: Finding) -> None:
        """Take the next finding, in the order that the report gives them."""
        ...

    def end(self) -> None:
        """Write the rest."""
        ...


@dataclass(frozen=True)
class Wishes:
    """What the user asked of the output.

    Attributes:
        max_findings: so many in each output; None where the format decides.
        statistics: text counts by rule and shows no findings.
        fail_on: findings of this level and worse fail; None fails on thresholds only.
        run: time, durations and machine, apart from the report.
        shown: a path of the report as the user would type it.
        summary: the file for the step summary of a GitHub workflow, or "".
    """

    max_findings: int | None = None
    statistics: bool = False
    fail_on: Level | None = Level.ERROR
    run: Mapping[str, Any] = field(default_factory=dict)
    shown: Callable[[str], str] = str
    summary: str = ""

    def place(self, finding: Finding) -> str:
        """Where a finding is, as the user would type it: `train.jsonl:12`; a dataset's `[NAME]`."""
        if finding.place is not None:
            return where(finding.place, self.shown)
        return visible(finding.path if is_dataset(finding.path) else self.shown(finding.path))

    def at_most(self, most: int) -> int:
        """The format's own bound, or the user's where that is lower."""
        return most if self.max_findings is None else min(most, self.max_findings)

    def fails(self, level: Level) -> bool:
        """Whether findings of that level make the validation fail."""
        return self.fail_on is not None and level.rank <= self.fail_on.rank


def where(place: Place, shown: Callable[[str], str] = str) -> str:
    """`train.jsonl:12`, or `train.parquet:row12` where records have no lines."""
    at = f"row{place.row}" if place.line is None else str(place.line)
    return f"{visible(shown(place.path))}:{at}"


def outcome(report: ValidationReport, wishes: Wishes) -> str:
    """The report's message, and that it fails nevertheless where less than an error does so."""
    fails = any(wishes.fails(each.level) for each in report.tallies)
    if not report.is_valid or not fails or wishes.fail_on is None:
        return report.message
    return f"{report.message} It fails all the same, as each {wishes.fail_on.value} does here."


def key_text(place: Place | None) -> str:
    """The key as one text; "" where there is none."""
    return "" if place is None else visible(", ".join(place.key))


def sentences(finding: Finding, shown: Callable[[str], str] = str) -> str:
    """Field, message, the partner's place and the suggestion, in one line without controls.

    What the message says already, field and partner's key, is not said twice.
    """
    message = visible(finding.message)
    if names_field(finding):
        message = f"{visible(finding.field)}: {message}"
    if finding.partner is not None:
        key = key_text(finding.partner)
        said = key in message or key == key_text(finding.place)
        named = "" if said else f" (key {key})"
        message += f" See {where(finding.partner, shown)}{named}."
    if finding.suggestion:
        message += f" {visible(finding.suggestion)}"
    return message


def names_field(finding: Finding) -> bool:
    """Whether the field has to be said because the message does not.

    Of `label=refund`, which is about one value of a field, the message has to name the field.
    """
    field = finding.field.partition("=")[0] if finding.place is None else finding.field
    return bool(field) and f"`{field}`" not in finding.message


def rule_name(report: ValidationReport, code: str) -> str:
    """`FLD001 required`."""
    rule = report.rules.get(code)
    return f"{code} {rule.name}" if rule else code


def rule_mend(report: ValidationReport, code: str) -> str:
    """What repairs what a rule finds."""
    rule = report.rules.get(code)
    return rule.mend if rule else ""


def figure(value: float | None) -> str:
    """A figure of a threshold, as it was rounded; "nothing" where the data has none."""
    return "nothing" if value is None else f"{value:.15g}"
