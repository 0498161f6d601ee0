"""What is remembered comes back as it was, or not at all."""

from __future__ import annotations

import errno
import os
import pickle
import shutil
import subprocess
import sys
import time
from pathlib import Path

import msgpack
import numpy as np
import pytest
import xxhash
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tdv.analysis import memory as memory_module
from tdv.analysis.cachefolder import clear, trim
from tdv.analysis.memory import MARK_SECONDS, Memory, drop_damaged, temporary
from tdv.analysis.partfile import TYPES
from tdv.store import files

UNIT, OTHER = b"u" * 32, b"v" * 32
DIGEST = b"e" * 16


@pytest.fixture(autouse=True)
def no_fault_stays():
    yield
    files.fault = None


@pytest.fixture
def memory(tmp_path):
    return Memory(tmp_path / "cache/analysis")


def kept(folder: Path) -> list[Path]:
    """The files of parts."""
    return sorted(path for path in folder.glob("??/*") if path.is_file())


def whole(parts) -> dict | None:
    """All that is remembered of a unit, as bytes; None when anything is missing."""
    if parts is None:
        return None
    found = parts.arrays(parts.names)
    return found and {name: np.asarray(each).tobytes() for name, each in found.items()}


def small() -> dict:
    return {
        "chars": np.arange(5, dtype="u4"),
        "text": np.arange(4, dtype="u8").reshape(2, 2),
        "label:ü": np.zeros(40, "u2"),
        "hits": b"hits",
        "lists": b"",
    }


def test_parts_come_back(memory):
    assert memory.get(UNIT, DIGEST) is None
    assert memory.put(UNIT, DIGEST, small())
    found = memory.get(UNIT, DIGEST)
    assert found.names == list(small())
    assert found.payload("hits") == b"hits"
    assert found.payload("lists") == b""
    columns = found.arrays(["text", "chars"])
    assert list(columns) == ["text", "chars"]
    np.testing.assert_array_equal(columns["text"], small()["text"])
    assert columns["chars"].dtype == np.dtype("u4")
    assert not columns["chars"].flags.writeable
    assert found.payload("summary") is None
    assert found.arrays(["chars", "words"]) is None
    assert found.arrays([]) == {}


def test_units_and_extractions_are_apart(memory):
    memory.put(UNIT, DIGEST, {"a": b"1"})
    assert memory.get(OTHER, DIGEST) is None
    assert memory.get(UNIT, DIGEST[:-1]) is None
    assert memory.get(UNIT + DIGEST[:1], DIGEST[1:]) is None
    assert memory.report(UNIT) is None
    memory.put(UNIT, DIGEST, {"a": b"2"})
    assert memory.get(UNIT, DIGEST).payload("a") == b"2"


numbers = st.sampled_from(sorted(TYPES - {""})).flatmap(
    lambda name: arrays.arrays(
        np.dtype(name), arrays.array_shapes(min_dims=1, max_dims=2, min_side=0, max_side=40)
    )
)


@given(parts=st.dictionaries(st.text(max_size=9), st.binary(max_size=5000) | numbers, max_size=9))
def test_any_parts_come_back(tmp_path_factory, parts):
    folder = tmp_path_factory.getbasetemp() / "any"
    shutil.rmtree(folder, ignore_errors=True)
    memory = Memory(folder)
    memory.put(UNIT, DIGEST, parts)
    found = Memory(folder).get(UNIT, DIGEST).arrays(parts)
    for name, value in parts.items():
        if isinstance(value, bytes):
            assert found[name] == value
        else:
            assert (found[name].shape, found[name].dtype) == (value.shape, value.dtype)
            assert found[name].tobytes() == value.tobytes()


def test_arrays_are_kept_little_endian_and_in_order(memory):
    grid = np.arange(6, dtype=">u4").reshape(2, 3)
    memory.put(UNIT, DIGEST, {"big": grid, "across": grid.T, "third": np.arange(9)[::3]})
    found = memory.get(UNIT, DIGEST).arrays(["big", "across", "third"])
    assert found["big"].dtype == np.dtype("<u4")
    np.testing.assert_array_equal(found["big"], grid)
    np.testing.assert_array_equal(found["across"], grid.T)
    np.testing.assert_array_equal(found["third"], [0, 3, 6])


@pytest.mark.parametrize("value", [np.array([None]), np.array(["a"]), np.array([1j])])
def test_what_is_no_number_is_refused(memory, value):
    with pytest.raises(ValueError, match="is an array of"):
        memory.put(UNIT, DIGEST, {"a": value})
    assert memory.get(UNIT, DIGEST) is None


