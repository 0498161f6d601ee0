"""DUP: rows that repeat an earlier one, as a whole or in part."""

from __future__ import annotations

from tdv.quality.extracting.columns import FIELDS, KEY, RECORD, TEXT, label_of
from tdv.quality.finding import Fault, Level
from tdv.quality.rule import PairRule, Param, Values
from tdv.quality.schemas.schemaerrors import shown
from tdv.quality.subject import Roles, Row, value_at
from tdv.quality.telling import listed, named

_ROOM = 60
_EARLIER = "an earlier row"


def _tell_record(row: Row, partner: Row, values: Values, roles: Roles) -> Fault:
    return Fault("", "The record is equal to an earlier one.")


def _tell_fields(row: Row, partner: Row, values: Values, roles: Roles) -> Fault:
    fields = tuple(values["fields"])
    are = "is" if len(fields) == 1 else "are"
    message = f"{listed(fields)} {are} the same as in {named(partner, roles, _EARLIER)}."
    return Fault(fields[0], message)


def _tell_text(row: Row, partner: Row, values: Values, roles: Roles) -> Fault:
    labels = ", with the same labels" if roles.label else ""
    message = f"The text is the same as in {named(partner, roles, _EARLIER)}{labels}."
    return Fault(roles.text[0], message)


def _tell_key(row: Row, partner: Row, values: Values, roles: Roles) -> Fault:
    names = list(dict.fromkeys([*partner, *row]))
    differ = [name for name in names if row.get(name) != partner.get(name)]
    key = ", ".join(shown(value_at(row, field), _ROOM) for field in roles.key)
    where = f", which differs in {listed(differ)}" if differ else ""
    return Fault(roles.key[0], f"The key {key} is also that of an earlier row{where}.")


_ROW: Row = {"id": "ex-1", "text": "wake me at six", "expected_intent": "alarm"}
_OTHER: Row = {"id": "ex-2", "text": "play some jazz", "expected_intent": "music"}
_ONE = "`tdv dedup` keeps one row of each group."

RULES = (
    PairRule(
        code="DUP001",
        name="duplicate-record",
        level=Level.WARNING,
        summary="A record is equal to an earlier one of the dataset.",
        why=(
            "It counts twice in training, and once in training and once in a test if the two are "
            "split. Records are compared byte by byte, over all files of the dataset."
        ),
        bad=[_ROW, _OTHER, _ROW],
        good=[_ROW, _OTHER],
        mend=_ONE,
        by=lambda roles, values: RECORD,
        tell=_tell_record,
    ),
    PairRule(
        code="DUP002",
        name="duplicate-fields",
        level=Level.WARNING,
        summary="Two rows agree in all of the fields that `fields` names.",
        why=(
            "What makes two rows the same differs: here it is these fields, value by value. Rows "
            "in which one of them is missing are not compared; rows that are equal as a whole are "
            "found, too."
        ),
        bad=[_ROW, {**_ROW, "id": "ex-2", "expected_intent": "music"}],
        good=[_ROW, _OTHER],
        mend=_ONE,
        optional=True,
        params=(Param("fields", (), "The fields to compare.", extracts=True),),
        by=lambda roles, values: FIELDS if values["fields"] else "",
        tell=_tell_fields,
    ),
    PairRule(
        code="DUP003",
        name="duplicate-text",
        level=Level.WARNING,
        summary="Two rows have the same normalised text and the same labels, but differ otherwise.",
        why=(
            "Only the key or the time tells them apart, which teaches nothing new. Texts are "
            "compared without case and repeated blanks. Rows with different labels are "
            "LBL004's, rows that are equal as a whole DUP001's."
        ),
        bad=[_ROW, {**_ROW, "id": "ex-2", "text": "Wake me  at six"}],
        good=[_ROW, {**_ROW, "id": "ex-2", "text": "Wake me at ten"}],
        mend=_ONE,
        applies=lambda roles: bool(roles.text),
        by=lambda roles, values: TEXT,
        unless=lambda roles, values: RECORD,
        same=lambda roles, values: tuple(map(label_of, roles.label)),
        once=True,
        tell=_tell_text,
    ),
    PairRule(
        code="DUP004",
        name="duplicate-key",
        level=Level.ERROR,
        summary="Two rows that differ have the same key.",
        why=(
            "A key names one row: with two of a name, no diff can say which of them was changed, "
            "and merging by key takes one for the other. Rows that are equal as a whole are "
            "DUP001's."
        ),
        bad=[_ROW, {**_OTHER, "id": "ex-1"}],
        good=[_ROW, _OTHER],
        mend="Give one of them another key with `tdv apply`, or keep one with `tdv dedup`.",
        applies=lambda roles: bool(roles.key),
        by=lambda roles, values: KEY,
        unless=lambda roles, values: RECORD,
        once=True,
        tell=_tell_key,
    ),
)
