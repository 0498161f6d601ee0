"""The executor of local processes: fresh ones, never forked.

`multiprocessing` would do, but its workers import the caller's main module again: a script
without `if __name__ == "__main__"` would run anew in each, and one from stdin or a notebook not
at all. And its pools end as a whole with one worker that is killed.
"""

from __future__ import annotations

import pickle
import selectors
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from tdv.analysis.serving import COMMAND, receive, send
from tdv.errors import TdvError, WorkerDied

T = TypeVar("T")
R = TypeVar("R")

# So many tasks for each worker are begun before the result of the first is taken.
AHEAD = 4
# A task whose worker dies is begun again, once.
TRIES = 2


class Processes:
    """An `Executor` that runs tasks in other processes of this machine.

    They start with `start`, or with the first run, and are killed by `close`: what a task
    writes must survive that. A worker whose parent is gone ends with its task. Workers are in
    sessions of their own, so that Ctrl-C reaches the parent alone, which ends them.

    Args:
        count: of processes.
        prepare: modules that they import at once.
    """

    def __init__(self, count: int, prepare: Sequence[str] = ()) -> None:
        self.workers = count
        self._prepare = tuple(prepare)
        self._workers: list[_Worker] = []

    def start(self) -> None:
        """Start all processes; what they import costs this one no time.

        Raises:
            WorkerDied: the system lets none start. Where it lets some, there are fewer workers.
        """
        while len(self._workers) < self.workers:
            self._start_one()

    def run(self, function: Callable[[T], R], tasks: Iterable[T]) -> Iterator[R]:
        """See `Executor`."""
        return _Run(self, function, tasks).results()

    def idle(self) -> _Worker | None:
        """A worker without a task, None when each has one and there are enough."""
        found = next((worker for worker in self._workers if worker.begun is None), None)
        if found is None and len(self._workers) < self.workers:
            return self._start_one()
        return found

    def another(self) -> _Worker:
        """A worker without a task, one more than there should be when each has one."""
        worker = self.idle()
        if worker is None:
            worker = _Worker(self._prepare)
            self._workers.append(worker)
        return worker

    def shrink(self) -> None:
        """End idle workers that are too many."""
        idle = [worker for worker in self._workers if worker.begun is None]
        self.end(idle[: max(0, len(self._workers) - self.workers)])

    def end(self, workers: list[_Worker]) -> None:
        """Kill some workers, and wait until they are gone."""
        for worker in workers:
            worker.process.kill()
        for worker in workers:
            worker.link.close()
            worker.process.wait()
            if worker in self._workers:
                self._workers.remove(worker)

    def _start_one(self) -> _Worker | None:
        """One more worker; None where the system lets no more start."""
        try:
            worker = _Worker(self._prepare)
        except OSError as error:
            if not self._workers:
                raise WorkerDied(
                    f"No worker process could be started: {error.strerror}.",
                    hint="`-j 1` does without.",
                ) from error
            self.workers = len(self._workers)
            return None
        self._workers.append(worker)
        return worker

    def close(self) -> None:
        """See `Executor`."""
        self.end(list(self._workers))

    def __enter__(self) -> Processes:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass
class _Begun:
    """A task that a worker was given.

    Attributes:
        number: its place among the tasks.
        task: itself.
        pickled: the same.
        tries: workers that died over it.
    """

    number: int
    task: Any
    pickled: bytes
    tries: int = 0

    def __str__(self) -> str:
        return f"{self.task[0] if isinstance(self.task, list) else self.task}"


