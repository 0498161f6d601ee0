from __future__ import annotations

import os
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tdv.model.entry import FileEntry, Mode
from tdv.model.oid import Oid
from tdv.repo.statcache import (
    NO_KEY,
    NO_SIGNATURE,
    SECOND,
    StatCache,
    entry_key,
    filesystem_clock,
    is_unchanged,
    known_key,
    signature,
    staged_key,
)

STAGE = Oid(bytes(range(32)))
NAMES = st.binary(min_size=1, max_size=8).filter(lambda name: not {0, 47} & set(name))
PATHS = st.lists(NAMES, min_size=1, max_size=3).map(b"/".join)
KEYS = st.binary(min_size=16, max_size=16).filter(lambda key: key != NO_KEY)
SIGNATURES = st.binary(min_size=len(NO_SIGNATURE), max_size=len(NO_SIGNATURE))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(files=st.dictionaries(PATHS, st.tuples(KEYS, SIGNATURES), max_size=20))
def test_what_is_saved_is_loaded(tmp_path: Path, files: dict[bytes, tuple[bytes, bytes]]) -> None:
    cache = StatCache(STAGE)
    for path, (key, signed) in files.items():
        cache.put(path, key, signed)
    cache.save(tmp_path / "stat", tmp_path)
    loaded = StatCache.load(tmp_path / "stat")
    assert loaded is not None
    assert not loaded.changed
    assert loaded.stage == STAGE
    assert sorted(loaded.paths()) == sorted(files)
    for path, (key, signed) in files.items():
        record = loaded.get(path)
        assert record is not None
        assert staged_key(record) == key
        assert is_unchanged(record, signed) or signed == NO_SIGNATURE
    assert os.listdir(tmp_path) == ["stat"]


def test_what_a_file_is_outlives_a_change_of_the_stage() -> None:
    one, two, signed = b"1" * 16, b"2" * 16, b"s" * len(NO_SIGNATURE)
    cache = StatCache(STAGE)
    cache.put(b"d/a", one, signed)
    cache.put(b"d/a", two)
    record = cache.get(b"d/a")
    assert record is not None
    assert known_key(record, signed) == one
    assert not is_unchanged(record, signed)
    cache.put(b"d/a", one)
    record = cache.get(b"d/a")
    assert record is not None
    assert is_unchanged(record, signed)


def test_a_difference_is_forgotten_with_the_stage_that_it_was_from() -> None:
    one, two, signed = b"1" * 16, b"2" * 16, b"s" * len(NO_SIGNATURE)
    cache = StatCache(STAGE)
    cache.put(b"a", one)
    cache.learn(b"", b"a", signed, NO_KEY)
    record = cache.get(b"a")
    assert record is not None
    assert known_key(record, signed) == NO_KEY
    cache.put(b"a", two)
    record = cache.get(b"a")
    assert record is not None
    assert known_key(record, signed) is None


def test_a_dropped_file_is_gone() -> None:
    cache = StatCache(STAGE)
    cache.put(b"d/a", b"1" * 16)
    cache.drop(b"d/a")
    cache.drop(b"d/a")
    assert cache.get(b"d/a") is None
    assert list(cache.paths()) == []


def test_every_part_of_a_stat_counts(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"1")
    before = signature(os.lstat(path))
    os.utime(path, ns=(0, 0))
    touched = signature(os.lstat(path))
    path.chmod(0o755)
    changed = signature(os.lstat(path))
    path.write_bytes(b"22")
    assert len({before, touched, changed, signature(os.lstat(path))}) == 4


def test_the_key_of_an_entry_tells_content_and_mode_apart() -> None:
    entries = [
        FileEntry(mode, "jsonl", size, 1, Oid(bytes(32)))
        for mode in (Mode.FILE, Mode.EXECUTABLE)
        for size in (1, 2)
    ]
    assert len({entry_key(entry) for entry in entries}) == 4


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    cache = StatCache(STAGE)
    cache.put(b"a", b"1" * 16)
    (tmp_path / "no folder").touch()
    cache.save(tmp_path / "no folder" / "stat", tmp_path)
    assert os.listdir(tmp_path) == ["no folder"]


def test_a_repository_that_may_only_be_read_has_a_clock_too(tmp_path: Path) -> None:
    clock = filesystem_clock(tmp_path)
    assert abs(filesystem_clock(tmp_path / "nowhere") - clock) < 60 * SECOND
    assert os.listdir(tmp_path) == []
