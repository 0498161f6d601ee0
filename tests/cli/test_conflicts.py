"""Whole outputs of `tdv conflicts` and `tdv resolve`."""

from __future__ import annotations

import io
import json
from types import SimpleNamespace

import pytest

from tdv.cli.commands.conflicts import _write_values
from tdv.cli.output import Output

TOML = '[dataset.all]\npaths = ["*.jsonl", "*.csv", "*.json"]\nkey = "id"\n'
BASE = '{"id": 1, "t": "one"}\n{"id": 2, "t": "two"}\n{"id": 3, "t": "three"}\n'


def merged(tdv, theirs, ours, code=1, **base):
    """Merge two versions of some files; `{}` in a version means nothing changed there."""
    tdv.commit("base", **base)
    tdv("switch", "-c", "side")
    tdv.commit("side", **theirs)
    tdv("switch", "main")
    tdv.commit("main", **ours)
    tdv("merge", "side", code=code)


@pytest.fixture
def two(tdv):
    """Conflicts in rows 1 and 2 of one file, and about a file as a whole."""
    merged(
        tdv,
        {"a__jsonl": BASE.replace("one", "eins").replace("two", "zwei"), "b__bin": "theirs\n"},
        {"a__jsonl": BASE.replace("one", "un").replace("two", "deux"), "b__bin": "ours\n"},
        tdv__toml=TOML,
        a__jsonl=BASE,
        b__bin="base\n",
    )
    return tdv


def read(tdv, path="a.jsonl"):
    return (tdv.folder / path).read_text()


def texts(tdv):
    return [json.loads(line)["t"] for line in read(tdv).splitlines()]


def ids(tdv):
    return [line.get("id") for line in tdv("conflicts", "--json").json_lines]


def sides(tdv):
    """The line that says whose values are shown, after `merged`."""
    side = tdv("log", "-1", "--json", "side").json_lines[0]["commit"]
    return f"ours is `main`, theirs is {side[:10]} side\n"


def test_conflicts(two):
    result = two("conflicts")
    assert result.out == (
        f"{sides(two)}"
        "a.jsonl  2 rows in conflict\n"
        "  1  row 0, changed on both sides\n"
        "    t\n"
        '      base:   "one"\n'
        '      ours:   "un"\n'
        '      theirs: "eins"\n'
        "  2  row 1, changed on both sides\n"
        "    t\n"
        '      base:   "two"\n'
        '      ours:   "deux"\n'
        '      theirs: "zwei"\n'
        "b.bin  changed on both sides\n"
    )
    assert result.err == (
        "hint: `tdv resolve KEY --ours|--theirs|--base|--union` decides one, "
        "`tdv resolve PATH …` all of a file.\n"
    )
    assert two("conflicts", "--name-only").out == "a.jsonl\nb.bin\n"
    assert two("conflicts", "b.bin").out == f"{sides(two)}b.bin  changed on both sides\n"
    assert two("conflicts", "tdv.toml").out == ""


def test_conflicts_as_json(two):
    first, second, third = two("conflicts", "--json").json_lines
    assert len(first.pop("id")) == 12
    assert first == {
        "schema": "tdv.conflicts/1",
        "path": "a.jsonl",
        "kind": "row",
        "reason": "changed on both sides",
        "key": [1],
        "row": 0,
        "base": '{"id": 1, "t": "one"}',
        "ours": '{"id": 1, "t": "un"}',
        "theirs": '{"id": 1, "t": "eins"}',
        "fields": [{"field": "t", "base": "one", "ours": "un", "theirs": "eins"}],
    }
    assert second["key"] == [2]
    assert third == {
        "schema": "tdv.conflicts/1",
        "path": "b.bin",
        "kind": "file",
        "reason": "changed on both sides",
        "base": "b.bin",
        "ours": "b.bin",
        "theirs": "b.bin",
    }


def test_no_merge_no_conflicts(tdv):
    tdv.commit("one", a__jsonl=BASE)
    for words in (("conflicts",), ("resolve", "--ours")):
        assert tdv(*words, code=3).err == (
            "error: No merge is in progress.\nhint: `tdv op log` lists what was done.\n"
        )


