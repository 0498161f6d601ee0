"""Parquet and Arrow files are merged row by row and written again."""

from __future__ import annotations

import datetime
import io
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import ipc, parquet
from three_versions import SMALL, Merged, Objects, version

from tdv.formats.contents import Contents
from tdv.formats.splice import Edit
from tdv.rowmerge.conflict import Unmergeable, settle
from tdv.rowmerge.written import edited

KINDS = {"parquet": b"a.parquet", "arrow": b"a.arrow", "stream": b"b.arrow"}


def written(table: pa.Table, kind: str = "parquet", **options: Any) -> bytes:
    out = io.BytesIO()
    if kind == "parquet":
        parquet.write_table(table, out, **options)
    else:
        make = ipc.new_file if kind == "arrow" else ipc.new_stream
        with make(out, table.schema) as writer:
            writer.write_table(table)
    return out.getvalue()


def read(data: bytes, kind: str = "parquet") -> pa.Table:
    if kind == "parquet":
        return parquet.read_table(io.BytesIO(data))
    return (ipc.open_file if kind == "arrow" else ipc.open_stream)(data).read_all()


def table(rows: list[dict[str, Any]], **types: Any) -> pa.Table:
    schema = pa.schema([("id", pa.int32()), ("text", pa.string()), *types.items()])
    return pa.Table.from_pylist(rows, schema)


def row(number: int, **more: Any) -> dict[str, Any]:
    return {"id": number, "text": f"the text of row {number}", **more}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("key", [(), ("id",)])
def test_rows_of_both_sides(kind: str, key: tuple[str, ...]) -> None:
    rows = [row(number) for number in range(300)]
    ours = [*rows[:7], row(7, text="of row 7, the text"), *rows[8:], row(400)]
    theirs = [rows[0], *rows[2:20], row(20, text="the other text of row 20"), *rows[21:], row(401)]
    sides = (written(table(each), kind) for each in (rows, ours, theirs))
    merged = Merged(*sides, name=KINDS[kind], key=key)
    expected = [ours[0], *ours[2:20], theirs[19], *ours[21:], row(401)]
    assert not merged.conflicts
    assert read(merged.data, kind).to_pylist() == expected
    assert read(merged.data, kind).schema == table(rows).schema


def test_values_of_every_type_come_back() -> None:
    schema = pa.schema(
        [
            pa.field("id", pa.int64(), nullable=False),
            ("time", pa.timestamp("ns", "Europe/Berlin")),
            ("naive", pa.timestamp("us")),
            ("day", pa.date32()),
            ("clock", pa.time64("us")),
            ("money", pa.decimal128(20, 4)),
            ("lasts", pa.duration("ms")),
            ("label", pa.dictionary(pa.int8(), pa.string())),
            ("raw", pa.binary()),
            ("small", pa.float32()),
            ("list", pa.list_(pa.struct([("when", pa.timestamp("s")), ("n", pa.uint8())]))),
            ("map", pa.map_(pa.string(), pa.decimal128(5, 1))),
            ("flag", pa.bool_()),
        ],
        metadata={"made": "by hand"},
    )
    day = datetime.datetime(2024, 5, 6, 7, 8, 9, 123456)
    rows = [
        {
            "id": number,
            "time": day.replace(tzinfo=datetime.timezone.utc),
            "naive": day,
            "day": day.date(),
            "clock": day.time(),
            "money": Decimal("12.3400"),
            "lasts": datetime.timedelta(milliseconds=1500),
            "label": f"label {number % 3}",
            "raw": b"\xff\x00",
            "small": 0.1,
            "list": [{"when": day.replace(microsecond=0), "n": 1}, None],
            "map": [("k", Decimal("1.5"))],
            "flag": None,
        }
        for number in range(20)
    ]
    base = pa.Table.from_pylist(rows, schema)
    ours = pa.Table.from_pylist([{**rows[0], "raw": b"x"}, *rows[1:]], schema)
    theirs = pa.Table.from_pylist([*rows[:19], {**rows[19], "day": None}], schema)
    merged = Merged(*map(written, (base, ours, theirs)), name=b"a.parquet", key=("id",))
    found, ours, theirs = (read(each) for each in (merged.data, written(ours), written(theirs)))
    assert found.schema.equals(ours.schema)
    assert found.schema.metadata == ours.schema.metadata
    expected = pa.concat_tables([ours.slice(0, 19), theirs.slice(19)])
    assert found.equals(expected)


