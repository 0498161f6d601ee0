"""A repository alone: no command writes objects, none changes refs, HEAD or the stage."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TYPE_CHECKING, TypeVar

from tdv.store.locks import Busy

if TYPE_CHECKING:
    from tdv.repo.repository import Repo

T = TypeVar("T")
PAUSE = 0.05


@contextmanager
def alone(repo: Repo, wait: float, hold: Callable[[], AbstractContextManager[T]]) -> Iterator[T]:
    """Hold `packs.lock` exclusive, and with it the lock of refs.

    Commands take the two in either order, so neither is waited for while the other is held.

    Args:
        wait: seconds for other commands to end.
        hold: takes the lock of refs, without waiting: a transaction, or the lock itself.

    Raises:
        Busy: other commands did not end.
    """
    end = time.monotonic() + wait
    while True:
        with repo.store.lock.exclusive(max(0.0, end - time.monotonic())), ExitStack() as stack:
            try:
                held = stack.enter_context(hold())
            except Busy:
                if time.monotonic() >= end:
                    raise
            else:
                yield held
                return
        time.sleep(PAUSE)
