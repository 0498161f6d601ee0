"""Rows against JSON Schemas: which code, which field, which words."""

from __future__ import annotations

import json
import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tdv.errors import ConfigError
from tdv.quality.schemas.schema import MOST_ERRORS, compile_schema, is_iso_date_time, plain


def errors(schema, row):
    """(code, field, message) of each error, and that `is_valid` says the same."""
    validator = compile_schema(schema)
    found = validator.errors(row)
    assert validator.is_valid(row) is (found == [])
    return [tuple(error) for error in found]


def of(**fields):
    return {"type": "object", "properties": fields}


CASES = [
    ({"required": ["a"]}, {}, "FLD001", "a", "`a` is missing."),
    (
        of(m={"required": ["split"]}),
        {"m": {}},
        "FLD001",
        "m.split",
        "`m.split` is missing.",
    ),
    (
        of(a={"type": "number"}),
        {"a": "high"},
        "FLD002",
        "a",
        '`a` is "high", a string, but has to be a number.',
    ),
    (
        of(a={"type": ["null", "string", "array"]}),
        {"a": 1},
        "FLD002",
        "a",
        "`a` is 1, an integer, but has to be a string, an array or null.",
    ),
    (
        of(a={"type": "array", "items": {"type": "string"}}),
        {"a": ["x", {"y": 1}]},
        "FLD002",
        "a[1]",
        '`a[1]` is {"y": 1}, an object, but has to be a string.',
    ),
    (
        of(confidence={"maximum": 1}),
        {"confidence": 3.2},
        "FLD003",
        "confidence",
        "`confidence` is 3.2, but at most 1 is allowed.",
    ),
    (
        of(a={"minimum": 0}),
        {"a": -5},
        "FLD003",
        "a",
        "`a` is -5, but at least 0 is needed.",
    ),
    (
        of(a={"exclusiveMinimum": 0}),
        {"a": 0},
        "FLD003",
        "a",
        "`a` is 0, but must be more than 0.",
    ),
    (
        of(a={"exclusiveMaximum": 1}),
        {"a": 1},
        "FLD003",
        "a",
        "`a` is 1, but must be less than 1.",
    ),
    (
        {
            "if": {"properties": {"task": {"const": "qa"}}, "required": ["task"]},
            "then": {"required": ["output"], "description": "an answer is what `qa` is for"},
        },
        {"task": "qa"},
        "FLD004",
        "output",
        "`output` is missing: an answer is what `qa` is for.",
    ),
    (
        {"dependentRequired": {"a": ["b"]}},
        {"a": 1},
        "FLD004",
        "b",
        "`b` is missing, and other fields of this row demand it.",
    ),
    (
        of(a={"format": "date-time"}),
        {"a": "2024-01-01T00:00:00"},
        "FLD005",
        "a",
        '`a` is "2024-01-01T00:00:00", which is no date and time of RFC 3339 (with a zone).',
    ),
    (
        of(a={"format": "iso-date-time"}),
        {"a": "yesterday"},
        "FLD005",
        "a",
        '`a` is "yesterday", which is no date and time of ISO 8601.',
    ),
    (
        of(a={"format": "email"}),
        {"a": "x"},
        "FLD005",
        "a",
        '`a` is "x", which is no e-mail address.',
    ),
    (
        of(a={"enum": ["x", "y", None]}),
        {"a": "z"},
        "FLD007",
        "a",
        '`a` is "z", but only "x", "y" or null is allowed.',
    ),
    (of(a={"const": 3}), {"a": 4}, "FLD007", "a", "`a` is 4, but only 3 is allowed."),
    (
        of(a={"enum": [*range(9)]}),
        {"a": 9},
        "FLD007",
        "a",
        "`a` is 9, but only 0, 1, 2, 3, 4 or 5 (and 3 more) is allowed.",
    ),
    (
        of(a={"pattern": "^b"}),
        {"a": "ab"},
        "FLD006",
        "a",
        '`a` is "ab", which does not match `^b`.',
    ),
    (
        of(a={"minLength": 2}),
        {"a": ""},
        "FLD006",
        "a",
        "`a` has 0 characters, but the least is 2.",
    ),
    (of(a={"maxItems": 1}), {"a": [1, 2]}, "FLD006", "a", "`a` has 2 items, but the most is 1."),
    (
        of(a={"uniqueItems": True}),
        {"a": [1, 1]},
        "FLD006",
        "a",
        "`a` has an item more than once.",
    ),
    (
        {"properties": {"a": {}}, "additionalProperties": False},
        {"b": 1},
        "FLD006",
        "b",
        "`b` is a field that the schema does not allow.",
    ),
    ({"minProperties": 2}, {"a": 1}, "FLD006", "", "The row has 1 fields, but the least is 2."),
    (of(a=False), {"a": 1}, "FLD006", "a", "`a` may not be there."),
    (
        of(a={"multipleOf": 2}),
        {"a": 3},
        "FLD006",
        "a",
        "`a` is 3, which is no multiple of 2.",
    ),
    (
        {"propertyNames": {"pattern": "^b"}},
        {"a": 1},
        "FLD006",
        "",
        'The row has a field with a wrong name: "a" breaks `pattern`.',
    ),
    (
        of(a={"contains": {"const": 1}}),
        {"a": [2]},
        "FLD006",
        "a",
        "`a` has no item of the kind that must be there.",
    ),
    # What pydantic writes for `Optional[str]`, and for one with a bound.
    (
        of(a={"anyOf": [{"type": "string"}, {"type": "null"}]}),
        {"a": 1},
        "FLD002",
        "a",
        "`a` is 1, an integer, but has to be a string or null.",
    ),
    (
        of(a={"anyOf": [{"type": "number", "minimum": 5}, {"type": "null"}]}),
        {"a": 1},
        "FLD003",
        "a",
        "`a` is 1, but at least 5 is needed.",
    ),
    (
        of(a={"oneOf": [{"type": "number"}, {"type": "integer"}]}),
        {"a": 1},
        "FLD006",
        "a",
        "`a` is 1, which matches more than one of the 2 cases of `oneOf`.",
    ),
    (
        of(a={"anyOf": [{"minimum": 5}, {"multipleOf": 2}]}),
        {"a": 1},
        "FLD006",
        "a",
        "`a` is 1, which matches none of the 2 cases of `anyOf`.",
    ),
    (
        {"$schema": "http://json-schema.org/draft-07/schema#", "dependencies": {"a": ["b"]}},
        {"a": 1},
        "FLD004",
        "b",
        "`b` is missing, and other fields of this row demand it.",
    ),
]


