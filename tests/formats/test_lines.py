"""Lines: what ends one, what is blank, and what decodes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from split_checks import SMALL, split

from tdv.errors import RecordError
from tdv.formats.cut import Cut
from tdv.formats.lines import decode_json, duplicate_keys
from tdv.formats.registry import format_named
from tdv.formats.rows import Layout

JSONL, TEXT = format_named("jsonl"), format_named("text")
LAYOUT = Layout("jsonl")


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from([b"a", b"bc" * 30, b" ", b"\t", b"\r", b"\n", b"\r\n", b"\x0c"])))
def test_bodies_against_a_model(parts):
    data = b"".join(parts)
    expected = [line.removesuffix(b"\r") for line in data.split(b"\n") if line.strip(b" \t\r")]
    assert split("text", data)[2] == expected


@pytest.mark.parametrize(
    ("data", "prefix", "bodies"),
    [
        (b"", b"", []),
        (b"\n\n", b"\n\n", []),
        (b"\xef\xbb\xbf \r\na\r\n", b"\xef\xbb\xbf \r\n", [b"a"]),
        (b"a\n\n \nb", b"", [b"a", b"b"]),
        (b"a\x0bb\x0cc\x85d\xe2\x80\xa8e\rf\n", b"", [b"a\x0bb\x0cc\x85d\xe2\x80\xa8e\rf"]),
        (b"a\r\r\n", b"", [b"a\r"]),
        (b"\x0c\n", b"", [b"\x0c"]),
    ],
)
def test_ends_and_blanks(data, prefix, bodies):
    layout, _, found = split("text", data)
    assert layout.prefix == prefix
    assert found == bodies


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b""])
def test_the_last_line_end_changes_no_row(end):
    assert split("jsonl", b'{"a":1}\n{"a":2}' + end)[2] == [b'{"a":1}', b'{"a":2}']


def test_a_long_line_is_stored_in_pieces():
    line = b"x" * 150 + b"\r\n"
    _, pieces, bodies = split("text", b"a\n" + line + b"b\n", SMALL)
    assert [(len(piece.data), piece.records) for piece in pieces] == [
        (2, 1),
        (60, 0),
        (60, 0),
        (32, 1),
        (2, 1),
    ]
    assert bodies == [b"a", b"x" * 150, b"b"]


def test_a_long_blank_line_is_no_record():
    _, pieces, bodies = split("text", b"a\n" + b" " * 500 + b"\nb\n", SMALL)
    assert bodies == [b"a", b"b"]
    assert sum(piece.records for piece in pieces) == 2


def test_a_line_of_a_megabyte_and_more():
    data = b'"' + b"x" * (5 << 19) + b'"\n'
    _, pieces, bodies = split("jsonl", data, Cut())
    assert [piece.records for piece in pieces] == [0, 0, 1]
    assert JSONL.decode(LAYOUT, bodies[0]) == {"value": "x" * (5 << 19)}


@pytest.mark.parametrize(
    ("body", "row"),
    [
        (b'{"b": 1, "a": [1.50, null]}', {"b": 1, "a": [1.5, None]}),
        (b"123456789012345678901234567890", {"value": 123456789012345678901234567890}),
        (b'{"n": 18446744073709551617}', {"n": 18446744073709551617}),
        (b"[1]", {"value": [1]}),
        (b"null", {"value": None}),
    ],
)
def test_json_rows(body, row):
    found = JSONL.decode(LAYOUT, body)
    assert found == row
    assert list(found) == list(row)


def test_a_number_beyond_floats_keeps_its_value():
    assert str(JSONL.decode(LAYOUT, b'{"a": 1e400}')["a"]) == "1E+400"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"a": NaN}', r"it is not JSON: .*column 7"),
        (b'{"a": 1', "it is not JSON: it ends too early"),
        (b'{"a": "\xff"}', "it is not UTF-8: byte 0xff at column 8"),
        (b"9" * 5000, "too many digits"),
        (b"1e9999999999999999999", "too many digits"),
        (b"[1e999," + b"[" * 100_000, "nested too deeply"),
        (b"[" * 100_000, "nested too deeply"),
        (b"", "it is not JSON"),
        (b'{"a": "\\ud800"}', "it is not JSON"),
    ],
)
def test_what_is_no_json(body, reason):
    with pytest.raises(RecordError, match=reason):
        JSONL.decode(LAYOUT, body)


def test_text_that_is_not_utf8():
    assert TEXT.decode(LAYOUT, "é".encode()) == {"text": "é"}
    with pytest.raises(RecordError, match="byte 0xe9 at column 3"):
        TEXT.decode(LAYOUT, b"ab\xe9c")


@pytest.mark.parametrize(
    ("body", "keys"),
    [
        (b'{"a": 1, "b": {"a": 2}, "c": [{"a": 3}]}', []),
        (b'{"a": 1, "a": 2, "b": {"c": 1, "c": 1}}', ["a", "c"]),
        (b"not JSON", []),
    ],
)
def test_duplicate_keys(body, keys):
    assert duplicate_keys(body) == keys


@pytest.mark.parametrize(("opened", "closed"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_nesting_has_a_limit(opened, closed):
    decode_json(opened * 200 + b"1" + closed * 200)
    decode_json(b"[" + b"[1]," * 500 + b"[]]")
    with pytest.raises(RecordError, match="nested too deeply"):
        decode_json(opened * 201 + b"1" + closed * 201)
