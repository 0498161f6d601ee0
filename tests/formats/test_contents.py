"""Records, rows, random access and the seekable file agree with the plain bytes."""

from __future__ import annotations

import dataclasses
import os
import random
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from memory_store import MemoryStore

from tdv.errors import ObjectCorrupt, RecordError
from tdv.formats.contents import Contents
from tdv.formats.cut import Cut
from tdv.formats.ingest import ingest
from tdv.formats.rows import BadRecord
from tdv.formats.scan import scan
from tdv.model.entry import Mode

SMALL = Cut(min=64, extra=32, max=400, piece=500)


def contents(data: bytes, name: bytes = b"a.jsonl") -> Contents:
    store = MemoryStore()
    return Contents(ingest(BytesIO(data), name, Mode.FILE, store, store, None, SMALL), store)


def lines(count: int, seed: int = 0) -> list[bytes]:
    draw = random.Random(seed)
    return [
        b'{"id": %d, "text": "%s"}' % (n, b"x" * (draw.randrange(30) if n % 50 else 2_000))
        for n in range(count)
    ]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 300), st.integers(0, 310), st.integers(0, 310))
def test_slices_agree_with_the_list_of_lines(count: int, start: int, stop: int) -> None:
    expected = lines(count)
    read = contents(b"\n".join(expected))
    assert len(read) == count
    assert list(read.bodies()) == expected
    assert list(read.bodies(start, stop)) == expected[start:stop]
    assert list(read.bodies(start)) == expected[start:]
    assert [row["id"] for row in read.rows(start, stop)] == list(range(count))[start:stop]
    if start < count:
        assert read.row(start)["id"] == start
    else:
        with pytest.raises(IndexError, match=f"row {start} of a file with {count} rows"):
            read.row(start)


@pytest.mark.parametrize("name", [b"a.jsonl", b"a.json", b"a.txt"])
def test_rows_by_number_agree_in_any_order(name: bytes) -> None:
    data = b"\n".join(lines(300))
    if name == b"a.json":
        data = b"[\n" + b",\n".join(lines(300)) + b"\n]\n"
    read = contents(data, name)
    expected = list(read.rows())
    numbers = [*range(300), *range(299, -1, -1), *random.Random(1).choices(range(300), k=600)]
    assert [read.row(number) for number in numbers] == [expected[number] for number in numbers]
    with pytest.raises(IndexError):
        read.row(300)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9_000), st.integers(0, 700)), max_size=12))
def test_the_seekable_file_agrees_with_the_bytes(moves: list[tuple[int, int]]) -> None:
    data = b"[\n  " + b",\n  ".join(lines(200)) + b"\n]\n"
    for name in (b"a.json", b"a.bin"):
        with contents(data, name).open() as file:
            for offset, count in moves:
                assert file.seek(offset) == offset
                assert file.read(count) == data[offset : offset + count]
                assert file.tell() == max(offset, min(offset + count, len(data)))
            assert file.seek(-5, os.SEEK_END) == len(data) - 5
            assert file.read() == data[-5:]
            file.seek(0)
            assert file.read() == data


def test_bad_records_are_named_with_their_lines() -> None:
    records = lines(400)
    for number in (3, 120, 121, 399):
        records[number] = b"{broken %d" % number
    data = b"\n\n" + b"\n\n".join(records) + b"\n"
    read = contents(data)
    bad = [row for row in read.rows() if isinstance(row, BadRecord)]
    assert [(row.number, row.body) for row in bad] == [
        (number, b"{broken %d" % number) for number in (3, 120, 121, 399)
    ]
    all_lines = data.split(b"\n")
    assert [all_lines[row.line - 1] for row in bad if row.line] == [row.body for row in bad]
    assert read.line_of(0) == 3
    with pytest.raises(RecordError, match="row 120 on line 243 does not decode: it is not JSON"):
        read.row(120)


@pytest.mark.parametrize("name", [b"a.csv", b"a.json", b"a.txt"])
def test_lines_are_found_in_every_format(name: bytes) -> None:
    draw = random.Random(2)
    if name == b"a.csv":
        records = [b'%d,"a%sb"' % (n, b"\n" * draw.randrange(3)) for n in range(300)]
        data = b"id,text\n" + b"\n".join(records)
    elif name == b"a.json":
        records = [b'{"id":%s%d}' % (b"\n" * draw.randrange(3), n) for n in range(300)]
        data = b"[\n" + b" ,\n".join(records) + b"\n]"
    else:
        records = [b"%d %d" % (n, draw.randrange(9)) for n in range(300)]
        data = b"\n".join(records)
    read = contents(data, name)
    assert list(read.bodies()) == records
    at = 0
    for number in range(300):
        at = data.index(records[number], at)
        if number % 7 == 0:
            assert read.line_of(number) == data.count(b"\n", 0, at) + 1
        at += len(records[number])
    assert read.line_of(1) == data.count(b"\n", 0, data.index(records[1])) + 1


def test_a_record_in_pieces_is_one_row() -> None:
    records = [b'"%s"' % (b"a" * 5_000), b"1", b'"%s"' % (b"b" * 9_000), b"2", b"3"]
    read = contents(b"\n".join(records))
    assert list(read.bodies()) == records
    for number, record in enumerate(records):
        assert list(read.bodies(number, number + 1)) == [record]
        assert read.line_of(number) == number + 1


def test_a_blob_has_bytes_and_no_rows() -> None:
    data = random.Random(1).randbytes(20_000)
    read = contents(data, b"a.bin")
    assert len(read) == 0
    assert list(read.rows()) == []
    assert b"".join(read.blocks()) == data
    assert read.entry.records == 0


def test_a_scanned_file_reads_like_a_stored_one() -> None:
    data = b"\n".join(lines(300))
    scanned = Contents(*scan(BytesIO(data), b"a.jsonl", Mode.FILE, SMALL))
    assert list(scanned.rows(100, 120)) == list(contents(data).rows(100, 120))
    with scanned.open() as file:
        assert file.read() == data


def test_a_size_that_is_not_that_of_the_bytes_is_reported() -> None:
    stored = contents(b"{}\n" * 300)
    entry = dataclasses.replace(stored.entry, size=901)
    with pytest.raises(ObjectCorrupt, match="hold 900 bytes, where its entry says 901"):
        list(Contents(entry, stored.reader).blocks())
