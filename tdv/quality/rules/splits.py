"""SPL: what stands in training data and in test data at once."""

from __future__ import annotations

from tdv.quality.extracting.columns import GROUP, SPLIT, TEXT
from tdv.quality.finding import Fault, Level
from tdv.quality.rule import PairRule, Values
from tdv.quality.schemas.schemaerrors import shown
from tdv.quality.subject import Roles, Row, value_at
from tdv.quality.telling import named

_ROOM = 60


def _tell_leak(row: Row, partner: Row, values: Values, roles: Roles) -> Fault:
    return Fault(roles.text[0], f"The text is {_where(row, partner, roles)}.")


def _tell_group(row: Row, partner: Row, values: Values, roles: Roles) -> Fault:
    group = shown(value_at(row, roles.group), _ROOM)
    return Fault(roles.group, f"`{roles.group}` {group} is {_where(row, partner, roles)}.")


def _where(row: Row, partner: Row, roles: Roles) -> str:
    """Which splits both rows are in; rows do not say so where files are splits."""
    other = named(partner, roles, "an earlier row")
    here, there = value_at(row, roles.split), value_at(partner, roles.split)
    if here is None or there is None:
        return f"also that of {other}, which is of another split"
    return f"in {shown(here, _ROOM)} here and in {shown(there, _ROOM)} in {other}"


_TRAIN: Row = {"text": "wake me at six", "user": "u1", "split": "train"}
_TEST: Row = {"text": "play some jazz", "user": "u2", "split": "test"}

RULES = (
    PairRule(
        code="SPL001",
        name="leakage",
        level=Level.ERROR,
        summary="The same normalised text stands in two splits.",
        why=(
            "A model that has seen a test text in training is measured by its memory. Texts are "
            "compared without case and repeated blanks, over all files of the dataset; rows "
            "without a split are not compared."
        ),
        bad=[_TRAIN, {**_TEST, "text": "Wake me at six"}],
        good=[_TRAIN, _TEST],
        mend="`tdv dedup` keeps the first of them; `tdv split` deals all rows anew.",
        applies=lambda roles: bool(roles.text and roles.split),
        by=lambda roles, values: TEXT,
        unless=lambda roles, values: SPLIT,
        tell=_tell_leak,
    ),
    PairRule(
        code="SPL002",
        name="group-leakage",
        level=Level.ERROR,
        summary="Rows of one group (a user, a speaker, a document) stand in two splits.",
        why=(
            "Rows of one speaker resemble each other, so that test scores are too good. Each row "
            "is compared with the first one of its group; the group is the role `group`."
        ),
        bad=[_TRAIN, {**_TEST, "user": "u1"}],
        good=[_TRAIN, _TEST],
        mend="`tdv split --group FIELD` deals groups as a whole.",
        applies=lambda roles: bool(roles.group and roles.split),
        by=lambda roles, values: GROUP,
        unless=lambda roles, values: SPLIT,
        tell=_tell_group,
    ),
)
