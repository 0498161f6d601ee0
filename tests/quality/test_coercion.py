"""Texts of CSV rows read as the types that a schema wants."""

from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tdv.quality.schemas.coercion import Coercion
from tdv.quality.schemas.schema import compile_schema


def read(field, text, **schema):
    """What becomes of a text in a field of that schema; ... where the field is left out."""
    row = Coercion.of({"properties": {"a": field}, **schema})({"a": text, "b": "7"})
    assert row["b"] == "7"
    return row.get("a", ...)


@pytest.mark.parametrize(
    ("types", "text", "value"),
    [
        ("number", "0.92", 0.92),
        ("number", "7", 7),
        ("number", "-1e-3", -0.001),
        ("number", "high", "high"),
        ("number", " 7", " 7"),
        ("number", "+7", "+7"),
        ("number", "07", "07"),
        ("number", "7.", "7."),
        ("number", "1_000", "1_000"),
        ("number", "nan", "nan"),
        ("number", "Infinity", "Infinity"),
        ("number", "٣", "٣"),
        ("integer", "12345678901234567890123", 12345678901234567890123),
        ("integer", "1.5", 1.5),
        ("integer", "9" * 5000, "9" * 5000),
        ("boolean", "true", True),
        ("boolean", "True", "True"),
        ("boolean", "1", "1"),
        (["number", "null"], "", None),
        (["number", "null"], "null", None),
        (["string", "null"], "", ""),
        (["string", "number"], "7", "7"),
        ("array", '[["x", 1]]', [["x", 1]]),
        ("array", '{"x": 1}', '{"x": 1}'),
        ("object", '{"quality": 0.95}', {"quality": 0.95}),
        ("object", "{broken", "{broken"),
        ("object", '{"a":' * 50_000, '{"a":' * 50_000),
        (["array", "object"], '{"x": 1}', {"x": 1}),
    ],
)
def test_a_text_counts_as_what_it_spells(types, text, value):
    got = read({"type": types}, text)
    assert got == value
    assert type(got) is type(value)


def test_an_empty_text_leaves_an_optional_field_out():
    assert read({"type": "number"}, "") is ...
    assert read({"type": "number"}, "", required=["a"]) == ""
    assert read({"type": "string"}, "") == ""
    assert read({}, "") == ""


@pytest.mark.parametrize(
    "field",
    [
        {"$ref": "#/$defs/n"},
        {"allOf": [{"minimum": 0}, {"type": "number"}]},
        {"anyOf": [{"type": "number"}, {"type": "null"}]},
        {"oneOf": [{"$ref": "#/$defs/n"}, {"type": "boolean"}]},
        {"enum": [7, 8]},
        {"const": 7},
        {"type": ["number", "string"], "enum": [7]},
    ],
)
def test_types_are_found_wherever_a_schema_says_them(field):
    assert read(field, "7", **{"$defs": {"n": {"type": "number"}}}) == 7


@pytest.mark.parametrize(
    "field",
    [{}, True, False, {"enum": ["7", 7]}, {"anyOf": [{"type": "number"}, {"minLength": 1}]},
     {"$ref": "#/$defs/nowhere"}, {"$ref": "other.json"}],
)  # fmt: skip
def test_where_a_text_may_stand_it_stays_one(field):
    assert read(field, "7") == "7"


def test_fields_of_all_parts_count():
    schema = {
        "$ref": "#/$defs/row",
        "properties": {"a": {"type": ["number", "string"]}},
        "allOf": [{"properties": {"a": {"type": "number"}}}],
        "$defs": {"row": {"properties": {"b": {"type": "integer"}}, "required": ["b"]}},
    }
    assert Coercion.of(schema)({"a": "1", "b": "2"}) == {"a": 1, "b": 2}
    assert Coercion.of(schema)({"a": "", "b": ""}) == {"b": ""}


def test_a_schema_that_refers_to_itself_ends():
    schema = {"$ref": "#", "properties": {"a": {"$ref": "#/properties/a"}}}
    assert Coercion.of(schema)({"a": "1"}) == {"a": "1"}


def test_a_row_with_nothing_to_read_is_the_very_row():
    row = {"a": 1, "b": "x"}
    assert Coercion.of({"properties": {"a": {"type": "number"}}})(row) is row
    other = {"a": "1"}
    assert Coercion.of({"properties": {"a": {"type": "number"}}})(other) == {"a": 1}
    assert other == {"a": "1"}


scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False,
                                                                allow_infinity=False)  # fmt: skip


@given(st.dictionaries(st.sampled_from("abc"), scalars | st.lists(scalars), min_size=1))
def test_json_in_the_cells_of_a_csv_file_comes_back(row):
    kinds = {type(None): "null", bool: "boolean", int: "integer", float: "number", list: "array"}
    schema = {"properties": {name: {"type": kinds[type(each)]} for name, each in row.items()}}
    file = io.StringIO()
    csv.writer(file).writerows([[*row], [json.dumps(each) for each in row.values()]])
    names, cells = csv.reader(io.StringIO(file.getvalue()))
    validator = compile_schema(schema)
    back = validator.coerced(dict(zip(names, cells, strict=True)))
    assert back == row
    assert validator.errors(back) == []
