"""`tdv validate`: what it looks at, by which rules, and how it ends; whole outputs."""

from __future__ import annotations

import gzip
import io
import json
import sys

import pytest

TOML = """\
[dataset.chat]
paths = ["chat/*.jsonl"]
profile = "chat"

[dataset.texts]
paths = ["texts/*"]
key = "id"
text = "text"

[rules.TXT001.paths."texts/old*"]
level = "warning"
"""
LATER = (
    "`tdv clean` comes with a later version. Until then edit the file and `tdv add` it; `tdv diff` "
    "shows what changed.\n\n"
)
CLEAN = "  hint: `tdv clean --drop-invalid` removes such rows.\n\n"
EMPTY = '{"id": "b", "text": ""}\n'
LEFT_OUT = (
    "hint: What has rows is known by its suffix: jsonl, json (an array), csv, tsv, txt, parquet "
    "and arrow; the first five also with .gz or .zst.\n"
)


def untold(name, toml=""):
    """What is said of a file that belongs to no dataset."""
    return (
        f"{name} belongs to no dataset{toml}: judged by the profile `generic`. `tdv dataset new` "
        "describes a dataset, `--profile` names another profile.\n"
    )


@pytest.fixture
def two(tdv):
    """A repository with two datasets, a blob in one of them, and a file in none."""
    tdv.write("tdv.toml", TOML)
    tdv.write("texts/new.jsonl", '{"id": "a", "text": "fine words"}\n' + EMPTY)
    tdv.write("texts/old.csv", "id,text\nc,\nd,other words\n")
    tdv.write("texts/pic.png", b"\x89PNG\0")
    twice = [{"role": "user", "content": "hi"}, {"role": "user", "content": "hey"}]
    tdv.write("chat/a.jsonl", json.dumps({"messages": twice}) + "\n")
    tdv.write("other/x.jsonl", '{"text": ""}\n')
    tdv("add", ".")
    tdv("commit", "-m", "one")
    return tdv


CHAT = "chat: 1 row in 1 file, profile chat\n  chat/a.jsonl: 1 row, 1 invalid\n"
TEXTS = (
    "texts: 4 rows in 2 files, profile generic\n"
    "  texts/new.jsonl: 2 rows, 1 invalid\n"
    "  texts/old.csv: 2 rows\n"
)
PICTURE = "skipped texts/pic.png: it is kept as bytes and has no rows\n"
TURNS = (
    "error CNV003 conversation-alternation: 1 row\n"
    "  chat/a.jsonl:1: messages[1]: The user speaks in message 1 and again in message 2.\n"
    "  hint: `tdv clean --drop-invalid` removes such rows; messages can be mended by hand.\n\n"
)
NEW = f"error TXT001 empty-text: 1 row\n  texts/new.jsonl:2 (b): `text` is empty.\n{CLEAN}"
OLD = f"warning TXT001 empty-text: 1 row\n  texts/old.csv:2 (c): `text` is empty.\n{CLEAN}"
ALL = (
    f"{CHAT}{TEXTS}{PICTURE}\n{TURNS}{NEW}{OLD}{LATER}Invalid: 2 errors and 1 warning in 5 rows.\n"
)


# What is looked at


@pytest.mark.parametrize("words", [(), ("--staged",), ("--cached",), ("HEAD",), ("main",)])
def test_files_by_dataset(two, words):
    """The working copy, the stage and a commit; a level by path; a blob is named as skipped."""
    result = two("validate", *words, code=1)
    assert (result.out, result.err) == (ALL, "")


def test_an_untracked_file_of_a_dataset_is_named(two):
    two.write("texts/late.jsonl", EMPTY)
    result = two("validate", code=1)
    left_out = "skipped texts/late.jsonl: it is not tracked: `tdv add` it, or name it here\n"
    assert result.out == ALL.replace(PICTURE, left_out + PICTURE)
    assert "texts/late.jsonl: 1 row, 1 invalid" in two("validate", "texts/late.jsonl", code=1).out


