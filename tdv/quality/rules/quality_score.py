"""QUA: the row scorer of source document 002, which the profile `instruction` uses as `mcf`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tdv.quality.finding import Fault, Level
from tdv.quality.rule import Param, RowRule
from tdv.quality.subject import Roles, Row, Subject, value_at

SCORE = "QUA001"
MIN_QUALITY = 0.7
# In tenths, so that sums are exact.
_WHOLE, _SHORT_INPUT, _SHORT_OUTPUT, _REPETITIVE, _NO_QUALITY = 10, 3, 3, 2, 1
_INPUT_CHARS, _OUTPUT_CHARS = 5, 2
_REPETITIVE_WORDS, _DISTINCT_SHARE = 5, 4


def mcf_score(row: Row, roles: Roles) -> float:
    """The score of a row, 0 to 1, by the rules of source 002.

    1.0, less 0.3 for an input of fewer than 5 characters, 0.3 for an output that is given and has
    fewer than 2, 0.2 for a repetitive input, and 0.1 for no `metadata.quality` (0 counts as none).
    The document leaves open what repetitive is: here, 5 words or more of which less than a quarter
    are different.

    Args:
        roles: the input is the first text field, the output the second.
    """
    return (_WHOLE - sum(tenths for tenths, _ in _deductions(row, roles))) / _WHOLE


def _deductions(row: Row, roles: Roles) -> Iterator[tuple[int, str]]:
    """What a row loses, in tenths, each with the reason; they add up to 9 at most."""
    given = value_at(row, roles.text[0]) if roles.text else None
    text = given if isinstance(given, str) else ""
    answer: Any = value_at(row, roles.text[1]) if len(roles.text) > 1 else None
    if len(text) < _INPUT_CHARS:
        yield _SHORT_INPUT, f"the input has fewer than {_INPUT_CHARS} characters"
    if isinstance(answer, str) and answer and len(answer) < _OUTPUT_CHARS:
        yield _SHORT_OUTPUT, f"the output has fewer than {_OUTPUT_CHARS} characters"
    if is_repetitive(text):
        yield _REPETITIVE, "the input repeats a few words"
    if not value_at(row, "metadata.quality"):
        yield _NO_QUALITY, "there is no `metadata.quality`"


def is_repetitive(text: str) -> bool:
    """Whether less than a quarter of a text's words, of 5 or more, are different."""
    words = text.lower().split()
    return len(words) >= _REPETITIVE_WORDS and len({*words}) * _DISTINCT_SHARE < len(words)


def _low(row: Row, subject: Subject) -> Iterator[Fault]:
    least = subject.value(SCORE, "min_quality", MIN_QUALITY)
    score = mcf_score(row, subject.roles)
    if score < least:
        reasons = "; ".join(reason for _, reason in _deductions(row, subject.roles))
        yield Fault("", f"The row's score is {score:g}, and {least:g} is the least: {reasons}.")


RULES = (
    RowRule(
        code=SCORE,
        name="low-score",
        level=Level.WARNING,
        optional=True,
        summary="A row scores below the least quality by the scorer of source 002 (`mcf`).",
        why=(
            "1.0, less 0.3 for an input under 5 characters, 0.3 for an output under 2, 0.2 for an "
            "input that repeats itself, 0.1 for no `metadata.quality`. Only the profile "
            "`instruction` asks for it."
        ),
        bad={"input": "Hm?", "output": "I see.", "task": "qa"},
        good={"input": "How are you?", "output": "Well, thank you.", "task": "qa"},
        mend="`tdv clean --min-quality 0.7` removes such rows; `tdv apply` sets the quality.",
        applies=lambda roles: bool(roles.text),
        params=(Param("min_quality", MIN_QUALITY, "Least score, 0 to 1.", extracts=True),),
        check=_low,
    ),
)
