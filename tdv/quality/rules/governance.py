"""GOV: whether rows may be used at all: consent and licence. (`label-bias` is with the labels.)"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tdv.quality.finding import Fault, Level
from tdv.quality.rule import Param, RowRule
from tdv.quality.schemas.schemaerrors import shown
from tdv.quality.subject import Row, Subject, value_at

CONSENT, LICENCE = "GOV001", "GOV002"
LICENCE_FIELDS = ("licence", "license")
_NO = {"", "0", "false", "no", "none", "denied", "refused", "withdrawn", "revoked", "unknown"}


def _unconsented(row: Row, subject: Subject) -> Iterator[Fault]:
    """Consent that is missing, false, or a word for no."""
    field = subject.value(CONSENT, "field", "consent")
    value = value_at(row, field)
    if value is None:
        yield Fault(field, f"`{field}` is missing: nothing says that this row may be used.")
    elif not value or (isinstance(value, str) and value.strip().lower() in _NO):
        yield Fault(field, f"`{field}` is {shown(value, 30)}: this row may not be used.")


def _unlicensed(row: Row, subject: Subject) -> Iterator[Fault]:
    """A licence that is missing, or none of those that are allowed."""
    fields = subject.value(LICENCE, "fields", LICENCE_FIELDS)
    allowed = subject.value(LICENCE, "allowed", ())
    found = next(((name, value_at(row, name)) for name in fields if _is_set(row, name)), None)
    if found is None:
        yield Fault(fields[0] if fields else "", "No licence is given for this row.")
    elif allowed and str(found[1]).strip().lower() not in {each.lower() for each in allowed}:
        said = f"`{found[0]}` is {shown(found[1], 40)}, none of {', '.join(allowed)}."
        yield Fault(found[0], said)


def _is_set(row: Row, field: str) -> bool:
    value: Any = value_at(row, field)
    return bool(value.strip() if isinstance(value, str) else value)


RULES = (
    RowRule(
        code=CONSENT,
        name="consent",
        level=Level.ERROR,
        optional=True,
        summary="A row does not say that those whose data it is agreed to its use.",
        why=(
            "Consent has to be shown, not assumed. Off until it is asked for, by a level or by "
            "`field` in `[rules.GOV001]`, since most data has no such field."
        ),
        bad={"text": "I am Jo.", "consent": False},
        good={"text": "I am Jo.", "consent": True},
        mend="`tdv clean --drop-invalid` removes such rows, `tdv purge` also from old versions.",
        params=(Param("field", "consent", "The field that says so.", extracts=True),),
        check=_unconsented,
    ),
    RowRule(
        code=LICENCE,
        name="licence",
        level=Level.ERROR,
        optional=True,
        summary="A row has no licence, or one that is not allowed.",
        why=(
            "Rows of many sources come with many terms. Off until it is asked for, by a level or "
            "by `allowed` in `[rules.GOV002]`. Names are compared without case."
        ),
        bad={"text": "I am Jo."},
        good={"text": "I am Jo.", "licence": "CC-BY-4.0"},
        mend="`tdv apply` sets it where you know it; `tdv clean --drop-invalid` removes the rest.",
        params=(
            Param("fields", LICENCE_FIELDS, "The fields that may say so.", extracts=True),
            Param(
                "allowed", (), "Licences that are allowed; all if there are none.", extracts=True
            ),
        ),
        check=_unlicensed,
    ),
)
