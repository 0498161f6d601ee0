"""Ingest and Contents over a real object store: deltas, dictionaries, decoding ahead."""

from __future__ import annotations

import gzip
import random
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

from tdv.formats.contents import Contents
from tdv.formats.ingest import ingest
from tdv.model.entry import FileEntry, Mode
from tdv.model.oid import Oid
from tdv.store.encoding import Encoding
from tdv.store.objects import ObjectStore
from tdv.store.sequences import chunks, sequence_of


def add(
    store: ObjectStore, data: bytes, name: bytes, previous: FileEntry | None = None
) -> FileEntry:
    with store.writing() as writer:
        entry = ingest(BytesIO(data), name, Mode.FILE, writer, store, previous)
        writer.publish()
    return entry


def rows(count: int) -> list[bytes]:
    draw = random.Random(3)
    words = [b"word%d" % draw.randrange(10**5) for _ in range(2_000)]
    return [
        b'{"id": %d, "text": "%s"}\n' % (n, b" ".join(draw.choices(words, k=30)))
        for n in range(count)
    ]


def test_versions_come_back_and_edits_are_deltas(tmp_path: Path) -> None:
    store = ObjectStore(tmp_path)
    lines = rows(20_000)
    versions: list[tuple[FileEntry, bytes]] = []
    entry: FileEntry | None = None
    known: set[Oid] = set()
    for step in range(4):
        data = b"".join(lines)
        entry = add(store, data, b"a.jsonl", entry)
        versions.append((entry, data))
        oids = {child.oid for child in chunks(store, sequence_of(entry, store))}
        encodings = {store.info(oid).encoding for oid in oids - known}
        assert encodings == {Encoding.DELTA if step else Encoding.DICTIONARY}
        known |= oids
        for number in range(step, len(lines), 997):
            lines[number] = b'{"id": %d, "text": "edited %d"}\n' % (number, step)
    fresh = ObjectStore(tmp_path)
    for entry, data in versions:
        read = Contents(entry, fresh)
        assert b"".join(read.blocks()) == data
        assert read.row(15_000)["id"] == 15_000


@pytest.mark.parametrize("name", [b"a.jsonl.gz", b"a.parquet"])
def test_formats_decoded_on_demand(tmp_path: Path, name: bytes) -> None:
    expected = [{"id": n, "text": f"row {n}"} for n in range(3_000)]
    if name.endswith(b".gz"):
        data = gzip.compress(
            b"".join(b'{"id":%d,"text":"row %d"}\n' % (n, n) for n in range(3_000))
        )
    else:
        file = BytesIO()
        pyarrow.parquet.write_table(pa.Table.from_pylist(expected), file)
        data = file.getvalue()
    store = ObjectStore(tmp_path)
    entry = add(store, data, name)
    assert entry.records is None
    read = Contents(entry, store)
    assert b"".join(read.blocks()) == data
    assert len(read) == 3_000
    assert list(read.rows()) == expected
    assert list(read.rows(1_000, 1_010)) == expected[1_000:1_010]
    assert read.row(2_999) == expected[2_999]
    assert read.line_of(5) is None
    with pytest.raises(IndexError):
        read.row(3_000)
