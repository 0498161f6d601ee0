from __future__ import annotations

import json

import pytest

FIRST = (
    '{"id": 1, "text": "good morning", "label": "greet"}\n'
    '{"id": 2, "text": "bye", "label": "bye"}\n'
)
LONG = "please turn on the light in the kitchen and close the door behind you"


@pytest.fixture
def data(tdv):
    tdv.commit("first", a__jsonl=FIRST)
    return tdv


def test_nothing_differs(data):
    assert data("diff").out == ""
    assert data("diff", "--exit-code").code == 0


def test_a_changed_an_added_and_a_removed_row(data):
    data.write("a.jsonl", FIRST.replace('"bye"}', '"farewell"}') + '{"id": 3, "text": "ok"}\n')
    result = data("diff")
    assert result.out == (
        "M a.jsonl\n"
        "  ~ row 1\n"
        '      label: "bye" → "farewell"\n'
        '  + row 2  {"id":3,"text":"ok"}\n'
        "  +1 ~1 rows\n"
    )
    assert result.err == ""
    back = data("diff", "--exit-code", "HEAD", code=1)
    assert back.out == result.out


def test_stat(data):
    data.write("a.jsonl", FIRST.split("\n")[0] + "\n")
    data.write("b.bin", b"\0\1")
    data("add", "b.bin")
    assert data("diff", "--stat", "HEAD").out == (
        "M  a.jsonl  -1 row\n"
        "A  b.bin  application/octet-stream, added, 2 B\n"
        "2 files; rows: 0 added, 1 removed, 0 changed\n"
    )


def test_the_totals_of_stat_leave_out_what_is_not_there(data):
    data.write("b.bin", b"\0\1")
    data("add", "b.bin")
    assert data("diff", "--stat", "HEAD").out.endswith("added, 2 B\n1 file\n")
    data("commit", "-m", "blob")
    data("mv", "a.jsonl", "c.jsonl")
    assert data("diff", "--stat", "HEAD").out.endswith("same content\n1 file\n")
    first, second, _ = FIRST.split("\n")
    data.write("c.jsonl", f"{second}\n{first}\n")
    assert data("diff", "--stat").out.endswith(
        "\n1 file; rows: 0 added, 0 removed, 0 changed, 1 moved\n"
    )
    assert "c.jsonl  1 row moved\n" in data("status").out


def test_from_where_the_other_branch_left(data):
    data("switch", "-c", "side")
    side = data.commit("side", a__jsonl=FIRST + '{"id": 3}\n')
    data("switch", "main")
    data.commit("main", a__jsonl=FIRST + '{"id": 4}\n')
    told = data("diff", "main...side").out
    assert told == data("diff", f"{side}~1", side).out == data("diff", "...side").out
    assert data("diff", "nope...side", code=3).err.startswith(
        "error: There is no branch, tag or commit `nope`.\n"
    )


def test_a_key_that_is_not_there_is_said(data):
    data.write("a.jsonl", FIRST.replace('"bye"}', '"farewell"}'))
    result = data("diff", "--key", "id", "--key", "nope", "--stat")
    assert result.out.startswith("M  a.jsonl  ~1 row\n")
    assert result.err == (
        "warning: a.jsonl: the first row has no `nope`; rows without it are matched by place and "
        "similarity.\n"
    )
    assert data("diff", "--key", "id").err == ""


def test_the_stage_stands_between(data):
    data.write("a.jsonl", FIRST.replace("good", "fine"))
    data("add", ".")
    data.write("a.jsonl", FIRST)
    assert data("diff", "--name-only").out == "a.jsonl\n"
    assert data("diff", "--staged", "--name-status").out == "M\ta.jsonl\n"
    assert data("diff", "HEAD").out == ""


def test_words_of_a_long_text(data):
    data.commit("long", a__jsonl=json.dumps({"text": LONG}) + "\n")
    data.write("a.jsonl", json.dumps({"text": LONG.replace("kitchen", "bath room")}) + "\n")
    assert data("diff").out == (
        "M a.jsonl\n"
        "  ~ row 0\n"
        "      text: …ease turn on the light in the [-kitchen-]{+bath room+} and close the "
        "door behind you\n"
        "  ~1 row\n"
    )
    colored = data("diff", "--color").out
    assert "\x1b[31;4mkitchen\x1b[0m" in colored


def test_two_revisions_paths_and_ranges(data):
    data.commit("second", a__jsonl=FIRST.replace("good", "fine"), b__txt="one\n")
    assert data("diff", "--name-only", "HEAD~", "HEAD").out == "a.jsonl\nb.txt\n"
    assert data("diff", "--name-only", "HEAD~..HEAD", "--", "b.txt").out == "b.txt\n"
    assert data("diff", "--name-status", "HEAD", "HEAD~").out == "M\ta.jsonl\nD\tb.txt\n"
    assert data("diff", "--name-only", "-z", "HEAD~", "HEAD").data == b"a.jsonl\0b.txt\0"


