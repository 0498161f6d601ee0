from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from memory_records import MemoryRecords, lines, records

from tdv.formats.rows import BadRecord
from tdv.rowdiff import reordering
from tdv.rowdiff.changes import RowChange, RowCounts
from tdv.rowdiff.rows import count_rows, diff_rows

LABELS = ["positive", "negative", "neutral"]


def row(number: int, **more: Any) -> dict[str, Any]:
    return {"id": number, "text": f"this is the text of row {number}", "label": "positive", **more}


def kinds(changes: list[RowChange]) -> Counter[str]:
    return Counter(change.kind for change in changes)


def compare(old: Any, new: Any, key: tuple[str, ...] = ()) -> tuple[list[RowChange], RowCounts]:
    a = old if isinstance(old, MemoryRecords) else records(old)
    b = new if isinstance(new, MemoryRecords) else records(new)
    diff = diff_rows(a, b, key)
    changes = list(diff)
    assert count_rows(a, b, key) == diff.counts
    return changes, diff.counts


def applied(old: list[Any], changes: list[RowChange], size: int) -> list[Any]:
    """The new rows, rebuilt from the old ones and what is said to have changed."""
    result: list[Any] = [None] * size
    filled: set[int] = set()
    gone: set[int] = set()
    for change in changes:
        if change.old_number is not None:
            assert change.old_number not in gone
            gone.add(change.old_number)
        if change.new_number is not None:
            assert change.new_number not in filled
            filled.add(change.new_number)
            result[change.new_number] = change.new
    kept = (each for number, each in enumerate(old) if number not in gone)
    for number in range(size):
        if number not in filled:
            result[number] = next(kept)
    assert next(kept, None) is None
    return result


small_rows = st.builds(
    lambda number, label: {"id": number, "label": label, "text": f"w{number} x y z"},
    st.integers(0, 12),
    st.sampled_from(LABELS),
)


@st.composite
def versions(draw: st.DrawFn) -> tuple[list[Any], list[Any]]:
    old = draw(st.lists(small_rows, max_size=30))
    new = list(old)
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(new)))
        what = draw(st.sampled_from(["insert", "delete", "edit", "move", "copy"]))
        if what == "insert" or not new:
            new.insert(at, draw(small_rows))
            continue
        at = min(at, len(new) - 1)
        if what == "delete":
            del new[at]
        elif what == "edit":
            new[at] = {**new[at], "label": draw(st.sampled_from(LABELS))}
        elif what == "copy":
            new.insert(draw(st.integers(0, len(new))), new[at])
        else:
            new.insert(draw(st.integers(0, len(new) - 1)), new.pop(at))
    return old, new


@pytest.mark.parametrize("key", [(), ("id",)])
@settings(max_examples=150, deadline=None)
@given(pair=versions())
def test_changes_turn_the_old_rows_into_the_new_ones(
    pair: tuple[list[Any], list[Any]], key: tuple[str, ...]
) -> None:
    old, new = pair
    changes, counts = compare(old, new, key)
    if counts.reordered:
        assert sorted(map(json.dumps, old)) == sorted(map(json.dumps, new))
        return
    assert applied(old, changes, len(new)) == new
    assert len(old) - counts.removed + counts.added == len(new)
    for kind in ("added", "removed", "changed", "moved"):
        assert kinds(changes)[kind] == getattr(counts, kind)
    marks_old, marks_new = (Counter(map(json.dumps, side)) for side in pair)
    assert counts.added + counts.changed == sum((marks_new - marks_old).values())
    assert counts.removed + counts.changed == sum((marks_old - marks_new).values())


@pytest.mark.parametrize("key", [(), ("id",)])
@settings(max_examples=100, deadline=None)
@given(pair=versions())
def test_the_way_back_mirrors_the_way_there(
    pair: tuple[list[Any], list[Any]], key: tuple[str, ...]
) -> None:
    _, there = compare(*pair, key)
    _, back = compare(pair[1], pair[0], key)
    assert there.added + there.changed == back.removed + back.changed
    assert there.removed + there.changed == back.added + back.changed
    assert there.reordered == back.reordered


def test_nothing_changed() -> None:
    same = [row(number) for number in range(50)]
    assert compare(same, same) == ([], RowCounts())


def test_one_edited_field_among_many_rows() -> None:
    old = [row(number) for number in range(500)]
    new = [*old[:250], {**old[250], "label": "negative"}, *old[251:]]
    a, b = records(old), records(new)
    [change] = diff_rows(a, b)
    assert (change.kind, change.old_number, change.new_number) == ("changed", 250, 250)
    assert [(f.path, f.before, f.after) for f in change.fields] == [
        ("label", "positive", "negative")
    ]
    assert b.memory.chunks_read < 12


