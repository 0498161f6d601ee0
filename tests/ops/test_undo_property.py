"""Any commands in any order: `undo` after each gives back all there was, `redo` what there is."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from snapshot import everything

from tdv.errors import RepositoryError, TdvError, UsageError
from tdv.ops import bisect
from tdv.ops.add import add
from tdv.ops.branch import create_branch, delete_branches, rename_branch
from tdv.ops.checkout import checkout
from tdv.ops.commit import commit
from tdv.ops.fsck import fsck
from tdv.ops.merge import merge
from tdv.ops.merging.mergework import abort
from tdv.ops.merging.unresolved import decide
from tdv.ops.mv import mv
from tdv.ops.pick import cherry_pick, revert
from tdv.ops.reset import reset
from tdv.ops.restore import restore
from tdv.ops.rm import rm, rm_untracked
from tdv.ops.stash import apply, drop, push
from tdv.ops.status import status
from tdv.ops.tag import create_tag, delete_tags
from tdv.ops.undo import redo, restore_state, undo
from tdv.repo.repository import Repo

PATHS = ["a.jsonl", "b.csv", "d", "d/x", "d/e/y.txt", "e", "line\nbreak"]
CONTENTS = [b"", b'{"a": 1}\n', b'{"a": 2}\n', b'{"a": 1}\n{"a": 2}\n', b"k,v\n1,2\n", b"\0\1"]
NAMES = ["main", "side", "x/y"]

paths = st.sampled_from(PATHS)
names = st.sampled_from(NAMES)
encoded = paths.map(os.fsencode)
folders = st.sampled_from([b"", b"d", b"a.jsonl"])
flags = st.booleans()
merges = st.sampled_from(["merge", "cherry-pick", "revert"])
kinds = st.sampled_from(["file", "file", "executable", "link", "none"])


def place(root: Path, path: str, kind: str, content: bytes) -> None:
    """What a user does between commands; where that cannot be, nothing."""
    there = root / path
    above = [root.joinpath(*path.split("/")[:n]) for n in range(1, len(path.split("/")))]
    if any(folder.is_symlink() or folder.is_file() for folder in above):
        return
    if there.is_dir() and not there.is_symlink():
        shutil.rmtree(there)
    elif os.path.lexists(there):
        there.unlink()
    if kind == "none":
        return
    there.parent.mkdir(parents=True, exist_ok=True)
    if kind == "link":
        there.symlink_to(f"to-{len(content)}")
        return
    there.write_bytes(content)
    there.chmod(0o755 if kind == "executable" else 0o644)


def switch(repo: Repo, name: str, discard: bool) -> None:
    oid = repo.refs.branch(name)
    if oid is not None:
        checkout(repo, oid, name, discard=discard)


def detach(repo: Repo, back: int) -> None:
    checkout(repo, repo.resolve(f"HEAD~{back}"))


def reset_to(repo: Repo, back: int, mode: str) -> None:
    reset(repo, repo.resolve(f"HEAD~{back}"), mode)


def restore_from(repo: Repo, path: bytes, back: int, staged: bool, worked: bool) -> None:
    source = repo.commit(repo.resolve(f"HEAD~{back}")).tree
    restore(repo, [path], source=source, stage=staged, working_copy=worked or not staged)


commands = st.one_of(
    st.builds(lambda path: lambda repo: add(repo, [path]), st.one_of(encoded, st.just(b""))),
    st.builds(lambda: lambda repo: add(repo)),
    st.builds(lambda u: lambda repo: commit(repo, "made", update=u), flags),
    st.builds(lambda: lambda repo: commit(repo, "amended", amend=True, update=True)),
    st.builds(lambda n, f: lambda repo: create_branch(repo, n, force=f), names, flags),
    st.builds(lambda n, f: lambda repo: delete_branches(repo, [n], force=f), names, flags),
    st.builds(lambda n, f: lambda repo: rename_branch(repo, None, n, force=f), names, flags),
    st.builds(
        lambda n, m: lambda repo: create_tag(repo, n, message=m, force=True),
        names,
        st.sampled_from([None, "said"]),
    ),
    st.builds(lambda n: lambda repo: delete_tags(repo, [n]), names),
    st.builds(lambda n, d: lambda repo: switch(repo, n, d), names, flags),
    st.builds(lambda b: lambda repo: detach(repo, b), st.integers(0, 2)),
    st.builds(
        lambda b, m: lambda repo: reset_to(repo, b, m),
        st.integers(0, 2),
        st.sampled_from(["soft", "mixed", "hard"]),
    ),
    st.builds(lambda p: lambda repo: restore(repo, [p]), folders),
    st.builds(
        lambda p, b, s, w: lambda repo: restore_from(repo, p, b, s, w),
        folders,
        st.integers(0, 1),
        flags,
        flags,
    ),
    st.builds(
        lambda p, c: lambda repo: rm(repo, [p], cached=c, recursive=True, force=True),
        encoded,
        flags,
    ),
    st.builds(lambda: lambda repo: rm_untracked(repo, yes=True)),
    st.builds(lambda p, q: lambda repo: mv(repo, [p], q, force=True), encoded, encoded),
    st.builds(lambda u: lambda repo: push(repo, untracked=u), flags),
    st.builds(lambda p: lambda repo: push(repo, paths=[p]), encoded),
    st.builds(lambda d, i: lambda repo: apply(repo, drop=d, index=i), flags, flags),
    st.builds(lambda: lambda repo: drop(repo)),
    st.builds(
        lambda n, f, s, c: lambda repo: merge(repo, repo.resolve(n), forward=f, squash=s, commit=c),
        names,
        st.sampled_from(["auto", "never"]),
        flags,
        flags,
    ),
    st.builds(lambda n: lambda repo: cherry_pick(repo, repo.resolve(n)), names),
    st.builds(lambda b: lambda repo: revert(repo, repo.resolve(f"HEAD~{b}")), st.integers(0, 2)),
    st.builds(lambda k: lambda repo: abort(repo, k), merges),
    st.builds(lambda t: lambda repo: decide(repo, t, ()), st.sampled_from(["ours", "theirs"])),
    st.builds(lambda: lambda repo: bisect.start(repo, repo.head().commit, ())),
    st.builds(lambda: lambda repo: bisect.judge(repo, "good", [repo.resolve("HEAD~1")])),
    st.builds(lambda: lambda repo: bisect.reset(repo)),
)
edits = st.tuples(paths, kinds, st.sampled_from(CONTENTS))
steps = st.tuples(st.lists(edits, max_size=3), commands)


@pytest.fixture(autouse=True)
def unsynced(monkeypatch):
    """Nothing is to survive here but the test, and a sync may take longer than all the rest."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


