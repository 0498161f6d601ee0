"""Records of a unit, and what they decode to, for extraction and for looks."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import msgspec

from tdv.analysis.sources import SourceFile, Unit
from tdv.errors import RecordError
from tdv.formats.lines import MAX_NESTING
from tdv.formats.registry import format_named
from tdv.formats.rows import Layout, OpenedFormat
from tdv.quality.extracting.batch import Decoded
from tdv.quality.schemas.schema import compile_schema
from tdv.quality.subject import Roles, Row, Subject

# Rows of these formats hold texts only, so numbers are told from texts by schema or roles.
UNTYPED = ("csv", "tsv")


class RowDecoder:
    """Decodes the records of one file.

    Args:
        layout: of the file.
        subject: whose schema, or else roles, say which texts of an untyped format are numbers.
    """

    def __init__(self, layout: Layout, subject: Subject) -> None:
        format_ = format_named(layout.format)
        self._decode, self._layout = format_.decode, layout
        name = layout.format.partition(".")[0]
        schema = subject.schema or _implied(subject.roles) if name in UNTYPED else None
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


def _implied(roles: Roles) -> Mapping[str, Any]:
    """What roles say of the types of fields, where no schema does."""
    lists = filter(None, (roles.entities, roles.messages, roles.embedding))
    types = {field: ["number", "null"] for field in roles.numbers}
    types |= {field: ["array", "null"] for field in lists}
    return {"properties": {field: {"type": kinds} for field, kinds in types.items()}}


def bodies_of(file: SourceFile, blocks: Iterable[bytes], first: int) -> Iterator[bytes]:
    """The records in consecutive chunks, of which the first starts with that record."""
    return format_named(file.layout.format).bodies(file.layout, blocks, first)


def opened_bodies(file: SourceFile) -> Iterator[bytes]:
    """The records of a file in which only decoding tells them."""
    format_ = format_named(file.layout.format)
    assert isinstance(format_, OpenedFormat)
    with file.source.open(file.entry) as stream:
        yield from format_.open_bodies(stream)
    file.source.check()


def batches(bodies: Iterator[bytes], size: int) -> Iterator[list[bytes]]:
    """Bodies in lists of at most so many."""
    while batch := list(islice(bodies, size)):
        yield batch


def placed_bodies(
    file: SourceFile, unit: Unit, rows: Sequence[int]
) -> Iterator[tuple[int, bytes, int]]:
    """Some records of a unit: number in the file, body, and line ends of the unit before it.

    Args:
        rows: their numbers in the file, ascending.
    """
    wanted = deque(rows)
    first, lines = unit.first, 0
    for blocks, records in _whole_records(file, unit):
        if not wanted:
            return
        block = b"".join(blocks)
        if wanted[0] >= first + records:
            lines += block.count(b"\n")
            first += records
            continue
        bodies = list(bodies_of(file, [block], first))
        stop = bisect_left(rows, first + records)
        here = [number - first for number in islice(rows, len(rows) - len(wanted), stop)]
        # As a reader of all rows sees them, a record may be too large to have a row.
        given = bodies if len(blocks) == 1 else list(bodies_of(file, blocks, first))
        for place, before in zip(here, _lines_before(block, bodies, here), strict=True):
            wanted.popleft()
            yield first + place, given[place], lines + before
        lines += block.count(b"\n")
        first += records


def _lines_before(block: bytes, bodies: Sequence[bytes], places: Sequence[int]) -> Iterator[int]:
    """The line ends of a block before each of some of its records."""
    if b"\n".join([*bodies, b""]) == block and block.count(b"\n") == len(bodies):
        # One line end behind each record and nothing else between them: nearly every block.
        yield from places
        return
    at = end = lines = 0
    wanted = set(places)
    for place, body in enumerate(bodies):
        start = block.find(body, end)
        lines += block.count(b"\n", at, start)
        at, end = start, start + len(body)
        if place in wanted:
            yield lines


def _whole_records(file: SourceFile, unit: Unit) -> Iterator[tuple[list[bytes], int]]:
    """The chunks of a unit, together where a record reaches over their ends; records in them."""
    held: list[bytes] = []
    payloads = file.source.payloads(unit.children, unit.offset)
    for child, block in zip(unit.children, payloads, strict=True):
        held.append(block)
        if child.records:
            yield held, child.records
            held = []


def first_bodies(file: SourceFile) -> Iterator[bytes]:
    """The records of a file from its start on."""
    if file.opened:
        yield from opened_bodies(file)
        return
    for unit in file.units[:1]:
        yield from bodies_of(file, file.source.payloads(unit.children, unit.offset), unit.first)
