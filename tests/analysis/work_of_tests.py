"""Functions that workers run in tests: they are imported there by name."""

from __future__ import annotations

import gc
import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tdv.errors import ConfigError


def double(number: int) -> int:
    return 2 * number


def doubled_bytes(block: bytes) -> bytes:
    return block * 2


def process_of(task: Any) -> int:
    return os.getpid()


def slow_first(number: int) -> int:
    """The later tasks are done before the first."""
    time.sleep(0.3 if number == 0 else 0)
    return number


def surroundings(task: Any) -> dict[str, Any]:
    sys.stdout.write("a print in a rule is no data")
    return {
        "modules": set(sys.modules),
        "path": [*sys.path],
        "input": sys.stdin.read(),
        "collecting": gc.isenabled(),
        "session": os.getsid(0),
    }


def refuse(number: int) -> int:
    if number >= 3:
        raise ConfigError(f"Row {number} is wrong.", hint="Mend it.")
    return number


def divide(number: int) -> float:
    return 1 / number


class Strange(Exception):
    """Comes out of no pickle."""

    def __init__(self, one: int, two: int) -> None:
        super().__init__("strange")


def raise_strange(task: Any) -> None:
    raise Strange(1, 2)


def lambda_of(task: Any) -> Any:
    return lambda: None


def sleep_long(task: Path | None) -> None:
    """Say that it began, and sleep longer than any test; nothing for None."""
    if task is None:
        return
    (task / f"{os.getpid()}.begun").touch()
    time.sleep(60)


@dataclass(frozen=True)
class Dying:
    """A task that kills its worker so often.

    Attributes:
        folder: where it counts.
    """

    folder: Path
    number: int
    times: int

    def __str__(self) -> str:
        return f"task {self.number}"


def die(task: Dying) -> int:
    before = len([*task.folder.glob(f"{task.number}-*")])
    if before < task.times:
        (task.folder / f"{task.number}-{before}").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return task.number


def die_first(tasks: list[Dying]) -> int:
    return die(tasks[0])


class Counting:
    """Holds what it made between the tasks of a run."""

    def __init__(self) -> None:
        self.seen = 0

    def __call__(self, task: Any) -> tuple[int, int]:
        self.seen += 1
        return os.getpid(), self.seen