def test_the_working_copy_is_what_lies_on_disk(two):
    two.write("texts/new.jsonl", '{"id": "a", "text": "fine words"}\n')
    two.write("texts/untracked.jsonl", EMPTY)
    result = two("validate", code=1)
    assert "  texts/new.jsonl: 1 row\n" in result.out
    assert "texts/untracked.jsonl: 1 row" not in result.out
    assert result.out.endswith("Invalid: 1 error and 1 warning in 4 rows.\n")
    assert two("validate", "--staged", code=1).out == two("validate", "HEAD", code=1).out == ALL


@pytest.mark.parametrize(
    "words",
    [
        ("HEAD:texts",),
        ("HEAD", "texts"),
        ("HEAD", "--", "texts"),
        ("HEAD", "--", "texts/*.jsonl", "texts/*.csv", "texts/pic.png"),
        ("HEAD:texts/old.csv", "HEAD:texts/new.jsonl", "HEAD:texts/pic.png"),
        ("--staged", "--", "texts"),
        ("texts",),
        ("--", "texts"),
        ("texts/new.jsonl", "texts/old.csv", "texts/pic.png"),
    ],
)
def test_paths_of_a_revision_of_the_stage_and_on_disk(two, words):
    result = two("validate", *words, code=1)
    assert (result.out, result.err) == (
        f"{TEXTS}{PICTURE}\n{NEW}{OLD}{LATER}Invalid: 1 error and 1 warning in 4 rows.\n",
        "",
    )


def test_a_file_of_no_dataset_says_so(two):
    result = two("validate", "other/x.jsonl", code=1)
    assert result.out == (
        "other/x.jsonl: 1 row, profile generic\n"
        + untold("other/x.jsonl", " of tdv.toml")
        + f"\nerror TXT001 empty-text: 1 row\n  other/x.jsonl:1: `text` is empty.\n{CLEAN}{LATER}"
        "Recommendations:\n"
        "  - The quality score is 0, and less than 0.4 means serious faults: mend the errors before"
        " you train on this data.\n\n"
        "Invalid: 1 error in 1 row.\n"
    )


def test_a_file_outside_of_the_repository(two):
    (two.folder.parent / "out.jsonl").write_text('{"text": "fine words"}\n')
    result = two("validate", "../out.jsonl")
    assert result.out == (
        "../out.jsonl: 1 row, profile generic\n"
        + untold("../out.jsonl")
        + "\nValid: no findings in 1 row.\n"
    )
    assert two("validate", "../out.jsonl", "texts", code=2).err == (
        "error: `../out.jsonl` lies outside of this repository, others inside.\n"
        "hint: Validate them one after the other.\n"
    )


def test_a_folder_outside_of_a_repository(outside):
    outside.write("data/b.jsonl", '{"text": "fine words"}\n')
    outside.write("data/deep/a.csv", "text\nother words\n")
    outside.write("data/.hidden/c.jsonl", EMPTY)
    outside.write("data/readme", "x")
    result = outside("validate", "data", "data/b.jsonl")
    assert result.out == (
        "Without a dataset: 2 rows in 2 files, profile generic\n"
        "  data/b.jsonl: 1 row\n"
        "  data/deep/a.csv: 1 row\n"
        "skipped data/readme: it is kept as bytes and has no rows\n"
        "data/b.jsonl, data/deep/a.csv belong to no dataset: judged by the profile `generic`. "
        "`tdv dataset new` describes a dataset, `--profile` names another profile.\n"
        "\nValid: no findings in 2 rows.\n"
    )


@pytest.mark.parametrize(
    ("data", "words", "line"),
    [
        (b'{"text": "a b"}\n{"text": ""}\n', (), "stdin.jsonl:2:1"),
        (b'{"text": "a b"}\n{"text": ""}\n', ("--format", "jsonl"), "stdin.jsonl:2:1"),
        (b"text,x\na b,1\n,2\n", ("--format", "csv"), "stdin.csv:3:1"),
        (b"text\tx\na b\t1\n\t2\n", ("--format", "tsv"), "stdin.tsv:3:1"),
        (b'[\n  {\n    "text": "a b"\n  },\n  {"text": ""}\n]\n', ("--format", "json"),
         "stdin.json:5:1"),
        (gzip.compress(b'{"text": "a b"}\n{"text": ""}\n', mtime=0), ("--format", "jsonl.gz"),
         "stdin.jsonl.gz:row1"),
    ],
)  # fmt: skip
def test_standard_input(outside, monkeypatch, data, words, line):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    result = outside("validate", "-", *words, "-o", "concise", code=1)
    assert result.out == f"{line}: TXT001 `text` is empty.\n"
    assert result.err == ""


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("-", "x"), "error: `-` is standard input, and stands alone.\n"),
        (("--staged", "-"), "error: `-` is standard input, and stands alone.\n"),
        (("a.jsonl", "--format", "csv"),
         "error: `--format` says what standard input is; name it with `-`.\n"
         "hint: Of files the suffix says it.\n"),
        (("-", "--format", "docx"),
         "error: `--format docx` is no format with rows.\n"
         "hint: There are jsonl, json (an array), csv, tsv, txt, parquet and arrow; the first five "
         "also with .gz or .zst.\n"),
    ],
)  # fmt: skip
def test_standard_input_that_cannot_be(outside, words, message):
    outside.write("a.jsonl", "{}\n")
    assert outside("validate", *words, code=2).err == message