def test_resolve_one_by_its_key(two):
    result = two("resolve", "2", "--theirs")
    assert result.err == "1 conflict in 1 file resolved; 2 left.\n"
    assert texts(two) == ["un", "zwei", "three"]
    assert two("status", "-s").out == "UU a.jsonl\nUU b.bin\n"
    assert [line["key"] for line in two("conflicts", "a.jsonl", "--json").json_lines] == [[1]]
    again = two("resolve", "2", "--ours", code=3)
    assert again.err == (
        "error: The conflict about `2` is resolved already.\n"
        "hint: `tdv conflicts` lists those that are left.\n"
    )
    assert texts(two) == ["un", "zwei", "three"]


def test_resolve_a_file_then_the_other(two):
    two("resolve", "a.jsonl", "--base")
    assert texts(two) == ["one", "two", "three"]
    assert two("status", "-s").out == "M  a.jsonl\nUU b.bin\n"
    assert "resolved already" in two("resolve", "a.jsonl", "--ours", code=3).err
    assert two("resolve", "--theirs").err == (
        "1 conflict in 1 file resolved; none is left: `tdv merge --continue` finishes the merge.\n"
    )
    assert two("conflicts").err == (
        "No conflict is left: `tdv merge --continue` finishes the merge.\n"
    )
    assert two("resolve", "--ours", code=3).err == (
        "error: All conflicts of the merge are resolved already.\n"
        "hint: `tdv merge --continue` finishes it.\n"
    )
    two("merge", "--continue")
    assert read(two, "b.bin") == "theirs\n"


def test_resolve_by_id(two):
    first, second, _ = ids(two)
    two("resolve", first, second[:6], "--theirs")
    assert texts(two) == ["eins", "zwei", "three"]


def test_resolve_is_undone(two):
    before = read(two)
    two("resolve", "1", "--theirs")
    two("undo")
    assert read(two) == before
    assert len(ids(two)) == 3


def test_resolve_with_a_row(two):
    row = two.write("../row.json", '{\n  "id": 2,\n  "t": "both"\n}\n')
    two("resolve", "2", "--with", str(row))
    assert read(two).splitlines()[1] == '{"id":2,"t":"both"}'
    row.write_text('{"id": 7, "t": "both"}')
    result = two("resolve", "1", "--with", str(row), code=2)
    assert result.err == (
        f"error: {row} has no row with the key `1`; nothing was changed.\n"
        "hint: It has to hold one row for each conflict that is chosen, told by its key.\n"
    )


def test_resolve_with_rows_and_files(two):
    rows = two.write("../rows.jsonl", '{"id": 2, "t": "B"}\n{"id": 1, "t": "A"}\n')
    two("resolve", "a.jsonl", "--with", str(rows))
    assert texts(two) == ["A", "B", "three"]
    two("resolve", "b.bin", "--with", str(two.write("../b", "neither\n")))
    two("commit")
    assert read(two, "b.bin") == "neither\n"
    assert two("resolve", "--with", "/nowhere", code=2).err.startswith("error: /nowhere cannot be")


def test_wrong_words(two):
    needs = "error: `tdv resolve` needs to know how: one of `--ours`"
    assert two("resolve", "1", code=2).err.startswith(needs)
    assert two("resolve", "1", "--ours", "--theirs", code=2).err.startswith(needs)
    assert two("resolve", "77", "--ours", code=3).err == (
        "error: No conflict is about `77`.\nhint: `tdv conflicts` lists all of them.\n"
    )
    assert "No conflict is about `3`." in two("resolve", "3", "--ours", code=3).err
    assert (
        "No conflict is about `tdv.toml`." in two("resolve", "--ours", "--", "tdv.toml", code=3).err
    )
    assert two("resolve", "b.bin", "--union", code=2).err == (
        "error: `b.bin` is in conflict as a whole, and both versions cannot be kept in one file.\n"
        "hint: `--ours`, `--theirs`, `--base` or `--with FILE` decides for one.\n"
    )


def test_a_file_with_changes_that_are_not_staged(two):
    two.write("a.jsonl", read(two).replace("three", "drei"))
    result = two("resolve", "1", "--theirs", code=4)
    assert result.err == (
        "error: Unsaved work in `a.jsonl` would be overwritten; nothing was changed.\n"
        "hint: `tdv add PATH` stages what was edited; resolve then what is left.\n"
    )
    two("add", "a.jsonl")
    two("resolve", "1", "--theirs")
    assert texts(two) == ["eins", "deux", "drei"]


