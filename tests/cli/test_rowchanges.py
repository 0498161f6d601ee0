from __future__ import annotations

import io

import pytest

from tdv.cli.output import Output, strip
from tdv.cli.render.rowchanges import change_lines, counts_text
from tdv.rowdiff.changes import RowChange, RowCounts
from tdv.rowdiff.fields import changed_fields


@pytest.fixture
def terminal() -> Output:
    out = Output(io.BytesIO(), io.BytesIO(), width=60)
    out.terminal = out.color = True
    return out


def changed(old: dict, new: dict) -> RowChange:
    return RowChange("changed", None, 3, 3, old, new, changed_fields(old, new))


def test_data_cannot_speak_to_the_terminal(terminal):
    evil = "\x1b]0;owned\x07\r\n"
    changes = [
        changed({"a\x1b": evil}, {"a\x1b": "x" * 50 + evil}),
        changed({"a": 1}, {"a": evil, "b\x1b[2J": evil}),
        RowChange("added", (evil,), None, 1, None, {evil: evil}),
    ]
    for change in changes:
        shown = strip("".join(change_lines(terminal, change)))
        assert not any(ord(character) < 32 for character in shown)


def test_a_row_fits_into_the_line(terminal):
    [line] = change_lines(terminal, RowChange("added", None, None, 5, None, {"text": "word " * 99}))
    assert len(strip(line)) <= 60
    assert line.endswith("…")


def test_wide_letters_count_twice(terminal):
    row = {"text": "你好世界" * 20}
    [line] = change_lines(terminal, RowChange("added", None, None, 5, None, row))
    assert len(strip(line)) + strip(line).count("世") * 4 <= 60 + 4
    assert line.endswith("…")


def test_moved_rows_say_from_where_to_where():
    plain = Output(io.BytesIO(), io.BytesIO())
    [line] = change_lines(plain, RowChange("moved", None, 5, 9, {"a": 1}, {"a": 1}))
    assert line == '> row 5 to 9  {"a":1}'


@pytest.mark.parametrize(
    ("counts", "text"),
    [
        (RowCounts(), "no rows changed"),
        (RowCounts(added=1), "+1 row"),
        (RowCounts(added=1200, removed=1), "+1,200 -1 rows"),
        (RowCounts(changed=2, moved=3), "~2 rows, 3 moved"),
        (RowCounts(moved=1, reordered=True), "1 row moved"),
        (RowCounts(reordered=True), "same rows in another order"),
        (RowCounts(formatted=5), "formatting only (5 rows)"),
        (RowCounts(changed=1, formatted=5), "~1 row, 5 rows only formatted anew"),
    ],
)
def test_counts_in_words(counts, text):
    assert counts_text(Output(io.BytesIO(), io.BytesIO()), counts) == text
