"""The fields of one CSV record, and the row that they make under a header."""

from __future__ import annotations

import re
from functools import lru_cache

from tdv.errors import RecordError
from tdv.formats.lines import BLANK_PREFIX, BOM, decode_text
from tdv.formats.rows import Layout, Row

# In CSV's own dialect what follows a closing quote belongs to the field, quotes included.
QUOTED = re.compile(rb'"([^"]*(?:""[^"]*)*)"(?!")')
_QUOTES = re.compile(rb'"[^"]*"')
DELIMITERS = (b",", b";", b"\t", b"|")


def sniff(head: bytes) -> bytes:
    """The delimiter of a file: the one that stands most often in its first line.

    Quoted parts do not count; of equals the first of `, ; tab |` wins, and a comma is assumed
    where none occurs.
    """
    line = _QUOTES.sub(b"", head.partition(b"\n")[0])
    return max(DELIMITERS, key=line.count)


def delimiter_of(layout: Layout) -> bytes:
    """The delimiter of a stored file, one byte."""
    param = layout.param("delimiter")
    return param.encode() if isinstance(param, str) else b","


def split_fields(body: bytes, delimiter: bytes) -> list[bytes]:
    """The fields of a record, unquoted; RecordError when a quoted field is not closed."""
    if b'"' not in body:
        return body.split(delimiter)
    fields: list[bytes] = []
    position = 0
    while True:
        quoted = QUOTED.match(body, position)
        if quoted:
            text, position = quoted[1].replace(b'""', b'"'), quoted.end()
        elif body.startswith(b'"', position):
            raise RecordError(f"a quote that opens at column {position + 1} is not closed")
        else:
            text = b""
        end = body.find(delimiter, position)
        fields.append(text + body[position : end if end >= 0 else len(body)])
        if end < 0:
            return fields
        position = end + 1


@lru_cache(maxsize=64)
def header_names(prefix: bytes, delimiter: bytes) -> tuple[str, ...]:
    """The names of the columns, each once.

    A column without a name is `column3`, a repeated name gets `_2`, `_3` behind it; a byte that
    is not UTF-8 is shown as `\\xff`.
    """
    start = BLANK_PREFIX.match(prefix)
    header = prefix[start.end() if start else 0 :].removesuffix(b"\n").removesuffix(b"\r")
    names: dict[str, None] = {}
    for place, field in enumerate(split_fields(header, delimiter), 1):
        wanted = name = field.decode(errors="backslashreplace") or f"column{place}"
        again = 1
        while name in names:
            again += 1
            name = f"{wanted}_{again}"
        names[name] = None
    return tuple(names)


def csv_row(prefix: bytes, delimiter: bytes, body: bytes, *, exact: bool) -> Row:
    """The row of a record.

    Args:
        prefix: of the file, which ends with the header; empty when it has none.
        delimiter: one byte.
        body: of the record.
        exact: whether a record with fewer fields than the header is refused; otherwise its
            last fields are missing from the row.

    Raises:
        RecordError: too many fields, an open quote, a NUL, or bytes that are not UTF-8.
    """
    if b"\0" in body:
        raise RecordError(f"it holds a NUL byte, at column {body.index(0) + 1}")
    if not prefix.removeprefix(BOM):
        raise RecordError("the file has no header whose quotes are closed")
    names = header_names(prefix, delimiter)
    fields = (
        decode_text(body).split(delimiter.decode())
        if b'"' not in body
        else [decode_text(field) for field in split_fields(body, delimiter)]
    )
    if len(fields) > len(names) or (exact and len(fields) != len(names)):
        raise RecordError(f"it has {len(fields)} fields where the header has {len(names)}")
    return dict(zip(names, fields, strict=False))
