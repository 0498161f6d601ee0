"""CSV files whose headers differ."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from three_versions import Merged

from tdv.rowmerge.conflict import Unmergeable

CSV = b"a.csv"


def table(header: str, *rows: str) -> bytes:
    return "".join(f"{line}\n" for line in (header, *rows)).encode()


BASE = table("id,a,b", "1,x,u", "2,y,v", "3,z,w")


@pytest.mark.parametrize("key", [(), ("id",)])
def test_both_add_a_column(key: tuple[str, ...]) -> None:
    ours = table("id,a,b,c", "1,x,u,c1", "2,y2,v,c2", "3,z,w,c3")
    theirs = table("id,d,a,b", "1,d1,x,u", "2,d2,y,v", "3,d3,z,w3", "4,d4,p,q")
    merged = Merged(BASE, ours, theirs, name=CSV, key=key)
    assert merged.data == table(
        "id,d,a,b,c", "1,d1,x,u,c1", "2,d2,y2,v,c2", "3,d3,z,w3,c3", "4,d4,p,q,"
    )
    assert not merged.conflicts


@pytest.mark.parametrize("key", [(), ("id",)])
def test_one_adds_a_column_the_other_rows(key: tuple[str, ...]) -> None:
    wide = table("id,a,b,c", "1,x,u,c1", "2,y,v,c2", "3,z,w,c3")
    rows = table("id,a,b", "1,x,u2", "3,z,w", "4,p,q")
    expected = table("id,a,b,c", "1,x,u2,c1", "3,z,w,c3", "4,p,q,")
    assert Merged(BASE, wide, rows, name=CSV, key=key).data == expected
    assert Merged(BASE, rows, wide, name=CSV, key=key).data == expected


def test_both_add_the_same_column() -> None:
    ours = table("id,a,b,c", "1,x,u,1", "2,y,v,", "3,z,w,3")
    theirs = table("id,a,b,c", "1,x,u,1", "2,y,v,2", "3,z,w,4")
    merged = Merged(BASE, ours, theirs, name=CSV, key=("id",))
    assert merged.data == table("id,a,b,c", "1,x,u,1", "2,y,v,2", "3,z,w,3")
    (conflict,) = merged.conflicts
    assert (conflict.key, conflict.number) == (("3",), 2)
    assert [(each.name, each.ours, each.theirs) for each in conflict.fields] == [("c", "3", "4")]


def test_a_removed_column_goes() -> None:
    ours = table("id,b", "1,u", "2,v", "3,w")
    theirs = table("id,a,b", "1,x,u", "2,y,v2", "3,z,w", "4,p,q")
    expected = table("id,b", "1,u", "2,v2", "3,w", "4,q")
    assert Merged(BASE, ours, theirs, name=CSV, key=("id",)).data == expected
    assert Merged(BASE, theirs, ours, name=CSV, key=("id",)).data == expected


def test_a_removed_column_with_changes_is_for_the_user() -> None:
    ours = table("id,b", "1,u", "2,v", "3,w")
    theirs = table("id,a,b", "1,x,u", "2,y2,v", "3,z,w")
    with pytest.raises(Unmergeable, match="column `a` was changed there and removed here"):
        Merged(BASE, ours, theirs, name=CSV, key=("id",))
    with pytest.raises(Unmergeable, match="column `a` was changed here and removed there"):
        Merged(BASE, theirs, ours, name=CSV, key=("id",))
    assert Merged(BASE, ours, theirs, name=CSV, key=("id",), favour="ours").data == ours
    for favour in ("theirs", "union"):
        kept = Merged(BASE, ours, theirs, name=CSV, key=("id",), favour=favour)
        assert [each["a"] for each in kept.rows] == ["x", "y2", "z"]


def test_renamed_columns_are_followed() -> None:
    rows = [f"{n},text {n},label {n}" for n in range(20)]
    base = table("id,text,label", *rows)
    ours = table("id,content,label", *rows)
    theirs = table("id,text,label", *rows[:5], "5,other text,label 5", *rows[6:], "20,more,new")
    expected = table(
        "id,content,label", *rows[:5], "5,other text,label 5", *rows[6:], "20,more,new"
    )
    assert Merged(base, ours, theirs, name=CSV).data == expected
    assert Merged(base, theirs, ours, name=CSV).data == expected
    again = table("id,body,label", *rows)
    with pytest.raises(Unmergeable, match="`text` was renamed here and there"):
        Merged(base, ours, again, name=CSV)
    assert Merged(base, ours, again, name=CSV, favour="theirs").data == again


def test_one_name_for_two_columns() -> None:
    rows = [f"{n},text {n}" for n in range(20)]
    ours = table("id,content", *rows)
    theirs = table("id,text,content", *(f"{row},x" for row in rows))
    with pytest.raises(Unmergeable, match="two columns would be called `content`"):
        Merged(table("id,text", *rows), ours, theirs, name=CSV)


def test_another_delimiter() -> None:
    ours = BASE.replace(b",", b";").replace(b"x", b'"x,1"')
    theirs = table("id,a,b", "1,x,u", '2,y,"v;1"', "3,z,w")
    merged = Merged(BASE, ours, theirs, name=CSV)
    assert merged.data == b'id;a;b\n1;"x,1";u\n2;y;"v;1"\n3;z;w\n'
    assert Merged(BASE, theirs, ours, name=CSV).data == merged.data


def test_both_added_the_file() -> None:
    ours = table("id,a", "1,x", "2,y")
    theirs = table("id,b", "2,q", "3,r")
    merged = Merged(None, ours, theirs, name=CSV, key=("id",))
    assert merged.data == table("id,b,a", "1,,x", "2,q,y", "3,r,")


def test_quotes_of_untouched_fields_stay() -> None:
    ours = table('id,a,"b",c', '1,"x",u,"1"', "2,y,v,2", "3,z,w,3")
    theirs = table("id,a,b,d", '1,x,u,"p"', "2,y,v,q", "3,z,w,r")
    merged = Merged(table('id,a,"b"', '1,"x",u', "2,y,v", "3,z,w"), ours, theirs, name=CSV)
    assert b'1,"x",u,"p","1"\n' in merged.data


def test_rows_that_do_not_fit_the_header() -> None:
    ours = table("id,a,b,c", "1,x,u,1", "2,y,v,2", "3,z,w,3")
    theirs = table("id,a,b", "1,x,u,9,9", "2,y,v2", "3,z,w")
    with pytest.raises(Unmergeable, match="a row there has more fields than its header"):
        Merged(BASE, ours, theirs, name=CSV)
    short = Merged(BASE, ours, table("id,a,b", "1", "2,y,v", "3,z,w"), name=CSV, key=("id",))
    assert short.rows[0] == {"id": "1", "a": "", "b": "", "c": "1"}


def test_short_rows_on_the_side_with_more_columns() -> None:
    wide = table("id,a,b,c", "1,x,u,c1", "2", "3,z,w,c3")
    narrow = table("id,a,b", "1,x,u2", "2,y,v", "3,z,w")
    for base in (None, BASE):
        for ours, theirs in ((wide, narrow), (narrow, wide)):
            merged = Merged(base, ours, theirs, name=CSV, key=("id",), favour="ours")
            assert [row["id"] for row in merged.rows] == ["1", "2", "3"]
            assert merged.rows[0]["c"] == "c1"


Table = dict[str, dict[str, str]]


@st.composite
def edited(draw: st.DrawFn, base: Table, new_column: str) -> tuple[list[str], Table]:
    """A table with a column more, perhaps, and some cells, rows and columns changed."""
    rows = {key: dict(row) for key, row in base.items()}
    columns = ["id", "a", "b", "c"]
    for key in list(rows):
        what = draw(st.sampled_from(["", "", "", "edit", "remove"]))
        if what == "edit":
            rows[key][draw(st.sampled_from("ab"))] = draw(st.sampled_from(["p", "q", 'r"s']))
        elif what == "remove":
            del rows[key]
    for number in range(draw(st.integers(0, 2))):
        rows[f"{new_column}{number}"] = {"a": "new", "b": "", "c": ""}
    if draw(st.booleans()):
        columns.remove("c")
    if draw(st.booleans()):
        columns.insert(draw(st.integers(1, len(columns))), new_column)
        for key, row in rows.items():
            row[new_column] = f"{new_column} {key}"
    return columns, rows


def written(columns: list[str], rows: Table) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(
        [key, *(row.get(name, "") for name in columns[1:])] for key, row in rows.items()
    )
    return out.getvalue().encode()


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_cells_are_those_of_the_model(data: Any) -> None:
    base = {str(n): {"a": f"a{n}", "b": f"b{n}", "c": f"c{n}"} for n in range(8)}
    (columns_o, ours), (columns_t, theirs) = (
        data.draw(edited(base, "x")),
        data.draw(edited(base, "y")),
    )
    first, *sides = (
        written(*each)
        for each in ((["id", "a", "b", "c"], base), (columns_o, ours), (columns_t, theirs))
    )
    merged = Merged(first, *sides, name=CSV, key=("id",))
    back = Merged(first, *reversed(sides), name=CSV, key=("id",))
    gone = {"c"} - {*columns_o} | {"c"} - {*columns_t}
    names = {*columns_o, *columns_t} - gone
    conflicts = {each.key[0] for each in merged.conflicts}
    assert conflicts == {each.key[0] for each in back.conflicts}
    got, other = ({row["id"]: row for row in each.rows} for each in (merged, back))
    assert {name for row in got.values() for name in row} <= names
    for key in {*base, *ours, *theirs} - conflicts:
        if key in base and not (key in ours and key in theirs):
            assert key not in got
            continue
        old, a, b = base.get(key, {}), ours.get(key, {}), theirs.get(key, {})
        for name in names - {"id"}:
            x, y, z = (each.get(name, "") for each in (old, a, b))
            assert got[key].get(name) == (z if y == x else y)
        assert got[key] == other[key]
