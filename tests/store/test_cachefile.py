"""Files of the cache are whole, or as none."""

from __future__ import annotations

import errno

import pytest

from tdv.store import files
from tdv.store.cachefile import read_cache, write_cache

HEADER = b"TDVTESTS\0\0\0\1"


@pytest.fixture(autouse=True)
def no_fault_stays():
    yield
    files.fault = None


def test_a_payload_comes_back(tmp_path):
    write_cache(tmp_path / "x", HEADER, b"payload", tmp_path)
    assert bytes(read_cache(tmp_path / "x", HEADER)) == b"payload"
    assert read_cache(tmp_path / "y", HEADER) is None
    assert read_cache(tmp_path / "x", HEADER[:-1] + b"\2") is None


def test_any_damage_makes_it_none(tmp_path):
    path = tmp_path / "x"
    write_cache(path, HEADER, b"payload", tmp_path)
    whole = path.read_bytes()
    for at in range(len(whole)):
        path.write_bytes(whole[:at])
        assert read_cache(path, HEADER) is None
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert read_cache(path, HEADER) is None


@pytest.mark.parametrize("step", ["create", "write", "rename"])
def test_a_full_disk_leaves_the_old_one(tmp_path, step):
    def full(what, path):
        if what == step:
            raise OSError(errno.ENOSPC, "No space left on device")

    write_cache(tmp_path / "x", HEADER, b"old", tmp_path)
    files.fault = full
    with pytest.raises(OSError, match="No space"):
        write_cache(tmp_path / "x", HEADER, b"new", tmp_path)
    assert bytes(read_cache(tmp_path / "x", HEADER)) == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_folders_that_were_deleted_are_made_again(tmp_path):
    path, scratch = tmp_path / "cache" / "x", tmp_path / "tmp"
    write_cache(path, HEADER, b"payload", scratch)
    assert bytes(read_cache(path, HEADER)) == b"payload"
    assert not any(scratch.iterdir())
