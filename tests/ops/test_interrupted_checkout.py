"""A checkout that is stopped before any of its writes; then run again, or another one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tdv.model.oid import Oid
from tdv.ops.add import add
from tdv.ops.checkout import checkout
from tdv.ops.commit import commit
from tdv.ops.status import status
from tdv.repo.repository import Repo
from tdv.store import files

ONE = {"a.jsonl": b'{"n": 1}\n', "gone/x.csv": b"k\n1\n", "kind": b"file", "same": b"same"}
TWO = {"a.jsonl": b'{"n": 2}\n', "new/y.txt": b"y\n", "kind/below": b"folder", "same": b"same"}
THREE = {"a.jsonl": b'{"n": 3}\n', "gone/x.csv": b"k\n3\n", "same": b"same"}


class Stop(BaseException):
    """Stands for Ctrl-C."""


def fill(root: Path, wanted: dict[str, bytes]) -> None:
    for name in os.listdir(root):
        if name != ".tdv":
            (shutil.rmtree if (root / name).is_dir() else os.unlink)(root / name)
    for name, content in wanted.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)


def on_disk(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and ".tdv" not in path.parts
    }


@pytest.fixture
def history(tmp_path: Path) -> tuple[Path, list[Oid]]:
    repo = Repo.init(tmp_path)
    oids = []
    for version in (ONE, TWO, THREE):
        fill(tmp_path, version)
        add(repo)
        oids.append(commit(repo, "a version").oid)
    checkout(repo, oids[0])
    return tmp_path, oids


def stopped_at(step: int, stop: Callable[[], None]) -> Callable[[str, str], None]:
    seen = 0

    def fault(what: str, path: str) -> None:
        nonlocal seen
        seen += 1
        if seen == step:
            stop()

    return fault


def raise_stop() -> None:
    raise Stop


def run_stopped(root: Path, oid: Oid, step: int, kill: bool) -> bool:
    """Check a commit out and stop before write number `step`; whether it got to its end."""
    if not kill:
        files.fault = stopped_at(step, raise_stop)
        try:
            checkout(Repo.open(root), oid)
        except Stop:
            return False
        finally:
            files.fault = None
        return True
    child = os.fork()
    if child == 0:
        files.fault = stopped_at(step, lambda: os._exit(9))
        try:
            checkout(Repo.open(root), oid)
        finally:
            os._exit(0)
    _, code = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(code) == 0


@pytest.mark.parametrize(("next_one", "kill"), [(0, True), (1, False), (2, True)])
def test_any_checkout_goes_through_after_one_that_was_stopped(
    history: tuple[Path, list[Oid]], next_one: int, kill: bool
) -> None:
    root, oids = history
    versions = [ONE, TWO, THREE]
    for step in range(1, 200):
        finished = run_stopped(root, oids[1], step, kill)
        repo = Repo.open(root)
        status(repo)  # reads whatever there is
        checkout(repo, oids[next_one])
        assert on_disk(root) == versions[next_one]
        assert status(repo).clean
        assert not status(repo).unfinished
        assert repo.head().commit == oids[next_one]
        checkout(repo, oids[0])
        assert on_disk(root) == ONE
        if finished:
            break
    else:
        pytest.fail("the checkout never got to its end")
    assert step > 10


def test_an_edit_beside_a_stopped_checkout_is_still_protected(
    history: tuple[Path, list[Oid]],
) -> None:
    root, oids = history
    for step in range(1, 200):
        if run_stopped(root, oids[1], step, kill=False):
            break
        if status(Repo.open(root)).unfinished:
            (root / "same").write_bytes(b"mine")
            checkout(Repo.open(root), oids[2])
            assert (root / "same").read_bytes() == b"mine"
            (root / "same").write_bytes(b"same")
            checkout(Repo.open(root), oids[0])