def test_a_file_that_is_new_shows_its_first_rows(data):
    data.commit("second", b__txt="".join(f"line {n}\n" for n in range(12)))
    lines = data("diff", "HEAD~", "HEAD").out.splitlines()
    assert lines[:2] == ["A b.txt", '  + row 0  {"text":"line 0"}']
    assert lines[-2:] == ["  … and 2 more rows", "  +12 rows"]


def test_renames_modes_and_links(data):
    (data.folder / "a.jsonl").rename(data.folder / "c.jsonl")
    script = data.write("run.sh", "x\n")
    data("add", "-A")
    assert data("diff", "--staged", "--name-status").out == "R\ta.jsonl\tc.jsonl\nA\trun.sh\n"
    data("commit", "-m", "moved")
    script.chmod(0o755)
    assert data("diff").out == "M run.sh\n  mode: file → executable\n"


def test_json_lines(data):
    data.write("a.jsonl", '{"id": 1, "text": "good morning", "label": null}\n')
    file, changed, removed, counts = data("diff", "--json").json_lines
    assert file["schema"] == "tdv.diff/1"
    assert (file["type"], file["kind"], file["path"]) == ("file", "modified", "a.jsonl")
    assert changed["fields"] == [{"path": "label", "before": "greet", "after": None}]
    assert (changed["old_row"], changed["new_row"], changed["kind"]) == (0, 0, "changed")
    assert (removed["kind"], removed["old"]["id"], removed["new_row"]) == ("removed", 2, None)
    assert (counts["type"], counts["removed"], counts["changed"]) == ("rows", 1, 1)
    [stat] = data("diff", "--json", "--stat").json_lines
    assert stat["rows"]["changed"] == 1


def test_a_key_from_the_command_line_and_from_tdv_toml(data):
    data.write(
        "a.jsonl", '{"id": 2, "text": "x y z", "label": "q"}\n' + FIRST.split("\n")[0] + "\n"
    )
    assert data("diff", "--stat").out.startswith("M  a.jsonl  +1 -1 rows")
    keyed = data("diff", "--key", "id")
    assert "~ row 0 (was 1)  2\n" in keyed.out
    data.write("tdv.toml", '[dataset.a]\npaths = ["*.jsonl"]\nkey = "id"\n')
    assert data("diff", "a.jsonl").out == keyed.out


def test_reordered_and_formatted_files(data):
    first, second, _ = FIRST.split("\n")
    data.write("a.jsonl", f"{second}\n{first}\n")
    assert data("diff", "--stat").out.startswith("M  a.jsonl  1 row moved\n")
    data.write("a.jsonl", FIRST.replace(": ", ":"))
    assert data("diff", "--stat").out.startswith("M  a.jsonl  formatting only (2 rows)\n")
    data.write("a.jsonl", FIRST.replace("\n", "\r\n"))
    assert data("diff", "--stat").out.startswith("M  a.jsonl  formatting only: the same rows")


def test_a_renamed_column(tdv):
    tdv.commit("first", t__csv="id,name\n" + "".join(f"{n},n{n}\n" for n in range(20)))
    rows = "".join(f"{n},n{n},{n % 3}\n" for n in range(20)).replace("n7,1", "n77,1")
    tdv.write("t.csv", "id,person,age\n" + rows)
    assert tdv("diff").out == (
        "M t.csv\n"
        "  ~ field name → person\n"
        "  + field age\n"
        "  ~ row 7\n"
        '      person: "n7" → "n77"\n'
        "  ~1 row\n"
    )
    assert tdv("diff", "--stat").out.startswith(
        "M  t.csv  1 field added, 1 field renamed, ~1 row\n"
    )


def test_schema(data):
    data.write("a.jsonl", '{"id": "1", "text": "good morning", "meta": {"x": 1}}\n')
    assert data("diff", "--schema").out == (
        "a.jsonl\n  + meta\n  - label\n  ! id: integer → string\n"
    )
    [record] = data("diff", "--schema", "--json").json_lines
    assert record["fields"]["breaking"] is True


def test_an_undecodable_row_is_named_with_its_line(data):
    data.write("a.jsonl", FIRST + "\n{broken \x1b[31m\n")
    out = data("diff").out
    assert "  + row 2  [not decodable on line 4] {broken" in out


def test_wrong_words(data):
    assert "neither" in data("diff", "nosuch", code=3).err
    assert data("diff", "--stat", "--schema", code=2).err.startswith("error: ")
    assert "not 3" in data("diff", "HEAD", "HEAD", "HEAD", "--", "a.jsonl", code=2).err