def test_any_damage_makes_it_none(memory, tmp_path):
    memory.put(UNIT, DIGEST, small())
    right = whole(memory.get(UNIT, DIGEST))
    [path] = kept(tmp_path / "cache/analysis")
    content = path.read_bytes()
    for at in range(len(content)):
        for damaged in (
            content[:at],
            content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :],
            content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :],
        ):
            path.write_bytes(damaged)
            assert whole(memory.get(UNIT, DIGEST)) is None, at
            assert not path.exists()
    path.write_bytes(content + b"x")
    assert memory.get(UNIT, DIGEST) is None
    path.write_bytes(content)
    assert whole(memory.get(UNIT, DIGEST)) == right


@pytest.mark.parametrize(
    "change",
    [
        lambda key, entries: 7,
        lambda key, entries: [key],
        lambda key, entries: [key, [[1, 2, 3]]],
        lambda key, entries: [key, [entries[0], [*entries[1][:4], -1, b""]]],
        lambda key, entries: [key, [[*entries[0][:4], 2 * entries[0][4], b""], entries[1]]],
        lambda key, entries: [key, [[entries[0][0], "|O", *entries[0][2:]], entries[1]]],
        lambda key, entries: [key, [[entries[0][0], "<u8", [99], *entries[0][3:]], entries[1]]],
        lambda key, entries: [key, [[*entries[0][:2], [2, 7], *entries[0][3:]], entries[1]]],
        lambda key, entries: [key, [[*entries[0][:3], True, *entries[0][4:]], entries[1]]],
        lambda key, entries: [[], entries],
    ],
)
def test_a_directory_that_tdv_does_not_write_is_none(memory, change):
    """Its checksum is right: somebody else wrote it."""
    memory.put(UNIT, DIGEST, {"a": np.arange(4, dtype="u1"), "b": b"1"})
    [path] = kept(memory.folder)
    content = path.read_bytes()
    length = int.from_bytes(content[28:32], "big")
    directory = msgpack.packb(change(*msgpack.unpackb(content[32 : 32 + length])))
    head = content[:12] + xxhash.xxh3_128_digest(directory) + len(directory).to_bytes(4, "big")
    path.write_bytes(head + directory + content[32 + length :])
    assert whole(memory.get(UNIT, DIGEST)) is None
    assert not path.exists()


def test_damage_between_two_reads_is_seen(memory, tmp_path):
    parts = {"big": os.urandom(9000), "other": b"small"}
    memory.put(UNIT, DIGEST, parts)
    found = memory.get(UNIT, DIGEST)
    [path] = kept(tmp_path / "cache/analysis")
    content = bytearray(path.read_bytes())
    content[6000] ^= 1
    path.write_bytes(content)
    assert found.payload("big") is None
    assert not path.exists()


def test_a_file_under_another_name_is_none(memory, tmp_path):
    memory.put(UNIT, DIGEST, {"a": b"1"})
    [mine] = kept(tmp_path / "cache/analysis")
    memory.put(OTHER, DIGEST, {"a": b"2"})
    [theirs] = set(kept(tmp_path / "cache/analysis")) - {mine}
    theirs.write_bytes(mine.read_bytes())
    assert memory.get(OTHER, DIGEST) is None
    assert memory.get(UNIT, DIGEST).payload("a") == b"1"


def test_it_may_be_deleted_while_in_use(memory, tmp_path):
    memory.put(UNIT, DIGEST, {"big": os.urandom(9000)})
    found = memory.get(UNIT, DIGEST)
    shutil.rmtree(tmp_path / "cache")
    assert found.payload("big") is None
    assert memory.get(UNIT, DIGEST) is None
    assert memory.put(UNIT, DIGEST, {"a": b"1"})
    assert memory.get(UNIT, DIGEST).payload("a") == b"1"
    assert memory.trim() == 0


def test_reports_are_kept(memory):
    assert memory.report(b"key") is None
    assert memory.put_report(b"key", b"payload")
    assert memory.report(b"key") == b"payload"
    assert memory.report(b"ke") is None


