"""Damage to a pack is detected or harmless; never wrong data, never a traceback."""

from __future__ import annotations

import random
import shutil
import struct
from pathlib import Path

import pytest
import xxhash

from tdv.errors import IntegrityError, ObjectCorrupt, ObjectMissing, UnsupportedVersion
from tdv.model.oid import Kind, Oid, oid_of
from tdv.store.encoding import Encoding
from tdv.store.groups import write_group
from tdv.store.objects import ObjectStore
from tdv.store.packfile import TRAILER, PackWriter, write_head
from tdv.store.repair import verify_pack

NOISE = random.Random(1).randbytes(400)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[Oid, tuple[Kind, bytes]]]:
    """A pack with an object in each encoding, and what is in it."""
    folder = tmp_path_factory.mktemp("small")
    store = ObjectStore(folder)
    objects = {
        oid_of(kind, payload): (kind, payload)
        for kind, payload in [
            (Kind.DICTIONARY, NOISE),
            (Kind.CHUNK, NOISE[50:350] + b"dictionary"),
            (Kind.CHUNK, b"plain " * 40),
            (Kind.CHUNK, NOISE[20:390] + b"base"),
            (Kind.CHUNK, NOISE[20:300] + b"edit" + NOISE[300:390] + b"base"),
            (Kind.COMMIT, b""),
        ]
    }
    oids = list(objects)
    with store.writing() as writer:
        writer.put(Kind.DICTIONARY, NOISE)
        writer.put(*objects[oids[1]], dictionary=oids[0])
        writer.put(*objects[oids[2]])
        writer.put(*objects[oids[3]])
        writer.put(*objects[oids[4]], like=[oids[3]])
        writer.put(*objects[oids[5]])
        (path,) = writer.publish()
    found = {store.info(oid).encoding for oid in oids}
    assert found == {Encoding.RAW, Encoding.PLAIN, Encoding.DICTIONARY, Encoding.DELTA}
    return path, objects


def check_all(folder: Path, objects: dict[Oid, tuple[Kind, bytes]]) -> int:
    """How many objects cannot be read; each of the others is right."""
    store = ObjectStore(folder)
    messages = []
    for oid, (kind, payload) in objects.items():
        try:
            assert store.get(oid, kind) == payload
        except IntegrityError as error:
            messages.append(error.message)
    assert all(message.endswith(".") and "pack" in message for message in messages)
    return len(messages)


def copy_with(path: Path, folder: Path, data: bytes) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "packs").mkdir(parents=True)
    (folder / "packs" / path.name).write_bytes(data)


@pytest.mark.parametrize("flip", [0x01, 0x80, 0xFF])
def test_every_flipped_byte_is_detected_or_harmless(
    small: tuple[Path, dict[Oid, tuple[Kind, bytes]]], tmp_path: Path, flip: int
) -> None:
    path, objects = small
    good = path.read_bytes()
    for at in range(len(good)):
        bad = bytearray(good)
        bad[at] ^= flip
        copy_with(path, tmp_path / "r", bytes(bad))
        try:
            check_all(tmp_path / "r", objects)
        except UnsupportedVersion:
            assert 8 <= at < 12
            continue
        assert list(verify_pack(tmp_path / "r" / "packs" / path.name)), f"byte {at} unnoticed"


def test_every_truncation_is_detected(
    small: tuple[Path, dict[Oid, tuple[Kind, bytes]]], tmp_path: Path
) -> None:
    path, objects = small
    good = path.read_bytes()
    for size in range(0, len(good), 7):
        copy_with(path, tmp_path / "r", good[:size])
        assert check_all(tmp_path / "r", objects) == len(objects)


