from __future__ import annotations

import json

from memory_records import MemoryRecords, lines

from tdv.rowdiff.changes import RowChange, RowCounts
from tdv.rowdiff.layouts import LayoutChange
from tdv.rowdiff.rows import RowDiff, diff_rows


def compared(old: MemoryRecords, new: MemoryRecords) -> tuple[RowDiff, list[RowChange]]:
    diff = diff_rows(old, new)
    return diff, list(diff)


def table(header: str, rows: list[str]) -> MemoryRecords:
    return MemoryRecords("\n".join([header, *rows, ""]).encode(), "csv")


def test_a_renamed_and_an_added_column():
    old = table("id,name", [f"{n},name {n}" for n in range(50)])
    new = table("id,person,age", [f"{n},name {n},{n % 7}" for n in range(50)])
    diff, _ = compared(old, new)
    assert diff.layout == LayoutChange(
        "csv", "csv", fields_added=("age",), fields_renamed=(("name", "person"),)
    )
    assert diff.counts == RowCounts()


def test_a_dropped_column_and_an_edit():
    old = table("id,name,age", [f"{n},name {n},{n}" for n in range(50)])
    rows = [f"{n},name {n}" for n in range(50)]
    rows[7] = "7,another"
    diff, changes = compared(old, table("id,name", rows))
    assert diff.layout == LayoutChange("csv", "csv", fields_removed=("age",))
    assert diff.counts == RowCounts(changed=1)
    assert [field.path for field in changes[0].fields] == ["name"]


def test_another_delimiter():
    old = table("id,name", [f"{n},name {n}" for n in range(20)])
    new = table("id;name", [f"{n};name {n}" for n in range(20)])
    diff, _ = compared(old, new)
    assert [name for name, *_ in diff.layout.params] == ["delimiter"]
    assert diff.counts == RowCounts()


def test_columns_in_another_order():
    old = table("id,name", [f"{n},name {n}" for n in range(20)])
    new = table("name,id", [f"name {n},{n}" for n in range(20)])
    diff, _ = compared(old, new)
    assert diff.layout == LayoutChange("csv", "csv", fields_reordered=True)
    assert diff.counts == RowCounts()


def test_from_json_lines_to_csv():
    rows = [{"id": n, "name": f"name {n}", "ok": n % 2 == 0, "none": None} for n in range(30)]
    texts = [f"{n},name {n},{json.dumps(n % 2 == 0)}," for n in range(30)]
    texts[3] = "3,other name here,false,"
    diff, _ = compared(MemoryRecords(lines(rows)), table("id,name,ok,none", texts))
    assert (diff.layout.old_format, diff.layout.new_format) == ("jsonl", "csv")
    assert diff.counts == RowCounts(changed=1)


def self_named(rows: list[dict[str, object]]) -> MemoryRecords:
    return MemoryRecords(lines(rows))


def test_a_renamed_field_of_json_lines():
    old = [{"id": n, "text": f"the long text of row {n} " * 4, "n": n % 3} for n in range(90)]
    new = [{"id": row["id"], "prompt": row["text"], "n": row["n"]} for row in old]
    new[40]["n"] = 7
    del new[60]
    diff, changes = compared(self_named(old), self_named(new))
    assert diff.layout == LayoutChange("jsonl", "jsonl", fields_renamed=(("text", "prompt"),))
    assert diff.counts == RowCounts(changed=1, removed=1)
    assert [field.path for field in changes[0].fields] == ["n"]


def test_rows_that_keep_the_old_name_are_no_changes():
    old = [{"id": n, "text": f"text {n}"} for n in range(4000)]
    new = [{"id": row["id"], "prompt": row["text"]} for row in old]
    new[3000:3500] = old[3000:3500]
    diff, changes = compared(self_named(old), self_named(new))
    assert changes == []
    assert diff.layout is not None


def test_a_field_that_only_some_rows_have_is_not_renamed():
    old = [{"id": n, "text": f"text {n}"} for n in range(60)]
    new = [{"id": n, "prompt": f"text {n}"} for n in range(50)] + old[50:]
    diff, _ = compared(self_named(old), self_named(new))
    assert diff.layout is None


def test_a_field_with_other_values_is_not_renamed():
    old = [{"id": n, "text": f"text {n}"} for n in range(60)]
    new = [{"id": n, "score": n / 7} for n in range(60)]
    diff, changes = compared(self_named(old), self_named(new))
    assert diff.layout is None
    assert len(changes) >= 60
