"""Which format a file has: by its suffix, and a look at its first bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial

from tdv.errors import UnsupportedVersion
from tdv.formats.rows import Format

# How many first bytes of a file `format_for` looks at.
HEAD = 64 << 10
BOM, SPACE = b"\xef\xbb\xbf", b" \t\n\r"

_COMPRESSED = (b"gz", b"zst")
TABLES: dict[bytes, str] = {
    b".parquet": "parquet",
    b".arrow": "arrow",
    b".feather": "arrow",
    b".ipc": "arrow",
}
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


def has_rows(suffix: str) -> bool:
    """Whether files that end with a suffix can have rows: `jsonl`, `csv.gz`."""
    ending = f".{suffix}".encode()
    if ending in TABLES:
        return True
    inner, _, last = ending.rpartition(b".")
    return ending in SUFFIXES or (last in _COMPRESSED and inner in SUFFIXES)


def _name_for(name: bytes, head: bytes) -> str:
    for ending in _COMPRESSED:
        if name.endswith(b"." + ending):
            inner = _suffix_of(name[: -len(ending) - 1], SUFFIXES)
            return f"{inner}.{ending.decode()}" if inner and _fits(inner, ending, head) else "blob"
    if table := _suffix_of(name, TABLES):
        return table
    found = _suffix_of(name, SUFFIXES)
    return found if found and _fits(found, b"", head) else "blob"


def _suffix_of(name: bytes, names: Mapping[bytes, str]) -> str | None:
    return next((found for suffix, found in names.items() if name.endswith(suffix)), None)


def _fits(found: str, ending: bytes, head: bytes) -> bool:
    """Whether a file's first bytes speak against the format of its suffix."""
    if found == "json" and ending:
        from tdv.formats.compressed import starts_array

        return starts_array(head, "." + ending.decode())
    if found == "json":
        return head.removeprefix(BOM).lstrip(SPACE)[:1] == b"["
    return bool(ending) or found != "text" or b"\0" not in head


def _compressed(name: str) -> Format:
    from tdv.formats.compressed import CompressedFormat

    return CompressedFormat(name, format_named(name.rpartition(".")[0]))


def _table(name: str) -> Format:
    from tdv.formats.tables import TableFormat

    return TableFormat(name)


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
    "parquet": partial(_table, "parquet"),
    "arrow": partial(_table, "arrow"),
    **{
        f"{inner}.{ending}": partial(_compressed, f"{inner}.{ending}")
        for inner in ("jsonl", "json", "csv", "tsv", "text")
        for ending in ("gz", "zst")
    },
}

FORMAT_NAMES = tuple(_MAKERS)
