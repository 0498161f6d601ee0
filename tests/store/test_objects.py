"""The object store: what was put comes back, whichever way it was stored."""

from __future__ import annotations

import random
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdv.errors import ObjectMissing, StorageError
from tdv.model.oid import Kind, Oid, oid_of
from tdv.store import files
from tdv.store.encode import MAX_DECODES
from tdv.store.encoding import MAX_CHUNK, Encoding
from tdv.store.objects import ObjectStore

LINES = b"".join(b'{"id": %d, "text": "a line, number %d"}\n' % (i, i * 7) for i in range(9000))
NOBODY = Oid(bytes(32))


def edited(payload: bytes, number: int) -> bytes:
    """The payload with twelve bytes changed, elsewhere for each number."""
    at = number * 997 % (len(payload) - 12)
    return payload[:at] + b"edit %07d" % number + payload[at + 12 :]


def test_put_publish_get(tmp_path: Path) -> None:
    store = ObjectStore(tmp_path)
    with store.writing() as writer:
        oids = {kind: writer.put(kind, b"payload" * int(kind)) for kind in Kind}
        paths = writer.publish()
    assert len(paths) == 1
    assert paths[0].parent == tmp_path / "packs"
    assert list((tmp_path / "tmp").iterdir()) == []
    for reader in (store, ObjectStore(tmp_path)):
        for kind, oid in oids.items():
            assert oid == oid_of(kind, b"payload" * int(kind))
            assert reader.get(oid, kind) == b"payload" * int(kind)
            assert reader.has(oid)
    assert not store.has(NOBODY)
    with pytest.raises(ObjectMissing, match=str(NOBODY)):
        store.get(NOBODY, Kind.CHUNK)
    with pytest.raises(ObjectMissing, match="is a chunk"):
        store.get(oids[Kind.CHUNK], Kind.TREE)


def test_an_empty_payload_and_an_empty_session(tmp_path: Path) -> None:
    store = ObjectStore(tmp_path)
    with store.writing() as writer:
        assert writer.publish() == []
        oid = writer.put(Kind.CHUNK, b"")
        assert writer.get(oid, Kind.CHUNK) == b""
        writer.publish()
    assert store.get(oid, Kind.CHUNK) == b""


def test_the_same_object_is_stored_once(tmp_path: Path) -> None:
    store = ObjectStore(tmp_path)
    with store.writing() as writer:
        first = writer.put(Kind.CHUNK, LINES[:5000])
        assert writer.put(Kind.CHUNK, LINES[:5000]) == first
        writer.publish()
        assert writer.put(Kind.CHUNK, LINES[:5000]) == first
        assert writer.publish() == []
    with store.writing() as writer:
        writer.put(Kind.CHUNK, LINES[:5000])
        assert writer.publish() == []
    assert [oid for oid, _ in store.iter_objects()] == [first]


def test_what_is_not_published_is_discarded(tmp_path: Path) -> None:
    store = ObjectStore(tmp_path)
    with store.writing() as writer:
        oid = writer.put(Kind.CHUNK, LINES)
        for i in range(40):
            writer.put(Kind.CHUNK, edited(LINES, i))
    assert not store.has(oid)
    assert list((tmp_path / "tmp").iterdir()) == []


def test_dictionary_encoding(tmp_path: Path) -> None:
    store = ObjectStore(tmp_path)
    noise = random.Random(3).randbytes(3000)
    with store.writing() as writer:
        dictionary = writer.put(Kind.DICTIONARY, noise)
        oid = writer.put(Kind.CHUNK, noise[500:2500] + b"tail", dictionary=dictionary)
        with pytest.raises(ObjectMissing, match="dictionary"):
            writer.put(Kind.CHUNK, b"x", dictionary=NOBODY)
        assert writer.get(oid, Kind.CHUNK) == noise[500:2500] + b"tail"
        writer.publish()
    fresh = ObjectStore(tmp_path)
    info = fresh.info(oid)
    assert (info.encoding, info.bases, info.raw) == (Encoding.DICTIONARY, (dictionary,), 2004)
    assert info.stored < 120
    assert fresh.dictionary_of(oid) == dictionary
    assert fresh.dictionary_of(dictionary) is None
    assert fresh.get(oid, Kind.CHUNK) == noise[500:2500] + b"tail"


