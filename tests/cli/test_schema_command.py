"""Whole outputs of `tdv schema`."""

from __future__ import annotations

import io
import json
from types import SimpleNamespace

import pytest

from tdv.api import Repo
from tdv.quality.profiles import PROFILES
from tdv.quality.schemas.schema import compile_schema

ROWS = (
    b'{"id": 1, "text": "a", "meta": {"split": "train"}}\n'
    b'{"id": 2, "text": "b", "meta": {"split": null}}\n\n'
    b'{"id": "3", "text": "c", "meta": {}}\n'
)
SCHEMA = """{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "required": ["id", "text", "meta"],
  "properties": {
    "id": {"type": ["string", "integer"], "$comment": "Integer 2, string 1."},
    "text": {"type": "string"},
    "meta": {
      "type": "object",
      "properties": {
        "split": {
          "type": ["string", "null"],
          "$comment": "In 2 of 3. Null 1, string 1."
        }
      }
    }
  }
}
"""
ODD = (
    "warning: `id` is an integer in 2 cases (first in line 1), but a string in 1 case "
    "(first in line 4).\n"
)


@pytest.fixture
def repo(tdv):
    """A repository with a commit, which the commands see from its root."""
    repo = Repo.open(tdv.folder)
    repo.commit({"a.jsonl": ROWS, "b.csv": b"n,t\n1,x\n2.5,\n", "c.bin": bytes(99)}, "one")
    return repo


@pytest.fixture
def stdin(monkeypatch):
    """Sets what stands on standard input."""

    def put(data):
        monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(data)))

    return put


def test_a_schema_is_proposed_and_odd_types_are_named_with_their_lines(tdv, repo):
    result = tdv("schema", "infer", "HEAD:a.jsonl")
    assert result.out == SCHEMA
    assert result.err == ODD


def test_a_file_of_the_working_copy_counts_as_it_is_now(tdv, repo):
    tdv.write("a.jsonl", b'{"now": true}\n')
    assert list(tdv("schema", "infer", "a.jsonl").json["properties"]) == ["now"]
    tdv.write("untracked.jsonl", b'{"new": true}\n')
    assert list(tdv("schema", "infer", "untracked.jsonl").json["properties"]) == ["new"]


def test_a_file_that_only_head_has(tdv, repo):
    assert not (tdv.folder / "b.csv").exists()
    fields = tdv("schema", "infer", "b.csv").json["properties"]
    assert fields == {"n": {"type": "number"}, "t": {"type": "string"}}


def test_several_files_make_one_schema(tdv, repo):
    tdv.write("more.jsonl", b'{"id": 4, "text": 5}\n')
    result = tdv("schema", "infer", "HEAD:a.jsonl", "more.jsonl")
    assert result.json["required"] == ["id", "text"]
    assert result.err.splitlines()[1] == (
        "warning: `text` is a string in 3 cases (first in HEAD:a.jsonl, line 1), but an integer "
        "in 1 case (first in more.jsonl, line 1)."
    )


def test_outside_of_a_repository(outside):
    (outside.folder / "a.jsonl").write_bytes(ROWS)
    result = outside("schema", "infer", "a.jsonl")
    assert (result.out, result.err) == (SCHEMA, ODD)


@pytest.mark.parametrize(
    "data",
    [
        b'{"a": 1}\n{"a": 2}\n',
        b'\xef\xbb\xbf{"a": 1}\n',
        b' [{"a": 1},\n {"a": 2}]\n',
    ],
)
def test_standard_input(outside, stdin, data):
    stdin(data)
    result = outside("schema", "infer", "-")
    assert result.json["properties"] == {"a": {"type": "integer"}}
    assert result.err == ""


def test_records_that_do_not_decode_are_named_and_left_out(outside, stdin):
    stdin(b'{"a": 1}\n{"a": \n' + b"x\n" * 12)
    result = outside("schema", "infer", "-")
    assert result.json["properties"] == {"a": {"type": "integer"}}
    lines = result.err.splitlines()
    assert lines[0].startswith("warning: standard input, line 2: ")
    assert lines[0].endswith("; the record is left out.")
    assert lines[10:] == ["warning: 3 further records do not decode."]


def test_no_rows(outside, stdin):
    stdin(b"")
    result = outside("schema", "infer", "-")
    assert result.json["type"] == "object"
    assert result.err == "warning: There are no rows, so the schema says nothing.\n"


def test_into_a_file(tdv, repo):
    result = tdv("schema", "infer", "HEAD:a.jsonl", "-o", "schemas/a.json")
    assert result.out == ""
    assert result.err == (
        ODD + "Wrote schemas/a.json, from 3 rows.\n"
        'hint: Put `schema = "schemas/a.json"` below `[dataset.NAME]` of tdv.toml.\n'
    )
    assert (tdv.folder / "schemas/a.json").read_text() == SCHEMA
    assert [file.name for file in (tdv.folder / "schemas").iterdir()] == ["a.json"]
    assert tdv("schema", "show", "schemas/a.json").out == SCHEMA
    assert tdv("schema", "infer", "HEAD:a.jsonl", "-o", "-").out == SCHEMA


