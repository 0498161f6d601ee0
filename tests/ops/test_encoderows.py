"""Rows that programs give become bytes that decode to the same rows, or are refused."""

from __future__ import annotations

import io
import math
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdv.errors import UsageError
from tdv.formats.registry import format_named
from tdv.ops.encoderows import encode_rows

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**90), 2**90)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
)
ROWS = st.lists(st.dictionaries(st.sampled_from("abc"), SCALARS | st.lists(SCALARS)), max_size=4)


def decoded(name: str, data: bytes) -> list:
    format_ = format_named(name)
    split = format_.split(io.BytesIO(data))
    blocks = [piece.data for piece in split]
    bodies = format_.bodies(split.layout, blocks)
    return [format_.decode(split.layout, body) for body in bodies]


@settings(max_examples=100, deadline=None)
@given(ROWS, st.sampled_from(["jsonl", "json"]))
def test_rows_come_back(rows, name):
    assert decoded(name, encode_rows(b"x." + name.encode(), rows).read()) == rows


def test_a_number_beyond_a_float_stays_a_number():
    assert encode_rows(b"x.jsonl", [{"a": Decimal("1e400")}]).read() == b'{"a":1E+400}\n'


@pytest.mark.parametrize("value", [math.nan, math.inf, [None, {"x": -math.inf}]])
def test_what_is_no_number_is_not_made_null(value):
    rows = [{"ok": None}, {"a": None, "score": value}]
    with pytest.raises(UsageError, match=r"Row 1 .* 'score' is not a finite number"):
        encode_rows(b"x.jsonl", rows).read()
