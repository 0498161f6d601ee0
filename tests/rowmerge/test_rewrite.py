"""Values of a record replaced, with all its other bytes kept."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdv.formats.csvrow import split_fields
from tdv.rowmerge.rewrite import REMOVED, Spelled, raw_fields, rewrite_csv, rewrite_json, spelled


@pytest.mark.parametrize(
    ("body", "changes", "expected"),
    [
        (b'{"a": 1.50, "b" : 2}', [(("b",), 3)], b'{"a": 1.50, "b" : 3}'),
        (b'{"a":"\\u00e9","b":2}', [(("b",), "\xe9")], b'{"a":"\\u00e9","b":"\\u00e9"}'),
        (b'{"a":"\xc3\xa9"}', [(("a",), "\xe8")], b'{"a":"\xc3\xa8"}'),
        (
            b'{"a": {"b": [1, {"c": 2}]}}',
            [(("a", "b", 1, "c"), None)],
            b'{"a": {"b": [1, {"c": null}]}}',
        ),
        (b'{"a": 1, "b": 2, "c": 3}', [(("a",), REMOVED)], b'{"b": 2, "c": 3}'),
        (b'{"a": 1, "b": 2, "c": 3}', [(("b",), REMOVED)], b'{"a": 1, "c": 3}'),
        (b'{"a": 1, "b": 2, "c": 3}', [(("c",), REMOVED)], b'{"a": 1, "b": 2}'),
        (b'{"a": 1, "b": 2}', [(("a",), REMOVED), (("b",), REMOVED)], b"{}"),
        (b'{"a": 1, "b": 2}', [(("a",), REMOVED), (("b",), REMOVED), (("c",), 1)], b'{"c": 1}'),
        (b'{"a": 1, "b": 2}', [(("c",), [1, {"d": 2}])], b'{"a": 1, "b": 2, "c": [1, {"d": 2}]}'),
        (b'{"a":1,"b":2}', [(("c",), [1, {"d": 2}])], b'{"a":1,"b":2,"c":[1,{"d":2}]}'),
        (b'{"a":1}', [(("c",), 2)], b'{"a":1,"c":2}'),
        (b'{"a": 1}', [(("c",), 2)], b'{"a": 1, "c": 2}'),
        (b"{}", [(("c",), 2)], b'{"c": 2}'),
        (b"{ }", [(("c",), 2)], b'{"c": 2 }'),
        (b'{"a": 1, "b": 2}', [(("b",), REMOVED), (("c",), 3)], b'{"a": 1, "c": 3}'),
        (b'{"a": 1, "a": 2}', [(("a",), 3)], b'{"a": 1, "a": 3}'),
        (b'{"a": 1, "b": 0, "a": 2}', [(("a",), REMOVED)], b'{"b": 0}'),
        (b'{"a": 1}', [(("b", "c"), 2), (("b", "d"), 3)], b'{"a": 1, "b": {"c": 2, "d": 3}}'),
        (b'{"a": 1}', [(("b", "c"), REMOVED)], b'{"a": 1}'),
        (b'{"a": 1}', [(("a", "c"), 2)], b'{"a": {"c": 2}}'),
        (b'{"a": [1, 2]}', [(("a", 2), 3), (("a", 0), 0)], b'{"a": [0, 2, 3]}'),
        (b'{"a": []}', [(("a", 0), 3)], b'{"a": [3]}'),
        (b'{"a": [1, 2, 3]}', [(("a", 1), REMOVED)], b'{"a": [1, 3]}'),
        (b'{\n  "a": 1,\n  "b": 2\n}', [(("c",), 3)], b'{\n  "a": 1,\n  "b": 2,\n  "c": 3\n}'),
        (
            b'{\n  "a": 1,\n  "b": {}\n}',
            [(("b", "x"), [1, 2])],
            b'{\n  "a": 1,\n  "b": {"x": [1, 2]}\n}',
        ),
        (b'{"a": 1e400, "b": 12345678901234567890123}', [(("b",), 2)], b'{"a": 1e400, "b": 2}'),
        (b'{"a": 1}', [(("a",), Spelled("1.00"))], b'{"a": 1.00}'),
        (b"5", [(("value",), 6)], b"6"),
        (b"[1, 2]", [(("value", 1), 3)], b"[1, 3]"),
        (b"5", [(("x",), 6)], b'{"value": 5, "x": 6}'),
        (b' "a" ', [(("value",), REMOVED), (("x",), 6)], b' {"x": 6} '),
        (b'{"value": 5}', [(("value",), 6)], b'{"value": 6}'),
        (b'{"a": 1},', [(("a",), 2)], b'{"a": 2},'),
        (b'{"a": 1}', [], b'{"a": 1}'),
        (b'{"\\u0061": 1}', [(("a",), 2)], b'{"\\u0061": 2}'),
        (b'{"a": "]}\\"", "b": 1}', [(("b",), 2)], b'{"a": "]}\\"", "b": 2}'),
    ],
)
def test_json(body: bytes, changes: list[Any], expected: bytes) -> None:
    assert rewrite_json(body, changes) == expected


def test_a_value_as_it_is_spelled() -> None:
    assert spelled(b'{"a": {"b" : [1, 1.50]}}', ("a", "b", 1)) == Spelled("1.50")
    assert spelled(b'{"a": 1, "a": 2.0}', ("a",)) == Spelled("2.0")
    assert spelled(b"1.0", ("value",)) == Spelled("1.0")
    assert spelled(b'{"a": 1}', ("b",)) is None


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)
rows = st.dictionaries(st.text(max_size=3), json_values, max_size=5)


@settings(max_examples=200, deadline=None)
@given(rows, rows, st.sampled_from([None, 1]), st.booleans())
def test_json_becomes_any_other(old: Any, new: Any, indent: Any, ascii: bool) -> None:
    body = json.dumps(old, indent=indent, ensure_ascii=ascii).encode("utf-8")
    changes = [((name,), new.get(name, REMOVED)) for name in {**old, **new}]
    changed = rewrite_json(body, changes)
    assert json.loads(changed) == new
    assert indent or b"\n" not in changed


@pytest.mark.parametrize(
    ("body", "changes", "expected"),
    [
        (b'a,"b",c', {2: "d"}, b'a,"b",d'),
        (b'a,"b",c', {1: "d"}, b'a,"d",c'),
        (b"a,b,c", {1: "d,e"}, b'a,"d,e",c'),
        (b"a,b,c", {1: 'd"e'}, b'a,"d""e",c'),
        (b"a,b,c", {1: "d\ne"}, b'a,"d\ne",c'),
        (b"a", {2: "c"}, b"a,,c"),
        (b"a", {0: ""}, b'""'),
        (b"a", {0: "  "}, b'"  "'),
        (b'"a,b",c', {1: "d"}, b'"a,b",d'),
        (b'"a""b"x,c', {1: "d"}, b'"a""b"x,d'),
        (b'a"b,c', {1: "d"}, b'a"b,d'),
    ],
)
def test_csv(body: bytes, changes: dict[int, str], expected: bytes) -> None:
    assert rewrite_csv(body, b",", changes) == expected


texts = st.text(st.sampled_from('ab",\n\r ;é'), max_size=6)


@settings(max_examples=200, deadline=None)
@given(st.lists(texts, min_size=1, max_size=4), st.dictionaries(st.integers(0, 5), texts))
def test_csv_fields_are_what_was_asked_for(fields: list[str], changes: dict[int, str]) -> None:
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(fields)
    body = out.getvalue().encode()
    changed = rewrite_csv(body, b",", changes)
    got = [field.decode() for field in split_fields(changed, b",")]
    size = max(len(fields), *(column + 1 for column in changes), 0) if changes else len(fields)
    wanted = [*fields, *[""] * (size - len(fields))]
    for column, text in changes.items():
        wanted[column] = text
    assert got == wanted
    raw = raw_fields(body, b",")
    for column, field in enumerate(raw_fields(changed, b",")):
        assert column in changes or column >= len(raw) or field == raw[column]
