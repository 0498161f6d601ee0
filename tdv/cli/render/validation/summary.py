"""What a validation found, as lines to be said beside something else: on stderr, by `commit`."""

from __future__ import annotations

from collections.abc import Iterator

from tdv.cli.render.validation.astext import TextWriter
from tdv.cli.render.validation.writer import Wishes
from tdv.quality.report import ValidationReport


class _Held:
    """Holds text."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> None:
        self.text += text

    def finish(self) -> None:
        """Nothing is left to do."""

    def abandon(self) -> None:
        """Nothing is left to do."""


def summary_lines(report: ValidationReport) -> Iterator[str]:
    """The lines of the text output: a few findings of each rule, the thresholds, the outcome."""
    held = _Held()
    writer = TextWriter(held, Wishes())
    selected = writer.begin(report)
    for finding in report.findings(selected) if selected is not None else ():
        writer.add(finding)
    writer.end()
    yield from held.text.rstrip("\n").split("\n")
