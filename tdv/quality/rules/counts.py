"""CNT: how much there is of a dataset. The bounds are off until a profile or `tdv.toml` sets them.

Source 001 wants 5 to 10,000 examples, 10 different words and a duplicate ratio of 0.3 at most:
the profile `ingestion` has these.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tdv.quality.finding import Fault, Level
from tdv.quality.rule import Param, TotalRule, Values
from tdv.quality.subject import Roles, Row
from tdv.quality.telling import counted

if TYPE_CHECKING:
    from tdv.quality.extracting.summary import Summary


def _too_few(summary: Summary, roles: Roles, limits: Values) -> Iterator[Fault]:
    least = limits["min_examples"]
    if summary.rows < least:
        message = f"The dataset has {counted(summary.rows, 'row')}, and needs {least:,} at least."
        yield Fault("num_samples", message)


def _too_many(summary: Summary, roles: Roles, limits: Values) -> Iterator[Fault]:
    most = limits["max_examples"]
    if 0 < most < summary.rows:
        message = f"The dataset has {counted(summary.rows, 'row')}, and may have {most:,} at most."
        yield Fault("num_samples", message)


def _few_words(summary: Summary, roles: Roles, limits: Values) -> Iterator[Fault]:
    least, words = limits["min_unique_words"], summary.vocabulary
    if words is not None and words.count < least:
        message = (
            f"All texts together have {counted(words.count, 'different word')}, and need "
            f"{least:,} at least."
        )
        yield Fault("unique_words", message)


def _many_repeated(summary: Summary, roles: Roles, limits: Values) -> Iterator[Fault]:
    most, repeated = limits["max_duplicate_ratio"], summary.repeated
    if repeated is not None and repeated > most * summary.rows:
        what = "the text of an earlier one" if roles.text else "an earlier one"
        message = (
            f"{counted(repeated, 'row')} of {summary.rows:,} "
            f"{'repeats' if repeated == 1 else 'repeat'} {what}: "
            f"{repeated / summary.rows:.3g}, and {most:g} is the most."
        )
        yield Fault("duplicate_ratio", message)


_ROWS: list[Row] = [{"text": text} for text in ("wake me at six", "play some jazz", "stop it")]

RULES = (
    TotalRule(
        code="CNT001",
        name="too-few-examples",
        level=Level.ERROR,
        summary="The dataset has too few rows.",
        why="An empty file is mostly the outcome of a step that failed. Set what training needs.",
        bad=[],
        good=_ROWS,
        mend="Look at the step that writes the file, or collect more rows.",
        params=(Param("min_examples", 1, "The least number of rows."),),
        judge=_too_few,
    ),
    TotalRule(
        code="CNT002",
        name="too-many-examples",
        level=Level.WARNING,
        summary="The dataset has more rows than it should.",
        why="Training takes longer than was planned, or two files were put together by mistake.",
        bad=_ROWS,
        good=_ROWS[:2],
        mend="`tdv sample` takes some of them.",
        optional=True,
        params=(Param("max_examples", 0, "The largest number of rows; 0 for any."),),
        judge=_too_many,
    ),
    TotalRule(
        code="CNT003",
        name="few-words",
        level=Level.WARNING,
        summary="All texts together have too few different words.",
        why=(
            "Texts from a few templates look many and teach little. Words of the main text are "
            "counted, without case. Which words a changed file has is found out by reading all of "
            "its changed parts again, so this rule has to be asked for."
        ),
        bad=[{"text": "yes yes"}, {"text": "Yes"}],
        good=_ROWS,
        mend="Collect or augment rows with other words.",
        applies=lambda roles: bool(roles.text),
        optional=True,
        params=(Param("min_unique_words", 0, "The least number of different words."),),
        judge=_few_words,
    ),
    TotalRule(
        code="CNT004",
        name="duplicate-ratio",
        level=Level.WARNING,
        summary="Too large a share of the rows repeats the text of an earlier row.",
        why=(
            "A few repeats are normal, many are a mistake. Texts are compared without case and "
            "repeated blanks; where the dataset has no text, records are. DUP001 and DUP003 name "
            "the rows; `max_duplicates` in `[gate]` is a threshold on the same figure."
        ),
        bad=[*_ROWS[:1] * 2],
        good=_ROWS,
        mend="`tdv dedup` keeps one row of each group.",
        optional=True,
        params=(
            Param("max_duplicate_ratio", 1.0, "The largest share of such rows, 0.3 for 30 %."),
        ),
        judge=_many_repeated,
    ),
)
