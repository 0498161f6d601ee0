"""What does not fit into memory gives the same answers, through files of a few rows each."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from memory_records import records
from test_rows import applied, row, versions

from tdv.rowdiff import leftovers, spill
from tdv.rowdiff.changes import RowCounts
from tdv.rowdiff.rows import count_rows, diff_rows


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leftovers, "MAX_RECORDS", -1)
    monkeypatch.setattr(leftovers, "MAX_BYTES", 300)
    monkeypatch.setattr(spill, "BATCH", 5)
    monkeypatch.setattr(spill, "PARTITIONS", 3)
    monkeypatch.setattr(spill, "PLACE_BITS", 3)
    monkeypatch.setattr(spill, "PART", 4)


@pytest.mark.parametrize("key", [(), ("id",)])
@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(pair=versions())
def test_changes_turn_the_old_rows_into_the_new_ones(
    pair: tuple[list[Any], list[Any]], key: tuple[str, ...]
) -> None:
    old, new = pair
    a, b = records(old), records(new)
    diff = diff_rows(a, b, key)
    changes = list(diff)
    counts = diff.counts
    assert count_rows(a, b, key) == counts
    if counts.reordered:
        assert sorted(map(json.dumps, old)) == sorted(map(json.dumps, new))
        return
    assert applied(old, changes, len(new)) == new
    marks_old, marks_new = (Counter(map(json.dumps, side)) for side in pair)
    assert counts.added + counts.changed == sum((marks_new - marks_old).values())
    assert counts.removed + counts.changed == sum((marks_old - marks_new).values())


def test_a_large_gap_in_order_is_not_taken_for_moves() -> None:
    old = [row(number) for number in range(600)]
    new = [each for each in old if each["id"] % 60 != 7]
    new[300] = {**new[300], "label": "negative"}
    new.insert(5, row(1000))
    new.insert(400, new.pop(20))
    # Each text has a chunk of its own, so that every chunk differs.
    old = [each | {"text": each["text"] + "x" * 80} for each in old]
    new = [each | {"text": each["text"] + "x" * 80} for each in new]
    diff = diff_rows(records(old), records(new))
    changes = list(diff)
    assert applied(old, changes, len(new)) == new
    assert (diff.counts.added, diff.counts.removed, diff.counts.changed) == (1, 10, 1)
    assert diff.counts.moved <= 2


def test_everything_is_different() -> None:
    old = [{"a": f"{n} one two three"} for n in range(100)]
    new = [{"a": f"{n} four five six"} for n in range(1000, 1120)]
    assert count_rows(records(old), records(new)) == RowCounts(added=120, removed=100)


def test_by_key_far_apart() -> None:
    old = [{"id": n, "text": f"old {n}"} for n in range(100)]
    new = [{"id": n, "text": f"new {n}"} for n in reversed(range(100))]
    diff = diff_rows(records(old), records(new), ("id",))
    changes = list(diff)
    assert diff.counts == RowCounts(changed=100)
    assert all(change.old_number + change.new_number == 99 for change in changes)
    assert [change.new_number for change in changes] == list(range(100))


def test_formatting_only() -> None:
    old = [row(number) for number in range(90)]
    new = [json.dumps(each, separators=(",", ":")).encode() for each in old]
    assert count_rows(records(old), records(new)) == RowCounts(formatted=90)


def test_a_long_tail_of_one_side_does_not_wait_for_the_other(monkeypatch) -> None:
    from tdv.rowdiff import pairing

    monkeypatch.setattr(pairing, "MAX_WAITING", 20)
    monkeypatch.setattr(pairing, "WINDOW", 8)
    old = [row(n) for n in range(30)]
    new = [{**row(n), "label": "negative"} for n in range(200)]
    diff = diff_rows(records(old), records(new))
    assert applied(old, list(diff), 200) == new
    assert diff.counts == RowCounts(added=170, changed=30)
    assert count_rows(records(new), records(old)) == RowCounts(removed=170, changed=30)
