"""Files go in and come back byte for byte, and what is stored does not depend on the past."""

from __future__ import annotations

import os
import random
from io import BufferedReader, BytesIO, RawIOBase
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from memory_store import MemoryStore

from tdv.errors import FileChanged, StorageError
from tdv.formats.contents import Contents
from tdv.formats.cut import Cut
from tdv.formats.ingest import ingest
from tdv.formats.scan import scan
from tdv.model.entry import FileEntry, Mode
from tdv.model.oid import Kind, Oid
from tdv.store.sequences import SequenceRoot, compare, fingerprint_sum, sequence_of

SMALL = Cut(min=64, extra=32, max=400, piece=500)
NAMES = [b"a.jsonl", b"a.txt", b"a.csv", b"a.json", b"a.bin", b"a"]


def put(
    data: bytes,
    name: bytes = b"a.jsonl",
    store: MemoryStore | None = None,
    previous: FileEntry | None = None,
    cut: Cut = SMALL,
) -> FileEntry:
    store = MemoryStore() if store is None else store
    return ingest(BytesIO(data), name, Mode.FILE, store, store, previous, cut)


def rows(count: int, seed: int = 0) -> list[bytes]:
    draw = random.Random(seed)
    words = [b"alpha", b"beta", b"gamma", b"delta"]
    return [b'{"id": %d, "text": "%s"}\n' % (n, draw.choice(words)) for n in range(count)]


contents = st.one_of(
    st.binary(max_size=3_000),
    st.lists(st.sampled_from([b'{"a":1}\n', b"\n", b"x,y\r\n", b'"q\n', b"[1,\n", b"]", b" "]))
    .map(b"".join)
    .map(lambda data: data * 7),
    st.integers(0, 150).map(lambda count: b"".join(rows(count))),
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(NAMES), contents, contents)
def test_bytes_come_back_and_the_entry_forgets_the_previous_version(
    name: bytes, old: bytes, new: bytes
) -> None:
    store = MemoryStore()
    before = put(old, name, store)
    after = put(new, name, store, previous=before)
    assert after == put(new, name)
    for entry, data in ((before, old), (after, new)):
        assert entry.size == len(data)
        assert b"".join(Contents(entry, store).blocks()) == data
    scanned = scan(BytesIO(new), name, Mode.FILE, SMALL)
    assert scanned.entry == after
    assert b"".join(Contents(scanned.entry, scanned.reader).blocks()) == new


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32))
def test_every_version_of_an_edited_file_is_restored(seed: int) -> None:
    draw = random.Random(seed)
    store = MemoryStore()
    lines = rows(draw.randrange(1, 400), seed)
    versions: list[tuple[FileEntry, bytes]] = []
    entry: FileEntry | None = None
    for _ in range(6):
        at = draw.randrange(len(lines) + 1)
        edit = draw.randrange(4)
        if edit == 0:
            lines[at:at] = rows(draw.randrange(60), draw.randrange(9))
        elif edit == 1:
            del lines[at : at + draw.randrange(60)]
        elif edit == 2:
            lines = [b"!" + line if draw.random() < 0.05 else line for line in lines]
        else:
            lines = lines[at:] + lines[:at]
        data = b"".join(lines)
        previous, entry = entry, put(data, store=store, previous=entry)
        assert entry == put(data)
        assert entry.records == len(lines)
        if previous is not None:
            check_regions(store, sequence_of(previous, store), sequence_of(entry, store))
        versions.append((entry, data))
    for entry, data in versions:
        assert b"".join(Contents(entry, store).blocks()) == data


def check_regions(store: MemoryStore, a: SequenceRoot, b: SequenceRoot) -> None:
    """Outside of the regions both sides are the same bytes."""
    old, new = whole(store, a), whole(store, b)
    rebuilt, at = b"", 0
    for region in compare(store, a, store, b):
        rebuilt += old[at : region.a_offset]
        assert len(rebuilt) == region.b_offset
        rebuilt += b"".join(store.get(child.oid, Kind.CHUNK) for child in region.b)
        at = region.a_offset + sum(child.size for child in region.a)
    assert rebuilt + old[at:] == new


def whole(store: MemoryStore, sequence: SequenceRoot) -> bytes:
    entry = FileEntry(Mode.FILE, "blob", sequence.size, 0, sequence.root, sequence.height)
    return b"".join(Contents(entry, store).blocks())


def test_a_reordered_file_keeps_its_fingerprint_sum() -> None:
    store = MemoryStore()
    lines = rows(2_000)
    a = put(b"".join(lines), store=store)
    random.Random(5).shuffle(lines)
    b = put(b"".join(lines), store=store)
    assert a.root != b.root
    sums = [fingerprint_sum(store, sequence_of(entry, store)) for entry in (a, b)]
    assert sums[0] == sums[1] is not None


def test_an_edit_stores_new_chunks_like_old_ones() -> None:
    store = MemoryStore()
    lines = rows(2_000)
    first = put(b"".join(lines), store=store)
    known = {*store.objects}
    lines[1_000] = b'{"id": 1000, "text": "edited"}\n'
    put(b"".join(lines), store=store, previous=first)
    fresh = {oid: put for oid, put in store.objects.items() if oid not in known}
    assert 2 <= len(fresh) <= 8
    assert all(put.like and known.issuperset(put.like) for put in fresh.values())
    assert {put.level for put in fresh.values() if put.kind == Kind.CHUNK} == {9}


