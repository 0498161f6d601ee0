"""Branches change only while HEAD stands where they saw it."""

from __future__ import annotations

import pytest

from tdv.api import Repo as Api
from tdv.errors import RepositoryError, WorkInTheWay
from tdv.model.operation import Head
from tdv.ops.branch import create_branch, delete_branches, rename_branch
from tdv.ops.checkout import checkout
from tdv.ops.commit import commit
from tdv.ops.status import status
from tdv.repo.refs import Refs
from tdv.repo.repository import Repo


@pytest.fixture
def repo(tmp_path):
    """A repository on `main`, and a branch `side` one commit behind it."""
    Api.init(tmp_path).commit({"a.jsonl": [{"n": 1}]}, "one")
    repo = Repo.open(tmp_path)
    create_branch(repo, "side")
    commit(repo, "two", allow_empty=True)
    return repo


def test_no_other_branch_takes_the_place_of_the_one_that_head_is_on(repo):
    before = dict(repo.refs.items())
    with pytest.raises(WorkInTheWay, match="HEAD is on the branch `main`"):
        rename_branch(repo, "side", "main", force=True)
    assert dict(repo.refs.items()) == before


@pytest.mark.parametrize(
    "act",
    [
        lambda repo: delete_branches(repo, ["side"]),
        lambda repo: rename_branch(repo, "side", "other"),
    ],
)
def test_head_may_not_move_onto_the_branch_meanwhile(repo, act, monkeypatch):
    side = repo.refs.branch("side")
    branch = Refs.branch

    def meanwhile(refs, name):
        monkeypatch.undo()
        with Repo.open(repo.root).transaction("switch") as change:
            change.set_head(Head("side", side))
            change.commit()
        return branch(refs, name)

    monkeypatch.setattr(Refs, "branch", meanwhile)
    with pytest.raises(RepositoryError, match="HEAD"):
        act(repo)
    assert repo.head() == Head("side", side)


def test_a_branch_that_moved_since_is_checked_out_as_it_is_now(repo):
    seen = repo.refs.branch("side")
    newest = Api.open(repo.root).commit({"b.jsonl": [{"n": 2}]}, "three", branch="side").id
    done = checkout(repo, seen, "side")
    assert str(done.after.commit) == newest
    assert (repo.root / "b.jsonl").exists()
    assert status(repo).staged == ()
