"""Three versions of a file become one: against a model of rows by key, and by example."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from three_versions import Merged, lines

Rows = list[dict[str, Any]]


def row(number: int, **more: Any) -> dict[str, Any]:
    return {"id": number, "text": f"the text of row {number}", "label": "a", **more}


def many(rows: list[Any]) -> Counter[str]:
    return Counter(json.dumps(each, sort_keys=True) for each in rows)


BASE = [row(number) for number in range(30)]


@st.composite
def edited(draw: st.DrawFn, base: Rows, first_new: int) -> Rows:
    """Rows with some changed, removed, moved and added; keys stay unique."""
    rows = [dict(each) for each in base]
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, max(0, len(rows) - 1)))
        what = draw(st.sampled_from(["edit", "edit", "more", "remove", "move", "add"]))
        if what == "add" or not rows:
            new = row(first_new + draw(st.integers(0, 3)), label=draw(st.sampled_from("abc")))
            if all(each["id"] != new["id"] for each in rows):
                rows.insert(at, new)
        elif what == "edit":
            rows[at][draw(st.sampled_from(["label", "text"]))] = draw(st.sampled_from("abcd"))
        elif what == "more":
            rows[at][draw(st.sampled_from(["x", "y"]))] = draw(st.integers(0, 2))
        elif what == "remove":
            del rows[at]
        else:
            rows.insert(draw(st.integers(0, len(rows) - 1)), rows.pop(at))
    return rows


@st.composite
def three(draw: st.DrawFn) -> tuple[Rows, Rows, Rows]:
    base = [row(number) for number in range(draw(st.integers(0, 12)))]
    return base, draw(edited(base, 100)), draw(edited(base, 102))


def expected(base: Rows, ours: Rows, theirs: Rows) -> tuple[dict[int, Any], set[int]]:
    """The merged rows by key, and the keys in conflict."""
    sides = [{each["id"]: each for each in rows} for rows in (base, ours, theirs)]
    merged: dict[int, Any] = {}
    conflicts: set[int] = set()
    for key in {*sides[0], *sides[1], *sides[2]}:
        old, a, b = (side.get(key) for side in sides)
        if a == b or b == old:
            merged[key] = a
        elif a == old:
            merged[key] = b
        elif a is None or b is None:
            conflicts.add(key)
        else:
            before = old or {}
            merged[key] = {}
            for name in {*a, *b}:
                x, y, z = before.get(name), a.get(name), b.get(name)
                if y != z and x not in (y, z):
                    conflicts.add(key)
                value = z if x == y else y
                if value is not None:
                    merged[key][name] = value
    return {key: each for key, each in merged.items() if each is not None}, conflicts


@settings(max_examples=150, deadline=None)
@given(three())
def test_a_keyed_merge_is_that_of_the_model(versions: tuple[Rows, Rows, Rows]) -> None:
    base, ours, theirs = versions
    merged = Merged(lines(base), lines(ours), lines(theirs), key=("id",))
    rows, conflicts = expected(base, ours, theirs)
    assert {each.key[0] for each in merged.conflicts} == conflicts
    got = {each["id"]: each for each in merged.rows}
    assert len(got) == len(merged.rows)
    for key in {*got, *rows} - conflicts:
        assert got.get(key) == rows.get(key)
    assert set(got) - conflicts == set(rows) - conflicts


@settings(max_examples=100, deadline=None)
@given(three(), st.sampled_from([(), ("id",)]))
def test_both_ways_agree(versions: tuple[Rows, Rows, Rows], key: tuple[str, ...]) -> None:
    base, ours, theirs = map(lines, versions)
    there, back = Merged(base, ours, theirs, key=key), Merged(base, theirs, ours, key=key)
    assert len(there.conflicts) == len(back.conflicts)
    mirrored = Counter((each.base, each.theirs, each.ours) for each in back.conflicts)
    assert Counter((each.base, each.ours, each.theirs) for each in there.conflicts) == mirrored
    held = [
        [json.loads(each.held) for each in side.conflicts if each.held is not None]
        for side in (there, back)
    ]
    assert many(there.rows) - many(held[0]) == many(back.rows) - many(held[1])


@settings(max_examples=100, deadline=None)
@given(three(), st.sampled_from([(), ("id",)]))
def test_an_unchanged_side_gives_the_other(
    versions: tuple[Rows, Rows, Rows], key: tuple[str, ...]
) -> None:
    base, ours, _ = map(lines, versions)
    assert Merged(base, ours, base, key=key).data == ours
    assert Merged(base, base, ours, key=key).data == ours
    assert Merged(base, ours, ours, key=key).data == ours


def test_nothing_is_lost_at_one_place() -> None:
    merged = Merged(lines(BASE), lines([*BASE, row(40)]), lines([*BASE, row(41)]))
    assert [each["id"] for each in merged.rows[-3:]] == [29, 40, 41]
