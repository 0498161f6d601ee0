"""ISO 8601 as programs write it, with and without a zone, read alike by every Python."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone
from typing import Any

_ISO = re.compile(
    r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})"
    r"(?:[Tt ]([0-9]{2}):?([0-9]{2})(?::?([0-9]{2})(?:[.,]([0-9]{1,9}))?)?"
    r"(?:([Zz])|([+-])([0-9]{2}):?([0-9]{2})?)?)?"
)


def moment(value: Any) -> datetime | None:
    """The moment that a value names, None where it names none; without a zone it is UTC.

    A date alone is its midnight. Values of Parquet are dates and times already.
    """
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=timezone.utc)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=timezone.utc)
    found = _ISO.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    year, month, day, hour, minute, second, part, _, sign, ahead, rest = found.groups()
    zone = timedelta(hours=int(ahead or 0), minutes=int(rest or 0)) * (-1 if sign == "-" else 1)
    try:
        # A leap second is the last moment of its minute.
        told = datetime(
            *(int(year), int(month), int(day), int(hour or 0), int(minute or 0)),
            min(int(second or 0), 59 if second == "60" else 60),
            int((part or "0").ljust(6, "0")[:6]),
            timezone.utc,
        )
        return told - zone
    except (ValueError, OverflowError):
        return None


def in_words(seconds: float) -> str:
    """A duration: `45 s`, `4 min 59 s`, `24 h 30 min`."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(minutes), 60)
    parts = ((hours, "h"), (minutes, "min"), (round(rest, 3), "s"))
    return " ".join(f"{count:g} {unit}" for count, unit in parts if count) or "0 s"
