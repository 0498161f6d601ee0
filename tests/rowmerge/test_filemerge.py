"""Three versions of a file become one: against a model of rows by key, and by example."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from three_versions import Merged, lines

from tdv.rowmerge.filemerge import Unmergeable

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


def alone(number: int, **more: Any) -> dict[str, Any]:
    """A row that is like no other."""
    words = [hashlib.md5(b"%d %d" % (number, at)).hexdigest()[:6] for at in range(8)]
    return {"id": number, "text": " ".join(words), "label": "a", **more}


@st.composite
def touched(draw: st.DrawFn, base: Rows, first_new: int) -> Rows:
    """Rows with some removed or added, and some changed in a field or moved; new ids are above 100.

    Without a key, a row that both moved and changed is one removed and one added.
    """
    rows: Rows = []
    moved: Rows = []
    kinds = ["", "", "", "remove", *draw(st.sampled_from([["label", "x"], ["move", "move"]]))]
    for each in base:
        what = draw(st.sampled_from(kinds))
        if what in ("label", "x"):
            rows.append({**each, what: draw(st.sampled_from("bc"))})
        elif what == "move":
            moved.append(each)
        elif what != "remove":
            rows.append(each)
        if draw(st.integers(0, 4)) == 0:
            rows.append(alone(first_new + len(rows)))
    for each in moved:
        rows.insert(draw(st.integers(0, len(rows))), each)
    return rows


def replaced_ids(*versions: Rows) -> set[tuple[int, ...]]:
    """What stands in the place of what both sides removed, where nothing moved."""
    base, ours, theirs = ([each["id"] for each in rows] for rows in versions)
    found: set[tuple[int, ...]] = set()
    gaps: list[list[int]] = [[], [], []]
    for fixed in [*(number for number in base if number in ours and number in theirs), None]:
        for gap, side in zip(gaps, (base, ours, theirs), strict=True):
            end = side.index(fixed) if fixed is not None else len(side)
            gap[:], side[:] = side[:end], side[end + 1 :]
        gone = [each for each in gaps[0] if each not in gaps[1] and each not in gaps[2]]
        new = [[each for each in gap if each >= 100] for gap in gaps[1:]]
        found.update(zip(gone, *new, strict=False))
    return found


def of_replaced(merged: Merged, *versions: Rows) -> set[tuple[int, ...]]:
    """The same, as the conflicts have it."""
    known = [{each["id"] for each in rows} for rows in versions]
    found: set[tuple[int, ...]] = set()
    for each in merged.conflicts:
        if each.base and each.ours and each.theirs:
            old, a, b = (json.loads(body)["id"] for body in (each.base, each.ours, each.theirs))
            if old not in (a, b):
                assert old not in known[1] | known[2]
                assert not {a, b} & known[0]
                found.add((old, a, b))
    return found


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_merge_without_a_key_is_that_of_the_model(data: Any) -> None:
    base = [alone(number) for number in range(data.draw(st.integers(0, 12)))]
    ours, theirs = data.draw(touched(base, 100)), data.draw(touched(base, 200))
    merged = Merged(lines(base), lines(ours), lines(theirs))
    rows, conflicts = expected(base, ours, theirs)
    replaced = of_replaced(merged, base, ours, theirs)
    orders = [[each["id"] for each in side if each["id"] < 100] for side in (ours, theirs)]
    if all(order == sorted(order) for order in orders):
        assert replaced == replaced_ids(base, ours, theirs)
    in_conflict = [each.base or each.ours or each.theirs for each in merged.conflicts]
    conflicts |= {old for old, _, _ in replaced}
    assert {json.loads(body or b"")["id"] for body in in_conflict} == conflicts
    for _, a, b in replaced:
        assert rows[a] == alone(a)
        del rows[b]
    got = {each["id"]: each for each in merged.rows}
    assert len(got) == len(merged.rows)
    for key in {*got, *rows} - conflicts:
        assert got.get(key) == rows.get(key)


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


def edited_rows(rows: Rows, changes: dict[int, dict[str, Any]]) -> Rows:
    return [{**each, **changes.get(each["id"], {})} for each in rows]


def ids(merged: Merged) -> list[int]:
    return [each["id"] for each in merged.rows]


@pytest.mark.parametrize("key", [(), ("id",)])
def test_added_rows_stand_behind_those_they_follow(key: tuple[str, ...]) -> None:
    ours = [row(40), *BASE[:10], row(41), *BASE[10:], row(42)]
    theirs = [row(50), *BASE[:10], row(51), *BASE[10:20], row(52), row(53), *BASE[20:], row(54)]
    merged = Merged(lines(BASE), lines(ours), lines(theirs), key=key)
    middle = [*range(10), 41, 51, *range(10, 20), 52, 53, *range(20, 30)]
    assert ids(merged) == [40, 50, *middle, 42, 54]
    assert merged.file.taken.added == 5


def test_rows_with_the_same_bytes_are_added_once_at_one_place() -> None:
    ours, theirs = (
        [*BASE[:5], row(40), row(41), *BASE[5:]],
        [*BASE[:5], row(41), *BASE[5:], row(40)],
    )
    assert ids(Merged(lines(BASE), lines(ours), lines(theirs))).count(41) == 1
    assert ids(Merged(lines(BASE), lines(ours), lines(theirs))).count(40) == 2
    keyed = Merged(lines(BASE), lines(ours), lines(theirs), key=("id",))
    assert ids(keyed) == [*range(5), 40, 41, *range(5, 30)]


def test_both_added_a_key() -> None:
    ours, theirs = row(40, label="b", x=1), row(40, label="c", y=2)
    merged = Merged(lines(BASE), lines([ours, *BASE]), lines([*BASE, theirs]), key=("id",))
    assert merged.rows == [{**ours, "y": 2}, *BASE]
    (conflict,) = merged.conflicts
    assert (conflict.reason, conflict.key, conflict.number) == ("added on both sides", (40,), 0)
    assert [each.name for each in conflict.fields] == ["label"]


def test_moved_rows() -> None:
    moved = [*BASE[1:], BASE[0]]
    changed = edited_rows(BASE, {0: {"label": "b"}, 5: {"label": "c"}})
    there = Merged(lines(BASE), lines(moved), lines(changed), key=("id",))
    assert there.rows == [*changed[1:], changed[0]]
    back = Merged(lines(BASE), lines(changed), lines(moved), key=("id",))
    assert back.data == there.data
    assert not there.conflicts
    assert back.file.taken.moved == 1
    both = Merged(lines(BASE), lines(moved), lines([*BASE[1:7], BASE[0], *BASE[7:]]), key=("id",))
    assert both.rows == moved
    gone = Merged(lines(BASE), lines(moved), lines(BASE[1:]), key=("id",))
    assert gone.rows == BASE[1:]


def test_all_rows_in_another_order() -> None:
    shuffled = [BASE[number * 7 % 30] for number in range(30)]
    changed = [*edited_rows(BASE[1:], {5: {"label": "c"}}), row(40)]
    for pair in ((shuffled, changed), (changed, shuffled)):
        merged = Merged(lines(BASE), *map(lines, pair), key=("id",))
        expected = {each["id"]: each for each in changed}
        assert {each["id"]: each for each in merged.rows} == expected
        order = [each for each in ids(merged) if each != 40]
        assert order == [each["id"] for each in shuffled if each["id"]]


def test_values_win_over_formatting() -> None:
    spaced = lines([json.dumps(each, separators=(" , ", " : ")).encode() for each in BASE])
    changed = edited_rows(BASE, {3: {"label": "b"}})
    there = Merged(lines(BASE), spaced, lines(changed), key=("id",))
    assert there.rows == changed
    assert there.data == spaced.replace(b'"text of row 3" , "label" : "a"', b"x").replace(
        b'row 3" , "label" : "a"', b'row 3" , "label" : "b"'
    )
    assert Merged(lines(BASE), lines(changed), spaced, key=("id",)).rows == changed
    assert Merged(lines(BASE), spaced, lines(BASE[1:]), key=("id",)).rows == BASE[1:]


def test_unchanged_bytes_stay() -> None:
    odd = [b'{"id": %d, "n" : 1.50, "t":"\\u00e9", "m": {"a":1,  "b":2}}' % n for n in range(9)]
    ours, theirs = list(odd), list(odd)
    ours[4] = odd[4].replace(b'"a":1', b'"a":3')
    theirs[4] = odd[4].replace(b'"b":2', b'"b":2.50')
    theirs[7] = odd[7].replace(b"1.50", b"1.5")
    merged = Merged(lines(odd), lines(ours), lines(theirs), key=("id",))
    expected = list(odd)
    expected[4] = b'{"id": 4, "n" : 1.50, "t":"\\u00e9", "m": {"a":3,  "b":2.50}}'
    expected[7] = theirs[7]
    assert merged.data == lines(expected)


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("last", [b"", b"\n"])
def test_line_ends(end: bytes, last: bytes) -> None:
    base = end.join(json.dumps(each).encode() for each in BASE) + (end if last else b"")
    theirs = lines([*edited_rows(BASE, {3: {"label": "b"}}), row(40)])
    ours = base.replace(b"row 9", b"row nine")
    merged = Merged(base, ours, theirs, key=("id",))
    assert merged.rows[9]["text"] == "the text of row nine"
    assert merged.rows[3]["label"] == "b"
    assert ids(merged) == [*range(30), 40]
    assert merged.data.count(b"\r\n") == (merged.data.count(b"\n") if end == b"\r\n" else 0)


def test_one_key_on_several_rows() -> None:
    base = [{"k": 1, "t": text} for text in ("one", "two", "three")]
    ours, theirs = [base[0], {"k": 1, "t": "2"}, base[2]], [*base[:2], {"k": 1, "t": "3"}]
    merged = Merged(lines(base), lines(ours), lines(theirs), key=("k",))
    assert [each["t"] for each in merged.rows] == ["one", "2", "3"]
    alone = Merged(lines(base), lines([base[2], base[0]]), lines(base), key=("k",))
    assert alone.rows == [base[2], base[0]]
    added = Merged(lines(base), lines([*base, base[0]]), lines([*base, base[0]]), key=("k",))
    assert added.rows == [*base, base[0]]


def test_only_chosen_rows() -> None:
    theirs = [row(40), *edited_rows(BASE[1:], {5: {"label": "b"}, 6: {"label": "b"}}), row(41)]
    moved = [theirs[0], *theirs[2:], theirs[1]]
    ours = edited_rows(BASE, {6: {"x": 1}})
    for chosen, expected in (
        (5, edited_rows(ours, {5: {"label": "b"}})),
        (6, edited_rows(ours, {6: {"label": "b"}})),
        (41, [*ours, row(41)]),
        (0, ours[1:]),
        (1, [ours[0], *ours[2:], ours[1]]),
        (7, ours),
    ):
        merged = Merged(
            lines(BASE),
            lines(ours),
            lines(moved),
            key=("id",),
            only=lambda key, wanted=chosen: key == (wanted,),
        )
        assert merged.rows == expected


def test_files_that_both_sides_added() -> None:
    ours, theirs = [row(1), row(2)], [row(2), row(3, label="b")]
    assert ids(Merged(None, lines(ours), lines(theirs), key=("id",))) == [1, 2, 3]
    assert ids(Merged(None, lines(ours), lines(theirs))) == [1, 2, 3]
    assert Merged(None, b"", lines(theirs)).data == lines(theirs)
    assert Merged(None, lines(ours), b"").data == lines(ours)
    was_object = Merged(b"{}", b"[1, 2]", b"[1, 2, 3]", name=b"a.json")
    assert json.loads(was_object.data) == [1, 2, 3]
    with pytest.raises(Unmergeable, match="it is json here and blob there"):
        Merged(b"[]", b"[1]", b"{}", name=b"a.json")
    assert json.loads(Merged(b"", b"[1]", b"[2]", name=b"a.json").data) == [1, 2]
    assert Merged(b"", b"a,b\n1,2\n", b"a\n3\n", name=b"a.csv").data == b"a,b\n1,2\n3,\n"


def test_favour() -> None:
    ours = edited_rows(BASE[:-1], {3: {"label": "b", "x": None}})
    theirs = edited_rows(BASE[1:], {3: {"label": "c", "x": 1}, 29: {"label": "d"}})
    versions = lines(BASE), lines(edited_rows(ours, {0: {"label": "e"}})), lines(theirs)
    assert len(Merged(*versions, key=("id",)).conflicts) == 3
    found = {}
    for favour in ("ours", "theirs", "union"):
        merged = Merged(*versions, key=("id",), favour=favour)
        assert not merged.conflicts
        found[favour] = {each["id"]: each for each in merged.rows}
    assert found["ours"][3] == row(3, label="b", x=None)
    assert found["theirs"][3] == row(3, label="c", x=1)
    assert found["union"][3] == row(3, label="b", x=1)
    assert [0 in found[each] for each in ("ours", "theirs", "union")] == [True, False, True]
    assert [29 in found[each] for each in ("ours", "theirs", "union")] == [False, True, True]


def test_rows_too_long_to_be_held_are_for_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tdv.formats.heldbody.MAX_BODY", 2000)
    long, longer = row(40, text="x" * 3000), row(40, text="y" * 3000)
    base, ours = [*BASE, long], [*edited_rows(BASE, {3: {"label": "b"}}), long]
    theirs = [*BASE, longer]
    with pytest.raises(Unmergeable, match="a row cannot be read"):
        Merged(lines(base), lines(ours), lines(theirs))
    kept = Merged(lines(base), lines(ours), lines([row(50), *base]))
    assert kept.data == lines([row(50), *ours])


def test_a_chosen_row_leaves_the_columns_of_all_others() -> None:
    ours = b"id,split,label,by\n1,dev,a,x\n2,train,b,y\n"
    old = b"id,label\r\n1,o\r\n2,p\r\n3,q\r\n"
    for chosen, expected in (
        ("1", b"id,split,label,by\n1,dev,o,x\n2,train,b,y\n"),
        ("3", b"id,split,label,by\n1,dev,a,x\n2,train,b,y\n3,,q,\n"),
    ):
        merged = Merged(
            ours,
            ours,
            old,
            name=b"a.csv",
            key=("id",),
            favour="theirs",
            only=lambda key, wanted=chosen: key == (wanted,),
        )
        assert merged.data == expected


def test_a_chosen_row_brings_its_columns_and_renames_none() -> None:
    rest = b"".join(b"%d,%s\n" % (number, b"label %d" % number) for number in range(2, 20))
    base, expected = b"id,label\n1,a\n" + rest, b"id,label\n1,c\n" + rest
    added = b"".join(b"," + line for line in rest.splitlines(keepends=True))
    for theirs, merged in (
        (
            b"new,id,label\nz,1,c\n" + added.replace(b",", b"y,", 1),
            b"new,id,label\nz,1,c\n" + added,
        ),
        (b"id,intent\n1,c\n" + rest, expected),
        (b"label,id\nc,1\n", expected),
    ):
        found = Merged(
            base, base, theirs, name=b"a.csv", key=("id",), only=lambda key: key == ("1",)
        )
        assert found.data == merged
