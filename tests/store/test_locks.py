"""Locks: shared and exclusive exclude each other, and nothing outlives its process."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tdv.errors import StorageError
from tdv.store import locks
from tdv.store.locks import Busy, Lock

HOLD = """
import fcntl, os, sys
descriptor = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
fcntl.flock(descriptor, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


def test_shared_holders_share_and_exclusive_ones_do_not(tmp_path: Path) -> None:
    lock = Lock(tmp_path / "lock")
    other = Lock(tmp_path / "lock")
    with lock.shared(), other.shared(wait=0), pytest.raises(Busy), lock.exclusive(wait=0):
        pass
    with lock.exclusive(wait=0), pytest.raises(Busy), lock.shared(wait=0.01):
        pass
    with lock.shared(wait=0):
        pass


def test_the_message_names_the_process_and_a_killed_one_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    try:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(Busy, match=str(path)) as caught, Lock(path).shared(wait=0):
            pass
        if sys.platform == "linux":
            assert f"Process {holder.pid} " in caught.value.message
    finally:
        holder.kill()
        holder.wait()
        holder.stdin.close()
        holder.stdout.close()
    with Lock(path).exclusive(wait=5):
        pass


def test_a_file_system_without_flock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(descriptor: int, how: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(StorageError, match="cannot lock"), Lock(tmp_path / "lock").shared():
        pass
    with Lock(tmp_path / "lock", needed=False).exclusive():
        pass


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be opened"), Lock(tmp_path / "a/lock").shared():
        pass


def share_often(lock: Lock) -> None:
    for _ in range(100_000):
        with lock.shared(wait=0):
            pass


def test_who_wants_a_lock_alone_gets_it_while_others_come_and_share_it(tmp_path: Path) -> None:
    def lock() -> Lock:
        return Lock(tmp_path / "lock", turn=tmp_path / "turn")

    taken = threading.Event()

    def alone() -> None:
        with lock().exclusive():
            taken.set()

    waiting = threading.Thread(target=alone)
    with lock().shared():
        waiting.start()
        with pytest.raises(Busy):  # as soon as the other waits for its turn, nobody is let in
            share_often(lock())
        assert not taken.is_set()
    assert taken.wait(30)
    waiting.join()


def test_who_waits_alone_lets_others_in_now_and_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "TURN_SECONDS", 0.01)
    lock = Lock(tmp_path / "lock", turn=tmp_path / "turn")

    def alone() -> None:
        with pytest.raises(Busy), Lock(tmp_path / "lock", turn=tmp_path / "turn").exclusive(0.5):
            pass

    waiting = threading.Thread(target=alone)
    with lock.shared():
        waiting.start()
        while waiting.is_alive():
            with lock.shared():  # as one who holds it may need it once more
                pass
    waiting.join()
