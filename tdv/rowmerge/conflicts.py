"""The conflicts of one merged file, of which there may be many."""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Iterator
from typing import IO

from tdv.rowmerge.conflict import Conflict, from_line, to_line

# More than so many bytes of them are kept in a temporary file.
HELD_BYTES = 4 << 20


class Conflicts:
    """Conflicts in the order of their rows; iterate it as often as needed."""

    def __init__(self) -> None:
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(HELD_BYTES)  # noqa: SIM115 - see below
        weakref.finalize(self, self._file.close)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Conflict]:
        return map(from_line, self.lines())

    def lines(self) -> Iterator[bytes]:
        """Each as a line of a conflicts file."""
        offset = 0
        while True:
            self._file.seek(offset)
            line = self._file.readline()
            if not line:
                return
            offset += len(line)
            yield line

    def add(self, conflict: Conflict) -> None:
        """The next one."""
        self._file.seek(0, 2)
        self._file.write(to_line(conflict))
        self._count += 1