def test_messages_name_pack_and_object(
    small: tuple[Path, dict[Oid, tuple[Kind, bytes]]], tmp_path: Path
) -> None:
    path, objects = small
    oid, (kind, _) = list(objects.items())[3]
    row = dict(ObjectStore(path.parent.parent).packs.all()[0].index.entries())[oid]
    bad = bytearray(path.read_bytes())
    bad[row.offset + row.length - 1] ^= 1
    copy_with(path, tmp_path, bytes(bad))
    with pytest.raises(ObjectCorrupt) as caught:
        ObjectStore(tmp_path).get(oid, kind)
    assert str(oid) in caught.value.message
    assert path.name in caught.value.message
    problems = list(verify_pack(tmp_path / "packs" / path.name))
    assert [(problem.oid, problem.offset) for problem in problems] == [(oid, row.offset)]


def test_an_object_may_be_in_the_pack_that_is_cut_short(
    small: tuple[Path, dict[Oid, tuple[Kind, bytes]]], tmp_path: Path
) -> None:
    path, objects = small
    copy_with(path, tmp_path, path.read_bytes()[:-5])
    oid, (kind, _) = next(iter(objects.items()))
    with pytest.raises(ObjectCorrupt, match="cut short") as caught:
        ObjectStore(tmp_path).get(oid, kind)
    assert str(oid) in caught.value.message
    assert path.name in caught.value.message


def test_a_newer_pack_is_refused(
    small: tuple[Path, dict[Oid, tuple[Kind, bytes]]], tmp_path: Path
) -> None:
    path, objects = small
    data = bytearray(path.read_bytes())
    data[8:12] = struct.pack("<I", 2)
    copy_with(path, tmp_path / "damaged", bytes(data))
    assert not ObjectStore(tmp_path / "damaged").has(next(iter(objects)))
    trailer = TRAILER.pack(*TRAILER.unpack(data[-40:-16])[:2], 2, 0)
    data[-40:-8] = trailer + xxhash.xxh3_64_digest(trailer)
    copy_with(path, tmp_path, bytes(data))
    with pytest.raises(UnsupportedVersion, match="version 2"):
        ObjectStore(tmp_path).has(next(iter(objects)))


def test_another_copy_is_read_where_one_is_damaged(
    small: tuple[Path, dict[Oid, tuple[Kind, bytes]]], tmp_path: Path
) -> None:
    path, objects = small
    data = bytearray(path.read_bytes())
    data[20] ^= 1
    copy_with(path, tmp_path, bytes(data))
    (tmp_path / "packs" / f"pack-z{path.name[6:]}").write_bytes(path.read_bytes())
    assert check_all(tmp_path, objects) == 0


def test_a_missing_pack_is_a_missing_object(
    small: tuple[Path, dict[Oid, tuple[Kind, bytes]]], tmp_path: Path
) -> None:
    path, objects = small
    copy_with(path, tmp_path, path.read_bytes())
    store = ObjectStore(tmp_path)
    oid, (kind, payload) = next(iter(objects.items()))
    assert store.get(oid, kind) == payload
    (tmp_path / "packs" / path.name).unlink()
    # An open pack can still be read; a new process misses it.
    assert store.get(oid, kind) == payload
    with pytest.raises(ObjectMissing, match=str(oid)):
        ObjectStore(tmp_path).get(oid, kind)


def crafted(folder: Path, *entries: tuple[Oid, bytes, bytes, int]) -> ObjectStore:
    """A store with one pack of those entries: oid, head, stored bytes, decodes."""
    (folder / "packs").mkdir()
    writer = PackWriter(folder)
    for oid, head, stored, decodes in entries:
        writer.add(oid, head, stored, decodes)
    writer.finish(folder / "packs")
    return ObjectStore(folder)


def test_a_bomb_is_refused_before_memory_is_asked_for(tmp_path: Path) -> None:
    head = write_head(Kind.CHUNK, Encoding.PLAIN, 1 << 31, b"\x4b\xff\xff\xff")
    store = crafted(tmp_path, (Oid(bytes(32)), head, b"\x4b\xff\xff\xff", 0))
    with pytest.raises(ObjectCorrupt, match="more than its kind can have"):
        store.get(Oid(bytes(32)), Kind.CHUNK)


