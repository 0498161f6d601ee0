"""Who computes: this process, local processes, and whatever else keeps to `Executor`.

A function is one that a module has at its top level, or a `functools.partial` or an object that
can be pickled: it is sent to each worker once for a run, and what it holds stays there. Tasks
and results are pickled one by one and should be small. `str(task)` names a task in messages, that
of its first item where it is a list.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Executor(AbstractContextManager["Executor"], Protocol):
    """Runs a function over tasks; leaving it as a context closes it.

    Attributes:
        workers: how many tasks are worked on at once.
    """

    workers: int

    def run(self, function: Callable[[T], R], tasks: Iterable[T]) -> Iterator[R]:
        """The results in the order of the tasks, a bounded number ahead of what is taken.

        The first error in the order of the tasks is raised when its turn comes, and ends the
        run. A TdvError comes with its hint; another error names as its cause what the worker
        printed. Runs are best made one at a time; a second one begun meanwhile may need more
        workers than there should be.

        Raises:
            WorkerDied: a worker was killed twice over the same task.
        """
        ...

    def close(self) -> None:
        """End what runs, at once."""


class InProcess(Executor):
    """Runs every task here, when its result is asked for."""

    workers = 1

    def run(self, function: Callable[[T], R], tasks: Iterable[T]) -> Iterator[R]:
        """See `Executor`."""
        for task in tasks:
            collecting = gc.isenabled()
            gc.disable()  # rows are made and dropped by the million, and have no cycles
            try:
                result = function(task)
            finally:
                if collecting:
                    gc.enable()
            yield result

    def close(self) -> None:
        """Nothing runs."""

    def __exit__(self, *_: object) -> None:
        self.close()


def executor_for(workers: int, prepare: Sequence[str] = ()) -> Executor:
    """This process for one worker, or where there is no interpreter to start; else processes.

    Args:
        prepare: modules that workers import at once, while this process still looks for work.
    """
    if workers <= 1 or not sys.executable or getattr(sys, "frozen", False):
        return InProcess()
    from tdv.analysis.processes import (
        Processes,  # brings `subprocess`, which one worker does not need
    )

    return Processes(workers, prepare)