def test_formats(outside):
    """The first column of a finding: a line where records have lines, else the row."""
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    rows = [{"text": "a b"}, {"text": ""}]
    pretty = json.dumps(rows, indent=2).encode()
    jsonl = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
    outside.write("a.csv", 'x,text\n1,"a\nb"\n2,\n')
    outside.write("a.json", pretty)
    outside.write("a.jsonl.gz", gzip.compress(jsonl))
    outside.write("a.tsv", "x\ttext\n1\ta b\n2\t\n")
    outside.write("a.txt", "one line\n\n  \nanother line\n")
    parquet.write_table(pa.Table.from_pylist(rows), outside.folder / "a.parquet")
    names = ("a.csv", "a.json", "a.jsonl.gz", "a.tsv", "a.parquet")
    found = {
        name: outside("validate", name, "-o", "concise", code=1).out.split(" ")[0] for name in names
    }
    assert found == {
        "a.csv": "a.csv:4:1:",
        "a.json": "a.json:5:1:",
        "a.jsonl.gz": "a.jsonl.gz:row1:",
        "a.tsv": "a.tsv:3:1:",
        "a.parquet": "a.parquet:row1:",
    }
    assert outside("validate", "a.txt").out.endswith("Valid: no findings in 2 rows.\n")


def test_splits_by_the_names_of_files(outside):
    outside.write("tdv.toml", '[dataset.d]\npaths = ["*.jsonl"]\ntext = "text"\n')
    outside.write("train.jsonl", '{"text": "one thing"}\n{"text": "another thing"}\n')
    outside.write("test.jsonl", '{"text": "Another thing", "x": 1}\n{"text": "third thing"}\n')
    result = outside("validate", "-o", "concise", "--select", "SPL")
    assert result.out == (
        "train.jsonl:2:1: SPL001 text: The text is also that of an earlier row, which is of "
        "another split. See test.jsonl:1.\n"
    )


# Nothing to look at: never 0


def test_a_file_without_rows(outside):
    outside.write("pic.png", b"\x89PNG\0")
    outside.write("more.bin", b"\0")
    reason = "is left out, since it is kept as bytes and has no rows"
    assert outside("validate", "pic.png", code=2).err == (
        f"error: There is nothing to validate: pic.png {reason}.\n{LEFT_OUT}"
    )
    result = outside("validate", "pic.png", "more.bin", "--exit-zero", "--json", code=2)
    assert result.out == ""
    assert result.err == (
        f"error: There is nothing to validate: more.bin {reason}; likewise 1 other.\n" + LEFT_OUT
    )


def test_an_empty_folder(outside):
    (outside.folder / "data").mkdir()
    assert outside("validate", "data", code=2).err == (
        "error: There is nothing to validate: no file is in what is named.\n"
    )


