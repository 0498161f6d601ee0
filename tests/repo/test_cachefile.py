from __future__ import annotations

from pathlib import Path

import pytest

from tdv.repo.cachefile import read_cache, write_cache

HEADER = b"TDVTEST1"


def test_what_was_written_is_read(tmp_path: Path) -> None:
    path, scratch = tmp_path / "cache" / "some", tmp_path / "tmp"
    # Both folders may be deleted at any time.
    write_cache(path, HEADER, b"content", scratch)
    assert read_cache(path, HEADER) == b"content"
    assert not any(scratch.iterdir())


@pytest.mark.parametrize("at", [0, 9, -1])
def test_a_damaged_file_is_as_good_as_none(tmp_path: Path, at: int) -> None:
    path = tmp_path / "some"
    write_cache(path, HEADER, b"content", tmp_path)
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(bytes(data))
    assert read_cache(path, HEADER) is None
    assert read_cache(tmp_path / "other", HEADER) is None


def test_another_header_is_another_file(tmp_path: Path) -> None:
    path = tmp_path / "some"
    write_cache(path, HEADER, b"content", tmp_path)
    assert read_cache(path, b"TDVTEST2") is None