def test_rows_moved_and_inserted_since(two):
    one, middle, three = read(two).splitlines(keepends=True)
    new = '{"id": 9, "t": "nine"}\n'
    two.write("a.jsonl", three + new + new.replace("9", "10") + middle + one)
    assert "conflict" not in two("add", "a.jsonl").err.splitlines()[0]
    assert len(ids(two)) == 3
    two("resolve", "1", "2", "--theirs")
    assert texts(two) == ["three", "nine", "nine", "zwei", "eins"]


def test_a_key_at_two_places(tdv):
    merged(
        tdv,
        {"a__jsonl": BASE.replace("one", "eins"), "b__jsonl": BASE.replace("one", "eins")},
        {"a__jsonl": BASE.replace("one", "un"), "b__jsonl": BASE.replace("one", "un")},
        tdv__toml=TOML,
        a__jsonl=BASE,
        b__jsonl=BASE,
    )
    first, second = ids(tdv)
    assert first == second
    result = tdv("resolve", "1", "--ours", code=2)
    assert result.err == (
        f"error: `1` is in conflict at 2 places: a.jsonl row 0 (id {first}), b.jsonl row 0 "
        f"(id {second}).\n"
        "hint: Name the file as well, or give the id in place of the key.\n"
    )
    tdv("resolve", "1", "b.jsonl", "--theirs")
    assert '"eins"' in read(tdv, "b.jsonl")
    tdv("resolve", "--key", "1", "--ours")
    tdv("commit")


def test_a_word_that_is_a_key_and_a_path(tdv):
    base = '{"id": "a.jsonl", "t": "x"}\n{"id": 2, "t": "two"}\n'
    merged(
        tdv,
        {"a__jsonl": base.replace('"x"', '"y"')},
        {"a__jsonl": base.replace('"x"', '"z"')},
        tdv__toml=TOML,
        a__jsonl=base,
    )
    result = tdv("resolve", "a.jsonl", "--ours", code=2)
    assert "`a.jsonl` is both a path and the key of a conflict." in result.err
    tdv("resolve", "--key", "a.jsonl", "--theirs")
    assert '"y"' in read(tdv)


def test_rows_without_a_key(tdv):
    text = "".join(f"line {number} of a text that is long enough\n" for number in range(12))
    merged(
        tdv,
        {"a__txt": text.replace("line 4", "line four")},
        {"a__txt": text.replace("line 4", "line IV")},
        a__txt=text,
    )
    (name,) = ids(tdv)
    assert tdv("conflicts").out == (
        f"{sides(tdv)}"
        "a.txt  1 row in conflict\n"
        f"  {name}  row 4, changed on both sides\n"
        "      base:   line 4 of a text that is long enough\n"
        "      ours:   line IV of a text that is long enough\n"
        "      theirs: line four of a text that is long enough\n"
    )
    tdv.write("a.txt", "a new first line\n" + read(tdv, "a.txt"))
    tdv("add", "a.txt")
    tdv("resolve", name, "--union")
    lines = read(tdv, "a.txt").splitlines()
    assert [line.split(" of")[0] for line in lines[4:8]] == [
        "line 3",
        "line IV",
        "line four",
        "line 5",
    ]


@pytest.mark.parametrize("choice", ["ours", "theirs", "base", "union"])
def test_a_row_removed_here_and_changed_there(tdv, choice):
    one, middle, three = BASE.splitlines(keepends=True)
    theirs = middle.replace("two", "zwei")
    merged(
        tdv,
        {"a__jsonl": one + theirs + three},
        {"a__jsonl": one + three},
        tdv__toml=TOML,
        a__jsonl=BASE,
    )
    assert "row 1, removed here, changed there" in tdv("conflicts").out
    tdv.write("a.jsonl", one + three.replace("three", "drei"))
    assert "conflict resolved" not in tdv("add", "a.jsonl").err
    tdv("resolve", "2", f"--{choice}")
    middle_now = {"ours": "", "theirs": theirs, "base": middle, "union": theirs}[choice]
    assert read(tdv) == one + middle_now + three.replace("three", "drei")
    tdv("commit")


def test_bringing_the_removed_row_back_resolves_its_conflict(tdv):
    one, middle, three = BASE.splitlines(keepends=True)
    merged(
        tdv,
        {"a__jsonl": one + middle.replace("two", "zwei") + three},
        {"a__jsonl": one + three},
        tdv__toml=TOML,
        a__jsonl=BASE,
    )
    tdv.write("a.jsonl", one + middle.replace("two", "mine") + three)
    assert tdv("add", "a.jsonl").err == "Staged: 1 changed.\n1 conflict resolved; none is left.\n"
    tdv("commit")


