"""`commit`, stopped at any write, leaves the old commit or the new one; the next works."""

from __future__ import annotations

import pytest

from tdv.api import Repo as Api
from tdv.ops.branch import create_branch, rename_branch
from tdv.ops.commit import commit
from tdv.ops.tag import create_tag
from tdv.repo.repository import Repo
from tdv.store import files, trees


class Stopped(BaseException):
    """The process ends here."""


@pytest.fixture(autouse=True)
def no_fault_stays():
    yield
    files.fault = None


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
    """`dead`: nothing is written after the stop; else the process still cleans up."""
    steps = []
    files.fault = lambda what, path: steps.append(what)
    repo = prepared(tmp_path / "count")
    steps.clear()
    ACTS[name](repo)
    files.fault = None
    new_shape = sorted(state(repo.root)[0])
    for failing in range(len(steps)):
        folder = tmp_path / f"r{failing}"
        repo = prepared(folder)
        old = state(folder)
        taken = []

        def fail(what, path, failing=failing, taken=taken):
            taken.append(what)
            if len(taken) == failing + 1 or (dead and len(taken) > failing):
                raise Stopped

        files.fault = fail
        with pytest.raises(Stopped):
            ACTS[name](repo)
        files.fault = None
        refs, head = state(folder)
        assert (refs, head) == old or sorted(refs) == new_shape
        assert head.commit is not None
        done = commit(Repo.open(folder), "two", update=True, allow_empty=True)
        assert state(folder)[1].commit == done.oid