def test_the_hint_names_the_path_from_the_root(tdv, repo, monkeypatch):
    (tdv.folder / "schemas").mkdir()
    monkeypatch.chdir(tdv.folder / "schemas")
    result = tdv("schema", "infer", "HEAD:a.jsonl", "-o", "a.json")
    assert 'hint: Put `schema = "schemas/a.json"` below' in result.err


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (["infer", "nope"], 3, "error: `nope` is neither a revision nor a file of HEAD.\n"),
        (["infer", "HEAD:nope"], 3, "error: There is no `nope` in HEAD.\n"),
        (["infer", "HEAD"], 3, "error: `HEAD` is a whole revision, not a file.\n"),
        (["infer", "HEAD:c.bin"], 2, "error: HEAD:c.bin has no rows: it is kept as bytes.\n"),
        (["infer", "."], 3, "error: `.` is a folder.\n"),
        (
            ["infer", "HEAD:a.jsonl", "HEAD:b.csv"],
            2,
            "error: Values of CSV are texts, and those of the other files have types.\n",
        ),
        (
            ["infer", "HEAD:a.jsonl", "-o", "/dev/null/schema.json"],
            3,
            "error: ",
        ),
        (["show", "intnt"], 2, "error: The schema `intnt` cannot be read: there is no such file."),
        (["show", "../x.json"], 3, "error: "),
        (["show", "HEAD:nope.json"], 2, "error: The schema `nope.json` cannot be read: there is"),
        (["show", "HEAD:a.jsonl"], 2, "error: `a.jsonl`, line 2, column 1: it is no JSON: "),
        (["show", "HEAD"], 2, "error: The schema `HEAD` cannot be read: there is no such file."),
        (["show", "HEAD:"], 2, "error: `HEAD:` is a whole revision, not a schema.\n"),
        (["shw"], 2, "error: There is no command `tdv schema shw`.\n"),
    ],
)
def test_errors(tdv, repo, words, code, error):
    result = tdv("schema", *words, code=code)
    assert result.data == b""
    assert result.err.startswith(error)


def test_a_near_name_is_suggested(outside):
    assert outside("schema", "show", "intnt", code=2).err.endswith("hint: Did you mean `intent`?\n")


def test_built_in_schemas(outside):
    listed = outside("schema", "ls")
    assert [line.split()[0] for line in listed.out.splitlines()] == [
        *("chat", "embedding", "ingestion", "instruction", "intent", "persona", "session", "stt")
    ]
    assert listed.err == "`tdv schema show NAME` prints one.\n"
    assert outside("schema", "show").out == listed.out
    document = outside("schema", "ls", "--json").json
    assert document["schema"] == "tdv.schema-ls/1"
    assert {each["name"] for each in document["schemas"]} == {
        profile.schema for profile in PROFILES.values() if profile.schema
    }
    for each in document["schemas"]:
        shown = outside("schema", "show", each["name"]).json
        assert each["fields"] == list(shown["properties"])
        assert each["required"] == shown["required"]


def test_a_schema_of_several_files_is_shown_in_one_piece(tdv):
    tdv.write("schemas/a.json", '{"properties": {"b": {"$ref": "parts/b.json"}}}')
    tdv.write("schemas/parts/b.json", '{"type": "string"}')
    tdv("add", ".")
    tdv("commit", "-m", "schemas")
    whole = tdv("schema", "show", "schemas/a.json").json
    assert not compile_schema(whole).is_valid({"b": 1})
    tdv.write("schemas/parts/b.json", '{"type": "integer"}')
    assert tdv("schema", "show", "HEAD:schemas/a.json").json == whole
    assert compile_schema(tdv("schema", "show", "schemas/a.json").json).is_valid({"b": 1})


def test_no_file_outside_is_read(tdv, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    (outside / "b.json").write_text('{"type": "null"}')
    (tdv.folder / "link.json").symlink_to(outside / "b.json")
    for reference in ("link.json", str(outside / "b.json"), (outside / "b.json").as_uri()):
        tdv.write("a.json", json.dumps({"$ref": reference}))
        error = tdv("schema", "show", "a.json", code=2).err
        assert error.startswith(
            ("error: `a.json`, line 1, column 10, refers to ", "error: The schema `link.json`, to")
        )
        assert reference in error


def test_schemas_outside_of_a_repository(outside, tmp_path_factory):
    (outside.folder / "a.json").write_text('{"$ref": "b.json"}')
    (outside.folder / "b.json").write_text('{"type": "object"}')
    assert "$defs" in outside("schema", "show", "a.json").json
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "c.json").write_text('{"type": "object"}')
    assert outside("schema", "show", str(elsewhere / "c.json")).json == {"type": "object"}
    (elsewhere / "c.json").write_text('{"type": \n "objct"}')
    assert outside("schema", "show", str(elsewhere / "c.json"), code=2).err.startswith(
        "error: `c.json`, line 2, column 2, is wrong at `/type`: "
    )


def test_control_characters_are_escaped(outside, stdin):
    stdin(b'{"\\u001b[31mred": 1}\n{"\\u001b[31mred": "x"}\n')
    assert "\x1b" not in outside("schema", "infer", "-").out
