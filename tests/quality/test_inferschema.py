"""Schemas that are proposed from rows: all rows, in any order and any split."""

from __future__ import annotations

import json
import math
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tdv.quality.schemas import shapes
from tdv.quality.schemas.inferschema import DRAFT, Inference, spelled, written
from tdv.quality.schemas.schema import compile_schema


def infer(rows, **options):
    inference = Inference(**options)
    for number, row in enumerate(rows):
        inference.add(row, number)
    return inference


def proposed(rows, **options):
    """What is proposed for the fields, without comments; the required ones beside it."""
    schema = infer(rows, **options).schema()
    assert schema.pop("$schema") == DRAFT
    assert schema.pop("type") == "object"
    fields = schema.pop("properties", {})
    for said in fields.values():
        said.pop("$comment", None)
    return fields, schema.pop("required", [])


def test_types_are_a_union_over_all_rows_and_required_is_what_every_row_has():
    rows = [{"a": 1, "b": "x"}, *[{"a": 2, "b": None, "c": True}] * 5000, {"a": "no", "b": "y"}]
    fields, required = proposed(rows)
    assert fields == {
        "a": {"type": ["string", "integer"]},
        "b": {"type": ["string", "null"]},
        "c": {"type": "boolean"},
    }
    assert required == ["a", "b"]


def test_comments_count_what_differs():
    schema = infer([{"a": 1}, {"a": "x", "b": 1}, {"a": 2}]).schema()
    assert schema["properties"]["a"]["$comment"] == "Integer 2, string 1."
    assert schema["properties"]["b"]["$comment"] == "In 1 of 3."
    assert "$comment" not in infer([{"a": 1}]).schema()["properties"]["a"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 2], {"type": "integer"}),
        ([1, 2.5], {"type": "number"}),
        ([1.0], {"type": "number"}),
        ([10**30], {"type": "integer"}),
        ([Decimal("1e999"), 1], {"type": "number"}),
        ([math.nan, 1], {"type": "number"}),
        ([None], {"type": "null"}),
        ([b"\xff"], {"type": "string"}),
        ([[], [1, None]], {"type": "array", "items": {"type": ["integer", "null"]}}),
        ([[]], {"type": "array"}),
        ([{}], {"type": "object"}),
        (
            [{"x": 1}, {"x": None, "y": "b"}],
            {
                "type": "object",
                "required": ["x"],
                "properties": {
                    "x": {"type": ["integer", "null"], "$comment": "Integer 1, null 1."},
                    "y": {"type": "string", "$comment": "In 1 of 2."},
                },
            },
        ),
        (
            [["x", 1], ["y", 2]],
            {
                "type": "array",
                "prefixItems": [{"type": "string"}, {"type": "integer"}],
                "minItems": 2,
                "maxItems": 2,
            },
        ),
        ([["x", "y"], ["y", "z"]], {"type": "array", "items": {"type": "string"}}),
        ([["x", 1], ["y"]], {"type": "array", "items": {"type": ["string", "integer"]}}),
        ([list("abcdefghij")], {"type": "array", "items": {"type": "string"}}),
        (["a@example.com", "b@example.org"], {"type": "string", "format": "email"}),
        (["a@example.com", "b"], {"type": "string"}),
        (["https://a.org/b", "s3://x/y"], {"type": "string", "format": "uri"}),
        (["note:x", "note:y"], {"type": "string"}),
        (["2024-01-01T00:00:00Z"], {"type": "string", "format": "date-time"}),
        (
            ["2024-01-01T00:00:00Z", "2024-01-01T00:00:00"],
            {"type": "string", "format": "iso-date-time"},
        ),
        (["2024-01-01"], {"type": "string", "format": "date"}),
        (["2024-01-01T00:00:00Z", ""], {"type": "string"}),
        (["c0ffee00-1234-4abc-8def-0123456789ab"], {"type": "string", "format": "uuid"}),
        (
            ["2024-01-01T00:00:00Z", None],
            {"type": ["string", "null"], "format": "date-time"},
        ),
    ],
)
def test_a_field(values, expected):
    fields, _ = proposed([{"a": value} for value in values])
    assert fields["a"] == expected


def test_a_text_with_few_values_in_many_rows_is_a_list_of_them():
    some = [{"a": "yes"}, {"a": "no"}] * 10
    assert proposed(some)[0]["a"] == {"type": "string", "enum": ["no", "yes"]}
    assert proposed(some[:18])[0]["a"] == {"type": "string"}
    assert proposed([*some, {"a": None}])[0]["a"] == {
        "type": ["string", "null"],
        "enum": ["no", "yes", None],
    }
    assert proposed([*some, {"a": 1}])[0]["a"] == {"type": ["string", "integer"]}
    assert proposed([*some, {"a": "long " * 20}])[0]["a"] == {"type": "string"}
    many = [{"a": f"value {n % 33}"} for n in range(1000)]
    assert proposed(many)[0]["a"] == {"type": "string"}
    # One value alone says little until it was seen often.
    assert proposed([{"a": "en"}] * 99)[0]["a"] == {"type": "string"}
    assert proposed([{"a": "en"}] * 100)[0]["a"] == {"type": "string", "enum": ["en"]}


