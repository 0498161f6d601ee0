"""A few threads for work that leaves the interpreter's lock: compressing, decompressing.

`concurrent.futures` would do, but importing it costs 8 ms (it brings `logging`), which every
`tdv status` would pay.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue
from types import TracebackType
from typing import Generic, TypeVar

T = TypeVar("T")

# glibc gives freed memory back to the system as soon as it is about twice the largest block that
# it had to ask the system for: for chunks that is at once, and every page of the next payload is
# a fault again, a quarter of what reading costs. It is let ask for one such block.
LARGEST_BLOCK = 4 << 20


class Task(Generic[T]):
    """Work that a thread does; its outcome is waited for with `result`."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._done = threading.Event()
        self._result: list[T] = []
        self._error: BaseException | None = None

    def run(self) -> None:
        """Do the work, in whichever thread."""
        try:
            self._result.append(self._work())
        except BaseException as error:  # it is raised again where the result is asked for
            self._error = error
        finally:
            self._done.set()

    def done(self) -> bool:
        """Whether `result` would return at once."""
        return self._done.is_set()

    def result(self) -> T:
        """What the work gave, or the exception that ended it."""
        self._done.wait()
        if self._error is not None:
            raise self._error
        return self._result[0]


class Workers:
    """Threads that take tasks in order of submission; started with the first task."""

    def __init__(self, count: int = 2) -> None:
        self._count = count
        self._threads: list[threading.Thread] = []
        self._queue: SimpleQueue[Task[object] | None] = SimpleQueue()
        self._closing = False

    def __enter__(self) -> Workers:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def submit(self, work: Callable[[], T]) -> Task[T]:
        """Have that called in a thread."""
        if not self._threads:
            bytes(LARGEST_BLOCK)  # freed at once; no page of it is touched
        if len(self._threads) < self._count:
            thread = threading.Thread(target=self._serve, daemon=True)
            self._threads.append(thread)
            thread.start()
        task = Task(work)
        self._queue.put(task)  # type: ignore[arg-type]  # nobody looks into a queued task's result
        return task

    def close(self) -> None:
        """End the threads; tasks that none of them has begun are dropped."""
        self._closing = True
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join()
        self._threads.clear()
        self._closing = False

    def _serve(self) -> None:
        while (task := self._queue.get()) is not None:
            if not self._closing:
                task.run()