@pytest.mark.parametrize(("schema", "row", "code", "field", "message"), CASES)
def test_a_fault_has_its_code_field_and_words(schema, row, code, field, message):
    assert errors(schema, row) == [(code, field, message)]


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"a": {"0": "x"}}, "a.0"),
        ({"a": {"007": "x"}}, "a.007"),
        ({"a": {"": {"b": "x"}}}, "a"),
        ({"a": {"b": 5, "": {"b": "x"}}}, "a.b"),
        ({"a": [{"1": ["x"]}]}, "a[0].1[0]"),
    ],
)
def test_fields_named_by_numbers_and_fields_without_a_name(row, field):
    """jsonschema_rs has paths of its own for them."""
    short = {"items": {"$ref": "#"}, "additionalProperties": {"$ref": "#"}, "minLength": 2}
    found = errors(short, row)
    assert [(code, where) for code, where, _ in found] == [("FLD006", field)]


def test_one_error_for_each_code_and_field_in_order_of_the_fields():
    schema = of(
        b={"allOf": [{"minimum": 1}, {"minimum": 2}], "enum": [7]},
        a={"items": {"type": "string"}},
    )
    found = [error[:2] for error in errors(schema, {"b": 0, "a": [*range(11)]})]
    assert found == [*(("FLD002", f"a[{n}]") for n in range(11)), ("FLD003", "b"), ("FLD007", "b")]


