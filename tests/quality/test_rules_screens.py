"""A screen may be too wide, never too narrow: held against its check, rule by rule."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdv.quality.extracting.batch import Batch
from tdv.quality.rule import RowRule
from tdv.quality.rules import (
    conversations,
    embeddings,
    fields,
    governance,
    privacy,
    quality_score,
    spans,
    texts,
)
from tdv.quality.rules.records import repeated_fields, repeated_in
from tdv.quality.searching import textsearch
from tdv.quality.searching.sensitive import KINDS
from tdv.quality.subject import Roles, Subject

MODULES = (fields, spans, texts, conversations, embeddings, privacy, governance, quality_score)
RULES = [rule for module in MODULES for rule in module.RULES if isinstance(rule, RowRule)]
SCREENED = {rule.code: rule for rule in RULES if rule.screen is not None}

FRAGMENTS = (
    *("", " ", "  ", "\t", "\n", ".", ",", "-", "+", "/", ":", "::", "=", "@", "(", ")", "_", '"'),
    *("0", "1", "4", "7", "12", "255", "2345", "555", "4111111111111111", "DE89370400440532013000"),
    *("a", "Z", "é", "Ã", "Â", "â", "€", "©", "\u00ad", "\ufffd", "\u200b", "\u00a0", "ð", "Ÿ"),
    *("ï", "»", "¿", "Ð", "Ñ", "Å", "¡", "“", "…", "日本", "。", "👍", "\x00", "\x07", "\x85"),
    *("password", "PWD", "secret", "api_key", "access-token", "hunter2", "jo@example.com"),
    *("AKIA", "ghp_", "sk-", "xoxb-", "AIza", "hf_", "eyJ", "-----BEGIN ", "PRIVATE KEY", "fe80"),
)
said = st.lists(st.sampled_from(FRAGMENTS), max_size=8).map("".join) | st.text(max_size=12)
texts_like = st.one_of(st.none(), said, said.map(lambda text: text * 3))


def held(rules, rows, subject):
    """Whatever a check finds, its screen has let through."""
    batch = Batch([b"{}"] * len(rows), rows, subject)
    for rule in rules:
        screened = rule.screen(batch).tolist()
        assert len(screened) == len(rows)
        for row, may in zip(rows, screened, strict=True):
            assert row is not None or not may or rule.code == "TXT001"
            if row is not None and list(rule.check(row, subject)):
                assert may, (rule.code, row)
        if rule.counts is not None:
            counts = {
                number: len(list(rule.check(row, subject)))
                for number, row in enumerate(rows)
                if row is not None
            }
            assert rule.counts(batch) == {row: count for row, count in counts.items() if count}


def rules_of(*families):
    return [rule for rule in SCREENED.values() if rule.family in families]


@pytest.mark.parametrize("step", [1, 16, 1 << 18])
def test_texts_are_weighed_in_steps(step, monkeypatch):
    monkeypatch.setattr(textsearch, "STEP_BYTES", step)
    said = ["", "?!", None, "ok", "...a", "", "-" * 40, "fine, thanks", "?", None]
    rows = [{"text": each} for each in said]
    batch = Batch([b""] * len(rows), rows, Subject(Roles(text=("text",))))
    found = SCREENED["TXT005"].screen(batch).nonzero()[0].tolist()
    assert found == [1, 4, 6, 8]


@settings(max_examples=80, deadline=None)
@given(st.lists(st.none() | st.fixed_dictionaries({}, optional={
    "text": texts_like,
    "answer": texts_like,
    "messages": st.lists(st.fixed_dictionaries({"role": st.just("user"), "content": said})),
}), max_size=6))  # fmt: skip
def test_screens_of_texts(rows):
    roles = Roles(text=("text", "answer"), messages="messages")
    held(rules_of("TXT", "PII", "SEC"), rows, Subject(roles))


@pytest.mark.parametrize("code", KINDS)
def test_screens_of_what_patterns_match(code):
    @settings(max_examples=25, deadline=None)
    @given(st.lists(st.from_regex(KINDS[code].pattern), min_size=1, max_size=4), said, said)
    def hold(matches, before, behind):
        rows = [{"text": f"{before}{each}{behind}"} for each in matches]
        held([SCREENED[code]], rows, Subject(Roles(text=("text",))))

    hold()


odd = st.sampled_from([None, True, -1, 0, 1, 2, 3, 5, 1.0, "", "a", "ab", "b ", [], {}, "label"])
span = st.one_of(
    st.tuples(
        st.sampled_from(["a", "ab", "b", " "]),
        st.just("x"),
        st.integers(-1, 5),
        st.integers(-1, 5),
    ).map(list),
    st.lists(odd, max_size=5),
    st.dictionaries(
        st.sampled_from(["start", "end", "label", "type", "value", "text", "surface"]), odd
    ),
    odd,
)


@settings(max_examples=120, deadline=None)
@given(st.lists(st.fixed_dictionaries({}, optional={
    "text": st.sampled_from([None, "", "ab ab", "abab", 5]),
    "spans": st.lists(span, max_size=4) | odd,
}), max_size=6), st.booleans())  # fmt: skip
def test_screens_of_spans(rows, nested):
    subject = Subject(
        Roles(text=("text",), entities="spans"), values={"SPN003": {"nested": nested}}
    )
    held(rules_of("SPN"), rows, subject)


message = st.one_of(
    st.fixed_dictionaries(
        {"role": st.sampled_from(["user", "assistant", "system", "robot", None, []])},
        optional={
            "content": st.sampled_from(["hi", "", " ", None, 5, [], [{"text": "hi"}], ["x"]]),
            "timestamp": st.sampled_from([None, "2026-01-01T00:00:00", "2025-01-01", "soon", 5]),
            "tool_calls": st.sampled_from([[], [{}]]),
        },
    ),
    odd,
)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.fixed_dictionaries({}, optional={
    "messages": st.lists(message, max_size=5) | odd,
    "num_turns": odd,
}), max_size=6))  # fmt: skip
def test_screens_of_conversations(rows):
    held(rules_of("CNV"), rows, Subject(Roles(messages="messages")))


number = st.sampled_from(
    [0, 0.0, -0.0, 1, -1, 0.5, 1e308, float("nan"), float("inf"), -float("inf"), True, None, "1",
     10**400]
)  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.fixed_dictionaries({}, optional={"v": st.lists(number, max_size=4) | odd})),
    st.integers(0, 3),
    st.integers(0, 3),
)
def test_screens_of_embeddings(rows, least, most):
    bounds = {"EMB001": {"min_dim": least, "max_dim": most}}
    held(rules_of("EMB"), rows, Subject(Roles(embedding="v"), values=bounds))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(["text", "n"]), odd, max_size=2), max_size=6))
def test_screens_of_fields(rows):
    schema = {
        "required": ["text"],
        "properties": {"text": {"type": "string"}, "n": {"type": "number", "maximum": 2}},
    }
    held(rules_of("FLD"), rows, Subject(Roles(), schema))


names = st.sampled_from(["a", "b", "a.b", 'q":', " :"])
values = st.recursive(
    st.sampled_from(["1", '"x"', '"y : z"', '"\\": "', "null"]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda each: f"[{', '.join(each)}]"),
        st.lists(st.tuples(names, st.sampled_from([":", " :", "\t \r:", ": "]), inner), max_size=3)
        .map(lambda each: ", ".join(json.dumps(name) + mark + held for name, mark, held in each))
        .map(lambda each: f"{{{each}}}"),
    ),
    max_leaves=6,
)


@settings(max_examples=120, deadline=None)
@given(st.lists(values.filter(lambda text: text.startswith("{")), max_size=5))
def test_repeated_fields_are_found_wherever_they_are(records):
    bodies = [record.encode() for record in records]
    batch = Batch(bodies, [json.loads(record) for record in records], Subject())
    found = dict(repeated_fields(batch))
    every = {number: repeated_in(body) for number, body in enumerate(bodies)}
    assert found == {number: faults for number, faults in every.items() if faults}