def test_the_last_sequence_of_a_path_is_kept(memory):
    assert memory.last_sequence("a/ü.jsonl", DIGEST) == []
    assert memory.note_sequence("a/ü.jsonl", DIGEST, [UNIT, OTHER, UNIT])
    assert memory.last_sequence("a/ü.jsonl", DIGEST) == [UNIT, OTHER, UNIT]
    assert memory.last_sequence("a/ü.jsonl", b"another") == []
    memory.note_sequence("a/ü.jsonl", DIGEST, [])
    assert memory.last_sequence("a/ü.jsonl", DIGEST) == []


def test_the_seed_is_the_folders(memory, tmp_path):
    folder = tmp_path / "cache/analysis"
    seed = memory.seed()
    assert 0 <= seed < 1 << 64
    assert Memory(folder).seed() == memory.seed() == seed
    assert Memory(tmp_path / "other").seed() != seed
    (folder / "seed").unlink()
    assert memory.seed() == seed
    assert Memory(folder).seed() != seed


def test_facts_of_another_seed_are_not_found(memory, tmp_path):
    memory.put(UNIT, DIGEST, {"a": b"1"})
    (tmp_path / "cache/analysis/seed").unlink()
    assert Memory(tmp_path / "cache/analysis").get(UNIT, DIGEST) is None


@pytest.mark.parametrize("content", [b"", b"TDVSEEDS", bytes(36)], ids=len)
def test_a_damaged_seed_is_drawn_anew(tmp_path, monkeypatch, content):
    monkeypatch.setattr(memory_module, "SEED_PAUSE", 0.0)
    (tmp_path / "seed").write_bytes(content)
    assert Memory(tmp_path).seed() == Memory(tmp_path).seed()
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["seed"]


def test_workers_have_the_same_seed(tmp_path):
    files.fault = refuse
    memory = Memory(tmp_path / "cache", limit=7)
    again = pickle.loads(pickle.dumps(memory))
    assert again.seed() == memory.seed()
    assert not (tmp_path / "cache").exists()


def refuse(what: str, path: str) -> None:
    raise OSError(errno.EROFS, os.strerror(errno.EROFS), path)


def test_a_folder_that_cannot_be_written_is_read(memory):
    memory.put(UNIT, DIGEST, {"a": b"1"})
    files.fault = refuse
    assert memory.get(UNIT, DIGEST).payload("a") == b"1"
    assert not memory.put(OTHER, DIGEST, {"a": b"2"})
    assert not memory.put_report(b"key", b"payload")
    assert not memory.note_sequence("a", DIGEST, [UNIT])
    assert memory.get(OTHER, DIGEST) is None
    Memory(memory.folder, limit=0).trim()
    assert memory.get(UNIT, DIGEST).payload("a") == b"1"


@pytest.mark.parametrize("step", ["mkdir", "create", "write", "rename"])
def test_a_full_disk_leaves_what_was(memory, step):
    def full(what, path):
        if what == step:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)

    memory.put(UNIT, DIGEST, {"a": b"old"})
    files.fault = full
    memory.put(OTHER, DIGEST, {"a": b"other"})
    memory.put(UNIT, DIGEST, {"a": b"new"})
    files.fault = None
    assert memory.get(UNIT, DIGEST).payload("a") == (b"new" if step == "mkdir" else b"old")
    assert [*(memory.folder / "tmp").iterdir()] == []


def test_what_was_not_used_for_longest_goes_first(tmp_path):
    memory = Memory(tmp_path, limit=50_000)
    now = time.time()
    for number in range(10):
        memory.put(bytes([number]), DIGEST, {"a": os.urandom(10_000)})
        path = max(kept(tmp_path), key=lambda each: each.stat().st_mtime)
        os.utime(path, times=(now, now - (20 - number) * 2 * MARK_SECONDS))
    assert memory.get(bytes([2]), DIGEST) is not None  # which marks it
    removed = memory.trim()
    assert removed > 50_000
    left = [number for number in range(10) if memory.get(bytes([number]), DIGEST)]
    assert left == [2, 7, 8, 9]
    assert sum(path.stat().st_size for path in kept(tmp_path)) <= 50_000
    assert memory.trim() == 0
    assert Memory(tmp_path).seed() == memory.seed()


def test_reading_marks_at_most_once_an_hour(memory):
    memory.put(UNIT, DIGEST, {"a": b"1"})
    [path] = kept(memory.folder)
    for age, marked in ((MARK_SECONDS - 60, False), (MARK_SECONDS + 60, True)):
        before = time.time() - age
        os.utime(path, times=(before, before))
        memory.get(UNIT, DIGEST)
        assert (path.stat().st_mtime > before + 1) == marked


