"""Merging packs: few remain, nothing is lost, readers and writers are not disturbed."""

from __future__ import annotations

import random
import threading
from pathlib import Path

import pytest

from tdv.errors import StorageError
from tdv.model.oid import Kind, Oid, oid_of
from tdv.store import files
from tdv.store.consolidate import FEW, MANY, consolidate
from tdv.store.encoding import Encoding
from tdv.store.groups import write_group
from tdv.store.locks import Busy
from tdv.store.objects import ObjectStore
from tdv.store.packfile import PackWriter

TEXT = b"".join(b"line %d of a file that changes a little\n" % i for i in range(600))


def commit(store: ObjectStore, number: int, previous: list[Oid]) -> tuple[Oid, bytes]:
    """Publish a pack with one object that is a delta, after the first."""
    at = number * 131 % (len(TEXT) - 20)
    payload = TEXT[:at] + b"version %06d" % number + TEXT[at:]
    with store.writing() as writer:
        oid = writer.put(Kind.CHUNK, payload, like=previous[-1:], level=9)
        writer.publish()
    return oid, payload


def test_a_handful_of_packs_after_many_commits(tmp_path: Path) -> None:
    store = ObjectStore(tmp_path)
    objects: dict[Oid, bytes] = {}
    for number in range(120):
        oid, payload = commit(store, number, list(objects))
        objects[oid] = payload
        consolidate(store)
        sizes = sorted(pack.size for pack in store.packs.all())
        assert len(sizes) <= FEW + 1
    assert [path.name for path in sorted((tmp_path / "packs").iterdir())] == [
        pack.name for pack in store.packs.all()
    ]
    for reader in (store, ObjectStore(tmp_path)):
        assert {oid: reader.get(oid, Kind.CHUNK) for oid in objects} == objects
    assert sorted(oid for oid, _ in store.iter_objects()) == sorted(objects)


def test_sizes_are_geometric_after_one_merge_of_many(tmp_path: Path) -> None:
    store = ObjectStore(tmp_path)
    oids: list[Oid] = []
    for number in range(40):
        oids.append(commit(store, number, oids)[0])
    before = {oid: store.info(oid) for oid in oids}
    merged = consolidate(store)
    assert merged is not None
    assert len(merged.sources) == 40
    assert [pack.name for pack in store.packs.all()] == [merged.pack]
    for oid in oids:
        info = store.info(oid)
        assert (info.stored, info.bases, info.decodes) == (
            before[oid].stored,
            before[oid].bases,
            before[oid].decodes,
        )
    assert consolidate(store) is None


def test_large_packs_are_left_alone(tmp_path: Path) -> None:
    store = ObjectStore(tmp_path)
    for number in range(20):
        commit(store, number, [])
    assert consolidate(store, large=100) is None
    assert len(store.packs.all()) == 20


def test_a_writer_keeps_packs_from_being_merged(tmp_path: Path) -> None:
    store = ObjectStore(tmp_path)
    for number in range(20):
        commit(store, number, [])
    with store.writing() as writer:
        oid = writer.put(Kind.CHUNK, b"in the meantime")
        assert consolidate(ObjectStore(tmp_path)) is None
        writer.publish()
    assert consolidate(store) is not None
    assert store.get(oid, Kind.CHUNK) == b"in the meantime"


def test_two_copies_become_one_and_the_nearer_is_kept(tmp_path: Path) -> None:
    first, second = ObjectStore(tmp_path), ObjectStore(tmp_path)
    for number in range(10):
        commit(first, number, [])
    payload = TEXT + b"the same"
    with first.writing() as one, second.writing() as two:
        base = oid_of(Kind.CHUNK, TEXT)
        one.put(Kind.CHUNK, TEXT)
        oid = one.put(Kind.CHUNK, payload, like=[base])
        two.put(Kind.CHUNK, payload)
        one.publish()
        two.publish()
    assert [o for o, _ in first.iter_objects()].count(oid) == 2
    assert consolidate(first) is not None
    assert [o for o, _ in first.iter_objects()].count(oid) == 1
    assert first.info(oid).encoding == Encoding.PLAIN
    assert first.get(oid, Kind.CHUNK) == payload