def test_chains_of_deltas_stay_short(tmp_path: Path) -> None:
    store = ObjectStore(tmp_path)
    versions = [LINES[:30_000]]
    previous: list[Oid] = []
    oids = []
    for number in range(50):
        versions.append(edited(versions[-1], number))
    with store.writing() as writer:
        for number, payload in enumerate(versions):
            oid = writer.put(Kind.CHUNK, payload, like=previous, level=9)
            oids.append(oid)
            previous = [oid]
            if number % 7 == 0:
                writer.publish()
        writer.publish()
    fresh = ObjectStore(tmp_path)
    for oid, payload in zip(oids, versions, strict=True):
        assert fresh.get(oid, Kind.CHUNK) == payload
    infos = [fresh.info(oid) for oid in oids]
    assert [info.encoding for info in infos[1:]] == [Encoding.DELTA] * 50
    assert max(info.decodes for info in infos) == MAX_DECODES
    # At the bound the base is an older one, and what came since is stored again.
    behind = [info.decodes for info in infos].index(MAX_DECODES) + 1
    assert infos[behind].decodes < MAX_DECODES
    assert sum(info.stored for info in infos[1:behind]) < 16 * 80
    assert sum(info.stored for info in infos[behind:]) < 35 * 400


def test_decodes_count_all_bases(tmp_path: Path) -> None:
    store = ObjectStore(tmp_path)
    parts = [random.Random(i).randbytes(4000) for i in range(3)]
    oids = []
    with store.writing() as writer:
        oids += [writer.put(Kind.CHUNK, part) for part in parts]
        for number in range(30):
            payload = edited(parts[0] + parts[1] + parts[2], number)
            oids.append(writer.put(Kind.CHUNK, payload, like=[*oids[:2], oids[-1]]))
        writer.publish()
    infos = [store.info(oid) for oid in oids[3:]]
    assert infos[0].decodes == 3
    assert all(info.encoding == Encoding.DELTA for info in infos)
    for info in infos:
        assert info.decodes == sum(1 + store.info(base).decodes for base in info.bases)
        assert info.decodes <= MAX_DECODES


def test_a_bad_delta_is_stored_in_full(tmp_path: Path) -> None:
    store = ObjectStore(tmp_path)
    with store.writing() as writer:
        base = writer.put(Kind.CHUNK, random.Random(4).randbytes(20_000))
        oid = writer.put(Kind.CHUNK, LINES[:20_000], like=[base, NOBODY])
        noise = writer.put(Kind.CHUNK, random.Random(5).randbytes(20_000), like=[base])
        writer.publish()
    assert store.info(oid).encoding == Encoding.PLAIN
    assert store.info(noise).encoding == Encoding.RAW


def test_too_large_an_object_is_refused(tmp_path: Path) -> None:
    with ObjectStore(tmp_path).writing() as writer:
        with pytest.raises(StorageError, match="larger than tdv can store"):
            writer.put(Kind.CHUNK, bytes(MAX_CHUNK + 1))
        writer.put(Kind.TREE, bytes(MAX_CHUNK + 1))


def test_a_writer_begins_another_pack_at_the_bound(tmp_path: Path) -> None:
    store = ObjectStore(tmp_path, max_pack=100_000)
    payloads = [random.Random(i).randbytes(30_000) for i in range(10)]
    with store.writing() as writer:
        oids = [writer.put(Kind.CHUNK, p, like=[oid_of(Kind.CHUNK, payloads[0])]) for p in payloads]
        again = writer.put(Kind.CHUNK, edited(payloads[0], 1), like=[oids[0]])
        paths = writer.publish()
    assert len(paths) == 4
    assert all(path.stat().st_size <= 100_000 for path in paths)
    assert [store.get(oid, Kind.CHUNK) for oid in oids] == payloads
    assert store.get(again, Kind.CHUNK) == edited(payloads[0], 1)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([Kind.CHUNK, Kind.TREE, Kind.NODE]),
            st.integers(0, 8000),
            st.integers(0, 3000),
            st.lists(st.integers(0, 30), max_size=4),
            st.booleans(),
        ),
        max_size=30,
    )
)
def test_arbitrary_sessions_come_back(
    tmp_path_factory: pytest.TempPathFactory,
    steps: list[tuple[Kind, int, int, list[int], bool]],
) -> None:
    store = ObjectStore(tmp_path_factory.mktemp("store"))
    put: list[tuple[Oid, Kind, bytes]] = []
    with store.writing() as writer:
        for kind, start, size, like, publish in steps:
            payload = LINES[start : start + size]
            bases = [put[i % len(put)][0] for i in like] if put else []
            put.append((writer.put(kind, payload, like=bases), kind, payload))
            if publish:
                writer.publish()
            for oid, its_kind, its_payload in put[-3:]:
                assert writer.get(oid, its_kind) == its_payload
        writer.publish()
    fresh = ObjectStore(store.folder)
    for oid, kind, payload in put:
        assert fresh.get(oid, kind) == payload
        assert fresh.info(oid).decodes <= MAX_DECODES


