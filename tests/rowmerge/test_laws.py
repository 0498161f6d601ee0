"""What holds for any three versions, in every format of records, keyed or not."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from three_versions import Merged, version

from tdv.rowmerge.filemerge import Unmergeable

Rows = list[dict[str, str]]
NAMES = {"jsonl": b"a.jsonl", "json": b"a.json", "csv": b"a.csv", "tsv": b"a.tsv", "text": b"a.txt"}


def written(kind: str, rows: Rows) -> bytes:
    """Rows of texts as a file."""
    if kind in ("csv", "tsv"):
        table = [["id", "a", "b"], *(list(row.values()) for row in rows)]
        return b"".join(("," if kind == "csv" else "\t").join(r).encode() + b"\n" for r in table)
    if kind == "text":
        return b"".join(f"{r['id']} {r['a']} {r['b']}\n".encode() for r in rows)
    bodies = [json.dumps(row).encode() for row in rows]
    if kind == "json":
        return b"[\n  " + b",\n  ".join(bodies) + b"\n]\n" if bodies else b"[]\n"
    return b"".join(body + b"\n" for body in bodies)


row = st.builds(
    lambda key, a, b: {"id": key, "a": a, "b": b},
    st.sampled_from("12345"),
    st.sampled_from(["x", "y", "some longer text", "some longer words"]),
    st.sampled_from(["u", "v"]),
)


@st.composite
def versions(draw: st.DrawFn) -> tuple[Rows, Rows, Rows]:
    """Rows of which many have the same key, or are the same."""
    base = draw(st.lists(row, max_size=12))
    sides = []
    for _ in range(2):
        rows = list(base)
        for _ in range(draw(st.integers(0, 4))):
            at = draw(st.integers(0, len(rows)))
            what = draw(st.sampled_from(["insert", "replace", "edit", "delete", "move"]))
            if what == "insert" or at == len(rows):
                rows.insert(at, draw(row))
            elif what == "replace":
                rows[at] = draw(row)
            elif what == "edit":
                rows[at] = {**rows[at], "b": draw(st.sampled_from("uvw"))}
            elif what == "delete":
                del rows[at]
            else:
                rows.insert(draw(st.integers(0, len(rows) - 1)), rows.pop(at))
        sides.append(rows)
    return base, sides[0], sides[1]


def settled(merged: Merged) -> Counter[str]:
    """The rows that are not in conflict."""
    held = Counter(each.number for each in merged.conflicts if each.held is not None)
    return Counter(
        json.dumps(row, sort_keys=True) for at, row in enumerate(merged.rows) if at not in held
    )


@pytest.mark.parametrize("key", [(), ("id",)])
@pytest.mark.parametrize("kind", NAMES)
@settings(max_examples=50, deadline=None)
@given(three=versions())
def test_laws(three: tuple[Rows, Rows, Rows], kind: str, key: tuple[str, ...]) -> None:
    base, ours, theirs = (written(kind, rows) for rows in three)
    name = NAMES[kind]
    there = Merged(base, ours, theirs, name=name, key=key)
    back = Merged(base, theirs, ours, name=name, key=key)
    mirrored = Counter((each.base, each.theirs, each.ours) for each in back.conflicts)
    assert Counter((each.base, each.ours, each.theirs) for each in there.conflicts) == mirrored
    assert settled(there) == settled(back)
    assert Merged(base, ours, base, name=name, key=key).data == ours
    assert Merged(base, base, theirs, name=name, key=key).data == theirs
    for favour in ("ours", "theirs", "union"):
        one = Merged(base, ours, theirs, name=name, key=key, favour=favour)
        assert not one.conflicts
        assert not settled(there) - settled(one)


@pytest.mark.parametrize("kind", NAMES)
@settings(max_examples=40, deadline=None)
@given(three=versions())
def test_merged_rows_are_what_somebody_wrote(three: tuple[Rows, Rows, Rows], kind: str) -> None:
    name = NAMES[kind]
    merged = Merged(*(written(kind, rows) for rows in three), name=name)
    known = [set(version(written(kind, rows), name).bodies()) for rows in three]
    for row, body in zip(merged.rows, merged.contents.bodies(), strict=True):
        values = [{each.get(field) for side in three for each in side} for field in row]
        assert body in set.union(*known) or all(
            value in choices for value, choices in zip(row.values(), values, strict=True)
        )


@settings(max_examples=100, deadline=None)
@given(three=versions())
def test_what_was_only_added_is_all_there(three: tuple[Rows, Rows, Rows]) -> None:
    base, ours, theirs = three
    sides: list[Rows] = []
    for rows in (ours, theirs):
        side = list(base)
        for at, each in enumerate(rows[:5]):
            side.insert(at * 3 % (len(side) + 1), each)
        sides.append(side)
    counts = [Counter(version(written("text", each)).bodies()) for each in (base, *sides)]
    merged = Merged(*(written("text", each) for each in (base, *sides)), name=b"a.txt")
    assert not merged.conflicts
    got = Counter(merged.contents.bodies())
    for body in got:
        most = counts[1][body] + counts[2][body] - counts[0][body]
        assert max(counts[1][body], counts[2][body]) <= got[body] <= most


ODD = [b"", b"{", b"\xff", b'{"id": 1, "id": 2}', b'{"id": 1}', b'{"id":1}', b"null", b"7"]
ODD += [b'{"id": null}', b'  {"id": 2}', b'{"id": 2, "a": [1]}\r', b'{"id": 2, "a": [2]}']
ODD += [
    b"x" * 700,
    b"x" * 701,
    *(b'{"id": 3, "a": "%s"}' % (letter * 900) for letter in (b"y", b"z")),
]
odd_lines = st.lists(st.sampled_from(ODD), max_size=7)


@pytest.mark.parametrize("name", [b"a.jsonl", b"a.txt", b"a.csv", b"a.json"])
@pytest.mark.parametrize("key", [(), ("id",)])
@settings(max_examples=50, deadline=None)
@given(three=st.tuples(odd_lines, odd_lines, odd_lines), ends=st.tuples(*[st.booleans()] * 3))
def test_unusual_bytes(three: Any, ends: Any, key: tuple[str, ...], name: bytes) -> None:
    base, ours, theirs = (
        b"\n".join(rows).rstrip(b"\r") + (b"\n" if end else b"")
        for rows, end in zip(three, ends, strict=True)
    )
    if name == b"a.csv":
        base, ours, theirs = (b"id,a\n" + each for each in (base, ours, theirs))
    if name == b"a.json":
        base, ours, theirs = (
            b"[" + b",".join(each for each in rows if each and each[0] in b"{7nx") + b"]"
            for rows in three
        )
    if any(version(each, name).layout.lines_from is not None for each in (base, ours, theirs)):
        assume(len({base, ours, theirs}) == 3)
        with pytest.raises(Unmergeable, match="damaged"):
            Merged(base, ours, theirs, name=name)
        return
    there = Merged(base, ours, theirs, name=name, key=key)
    back = Merged(base, theirs, ours, name=name, key=key)
    assert len(there.conflicts) == len(back.conflicts)
    assert len(there.contents) - len(back.contents) == sum(
        (each.held is not None) for each in there.conflicts
    ) - sum((each.held is not None) for each in back.conflicts)
