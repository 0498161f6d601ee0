"""Where an output goes: stdout, or a file that appears whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Protocol

from tdv.cli.output import Output
from tdv.errors import StorageError, UsageError
from tdv.store import files

BLOCK = 1 << 16


class Sink(Protocol):
    """Takes text."""

    def write(self, text: str) -> None:
        """Take this, after what came before."""
        ...

    def finish(self) -> None:
        """Everything was written: let it be seen."""
        ...

    def abandon(self) -> None:
        """Nothing more comes: leave no half of it behind."""
        ...


class StdoutSink:
    """Writes to stdout."""

    def __init__(self, out: Output) -> None:
        self._out = out

    def write(self, text: str) -> None:
        """Take this, after what came before."""
        self._out.text(text)

    def finish(self) -> None:
        """The run's end writes what is held."""

    def abandon(self) -> None:
        """What was written stays."""


class FileSink:
    """Writes to a temporary file beside the named one, and puts it in its place at the end.

    What is named and is no regular file (`/dev/stderr`, a pipe) is written to directly.
    """

    def __init__(self, path: Path) -> None:
        special = _is_special(path)
        self._target = path if special else Path(os.path.realpath(path))
        self._held: list[bytes] = []
        self._size = 0
        self._open = True
        with files.refusals(path):
            if special:
                self._temporary = None
                self._descriptor = os.open(self._target, os.O_WRONLY | os.O_CLOEXEC)
                return
            files.make_folder(self._target.parent)
            self._temporary = self._target.with_name(f".{self._target.name}.{os.urandom(8).hex()}")
            try:
                self._descriptor = files.create(self._temporary)
            except FileNotFoundError as error:  # a folder of the system, which takes no files
                raise StorageError(f"{path} cannot be written: {error.strerror}.") from error

    def write(self, text: str) -> None:
        """Take this, after what came before."""
        block = text.encode("utf-8", "surrogateescape")
        self._held.append(block)
        self._size += len(block)
        if self._size >= BLOCK:
            self._flush()

    def finish(self) -> None:
        """Everything was written: let it be seen."""
        self._flush()
        self._open = False
        os.close(self._descriptor)
        if self._temporary is not None:
            with files.refusals(self._target):
                files.rename(self._temporary, self._target)

    def abandon(self) -> None:
        """Nothing more comes: leave no half of it behind."""
        if not self._open:
            return
        self._open = False
        os.close(self._descriptor)
        if self._temporary is not None:
            files.unlink(self._temporary)

    def _flush(self) -> None:
        held, self._held, self._size = b"".join(self._held), [], 0
        with files.refusals(self._target):
            files.write_all(self._descriptor, held, self._temporary or self._target)


def check_target(path: Path, said: str) -> None:
    """Refuse now what could not be written after minutes of work.

    Raises:
        UsageError: a folder stands there, or there is no folder to write into.
    """
    if path.is_dir():
        raise UsageError(f"`{said}` names a folder, and a file is wanted.")
    if _is_special(path):
        return
    above = Path(os.path.realpath(path)).parent
    while not above.exists():
        above = above.parent
    if not above.is_dir():
        raise UsageError(f"`{said}` cannot be written: {above} is no folder.")
    if not os.access(above, os.W_OK | os.X_OK):
        raise UsageError(
            f"`{said}` cannot be written: {above} takes no files from you.",
            hint="Check who owns the folder, or name a file elsewhere.",
        )


def _is_special(path: Path) -> bool:
    try:
        return not stat.S_ISREG(os.stat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
