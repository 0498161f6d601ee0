"""Parquet and Arrow files: three schemas joined, and merged rows written as a table again.

Rows are merged as `tdv.formats.tables` shows them, times and decimals as text. What is written
is read back the same way, batch by batch, and compared, so that a type that does not come back
as it was is refused rather than changed.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from itertools import accumulate, islice
from typing import Any, BinaryIO, TypeAlias, cast

import msgspec
import pyarrow
from pyarrow import ipc, parquet

from tdv.formats.contents import Contents
from tdv.formats.rows import Layout, Row
from tdv.formats.tables import BATCH_ROWS, column_names, plain, shown, shown_type
from tdv.rowdiff.sides import ProjectedSide, Side
from tdv.rowmerge.bodies import Bodies
from tdv.rowmerge.columns import Column, Header, Joined, join, origins
from tdv.rowmerge.compared import Compared, compare_alike, compare_pairs, kept_columns
from tdv.rowmerge.conflict import Unmergeable
from tdv.rowmerge.forms import Form, RowForm
from tdv.rowmerge.values import Favour

ArrowArray: TypeAlias = Any
ArrowField: TypeAlias = Any
ArrowSchema: TypeAlias = Any

# Rows, and bytes, of one row group of a Parquet file, or batch of an Arrow file.
GROUP_ROWS = 64 << 10
GROUP_BYTES = 32 << 20
_WRONG = (pyarrow.ArrowException, ArithmeticError, ValueError, TypeError, AttributeError)
_encode = msgspec.msgpack.Encoder(enc_hook=plain).encode


class TableCells:
    """The values of a row by the names of the columns."""

    blank = None

    def __init__(self, columns: Sequence[Column]) -> None:
        self._names = [column.name for column in columns]

    def split(self, body: bytes) -> list[Any]:
        """The values of a row."""
        return list(msgspec.msgpack.decode(body).values())

    def join(self, cells: list[Any]) -> bytes:
        """The row of some values."""
        return msgspec.msgpack.encode(dict(zip(self._names, cells, strict=True)))

    def splitter(self, header: Header) -> Callable[[bytes], list[Any]]:
        """The values of a version's rows are what they are."""
        return self.split


def compare_tables(
    base: Contents | None,
    ours: Contents,
    theirs: Contents,
    key: Sequence[str],
    favour: Favour,
    single: bool = False,
) -> tuple[Compared, ArrowSchema]:
    """Compare three tables; also the schema of the merged one.

    Args:
        single: for single rows of theirs, so that ours' columns stay as they are.

    Raises:
        Unmergeable: a table is damaged, or the schemas contradict each other.
    """
    here, there = schema_of(ours), schema_of(theirs)
    headers = _header(here), _header(there)
    if base is None:
        old_header = headers[0].only(headers[1].names)
        old = pyarrow.schema([here.field(headers[0].names.index(n)) for n in old_header.names])
    else:
        old = schema_of(base)
        old_header = _header(old)
    three = old_header, *headers
    origin = origins(old_header, headers[0], None), origins(old_header, headers[1], None)
    if base is not None and len({each.names for each in three}) == 1:
        compared = compare_alike(base, ours, theirs, key)
        joined = join(
            three,
            origin,
            frozenset(),
            favour,
            lambda columns, _: TableCells(columns),
            single=single,
        )
        return compared, _joined_schema(joined, (old, here, there), favour)
    pairs = [_pair(base, ours, three[0], three[1]), _pair(base, theirs, three[0], three[2])]
    found = compare_pairs(base, ours, theirs, pairs, key)
    raw = Side(ours if base is None else base), Side(ours), Side(theirs)
    kept = kept_columns(three, origin, found, raw, favour, single)
    joined = join(
        three, origin, kept, favour, lambda columns, _: TableCells(columns), single=single
    )
    bodies = [Bodies(side, joined.converter(at)) for at, side in enumerate(raw)]
    form = RowForm(Form(ours.format, Layout(ours.format.name)))
    compared = Compared(*found, bodies[0], bodies[1], bodies[2], form, False, joined)
    return compared, _joined_schema(joined, (old, here, there), favour)