def test_a_copy_that_can_be_a_base_goes_before_a_member(tmp_path: Path) -> None:
    store = ObjectStore(tmp_path)
    oid, payload = commit(store, 0, [])
    child, child_payload = commit(store, 1, [oid])
    writer = PackWriter(tmp_path)
    write_group(writer, [(oid, Kind.CHUNK, payload)])
    writer.finish(tmp_path / "packs")
    for number in range(2, 10):
        commit(store, number, [])
    assert consolidate(store) is not None
    assert store.info(oid).encoding == Encoding.PLAIN
    assert store.get(child, Kind.CHUNK) == child_payload


def test_readers_go_on_while_packs_are_merged(tmp_path: Path) -> None:
    store = ObjectStore(tmp_path)
    objects = dict(commit(store, number, []) for number in range(30))
    reader = ObjectStore(tmp_path)
    reader.packs.descriptors._bound = 2  # so that packs must be opened again
    failures: list[Exception] = []
    stop = threading.Event()

    def read() -> None:
        chooser = random.Random(1)
        while not stop.is_set():
            oid = chooser.choice(list(objects))
            try:
                assert reader.get(oid, Kind.CHUNK) == objects[oid]
            except Exception as error:  # whatever it is, the test reports it
                failures.append(error)
                return

    thread = threading.Thread(target=read)
    thread.start()
    more: list[Oid] = []
    for number in range(100, 160):
        more.append(commit(store, number, more)[0])
        consolidate(store)
    stop.set()
    thread.join()
    assert failures == []


def test_a_damaged_pack_is_not_merged_away(tmp_path: Path) -> None:
    store = ObjectStore(tmp_path)
    for number in range(20):
        commit(store, number, [])
    path = store.packs.all()[7].path
    data = bytearray(path.read_bytes())
    data[40] ^= 1
    path.write_bytes(data)
    before = sorted(p.name for p in (tmp_path / "packs").iterdir())
    assert consolidate(ObjectStore(tmp_path)) is None
    assert sorted(p.name for p in (tmp_path / "packs").iterdir()) == before
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.parametrize("step", range(12))
def test_failing_at_any_step_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    store = ObjectStore(tmp_path)
    objects = dict(commit(store, number, []) for number in range(8))
    count = 0

    def fail(what: str, path: str) -> None:
        nonlocal count
        count += 1
        if count > step:
            raise OSError(28, "No space left on device", path)

    monkeypatch.setattr(files, "fault", fail)
    assert consolidate(store) is None or step >= 11
    if step < 5:
        with pytest.raises(StorageError):
            consolidate(store, wait=True)
    monkeypatch.setattr(files, "fault", None)
    fresh = ObjectStore(tmp_path)
    assert {oid: fresh.get(oid, Kind.CHUNK) for oid in objects} == objects


def test_what_a_killed_writer_left_is_removed(tmp_path: Path) -> None:
    store = ObjectStore(tmp_path)
    commit(store, 0, [])
    left = tmp_path / "tmp" / "pack-0123456789abcdef"
    left.write_bytes(b"unfinished")
    with store.writing():
        assert consolidate(ObjectStore(tmp_path)) is None
    assert left.exists()
    assert consolidate(store) is None
    assert not left.exists()


def test_waiting_for_the_lock_ends_with_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tdv.store.consolidate.WAIT_SECONDS", 0.01)
    store = ObjectStore(tmp_path)
    for number in range(8):
        commit(store, number, [])
    with store.writing(), pytest.raises(Busy):
        consolidate(ObjectStore(tmp_path), wait=True)


def test_packs_that_pile_up_are_merged_beside_writers(tmp_path: Path) -> None:
    """Where many processes commit there is no moment without one: the lock is asked for."""
    store, oids = ObjectStore(tmp_path), []
    for number in range(FEW + 4):
        oids.append(commit(store, number, oids)[0])
    with store.lock.shared():
        assert consolidate(store) is None  # a few wait for a better moment
    for number in range(FEW + 4, MANY):
        oids.append(commit(store, number, oids)[0])
    merged: list[object] = []
    merging = threading.Thread(target=lambda: merged.append(consolidate(ObjectStore(tmp_path))))
    with store.lock.shared():
        merging.start()
        with pytest.raises(Busy):
            share_often(store)
    merging.join()
    assert merged != [None]
    assert len(store.packs.refresh()) == 1


def share_often(store: ObjectStore) -> None:
    for _ in range(1_000_000):
        with store.lock.shared(wait=0):
            pass
