"""Folders inside folders: as deep as a path may be, and deeper ones that nobody tracks."""

from __future__ import annotations

import os

import pytest

from tdv.api import Repo as Api
from tdv.errors import PathError
from tdv.model.names import MAX_DEPTH
from tdv.ops.add import add
from tdv.ops.checkout import checkout
from tdv.ops.commit import commit
from tdv.ops.fsck import fsck
from tdv.ops.rm import rm
from tdv.ops.status import status
from tdv.repo.repository import Repo
from tdv.store import trees

FOLDERS = 1500


def test_as_deep_as_a_path_may_be(tmp_path):
    Api.init(tmp_path)
    repo = Repo.open(tmp_path)
    folder = tmp_path.joinpath(*["d"] * (MAX_DEPTH - 1))
    folder.mkdir(parents=True)
    (folder / "f").write_bytes(b"1")
    add(repo)
    first = commit(repo, "one").oid
    (folder / "f").write_bytes(b"2")
    assert len(status(repo).unstaged) == 1
    commit(repo, "two", update=True)
    checkout(repo, first)
    assert (folder / "f").read_bytes() == b"1"
    assert len(list(trees.compare(repo.store, first_tree(repo), trees.EMPTY_TREE))) == 1
    assert fsck(repo).damage == ()
    rm(repo, [b"d"], recursive=True)
    assert not (tmp_path / "d").exists()


def first_tree(repo):
    return repo.commit(repo.resolve("main~1")).tree


@pytest.fixture
def deeper(tmp_path, monkeypatch):
    """A repository with more folders inside one another than Python calls functions."""
    Api.init(tmp_path)
    monkeypatch.chdir(tmp_path)
    for _ in range(FOLDERS):
        os.mkdir("d")
        os.chdir("d")
    os.chdir(tmp_path)
    yield Repo.open(tmp_path)
    os.chdir("/".join(["d"] * FOLDERS))
    for _ in range(FOLDERS):  # `shutil.rmtree` would not come so far
        os.chdir("..")
        for name in os.listdir("d"):
            os.remove(f"d/{name}")
        os.rmdir("d")


def test_deeper_folders_hinder_only_those_who_add_them(deeper, tmp_path):
    repo = deeper
    (tmp_path / "a.txt").write_bytes(b"a\n")
    assert status(repo).untracked == (b"a.txt",)
    deep = tmp_path.joinpath(*["d"] * MAX_DEPTH)
    (deep / "f").write_bytes(b"1")
    assert status(repo).untracked == (b"a.txt", b"d/")
    with pytest.raises(PathError, match="more than 100 parts"):
        add(repo)
    add(repo, [b"a.txt"])
    assert commit(repo, "one").changes.files == 1
