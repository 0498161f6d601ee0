"""Schemas from files: references inside the repository only, all in one piece of plain data."""

from __future__ import annotations

import builtins
import io
import json
import os
import pickle
import socket

import pytest

from tdv.errors import ConfigError
from tdv.quality.schemas.schema import compile_schema
from tdv.quality.schemas.schemafiles import NAMES, built_in, parsed, resolve_schema

DRAFT_7 = "http://json-schema.org/draft-07/schema#"


def reader(**files):
    """A `read` over a dict; `a__b` is `a/b.json`."""
    table = {f"{name.replace('__', '/')}.json": value for name, value in files.items()}

    def read(path):
        if path not in table:
            raise FileNotFoundError(2, "No such file or directory", path)
        value = table[path]
        return value if isinstance(value, bytes) else json.dumps(value).encode()

    return read


def codes(schema, row):
    return [error.code for error in compile_schema(schema).errors(row)]


def refused(path, read):
    with pytest.raises(ConfigError) as raised:
        resolve_schema(path, read)
    assert raised.value.exit_code == 2
    return raised.value


@pytest.mark.parametrize("name", NAMES)
def test_built_in_schemas_compile_and_name_themselves(name):
    schema = resolve_schema(name, reader())
    assert schema["title"] == name
    assert schema["description"].endswith(".")
    compile_schema(schema)
    for field in schema["properties"].values():
        assert field["description"].endswith(".")
    assert set(schema["required"]) <= set(schema["properties"])


def test_defaults_are_valid():
    for name in NAMES:
        schema = built_in(name)
        defaults = {
            field: said["default"]
            for field, said in schema["properties"].items()
            if "default" in said
        }
        found = [error for error in compile_schema(schema).errors(defaults)]
        assert [error for error in found if error.field in defaults] == []


def test_references_to_files_become_part_of_the_schema():
    read = reader(
        schemas__row={
            "$id": "https://example.com/schemas/row.json",
            "properties": {
                "zip": {"$ref": "parts/address.json#/$defs/zip"},
                "home": {"$ref": "parts/address.json"},
                "self": {"$ref": "https://example.com/schemas/row.json#/$defs/own"},
                "own": {"$ref": "#/$defs/own"},
                "up": {"$ref": "../other.json"},
            },
            "$defs": {"own": {"type": "null"}},
        },
        schemas__parts__address={
            "properties": {"zip": {"$ref": "#/$defs/zip"}, "row": {"$ref": "../row.json"}},
            "$defs": {"zip": {"pattern": "^[0-9]+$"}},
        },
        other={"enum": [1]},
    )
    schema = resolve_schema("schemas/row.json", read)
    good = {"zip": "1", "home": {"zip": "2", "row": {"own": None}}, "self": None, "up": 1}
    assert codes(schema, good) == []
    bad = {"zip": "x", "home": {"zip": "y", "row": {"own": 1}}, "self": 1, "up": 2}
    found = compile_schema(schema).errors(bad)
    assert {error.field: error.code for error in found} == {
        "zip": "FLD006",
        "home.zip": "FLD006",
        "home.row.own": "FLD002",
        "self": "FLD002",
        "up": "FLD007",
    }
    # Plain data, which crosses the borders of processes, and the same whoever reads it.
    assert json.loads(json.dumps(schema)) == schema == pickle.loads(pickle.dumps(schema))
    assert resolve_schema("./schemas/../schemas/row.json", read) == schema


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"$schema": DRAFT_7}, {}),
        ({"$schema": DRAFT_7}, {"$schema": DRAFT_7}),
        ({"$schema": "http://json-schema.org/draft-06/schema#"}, {}),
        ({"$schema": "http://json-schema.org/draft-04/schema#", "id": "http://x.org/a"}, {}),
        ({"$schema": "https://json-schema.org/draft/2019-09/schema"}, {}),
        ({}, {"$schema": DRAFT_7}),
        ({"$schema": DRAFT_7}, {"$schema": "https://json-schema.org/draft/2020-12/schema"}),
    ],
)
def test_every_draft(first, second):
    read = reader(
        a={
            **first,
            # As generators for TypeScript write it.
            "$ref": "#/definitions/Row",
            "definitions": {"Row": {"properties": {"b": {"$ref": "b.json"}}}},
        },
        b={**second, "$ref": "#/definitions/B", "definitions": {"B": {"type": "string"}}},
    )
    schema = resolve_schema("a.json", read)
    assert codes(schema, {"b": "x"}) == []
    assert codes(schema, {"b": 1}) == ["FLD002"]


def test_a_schema_without_files_stays_as_it_is():
    schema = {"$id": "https://example.com/a", "$ref": "#/$defs/b", "$defs": {"b": {"const": 1}}}
    assert resolve_schema("a.json", reader(a=schema)) == schema


def test_what_looks_like_a_reference_but_is_data_or_a_name():
    schema = {
        "properties": {
            "$ref": {"const": {"$ref": "http://example.com"}},
            "default": {"$ref": "b.json"},
            "enum": {"enum": [{"$ref": "/etc/passwd"}]},
        },
        "default": {"$ref": "../x"},
    }
    found = resolve_schema("a.json", reader(a=schema, b={"type": "null"}))
    assert codes(found, {"default": 1, "enum": {"$ref": "/etc/passwd"}}) == ["FLD002"]