def test_trimming_touches_nothing_else(tmp_path):
    """Somebody may say `--cache-dir .`."""
    (tmp_path / "rows.jsonl").write_bytes(bytes(5000))
    (tmp_path / "de").mkdir()
    (tmp_path / "de" / "rows.jsonl").write_bytes(bytes(5000))
    (tmp_path / "tmp").mkdir()
    (tmp_path / "tmp" / "mine.txt").write_bytes(b"old")
    for path in (tmp_path / "de" / "rows.jsonl", tmp_path / "tmp" / "mine.txt"):
        os.utime(path, times=(0, 0))
    memory = Memory(tmp_path, limit=0)
    memory.put(UNIT, DIGEST, {"a": b"1"})
    assert memory.trim() > 0
    assert drop_damaged(tmp_path) == []
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} == {
        "rows.jsonl", "mine.txt", "seed",
    }  # fmt: skip


def test_what_killed_writers_left_is_removed(tmp_path):
    memory = Memory(tmp_path)
    memory.put(UNIT, DIGEST, {"a": b"1"})
    [path] = kept(tmp_path)
    for name, age in (("0", 7200), ("1", 5)):
        left = tmp_path / "tmp" / f"{path.name}.{name:0>16}"
        left.write_bytes(b"half")
        os.utime(left, times=(time.time() - age,) * 2)
    memory.trim()
    assert [each.name[-1:] for each in (tmp_path / "tmp").iterdir()] == ["1"]


def test_a_dry_run_removes_nothing(memory):
    memory.put(UNIT, DIGEST, {"a": b"1"})
    [path] = kept(memory.folder)
    assert trim(memory.folder, 0, dry_run=True) == path.stat().st_size
    assert trim(memory.folder, 0) > 0
    assert not path.exists()


def test_everything_can_be_forgotten(tmp_path):
    (tmp_path / "rows.jsonl").write_bytes(b"mine")
    memory = Memory(tmp_path)
    memory.put(UNIT, DIGEST, {"a": b"1"})
    clear(tmp_path)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["rows.jsonl"]
    memory.put(UNIT, DIGEST, {"a": b"1"})
    assert memory.get(UNIT, DIGEST).payload("a") == b"1"


def test_no_folder_is_nothing_to_trim(tmp_path):
    assert trim(tmp_path / "none", 0) == 0
    clear(tmp_path / "none")
    assert drop_damaged(tmp_path / "none") == []


def test_damaged_files_are_dropped(memory):
    for number in range(4):
        memory.put(bytes([number]), DIGEST, {"a": os.urandom(9000), "b": b"1"})
    torn, flipped, *_ = kept(memory.folder)
    torn.write_bytes(torn.read_bytes()[:-1])
    content = bytearray(flipped.read_bytes())
    content[5000] ^= 1
    flipped.write_bytes(content)
    names = sorted(f"{path.parent.name}/{path.name}" for path in (torn, flipped))
    assert drop_damaged(memory.folder) == names
    assert len(kept(memory.folder)) == 2
    (memory.folder / "seed").write_bytes(b"TDVSEEDS")
    assert drop_damaged(memory.folder) == ["seed"]


def test_a_temporary_memory_forgets():
    with temporary() as memory:
        folder = memory.folder
        memory.put(UNIT, DIGEST, {"a": b"1"})
        assert memory.get(UNIT, DIGEST).payload("a") == b"1"
    assert not folder.exists()


WRITER = """
import sys
from pathlib import Path
from tdv.analysis.memory import Memory

memory = Memory(Path(sys.argv[1]), limit=30_000)
seen = 0
for turn in range(150):
    unit = bytes([turn % 20])
    found = memory.get(unit, b"e")
    if found is not None:
        value = found.payload("a")
        assert value is None or value == unit * 3000 + found.payload("b")[:0], turn
        seen += value is not None
    memory.put(unit, b"e", {"a": unit * 3000, "b": sys.argv[2].encode() * 2000})
    if turn % 40 == 39:
        memory.trim()
print(memory.seed(), seen)
"""


def test_processes_write_read_and_trim_at_once(tmp_path):
    running = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path / "cache"), name],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in "abc"
    ]
    said = [each.communicate(timeout=60) for each in running]
    assert [err for _, err in said] == ["", "", ""]
    seeds = {out.split()[0] for out, _ in said}
    assert len(seeds) == 1
    assert all(int(out.split()[1]) > 0 for out, _ in said)
    assert [*(tmp_path / "cache/tmp").iterdir()] == []
