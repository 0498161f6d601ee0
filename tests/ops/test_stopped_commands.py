"""Commands that change the stage and the working copy, stopped at any write: nothing is lost."""

from __future__ import annotations

import pytest
from stopping import stopped_at_each_write

from tdv.api import Repo as Api
from tdv.formats.contents import Contents
from tdv.ops.add import add
from tdv.ops.branch import create_branch, delete_branches
from tdv.ops.commit import commit
from tdv.ops.fsck import fsck
from tdv.ops.mv import mv
from tdv.ops.restore import restore
from tdv.ops.rm import rm
from tdv.ops.status import status
from tdv.repo.repository import Repo
from tdv.store import trees

COMMITTED = {b"a.jsonl": b'{"n":1}\n', b"d/b.csv": b"x\n1\n", b"d/c.bin": bytes(3000)}
ACTS = {
    "add": lambda repo: add(repo),
    "rm": lambda repo: rm(repo, [b"d/b.csv", b"d/c.bin"]),
    "rm --cached": lambda repo: rm(repo, [b"d"], cached=True, recursive=True),
    "mv": lambda repo: mv(repo, [b"d"], b"e"),
    "restore": lambda repo: restore(repo, [b"a.jsonl"]),
    "restore --staged": lambda repo: restore(repo, [b""], stage=True, working_copy=False),
    "branch -d": lambda repo: delete_branches(repo, ["side"]),
    "config": lambda repo: repo.config.set("user.name", "Ada"),
    "api": lambda repo: Api.open(repo.root).commit({"a.jsonl": None, "f": b"1"}, "two"),
}


def prepared(folder):
    """Three files in a commit; of these one is edited, another edit is staged, and one is new."""
    Api.init(folder)
    write(folder, COMMITTED)
    repo = Repo.open(folder)
    add(repo)
    commit(repo, "one")
    create_branch(repo, "side")
    write(folder, {b"new": b"new\n"})
    add(repo)
    write(folder, {b"a.jsonl": b'{"n":1}\n{"n":2}\n', b"untracked": b"mine\n"})
    return Repo.open(folder)


def write(folder, contents):
    for path, content in contents.items():
        there = folder / path.decode()
        there.parent.mkdir(parents=True, exist_ok=True)
        there.write_bytes(content)


def state(repo):
    """What must be old or new as a whole; every byte of it is read."""
    for tree in (repo.head_tree(), repo.stage()):
        for _, entry in trees.walk(repo.store, tree):
            assert sum(map(len, Contents(entry, repo.store).blocks())) == entry.size
    return repo.head(), tuple(repo.refs.items()), dict(trees.walk(repo.store, repo.stage()))


def unsaved(folder):
    """What the working copy has that no commit and no stage may have."""
    return {name: (folder / name).read_bytes() for name in ("untracked", "a.jsonl")}


@pytest.mark.parametrize("dead", [True, False], ids=["killed", "interrupted"])
@pytest.mark.parametrize("name", ACTS)
def test_stopped_anywhere(tmp_path, name, dead):
    whole = prepared(tmp_path / "old")
    old, work = state(whole), unsaved(whole.root)
    ACTS[name](whole)
    new = state(Repo.open(whole.root))
    for folder in stopped_at_each_write(tmp_path, prepared, ACTS[name], dead=dead):
        after = Repo.open(folder)
        found = state(after)
        assert found[2] in (old[2], new[2])
        assert [ref for ref, _ in found[1]] in ([r for r, _ in old[1]], [r for r, _ in new[1]])
        if name != "restore":
            assert unsaved(folder) == work
        assert fsck(after).damage == ()
        status(after)
        add(after)
        assert commit(Repo.open(folder), "after", allow_empty=True).commit.message == "after"
        assert status(Repo.open(folder)).clean