def test_keys_of_several_fields(tdv):
    base = '{"lang": "en", "n": 7, "t": "x"}\n{"lang": "a,b", "n": 7, "t": "x"}\n'
    merged(
        tdv,
        {"a__jsonl": base.replace('"x"', '"y"')},
        {"a__jsonl": base.replace('"x"', '"z"')},
        tdv__toml=TOML.replace('"id"', '["lang", "n"]'),
        a__jsonl=base,
    )
    names = [line.split("  ")[1] for line in tdv("conflicts").out.splitlines() if " row " in line]
    assert names == ["en,7", '["a,b",7]']
    tdv("resolve", "en,7", "--theirs")
    tdv("resolve", '["a,b",7]', "--ours")
    assert [json.loads(line)["t"] for line in read(tdv).splitlines()] == ["y", "z"]


def test_links_in_conflict(tdv):
    def link(target):
        path = tdv.folder / "l"
        path.unlink(missing_ok=True)
        path.symlink_to(target)

    link("base")
    tdv.commit("base")
    tdv("switch", "-c", "side")
    link("theirs")
    tdv.commit("side")
    tdv("switch", "main")
    link("ours")
    tdv.commit("main")
    tdv("merge", "side", code=1)
    assert (tdv.folder / "l").readlink().name == "ours"
    tdv("resolve", "l", "--theirs")
    assert (tdv.folder / "l").readlink().name == "theirs"
    tdv("commit")
    assert tdv("status", "-s").out == ""


def test_a_row_in_many_forms(tdv):
    """CSV and a JSON array keep the bytes of all that is not decided."""
    table = "id,t,n\r\n1,one,1.00\r\n2,two,2.50\r\n"
    array = '[\n  {"id": 1, "t": "one"},\n  {"id": 2, "t": "two"}\n]\n'
    merged(
        tdv,
        {"c__csv": table.replace("two", "zwei"), "d__json": array.replace("two", "zwei")},
        {"c__csv": table.replace("two", "deux"), "d__json": array.replace("two", "deux")},
        tdv__toml=TOML,
        c__csv=table,
        d__json=array,
    )
    tdv("resolve", "2", "c.csv", "--theirs")
    row = tdv.write("../row.csv", 't,id,n\n"a, b",2,3.0\n')
    tdv("resolve", "2", "--with", str(row))
    assert (tdv.folder / "c.csv").read_bytes() == table.replace("two", "zwei").encode()
    assert read(tdv, "d.json") == array.replace(
        '{"id": 2, "t": "two"}', '{"t":"a, b","id":"2","n":"3.0"}'
    )


def test_a_row_for_a_table(tdv):
    table = "id,t,n\n1,one,1.00\n2,two,2.50\n"
    merged(
        tdv,
        {"c__csv": table.replace("two", "zwei")},
        {"c__csv": table.replace("two", "deux")},
        tdv__toml=TOML,
        c__csv=table,
    )
    row = tdv.write("../row.json", '{"id": 2, "t": "a \\"b\\", c", "x": 1}')
    assert "field 'x' that the header" in tdv("resolve", "2", "--with", str(row), code=2).err
    row.write_text('{"id": 2, "t": "a \\"b\\", c", "n": null}')
    tdv("resolve", "2", "--with", str(row))
    assert read(tdv, "c.csv") == 'id,t,n\n1,one,1.00\n2,"a ""b"", c",\n'


def test_rows_of_a_parquet_file(tdv):
    import pyarrow as pa
    import pyarrow.parquet as pq

    def table(two):
        path = tdv.folder.parent / "t.parquet"
        pq.write_table(pa.table({"id": [1, 2], "t": ["one", two]}), path)
        return path.read_bytes()

    described = TOML.replace('"*.csv"', '"*.parquet"')
    merged(
        tdv,
        {"a__parquet": table("zwei")},
        {"a__parquet": table("deux")},
        tdv__toml=described,
        a__parquet=table("two"),
    )
    (record,) = tdv("conflicts", "--json").json_lines
    assert (record["key"], record["ours"]) == ([2], '{"id":2,"t":"deux"}')
    assert record["fields"] == [{"field": "t", "base": "two", "ours": "deux", "theirs": "zwei"}]
    tdv("resolve", "2", "--theirs")
    assert pq.read_table(tdv.folder / "a.parquet").to_pylist()[1] == {"id": 2, "t": "zwei"}
    tdv("undo")
    row = tdv.write("../row.json", '{"id": 2, "t": "both"}')
    tdv("resolve", "2", "--with", str(row))
    assert pq.read_table(tdv.folder / "a.parquet").to_pylist()[1] == {"id": 2, "t": "both"}
    tdv("commit")


