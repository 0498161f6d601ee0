"""A file's rows as an Arrow table, for programs. pyarrow is imported here and in its formats."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

import pyarrow as pa

from tdv.errors import RecordError
from tdv.formats.rows import Row

if TYPE_CHECKING:
    from tdv.formats.contents import Contents


def to_table(contents: Contents, rows: Iterable[Row], schema: Any = None) -> Any:
    """The rows as a `pyarrow.Table`; a field that a row lacks is null there.

    Args:
        contents: the file. Parquet files are read as they are, types included.
        rows: its rows.
        schema: a `pyarrow.Schema`; by default the union of all fields, with types that hold all
            values.

    Raises:
        RecordError: the values of one field have types that no Arrow column holds together.
    """
    if contents.entry.format == "parquet" and schema is None:
        import pyarrow.parquet as pq

        return pq.read_table(cast("Any", contents.open()))
    columns, count = _columns(rows)
    if schema is None:
        return pa.table({name: _column(name, values) for name, values in columns.items()})
    nulls: list[Any] = [None] * count
    arrays = [_column(field.name, columns.get(field.name, nulls), field.type) for field in schema]
    return pa.table(arrays, schema=schema)


def _columns(rows: Iterable[Row]) -> tuple[dict[str, list[Any]], int]:
    """The values of each field, all of one length, and that length."""
    columns: dict[str, list[Any]] = {}
    count = 0
    for row in rows:
        for name, value in row.items():
            column = columns.setdefault(name, [])
            column.extend([None] * (count - len(column)))
            column.append(value)
        count += 1
    for column in columns.values():
        column.extend([None] * (count - len(column)))
    return columns, count


def _column(name: str, values: list[Any], type_: Any = None) -> Any:
    try:
        return pa.array(values, type_)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError) as error:
        raise RecordError(
            f"The field {name!r} has values that no Arrow column holds together: {error}.",
            hint="Give a schema that says which type the field is to have.",
        ) from error