def test_a_field_named_then_makes_nothing_conditional():
    schema = of(then={"type": "object", "required": ["x"]})
    assert errors(schema, {"then": {}})[0][:2] == ("FLD001", "then.x")


def test_a_condition_behind_a_reference_is_one():
    schema = {
        "$ref": "#/$defs/row",
        "$defs": {"row": {"if": {"required": ["a"]}, "then": {"required": ["b"]}}},
    }
    assert errors(schema, {"a": 1})[0][:2] == ("FLD004", "b")


def test_long_values_are_shortened():
    schema = of(a={"type": "integer"}, b={"type": "integer"}, c={"enum": ["x" * 999]})
    row = {"a": "long " * 1000, "b": [list(range(1000))] * 1000, "c": "y" * 999}
    for _, _, message in errors(schema, row):
        assert len(message) < 200
        assert "…" in message


def test_a_list_of_wrong_values_is_told_up_to_a_limit():
    assert len(errors(of(a={"items": {"type": "string"}}), {"a": [0] * 1000})) == MOST_ERRORS


@pytest.mark.parametrize(
    ("field", "value", "codes"),
    [
        ({"type": "integer"}, 10**4000, []),
        ({"maximum": 1}, 10**400, ["FLD003"]),
        ({"type": "number"}, Decimal("1e999"), []),
        ({"maximum": 1}, Decimal("1e999"), ["FLD003"]),
        ({"type": "number"}, Decimal("Infinity"), ["FLD002"]),
        ({"type": "number"}, math.nan, ["FLD002"]),
        ({"type": "number"}, -math.inf, ["FLD002"]),
        ({"type": "string"}, b"\xff", []),
        ({"type": "number"}, b"\xff", ["FLD002"]),
        ({"type": "string"}, "\ud800", []),
        ({"enum": ["x"]}, "\ud800", ["FLD007"]),
        ({"type": "integer"}, "\ud800", ["FLD002"]),
        ({"type": "array", "items": {"type": "integer"}}, (1, 2), []),
        ({"type": "object"}, {1: 2, "x": {"y": b"1"}}, []),
    ],
)
def test_values_that_json_does_not_have(field, value, codes):
    assert [error[0] for error in errors(of(a=field), {"a": value})] == codes


def test_a_value_that_is_no_number_is_named():
    assert errors(of(a={"type": "number"}), {"a": math.nan})[0][2] == (
        "`a` is NaN, which is no number in JSON."
    )


def test_deep_rows_do_not_break_it():
    deep: object = b"bytes, so that the row has to be rewritten"
    for _ in range(800):
        deep = {"a": deep}
    assert errors({"properties": {"a": {"$ref": "#"}}}, {"a": deep}) == []


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"type": "strin"}, 'The schema is wrong at `/type`: "strin" is not valid'),
        (
            {"properties": {"a/b": {"minimum": "x"}}},
            'The schema is wrong at `/properties/a~1b/minimum`: "x" is not of type "number".',
        ),
        ({"pattern": "("}, 'The schema is wrong at `/pattern`: "(" is not a "regex".'),
        ({"$ref": "#/$defs/no"}, "The schema is wrong: Pointer '/$defs/no' does not exist."),
        (
            {"$ref": "http://example.com/a.json"},
            "The schema is wrong: Resource 'http://example.com/a.json' is not present in a",
        ),
        ({"$ref": "file:///etc/passwd"}, "The schema is wrong: Resource 'file:///etc/passwd'"),
        ({"$schema": "http://example.com"}, "The schema is wrong: Unknown meta-schema"),
        ({"a": math.nan}, "The schema is no JSON: "),
    ],
)
def test_a_wrong_schema_is_named(schema, message):
    with pytest.raises(ConfigError) as raised:
        compile_schema(schema)
    assert raised.value.message.startswith(message)
    assert raised.value.exit_code == 2


def test_a_schema_too_deep_is_refused():
    schema: dict[str, object] = {}
    for _ in range(600):
        schema = {"not": schema}
    with pytest.raises(ConfigError):
        compile_schema(schema)


