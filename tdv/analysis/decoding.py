"""Records of a unit, and what they decode to, for extraction and for looks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

import msgspec

from tdv.analysis.sources import SourceFile, Unit
from tdv.errors import RecordError
from tdv.formats.lines import MAX_NESTING
from tdv.formats.registry import format_named
from tdv.formats.rows import Layout, OpenedFormat
from tdv.quality.extract import Decoded
from tdv.quality.schema import compile_schema
from tdv.quality.subject import Row, Subject

# Rows of these formats hold texts only, so numbers are told from texts by the schema.
UNTYPED = ("csv", "tsv")


class RowDecoder:
    """Decodes the records of one file.

    Args:
        layout: of the file.
        subject: whose schema says which texts of an untyped format are numbers.
    """

    def __init__(self, layout: Layout, subject: Subject) -> None:
        format_ = format_named(layout.format)
        self._decode, self._layout = format_.decode, layout
        name = layout.format.partition(".")[0]
        schema = subject.schema if name in UNTYPED else None
        self._coerced = compile_schema(schema).coerced if schema else None
        self._fast = msgspec.json.Decoder().decode if name in ("jsonl", "json") else None

    def many(self, bodies: Sequence[bytes]) -> Decoded:
        """The rows of records, and why some have none."""
        rows: list[Row | None] = []
        reasons: dict[int, str] = {}
        fast = self._fast
        for number, body in enumerate(bodies):
            if fast is not None and body.count(b"{") + body.count(b"[") <= MAX_NESTING:
                try:
                    value = fast(body)
                except (msgspec.MsgspecError, UnicodeDecodeError):
                    pass
                else:
                    rows.append(value if type(value) is dict else {"value": value})
                    continue
            try:
                rows.append(self.one(body))
            except RecordError as error:
                reasons[number] = error.message
                rows.append(None)
        return Decoded(rows, reasons)

    def one(self, body: bytes) -> Row:
        """The row of a record; RecordError says why there is none."""
        row = self._decode(self._layout, body)
        return row if self._coerced is None else self._coerced(row)


def bodies_of(file: SourceFile, unit: Unit, blocks: Sequence[bytes]) -> Iterator[bytes]:
    """The records in the chunks of a unit."""
    format_ = format_named(file.layout.format)
    return format_.bodies(file.layout, blocks, unit.first)


def opened_bodies(file: SourceFile) -> Iterator[bytes]:
    """The records of a file in which only decoding tells them."""
    format_ = format_named(file.layout.format)
    assert isinstance(format_, OpenedFormat)
    with file.source.open(file.entry) as stream:
        yield from format_.open_bodies(stream)


def batches(bodies: Iterator[bytes], size: int) -> Iterator[list[bytes]]:
    """Bodies in lists of at most so many."""
    while batch := list(islice(bodies, size)):
        yield batch
