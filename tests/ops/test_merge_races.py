"""Other commands that come between the working out of a merge and its commit point."""

from __future__ import annotations

import pytest

from tdv.errors import RepositoryError, WorkInTheWay
from tdv.ops import merge as merging
from tdv.ops.add import add
from tdv.ops.changeset import commit_changes
from tdv.ops.checkout import checkout
from tdv.ops.fsck import fsck
from tdv.ops.merge import merge
from tdv.repo.repository import Repo

ROWS = b'{"id": 1, "t": "a"}\n{"id": 2, "t": "b"}\n'


@pytest.fixture
def repo(tmp_path, home):
    """Two branches that both changed; `theirs` is the other one."""
    repo = Repo.init(tmp_path / "data")
    described = b'[dataset.a]\npaths = ["*.jsonl"]\nkey = "id"\n'
    start = commit_changes(repo, {b"a.jsonl": ROWS, b"tdv.toml": described}, "base").oid
    checkout(repo, start, "side", create=True)
    repo.theirs = commit_changes(repo, {b"a.jsonl": ROWS.replace(b'"a"', b'"A"')}, "side").oid
    checkout(repo, start, "main", discard=True)
    commit_changes(repo, {b"a.jsonl": ROWS.replace(b'"b"', b'"B"')}, "main")
    checkout(repo, None, "main", discard=True)
    return repo


def in_between(monkeypatch, act):
    """Do something once the trees are merged."""
    real = merging.merge_trees

    def worked_out(*arguments):
        found = real(*arguments)
        monkeypatch.undo()
        act()
        return found

    monkeypatch.setattr(merging, "merge_trees", worked_out)


def test_a_commit(repo, monkeypatch):
    in_between(monkeypatch, lambda: commit_changes(repo, {b"b.txt": b"b\n"}, "meanwhile"))
    before = (repo.root / "a.jsonl").read_bytes()
    with pytest.raises(RepositoryError, match="changed HEAD while this one was running"):
        merge(repo, repo.theirs)
    assert repo.commit(repo.head().commit).message == "meanwhile"
    assert (repo.root / "a.jsonl").read_bytes() == before
    assert not repo.work()
    assert merge(repo, repo.theirs).how == "merged"


def test_an_add(repo, monkeypatch):
    (repo.root / "b.txt").write_text("b\n")
    in_between(monkeypatch, lambda: add(repo, [b"b.txt"]))
    with pytest.raises(RepositoryError, match="changed the stage while this one was running"):
        merge(repo, repo.theirs)
    with pytest.raises(WorkInTheWay, match="What is staged in `b"):
        merge(repo, repo.theirs)


def test_the_same_merge(repo, monkeypatch):
    in_between(monkeypatch, lambda: merge(repo, repo.theirs))
    with pytest.raises(RepositoryError, match="nothing was changed"):
        merge(repo, repo.theirs)
    assert len(repo.head_commit().parents) == 2
    assert merge(repo, repo.theirs).how == "up-to-date"
    assert not fsck(repo).damage


def test_a_merge_that_waits(repo, monkeypatch):
    in_between(monkeypatch, lambda: merge(repo, repo.theirs, commit=False))
    with pytest.raises(WorkInTheWay, match="A merge is in progress"):
        merge(repo, repo.theirs)
    assert repo.work().merging is not None


def test_into_a_branch_without_commits(tmp_path, home):
    repo = Repo.init(tmp_path / "data")
    oid = commit_changes(repo, {b"a.txt": b"a\n"}, "first", branch="side").oid
    (repo.root / "a.txt").write_text("mine\n")
    with pytest.raises(WorkInTheWay, match="Unsaved work in"):
        merge(repo, oid)
    (repo.root / "a.txt").unlink()
    assert merge(repo, oid).how == "fast-forward"
    assert repo.head() == ("main", oid)
    assert (repo.root / "a.txt").read_text() == "a\n"
