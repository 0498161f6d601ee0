"""A conflict as data."""

from __future__ import annotations

import pytest
from three_versions import Merged, lines

from tdv.errors import ObjectCorrupt
from tdv.rowdiff.fields import MISSING
from tdv.rowmerge.conflict import Conflict, from_line, settle, to_line
from tdv.rowmerge.values import FieldConflict


def test_round_trip() -> None:
    conflict = Conflict(
        "0123456789ab",
        (7, "x"),
        12,
        b'{"a": 1}',
        None,
        b"\xff\n",
        None,
        (FieldConflict(("a", 1, "b.c"), 1 << 80, MISSING, {"x": [None, 1.0]}),),
        "removed here, changed there",
    )
    line = to_line(conflict)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert from_line(line) == conflict


@pytest.mark.parametrize("line", [b"", b"{}\n", b"[]\n", b'{"id": 1, "base": "%%"}', b"\xff"])
def test_another_line_is_refused(line: bytes) -> None:
    with pytest.raises(ObjectCorrupt, match="conflicts file"):
        from_line(line)


BASE = lines([{"id": 1, "a": 1, "b": 1}, {"id": 2}])
OURS = lines([{"id": 1, "a": 2, "b": 1}, {"id": 2}])
THEIRS = lines([{"id": 1, "a": 3, "b": 3}, {"id": 2}])


def test_settled_rows_keep_what_merged() -> None:
    merged = Merged(BASE, OURS, THEIRS, key=("id",))
    assert merged.rows[0] == {"id": 1, "a": 2, "b": 3}
    (conflict,) = merged.conflicts
    assert conflict.key == (1,)
    assert conflict.number == 0
    assert conflict.fields == (FieldConflict(("a",), 1, 2, 3),)
    assert settle(conflict, "ours", merged.contents) == (conflict.held,)
    assert settle(conflict, "theirs", merged.contents) == (b'{"id": 1, "a": 3, "b": 3}',)
    assert settle(conflict, "base", merged.contents) == (b'{"id": 1, "a": 1, "b": 3}',)
    assert settle(conflict, "union", merged.contents) == (conflict.held,)


def test_removed_and_changed() -> None:
    merged = Merged(BASE, lines([{"id": 2}]), THEIRS, key=("id",))
    (conflict,) = merged.conflicts
    assert (conflict.held, conflict.number) == (None, 0)
    assert conflict.reason == "removed here, changed there"
    assert settle(conflict, "ours", merged.contents) == ()
    assert settle(conflict, "base", merged.contents) == (conflict.base,)
    for choice in ("theirs", "union"):
        assert settle(conflict, choice, merged.contents) == (conflict.theirs,)
    back = Merged(BASE, THEIRS, lines([{"id": 2}]), key=("id",))
    (conflict,) = back.conflicts
    assert (conflict.held, conflict.number) == (conflict.ours, 0)
    assert settle(conflict, "theirs", back.contents) == ()


def test_texts_are_settled_as_a_whole() -> None:
    merged = Merged(b"a\nb\nc\n", b"a\nB1 b\nc\n", b"a\nB2 b\nc\n", name=b"a.txt")
    (conflict,) = merged.conflicts
    assert settle(conflict, "union", merged.contents) == (b"B1 b", b"B2 b")
    assert settle(conflict, "base", merged.contents) == (b"b",)


def test_ids_tell_equal_conflicts_apart() -> None:
    merged = Merged(b"a b\nx\na b\n", b"a b 1\nx\na b 1\n", b"a b 2\nx\na b 2\n", name=b"a.txt")
    assert len({each.id for each in merged.conflicts}) == 2
    assert all(len(each.id) == 12 for each in merged.conflicts)