def test_a_repository_without_files(tdv):
    error = "error: There is nothing to validate: there is no file in {}.\n"
    hint = "hint: `tdv add` data first, or name it: `tdv validate FILE`.\n"
    assert tdv("validate", code=2).err == error.format("the working copy") + hint
    assert tdv("validate", "--staged", code=2).err == error.format("the stage") + hint
    tdv.commit("one", tdv__toml='[dataset.d]\npaths = ["data/*"]\n', a__jsonl="{}\n")
    assert tdv("validate", "HEAD", code=2).err == (
        "error: No file of HEAD belongs to a dataset of HEAD:tdv.toml.\n"
        "hint: Mend its `paths`, or `tdv add` the files.\n"
    )


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.txt", "a.parquet", "a.jsonl.gz"])
def test_files_without_a_row(outside, name):
    """A rule says so; where it is left out, the command does."""
    outside.write(name, b"" if name != "a.txt" else b"\n\n")
    result = outside("validate", name, code=1)
    assert result.out == (
        f"{name}: 0 rows, profile generic\n"
        + untold(name)
        + "\nerror CNT001 too-few-examples: 1 finding\n"
        f"  {name}: num_samples: The dataset has 0 rows, and needs 1 at least.\n"
        "  hint: Look at the step that writes the file, or collect more rows.\n"
        "\nInvalid: 1 error in 0 rows.\n"
    )
    assert outside("validate", name, "--select", "TXT", code=2).err == (
        "error: There is nothing to validate: 1 file without a row.\n"
        "hint: Without `--select` and `--ignore` the rule CNT001 says which dataset is empty.\n"
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("gone.jsonl",), "error: `gone.jsonl` matches no file of the working copy.\n"),
        (("HEAD:gone",), "error: `gone` matches no file of HEAD.\n"),
        (("HEAD", "--", "gone"), "error: `gone` matches no file of HEAD.\n"),
        (("HEAD~7",), "error: `HEAD~7` names nothing: it asks for parent 1 of commit "),
    ],
)
def test_names_of_nothing(two, words, message):
    assert two("validate", *words, code=3).err.startswith(message)


def test_a_name_of_two_things(two):
    two.write("main", "x")
    assert two("validate", "main", code=2).err == (
        "error: `main` is both a revision and a file.\n"
        "hint: Write `main --` for the revision, or `-- main` for the file.\n"
    )
    assert two("validate", "main", "--", code=1).out == ALL


# By which rules


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("--select", "TXT"), {"TXT001"}),
        (("--select", "text"), {"TXT001"}),
        (("--select", "empty-text"), {"TXT001"}),
        (("--select", "TXT001,CNV"), {"TXT001", "CNV003"}),
        (("--select", "TXT", "--select", "CNV003"), {"TXT001", "CNV003"}),
        (("--select", "ALL", "--ignore", "TXT"), {"CNV003"}),
        (("--ignore", "CNV"), {"TXT001"}),
        (("--extend-select", "TXT002"), {"TXT001", "CNV003"}),
        (("--extend-select", "TXT002", "--set", "TXT002.min_words=3"),
         {"TXT001", "TXT002", "CNV003"}),
    ],
)  # fmt: skip
def test_rules_are_chosen(two, words, found):
    document = two("validate", "--json", *words, code=1).json
    assert {issue["code"] for issue in document["issues"]} == found


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--select", "TXT01"), "error: There is no rule or family `TXT01`.\n"
         "hint: Did you mean `TXT001` or `TXT` or `TXT007`?\n"),
        (("--ignore", "nope"), "error: There is no rule or family `nope`.\n"
         "hint: `tdv rules` lists them.\n"),
        (("--set", "TXT003.maxwords=1"), "error: TXT003 (long-text) has no parameter `maxwords`.\n"
         "hint: Did you mean `max_words`?\n"),
        (("--set", "max_words"), "error: `--set max_words` does not name a value.\n"
         "hint: Write `--set NAME=VALUE`.\n"),
        (("--set", "TXT003.max_words=many"),
         "error: `--set TXT003.max_words` has to be a whole number.\n"),
        (("--profile", "intents"), "error: There is no profile `intents`.\n"
         "hint: Did you mean `intent`?\n"),
        (("--fail-on", "maybe"),
         "error: `--fail-on` is `error`, `warning` or `never`, not `maybe`.\n"),
        (("--config", "gone.toml"),
         "error: `--config gone.toml`: there is no such file, and no such revision.\n"),
        (("--isolated", "--config", "HEAD"),
         "error: `--isolated` ignores every configuration, `--config` names one.\n"),
        (("-j", "0"), "error: `-j 0` is no number of processes.\nhint: Use 1 or more.\n"),
        (("--memory-limit", "much"), "error: `much` is not a size.\n"
         "hint: Write it like `800MB`, `2GB` or `1.5GiB`.\n"),
        (("--reason", "x"), "error: `--reason` and `--until` are for `--add-allow`.\n"),
        (("--add-allow",), "error: `--add-allow` needs a `--reason`.\n"),
    ],
)  # fmt: skip
def test_options_that_cannot_be(two, words, message):
    assert two("validate", *words, code=2).err == message