@pytest.mark.parametrize("kind", [Kind.NODE, Kind.CHUNK])
def test_a_damaged_old_version_does_not_stop_a_new_one(kind: Kind) -> None:
    store = MemoryStore()
    lines = rows(2_000)
    first = put(b"".join(lines), store=store)
    lost = [oid for oid in store.of_kind(kind) if oid != first.root]
    for oid in lost[::2]:
        del store.objects[oid]
    lines = [b" " + line for line in lines]
    data = b"".join(lines)
    entry = put(data, store=store, previous=first)
    assert entry == put(data)
    assert b"".join(Contents(entry, store).blocks()) == data


def test_a_long_header_is_an_object_of_its_own() -> None:
    store = MemoryStore()
    header = b",".join(b"column_%04d" % n for n in range(200)) + b"\n"
    data = header + b",".join([b"1"] * 200) + b"\n"
    entry = put(data, b"wide.csv", store, cut=Cut(min=4096, extra=4096, max=8192, piece=16384))
    assert isinstance(entry.prefix, Oid)
    assert store.get(entry.prefix, Kind.CHUNK) == header
    read = Contents(entry, store)
    assert read.layout.prefix == header
    assert b"".join(read.blocks()) == data
    scanned = scan(BytesIO(data), b"wide.csv", Mode.FILE, Cut(4096, 4096, 8192, 16384))
    assert scanned.entry == entry
    assert b"".join(Contents(*scanned).blocks()) == data


def large(seed: int, kind: bytes = b"row") -> bytes:
    draw = random.Random(seed)
    words = [b"%s_%d" % (kind, draw.randrange(10**6)) for _ in range(3_000)]
    lines = [b'{"text": "%s"}\n' % b" ".join(draw.choices(words, k=20)) for _ in range(30_000)]
    return b"".join(lines)


def test_a_large_file_gets_a_dictionary_that_later_versions_reuse() -> None:
    store = MemoryStore()
    data = large(1)
    cut = Cut()
    first = put(data, store=store, cut=cut)
    (dictionary,) = store.of_kind(Kind.DICTIONARY)
    assert len(store.objects[dictionary].payload) == 64 * 8192
    assert {store.objects[oid].dictionary for oid in store.of_kind(Kind.CHUNK)} == {dictionary}
    known = {*store.objects}
    put(data + data[: 1 << 20][::-1], store=store, previous=first, cut=cut)
    assert store.of_kind(Kind.DICTIONARY) == [dictionary]
    fresh = [put for oid, put in store.objects.items() if oid not in known]
    assert dictionary in {put.dictionary for put in fresh}
    put(large(2, b"other"), store=store, previous=first, cut=cut)
    assert len(store.of_kind(Kind.DICTIONARY)) == 2


def test_small_and_incompressible_files_get_none() -> None:
    store = MemoryStore()
    put(b"".join(rows(1_000)), store=store)
    put(random.Random(1).randbytes(5 << 20), b"noise.bin", store=store, cut=Cut())
    assert not store.of_kind(Kind.DICTIONARY)


class Pipe(RawIOBase):
    """A stream that cannot seek and gives little at a time."""

    def __init__(self, data: bytes) -> None:
        self._rest = BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._rest.read(min(len(buffer), 1000))
        buffer[: len(data)] = data
        return len(data)


def test_a_pipe_gives_the_same_entry() -> None:
    data = b"".join(rows(5_000))
    store = MemoryStore()
    piped = ingest(BufferedReader(Pipe(data)), b"a.jsonl", Mode.FILE, store, store, None, SMALL)
    assert piped == put(data)


def test_paths_links_and_empty_files(tmp_path: Path) -> None:
    store = MemoryStore()
    data = b"".join(rows(5_000))
    path = tmp_path / "a.jsonl"
    path.write_bytes(data)
    assert ingest(path, b"a.jsonl", Mode.FILE, store, store, None, SMALL) == put(data)
    scanned = scan(path, b"a.jsonl", Mode.FILE, SMALL)
    assert b"".join(Contents(*scanned).blocks()) == data
    link = tmp_path / "link"
    link.symlink_to("some/where")
    for entry, reader in (
        (ingest(link, b"link", Mode.SYMLINK, store, store), store),
        scan(link, b"link", Mode.SYMLINK),
    ):
        assert entry.mode is Mode.SYMLINK
        assert b"".join(Contents(entry, reader).blocks()) == b"some/where"
    with pytest.raises(StorageError, match="link"):
        ingest(link, b"link", Mode.FILE, store, store)
    (tmp_path / "empty").touch()
    empty = ingest(tmp_path / "empty", b"empty", Mode.FILE, store, store)
    assert (empty.size, empty.records, empty.root) == (0, 0, None)
    assert list(Contents(empty, store).blocks()) == []
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(StorageError, match="not a regular file"):
        ingest(tmp_path / "pipe", b"pipe", Mode.FILE, store, store)
    with pytest.raises(FileChanged, match="vanished"):
        ingest(tmp_path / "none", b"none", Mode.FILE, store, store)


@pytest.mark.parametrize("count", [10, 20_000])
def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path, count: int) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"".join(rows(count)))

    class Meddler(MemoryStore):
        def put(self, kind: Kind, payload: bytes, **options: Any) -> Oid:
            with path.open("ab") as file:
                file.write(b"more\n")
            return super().put(kind, payload, **options)

    store = Meddler()
    with pytest.raises(FileChanged, match=r"a\.jsonl. was written to"):
        ingest(path, b"a.jsonl", Mode.FILE, store, store)


def test_a_scanned_file_that_changes_later_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"".join(rows(1_000)))
    entry, reader = scan(path, b"a.jsonl", Mode.FILE, SMALL)
    path.write_bytes(b"".join(rows(1_000, seed=1)))
    with pytest.raises(FileChanged, match="was written to"):
        list(Contents(entry, reader).blocks())
    path.unlink()
    with pytest.raises(FileChanged, match="can no longer be read"):
        list(Contents(entry, reader).blocks())