@pytest.mark.parametrize("size", [100, 40_000])
def test_get_many_keeps_the_order(tmp_path: Path, size: int) -> None:
    store = ObjectStore(tmp_path)
    payloads = [edited(LINES[:size], i) for i in range(60)]
    with store.writing() as writer:
        oids = [writer.put(Kind.CHUNK, payload) for payload in payloads]
        writer.publish()
    assert list(store.get_many(oids, Kind.CHUNK)) == payloads
    assert list(store.get_many([], Kind.CHUNK)) == []
    before = threading.active_count()
    early = store.get_many(iter(oids), Kind.CHUNK)
    assert [next(early) for _ in range(12)] == payloads[:12]
    early.close()
    assert threading.active_count() == before
    with pytest.raises(ObjectMissing, match=str(NOBODY)):
        list(store.get_many([*oids[:30], NOBODY, *oids[30:]], Kind.CHUNK))


def test_find_by_prefix(tmp_path: Path) -> None:
    store = ObjectStore(tmp_path)
    with store.writing() as writer:
        oids = sorted(writer.put(Kind.CHUNK, b"%d" % i) for i in range(600))
        writer.publish()
    for prefix in ("", "0", "a", "A", "7f", "7f3", str(oids[3])[:9], str(oids[3])):
        expected = [(oid, Kind.CHUNK) for oid in oids if str(oid).startswith(prefix.lower())]
        assert store.find(prefix) == expected
    for wrong in ("xyz", "0" * 65):
        with pytest.raises(ValueError, match="hex"):
            store.find(wrong)


def test_a_reader_sees_what_is_published_after_it_listed_the_packs(tmp_path: Path) -> None:
    reader, store = ObjectStore(tmp_path), ObjectStore(tmp_path)
    assert not reader.has(NOBODY)
    with store.writing() as writer:
        oid = writer.put(Kind.CHUNK, b"new")
        writer.publish()
    assert reader.get(oid, Kind.CHUNK) == b"new"


@pytest.mark.parametrize("step", ["create", "write", "fsync", "rename", "mkdir"])
def test_a_failing_disk_leaves_nothing_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    store = ObjectStore(tmp_path)

    def fail(what: str, path: str) -> None:
        if what == step:
            raise OSError(28, "No space left on device", path)

    monkeypatch.setattr(files, "fault", fail)
    with store.writing() as writer:
        oid = writer.put(Kind.CHUNK, LINES)
        with pytest.raises(StorageError, match="no space left"):
            writer.publish()
    monkeypatch.setattr(files, "fault", None)
    assert not ObjectStore(tmp_path).has(oid)
    assert list(tmp_path.glob("tmp/*")) == []


def test_after_a_failure_the_session_publishes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = ObjectStore(tmp_path)
    with store.writing() as writer:
        monkeypatch.setattr(files, "fault", lambda what, path: 1 // 0)
        writer.put(Kind.CHUNK, LINES)
        with pytest.raises(ZeroDivisionError):
            writer.publish()
        monkeypatch.setattr(files, "fault", None)
        with pytest.raises(StorageError, match="nothing can be published"):
            writer.publish()
    assert not list(tmp_path.glob("packs/*"))


def test_threads_read_at_once(tmp_path: Path) -> None:
    store = ObjectStore(tmp_path)
    payloads = [edited(LINES[:20_000], i) for i in range(40)]
    with store.writing() as writer:
        oids: list[Oid] = []
        for payload in payloads:
            oids.append(writer.put(Kind.CHUNK, payload, like=oids[-1:]))
        writer.publish()
    store = ObjectStore(tmp_path)
    wrong: list[int] = []

    def read(seed: int) -> None:
        for i in random.Random(seed).choices(range(40), k=100):
            if store.get(oids[i], Kind.CHUNK) != payloads[i]:
                wrong.append(i)

    threads = [threading.Thread(target=read, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
