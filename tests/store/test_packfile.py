"""Entries and packs: heads round trip, nonsense is refused before anything is allocated."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdv.errors import ObjectCorrupt
from tdv.model.oid import Kind, Oid, oid_of
from tdv.store.encoding import MAX_CHUNK, MAX_GROUP, Encoding
from tdv.store.packfile import (
    BASE_BYTES,
    SUFFIX,
    PackWriter,
    check_entry,
    read_head,
    write_head,
)
from tdv.store.packs import Descriptors, Pack

bases = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=3)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(list(Kind)), st.binary(max_size=300), st.integers(0, MAX_CHUNK - 300))
def test_plain_head_round_trip(kind: Kind, stored: bytes, more: int) -> None:
    raw = len(stored) + more
    data = write_head(kind, Encoding.PLAIN, raw, stored) + stored
    head = read_head(b"xyz" + data, 3)
    assert (head.kind, head.encoding, head.raw, head.stored) == (
        kind,
        Encoding.PLAIN,
        raw,
        len(stored),
    )
    assert bytes(check_entry(b"xyz" + data, head, 3)) == stored


@settings(max_examples=50, deadline=None)
@given(bases, st.integers(1, 16), st.binary(max_size=50))
def test_delta_head_round_trip(oids: list[bytes], decodes: int, stored: bytes) -> None:
    data = write_head(Kind.CHUNK, Encoding.DELTA, 1000, stored, oids, decodes) + stored
    head = read_head(data)
    assert head.bases == tuple(oid[:BASE_BYTES] for oid in oids)
    assert head.decodes == decodes


@settings(max_examples=50, deadline=None)
@given(st.integers(0, MAX_GROUP - 1000), st.integers(0, 1000))
def test_member_head_round_trip(start: int, raw: int) -> None:
    group = bytes(range(32))
    head = read_head(write_head(Kind.TREE, Encoding.MEMBER, raw, b"", [group], start=start))
    assert (head.start, head.raw, head.bases) == (start, raw, (group[:BASE_BYTES],))


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_give_a_head_or_are_refused(data: bytes) -> None:
    try:
        head = read_head(data)
    except ObjectCorrupt:
        return
    assert head.raw <= 64 << 20


@pytest.mark.parametrize(
    "head",
    [
        write_head(Kind.CHUNK, Encoding.PLAIN, MAX_CHUNK + 1, b"bomb"),
        write_head(Kind.COMMIT, Encoding.PLAIN, (64 << 20) + 1, b"bomb"),
        write_head(Kind.GROUP, Encoding.PLAIN, MAX_GROUP + 1, b"bomb"),
        write_head(Kind.CHUNK, Encoding.RAW, 5, b"four"),
        write_head(Kind.CHUNK, Encoding.PLAIN, 2, b"longer"),
        write_head(Kind.CHUNK, Encoding.DELTA, 9, b"no base", [], 3),
        write_head(Kind.CHUNK, Encoding.DELTA, 9, b"no count", [bytes(32)], 0),
        write_head(Kind.CHUNK, Encoding.MEMBER, 9, b"", [bytes(32)], start=MAX_GROUP),
        b"\x0f",
        b"",
        b"\x11\xff\xff\xff\xff\xff\xff\x01",
    ],
)
def test_what_no_writer_makes_is_refused(head: bytes) -> None:
    with pytest.raises(ObjectCorrupt):
        read_head(head)


def test_the_overhead_of_an_entry_is_under_90_bytes() -> None:
    row = 32 + 10
    for count in (1, 2, 3):
        head = write_head(Kind.CHUNK, Encoding.DELTA, 131_072, bytes(1000), [bytes(32)] * count, 16)
        assert len(head) + row < 90


def test_a_pack_is_named_by_its_content(tmp_path: Path) -> None:
    names = set()
    for _ in range(2):
        writer = PackWriter(tmp_path)
        for i in range(300):
            payload = b"object %d" % i
            head = write_head(Kind.CHUNK, Encoding.RAW, len(payload), payload)
            writer.add(oid_of(Kind.CHUNK, payload), head, payload)
        path = writer.finish(tmp_path)
        names.add(path.name)
        assert path.name.endswith(SUFFIX)
    assert len(names) == 1
    assert len(Pack(path, Descriptors()).index.find(oid_of(Kind.CHUNK, b"object 7")) or ()) == 2
    assert os.listdir(tmp_path) == [path.name]


def test_a_writer_reads_what_is_still_in_its_buffer(tmp_path: Path) -> None:
    writer = PackWriter(tmp_path)
    row = writer.add(Oid(bytes(32)), b"head", b"stored")
    assert writer.read(row.offset, row.length) == b"headstored"
    writer.discard()
    assert os.listdir(tmp_path) == []
