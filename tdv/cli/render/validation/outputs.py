"""`-o FORMAT=FILE`: reads what the user asked for, and feeds all outputs in one pass."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tdv.cli.output import Output
from tdv.cli.render.validation.asjson import JsonlWriter, JsonWriter
from tdv.cli.render.validation.astext import TextWriter
from tdv.cli.render.validation.concise import ConciseWriter
from tdv.cli.render.validation.github import GithubWriter
from tdv.cli.render.validation.junit import JunitWriter
from tdv.cli.render.validation.quota import united
from tdv.cli.render.validation.sarif import SarifWriter
from tdv.cli.render.validation.sinks import FileSink, Sink, StdoutSink, check_target
from tdv.cli.render.validation.writer import Wishes, Writer, outcome
from tdv.cli.text import near_words
from tdv.errors import UsageError
from tdv.quality.report import Selected, ValidationReport

FORMATS: dict[str, Callable[[Sink, Wishes], Writer]] = {
    "text": TextWriter,
    "concise": ConciseWriter,
    "json": JsonWriter,
    "jsonl": JsonlWriter,
    "junit": JunitWriter,
    "sarif": SarifWriter,
    "github": GithubWriter,
}
# On stdout, these are for a reader.
FOR_PEOPLE = ("text", "concise", "github")


@dataclass(frozen=True)
class Wanted:
    """One output.

    Attributes:
        format: one of FORMATS.
        path: the file; None is stdout.
    """

    format: str
    path: Path | None = None


def parse_outputs(words: Sequence[str], *, json: bool = False, here: Path) -> tuple[Wanted, ...]:
    """The outputs that `-o` and `--json` ask for; text on stdout unless another takes stdout.

    Args:
        words: `FORMAT=FILE`, `FORMAT=-` or `FORMAT`, both of which mean stdout.
        here: the folder that relative paths start from.

    Raises:
        UsageError: an unknown format, two outputs for one place, a place that takes no file.
    """
    asked = [*(["json=-"] if json else []), *words]
    wanted = [_parsed(word, here) for word in asked]
    on_stdout = [each for each in wanted if each.path is None]
    if all(each.format in FOR_PEOPLE for each in on_stdout):
        # Annotations are read out of the log of a workflow, where text stands beside them.
        on_stdout = [each for each in on_stdout if each.format != "github"]
    if len(on_stdout) > 1:
        both = " and ".join(f"`{each.format}`" for each in on_stdout[:2])
        raise UsageError(
            f"{both} cannot both go to stdout.", hint=f"`-o {on_stdout[1].format}=FILE` writes one."
        )
    places = [os.path.realpath(each.path) for each in wanted if each.path is not None]
    for place in places:
        if places.count(place) > 1 and not place.startswith("/dev/"):
            raise UsageError(f"Two outputs cannot go to the same file: {place}.")
    return tuple(wanted if on_stdout else [Wanted("text"), *wanted])


def takes_stdout(outputs: Iterable[Wanted]) -> bool:
    """Whether stdout is for a program, so that the outcome has to be said on stderr."""
    return any(each.path is None and each.format not in FOR_PEOPLE for each in outputs)


def write_outputs(
    out: Output, report: ValidationReport, outputs: Sequence[Wanted], wishes: Wishes
) -> None:
    """Write every output, with one pass over the findings that any of them wants.

    A file appears whole, when everything has been written; none appears when something fails.

    Raises:
        StorageError: a file cannot be written.
    """
    sinks: list[Sink] = []
    with ExitStack() as unfinished:
        writers: list[Writer] = []
        for wanted in outputs:
            sink: Sink = StdoutSink(out) if wanted.path is None else FileSink(wanted.path)
            unfinished.callback(sink.abandon)
            sinks.append(sink)
            writers.append(_writer(wanted, sink, wishes, color=out.color))
        _feed(report, writers)
        for sink in sinks:
            sink.finish()
        unfinished.pop_all()
    if takes_stdout(outputs):
        out.say(outcome(report, wishes))


def _feed(report: ValidationReport, writers: Sequence[Writer]) -> None:
    asked: list[tuple[Writer, Selected]] = []
    for writer in writers:
        selected = writer.begin(report)
        if selected is not None:
            asked.append((writer, selected))
    if asked:
        takers = [writer for writer, _ in asked]
        for finding in report.findings(united(selected for _, selected in asked)):
            for writer in takers:
                writer.add(finding)
    for writer in writers:
        writer.end()


def _writer(wanted: Wanted, sink: Sink, wishes: Wishes, *, color: bool) -> Writer:
    if wanted.format == "text":
        return TextWriter(sink, wishes, color=color and wanted.path is None)
    return FORMATS[wanted.format](sink, wishes)


def _parsed(word: str, here: Path) -> Wanted:
    format, _, file = word.partition("=")
    if format not in FORMATS:
        near = near_words(format, FORMATS, prefix="-o ")
        raise UsageError(
            f"There is no output format `{format}`.",
            hint=near or f"`-o` takes FORMAT=FILE; the formats are {', '.join(FORMATS)}.",
        )
    if file in ("", "-"):
        return Wanted(format)
    path = here / file
    check_target(path, word)
    return Wanted(format, path)
