"""Which format a file gets."""

from __future__ import annotations

import gzip

import pytest
import zstandard

from tdv.errors import UnsupportedVersion
from tdv.formats.registry import FORMAT_NAMES, format_for, format_named
from tdv.formats.rows import OpenedFormat


@pytest.mark.parametrize(
    ("name", "head", "format_"),
    [
        (b"a.jsonl", b"", "jsonl"),
        (b"a.NDJSON", b"\0", "jsonl"),
        (b"data.v1/a.csv", b"\0", "csv"),
        (b"a.tsv", b"", "tsv"),
        (b"a.txt", b"text", "text"),
        (b"a.txt", b"te\0xt", "blob"),
        (b"a.lst", b"", "text"),
        (b"a.json", b"\xef\xbb\xbf \n[", "json"),
        (b"a.json", b'{"a": [1]}', "blob"),
        (b"a.json", b"", "blob"),
        (b"a.json", b" " * 70_000, "blob"),
        (b"a.parquet", b"", "parquet"),
        (b"a.arrow", b"", "arrow"),
        (b"a.feather", b"", "arrow"),
        (b"a.ipc", b"", "arrow"),
        (b"a.jsonl.gz", b"", "jsonl.gz"),
        (b"a.csv.ZST", b"", "csv.zst"),
        (b"a.txt.gz", b"\0", "text.gz"),
        (b"a.json.gz", gzip.compress(b" [1]", mtime=0), "json.gz"),
        (b"a.json.gz", gzip.compress(b"{}", mtime=0), "blob"),
        (b"a.json.zst", zstandard.compress(b"[" + b"1," * 9999)[:60], "json.zst"),
        (b"a.json.zst", b"damage", "blob"),
        (b"a.tar.gz", b"", "blob"),
        (b"a.gz", b"", "blob"),
        (b"a.parquet.gz", b"", "blob"),
        (b"a.py", b"", "blob"),
        (b"jsonl", b"", "blob"),
        (b"a.jsonl/b", b"", "blob"),
        (b"\xff\n.jsonl", b"", "jsonl"),
    ],
)
def test_by_name_and_head(name, head, format_):
    assert format_for(name, head).name == format_


@pytest.mark.parametrize("name", FORMAT_NAMES)
def test_every_format(name):
    format_ = format_named(name)
    assert format_.name == name
    assert format_ is format_named(name)
    assert isinstance(format_, OpenedFormat) == (format_.has_rows and not format_.sliced)


def test_an_unknown_format_is_refused():
    with pytest.raises(UnsupportedVersion, match="'xml', which this tdv does not know"):
        format_named("xml")
