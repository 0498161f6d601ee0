"""CNV: who speaks, what is said, when, and how much."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import numpy as np
import pytest

from tdv.quality.extracting.summary import Summary
from tdv.quality.rules.conversations import RULES, conversation_faults
from tdv.quality.subject import Roles, Subject
from tdv.quality.times import in_words, moment

ROLES = Roles(messages="messages")
BY_CODE = {rule.code: rule for rule in RULES}
# The sample of source document 004.
PERSONA = {
    "prompt_trajectory": ["hey can u help", "make it handle csv files", "add error handling too"],
    "full_conversation": [
        {"role": "user", "content": "hey can u help"},
        {"role": "assistant", "content": "Sure! What kind of Python script..."},
        {"role": "user", "content": "make it handle csv files"},
        {"role": "assistant", "content": "Here's a script that handles CSV..."},
        {"role": "user", "content": "add error handling too"},
        {"role": "assistant", "content": "I've added try-except blocks..."},
    ],
    "num_turns": 3,
}


def said(messages, roles=ROLES, **values):
    """Code, field and message of each fault."""
    subject = Subject(roles, values=values)
    found = conversation_faults({"messages": messages}, subject)
    return [(code, fault.field, fault.message) for code, fault in found]


def where(messages, **values):
    return [each[:2] for each in said(messages, **values)]


def talk(*turns):
    return [{"role": role, "content": content} for role, content in turns]


def checked(code, row, roles=ROLES, **values):
    rule, subject = BY_CODE[code], Subject(roles, values={code: values})
    return [(fault.field, fault.message) for fault in rule.check(row, subject)]


def test_the_samples_of_the_documents_have_no_fault():
    roles = Roles(messages="full_conversation")
    subject = Subject(roles)
    assert list(conversation_faults(PERSONA, subject)) == []
    assert checked("CNV007", PERSONA, roles) == []


def test_two_user_turns_in_a_row():
    messages = talk(("system", "s"), ("user", "a"), ("user", "b"), ("assistant", "c"))
    assert said(messages) == [
        ("CNV003", "messages[2]", "The user speaks in message 2 and again in message 3.")
    ]


def test_tools_and_system_stand_between_turns():
    messages = [
        *talk(("system", "s"), ("system", "t"), ("user", "a")),
        {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]},
        *talk(("tool", "42"), ("tool", "43"), ("assistant", "It is 42."), ("user", "Thanks.")),
    ]
    assert said(messages) == []


def test_unknown_roles():
    messages = talk(("human", "a"), ("gpt", "b"))
    assert where(messages) == [("CNV001", "messages[0].role"), ("CNV001", "messages[1].role")]
    assert where(messages, CNV001={"roles": ["human", "gpt"]}) == []


@pytest.mark.parametrize("content", ["", " \n", None, [], [{"type": "text", "text": " "}], [""]])
def test_empty_turns(content):
    messages = talk(("user", "Hello?"), ("assistant", content))
    assert said(messages) == [
        ("CNV002", "messages[1].content", "The assistant says nothing in message 2.")
    ]


def test_contents_of_parts():
    parts = [{"type": "image_url", "image_url": {"url": "x"}}]
    assert said(talk(("user", parts), ("assistant", [{"text": "A cat."}]))) == []


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("hi", 'The message is "hi", a string, not an object.'),
        ({"content": "hi"}, "The message has no `role`."),
        ({"role": 5, "content": "hi"}, "The message has a `role` that is no string."),
        ({"role": "user"}, "The message has no `content`."),
        (
            {"role": "user", "content": 5},
            "The message has a `content` that is an integer, not a string or an array of parts.",
        ),
    ],
)
def test_messages_of_another_form(message, reason):
    assert said([message]) == [("CNV008", "messages[0]", reason)]


def test_conversations_of_another_form():
    assert said([]) == [("CNV008", "messages", "`messages` has no messages.")]
    assert said("hi") == [
        ("CNV008", "messages", '`messages` is "hi", a string, not an array of messages.')
    ]
    assert said(None) == []
    assert list(conversation_faults({}, Subject(ROLES))) == []


def timed(*times, name="timestamp"):
    return [
        {"role": ("user", "assistant")[number % 2], "content": "x", name: when}
        for number, when in enumerate(times)
    ]


def test_times_do_not_go_backwards():
    messages = timed("2026-02-06T10:00:00Z", "2026-02-06T09:58:00Z", "2026-02-06T09:59:00Z")
    assert said(messages) == [
        ("CNV004", "messages[1].timestamp",
         '"2026-02-06T09:58:00Z" is 2 min before an earlier message.'),
        ("CNV004", "messages[2].timestamp",
         '"2026-02-06T09:59:00Z" is 1 min before an earlier message.'),
    ]  # fmt: skip


def test_times_of_zones_and_none():
    assert said(timed("2026-02-06T10:00:00", "2026-02-06T12:00:01+02:00", None, "")) == []
    assert where(timed("2026-02-06T10:00:00", "2026-02-06T11:59:59+02:00")) == [
        ("CNV004", "messages[1].timestamp")
    ]
    assert where(timed("yesterday", 1700000000)) == [
        ("CNV004", "messages[0].timestamp"),
        ("CNV004", "messages[1].timestamp"),
    ]
    assert where(timed("soon", name="at"), CNV004={"field": "at"}) == [("CNV004", "messages[0].at")]


def counts(turns, **limits):
    rule = BY_CODE["CNV005"]
    values = {**rule.defaults, **limits}
    mask = rule.mask({"turns": np.array(turns, np.uint32)}, values, Summary()).tolist()
    return [
        rule.tell({"turns": np.uint32(each)}, values, Summary(), ROLES).message if wrong else None
        for each, wrong in zip(turns, mask, strict=True)
    ]


def test_limits_of_sessions():
    assert counts([0, 9, 10, 1000, 1001], min_messages=10) == [
        None,
        "The conversation has 9 messages, and needs at least 10.",
        None,
        None,
        "The conversation has 1,001 messages, and may have at most 1,000.",
    ]
    assert counts([1, 10_000], max_messages=0) == [None, None]


def session(start, end, messages=()):
    return {
        "conversation_data": {
            "messages": list(messages),
            "metadata": {"start_time": start, "end_time": end},
        }
    }


def test_duration_of_sessions():
    roles = Roles(messages="conversation_data.messages")
    field = "conversation_data.metadata.end_time"
    minutes_5 = session("2026-02-06T10:00:00Z", "2026-02-06T10:05:00Z")
    assert checked("CNV006", minutes_5, roles) == []
    less = session("2026-02-06T10:00:00Z", "2026-02-06T10:04:59Z")
    assert checked("CNV006", less, roles) == [
        (field, "The conversation lasts 4 min 59 s; it has to last at least 5 min.")
    ]
    day = session("2026-02-06T10:00:00Z", "2026-02-07T10:00:00Z")
    assert checked("CNV006", day, roles) == []
    more = session("2026-02-06T10:00:00Z", "2026-02-07T10:30:00Z")
    assert checked("CNV006", more, roles) == [
        (field, "The conversation lasts 24 h 30 min; it has to last at most 24 h.")
    ]
    back = session("2026-02-06T10:00:00Z", "2026-02-06T09:00:00Z")
    assert checked("CNV006", back, roles) == [
        (field, "The conversation ends 1 h before it starts.")
    ]


def test_duration_of_messages():
    assert checked("CNV006", {"messages": timed("2026-02-06T10:00:00Z", "2026-02-06T10:00:40Z")})
    assert not checked("CNV006", {"messages": timed("2026-02-06T10:00:00Z")})
    assert not checked("CNV006", {"messages": talk(("user", "a"))})
    row = {"messages": [], "metadata": {"start_time": "2026-02-06", "end_time": "2026-02-08"}}
    assert [field for field, _ in checked("CNV006", row)] == ["metadata.end_time"]
    assert not checked("CNV006", row, max_seconds=172_800)


EMPTY = {"num_turns": 2, "prompt_trajectory": []}


def test_turn_counts():
    assert checked("CNV007", {"num_turns": 0}) == [
        ("num_turns", "`num_turns` is 0: a conversation has at least one turn.")
    ]
    assert checked("CNV007", {"num_turns": 2, "prompt_trajectory": ["a"]}) == [
        ("num_turns", "`num_turns` is 2, but `prompt_trajectory` has 1 prompt.")
    ]
    for row in ({}, {"num_turns": None}, {"num_turns": "2"}, {"num_turns": 2}, EMPTY):
        assert checked("CNV007", row) == []


UTC = timezone.utc


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("2026-02-06", datetime(2026, 2, 6, tzinfo=UTC)),
        ("2026-02-06T10:11", datetime(2026, 2, 6, 10, 11, tzinfo=UTC)),
        ("2026-02-06 10:11:12", datetime(2026, 2, 6, 10, 11, 12, tzinfo=UTC)),
        ("2026-02-06T10:11:12.5Z", datetime(2026, 2, 6, 10, 11, 12, 500_000, tzinfo=UTC)),
        ("2026-02-06T10:11:12,123456789z", datetime(2026, 2, 6, 10, 11, 12, 123_456, tzinfo=UTC)),
        ("20260206T101112+0130", datetime(2026, 2, 6, 8, 41, 12, tzinfo=UTC)),
        ("2026-02-06T10:11:12-05", datetime(2026, 2, 6, 15, 11, 12, tzinfo=UTC)),
        ("2016-12-31T23:59:60Z", datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)),
        (datetime(2026, 2, 6, 10), datetime(2026, 2, 6, 10, tzinfo=UTC)),
        (datetime(2026, 2, 6).date(), datetime(2026, 2, 6, tzinfo=UTC)),
    ],
)
def test_moments(text, when):
    assert moment(text) == when


@pytest.mark.parametrize(
    "text",
    [
        *("", "soon", "2026", "2026-13-01", "2026-02-30", "2026-02-06T25:00", "0001-01-01T00+01"),
        *("2026-02-06T10:00:61Z", "0001-01-01T00:00+01:00", "٢٠٢٦-02-06", None, 5, True, []),
    ],
)
def test_no_moments(text):
    assert moment(text) is None


def test_durations_in_words():
    assert [in_words(each) for each in (0, 45.5, 300, 7205, timedelta(days=3).total_seconds())] == [
        *("0 s", "45.5 s", "5 min", "2 h 5 s", "72 h")
    ]
