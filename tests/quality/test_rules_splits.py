"""Rules on splits: rows and groups that stand in two of them."""

from __future__ import annotations

import pytest
from joined import found_in

from tdv.quality.rules.splits import RULES
from tdv.quality.subject import Roles

LEAK, GROUP = RULES
ROLES = Roles(text=("text",), key=("id",), split="split", group="user")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_bad_rows_and_good_rows(rule):
    found = {each.code: sorted(found_in(each, rule.bad, ROLES)) for each in RULES}
    assert found == {each.code: [1] if each is rule else [] for each in RULES}
    assert not any(found_in(each, rule.good, ROLES) for each in RULES)


def row(key, split, text="same", user=None):
    return {"id": key, "text": text, "split": split, "user": user}


def test_every_row_of_another_split_than_the_first_is_found():
    rows = [row(i, split) for i, split in enumerate(["train", "train", "test", "test", "val"])]
    found = found_in(LEAK, rows, ROLES)
    assert sorted(found) == [2, 3, 4]
    assert found[4] == ("text", 'The text is in "val" here and in "train" in row 0.', "")


def test_rows_without_a_split_or_a_text_are_not_compared():
    assert not found_in(LEAK, [row(1, None), row(2, "test"), row(3, None)], ROLES)
    assert not found_in(LEAK, [row(1, "a", ""), row(2, "b", " "), row(3, "c", None)], ROLES)


def test_a_group_in_two_splits():
    rows = [row(1, "train", "x", "u7"), row(2, "test", "y", "u7"), row(3, "test", "z", "u8")]
    ((number, fault),) = found_in(GROUP, rows, ROLES).items()
    assert number == 1
    assert fault == ("user", '`user` "u7" is in "test" here and in "train" in row 1.', "")
    assert not found_in(GROUP, [row(1, "a", "x"), row(2, "b", "y")], ROLES)


def test_where_files_are_splits_no_split_is_named():
    roles = Roles(text=("text",), key=("id",), split="path:")
    fault = LEAK.tell(row(2, None), row(1, None), {}, roles)
    assert fault.message == "The text is also that of row 1, which is of another split."


def test_rules_apply_where_there_are_splits():
    assert LEAK.applies(ROLES)
    assert not LEAK.applies(Roles(text=("text",)))
    assert not GROUP.applies(Roles(text=("text",), split="split"))
