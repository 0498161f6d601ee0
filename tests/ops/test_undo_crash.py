"""Commands stopped at any write: run again and undone, they give back all there was."""

from __future__ import annotations

import os
import shutil

import pytest
from snapshot import everything
from stopping import stopped_at_each_write

from tdv.model.commit import Signature
from tdv.ops.add import add
from tdv.ops.checkout import checkout
from tdv.ops.commit import commit
from tdv.ops.fsck import fsck
from tdv.ops.gc import gc
from tdv.ops.mv import mv
from tdv.ops.reset import reset
from tdv.ops.restore import restore
from tdv.ops.rm import rm, rm_untracked
from tdv.ops.stash import apply, push
from tdv.ops.undo import redo, restore_state, undo
from tdv.repo.repository import Repo


def write(root, **files):
    for name, content in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)


def clean(root):
    """Two commits."""
    Repo.init(root)
    write(root, a="one", d__x="x", gone="gone")
    add(Repo.open(root))
    commit(Repo.open(root), "one")
    (root / "gone").unlink()
    write(root, a="two", d__y="y")
    add(Repo.open(root))
    commit(Repo.open(root), "two")
    return Repo.open(root)


def edited(root):
    """The same with a staged edit, two that are not, and an untracked file."""
    clean(root)
    write(root, a="staged")
    add(Repo.open(root))
    write(root, a="edited", d__x="edited too", new="untracked")
    (root / "d/y").chmod(0o755)
    return Repo.open(root)


def reset_hard(root):
    edited(root)
    reset(Repo.open(root), Repo.open(root).resolve("HEAD~1"), "hard")
    return Repo.open(root)


def stashed(root):
    edited(root)
    push(Repo.open(root), untracked=True)
    return Repo.open(root)


def undone(root):
    edited(root)
    reset(Repo.open(root), None, "hard")
    write(root, a="edited once more")
    undo(Repo.open(root), force=True)
    return Repo.open(root)


ACTS = {
    "checkout": (clean, lambda repo: checkout(repo, repo.resolve("main~1"))),
    "checkout -f": (edited, lambda repo: checkout(repo, repo.resolve("main~1"), discard=True)),
    "reset --hard": (edited, lambda repo: reset(repo, repo.resolve("main@{0}"), "hard")),
    "restore": (edited, lambda repo: restore(repo, [b""])),
    "rm": (edited, lambda repo: rm(repo, [b"d", b"a"], recursive=True, force=True)),
    "rm --untracked": (edited, lambda repo: rm_untracked(repo, yes=True)),
    "mv": (edited, lambda repo: mv(repo, [b"d"], b"e")),
    "stash -u": (edited, lambda repo: push(repo, untracked=True)),
    "stash PATH": (edited, lambda repo: push(repo, paths=[b"d"])),
    "stash pop": (stashed, lambda repo: apply(repo, drop=True)),
    "stash pop --index": (stashed, lambda repo: apply(repo, drop=True, index=True)),
    "undo": (reset_hard, lambda repo: undo(repo)),
    "redo": (undone, lambda repo: redo(repo)),
    "op restore": (undone, lambda repo: restore_state(repo, 2, force=True)),
}


def copies(template, prepare):
    """What prepares one repository, and copies it from then on."""

    def make(root):
        if not template.exists():
            prepare(template)
        shutil.copytree(template, root, symlinks=True)
        return Repo.open(root)

    return make


@pytest.fixture(autouse=True)
def unsynced(monkeypatch):
    """No time passes in commits, and nothing is synced: there are thousands of them."""
    who = Signature("Ada", "ada@example.org", 1_767_225_600, 0)
    monkeypatch.setattr(Repo, "author", lambda repo: who)
    monkeypatch.setattr(Repo, "committer", lambda repo: who)
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


CASES = [(name, True) for name in ACTS] + [("reset --hard", False), ("undo", False)]


@pytest.mark.parametrize(("name", "dead"), CASES)
def test_stopped_anywhere_then_run_again_and_undone(tmp_path, name, dead):
    prepare, act = ACTS[name]
    prepare = copies(tmp_path / "prepared", prepare)
    whole = prepare(tmp_path / "old").root
    old = everything(whole)
    number = Repo.open(whole).oplog.newest().number
    act(Repo.open(whole))
    new = everything(whole)
    for root in stopped_at_each_write(tmp_path, prepare, act, dead=dead):
        found = everything(root)
        assert found[1:4] in (old[1:4], new[1:4])
        if Repo.open(root).oplog.newest().number == number:
            act(Repo.open(root))
        assert everything(root) == new
        back, again = (redo, undo) if name == "undo" else (undo, redo)
        back(Repo.open(root))
        assert everything(root) == old
        again(Repo.open(root))
        assert everything(root) == new
        assert fsck(Repo.open(root)).damage == ()


def test_gc_after_an_interruption_loses_nothing(tmp_path):
    prepare = copies(tmp_path / "prepared", edited)
    for root in stopped_at_each_write(
        tmp_path, prepare, lambda repo: reset(repo, None, "hard"), dead=True
    ):
        number = Repo.open(root).oplog.newest().number
        gc(Repo.open(root))
        reset(Repo.open(root), None, "hard")
        if Repo.open(root).oplog.newest().number > number:
            undo(Repo.open(root))
            assert (root / "a").read_text() == "edited"
            assert (root / "d/x").read_text() == "edited too"