def test_names_that_parts_give_themselves_are_no_files():
    schema = {
        "properties": {"b": {"$ref": "https://example.com/b"}, "c": {"$ref": "#anchor"}},
        "$defs": {
            "b": {"$id": "https://example.com/b", "type": "string"},
            "c": {"$anchor": "anchor", "type": "null"},
        },
    }
    assert codes(resolve_schema("a.json", reader(a=schema)), {"b": 1, "c": 2}) == ["FLD002"] * 2


OUTSIDE = [
    "http://example.com/b.json",
    "https://json-schema.org/draft/2020-12/schema",
    "//example.com/b.json",
    "file:///etc/passwd",
    "FILE:b.json",
    "/etc/passwd",
    "/b.json",
    "..",
    "../../b.json",
    "%2e%2e/%2e%2e/b.json",
    "parts/../../../b.json",
    "\\\\server\\b.json",
    "~/b.json",
    "b.json?x=1",
    "data:application/json,{}",
    "b.json%00",
]


@pytest.mark.parametrize("reference", OUTSIDE)
@pytest.mark.parametrize("inside", [False, True])
def test_no_reference_leads_out(reference, inside, monkeypatch):
    schema = {"$ref": f"{reference}#/x"}
    schema = {"prefixItems": [{"type": "string"}, schema]} if inside else schema
    asked = []
    files = reader(schemas__a=schema)

    def read(path):
        asked.append(path)
        return files(path)

    def never(*args, **kwargs):
        raise AssertionError(args)

    monkeypatch.setattr(socket, "socket", never)
    monkeypatch.setattr(socket, "getaddrinfo", never)
    monkeypatch.setattr(builtins, "open", never)
    monkeypatch.setattr(io, "open", never)
    monkeypatch.setattr(os, "open", never)
    error = refused("schemas/a.json", read)
    assert {*asked} == {"schemas/a.json"}
    assert error.message.startswith("`schemas/a.json`, line 1, column ")
    assert f", refers to `{reference}#/x` at `/" in error.message
    assert error.message.endswith("$ref`, which is not inside the repository.")
    assert "Nothing is fetched" in error.hint


@pytest.mark.parametrize("reference", OUTSIDE[:7])
def test_compiling_fetches_nothing_either(reference, monkeypatch, tmp_path):
    """Not in Python, and not in Rust, where nothing can be patched: a server would be asked."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        host = f"127.0.0.1:{server.getsockname()[1]}"
        there = tmp_path / "b.json"
        there.write_text("{}")
        for address in (f"http://{host}/b.json", there.as_uri(), reference):
            if "json-schema.org" in address:
                continue
            with pytest.raises(ConfigError):
                compile_schema({"$ref": address})
        with pytest.raises(BlockingIOError):
            server.accept()


def test_the_second_file_is_named_when_it_leads_out():
    read = reader(a={"$ref": "p/b.json"}, p__b={"$ref": "../../c.json"})
    assert refused("a.json", read).message == (
        "`p/b.json`, line 1, column 10, refers to `../../c.json` at `/$ref`, which "
        "is not inside the repository."
    )


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "The schema `a.json` cannot be read: there is no such file."),
        (
            {"a": {"x": {"$ref": "b.json"}}},
            "The schema `b.json`, to which `a.json`, line 1, column 16, at `/x/$ref` refers, "
            "cannot be read: there is no such file.",
        ),
        ({"a": b'{"type": "object",\n "x": }'}, "`a.json`, line 2, column 7: it is no JSON: "),
        ({"a": b'{\n "x": "\xff"}'}, "`a.json`, line 2, column 8: it is not UTF-8."),
        ({"a": b'{"minimum": NaN}'}, "`a.json` is no JSON: `NaN` is no value of JSON."),
        ({"a": b"[" * 100_000}, "`a.json` is no JSON: "),
        ({"a": [1]}, "`a.json` is no schema: it must be one JSON object."),
        ({"a": {"type": "x"}}, "`a.json`, line 1, column 10, is wrong at `/type`: "),
        ({"a": {"$ref": "b.json#/nope"}, "b": {}}, "`a.json` is wrong: Pointer '/nope' does not"),
        (
            {"a": {"$ref": "b.json"}, "b": {"items": {"type": 1}}},
            "`b.json`, line 1, column 20, is wrong at `/items/type`: ",
        ),
    ],
)
def test_wrong_files_are_named(files, message):
    assert refused("a.json", reader(**files)).message.startswith(message)


def test_the_place_that_names_a_schema_begins_the_message():
    with pytest.raises(ConfigError) as raised:
        resolve_schema("x.json", reader(), "tdv.toml, line 3, column 10: ")
    assert raised.value.message.startswith(
        "tdv.toml, line 3, column 10: The schema `x.json` cannot"
    )


def test_a_byte_order_mark_is_no_fault():
    assert parsed(b'\xef\xbb\xbf{"type": "object"}', "x") == {"type": "object"}


def test_files_without_end_are_refused():
    def read(path):
        return json.dumps({"$ref": f"{path}x"}).encode()

    assert refused("a.json", read).message == "`a.json` refers to more than 100 files."


def test_names_that_are_near():
    assert refused("intnt", reader()).hint == "Did you mean `intent`?"
    with pytest.raises(ConfigError, match="There is no built-in schema `intnt`"):
        built_in("intnt")


@pytest.mark.parametrize("reference", ["\ud800.json", "a\0b.json", "~/a.json"])
def test_a_name_that_no_file_can_have_is_refused(reference):
    error = refused("a.json", reader(a={"$ref": reference}))
    assert "is not inside the repository" in error.message
