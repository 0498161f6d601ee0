"""Whole outputs of `tdv stats` and `tdv diff --stats`."""

from __future__ import annotations

import io
import json
import sys

import pytest

ROWS = [
    {"id": 1, "text": "One two", "label": "a", "score": 0.5},
    {"id": 2, "text": "one  TWO", "label": "b", "score": 0.25},
    {"id": 3, "text": "three", "label": "a", "score": None, "tags": ["x", "y"]},
]


def lines(rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


DATA = lines(ROWS) + "{broken\n"
TOML = '[dataset.notes]\npaths = ["*.jsonl"]\nkey = "id"\n'


@pytest.fixture
def notes(tdv):
    tdv.commit("first", a__jsonl=DATA, tdv__toml=TOML)
    return tdv


WHOLE = """\
notes (generic)
4 rows in 1 file, 200 B, 1 row not decodable

                  rows   mean      sd   min      p5    p50     p95  max
text, characters     3  6.667   1.247     5     5.2      7     7.9    8
text, words          3  1.667  0.4714     1     1.1      2       2    2
score                2  0.375   0.125  0.25  0.2625  0.375  0.4875  0.5

vocabulary: 3 words
duplicates: 0 rows repeat a record, 1 repeats a text (33.3 %)

label: 2 values in 3 rows
  a  2  66.7 %
  b  1  33.3 %

field  rows  missing  null  types
id        3        0     0  integer
label     3        0     0  string
score     3        0     1  number (2), null (1)
text      3        0     0  string
tags      1        2     0  array
"""


WHOLE_1 = WHOLE.replace("  b  1  33.3 %\n", "  … and 1 more value\n")


def test_the_working_copy(notes):
    assert notes("stats").out == WHOLE


def test_a_revision_and_the_stage_say_the_same(notes):
    notes.write("a.jsonl", "")
    assert notes("stats", "HEAD").out == WHOLE
    assert notes("stats", "--staged").out == WHOLE
    assert notes("stats", "HEAD:a.jsonl").out == WHOLE
    assert notes("stats").out.splitlines()[1] == "0 rows in 1 file, 0 B"


def test_a_file_without_a_repository_has_the_generic_profile_and_says_so(outside):
    outside.write("a.jsonl", DATA)
    result = outside("stats", "a.jsonl")
    assert result.out == WHOLE.removeprefix("notes (generic)\n")
    assert "a.jsonl belongs to no dataset" in result.err
    assert "`generic`" in result.err


def test_standard_input(outside, monkeypatch):
    stdin = io.TextIOWrapper(io.BytesIO(b"text,label\nhi,a\n"))
    monkeypatch.setattr(sys, "stdin", stdin)
    out = outside("stats", "-", "--format", "csv").out
    assert out.startswith("1 row in 1 file, 16 B\n")
    assert "label: 1 value in 1 row\n  a  1  100.0 %\n" in out


def test_numbers_of_a_csv_file_are_those_of_fields_that_are_numbers(outside):
    outside.write("a.csv", "text,score,n\nhi,0.5,2\nho,,x\n")
    (dataset,) = outside("stats", "a.csv", "--num", "n", "--json").json["datasets"]
    told = dataset["statistics"]
    assert {name: each["rows"] for name, each in told["numbers"].items()} == {"score": 1, "n": 1}
    assert told["fields"]["n"]["types"] == {"integer": 1, "string": 1}


def test_again_and_without_a_cache_it_is_the_same(notes):
    assert notes("stats").out == notes("stats", "--no-cache", "-j", "1").out == WHOLE


def test_figures_are_the_same_cold_or_warm_and_by_any_number_of_workers(tdv):
    rows = [
        {"id": n, "text": f"some words {n % 700} and a {n * 7919 % 1009}", "label": "abc"[n % 3]}
        for n in range(9000)
    ]
    tdv.commit("one", a__jsonl=lines(rows))
    words = ("stats", "--json", "--by", "label", "--plot")
    assert tdv(*words).data == tdv(*words, "--no-cache", "-j", "2").data
    del rows[4000:4003]
    rows[10]["text"] = "an edited text"
    tdv.write("a.jsonl", lines([*rows, rows[0]]))
    warm = tdv(*words)
    assert warm.data == tdv(*words, "--no-cache").data
    (dataset,) = warm.json["datasets"]
    assert dataset["statistics"]["duplicates"]["records"] == 1


def test_groups(notes):
    assert notes("stats", "--by", "label", "--top", "1").out.removeprefix(WHOLE_1) == (
        """
                               a  (other label)  (no label)
rows                           2              1           1
share                     50.0 %         25.0 %      25.0 %
not decodable                  0              0           1
text, characters: mean         6              8           -
text, characters: median       6              8           -
text, characters: p95        6.9              8           -
text, characters: max          7              8           -
text, words: mean            1.5              2           -
text, words: median          1.5              2           -
text, words: p95            1.95              2           -
text, words: max               2              2           -
repeated texts                 0              1           0
score: mean                  0.5           0.25           -
score: median                0.5           0.25           -
score: p95                   0.5           0.25           -
score: max                   0.5           0.25           -
score: null                    1              0           -
tags: missing                  1              -           -
"""
    )


def test_groups_of_a_list_count_each_item(notes):
    (dataset,) = notes("stats", "--by", "tags", "--json").json["datasets"]
    by = dataset["by"]
    assert (by["field"], by["different"], by["others"]) == ("tags", 2, None)
    assert [(each["value"], each["statistics"]["counts"]["rows"]) for each in by["groups"]] == [
        ("x", 1),
        ("y", 1),
    ]
    assert by["none"]["counts"] == {"rows": 3, "undecodable": 1}


def test_groups_by_file_where_the_files_are_the_splits(outside):
    outside.write("d/train.jsonl", lines(ROWS))
    outside.write("d/test.jsonl", lines(ROWS[:1]))
    (dataset,) = outside("stats", "d", "--by", "split", "--json").json["datasets"]
    assert dataset["statistics"]["splits"]["split"]["values"] == {"train": 3, "test": 1}
    train, test = (each["statistics"] for each in dataset["by"]["groups"])
    assert (train["counts"]["rows"], test["counts"]["rows"]) == (3, 1)
    # test.jsonl comes first, so the row of train.jsonl is the one that repeats.
    assert (train["duplicates"]["records"], test["duplicates"]["records"]) == (1, 0)


def test_json(notes):
    oid = notes("debug", "rev-parse", "HEAD").out.strip()
    document = notes("stats", "HEAD", "--json").json
    figures = {
        "rows": 2, "mean": 0.375, "sd": 0.125, "min": 0.25, "p5": 0.2625, "p50": 0.375,
        "p95": 0.4875, "max": 0.5, "approximate": False,
    }  # fmt: skip
    (dataset,) = document.pop("datasets")
    assert document == {
        "schema": "tdv.stats/1",
        "revision": oid,
        "from": "HEAD",
        "skipped": {},
        "notes": [],
    }
    told = dataset.pop("statistics")
    assert dataset == {"dataset": "notes", "profile": "generic", "files": ["a.jsonl"]}
    assert told["counts"] == {"rows": 4, "undecodable": 1, "bytes": 200, "files": 1}
    assert told["numbers"] == {"score": figures}
    assert told["duplicates"] == {
        "records": 0, "record_ratio": 0, "texts": 1, "text_ratio": 0.333333,
    }  # fmt: skip
    assert told["labels"] == {"label": {"rows": 3, "different": 2, "values": {"a": 2, "b": 1}}}
    assert told["fields"]["tags"] == {
        "rows": 1, "missing": 2, "null": 0, "types": {"array": 1},
    }  # fmt: skip


def test_histograms_are_in_the_json_of_a_plot(notes):
    (dataset,) = notes("stats", "--plot", "--json").json["datasets"]
    bars = dataset["statistics"]["numbers"]["score"]["histogram"]
    assert bars == [{"from": 0.25, "to": 0.25, "rows": 1}, {"from": 0.5, "to": 0.5, "rows": 1}]


def test_output_to_a_file(notes):
    result = notes("stats", "-o", "out.txt")
    assert (result.out, result.err) == ("", "Wrote out.txt.\n")
    assert (notes.folder / "out.txt").read_text() == WHOLE
    notes("stats", "-o", "out.json")
    assert json.loads((notes.folder / "out.json").read_text())["schema"] == "tdv.stats/1"


def test_a_file_that_cannot_be_written_is_refused_before_anything_is_read(notes):
    assert notes("stats", "-o", "a.jsonl/x.json", code=2).out == ""


def test_a_field_that_no_row_has(notes):
    result = notes("stats", "--by", "labl", code=2)
    assert result.err == "error: No row has a field `labl`.\nhint: Did you mean `label`?\n"
    assert notes("stats", "--num", "nothing", code=2).err.endswith(
        "hint: The fields are id, label, score, tags, text.\n"
    )


def test_what_has_no_rows_is_left_out(tdv):
    tdv.commit("one", a__bin=b"\0\1\2", b__jsonl=lines(ROWS[:1]))
    result = tdv("stats", "-v")
    assert "a.bin is left out: it is kept as bytes and has no rows.\n" in result.err
    assert tdv("stats", "a.bin").err.startswith("warning: There are no rows in the working copy.")


def test_rows_without_tokens(notes):
    result = notes("stats", "--tokens")
    assert result.out == "notes (generic)\n"
    assert result.err == "warning: No row names a model or how many tokens it used.\n"


def test_wrong_options(notes):
    assert notes("stats", "--by", "label", "--tokens", code=2).err.startswith("error: `--by` and")
    assert notes("stats", "--top", "0", code=2).err == "error: `--top 0` lists nothing.\n"
    assert notes("stats", "nowhere.jsonl", code=None).code in (2, 3)


def test_values_cannot_reach_the_terminal_raw(outside, monkeypatch):
    outside.write("a.jsonl", lines([{"text": "x", "label": "\x1b[2Jred", "\x07field": 1}]))
    monkeypatch.setattr("tdv.cli.output._is_terminal", lambda stream: True)
    for words in (("--by", "label"), ("--plot",), ()):
        out = outside("--no-pager", "--color", "never", "stats", "a.jsonl", *words).out
        assert "\\x1b[2Jred" in out
        assert "\x1b" not in out
        assert "\x07" not in out


def test_two_versions(notes):
    changed = [{**row, "label": "c"} if row["id"] == 2 else row for row in ROWS]
    notes.commit("second", a__jsonl=lines([*changed, {"id": 4, "text": "four words are here"}]))
    assert notes("diff", "HEAD~1", "HEAD", "--stats").out == (
        """\
notes
                          HEAD~1    HEAD         difference
rows                           4       4
not decodable                  1       0      -1 (-100.0 %)
size                       200 B   233 B    +33 B (+16.5 %)
files                          1       1
text, characters: mean     6.667    9.75   +3.083 (+46.2 %)
text, characters: median       7     7.5      +0.5 (+7.1 %)
text, characters: p95        7.9   17.35   +9.45 (+119.6 %)
text, characters: max          8      19     +11 (+137.5 %)
text, words: mean          1.667    2.25  +0.5833 (+35.0 %)
text, words: median            2       2
text, words: p95               2     3.7     +1.7 (+85.0 %)
text, words: max               2       4      +2 (+100.0 %)
vocabulary, words              3       7      +4 (+133.3 %)
repeated texts                 1       1
score: mean                0.375   0.375
score: median              0.375   0.375
score: p95                0.4875  0.4875
score: max                   0.5     0.5
label: missing                 0       1                 +1
score: missing                 0       1                 +1
score: null                    1       1
tags: missing                  2       3       +1 (+50.0 %)

label  HEAD~1    HEAD  difference
  b    33.3 %       -  -33.3 points, -1 row  vanishes
  c         -  33.3 %  +33.3 points, +1 row  appears
"""
    )


def test_the_working_copy_against_the_stage_and_the_stage_against_head(notes):
    assert notes("diff", "--stats", "--exit-code").code == 0
    notes.write("a.jsonl", lines(ROWS[:1]))
    assert notes("diff", "--stats", "--exit-code", code=1).out.splitlines()[1:3] == [
        "                          the stage  the working copy         difference",
        "rows                              4                 1       -3 (-75.0 %)",
    ]
    assert notes("diff", "--stats", "--staged", "--exit-code").code == 0
    notes("add", ".")
    notes("diff", "--stats", "--staged", "--exit-code", code=1)


def test_a_file_that_only_one_side_has(notes):
    notes.commit("second", b__jsonl=lines(ROWS))
    words = ("diff", "HEAD~1", "HEAD", "--stats")
    (dataset,) = notes(*words, "--json", "--", "b.jsonl").json["datasets"]
    assert dataset["old"] is None
    assert dataset["new"]["counts"]["rows"] == 3
    assert dataset["figures"][0] == {
        "path": ["counts", "rows"], "old": None, "new": 3, "difference": None,
    }  # fmt: skip
    assert "`none.jsonl` matches no file" in notes(*words, "--", "none.jsonl", code=3).err


def test_ways_of_looking_exclude_another(notes):
    assert notes("diff", "--stat", "--stats", code=2).err.startswith("error: `--stat`, `--stats`,")


def test_two_revisions_are_the_work_of_diff(notes):
    notes.commit("second", b__jsonl=lines(ROWS))
    result = notes("stats", "HEAD~1", "HEAD", code=2)
    assert result.err == (
        "error: Name paths of one revision, not of several.\n"
        "hint: `tdv diff A B --stats` shows two beside each other.\n"
    )
    assert "`nope` matches no file of HEAD~1" in notes("stats", "HEAD~1", "nope", code=3).err