def test_odd_types_are_told_with_their_rows():
    rows = [{"a": 1, "m": {"x": ["t"]}}] * 7 + [{"a": "1", "m": {"x": [1.5, 2]}}, {"a": 2.5}]
    told = [each.told(lambda row: f"line {row + 1}") for each in infer(rows).odd()]
    assert told == [
        "`a` is a number in 8 cases (first in line 1), but a string in 1 case (first in line 8).",
        "`m.x[]` is a string in 7 cases (first in line 1), but a number in 2 cases "
        "(first in line 8).",
    ]
    assert infer([{"a": 1}, {"a": 1.5}, {"a": None}]).odd() == []


def test_an_object_with_names_without_end_becomes_a_map():
    rows = [{"counts": {f"word {n}": n}} for n in range(shapes.MOST_INNER_FIELDS + 1)]
    assert proposed(rows)[0]["counts"] == {
        "type": "object",
        "additionalProperties": {"type": "integer"},
    }
    wide = infer([{f"{n}": "x" for n in range(shapes.MOST_FIELDS + 1)}, {"y": 1}]).schema()
    assert wide["additionalProperties"]["type"] == ["string", "integer"]
    assert "required" not in wide


def test_deep_rows_end_somewhere():
    deep: object = 1
    for _ in range(500):
        deep = {"a": [deep]}
    schema = infer([{"a": deep}]).schema()
    assert compile_schema(schema).is_valid({"a": deep})


def test_no_rows():
    assert infer([]).schema() == {"$schema": DRAFT, "type": "object"}
    assert infer([{}]).schema() == {"$schema": DRAFT, "type": "object"}


def test_texts_of_untyped_formats_count_as_what_they_spell():
    rows = [
        {"id": "1", "zip": "01234", "n": "0.5", "ok": "true", "m": '{"q": 1}', "e": "", "t": "1"},
        {"id": "2", "zip": "99999", "n": "1", "ok": "", "m": "{}", "e": "", "t": "x"},
    ]
    fields, _ = proposed(rows, untyped=True)
    assert fields == {
        "id": {"type": "integer"},
        "zip": {"type": "string"},
        "n": {"type": "number"},
        "ok": {"type": ["boolean", "null"]},
        "m": {"type": "object", "properties": {"q": {"type": "integer", "$comment": "In 1 of 2."}}},
        "e": {"type": "null"},
        "t": {"type": "string"},
    }
    assert infer(rows, untyped=True).odd() == []
    validator = compile_schema(infer(rows, untyped=True).schema())
    assert all(validator.is_valid(validator.coerced(row)) for row in rows)


def test_what_a_text_spells():
    texts = ["-1", "1e3", "+1", "1.", ".5", "0x1", " 1", "nan", "True", "[1", "[1]", "null"]
    assert [spelled(text) for text in texts] == [
        *(-1, 1000.0, "+1", "1.", ".5", "0x1", " 1", "nan", "True", "[1", [1], None)
    ]


def test_written_schemas_are_json_with_short_parts_on_a_line():
    schema = infer([{"a": 1, "long name " * 9: {"x": [1, "ä"]}}]).schema()
    assert json.loads(written(schema)) == schema
    assert '    "a": {"type": "integer"},\n' in written(schema)
    assert written(schema).endswith("\n}\n")


texts = st.sampled_from(["", "a", "b", "x" * 70, "a@b.org", "2024-01-01T00:00:00Z", "ü", "1", "{}"])
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcdef"), inner, max_size=4)
    ),
    max_leaves=8,
)
many_rows = st.lists(st.dictionaries(st.sampled_from("abcde"), values), max_size=12)


# Limits that a few rows pass, so that the laws are seen to hold beyond them too.
SMALL = {"MOST_TEXTS": 3, "MOST_INNER_FIELDS": 3, "MOST_FIELDS": 4, "MOST_PLACES": 2}


@pytest.mark.parametrize("small", [False, True])
@settings(max_examples=60)
@given(rows=many_rows, picks=st.lists(st.integers(0, 3), min_size=12, max_size=12))
@example(rows=[{"a": []}, {"a": [1]}, {"a": [1, 2, 3]}], picks=[0, 1, 2] * 4)
def test_any_split_in_any_order_gives_the_same(small, rows, picks):
    with pytest.MonkeyPatch.context() as patch:
        for name, limit in SMALL.items() if small else ():
            patch.setattr(shapes, name, limit)
        whole = infer(rows)
        parts = [Inference() for _ in range(4)]
        for number in reversed(range(len(rows))):
            parts[picks[number]].add(rows[number], number)
        left = parts[0].merged(parts[1]).merged(parts[2].merged(parts[3]))
        right = parts[3].merged(parts[2].merged(parts[1])).merged(parts[0])
        assert left.shape == right.shape == whole.shape
        assert written(left.schema()) == written(right.schema()) == written(whole.schema())
        assert left.odd() == whole.odd()


@settings(max_examples=60)
@given(rows=many_rows, untyped=st.booleans())
def test_every_row_is_as_its_own_schema_says(rows, untyped):
    if untyped:
        rows = [{name: str(each) for name, each in row.items()} for row in rows]
    validator = compile_schema(infer(rows, untyped=untyped).schema())
    for row in rows:
        assert validator.errors(validator.coerced(row) if untyped else row) == []