def test_rows_that_do_not_fit_a_parquet_file(tdv):
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = tdv.folder / "a.parquet"

    def table(two):
        pq.write_table(pa.table({"id": [1, 2], "t": ["one", two], "u": ["", ""]}), path)
        return path.read_bytes()

    described = TOML.replace('"*.csv"', '"*.parquet"')
    merged(
        tdv,
        {"a__parquet": table("zwei")},
        {"a__parquet": table("deux")},
        tdv__toml=described,
        a__parquet=table("two"),
    )
    row = tdv.write("../row.json", '{"t": "both", "id": 2}')
    tdv("resolve", "2", "--with", str(row))
    assert pq.read_table(path).to_pylist()[1] == {"id": 2, "t": "both", "u": None}
    tdv("undo")
    for wrong, why in (
        ('"t": 5', "rows with a column `t` of the type string cannot be written"),
        ('"x": 5', "the file has no column `x`"),
    ):
        row.write_text(f'{{{wrong}, "id": 2}}')
        assert tdv("resolve", "2", "--with", str(row), code=2).err == (
            f"error: Rows cannot be written into `a.parquet`: {why}; nothing was changed.\n"
            "hint: Edit the rows in conflict and `tdv add` the file.\n"
        )


def test_another_format_since_the_merge(tdv):
    table = "id,t\n1,one\n2,two\n3,three\n"
    merged(
        tdv,
        {"c__csv": table.replace("two", "zwei")},
        {"c__csv": table.replace("2,two\n", "")},
        tdv__toml=TOML,
        c__csv=table,
    )
    (tdv.folder / "c.csv").unlink()
    (tdv.folder / "c.csv").symlink_to("elsewhere")
    assert "1 conflict resolved; none is left" in tdv("add", "c.csv").err
    tdv("commit")


def test_a_file_that_would_take_a_folders_place(tdv):
    tdv.commit("base", x__txt="base\n")
    tdv("switch", "-c", "side")
    tdv.commit("side", x__txt="theirs\n")
    tdv("switch", "main")
    tdv("rm", "x.txt")
    tdv.write("x.txt/y", "a folder now\n")
    tdv("add", "x.txt/y")
    tdv("commit", "-m", "main")
    tdv("merge", "side", code=1)
    result = tdv("resolve", "x.txt", "--theirs", code=4)
    assert result.err.startswith("error: One side has the file `x.txt`, the other `x.txt/y`")
    assert read(tdv, "x.txt/y") == "a folder now\n"
    tdv("resolve", "x.txt", "--ours")
    tdv("commit")


def test_another_header_since_the_merge(tdv):
    table = "id,t\n1,one\n2,two\n"
    merged(
        tdv,
        {"c__csv": table.replace("two", "zwei")},
        {"c__csv": table.replace("two", "deux")},
        tdv__toml=TOML,
        c__csv=table,
    )
    tdv.write("c.csv", "t,id\none,1\ndeux,2\n")
    tdv("add", "c.csv")
    result = tdv("resolve", "2", "--theirs", code=4)
    assert result.err == (
        "error: The header of `c.csv` was changed since the merge, so that its rows are other "
        "ones; nothing was changed.\n"
        "hint: Edit the rows in conflict and `tdv add` the file.\n"
    )
    tdv.write("c.csv", "t,id\none,1\nboth,2\n")
    assert "none is left" in tdv("add", "c.csv").err
    tdv("commit")


def test_a_description_that_is_wrong_stops_no_merge_that_needs_none(tdv):
    tdv.commit("base", tdv__toml="not toml at all [", a__jsonl=BASE, b__bin="b\n")
    tdv("switch", "-c", "side")
    tdv.commit("side", b__bin="theirs\n")
    tdv("switch", "main")
    tdv.commit("main", c__txt="c\n")
    tdv("merge", "side")
    assert read(tdv, "b.bin") == "theirs\n"
    tdv("switch", "-c", "other", "HEAD~1")
    tdv.commit("other", a__jsonl=BASE.replace("one", "eins"))
    tdv("switch", "main")
    tdv.commit("more", a__jsonl=BASE.replace("two", "zwei"))
    assert tdv("merge", "other", code=2).err.startswith("error: tdv.toml is not valid TOML")
    assert tdv("status", "-s").out == ""
    tdv("merge", "--key", "id", "other")
    assert texts(tdv) == ["eins", "zwei", "three"]