class _Worker:
    """One process.

    Attributes:
        link: the socket through which it is given tasks.
        begun: the task that it works on; None for none.
    """

    def __init__(self, prepare: Sequence[str]) -> None:
        self.begun: _Begun | None = None
        self._function = b""
        self.link, theirs = socket.socketpair()
        path = [entry for entry in sys.path if isinstance(entry, str)]
        try:
            self.process = subprocess.Popen(
                [sys.executable, "-c", COMMAND, str(theirs.fileno()), *path],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        except OSError:
            self.link.close()
            raise
        finally:
            theirs.close()
        with suppress(ConnectionError):  # its first task finds it dead
            send(self.link, pickle.dumps(prepare))

    def give(self, function: bytes, begun: _Begun) -> None:
        """Send a task, and its function where that is another run's.

        That the worker is dead shows when the answer is asked for.
        """
        self.begun = begun
        with suppress(ConnectionError):
            send(self.link, b"" if function is self._function else function)
            send(self.link, begun.pickled)
        self._function = function

    def answer(self) -> tuple[bool, Any, str] | None:
        """What it says of its task; None when it is dead."""
        self.begun = None
        try:
            frame = receive(self.link)
        except ConnectionError:
            return None
        answer: tuple[bool, Any, str] | None = None if frame is None else pickle.loads(frame)
        return answer

    def fate(self) -> str:
        """How it ended, in words."""
        code = self.process.wait()
        if code < 0:
            with suppress(ValueError):
                return f"was killed ({signal.Signals(-code).name})"
        return f"ended with code {code}"


class _Remote(Exception):
    """What a worker printed of an error; the cause of the error that the parent raises."""


class _Run(Generic[T, R]):
    """One function over some tasks."""

    def __init__(self, owner: Processes, function: Callable[[T], R], tasks: Iterable[T]) -> None:
        self._owner = owner
        self._function = pickle.dumps(function)
        self._tasks = iter(enumerate(tasks))
        self._next: tuple[int, T] | None = None
        self._busy: dict[Any, _Worker] = {}
        self._done: dict[int, tuple[bool, Any, str]] = {}

    def results(self) -> Iterator[R]:
        """The results, in order."""
        turn = 0
        try:
            self._fill()
            while self._busy or self._done:
                while turn not in self._done:
                    self._wait()
                    self._fill()
                worked, value, trace = self._done.pop(turn)
                if not worked:
                    raise _with_cause(value, trace)
                turn += 1
                self._fill()
                yield value
        finally:
            self._owner.end(list(self._busy.values()))
            self._owner.shrink()

    def _fill(self) -> None:
        """Give tasks to workers that have none, not too far ahead of what is taken."""
        while len(self._busy) + len(self._done) < AHEAD * self._owner.workers:
            self._next = self._next or next(self._tasks, None)
            if self._next is None:
                return
            worker = self._owner.idle()
            if worker is None:
                if self._busy or self._done:
                    return
                worker = self._owner.another()  # another run, perhaps given up, has all of them
            number, task = self._next
            self._next = None
            self._begin(worker, _Begun(number, task, pickle.dumps(task)))

    def _begin(self, worker: _Worker, begun: _Begun) -> None:
        worker.give(self._function, begun)
        self._busy[worker.link] = worker

    def _wait(self) -> None:
        """Take the answers that are there, at least one."""
        with selectors.DefaultSelector() as selector:
            for link in self._busy:
                selector.register(link, selectors.EVENT_READ)
            ready = [key.fileobj for key, _ in selector.select()]
        for link in ready:
            worker = self._busy[link]
            begun = worker.begun
            assert begun is not None
            answer = worker.answer()
            del self._busy[link]
            if answer is None:
                self._again(worker, begun)
            else:
                self._done[begun.number] = answer

    def _again(self, worker: _Worker, begun: _Begun) -> None:
        """A worker is dead: another one gets its task."""
        fate = worker.fate()
        self._owner.end([worker])
        begun.tries += 1
        if begun.tries == TRIES:
            raise WorkerDied(
                f"A worker process {fate}, {TRIES} times, while it worked on {begun}.",
                hint="The machine may be short of memory: run it again with `-j 1`, or with a "
                "smaller `--memory-limit`.",
            )
        self._begin(self._owner.another(), begun)


def _with_cause(error: BaseException, trace: str) -> BaseException:
    """An error of a worker; one that tdv does not raise on purpose tells where it happened."""
    if not isinstance(error, TdvError):
        error.__cause__ = _Remote(f"\n{trace}")
    return error