@pytest.mark.parametrize(
    "words", [("--select", ""), ("--select", "TXT", "--ignore", "text"), ("--select", "OUT")]
)
def test_no_rule_is_no_pass(two, words):
    result = two("validate", *words, code=2)
    assert result.out == ""
    assert result.err == (
        "error: There is nothing to validate by: no rule is left that applies to this data.\n"
        "hint: Rules that `tdv rules` lists as off are selected by code or name only, not by "
        "prefix.\n"
    )
    two("validate", *words, "--set", "max_errors=0")


def test_levels_and_exit_codes(two):
    for words, code in (
        (("texts/new.jsonl",), 1),
        (("texts/new.jsonl", "--exit-zero"), 0),
        (("texts/new.jsonl", "--fail-on", "never"), 0),
        (("texts/new.jsonl", "--set", "TXT001.level=warning"), 0),
        (("texts/new.jsonl", "--set", "TXT001.level=off", "--fail-on", "warning"), 0),
        (("texts/old.csv",), 0),
        (("texts/old.csv", "--fail-on", "warning"), 1),
        (("texts/old.csv", "--set", "max_warnings=0"), 1),
        (("texts/old.csv", "--set", "max_warnings=0", "--fail-on", "never"), 1),
        (("texts/old.csv", "--set", "max_warnings=0", "--exit-zero"), 0),
    ):
        two("validate", *words, code=code)
    text = two("validate", "texts/old.csv", "--set", "max_warnings=0", code=1).out
    assert (
        "\nThresholds: 0 passed, 1 failed\n"
        "  failed max_warnings: warnings of texts: got 1, need <= 0 (--set)\n" in text
    )


def test_fail_on_of_the_configuration(two):
    two.write("tdv.toml", TOML + '[gate]\nfail-on = "warning"\n')
    two("validate", "texts/old.csv", code=1)
    two("validate", "texts/old.csv", "--fail-on", "error")


def test_counts_and_nothing_else(two):
    result = two("validate", "--statistics", code=1)
    assert result.out == (
        f"{CHAT}{TEXTS}{PICTURE}\n"
        "findings  rows  level    rule\n"
        "       1     1  error    CNV003 conversation-alternation\n"
        "       1     1  error    TXT001 empty-text\n"
        "       1     1  warning  TXT001 empty-text\n\n"
        "Recommendations:\n"
        "  - CNV003 (conversation-alternation) is found in 1 row. `tdv clean --drop-invalid` "
        "removes such rows; messages can be mended by hand.\n"
        "  - TXT001 (empty-text) is found in 2 rows of 2 files. `tdv clean --drop-invalid` removes "
        "such rows.\n\n"
        "`tdv clean` comes with a later version. Until then edit the file and `tdv add` it; "
        "`tdv diff` shows what changed.\n\n"
        "Invalid: 2 errors and 1 warning in 5 rows.\n"
    )


@pytest.mark.parametrize("most", [0, 1, 2, 3])
def test_a_bound_on_output_bounds_no_count(two, most):
    everything = two("validate", "--json", code=1).json
    result = two("validate", "--json", "--max-findings", str(most), code=1).json
    assert len(result["issues"]) == most
    assert result["issues_left_out"] == 3 - most
    left = ("issues", "issues_left_out", "run")
    assert [result[name] for name in result if name not in left] == [
        everything[name] for name in everything if name not in left
    ]
    concise = two("validate", "-o", "concise", "--max-findings", str(most), code=1)
    assert len(concise.out.splitlines()) == most
    text = two("validate", "--max-findings", str(most), code=1).out
    assert text.endswith("Invalid: 2 errors and 1 warning in 5 rows.\n")


