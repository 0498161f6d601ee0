"""Dates as people and programs write them."""

from __future__ import annotations

import re
import time
from datetime import datetime

from tdv.errors import UsageError

# Seconds may stand alone or behind `@`; the zone is hours and minutes, as git writes dates.
_SECONDS = re.compile(r"@?(-?\d{1,12})(?:\s+([+-])(\d\d)(\d\d))?")
_AGO = re.compile(r"(\d{1,6}|an?|one)[ .]?(second|minute|hour|day|week|month|year)s?(?:[ .]ago)?")
_DAY = re.compile(r"\d{4}-?\d\d-?\d\d")
_UNITS = {
    "second": 1,
    "minute": 60,
    "hour": 3600,
    "day": 86400,
    "week": 7 * 86400,
    "month": 30 * 86400,
    "year": 365 * 86400,
}


def parse_date(text: str) -> tuple[int, int]:
    """Seconds since 1970 and minutes east of UTC.

    Args:
        text: ISO 8601 (the local zone where none is given), `@seconds`, or `seconds +0100`.

    Raises:
        ValueError, OverflowError: it is none of these.
    """
    text = text.strip()
    found = _SECONDS.fullmatch(text)
    if found:
        offset = 0
        if found[2]:
            offset = (int(found[3]) * 60 + int(found[4])) * (-1 if found[2] == "-" else 1)
        if abs(offset) >= 24 * 60:
            raise ValueError("a zone is less than a day away from UTC")
        return int(found[1]), offset
    # Python 3.10 knows neither `Z` nor a zone without a colon.
    text = re.sub(r"[zZ]$", "+00:00", text)
    text = re.sub(r"(:\d\d(?:\.\d+)?)\s*([+-]\d\d)(\d\d)$", r"\1\2:\3", text)
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.astimezone()
    zone = moment.utcoffset()
    return int(moment.timestamp()), 0 if zone is None else int(zone.total_seconds()) // 60


def parse_moment(text: str, *, now: int, end_of_day: bool = False) -> int:
    """Seconds since 1970 of a date that limits a log.

    Args:
        text: as `parse_date` reads it, or `yesterday`, `today`, `now`, `2 weeks ago`.
        now: the present, in seconds.
        end_of_day: a day without a time means its last second, not its first.

    Raises:
        UsageError: it is no date.
    """
    words = " ".join(text.lower().split())
    if words == "now":
        return now
    if words in ("today", "yesterday"):
        start = _midnight(now) - (86400 if words == "yesterday" else 0)
        return start + 86399 if end_of_day else start
    ago = _AGO.fullmatch(words)
    if ago:
        count = int(ago[1]) if ago[1].isdigit() else 1
        return now - count * _UNITS[ago[2]]
    try:
        seconds, _ = parse_date(text)
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f"{text!r} is not a date.",
            hint="Write 2026-01-31, 2026-01-31T12:00:00, `yesterday` or `2 weeks ago`.",
        ) from error
    return seconds + 86399 if end_of_day and _DAY.fullmatch(words) else seconds


def local_offset(seconds: int) -> int:
    """Minutes east of UTC of this machine's zone at that time."""
    return time.localtime(seconds).tm_gmtoff // 60


def _midnight(now: int) -> int:
    day = time.localtime(now)
    return int(time.mktime((day.tm_year, day.tm_mon, day.tm_mday, 0, 0, 0, 0, 0, -1)))
