"""The rows of one version of a file, as the comparison needs them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Protocol

import msgspec

from tdv.errors import RecordError
from tdv.formats.lines import decode_json
from tdv.formats.rows import BadRecord, Format, Layout, Row
from tdv.model.entry import FileEntry
from tdv.store.access import ObjectReader

# Stands before the bytes of a record that does not decode, where records are compared as rows.
_UNDECODABLE = b"\xff"
_SORTED = msgspec.json.Encoder(order="sorted", decimal_format="number")


class Records(Protocol):
    """What the comparison needs of `tdv.formats.contents.Contents`."""

    entry: FileEntry
    format: Format
    layout: Layout
    reader: ObjectReader

    def line_of(self, number: int) -> int | None: ...

    def bodies(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]: ...

    def rows(self, start: int = 0, stop: int | None = None) -> Iterator[Row | BadRecord]: ...


class Side:
    """One version: bodies that are equal when the rows are, and what they decode to.

    Attributes:
        records: the stored or working file.
        exact: whether different bodies are always different rows, so that nothing can be a
            matter of formatting.
    """

    def __init__(self, records: Records) -> None:
        self.records = records
        self.exact = records.format.name == "text" or not records.format.sliced

    def bodies(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The bodies of records from `start` up to `stop`."""
        return self.records.bodies(start, stop)

    def decode(self, number: int, body: bytes) -> Row | BadRecord:
        """The row of a body, or what stands for it (without its line) when it does not decode."""
        try:
            return self.records.format.decode(self.records.layout, body)
        except RecordError as error:
            return BadRecord(number, None, body, error.message)

    def described(self, number: int, body: bytes) -> Row | BadRecord:
        """As `decode`; a bad record says on which line it stands, for which its file is read."""
        row = self.decode(number, body)
        if isinstance(row, BadRecord):
            return replace(row, line=self.records.line_of(number))
        return row


class ProjectedSide(Side):
    """A version in another layout or format than the other one: compared as rows.

    A body is the row's JSON with sorted keys, after `project` has made both sides comparable.
    """

    def __init__(self, records: Records, project: Callable[[Row], Row]) -> None:
        super().__init__(records)
        self.exact = True
        self._project = project

    def bodies(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Canonical JSON of the projected rows."""
        for row in self.records.rows(start, stop):
            if isinstance(row, BadRecord):
                yield _UNDECODABLE + row.body
            else:
                yield canonical(self._project(row))

    def decode(self, number: int, body: bytes) -> Row | BadRecord:
        """The projected row."""
        if body.startswith(_UNDECODABLE):
            return super().decode(number, body[1:])
        return decode_json(body)


def canonical(row: Any) -> bytes:
    """Bytes that are equal exactly when two rows have the same values, whatever their order."""
    try:
        return _SORTED.encode(row)
    except (OverflowError, TypeError, ValueError, RecursionError, msgspec.MsgspecError):
        return _canonical_of_anything(row)


def _canonical_of_anything(row: Any) -> bytes:
    """For what msgspec does not write: integers over 64 bits, keys that are no text."""
    import json  # rare

    return json.dumps(row, sort_keys=True, default=repr).encode("utf-8", "surrogatepass")


def as_text(value: Any) -> str:
    """A value as CSV would hold it, so that typed rows compare with rows of text."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    return canonical(value).decode()
