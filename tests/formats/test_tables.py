"""Parquet and Arrow files: rows that Python holds, and files that are damaged."""

from __future__ import annotations

import decimal
import io
import math

import pyarrow as pa
import pyarrow.parquet
import pytest

from tdv.errors import RecordError
from tdv.formats.registry import format_named
from tdv.formats.rows import Layout

DAY = 86_400 * 10**9
COLUMNS = {
    "n": (pa.array([2**64 - 1, 0], pa.uint64()), [2**64 - 1, 0]),
    "text": (pa.array(["é", None]), ["é", None]),
    "bytes": (pa.array([b"\xff", b""]), [b"\xff", b""]),
    "list": (pa.array([[1, None], []], pa.list_(pa.int8())), [[1, None], []]),
    "fixed": (pa.array([[0.5, 1], [2, 3]], pa.list_(pa.float32(), 2)), [[0.5, 1.0], [2.0, 3.0]]),
    "struct": (
        pa.array([{"t": 1}, {"t": None}], pa.struct([("t", pa.time64("ns"))])),
        [{"t": "00:00:00.000000001"}, {"t": None}],
    ),
    "map": (pa.array([[("a", 1)], []], pa.map_(pa.string(), pa.int64())), [[["a", 1]], []]),
    "nanoseconds": (
        pa.array([1, -DAY], pa.timestamp("ns")),
        ["1970-01-01 00:00:00.000000001", "1969-12-31 00:00:00.000000000"],
    ),
    "far": (pa.array([2**61, 0], pa.timestamp("us")), None),
    "zone": (
        pa.array([1, None], pa.timestamp("us", "Europe/Berlin")),
        ["1970-01-01 00:00:00.000001Z", None],
    ),
    "times": (
        pa.array([[0], []], pa.list_(pa.timestamp("ms"))),
        [["1970-01-01 00:00:00.000"], []],
    ),
    "day": (pa.array([0, 1], pa.date32()), ["1970-01-01", "1970-01-02"]),
    "duration": (pa.array([5, -1], pa.duration("ns")), [5, -1]),
    "decimal": (pa.array([decimal.Decimal("1.10"), None]), ["1.10", None]),
    "category": (pa.array(["a", "b"]).dictionary_encode(), ["a", "b"]),
}


def stored(table: pa.Table, form: str) -> bytes:
    out = io.BytesIO()
    if form == "parquet":
        pa.parquet.write_table(table, out)
    else:
        make = pa.ipc.new_file if form == "file" else pa.ipc.new_stream
        with make(out, table.schema) as writer:
            writer.write_table(table)
    return out.getvalue()


def rows(data: bytes, form: str) -> list[dict[str, object]]:
    format_ = format_named("parquet" if form == "parquet" else "arrow")
    bodies = format_.open_bodies(io.BytesIO(data))
    return [format_.decode(Layout(format_.name), body) for body in bodies]


@pytest.mark.parametrize("form", ["parquet", "file", "stream"])
@pytest.mark.parametrize("name", COLUMNS)
def test_values(form, name):
    column, expected = COLUMNS[name]
    found = [row["x"] for row in rows(stored(pa.table({"x": column}), form), form)]
    assert len(found) == 2
    if expected is not None:
        assert found == expected


@pytest.mark.parametrize("form", ["parquet", "file", "stream"])
def test_many_rows_in_order(form):
    table = pa.table({"a": range(1000), "b": [float("nan")] * 1000})
    found = rows(stored(table, form), form)
    assert [row["a"] for row in found] == list(range(1000))
    assert all(math.isnan(row["b"]) for row in found)
    assert list(found[0]) == ["a", "b"]


def test_equal_rows_have_equal_bodies():
    format_ = format_named("parquet")
    data = stored(pa.table({"a": [math.nan, math.nan], "b": [[1], [1]]}), "parquet")
    first, second = format_.open_bodies(io.BytesIO(data))
    assert first == second


def test_columns_of_one_name():
    table = pa.table([pa.array([1]), pa.array([2]), pa.array([3])], names=["a", "a", "a_2"])
    assert rows(stored(table, "stream"), "stream") == [{"a": 1, "a_2": 2, "a_2_2": 3}]


@pytest.mark.parametrize("form", ["parquet", "file", "stream"])
@pytest.mark.parametrize("keep", [0, 3, 100, -3])
def test_damaged_files(form, keep):
    data = stored(pa.table({"a": list(range(5000))}), form)
    if form == "stream" and keep == -3:
        keep = len(data) // 2
    format_ = format_named("parquet" if form == "parquet" else "arrow")
    *before, last = format_.open_bodies(io.BytesIO(data[:keep]))
    assert len(before) < 5000
    with pytest.raises(RecordError, match="it cannot be read as"):
        format_.decode(Layout(format_.name), last)


def test_rows_do_not_come_from_blocks():
    format_ = format_named("parquet")
    with pytest.raises(TypeError, match="not slices"):
        format_.bodies(Layout("parquet"), [])