def test_isolated(two):
    result = two("validate", "texts", "--isolated", "-o", "concise", code=1)
    assert result.out == (
        "texts/new.jsonl:2:1: TXT001 `text` is empty.\ntexts/old.csv:2:1: TXT001 `text` is empty.\n"
    )
    two.write("tdv.toml", "[dataset")
    assert two("validate", "texts", "--isolated", "-o", "concise", code=1).out == result.out
    assert two("validate", "texts", code=2).out == ""


def test_the_rules_of_a_revision_or_a_file(two):
    """A change that takes the rule away which would find it is found all the same."""
    two.write("tdv.toml", TOML + '[rules]\nignore = ["TXT001", "CNV"]\n')
    two("commit", "-a", "-m", "two")
    assert two("validate").out.endswith("Valid: no findings in 5 rows.\n")
    here = two("validate", "--config", "HEAD~1", "--json", code=1).json
    assert here["counts"] == {"error": 2, "warning": 1, "info": 0}
    assert here["rules"]["from"] == "HEAD~1:tdv.toml"
    (two.folder.parent / "base.toml").write_text(TOML)
    base = two("validate", "HEAD", "--config", "../base.toml", "--json", code=1).json
    assert base["counts"] == here["counts"]
    assert base["rules"] == {"digest": here["rules"]["digest"], "from": "../base.toml"}
    assert two("validate", "--json").json["rules"]["digest"] != here["rules"]["digest"]


def test_only_what_is_new(two):
    two.write("texts/new.jsonl", EMPTY + '{"id": "z", "text": " "}\n')
    result = two("validate", "texts", "--new-from", "HEAD", code=1)
    assert "  texts/new.jsonl:2 (z): `text` has nothing but" in result.out
    assert "(b)" not in result.out
    assert result.out.endswith("Invalid: 1 error new since HEAD in 4 rows.\n")
    two("switch", "-c", "change")
    two("commit", "-a", "-m", "two")
    document = two("validate", "--new", "--json", code=1).json
    assert [issue["key"] for issue in document["issues"]] == [["z"]]
    assert document["known"] == {"CNV003": 1, "TXT001": 2}
    bound = two("validate", "texts", "--new-from", "HEAD", "--set", "max_errors=0", code=1)
    assert "errors of texts: got 2, need <= 0" in bound.out


def test_what_is_found_is_accepted(two):
    result = two("validate", "--add-allow", "--reason", "As it came.", "--until", "2999-12-31")
    assert result.err == "Added 3 entries of `[[allow]]` to tdv.toml.\n"
    again = two("validate")
    assert again.out.endswith("Valid: no findings in 5 rows.\n")
    assert two("validate", "--json").json["accepted"] == {"CNV003": 1, "TXT001": 2}
    two("validate", "--isolated", "texts", code=1)


def test_a_result_is_recorded(two):
    oid = two("debug", "rev-parse", "HEAD").out.strip()
    result = two("validate", "HEAD", "--record", code=1)
    assert result.err == f"Recorded with commit {oid[:10]}; `tdv log --quality` shows it.\n"
    assert "2 errors" in two("log", "--quality", "--oneline").out


# How it is computed


def test_timings_stand_on_stderr(two):
    result = two("validate", "--no-cache", "--timings", code=1)
    assert result.out == ALL
    first, *lines = result.err.splitlines()
    assert first.startswith("Seconds of all workers together, by stage and rule")
    assert {"TXT001"} <= {line.split()[0] for line in lines}
    assert all(float(line.split()[1]) >= 0 for line in lines)


def test_what_is_remembered(two, tmp_path):
    folder = tmp_path / "cache"
    for expected in (5, 0):
        document = two("validate", "--cache-dir", str(folder), "--json", code=1).json
        assert document["run"]["rows_decoded"] == expected
    assert any(file.is_file() for file in folder.rglob("*"))
    forgotten = two("validate", "--cache-dir", str(folder), "--no-cache", "--json", code=1).json
    assert forgotten["run"]["rows_decoded"] == 5
    by_variable = two("validate", "--json", code=1, TDV_CACHE_DIR=str(folder)).json
    assert by_variable["run"]["rows_decoded"] == 0


def test_workers_and_memory_change_nothing(two):
    for words in (("-j", "1"), ("-j", "2"), ("--memory-limit", "300M"), ("-j", "2", "--no-cache")):
        assert two("validate", *words, code=1).out == ALL
