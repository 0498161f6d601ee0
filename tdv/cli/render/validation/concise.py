"""`path:line:col: CODE message`: one line a finding, as editors and grep read them."""

from __future__ import annotations

from tdv.cli.render.validation.quota import Quota
from tdv.cli.render.validation.sinks import Sink
from tdv.cli.render.validation.writer import Wishes, sentences
from tdv.quality.finding import Finding
from tdv.quality.report import Selected, ValidationReport


class ConciseWriter:
    """Writes every finding as one line. A row without a line has its number: `a.parquet:row12`."""

    def __init__(self, sink: Sink, wishes: Wishes) -> None:
        self._sink = sink
        self._wishes = wishes

    def begin(self, report: ValidationReport) -> Selected:
        """All findings are wanted."""
        self._quota = Quota(report, self._wishes.max_findings)
        return self._quota.selected

    def add(self, finding: Finding) -> None:
        """Write its line."""
        if not self._quota.takes(finding):
            return
        shown, place = self._wishes.shown, finding.place
        column = "" if place is None or place.line is None else ":1"
        at = f"{self._wishes.place(finding)}{column}"
        self._sink.write(f"{at}: {finding.code} {sentences(finding, shown)}\n")

    def end(self) -> None:
        """Nothing follows the findings."""
