"""Where CSV records end: at the line ends that stand in no quoted field."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

# The rest of a quoted field. The bound on pairs of quotes bounds the memory of `re`, which is
# 100 bytes for each; `_close` goes on where it is reached.
_CLOSE = re.compile(rb'[^"]*(?:""[^"]*){0,9999}"(?!")')
_PART = re.compile(rb'[^"]*(?:""[^"]*){0,9999}')
_NEVER = 1 << 62
_STEP = 32 << 10


class QuotedEnds:
    """The record ends of CSV bytes, found as far as they are asked for.

    Attributes:
        breaks: the quoted fields that hold line ends, as (start, stop), in order. A field that
            does not close, or whose record would be longer than a piece, stops never.
    """

    def __init__(
        self, data: bytes | bytearray, start: int, stop: int, delimiter: bytes, piece: int = _NEVER
    ) -> None:
        """Look at `data[start:stop]`, where `start` is the start of a record."""
        self._data, self._start, self._stop, self._piece = data, start, stop, piece
        self._before_quote = delimiter + b"\n"
        self._scanned = start
        self.breaks: list[tuple[int, int]] = []

    def after(self, position: int, limit: int) -> Iterator[tuple[int, int, int]]:
        """The ends from `position` up to `limit`, both included; see `cut.Ends`."""
        data = self._data
        begin = -1
        at = data.find(b"\n", max(position - 1, self._start), limit)
        while at >= 0:
            if at >= self._scanned:
                self._scan(at + _STEP)
            masked = self._masked(at)
            if masked:
                at = data.find(b"\n", masked, limit)
                continue
            if begin < 0:
                begin = self._record_of(at)
            yield begin, at, at + 1
            begin = at + 1
            at = data.find(b"\n", begin, limit)

    def before(self, position: int) -> int:
        """The last end before `position`, or 0 when there is none."""
        self._scan(position)
        end = self._record_of(position - 1)
        return end if end > self._start else 0

    def closed(self) -> bool:
        """Whether no quoted field is open at the end of the data."""
        self._scan(self._stop)
        return not self.breaks or self.breaks[-1][1] != _NEVER

    def bodies(self, block: bytes, shift: int = 0) -> list[bytes]:
        """The records of a block without their `\\n`, blank lines included.

        Args:
            block: some of the data: whole records.
            shift: the offset of the block in the data.
        """
        bodies: list[bytes] = []
        begin = position = 0
        self._scan(shift + len(block))
        for start, stop in [*self.breaks, (_NEVER, _NEVER)]:
            limit = min(start - shift, len(block))
            first = block.find(b"\n", position, limit)
            if first >= 0:
                bodies.append(block[begin:first])
                last = block.rfind(b"\n", position, limit)
                if last > first:
                    bodies += block[first + 1 : last].split(b"\n")
                begin = last + 1
            if limit == len(block):
                break
            position = min(stop - shift, len(block))
        if begin < len(block):
            bodies.append(block[begin:])
        return bodies

    def _scan(self, limit: int) -> None:
        """Find every quoted field that opens before `limit`."""
        data, limit = self._data, min(limit, self._stop)
        position = self._scanned
        while position < limit:
            quote = data.find(b'"', position, limit)
            if quote < 0:
                break
            if quote > self._start and data[quote - 1] not in self._before_quote:
                position = quote + 1
                continue
            closed = _close(data, quote + 1, self._stop)
            if data.find(b"\n", quote, closed or self._stop) >= 0 or not closed:
                if not closed or closed > self._record_of(quote) + self._piece:
                    closed = _NEVER
                self.breaks.append((quote, closed))
            position = closed
        self._scanned = max(position, limit)

    def _record_of(self, offset: int) -> int:
        """Where the record begins in which an offset lies; all fields before it are known."""
        at = self._data.rfind(b"\n", self._start, offset)
        while at >= 0 and self._masked(at):
            at = self._data.rfind(b"\n", self._start, self._break_at(at)[0])
        return at + 1 if at >= 0 else self._start

    def _break_at(self, at: int) -> tuple[int, int]:
        return self.breaks[bisect_right(self.breaks, (at, _NEVER)) - 1]

    def _masked(self, at: int) -> int:
        """The end of the quoted field in which an offset lies, or 0."""
        if not self.breaks or at < self.breaks[0][0]:
            return 0
        stop = self._break_at(at)[1]
        return min(stop, self._stop) if at < stop else 0


def _close(data: bytes | bytearray, position: int, stop: int) -> int:
    """The offset behind the quote that closes the field whose text starts there, or 0."""
    closed = _CLOSE.match(data, position, stop)
    if closed:
        return closed.end()
    while position < stop:
        part = _PART.match(data, position, stop)
        end = part.end() if part else stop
        if data[end : end + 2] != b'""' or end + 2 > stop:
            return end + 1 if end < stop else 0
        position = end
    return 0
