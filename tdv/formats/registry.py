"""Which format a file has: by its suffix, and a look at its first bytes."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

from tdv.errors import UnsupportedVersion
from tdv.formats.rows import Format

# How many first bytes of a file `format_for` looks at.
HEAD = 64 << 10
BOM, SPACE = b"\xef\xbb\xbf", b" \t\n\r"

SUFFIXES: dict[bytes, str] = {
    b".jsonl": "jsonl",
    b".ndjson": "jsonl",
    b".txt": "text",
    b".text": "text",
    b".lst": "text",
    b".csv": "csv",
    b".tsv": "tsv",
    b".json": "json",
}


def format_for(name: bytes, head: bytes) -> Format:
    """The format of a file.

    Args:
        name: its name or path; only the suffix counts, in any case.
        head: its first bytes, `HEAD` of them or all.
    """
    return format_named(_name_for(name.rpartition(b"/")[2].lower(), head))


@cache
def format_named(name: str) -> Format:
    """The format with a stored name.

    Raises:
        UnsupportedVersion: this tdv knows no such format.
    """
    make = _MAKERS.get(name)
    if make is None:
        raise UnsupportedVersion(
            f"A file is stored in the format {name!r}, which this tdv does not know.",
            hint="A newer tdv wrote it: upgrade with `pip install --upgrade tdv`.",
        )
    return make()


def _name_for(name: bytes, head: bytes) -> str:
    for suffix, found in SUFFIXES.items():
        if name.endswith(suffix):
            if found == "text" and b"\0" in head:
                return "blob"
            if found == "json" and head.removeprefix(BOM).lstrip(SPACE)[:1] != b"[":
                return "blob"
            return found
    return "blob"


def _blob() -> Format:
    from tdv.formats.blob import BlobFormat

    return BlobFormat()


def _text() -> Format:
    from tdv.formats.lines import TextFormat

    return TextFormat()


def _jsonl() -> Format:
    from tdv.formats.lines import JsonLinesFormat

    return JsonLinesFormat()


def _json() -> Format:
    from tdv.formats.jsonarray import JsonArrayFormat

    return JsonArrayFormat()


def _csv(name: str) -> Format:
    from tdv.formats.csv import CsvFormat

    return CsvFormat(name)


_MAKERS: dict[str, Callable[[], Format]] = {
    "blob": _blob,
    "text": _text,
    "jsonl": _jsonl,
    "json": _json,
    "csv": partial(_csv, "csv"),
    "tsv": partial(_csv, "tsv"),
}
