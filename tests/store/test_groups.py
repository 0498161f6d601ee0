"""Groups: members come back, and are never bases."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdv.errors import ObjectMissing
from tdv.model.oid import Kind, oid_of
from tdv.store.encoding import BESIDE_BYTES, MAX_GROUP, Encoding
from tdv.store.groups import group_entries, write_group
from tdv.store.objects import ObjectStore
from tdv.store.packfile import PackWriter, write_head

TEXT = b"".join(b"line %d of a file that changes a little\n" % i for i in range(2000))


@settings(max_examples=20, deadline=None)
@given(st.lists(st.binary(max_size=200), unique=True, min_size=1, max_size=20))
def test_members_round_trip(
    tmp_path_factory: pytest.TempPathFactory, payloads: list[bytes]
) -> None:
    folder = tmp_path_factory.mktemp("group")
    members = [(oid_of(Kind.CHUNK, payload), Kind.CHUNK, payload) for payload in payloads]
    (folder / "packs").mkdir()
    writer = PackWriter(folder)
    group = write_group(writer, members)
    writer.finish(folder / "packs")
    store = ObjectStore(folder)
    for oid, kind, payload in members:
        assert store.get(oid, kind) == payload
        assert store.info(oid).bases == (group,)
    assert store.get(group, Kind.GROUP) == b"".join(payloads)


def test_versions_in_a_group_take_little(tmp_path: Path) -> None:
    versions = [TEXT[: i * 500] + b"version %d" % i + TEXT[i * 500 :] for i in range(40)]
    members = [(oid_of(Kind.CHUNK, version), Kind.CHUNK, version) for version in versions]
    (tmp_path / "packs").mkdir()
    writer = PackWriter(tmp_path)
    write_group(writer, members)
    path = writer.finish(tmp_path / "packs")
    assert path.stat().st_size < len(TEXT) // 5 + 40 * 150
    store = ObjectStore(tmp_path)
    assert list(store.get_many([oid for oid, _, _ in members], Kind.CHUNK)) == versions


def test_a_group_beside_the_newest_version_takes_next_to_nothing(tmp_path: Path) -> None:
    newest = random.Random(1).randbytes(60_000)
    older = [newest[: i * 100] + b"version %d" % i + newest[i * 200 :] for i in range(20)]
    members = [(oid_of(Kind.CHUNK, version), Kind.CHUNK, version) for version in older]
    (tmp_path / "packs").mkdir()
    writer = PackWriter(tmp_path)
    base = oid_of(Kind.CHUNK, newest)
    writer.add(base, write_head(Kind.CHUNK, Encoding.RAW, len(newest), newest), newest)
    group = write_group(writer, members, [(base, newest)])
    path = writer.finish(tmp_path / "packs")
    assert path.stat().st_size < len(newest) + 20 * 150
    store = ObjectStore(tmp_path)
    assert store.info(group).bases == (base,)
    for oid, kind, payload in members:
        assert store.get(oid, kind) == payload


def test_a_group_beside_a_group_is_refused(tmp_path: Path) -> None:
    (tmp_path / "packs").mkdir()
    writer = PackWriter(tmp_path)
    other = write_group(writer, [(oid_of(Kind.CHUNK, TEXT), Kind.CHUNK, TEXT)])
    newer = oid_of(Kind.CHUNK, TEXT + b"x")
    write_group(writer, [(newer, Kind.CHUNK, TEXT + b"x")], [(other, TEXT)])
    writer.finish(tmp_path / "packs")
    with pytest.raises(ObjectMissing):
        ObjectStore(tmp_path).get(newer, Kind.CHUNK)


def test_a_group_stands_beside_a_bounded_number_of_bytes() -> None:
    members = [(oid_of(Kind.CHUNK, TEXT), Kind.CHUNK, TEXT)]
    with pytest.raises(ValueError, match="at most"):
        group_entries(members, [(members[0][0], bytes(BESIDE_BYTES + 1))])


def test_a_member_is_not_used_as_a_base(tmp_path: Path) -> None:
    oid = oid_of(Kind.CHUNK, TEXT)
    (tmp_path / "packs").mkdir()
    pack = PackWriter(tmp_path)
    write_group(pack, [(oid, Kind.CHUNK, TEXT)])
    stored = b"\x01\x00\x00"
    wrong = oid_of(Kind.CHUNK, b"wrong")
    pack.add(wrong, write_head(Kind.CHUNK, Encoding.DELTA, 9, stored, [oid], 1), stored, 1)
    pack.finish(tmp_path / "packs")
    store = ObjectStore(tmp_path)
    with store.writing() as writer:
        new = writer.put(Kind.CHUNK, TEXT + b"more", like=[oid])
        writer.publish()
    assert store.info(new).encoding == Encoding.PLAIN
    with pytest.raises(ObjectMissing, match="base"):
        store.get(wrong, Kind.CHUNK)


def test_a_group_has_a_bound(tmp_path: Path) -> None:
    half = bytes(MAX_GROUP // 2 + 1)
    members = [(oid_of(Kind.TREE, half), Kind.TREE, half)] * 2
    writer = PackWriter(tmp_path)
    with pytest.raises(ValueError, match="larger"):
        write_group(writer, members)
    writer.discard()
