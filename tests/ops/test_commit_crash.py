"""`commit`, stopped at any write, leaves the old commit or the new one; the next works."""

from __future__ import annotations

import pytest
from stopping import stopped_at_each_write

from tdv.api import Repo as Api
from tdv.errors import UsageError
from tdv.ops.add import add
from tdv.ops.branch import create_branch, rename_branch
from tdv.ops.commit import commit
from tdv.ops.status import status
from tdv.ops.tag import create_tag
from tdv.repo.repository import Repo
from tdv.store import trees


def prepared(folder):
    """A repository with a commit, and more rows in the working copy."""
    Api.init(folder).commit({"a.jsonl": [{"n": 1}]}, "one")
    (folder / "a.jsonl").write_text('{"n":1}\n{"n":2}\n')
    (folder / "b.bin").write_bytes(bytes(3000))
    return Repo.open(folder)


ACTS = {
    "commit -a": lambda repo: commit(repo, "two", update=True),
    "commit PATH": lambda repo: commit(repo, "two", paths=[b"a.jsonl"]),
    "amend": lambda repo: commit(repo, "uno", amend=True),
    "branch": lambda repo: create_branch(repo, "new/branch"),
    "rename": lambda repo: rename_branch(repo, "main", "main/line"),
    "tag": lambda repo: create_tag(repo, "v1", message="one"),
}


def state(folder):
    repo = Repo.open(folder)
    refs = dict(repo.refs.items())
    head = repo.head()
    if head.commit is not None:
        assert [path for path, _ in trees.walk(repo.store, repo.head_tree())] == [b"a.jsonl"]
        assert repo.commit(head.commit).message in ("one", "two", "uno")
    return refs, head


@pytest.mark.parametrize(
    ("name", "dead"), [*((name, True) for name in ACTS), ("commit -a", False), ("rename", False)]
)
def test_stopped_anywhere(tmp_path, name, dead):
    old = state(prepared(tmp_path / "old").root)
    for folder in stopped_at_each_write(tmp_path, prepared, ACTS[name], dead=dead):
        new_shape = sorted(state(tmp_path / "whole")[0])
        refs, head = state(folder)
        assert list(refs) == list(old[0]) or sorted(refs) == new_shape
        assert head.commit is not None
        done = commit(Repo.open(folder), "two", update=True, allow_empty=True)
        assert state(folder)[1].commit == done.oid


@pytest.mark.parametrize("how", [{"update": True}, {"paths": [b"a.jsonl"]}])
def test_the_stage_and_the_commit_change_at_one_point(tmp_path, how):
    repo = prepared(tmp_path)
    before = repo.oplog.newest()
    made = commit(repo, "two", **how)
    record = repo.oplog.newest()
    assert record.number == before.number + 1
    assert record.stage == made.commit.tree != record.stage_before == before.stage
    assert status(repo).unstaged == status(repo).staged == ()


def test_a_commit_without_a_message_stages_nothing(tmp_path):
    repo = prepared(tmp_path)
    before = repo.oplog.newest()
    with pytest.raises(UsageError, match="The message is empty"):
        commit(repo, lambda: "", update=True)
    assert repo.oplog.newest() == before
    assert [change.path for change in status(repo).unstaged] == [b"a.jsonl"]


def test_what_another_command_stages_meanwhile_stays(tmp_path):
    repo = prepared(tmp_path)

    def message():
        add(Repo.open(tmp_path), [b"b.bin"])
        return "two"

    made = commit(repo, message, update=True)
    assert [path for path, _ in trees.walk(repo.store, made.commit.tree)] == [b"a.jsonl"]
    assert [change.path for change in status(repo).staged] == [b"b.bin"]
    assert status(repo).unstaged == ()
