"""How the rows of a file are decoded, and written again with other values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

import msgspec

from tdv.errors import RecordError
from tdv.formats.csvrow import delimiter_of, header_names
from tdv.formats.rows import Format, Layout, Row
from tdv.rowdiff.fields import MISSING
from tdv.rowmerge.rewrite import (
    Path,
    csv_record,
    raw_fields,
    rewrite_csv,
    rewrite_json,
    spelled,
)

Edits = Iterable[tuple[Path, Any, bool]]


class Laid(Protocol):
    """What has a format and a layout: `tdv.formats.contents.Contents`."""

    @property
    def format(self) -> Format: ...

    @property
    def layout(self) -> Layout: ...


@dataclass(frozen=True)
class Form:
    """A format and a layout, of a file that is still to be written."""

    format: Format
    layout: Layout


class RowForm:
    """The rows of one layout.

    Attributes:
        whole: whether a row is one value, so that there is nothing in it to merge: a line of text.
    """

    def __init__(self, laid: Laid) -> None:
        self._format, self._layout = laid.format, laid.layout
        self.whole = laid.format.name.startswith("text")

    def decode(self, body: bytes) -> Row | None:
        """The row of a body; None when it has none."""
        try:
            return self._format.decode(self._layout, body)
        except RecordError:
            return None

    def rewrite(self, body: bytes, edits: Edits, theirs: bytes) -> bytes:
        """A body with some values replaced.

        Args:
            edits: (path, value or MISSING, whether it is spelled as in `theirs`).

        Raises:
            RecordError: this format cannot hold such a value.
        """
        name = self._format.name
        if name in ("csv", "tsv"):
            return self._rewrite_csv(body, edits)
        if name in ("jsonl", "json"):
            changes = []
            for path, value, is_theirs in edits:
                found = spelled(theirs, path) if is_theirs and value is not MISSING else None
                changes.append((path, value if found is None else found))
            return rewrite_json(body, changes)
        if name in ("parquet", "arrow"):
            row: Row = msgspec.msgpack.decode(body)
            for path, value, _ in edits:
                put(row, path, value)
            return msgspec.msgpack.encode(row)
        raise RecordError(f"rows of {name} files are not written value by value")

    def _rewrite_csv(self, body: bytes, edits: Edits) -> bytes:
        delimiter = delimiter_of(self._layout)
        columns = {name: at for at, name in enumerate(header_names(self._layout.prefix, delimiter))}
        changes: dict[int, str] = {}
        gone: set[int] = set()
        for path, value, _ in edits:
            column = columns[str(path[0])]
            if value is MISSING:
                gone.add(column)
            else:
                changes[column] = value
        fields = raw_fields(rewrite_csv(body, delimiter, changes), delimiter)
        for column in sorted(gone, reverse=True):
            if column == len(fields) - 1 and column:
                fields.pop()
            elif column < len(fields):
                fields[column] = b""
        return csv_record(fields, delimiter) if gone else delimiter.join(fields)


def put(row: Any, path: Path, value: Any) -> None:
    """Put a value into a decoded row, or take a field away (MISSING)."""
    for part, following in pairwise(path):
        if isinstance(row, dict) and not isinstance(row.get(part), (dict, list)):
            row[part] = [] if isinstance(following, int) else {}
        row = row[part]
    if value is not MISSING:
        row[path[-1]] = value
    elif isinstance(row, dict):
        row.pop(path[-1], None)
