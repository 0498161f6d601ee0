"""Contents that stop where a small file unpacks to a huge one: for work that nobody asked for."""

from __future__ import annotations

from collections.abc import Iterator

from tdv.formats.contents import Contents
from tdv.formats.rows import OpenedFormat
from tdv.model.entry import FileEntry
from tdv.ops.progress import Progress
from tdv.store.access import ObjectReader

# Text of data sets unpacks to 3 to 30 times its size, a bomb to 1,000 times and more.
RATIO = 200
# Whatever the ratio: a second or two.
LEAST_BYTES = 64 << 20
# What a row costs beside its bytes.
ROW_BYTES = 64
# Bodies between two looks at the clock.
_STRIDE = 1024


class TooMuch(Exception):
    """A file unpacks to so much more than its size that it is left alone."""


class BoundedContents(Contents):
    """Contents whose `bodies` raise TooMuch where rows have to be unpacked and are too many.

    Args:
        progress: told of the bytes that were unpacked.
    """

    def __init__(self, entry: FileEntry, reader: ObjectReader, progress: Progress) -> None:
        super().__init__(entry, reader)
        self._progress = progress

    def bodies(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The bodies of the records `start` to `stop`, which is not included."""
        found = super().bodies(start, stop)
        return self._bounded(found) if isinstance(self.format, OpenedFormat) else found

    def _bounded(self, bodies: Iterator[bytes]) -> Iterator[bytes]:
        left = max(LEAST_BYTES, RATIO * self.entry.size)
        unpacked = 0
        for number, body in enumerate(bodies):
            left -= len(body) + ROW_BYTES
            unpacked += len(body)
            if left < 0:
                raise TooMuch
            if number % _STRIDE == 0:
                self._progress.advance(unpacked)
                unpacked = 0
            yield body
