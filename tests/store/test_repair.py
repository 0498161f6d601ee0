"""An index is built again from the entries alone."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tdv.errors import ObjectCorrupt, StorageError, UnsupportedVersion
from tdv.model.oid import Kind, Oid
from tdv.store.objects import ObjectStore
from tdv.store.packfile import TRAILER_BYTES
from tdv.store.repair import rebuild_index, verify_pack

NOISE = random.Random(1).randbytes(3000)


@pytest.fixture
def filled(tmp_path: Path) -> tuple[ObjectStore, Path, dict[Oid, bytes]]:
    """A store whose second pack has deltas against the first, and against each other."""
    store = ObjectStore(tmp_path)
    objects = {}
    with store.writing() as writer:
        base = writer.put(Kind.CHUNK, NOISE)
        dictionary = writer.put(Kind.DICTIONARY, NOISE[:2000])
        objects[base] = NOISE
        writer.publish()
        previous = base
        for number in range(10):
            payload = NOISE[: number * 200] + b"edit" + NOISE[number * 200 :]
            previous = writer.put(Kind.CHUNK, payload, like=[previous])
            objects[previous] = payload
        payload = NOISE[100:1900] + b"from the dictionary"
        objects[writer.put(Kind.CHUNK, payload, dictionary=dictionary)] = payload
        (path,) = writer.publish()
    return store, path, objects


def test_a_damaged_index_is_built_again_byte_for_byte(
    filled: tuple[ObjectStore, Path, dict[Oid, bytes]],
) -> None:
    store, path, objects = filled
    good = path.read_bytes()
    size = 11 * (32 + 10) + TRAILER_BYTES
    path.write_bytes(good[:-size] + bytes(size))
    damaged = ObjectStore(store.folder)
    with pytest.raises(ObjectCorrupt, match="damaged"):
        damaged.get(list(objects)[-1], Kind.CHUNK)
    rebuilt = rebuild_index(damaged, path)
    assert (rebuilt.path, rebuilt.kept, rebuilt.lost) == (path, 11, ())
    assert path.read_bytes() == good
    assert {oid: damaged.get(oid, Kind.CHUNK) for oid in objects} == objects


def test_a_truncated_pack_keeps_what_is_whole(
    filled: tuple[ObjectStore, Path, dict[Oid, bytes]],
) -> None:
    store, path, objects = filled
    rows = sorted(store.packs.all()[0].index.entries(), key=lambda entry: entry[1].offset)
    pack = next(pack for pack in store.packs.all() if pack.path == path)
    rows = sorted(pack.index.entries(), key=lambda entry: entry[1].offset)
    path.write_bytes(path.read_bytes()[: rows[6][1].offset + 3])
    damaged = ObjectStore(store.folder)
    rebuilt = rebuild_index(damaged, path)
    assert rebuilt.kept == 6
    assert rebuilt.path != path
    assert not path.exists()
    for oid, _ in rows[:6]:
        assert damaged.get(oid, Kind.CHUNK) == objects[oid]
    assert not damaged.has(rows[6][0])


def test_entries_behind_a_damaged_one_are_found(
    filled: tuple[ObjectStore, Path, dict[Oid, bytes]],
) -> None:
    store, path, objects = filled
    pack = next(pack for pack in store.packs.all() if pack.path == path)
    rows = sorted(pack.index.entries(), key=lambda entry: entry[1].offset)
    data = bytearray(path.read_bytes())
    data[rows[7][1].offset] = 0xFF
    path.write_bytes(data)
    assert [problem.oid for problem in verify_pack(path)] == [rows[7][0]]
    damaged = ObjectStore(store.folder)
    rebuilt = rebuild_index(damaged, path)
    # Two more were deltas against the damaged one, directly or not.
    assert rebuilt.kept == 8
    assert [problem.offset for problem in rebuilt.lost] == [
        rows[7][1].offset,
        rows[8][1].offset,
        rows[9][1].offset,
    ]
    assert damaged.get(rows[10][0], Kind.CHUNK) == objects[rows[10][0]]


def test_what_is_no_pack_or_a_newer_one(tmp_path: Path) -> None:
    store = ObjectStore(tmp_path)
    path = tmp_path / "pack-0.tdvpack"
    path.write_bytes(b"tdvpack\0\x07\0\0\0" + bytes(100))
    with pytest.raises(UnsupportedVersion):
        rebuild_index(store, path)
    path.write_bytes(b"")
    assert rebuild_index(store, path).path is None
    path.mkdir()
    with pytest.raises(StorageError):
        rebuild_index(store, path)
