"""The content-defined cut between records, and the window through which files are read.

A chunk ends at the first record end, at or past `min` bytes, whose record (a line, a CSV record,
a JSON value) `r` has `xxh3_64(r) < len(r) / extra * 2**64`. So ends depend on content, in
proportion to bytes, and are found again behind any edit. No record is looked at before `min`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol

import xxhash

KIB = 1024


@dataclass(frozen=True, slots=True)
class Cut:
    """Where chunks may end, all in bytes.

    Attributes:
        min: no chunk but a file's last is shorter, unless a long record follows it.
        extra: a chunk is on average this much longer than `min`.
        max: no chunk is longer, unless it is one record.
        piece: a record that is longer than this is stored in pieces of this size.
    """

    min: int = 96 * KIB
    extra: int = 32 * KIB
    max: int = 512 * KIB
    piece: int = 1024 * KIB

    def __post_init__(self) -> None:
        """ValueError unless 8 <= min <= max <= piece."""
        if not 8 <= self.min <= self.max <= self.piece or self.extra < 1:
            raise ValueError(f"These sizes do not make a cut: {self}.")


DEFAULT_CUT = Cut()


class Ends(Protocol):
    """The record ends of a stretch of a window."""

    def after(self, position: int, limit: int) -> Iterator[tuple[int, int, int]]:
        """The ends from `position` up to `limit`, both included, in order.

        Each is (start, stop, end): an end behind the record at `start:stop`. (Plain tuples,
        since these are made for one record in four.)
        """

    def before(self, position: int) -> int:
        """The last end before `position`, or 0 when there is none behind the chunk's start."""


class Window:
    """A moving view of a stream, in one buffer that is reused.

    `data[start:stop]` are the bytes that were read and not yet consumed. Offsets hold until
    the next `fill`; `offset` is the place of `data[0]` in the stream.
    """

    # Reading 4 MiB at a time is as fast as larger steps; small files should not pay for it.
    FIRST, FULL = 128 * KIB, 4096 * KIB

    def __init__(self, source: BinaryIO, ahead: int) -> None:
        """Look at `source` with at least `ahead` bytes in view, as long as there are any."""
        self._source = source
        self._ahead = ahead
        self.data = bytearray(self.FIRST)
        self.start = self.stop = self.offset = 0
        self.ended = False
        self.fill()

    def fill(self) -> None:
        """Read until the bytes in view are at least `ahead`, or the stream has ended."""
        if self.ended or self.stop - self.start >= self._ahead:
            return
        self._move(self.data)
        if self.stop < len(self.data):
            self._read()
        if not self.ended and self.stop < self._ahead:
            self._move(bytearray(max(self.FULL, 2 * self._ahead)))
            self._read()

    def take(self, end: int) -> bytes:
        """Consume the bytes up to the offset `end`."""
        with memoryview(self.data) as view:
            taken = bytes(view[self.start : end])
        self.start = end
        return taken

    def _move(self, target: bytearray) -> None:
        kept = self.stop - self.start
        with memoryview(self.data) as view, memoryview(target) as there:
            there[:kept] = view[self.start : self.stop]
        self.offset += self.start
        self.data, self.start, self.stop = target, 0, kept

    def _read(self) -> None:
        read_into = getattr(self._source, "readinto", None)
        with memoryview(self.data) as view:
            while self.stop < len(view):
                if read_into is not None:
                    count = read_into(view[self.stop :])
                else:
                    got = self._source.read(len(view) - self.stop)
                    count = len(got)
                    view[self.stop : self.stop + count] = got
                if not count:
                    self.ended = True
                    return
                self.stop += count


def choose_end(window: Window, cut: Cut, ends: Ends, stop: int, whole: bool) -> int:
    """Where the chunk that starts at `window.start` ends.

    Args:
        window: what is in view, at least `cut.max` bytes unless the stream has ended.
        cut: the sizes.
        ends: the record ends in view.
        stop: the offset behind the last record that is in view.
        whole: whether no record follows after `stop`.

    Returns:
        An offset, or 0 when the chunk's first record is longer than `cut.max`.
    """
    start, data, last = window.start, window.data, 0
    if whole and stop - start <= cut.min:
        return stop
    digest, extra = xxhash.xxh3_64_intdigest, cut.extra
    for begin, behind, end in ends.after(start + cut.min, min(stop, start + cut.max)):
        record = data[begin:behind]
        if digest(record) * extra < len(record) << 64:
            return end
        last = end
    if whole and stop - start <= cut.max:
        return stop
    return last or ends.before(start + cut.min)