def test_compiled_schemas_are_kept_by_what_they_say():
    one, other = {"type": "object", "required": ["a"]}, {"required": ["a"], "type": "object"}
    assert compile_schema(one) is compile_schema(one)
    assert compile_schema(one) is compile_schema(other)
    for number in range(100):
        compile_schema({"const": number})
    assert compile_schema({"const": 99}).schema == {"const": 99}


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("2024-03-07T12:00:00", True),
        ("2024-03-07T12:00:00Z", True),
        ("2024-03-07 12:00", True),
        ("2024-03-07T12:00:00.123456789+02:00", True),
        ("2024-03-07T12:00:00,5", True),
        ("2016-12-31T23:59:60Z", True),
        ("2024-03-07T12:00:00+0200", True),
        ("20240307T120000Z", True),
        ("2024-W10-4T12:00:00", False),
        ("2024-03-07", False),
        ("2024-13-07T12:00:00", False),
        ("2024-02-30T12:00:00", False),
        ("2024-03-07T25:00:00", False),
        ("2024-03-07T12:00:00.", False),
        ("2024-03-07x12:00:00", False),
        ("07.03.2024 12:00:00", False),
        ("", False),
    ],
)
def test_iso_date_times(text, valid):
    assert compile_schema(of(a={"format": "iso-date-time"})).is_valid({"a": text}) is valid


def test_the_iso_format_stands_beside_other_keywords_and_takes_any_other_type():
    schema = of(a={"format": "iso-date-time", "allOf": [{"minLength": 20}]})
    validator = compile_schema(schema)
    assert [validator.is_valid({"a": a}) for a in (1, None, "2024-03-07T12:00:00")] == [1, 1, 0]
    assert is_iso_date_time(7)
    # A field of that name, and data that looks like the keyword, are left alone.
    schema = of(format={"const": "iso-date-time"}, a={"enum": [{"format": "iso-date-time"}]})
    row = {"format": "iso-date-time", "a": {"format": "iso-date-time"}}
    assert compile_schema(schema).is_valid(row)


values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a", "b", 1.5]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner),
    max_leaves=6,
)
keywords = st.one_of(
    st.sampled_from(["null", "boolean", "integer", "number", "string", "array", "object"]).map(
        lambda name: {"type": name}
    ),
    st.integers(-2, 2).map(lambda limit: {"minimum": limit}),
    st.lists(st.sampled_from("ab"), max_size=2, unique=True).map(lambda names: {"required": names}),
    values.map(lambda value: {"const": value}),
    st.integers(0, 2).map(lambda limit: {"maxLength": limit}),
)
schemas = st.recursive(
    keywords,
    lambda inner: st.one_of(
        st.dictionaries(st.sampled_from("ab"), inner).map(lambda table: {"properties": table}),
        inner.map(lambda each: {"items": each}),
        st.lists(inner, min_size=1, max_size=3).map(lambda each: {"anyOf": each}),
        st.tuples(inner, inner).map(lambda two: {"if": two[0], "then": two[1]}),
        st.tuples(inner, inner).map(lambda two: {**two[0], **two[1]}),
    ),
    max_leaves=6,
)


@given(schemas, st.dictionaries(st.sampled_from("abc"), values))
def test_it_agrees_with_another_validator(schema, row):
    wrong = not Draft202012Validator(schema).is_valid(row)
    assert bool(errors(schema, row)) is wrong


@given(schemas, st.dictionaries(st.sampled_from("abc"), values))
def test_errors_do_not_depend_on_the_order_of_a_schemas_keywords(schema, row):
    turned = json.loads(json.dumps(schema), object_pairs_hook=lambda pairs: dict(pairs[::-1]))
    assert errors(schema, row) == errors(turned, row)
    fields = [(error[0], error[1]) for error in errors(schema, row)]
    assert len(fields) == len(set(fields))


@given(values)
def test_what_is_json_stays_as_it_is(value):
    assert plain(value) == value