def test_a_row_that_is_not_here(tdv):
    one, two, three = BASE.splitlines(keepends=True)
    merged(tdv, {"a__jsonl": BASE.replace("two", "zwei")}, {"a__jsonl": one + three},
           tdv__toml=TOML, a__jsonl=BASE)  # fmt: skip
    assert tdv("conflicts").out == (
        f"{sides(tdv)}"
        "a.jsonl  1 row in conflict\n"
        "  2  would be row 1, removed here, changed there\n"
        f"      base:   {two}"
        "      ours:   (no row)\n"
        f"      theirs: {two.replace('two', 'zwei')}"
    )


def test_sides_of_a_revert(tdv):
    tdv.commit("base", tdv__toml=TOML, a__jsonl=BASE)
    oid = tdv.commit("edit", a__jsonl=BASE.replace("one", "eins"))
    tdv.commit("again", a__jsonl=BASE.replace("one", "un"))
    tdv("revert", oid, code=1)
    first = tdv("conflicts").out.splitlines()[0]
    assert first == f"ours is `main`, theirs is the data before {oid[:10]} edit"


def test_conflicts_for_want_of_a_key(tdv):
    merged(
        tdv,
        {"a__jsonl": BASE.replace("two", "zwei")},
        {"a__jsonl": BASE.replace("two", "deux")},
        a__jsonl=BASE,
    )
    tdv("merge", "--abort")
    why = "hint: `a.jsonl` has no key, so its rows were matched by place and likeness. "
    how = "`--on FIELD`, or a key in tdv.toml, tells them apart"
    result = tdv("merge", "side", code=1)
    assert result.err.endswith(f"{why}{how} (after `tdv merge --abort`).\n")
    tdv("merge", "--abort")
    assert tdv("merge", "--dry-run", "side", code=1).err.endswith(f"{why}{how}.\n")
    assert "has no key" not in tdv("merge", "--on", "id", "side", code=1).err


def test_long_values_on_a_terminal_show_what_differs():
    stdout = io.BytesIO()
    out = Output(stdout, io.BytesIO(), width=60)
    out.terminal = True
    same = "the same beginning " * 20
    _write_values(SimpleNamespace(out=out), [f"{same}one", f"{same}two and more", "(no field)"])
    _write_values(SimpleNamespace(out=out), ["(no row)", f"{same}one", "(no row)"])
    out.flush()
    assert stdout.getvalue().decode() == (
        "      base:   …same beginning one\n"
        "      ours:   …same beginning two and more\n"
        "      theirs: (no field)\n"
        "      base:   (no row)\n"
        "      ours:   the same beginning the same beginning the sam…\n"
        "      theirs: (no row)\n"
    )


STAYS = (
    "hint: A conflict stays while its row, or file, is as the merge left it: edit that, or decide "
    "with `tdv resolve KEY|PATH --ours`.\n"
)


def test_adding_a_file_as_it_is_resolves_nothing_and_says_so(two):
    for path in ("a.jsonl", "b.bin"):
        assert two("add", path).err == f"Nothing to stage: all of it is in the stage.\n{STAYS}"
    assert two("add", "tdv.toml").err == "Nothing to stage: all of it is in the stage.\n"
    assert len(two("conflicts", "--json").json_lines) == 3


def test_adding_a_file_that_came_from_a_side(two):
    two("checkout", "side", "--", "a.jsonl", "b.bin")
    assert len(two("conflicts", "--json").json_lines) == 3
    assert two("add", "a.jsonl").err == (
        f"Nothing to stage: all of it is in the stage.\n2 conflicts resolved; 1 left.\n{STAYS}"
    )
    assert two("add", ".").err == (
        "Nothing to stage: all of it is in the stage.\n1 conflict resolved; none is left.\n"
    )
    two("merge", "--continue")
    assert (texts(two), read(two, "b.bin")) == (["eins", "zwei", "three"], "theirs\n")
    two("undo", "2")
    assert len(two("conflicts", "--json").json_lines) == 1
