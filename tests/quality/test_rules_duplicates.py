"""Rules on repeated rows: each finds its own kind, and leaves the others' to them."""

from __future__ import annotations

import pytest
from joined import found_in

from tdv.quality.rules.duplicates import RULES
from tdv.quality.subject import Roles

BY_CODE = {rule.code: rule for rule in RULES}
ROLES = Roles(text=("text",), label=("expected_intent",), key=("id",))
CHOSEN = {"fields": ["text", "expected_intent"]}
PARAMS = {"DUP002": {"fields": ["text"]}}
A = {"id": "a", "text": "Wake me at six", "expected_intent": "alarm"}
B = {"id": "b", "text": "Play jazz", "expected_intent": "music"}


def codes_of(rows, **params):
    """Row -> the codes of all rules of the family that find it."""
    codes = {}
    for code, rule in BY_CODE.items():
        for row in found_in(rule, rows, ROLES, **params.get(code, {})):
            codes.setdefault(row, []).append(code)
    return codes


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_bad_rows_and_good_rows(rule):
    params = PARAMS.get(rule.code, {})
    last = len(rule.bad) - 1
    assert codes_of(rule.bad, **{rule.code: params}) == {last: [rule.code]}
    assert codes_of(rule.good, **{rule.code: params}) == {}


def test_a_repeated_record_is_no_repeated_text_or_key_as_well():
    assert codes_of([A, B, A, A]) == {2: ["DUP001"], 3: ["DUP001"]}


def test_a_repeated_text_that_is_repeated_as_a_whole_is_found_once_as_each():
    again = {**A, "id": "c"}
    assert codes_of([A, again, again]) == {1: ["DUP003"], 2: ["DUP001"]}


def test_another_label_is_a_conflict_and_no_duplicate():
    assert codes_of([A, {**A, "id": "c", "expected_intent": "timer"}]) == {}


def test_a_missing_label_agrees_with_a_missing_label():
    bare = {"id": "a", "text": "x"}
    assert codes_of([bare, {**bare, "id": "b"}]) == {1: ["DUP003"]}
    assert codes_of([bare, {**bare, "id": "b", "expected_intent": "y"}]) == {}


def test_rows_without_a_key_do_not_share_one():
    assert codes_of([{"text": "x"}, {"text": "y"}]) == {}


def test_chosen_fields_are_found_in_equal_records_too():
    found = found_in(BY_CODE["DUP002"], [A, A, {**A, "id": "c"}], ROLES, **CHOSEN)
    assert sorted(found) == [1, 2]
    assert found[2].message == '`text` and `expected_intent` are the same as in row "a".'
    assert not found_in(BY_CODE["DUP002"], [A, A], ROLES)


def test_messages_name_the_other_row_and_no_text():
    (fault,) = found_in(BY_CODE["DUP003"], [A, {**A, "id": "c"}], ROLES).values()
    assert fault == ("text", 'The text is the same as in row "a", with the same labels.', "")
    (fault,) = found_in(BY_CODE["DUP004"], [A, {**B, "id": "a"}], ROLES).values()
    assert fault == (
        "id",
        'The key "a" is also that of an earlier row, which differs in `text` and '
        "`expected_intent`.",
        "",
    )


def test_which_rules_apply():
    assert BY_CODE["DUP001"].applies(Roles())
    assert not BY_CODE["DUP003"].applies(Roles(key=("id",)))
    assert not BY_CODE["DUP004"].applies(Roles(text=("text",)))
