"""`fsck` locks nothing, and takes what other commands do meanwhile for no damage."""

from __future__ import annotations

import pytest

from tdv.ops import fsck as module
from tdv.ops.changeset import commit_changes
from tdv.ops.fsck import fsck
from tdv.repo.repository import Repo


@pytest.mark.parametrize("step", ["_Roots", "verify_packs", "Reach"])
def test_a_commit_at_any_time(tmp_path, monkeypatch, step):
    repo = Repo.init(tmp_path)
    commit_changes(repo, {b"a.txt": b"1\n"}, "one")
    real, times = getattr(module, step), []

    def interrupted(*args):
        if not times:
            times.append(1)
            commit_changes(Repo.open(tmp_path), {b"a.txt": b"2\n"}, "two")
        return real(*args)

    monkeypatch.setattr(module, step, interrupted)
    assert fsck(repo).damage == ()
    assert times


def test_a_commit_while_refs_are_read(tmp_path, monkeypatch):
    repo = Repo.init(tmp_path)
    commit_changes(repo, {b"a.txt": b"1\n"}, "one")
    names, times = repo.refs.names, []

    def interrupted(*args):
        if not times:
            times.append(1)
            commit_changes(Repo.open(tmp_path), {b"a.txt": b"2\n"}, "two")
        return names(*args)

    monkeypatch.setattr(repo.refs, "names", interrupted)
    assert fsck(repo).damage == ()
    assert times
