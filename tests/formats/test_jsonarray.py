"""JSON arrays: separators, structure, and lines where an array is broken."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from split_checks import SMALL, split

from tdv.errors import RecordError
from tdv.formats.cut import Cut
from tdv.formats.jsonscan import ValueScan
from tdv.formats.registry import format_named

JSON = format_named("json")
WIDE = Cut(30, 20, 400, 4000)
CUTS = st.sampled_from([SMALL, Cut(8, 8, 20, 20), WIDE])
TEXTS = st.sampled_from(["", "x, y", '"}]', "\\", "[1,\n2]", "é"])
VALUES = st.recursive(
    st.none() | st.integers(-5, 10**6) | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner),
    max_leaves=6,
)
MARKS = [
    *(b"{", b"}", b"[", b"]", b'"', b'"a"', b":", b",", b" ", b"\n", b"1", b"nul", b"\\", b'\\"'),
    *(b'{"a":1}', b'"k":', b"[1,2]", b"\xff", b',"x":"y"', b", 22"),
]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(VALUES, max_size=20),
    st.sampled_from([None, 1, 4]),
    st.sampled_from([(",", ":"), (", ", ": ")]),
    st.sampled_from([b"", b"\xef\xbb\xbf", b" \r\n"]),
    st.sampled_from([b"", b"\n", b" \r\n "]),
    CUTS,
)
def test_arrays(values, indent, separators, before, after, cut):
    text = json.dumps(values, indent=indent, separators=separators).encode()
    layout, _, bodies = split("json", before + text + after, cut)
    assert [json.loads(body) for body in bodies] == values
    assert layout.params == ()


@settings(max_examples=150, deadline=None)
@given(
    st.lists(VALUES, min_size=1, max_size=20),
    st.sampled_from([None, 1]),
    st.integers(0, 500),
    st.sampled_from([b"", b'"', b"}", b"x", b"\n", b",", b"]"]),
    st.integers(0, 1),
    CUTS,
)
def test_damaged_arrays(values, indent, at, inserted, removed, cut):
    text = json.dumps(values, indent=indent).encode()
    at %= len(text)
    split("json", text[:at] + inserted + text[at + removed :], cut)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(MARKS), max_size=12).map(b"".join))
def test_a_scanned_value_ends_where_msgspec_says(data):
    scan, slow = ValueScan(), ValueScan()
    scan.feed(data, 0, len(data), True)
    for at in range(len(data)):
        if slow.feed(data, at, at + 1, at + 1 == len(data)):
            break
    assert (scan.end, scan.error) == (slow.end, slow.error)
    try:
        values = msgspec.json.decode(b"[" + data + b"]", type=list[msgspec.Raw])
    except (ValueError, RecursionError):
        return
    if values:
        assert scan.end is not None
        assert data[: scan.end].lstrip(b" \n") == bytes(values[0])


def test_prefix_separators_and_suffix():
    layout, _, bodies = split("json", b' [\n  1 ,\r\n {"a": [2]}\n ] \n', WIDE)
    assert (layout.prefix, layout.suffix) == (b" [\n  ", b"\n ] \n")
    assert bodies == [b"1", b'{"a": [2]}']
    assert [JSON.decode(layout, body) for body in bodies] == [{"value": 1}, {"a": [2]}]


@pytest.mark.parametrize("data", [b"[]", b" [ ] ", b"[\n]\n"])
def test_empty_arrays(data):
    layout, pieces, _ = split("json", data)
    assert not pieces
    assert layout.prefix + layout.suffix == data
    assert layout.params == ()


@pytest.mark.parametrize(
    ("data", "lines_from", "bodies"),
    [
        (b"", None, []),
        (b"nothing", 0, [b"nothing"]),
        (b"[1,2,]", 2, [b"1", b"2", b"]"]),
        (b"[1,2] x\ny\n", 2, [b"1", b"2", b"x", b"y"]),
        (b"[1,2]\n[3]", 2, [b"1", b"2", b"[3]"]),
        (b"[]{}", 0, [b"]{}"]),
        (b"[1,2", 1, [b"1", b"2"]),
        (b"[1,2,", None, [b"1", b"2"]),
        (b'[{"a":1},{"a" 2},\n{"a":3}]', 1, [b'{"a":1}', b'{"a" 2},', b'{"a":3}]']),
        (b'[{"a":NaN},{"a":2}]', None, [b'{"a":NaN}', b'{"a":2}']),
        (b'["a\nb", 1]', 0, [b'"a', b'b", 1]']),
        (b"[1 2, 3]", 0, [b"1 2, 3]"]),
        (b"[,1]", 0, [b",1]"]),
        (b"[1,,2]", 1, [b"1", b",2]"]),
    ],
)
def test_where_lines_start(data, lines_from, bodies):
    layout, _, found = split("json", data, WIDE)
    assert layout.lines_from == lines_from
    assert found == bodies


def test_a_missing_brace_hides_no_row_behind_it():
    data = b'[\n{"a": {"b": 1},\n{"a": 2},\n{"a": 3}\n]\n'
    layout, _, bodies = split("json", data, WIDE)
    assert JSON.decode(layout, bodies[1]) == {"a": 2}
    assert JSON.decode(layout, bodies[2]) == {"a": 3}
    for bad in (0, 3):
        with pytest.raises(RecordError):
            JSON.decode(layout, bodies[bad])


def test_long_values_are_stored_in_pieces():
    long = b'{"a": "' + b"x, y\\n" * 100 + b'"}'
    _, pieces, bodies = split("json", b"[1, " + long + b" ,\n 2]", SMALL)
    assert bodies == [b"1", long, b"2"]
    assert [piece.records for piece in pieces] == [1, *[0] * (len(pieces) - 3), 1, 1]


@pytest.mark.parametrize(
    ("end", "rest", "lines_from"),
    [
        (b"}\n]]\n7\n8", [b"]", b"7", b"8"], 2),
        (b" 6\n7\n8", [b"7", b"8"], 2),
        (b"} 6\n7\n8", [b"7", b"8"], 2),
        (b"", [], None),
    ],
)
def test_a_long_broken_value_ends_with_its_line(end, rest, lines_from):
    long = b'{"a":\n "' + b"x" * 500 + b'"'
    layout, _, bodies = split("json", b"[1, " + long + end, SMALL)
    assert bodies[0] == b"1"
    assert bodies[1].startswith(long)
    assert bodies[2:] == rest
    assert layout.lines_from == lines_from


@pytest.mark.parametrize("spaces", [30_000, 40_000, 200_000])
@pytest.mark.parametrize("form", [b"%s[1,2]", b"[%s1,2]", b"[1%s,2]", b"[1,%s2]", b"[1,2]%s"])
def test_many_spaces(form, spaces):
    _, _, bodies = split("json", form.replace(b"%s", b" \n" * (spaces // 2)), Cut())
    assert len(bodies) >= 1


def test_different_rows_and_real_sizes():
    rows = [
        {"id": number, "messages": [{"id": 1}, {"id": 2}], "pad": "x" * (number % 700)}
        | ({"score": float("nan")} if 1000 < number < 1100 else {})
        for number in range(3000)
    ]
    for indent in (None, 2):
        layout, pieces, bodies = split("json", json.dumps(rows, indent=indent).encode(), Cut())
        assert len(bodies) == 3000
        assert layout.params == ()
        assert all(96 << 10 <= len(piece.data) <= 512 << 10 for piece in pieces[:-1])
