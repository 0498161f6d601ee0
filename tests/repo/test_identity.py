"""Who and when: variables, configuration, login; dates in all forms."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdv.errors import UsageError
from tdv.repo.dates import parse_date, parse_moment
from tdv.repo.identity import host, login, parse_person, signature

NONE: dict[str, str] = {}


def who(environ=NONE, role="AUTHOR", **config):
    settings = {f"user.{name}": value for name, value in config.items()}
    found = signature(role, environ, settings.get)
    return found.name, found.email


def when(environ, role="AUTHOR"):
    found = signature(role, environ, NONE.get)
    return found.seconds, found.offset


def test_variables_win_over_configuration():
    config = {"name": "Config", "email": "c@x"}
    assert who({"TDV_AUTHOR_NAME": "Env", "TDV_AUTHOR_EMAIL": "e@x"}, **config) == ("Env", "e@x")
    assert who({"TDV_AUTHOR_NAME": "Env"}, **config) == ("Env", "c@x")
    assert who({"TDV_AUTHOR_NAME": ""}, **config) == ("Config", "c@x")


def test_without_any_name_login_and_host_serve():
    assert who() == (login(), f"{login()}@{host()}")
    assert who({"TDV_AUTHOR_NAME": " \n<> "}) == (login(), f"{login()}@{host()}")


def test_committer_is_the_author_unless_told():
    environ = {"TDV_AUTHOR_NAME": "A", "TDV_AUTHOR_EMAIL": "a@x"}
    assert who(environ, "COMMITTER") == ("A", "a@x")
    environ |= {"TDV_COMMITTER_NAME": "C", "TDV_COMMITTER_EMAIL": "c@x"}
    assert who(environ, "COMMITTER") == ("C", "c@x")
    assert who(environ) == ("A", "a@x")


def test_characters_that_break_a_line_are_dropped():
    assert who({"TDV_AUTHOR_NAME": "A\n<b>\udcff c", "TDV_AUTHOR_EMAIL": "<a@x>"}) == (
        "Ab c",
        "a@x",
    )


def test_dates_of_variables():
    assert when({"TDV_AUTHOR_DATE": "@5", "SOURCE_DATE_EPOCH": "7"}) == (5, 0)
    assert when({"SOURCE_DATE_EPOCH": "7"}) == (7, 0)
    assert when({"SOURCE_DATE_EPOCH": "7"}, "COMMITTER") == (7, 0)
    assert when({"TDV_COMMITTER_DATE": "9 +0130"}, "COMMITTER") == (9, 90)
    assert abs(when({"TDV_AUTHOR_DATE": "@5"}, "COMMITTER")[0] - time.time()) < 60


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "@", "1 +99999", "9" * 13])
def test_wrong_date_names_the_variable(text):
    with pytest.raises(UsageError, match="TDV_AUTHOR_DATE"):
        when({"TDV_AUTHOR_DATE": text})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@1767225600", (1767225600, 0)),
        ("1767225600 +0100", (1767225600, 60)),
        ("1767225600 -0930", (1767225600, -570)),
        ("2026-01-01T00:00:00Z", (1767225600, 0)),
        ("2026-01-01T01:00:00+01:00", (1767225600, 60)),
        ("2026-01-01T01:00:00+0100", (1767225600, 60)),
        ("2026-01-01 01:00:00 +0100", (1767225600, 60)),
        ("2025-12-31T14:30:00-09:30", (1767225600, -570)),
    ],
)
def test_dates(text, expected):
    assert parse_date(text) == expected


@settings(max_examples=50, deadline=None)
@given(st.integers(-(10**9), 10**10), st.integers(-1439, 1439))
def test_seconds_and_zone_round_trip(seconds, offset):
    hours, minutes = divmod(abs(offset), 60)
    text = f"@{seconds} {'-' if offset < 0 else '+'}{hours:02d}{minutes:02d}"
    assert parse_date(text) == (seconds, offset)


NOW = 1767225600 + 12 * 3600


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now", NOW),
        ("2 weeks ago", NOW - 14 * 86400),
        ("1 day ago", NOW - 86400),
        ("an hour ago", NOW - 3600),
        ("3.days.ago", NOW - 3 * 86400),
        ("  10   Minutes ago ", NOW - 600),
        ("@17", 17),
        ("2026-01-01T00:00:00Z", 1767225600),
    ],
)
def test_moments(text, expected):
    assert parse_moment(text, now=NOW) == expected


def test_days_begin_at_midnight_and_end_before_the_next():
    start = parse_moment("2026-01-15", now=NOW)
    assert parse_moment("2026-01-15", now=NOW, end_of_day=True) == start + 86399
    assert parse_moment("today", now=start + 5) == start
    assert parse_moment("yesterday", now=start + 5, end_of_day=True) == start - 1


def test_moment_that_is_none():
    with pytest.raises(UsageError, match="'soon' is not a date"):
        parse_moment("soon", now=NOW)


def test_people():
    assert parse_person(" Ada L <ada@x> ") == ("Ada L", "ada@x")
    assert parse_person("Ada <>") == ("Ada", "")
    for text in ("Ada", "<a@x>", "Ada <a@x", ""):
        with pytest.raises(UsageError, match="does not name an author"):
            parse_person(text)