def under_columns(body: bytes, schema: ArrowSchema) -> bytes:
    """A row with its values in the order of the columns; Unmergeable when it has others."""
    row = msgspec.msgpack.decode(body)
    names = column_names(schema.names)
    if list(row) == names:
        return body
    unknown = next((name for name in row if name not in names and row[name] is not None), None)
    if unknown is not None:
        raise Unmergeable(f"the file has no column `{unknown}`")
    return msgspec.msgpack.encode({name: row.get(name) for name in names})


def schema_of(contents: Contents) -> ArrowSchema:
    """The schema of a stored table; Unmergeable when it cannot be read."""
    try:
        with contents.open() as opened:
            file: Any = opened
            if contents.format.name == "parquet":
                return parquet.ParquetFile(file).schema_arrow
            magic = file.read(6)
            file.seek(0)
            made = ipc.open_file(file) if magic == b"ARROW1" else ipc.open_stream(file)
            return made.schema
    except (*_WRONG, OSError) as error:
        raise Unmergeable(f"it cannot be read as {contents.format.name}") from error


@contextmanager
def written_table(
    bodies: Iterable[bytes], schema: ArrowSchema, like: Contents
) -> Iterator[BinaryIO]:
    """A temporary file with a table of some rows, in the format of another file.

    Args:
        bodies: rows as msgpack, under the names of the schema's columns.

    Raises:
        Unmergeable: a column has a type that rows cannot be written in.
    """
    with tempfile.TemporaryFile() as file:
        try:
            with _writer(file, schema, like) as writer:
                _write(iter(bodies), schema, like, writer)
        except _WRONG as error:
            reason = str(error).partition("\n")[0].rstrip(".")
            raise Unmergeable(f"it cannot be written as {like.format.name}: {reason}") from error
        file.seek(0)
        yield cast(BinaryIO, file)


def _write(rows: Iterator[bytes], schema: ArrowSchema, like: Contents, writer: Any) -> None:
    batches: list[Any] = []
    count = size = 0
    # An Arrow file has one dictionary for all its batches, which the last row may add to.
    at_once = like.format.name != "parquet" and _has_dictionaries(schema)
    while part := list(islice(rows, BATCH_ROWS)):
        batch = _batch(part, schema)
        batches.append(batch)
        count, size = count + batch.num_rows, size + batch.nbytes
        if not at_once and (count >= GROUP_ROWS or size >= GROUP_BYTES):
            writer.write_table(pyarrow.Table.from_batches(batches, schema))
            batches, count, size = [], 0, 0
    table = pyarrow.Table.from_batches(batches, schema)
    writer.write_table(table.unify_dictionaries() if at_once else table)


def _has_dictionaries(schema: ArrowSchema) -> bool:
    return any(pyarrow.types.is_dictionary(field.type) for field in schema)


def _writer(file: Any, schema: ArrowSchema, like: Contents) -> Any:
    if like.format.name != "parquet":
        with like.open() as old:
            is_file = old.read(6) == b"ARROW1"
        return ipc.new_file(file, schema) if is_file else ipc.new_stream(file, schema)
    with like.open() as old:
        found = parquet.ParquetFile(old).metadata
        known = found.num_row_groups and found.num_columns
        codec: Any = found.row_group(0).column(0).compression.lower() if known else "snappy"
    return parquet.ParquetWriter(
        file, schema, compression="none" if codec == "uncompressed" else codec
    )


def _header(schema: ArrowSchema) -> Header:
    names = tuple(column_names(schema.names))
    return Header(names, tuple(name.encode() for name in names), b",", b"", b"")


def _pair(
    base: Contents | None, side: Contents, old: Header, new: Header
) -> tuple[Side, Side, None]:
    if base is None:
        return Side(side), Side(side), None
    if old.names == new.names:
        return Side(base), Side(side), None
    shared = frozenset(old.names) & frozenset(new.names)

    def project(row: Row) -> Row:
        return {name: value for name, value in row.items() if name in shared}

    return ProjectedSide(base, project), ProjectedSide(side, project), None


