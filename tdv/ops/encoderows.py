"""Rows become the bytes of a file, streamed: JSON Lines, a JSON array, CSV, lines of text."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, BinaryIO, cast

import msgspec

from tdv.errors import UsageError

Rows = Iterable[Mapping[str, Any]]
# A number beyond a float's range comes as a Decimal, and stays a number.
_JSON = msgspec.json.Encoder(decimal_format="number")


def encode_rows(path: bytes, rows: Rows) -> BinaryIO:
    """A file of the format that the path's suffix names, encoded while it is read.

    Args:
        path: ends with `.jsonl`, `.ndjson`, `.json`, `.csv`, `.tsv` or `.txt`.

    Raises:
        UsageError: another suffix; or, while it is read, a row that has no form there.
    """
    suffix = path.rpartition(b"/")[2].rpartition(b".")[2].lower()
    encode = _ENCODERS.get(suffix)
    if encode is None:
        raise UsageError(
            f"Rows cannot be written to `{path.decode('utf-8', 'backslashreplace')}`.",
            hint="Give its bytes, or a name that ends in .jsonl, .json, .csv, .tsv or .txt.",
        )
    return cast("BinaryIO", io.BufferedReader(_Stream(encode(rows)), 1 << 20))


class _Stream(io.RawIOBase):
    """Blocks of bytes, as a file that can be read once."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        super().__init__()
        self._blocks = blocks
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            block = next(self._blocks, None)
            if block is None:
                return 0
            self._rest = block
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size


def _json_lines(rows: Rows) -> Iterator[bytes]:
    for number, row in enumerate(rows):
        yield _json(number, row) + b"\n"


def _json_array(rows: Rows) -> Iterator[bytes]:
    before = b"[\n  "
    for number, row in enumerate(rows):
        yield before + _json(number, row)
        before = b",\n  "
    yield b"[]\n" if before == b"[\n  " else b"\n]\n"


def _json(number: int, row: Mapping[str, Any]) -> bytes:
    try:
        body = _JSON.encode(row)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise UsageError(f"Row {number} cannot be written as JSON: {error}.") from error
    # msgspec writes a number that is none as null, which would be another value.
    name = _not_finite(row) if b"null" in body else None
    if name is not None:
        raise UsageError(
            f"Row {number} cannot be written as JSON: its field {name!r} is not a finite number.",
            hint="Write None where there is no value.",
        )
    return body


def _not_finite(row: Mapping[str, Any]) -> str | None:
    """The name of the first field that holds a NaN or an infinity, at any depth."""

    def holds(value: Any) -> bool:
        if isinstance(value, float):
            return not math.isfinite(value)
        if isinstance(value, Mapping):
            return any(map(holds, value.values()))
        return isinstance(value, (list, tuple, set)) and any(map(holds, value))

    return next((str(name) for name, value in row.items() if holds(value)), None)


def _csv(delimiter: str) -> Callable[[Rows], Iterator[bytes]]:
    def encode(rows: Rows) -> Iterator[bytes]:
        import csv  # only rows that become CSV need it

        fields: list[str] | None = None
        for number, row in enumerate(rows):
            text = io.StringIO()
            writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
            if fields is None:
                fields = list(row)
                writer.writerow(fields)
            extra = [name for name in row if name not in fields]
            if extra:
                raise UsageError(
                    f"Row {number} has a field {extra[0]!r} that the first row, and so the "
                    "header, does not have.",
                    hint="Give every field to the first row, None where it has no value.",
                )
            writer.writerow([row.get(name) for name in fields])
            yield text.getvalue().encode()

    return encode


def _text(rows: Rows) -> Iterator[bytes]:
    for number, row in enumerate(rows):
        line = row.get("text")
        if not isinstance(line, str) or "\n" in line or len(row) != 1:
            raise UsageError(f"Row {number} is not a line of text: {{'text': …}} is one.")
        yield line.encode() + b"\n"


_ENCODERS: dict[bytes, Callable[[Rows], Iterator[bytes]]] = {
    b"jsonl": _json_lines,
    b"ndjson": _json_lines,
    b"json": _json_array,
    b"csv": _csv(","),
    b"tsv": _csv("\t"),
    b"txt": _text,
}
