from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from tdv.errors import PathError, StorageError
from tdv.model.entry import Mode
from tdv.repo.safewrite import WorkingCopyWriter
from tdv.store import files


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / ".tdv" / "tmp").mkdir(parents=True)
    return tmp_path


def writer(root: Path) -> WorkingCopyWriter:
    return WorkingCopyWriter(root, root / ".tdv" / "tmp")


def test_files_links_and_folders(root: Path) -> None:
    with writer(root) as write:
        write.write(b"a/b/c", Mode.FILE, [b"1", b"2"])
        write.write(b"a/b/run", Mode.EXECUTABLE, [])
        write.write(b"a/link", Mode.SYMLINK, [b"b/c"])
        write.write(b"top", Mode.FILE, [b"x"])
        write.write(b"a/b/c", Mode.FILE, [b"3"])
    assert (root / "a/b/c").read_bytes() == b"3"
    assert os.access(root / "a/b/run", os.X_OK)
    assert not os.access(root / "top", os.X_OK)
    assert os.readlink(root / "a/link") == "b/c"
    with writer(root) as write:
        for path in (b"a/b/c", b"a/b/run", b"a/link", b"nowhere/at/all"):
            write.remove(path)
    assert sorted(os.listdir(root)) == [".tdv", "top"]


def test_no_link_is_followed(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (outside / "x").write_bytes(b"theirs")
    (root / "d").symlink_to(outside)
    (root / "file").symlink_to(outside / "x")
    with writer(root) as write:
        with pytest.raises(PathError, match="`d` is a symbolic link"):
            write.write(b"d/x", Mode.FILE, [b"ours"])
        write.remove(b"d/x")
        write.write(b"file", Mode.FILE, [b"ours"])
    assert (outside / "x").read_bytes() == b"theirs"
    assert (root / "file").read_bytes() == b"ours"
    assert not (root / "file").is_symlink()


@pytest.mark.parametrize("path", [b"../x", b"/x", b".tdv/config.toml", b"a//b", b".TDV/x"])
def test_bad_paths_are_refused(root: Path, path: bytes) -> None:
    with writer(root) as write, pytest.raises(PathError):
        write.write(path, Mode.FILE, [b""])


def test_only_empty_folders_make_way(root: Path) -> None:
    (root / "empty/deep").mkdir(parents=True)
    (root / "full/deep").mkdir(parents=True)
    (root / "full/deep/x").write_bytes(b"")
    with writer(root) as write:
        write.make_way(b"empty")
        write.make_way(b"full")
        write.write(b"empty", Mode.FILE, [b""])
        with pytest.raises(PathError, match="is a folder"):
            write.write(b"full", Mode.FILE, [b""])
    assert (root / "full/deep/x").exists()


@pytest.mark.parametrize("what", ["create", "write", "rename"])
def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    root: Path, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "a").write_bytes(b"old")

    def full(step: str, path: str) -> None:
        if step == what:
            raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(files, "fault", full)
    with writer(root) as write, pytest.raises(StorageError, match="no space left"):
        write.write(b"a", Mode.FILE, [b"new"])
    assert (root / "a").read_bytes() == b"old"
    assert os.listdir(root / ".tdv" / "tmp") == []


def test_a_move_makes_folders_and_removes_empty_ones(root: Path) -> None:
    (root / "a/b").mkdir(parents=True)
    (root / "a/b/x").write_bytes(b"1")
    with writer(root) as write:
        write.move(b"a/b/x", b"c/d/y")
    assert (root / "c/d/y").read_bytes() == b"1"
    assert not (root / "a").exists()