def test_append_insert_and_delete() -> None:
    old = [row(number) for number in range(100)]
    changes, counts = compare(old, [*old, row(200), row(201)])
    assert counts == RowCounts(added=2)
    assert [change.new_number for change in changes] == [100, 101]
    assert compare(old, [row(-1), *old])[1] == RowCounts(added=1)
    assert compare(old, old[:40] + old[43:])[1] == RowCounts(removed=3)
    assert compare([], old)[1] == RowCounts(added=100)
    assert compare(old, [])[1] == RowCounts(removed=100)


def test_a_moved_row_is_found_far_away() -> None:
    old = [row(number) for number in range(400)]
    new = [*old[:50], *old[51:390], old[50], *old[390:], row(1000)]
    changes, counts = compare(old, new)
    assert counts == RowCounts(added=1, moved=1)
    moved = next(change for change in changes if change.kind == "moved")
    assert (moved.old_number, moved.new_number) == (50, 389)


def test_a_pure_reordering_is_recognised_by_its_sums() -> None:
    old = [row(number) for number in range(400)]
    assert compare(old, old[::-1]) == ([], RowCounts(reordered=True))


def test_a_reordering_of_rows_in_several_pieces() -> None:
    old = [row(number, text="long " * 300 * (number % 30 == 0)) for number in range(100)]
    assert compare(old, old[::-1]) == ([], RowCounts(reordered=True))


def test_forged_sums_do_not_pass_for_a_reordering(monkeypatch: pytest.MonkeyPatch) -> None:
    old = [row(number) for number in range(400)]
    new = [*old[:100], {**old[100], "text": "THIS IS THE TEXT OF ROW 100"}, *old[:100:-1]]
    monkeypatch.setattr(reordering, "fingerprint_sum", lambda reader, sequence: 7)
    counts = compare(old, new)[1]
    assert not counts.reordered
    assert counts.changed + counts.added == 1


def test_a_reordering_of_one_chunk_counts_what_moved() -> None:
    changes, counts = compare([{"a": 1}, {"a": 2}, {"a": 3}], [{"a": 3}, {"a": 1}, {"a": 2}])
    assert counts == RowCounts(moved=1, reordered=True)
    assert [(change.old_number, change.new_number) for change in changes] == [(2, 0)]


@pytest.mark.parametrize(
    "dump",
    [
        lambda each: json.dumps(each, separators=(",", ":")).encode(),
        lambda each: json.dumps(dict(reversed(each.items()))).encode(),
        lambda each: json.dumps(each).replace("1.5", "1.50").encode(),
        lambda each: json.dumps(each, ensure_ascii=False).encode(),
    ],
)
def test_formatting_only(dump: Any) -> None:
    old = [row(number, score=1.5, name="Zoë") for number in range(60)]
    changes, counts = compare(old, [dump(each) for each in old])
    assert changes == []
    assert counts == RowCounts(formatted=60)
    assert counts.formatting_only


def test_formatting_with_an_edit_and_an_insertion() -> None:
    old = [row(number) for number in range(2000)]
    new = [json.dumps(each, separators=(",", ":")).encode() for each in old]
    new[700] = json.dumps({**old[700], "label": "negative"}, separators=(",", ":")).encode()
    new.insert(1500, json.dumps(row(5000)).encode())
    changes, counts = compare(old, new)
    assert counts == RowCounts(added=1, changed=1, formatted=1999)
    assert [change.new_number for change in changes] == [700, 1500]


def test_separators_only() -> None:
    old = [row(number) for number in range(30)]
    a, b = MemoryRecords(lines(old)), MemoryRecords(lines(old, b"\r\n"))
    assert compare(a, b) == ([], RowCounts(separators=True))
    without = MemoryRecords(lines(old).rstrip(b"\n"))
    assert compare(a, without)[1].formatting_only


def test_records_that_do_not_decode() -> None:
    old = [row(0), b'{"id": 1, "text": "this is not closed"', row(2)]
    fixed = [row(0), {"id": 1, "text": "this is not closed"}, row(2)]
    [change], counts = compare(old, fixed)
    assert counts == RowCounts(changed=1)
    assert isinstance(change.old, BadRecord)
    assert change.old.line == 2
    assert change.fields == ()
    _, counts = compare(old, [old[1], *old[::2], row(3)])
    assert counts == RowCounts(moved=1, added=1)


