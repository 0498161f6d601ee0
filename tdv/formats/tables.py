"""Parquet, Arrow and Feather files: kept as bytes, decoded to rows on demand.

A row's body is msgpack, fields in the order of the columns. Times and dates become text, since
Python's own types hold neither nanoseconds nor every year; decimals become text as well, bytes
stay bytes, and a duration is a whole number of its column's unit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO, TypeAlias

import msgspec

from tdv.formats.blob import BlobSplit
from tdv.formats.cut import DEFAULT_CUT, Cut
from tdv.formats.rows import Layout, Row, damage, refuse_damage

# pyarrow has no types of its own, and is imported only where a table is decoded.
ArrowArray: TypeAlias = Any
ArrowBatch: TypeAlias = Any
ArrowType: TypeAlias = Any

# Rows decoded at a time: large enough for Arrow, small enough for rows of 100 kB.
BATCH_ROWS = 256


class TableFormat:
    """A table in a binary file; rows by the names of the columns."""

    sliced = False
    has_rows = True

    def __init__(self, name: str) -> None:
        """The format `parquet` or `arrow` (which `.feather` and `.ipc` files are as well)."""
        self.name = name

    def split(self, source: BinaryIO, cut: Cut = DEFAULT_CUT) -> BlobSplit:
        """Cut a stream by content."""
        return BlobSplit(self.name, source, cut)

    def bodies(self, layout: Layout, blocks: Iterable[bytes], first: int = 0) -> Iterator[bytes]:
        """TypeError: these rows come from `open_bodies`."""
        raise TypeError(f"the rows of a {self.name} file are not slices of it")

    def open_bodies(self, file: BinaryIO) -> Iterator[bytes]:
        """Each row as msgpack; `damage` behind them when the file is damaged or of another kind."""
        import pyarrow  # 100 ms, which only decoding needs to spend

        encode = msgspec.msgpack.Encoder(enc_hook=plain).encode
        batches = self._batches(file)
        while True:
            try:
                batch = next(batches, None)
                rows = [] if batch is None else list(_rows(batch))
            except (pyarrow.ArrowException, ValueError, OSError) as error:
                reason = str(error).partition("\n")[0].rstrip(".")
                yield damage(f"it cannot be read as {self.name}: {reason}")
                return
            if batch is None:
                return
            yield from map(encode, rows)

    def decode(self, layout: Layout, body: bytes) -> Row:
        """The row of a body; RecordError for one that stands for damage."""
        refuse_damage(body)
        row: Row = msgspec.msgpack.decode(body)
        return row

    def _batches(self, file: BinaryIO) -> Iterator[ArrowBatch]:
        if self.name == "parquet":
            from pyarrow.parquet import ParquetFile

            yield from ParquetFile(file).iter_batches(BATCH_ROWS)
            return
        from pyarrow import ipc

        magic = file.read(6)
        file.seek(0)
        source: Any = file
        if magic == b"ARROW1":
            reader: Any = ipc.open_file(source)
            batches: Any = (reader.get_batch(i) for i in range(reader.num_record_batches))
        else:
            batches = ipc.open_stream(source)
        for batch in batches:
            for start in range(0, batch.num_rows, BATCH_ROWS):
                yield batch.slice(start, BATCH_ROWS)


def _rows(batch: ArrowBatch) -> Iterator[Row]:
    names = column_names(batch.schema.names)
    columns = [shown(column).to_pylist() for column in batch.columns]
    if not columns:
        return iter([{} for _ in range(batch.num_rows)])
    return (dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True))


def column_names(names: list[str]) -> list[str]:
    """Each name once: a repeated one gets `_2`, `_3` behind it, as in CSV."""
    found: dict[str, None] = {}
    for wanted in names:
        name, again = wanted, 1
        while name in found:
            again += 1
            name = f"{wanted}_{again}"
        found[name] = None
    return list(found)


def shown(column: ArrowArray) -> ArrowArray:
    """A column whose values plain Python types hold."""
    for stage in (_in_utc, _as_text):
        wanted = _mapped(column.type, stage)
        if wanted != column.type:
            column = column.cast(wanted)
    return column


def shown_type(kind: ArrowType) -> ArrowType:
    """The type of a column's values as they are shown."""
    return _mapped(_mapped(kind, _in_utc), _as_text)


def _in_utc(kind: ArrowType) -> ArrowType:
    import pyarrow

    if isinstance(kind, pyarrow.BaseExtensionType):
        return kind.storage_type
    if isinstance(kind, pyarrow.DictionaryType):
        return kind.value_type
    if isinstance(kind, pyarrow.TimestampType) and kind.tz is not None:
        return pyarrow.timestamp(kind.unit, "UTC")
    return kind


def _as_text(kind: ArrowType) -> ArrowType:
    import pyarrow

    if isinstance(kind, pyarrow.DurationType):
        return pyarrow.int64()
    is_text = pyarrow.types.is_temporal(kind) and not pyarrow.types.is_interval(kind)
    return pyarrow.string() if is_text else kind


def _mapped(kind: ArrowType, change: Callable[[ArrowType], ArrowType]) -> ArrowType:
    """A type with every type inside it changed."""
    import pyarrow

    if isinstance(kind, pyarrow.StructType):
        fields = [kind.field(i) for i in range(kind.num_fields)]
        return pyarrow.struct([field.with_type(_mapped(field.type, change)) for field in fields])
    if isinstance(kind, pyarrow.MapType):
        return pyarrow.map_(_mapped(kind.key_type, change), _mapped(kind.item_type, change))
    if isinstance(kind, pyarrow.ListType):
        return pyarrow.list_(kind.value_field.with_type(_mapped(kind.value_type, change)))
    if isinstance(kind, pyarrow.LargeListType):
        return pyarrow.large_list(kind.value_field.with_type(_mapped(kind.value_type, change)))
    if isinstance(kind, pyarrow.FixedSizeListType):
        inner = kind.value_field.with_type(_mapped(kind.value_type, change))
        return pyarrow.list_(inner, kind.list_size)
    return change(kind)


def plain(value: Any) -> Any:
    """What msgpack holds for a value of a rarer type: a numpy scalar, an interval."""
    return value.item() if hasattr(value, "item") else str(value)