def _joined_schema(
    joined: Joined, schemas: tuple[ArrowSchema, ArrowSchema, ArrowSchema], favour: Favour
) -> ArrowSchema:
    fields = []
    for column in joined.columns:
        found = [
            None if place is None else schema.field(place)
            for place, schema in zip(column.places, schemas, strict=True)
        ]
        field = _joined_field(column.name, found, favour)
        everywhere = all(place is not None for place in column.places[1:])
        fields.append(field if everywhere else field.with_nullable(True))
    return pyarrow.schema(fields, metadata=schemas[joined.lead].metadata)


def _joined_field(name: str, fields: list[ArrowField], favour: Favour) -> ArrowField:
    base, ours, theirs = fields
    if ours is None or theirs is None:
        return theirs if ours is None else ours
    nullable = ours.nullable or theirs.nullable
    if ours.type == theirs.type or (base is not None and base.type == theirs.type):
        return ours.with_nullable(nullable)
    if favour == "theirs" or (base is not None and base.type == ours.type):
        return theirs.with_nullable(nullable)
    if favour == "ours":
        return ours.with_nullable(nullable)
    raise Unmergeable(f"the column `{name}` has the type {ours.type} here and {theirs.type} there")


def _batch(bodies: list[bytes], schema: ArrowSchema) -> Any:
    rows = [list(msgspec.msgpack.decode(body).values()) for body in bodies]
    columns = zip(*rows, strict=True) if len(schema) else ()
    arrays = [_array(list(values), field) for values, field in zip(columns, schema, strict=True)]
    return pyarrow.RecordBatch.from_arrays(arrays, schema=schema)


def _array(values: list[Any], field: ArrowField) -> ArrowArray:
    try:
        array = _typed(values, field.type)
        same = _encode(shown(array).to_pylist()) == _encode(values)
    except _WRONG as error:
        raise Unmergeable(_refusal(field)) from error
    if not same:
        raise Unmergeable(_refusal(field))
    return array


def _typed(values: list[Any], kind: Any) -> ArrowArray:
    """Values as they are shown, in a column's own type."""
    types = pyarrow.types
    if types.is_struct(kind):
        return _structs(values, [kind.field(at) for at in range(kind.num_fields)])
    if types.is_list(kind) or types.is_large_list(kind):
        offsets, flat = _flat(values, pyarrow.int64() if types.is_large_list(kind) else None)
        make = pyarrow.LargeListArray if types.is_large_list(kind) else pyarrow.ListArray
        return make.from_arrays(offsets, _typed(flat, kind.value_type), type=kind)
    if types.is_map(kind):
        offsets, flat = _flat(values, None)
        keys = _typed([key for key, _ in flat], kind.key_type)
        items = _typed([item for _, item in flat], kind.item_type)
        maps: Any = pyarrow.MapArray
        return maps.from_arrays(offsets, keys, items, type=kind)
    if types.is_time(kind):  # Arrow reads a time of day from text with a date alone
        stamps = [None if value is None else f"1970-01-01 {value}" for value in values]
        return pyarrow.array(stamps, pyarrow.string()).cast(pyarrow.timestamp(kind.unit)).cast(kind)
    if types.is_decimal(kind):
        values = [None if value is None else Decimal(value) for value in values]
    return pyarrow.array(values, shown_type(kind)).cast(kind)


def _structs(values: list[Any], fields: list[ArrowField]) -> ArrowArray:
    children = [
        _typed([None if value is None else value.get(field.name) for value in values], field.type)
        for field in fields
    ]
    missing = pyarrow.array([value is None for value in values], pyarrow.bool_())
    return pyarrow.StructArray.from_arrays(children, fields=fields, mask=missing)


def _flat(values: list[Any], kind: Any) -> tuple[ArrowArray, list[Any]]:
    """Offsets of lists, null where there is none, and all their elements."""
    ends = list(accumulate((len(value or ()) for value in values), initial=0))
    starts = [None if value is None else ends[at] for at, value in enumerate(values)]
    flat = [each for value in values for each in value or ()]
    return pyarrow.array([*starts, ends[-1]], kind or pyarrow.int32()), flat


def _refusal(field: ArrowField) -> str:
    return f"rows with a column `{field.name}` of the type {field.type} cannot be written"
