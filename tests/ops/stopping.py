"""Stop a command at each of its writes in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from tdv.repo.repository import Repo
from tdv.store import files


class Stopped(BaseException):
    """The process ends here."""


def stopped_at_each_write(
    tmp_path: Path, prepared: Callable[[Path], Repo], act: Callable[[Repo], Any], *, dead: bool
) -> Iterator[Path]:
    """The folders, one for each write, in which the command was stopped there.

    Args:
        tmp_path: `whole` below it is where the command came to its end.
        prepared: makes a repository in a folder, always the same.
        dead: nothing is written after the stop; else the process still cleans up.
    """
    steps: list[str] = []
    repo = prepared(tmp_path / "whole")
    with_fault(lambda what, path: steps.append(what), lambda: act(repo))
    assert steps
    for failing in range(len(steps)):
        repo = prepared(tmp_path / f"stopped{failing}")
        taken: list[str] = []

        def fail(what: str, path: str, failing: int = failing, taken: list[str] = taken) -> None:
            taken.append(what)
            if len(taken) == failing + 1 or (dead and len(taken) > failing):
                raise Stopped

        # Files that were written a tick ago are read for a new stat: a write more, or one less.
        with suppress(Stopped):
            with_fault(fail, lambda repo=repo: act(repo))
        assert taken
        yield repo.root


def with_fault(fault: Callable[[str, str], None], work: Callable[[], Any]) -> None:
    """Do something while each write calls `fault`."""
    files.fault = fault
    try:
        work()
    finally:
        files.fault = None
