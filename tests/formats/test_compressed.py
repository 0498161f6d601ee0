"""Compressed text: every member and frame, damage, and bombs."""

from __future__ import annotations

import gzip
import io

import pytest
import zstandard

from tdv.errors import RecordError
from tdv.formats import compressed
from tdv.formats.registry import format_named
from tdv.formats.rows import Layout

COMPRESS = {"gz": gzip.compress, "zst": zstandard.compress}
ENDINGS = pytest.mark.parametrize("ending", COMPRESS)
LINES = b"".join(b'{"a": %d}\n' % number for number in range(20_000))


def shown(name: str, data: bytes) -> list[object]:
    format_, found = format_named(name), []
    for body in format_.open_bodies(io.BytesIO(data)):
        try:
            found.append(format_.decode(Layout(name), body))
        except RecordError as error:
            found.append(error.message)
    return found


@ENDINGS
def test_members_and_frames_follow_one_another(ending):
    data = COMPRESS[ending](LINES[:100_000]) + COMPRESS[ending](LINES[100_000:])
    assert shown(f"jsonl.{ending}", data) == [{"a": number} for number in range(20_000)]


@ENDINGS
@pytest.mark.parametrize(
    ("inner", "text", "rows"),
    [
        ("text", b"a\n\nb", [{"text": "a"}, {"text": "b"}]),
        ("json", b'[1, {"a": 2}]', [{"value": 1}, {"a": 2}]),
        ("tsv", b'a\tb\n1\t"x\n"', [{"a": "1", "b": "x\n"}]),
        (
            "csv",
            b'a,b\n1,2\n3,4,5\n6,"x\n7,8\n',
            [
                {"a": "1", "b": "2"},
                "it has 3 fields where the header has 2",
                "a quote that opens at column 3 is not closed",
                {"a": "7", "b": "8"},
            ],
        ),
        ("jsonl", b"", []),
    ],
)
def test_inner_formats(ending, inner, text, rows):
    assert shown(f"{inner}.{ending}", COMPRESS[ending](text)) == rows


@ENDINGS
@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-5],
        lambda data: data[: len(data) // 2],
        lambda data: b"no " + data,
        lambda data: data + b"garbage",
    ],
)
def test_damage_is_named(ending, damage):
    *rows, reason = shown(f"jsonl.{ending}", damage(COMPRESS[ending](LINES)))
    assert reason.startswith("it cannot be decompressed: ")
    assert rows == [{"a": number} for number in range(len(rows))]


@ENDINGS
def test_a_bomb_is_stopped(ending, monkeypatch):
    monkeypatch.setattr(compressed, "MAX_RECORD", 3 << 20)
    rows = shown(f"jsonl.{ending}", COMPRESS[ending](b"1\n" + bytes(8 << 20)))
    assert rows == [{"value": 1}, "it is longer than 3 MiB"]


def test_long_records_below_the_limit():
    text = b'"' + b"x" * (5 << 19) + b'"\n1\n'
    assert shown("jsonl.gz", gzip.compress(text)) == [{"value": "x" * (5 << 19)}, {"value": 1}]