def test_deltas_in_a_circle_are_refused(tmp_path: Path) -> None:
    a, b = Oid(b"a" * 32), Oid(b"b" * 32)
    stored = b"\x01\x00\x00"
    store = crafted(
        tmp_path,
        (a, write_head(Kind.CHUNK, Encoding.DELTA, 100, stored, [b], 5), stored, 5),
        (b, write_head(Kind.CHUNK, Encoding.DELTA, 100, stored, [a], 5), stored, 5),
    )
    with pytest.raises(ObjectCorrupt, match="more objects than it says"):
        store.get(a, Kind.CHUNK)


def test_a_missing_base_is_named(tmp_path: Path) -> None:
    stored = b"\x01\x00\x00"
    oid, base = Oid(b"a" * 32), Oid(b"c" * 32)
    head = write_head(Kind.CHUNK, Encoding.DELTA, 100, stored, [base], 1)
    store = crafted(tmp_path, (oid, head, stored, 1))
    with pytest.raises(ObjectMissing, match="63636363"):
        store.get(oid, Kind.CHUNK)


def test_another_payload_than_the_oid_says_is_refused(tmp_path: Path) -> None:
    oid = oid_of(Kind.CHUNK, b"what was meant")
    head = write_head(Kind.CHUNK, Encoding.RAW, 7, b"another")
    store = crafted(tmp_path, (oid, head, b"another", 0))
    with pytest.raises(ObjectCorrupt, match="do not give its oid"):
        store.get(oid, Kind.CHUNK)


def test_a_member_outside_of_its_group_is_refused(tmp_path: Path) -> None:
    (tmp_path / "packs").mkdir()
    writer = PackWriter(tmp_path)
    group = write_group(writer, [(oid_of(Kind.CHUNK, b"x" * 50), Kind.CHUNK, b"x" * 50)])
    oid = Oid(bytes(32))
    writer.add(oid, write_head(Kind.CHUNK, Encoding.MEMBER, 9, b"", [group], start=45), b"")
    writer.finish(tmp_path / "packs")
    with pytest.raises(ObjectCorrupt, match="outside of its group"):
        ObjectStore(tmp_path).get(oid, Kind.CHUNK)


def test_a_damaged_base_does_not_hinder_new_objects(
    small: tuple[Path, dict[Oid, tuple[Kind, bytes]]], tmp_path: Path
) -> None:
    path, objects = small
    base = list(objects)[3]
    row = dict(ObjectStore(path.parent.parent).packs.all()[0].index.entries())[base]
    bad = bytearray(path.read_bytes())
    bad[row.offset + row.length - 1] ^= 1
    copy_with(path, tmp_path, bytes(bad))
    store = ObjectStore(tmp_path)
    with store.writing() as writer:
        oid = writer.put(Kind.CHUNK, NOISE[20:390] + b"new one", like=[base])
        writer.publish()
    assert store.get(oid, Kind.CHUNK) == NOISE[20:390] + b"new one"
    assert store.info(oid).encoding == Encoding.RAW


def test_damage_is_told_once_however_many_objects_stand_upon_it(tmp_path: Path) -> None:
    oids: list[Oid] = []
    store = ObjectStore(tmp_path)
    for number in range(4):
        payload = NOISE[: 300 - number] + b"version %d" % number
        with store.writing() as writer:
            oids.append(writer.put(Kind.CHUNK, payload, like=oids[-1:]))
            (path,) = writer.publish()
            if not number:
                first = path
    assert store.info(oids[3]).decodes == 3
    found = store.packs.find(oids[0])
    assert found is not None
    row = found.row
    bad = bytearray(first.read_bytes())
    bad[row.offset + row.length - 1] ^= 1
    first.write_bytes(bytes(bad))
    with pytest.raises(ObjectCorrupt) as caught:
        ObjectStore(tmp_path).get(oids[3], Kind.CHUNK)
    message = caught.value.message
    assert message.startswith(f"The object {oids[3]} cannot be read without another one.")
    assert f"The object {oids[0]} in {first.name}" in message
    assert message.count("is damaged") == 1
