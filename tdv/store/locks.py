"""`flock` locks: the system drops them with the process, so none is ever stale."""

from __future__ import annotations

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tdv.errors import StorageError

WAIT_SECONDS = 60.0
# Asking costs 2 us. Who waits long must not ask less often than who has just come.
LONGEST_PAUSE = 0.01
# Seconds for which who wants a lock alone keeps others from sharing it, and then lets them again:
# one of those that hold it may be waiting for one that it keeps out.
TURN_SECONDS = 1.0
_UNSUPPORTED = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL)


class Busy(StorageError):
    """Another process holds the lock."""


class Lock:
    """A lock that processes share through a file, which stays empty.

    Args:
        path: the lock file; created when it is not there, its folder exists.
        needed: False where the user's configuration accepts a file system without `flock`,
            and takes on that no two commands run at once.
        turn: a second lock file. Everybody holds it while they wait for this one, so that those
            who share the lock cannot keep out for ever who wants it alone.
    """

    def __init__(self, path: Path, *, needed: bool = True, turn: Path | None = None) -> None:
        self.path = path
        self.needed = needed
        self._turn = turn

    @contextmanager
    def shared(self, wait: float = WAIT_SECONDS) -> Iterator[None]:
        """Hold the lock together with others who share it; `Busy` after `wait` seconds."""
        with self._held(fcntl.LOCK_SH, wait):
            yield

    @contextmanager
    def exclusive(self, wait: float = WAIT_SECONDS) -> Iterator[None]:
        """Hold the lock alone; `Busy` after `wait` seconds, at once when that is 0."""
        with self._held(fcntl.LOCK_EX, wait):
            yield

    @contextmanager
    def _held(self, how: int, wait: float) -> Iterator[None]:
        descriptor = _open(self.path)
        try:
            self._acquire(descriptor, how, wait)
            yield
        finally:
            os.close(descriptor)

    def _acquire(self, descriptor: int, how: int, wait: float) -> None:
        end = time.monotonic() + wait
        while not self._in_turn(descriptor, how, end):
            if time.monotonic() >= end:
                raise Busy(
                    f"{self._holders(descriptor)} holds {self.path}, and did not let go of it "
                    f"within {wait:g} seconds.",
                    hint="Wait for the other command to end, or end it, and run this one again.",
                )
            time.sleep(min(TURN_SECONDS, max(0.0, end - time.monotonic())))

    def _in_turn(self, descriptor: int, how: int, end: float) -> bool:
        """Acquire the lock while holding the turn, which is let go of again either way."""
        if self._turn is None:
            return self._poll(descriptor, how, end)
        turn = _open(self._turn)
        try:
            if not self._poll(turn, fcntl.LOCK_EX, end):
                return False
            if how == fcntl.LOCK_EX:
                end = min(end, time.monotonic() + TURN_SECONDS)
            return self._poll(descriptor, how, end)
        finally:
            os.close(turn)

    def _poll(self, descriptor: int, how: int, end: float) -> bool:
        pause = 0.001
        while not self._try(descriptor, how):
            left = end - time.monotonic()
            if left <= 0:
                return False
            time.sleep(min(pause, left))
            pause = min(2 * pause, LONGEST_PAUSE)
        return True

    def _try(self, descriptor: int, how: int) -> bool:
        try:
            fcntl.flock(descriptor, how | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as error:
            if error.errno not in _UNSUPPORTED:
                raise
            if self.needed:
                raise StorageError(
                    f"The file system of {self.path} cannot lock files: {error.strerror}.",
                    hint="Keep the repository on a local disk.",
                ) from error
        return True

    def _holders(self, descriptor: int) -> str:
        """Who holds the lock, as far as the system tells (Linux: /proc/locks)."""
        inode = str(os.fstat(descriptor).st_ino)
        holders = set()
        with suppress(OSError, IndexError):
            for line in Path("/proc/locks").read_text("ascii").splitlines():
                fields = line.split()
                if fields[1] == "FLOCK" and fields[5].rpartition(":")[2] == inode:
                    holders.add(fields[4])
        named = ", ".join(sorted(holders))
        return f"Process {named}" if named else "Another process"


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise StorageError(
            f"The lock {path} cannot be opened: {error.strerror}.",
            hint="Check who owns the folder, and whether it is mounted read-only.",
        ) from error