@pytest.mark.parametrize("key", [(), ("id",)])
def test_both_add_a_column(key: tuple[str, ...]) -> None:
    rows = [row(number) for number in range(30)]
    ours = table([{**each, "a": each["id"]} for each in rows], a=pa.int16())
    more = [{**each, "b": 0.5} for each in [*rows, row(30)]]
    theirs = table(more, b=pa.float32())
    merged = Merged(*map(written, (table(rows), ours, theirs)), name=b"a.parquet", key=key)
    found = read(merged.data)
    assert [str(each.type) for each in found.schema] == ["int32", "string", "float", "int16"]
    assert found.to_pylist() == [
        *({**each, "b": 0.5, "a": each["id"]} for each in rows),
        {**row(30), "b": 0.5, "a": None},
    ]


def test_conflicts_are_settled_in_the_merged_table() -> None:
    rows = [row(number) for number in range(30)]
    ours, theirs = ([*rows[:5], row(5, text=text), *rows[6:]] for text in ("ours", "theirs"))
    sides = [written(table(each)) for each in (rows, ours, theirs)]
    merged = Merged(*sides, name=b"a.parquet", key=("id",))
    (conflict,) = merged.conflicts
    assert (conflict.key, conflict.number, conflict.held) == ((5,), 5, conflict.ours)
    store = merged.contents.reader
    assert isinstance(store, Objects)
    edit = Edit(5, 6, settle(conflict, "theirs", merged.contents))
    entry = edited(merged.contents, [edit], store, SMALL)
    again = b"".join(Contents(entry, store).blocks())
    assert read(again).to_pylist() == theirs
    assert read(Merged(*sides, name=b"a.parquet", favour="theirs").data).to_pylist() == theirs


def test_types_and_damage() -> None:
    rows = [row(number) for number in range(10)]
    wide = table(rows[1:]).cast(pa.schema([("id", pa.int64()), ("text", pa.string())]))
    added = table([*rows, row(10)])
    merged = Merged(*map(written, (table(rows), added, wide)), name=b"a.parquet", key=("id",))
    assert read(merged.data).schema.field("id").type == pa.int64()
    assert read(merged.data).to_pylist() == [*rows[1:], row(10)]
    other = table(rows).cast(pa.schema([("id", pa.uint8()), ("text", pa.string())]))
    with pytest.raises(Unmergeable, match="`id` has the type int64 here and uint8 there"):
        Merged(*map(written, (table(rows), wide, other)), name=b"a.parquet", key=("id",))
    with pytest.raises(Unmergeable, match="cannot be read as parquet"):
        Merged(written(added), written(wide), b"PAR1 and no more", name=b"a.parquet")


def test_compression_of_a_parquet_file_stays() -> None:
    rows = [row(number) for number in range(10)]
    versions = (rows, rows[1:], [*rows, row(10)])
    sides = [written(table(each), compression="zstd") for each in versions]
    data = Merged(*sides, name=b"a.parquet").data
    assert (
        parquet.ParquetFile(io.BytesIO(data)).metadata.row_group(0).column(0).compression == "ZSTD"
    )


def test_empty_tables() -> None:
    merged = Merged(
        written(table([])), written(table([row(1)])), written(table([row(2)])), name=b"a.parquet"
    )
    assert read(merged.data).to_pylist() == [row(1), row(2)]
    both = Merged(
        written(table([row(1)])),
        written(table([])),
        written(table([row(1), row(2)])),
        name=b"a.parquet",
    )
    assert read(both.data).to_pylist() == [row(2)]
    assert len(version(both.data, b"a.parquet")) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_many_groups_of_rows(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tdv.rowmerge.tables.GROUP_ROWS", 300)
    types = {"label": pa.dictionary(pa.int32(), pa.string())}
    rows = [row(number, label=f"label {number // 100}") for number in range(1000)]
    versions = (rows, rows[1:], [*rows, row(1000, label="new")])
    merged = Merged(
        *(written(table(each, **types), kind) for each in versions), name=KINDS[kind], key=("id",)
    )
    found = read(merged.data, kind)
    assert found.to_pylist() == [*rows[1:], row(1000, label="new")]
    assert found.schema == table(rows, **types).schema