def fresh() -> Path:
    """A repository with two commits and two branches."""
    root = Path(tempfile.mkdtemp(prefix="tdv-test-"))
    Repo.init(root)
    for number, path in enumerate(("a.jsonl", "b.csv", "d/x")):
        place(root, path, "file", CONTENTS[number + 1])
    add(Repo.open(root))
    commit(Repo.open(root), "one")
    place(root, "a.jsonl", "file", CONTENTS[2])
    place(root, "d/e/y.txt", "executable", CONTENTS[5])
    add(Repo.open(root))
    commit(Repo.open(root), "two")
    create_branch(Repo.open(root), "side", "HEAD~1")
    switch(Repo.open(root), "side", False)
    place(root, "a.jsonl", "file", CONTENTS[3])
    place(root, "e", "file", CONTENTS[0])
    add(Repo.open(root))
    commit(Repo.open(root), "aside")
    switch(Repo.open(root), "main", False)
    create_tag(Repo.open(root), "x/y", message="said")
    for number, path in enumerate(("a.jsonl", "new", "d/x")):
        place(root, path, "file", CONTENTS[number + 2])
        push(Repo.open(root), untracked=True)
    return root


def run(root: Path, command) -> bool:
    """Run a command; whether it left an operation."""
    before = Repo.open(root).oplog.newest().number
    with suppress(TdvError):
        command(Repo.open(root))
    return Repo.open(root).oplog.newest().number > before


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(steps, min_size=1, max_size=8))
def test_undo_gives_back_all_there_was(script):
    root = fresh()
    try:
        for changed, command in script:
            for edit in changed:
                place(root, *edit)
            before = everything(root)
            if not run(root, command):
                assert everything(root) == before
                continue
            after = everything(root)
            undo(Repo.open(root))
            assert everything(root) == before
            status(Repo.open(root))
            redo(Repo.open(root))
            assert everything(root) == after
        assert fsck(Repo.open(root)).damage == ()
    finally:
        shutil.rmtree(root)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(steps, min_size=2, max_size=8),
    st.lists(st.integers(1, 5), min_size=1, max_size=3),
    st.data(),
)
def test_going_far_back_and_forward_again(script, counts, data):
    root = fresh()
    try:
        states = {}
        for changed, command in script:
            for edit in changed:
                place(root, *edit)
            run(root, command)
            states[Repo.open(root).oplog.newest().standing] = everything(root)[:4]
        found = [everything(root)]
        done = 0
        for count in counts:
            try:
                undo(Repo.open(root), count, force=True)
            except (UsageError, RepositoryError):
                assert everything(root) == found[-1]
                break
            except TdvError:
                return  # a folder stands in the way of a file
            done += 1
            standing = Repo.open(root).oplog.newest().standing
            found.append(everything(root))
            assert found[-1][:4] == states.get(standing, found[-1][:4])
        for _ in range(done):
            assert everything(root) == found.pop()
            redo(Repo.open(root))
        assert everything(root) == found.pop()
        number = data.draw(st.integers(1, Repo.open(root).oplog.newest().number))
        before = everything(root)
        try:
            if restore_state(Repo.open(root), number, force=True).number is not None:
                assert everything(root)[:4] == states.get(number, everything(root)[:4])
                undo(Repo.open(root))
        except TdvError:
            pass
        assert everything(root) == before
    finally:
        shutil.rmtree(root)