def test_by_key_a_changed_row_is_found_wherever_it_went() -> None:
    old = [row(number) for number in range(300)]
    new = [*old[:10], *old[11:250], {"id": 10, "text": "all new", "label": "x"}, *old[250:]]
    changes, counts = compare(old, new, ("id",))
    assert counts == RowCounts(changed=1)
    assert changes[0].key == (10,)
    assert [field.path for field in changes[0].fields] == ["text", "label"]
    assert compare(old, new)[1] == RowCounts(added=1, removed=1)


def test_by_key_rows_that_share_everything_else_are_not_paired() -> None:
    changes, counts = compare([row(1)], [{**row(1), "id": 2}], ("id",))
    assert counts == RowCounts(added=1, removed=1)
    assert [change.kind for change in changes] == ["removed", "added"]


def test_repeated_and_missing_keys() -> None:
    old = [{"id": 1, "t": "a"}, {"id": 1, "t": "b"}, {"t": "no key at all here"}]
    new = [{"id": 1, "t": "c"}, {"id": 1, "t": "d"}, {"t": "no key at all there"}]
    changes, counts = compare(old, new, ("id",))
    assert counts == RowCounts(changed=3)
    assert [(change.old_number, change.new_number) for change in changes] == [
        (0, 0), (1, 1), (2, 2)
    ]  # fmt: skip


def test_nested_keys() -> None:
    old = [{"meta": {"id": 1}, "t": "a"}, {"meta": {"id": 2}, "t": "b"}]
    new = [{"meta": {"id": 2}, "t": "c"}, {"meta": {"id": 1}, "t": "d"}]
    changes, counts = compare(old, new, ("meta.id",))
    assert counts == RowCounts(changed=2)
    assert [change.key for change in changes] == [(2,), (1,)]


def test_unkeyed_rows_are_paired_by_likeness_not_by_place_alone() -> None:
    old = [row(1), row(2, text="completely other words stand in here")]
    new = [{**old[1], "label": "negative"}]
    changes, counts = compare(old, new)
    assert counts == RowCounts(removed=1, changed=1)
    assert [(c.kind, c.old_number, c.new_number) for c in changes] == [
        ("removed", 0, None), ("changed", 1, 0)
    ]  # fmt: skip


def test_every_row_changed_in_a_long_gap() -> None:
    old = [row(number) for number in range(1500)]
    new = [{**each, "label": "negative"} for each in old if each["id"] % 100 != 50]
    changes, counts = compare(old, new)
    assert counts == RowCounts(changed=1485, removed=15)
    assert all(c.fields[0].path == "label" for c in changes if c.kind == "changed")


def test_a_long_record_in_pieces() -> None:
    old = [row(1), row(2, text="x" * 3000), row(3)]
    new = [row(1), row(2, text="x" * 1500 + "y" + "x" * 1500), row(3)]
    changes, counts = compare(old, new)
    assert counts == RowCounts(changed=1)
    assert (changes[0].old_number, changes[0].new_number) == (1, 1)
    assert compare(old, [row(0), *old])[1] == RowCounts(added=1)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 5), st.sampled_from([3, 700])), max_size=8),
    st.lists(st.tuples(st.integers(0, 5), st.sampled_from([3, 700])), max_size=8),
)
def test_long_and_short_records_add_up(old: Any, new: Any) -> None:
    a = [{"n": number, "t": str(number) * size} for number, size in old]
    b = [{"n": number, "t": str(number) * size} for number, size in new]
    changes, counts = compare(a, b)
    assert counts.reordered or applied(a, changes, len(b)) == b
    assert len(a) - counts.removed + counts.added == len(b)


def test_many_stretches_are_read_ahead_and_come_in_order() -> None:
    old = [row(number) for number in range(3000)]
    new = [{**each, "label": "negative"} if each["id"] % 50 == 7 else each for each in old]
    changes, counts = compare(old, new)
    assert counts == RowCounts(changed=60)
    assert [change.new_number for change in changes] == list(range(7, 3000, 50))


def test_edits_that_move_the_ends_of_chunks_stay_edits() -> None:
    old = [row(number) for number in range(400)]
    new = [{**each, "text": each["text"] * 6} if each["id"] % 90 == 0 else each for each in old]
    changes, counts = compare(old, new)
    assert counts == RowCounts(changed=5)
    assert [change.old_number for change in changes] == [0, 90, 180, 270, 360]
