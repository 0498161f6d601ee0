from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdv.rowdiff import fields
from tdv.rowdiff.fields import MISSING, FieldChange, changed_fields, same, word_differences

values = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["a", "b"]) | st.just(1.0),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("xyz"), inner),
    max_leaves=8,
)
rows = st.dictionaries(st.sampled_from(["p", "q", "a.b"]), values)


def paths(old: Any, new: Any) -> list[tuple[str, Any, Any]]:
    return [(each.path, each.before, each.after) for each in changed_fields(old, new)]


def test_nested_paths():
    old = {"id": 1, "messages": [{"role": "user", "content": "hi"}], "metadata": {"annotator": 1}}
    new = {"id": 1, "messages": [{"role": "user", "content": "ho"}], "metadata": {"annotator": 2}}
    assert paths(old, new) == [
        ("messages[0].content", "hi", "ho"),
        ("metadata.annotator", 1, 2),
    ]


def test_missing_is_not_null():
    assert paths({"a": None}, {}) == [("a", None, MISSING)]
    assert paths({}, {"a": None}) == [("a", MISSING, None)]


def test_an_inserted_element_moves_no_others():
    old, new = {"m": [1, 2, 3]}, {"m": [1, 9, 2, 3]}
    assert paths(old, new) == [("m[1]", MISSING, 9)]
    assert paths(new, old) == [("m[1]", 9, MISSING)]


def test_unusual_names_are_quoted():
    assert paths({"a.b": {'c"': 1}}, {"a.b": {'c"': 2}}) == [('["a.b"]["c\\""]', 1, 2)]


def test_numbers_of_different_types_differ():
    assert paths({"a": 1}, {"a": 1.0}) == [("a", 1, 1.0)]
    assert paths({"a": True}, {"a": 1}) == [("a", True, 1)]


def test_too_many_changes_are_told_from_above():
    old, new = {"v": list(range(500))}, {"v": list(range(500, 1000))}
    assert changed_fields(old, new) == (FieldChange("v", old["v"], new["v"]),)


@settings(max_examples=200, deadline=None)
@given(rows, rows)
def test_rows_differ_exactly_when_a_field_does(old, new):
    assert bool(changed_fields(old, new)) == (not same(old, new))
    assert not changed_fields(old, old)


@settings(max_examples=200, deadline=None)
@given(st.text("ab \n.", max_size=40), st.text("ab \n.", max_size=40))
def test_words_make_up_both_texts(before, after):
    segments = word_differences(before, after)
    assert "".join(text for what, text in segments if what != "+") == before
    assert "".join(text for what, text in segments if what != "-") == after


@settings(max_examples=200, deadline=None)
@given(*[st.text("a ", max_size=12)] * 4)
def test_texts_too_long_for_words_are_made_up_as_well(head, old, new, tail):
    before, after = head + old + tail, head + new + tail
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fields, "MAX_TEXT", 0)
        segments = word_differences(before, after)
    assert "".join(text for what, text in segments if what != "+") == before
    assert "".join(text for what, text in segments if what != "-") == after
    assert [what for what, _ in segments if what != "="] in ([], ["-"], ["+"], ["-", "+"])


def test_a_word_in_a_very_long_text():
    text = "some words " * 50_000
    before, after = text + "old end" + text, text + "new end" + text
    assert word_differences(before, after)[1:-1] == [("-", "old"), ("+", "new")]
