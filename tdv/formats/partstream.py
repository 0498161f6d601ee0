"""The parts of a spliced file as a stream that knows where its bytes come from."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from io import RawIOBase
from typing import Any, NamedTuple

from tdv.formats.splicedbytes import Part


class _Segment(NamedTuple):
    """Bytes that follow one another in the stream and in the old sequence, up to one edit."""

    start: int
    stop: int
    old: int
    limit: int | None


class PartStream(RawIOBase):
    """Reads parts in order."""

    def __init__(self, parts: Iterable[Part]) -> None:
        self._parts = iter(parts)
        self._rest = memoryview(b"")
        self._fetched = 0
        self._segments: deque[_Segment] = deque()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._rest:
            self._rest = memoryview(self._fetch())
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

    def peek(self, count: int) -> bytes:
        """The next bytes, `count` of them at least unless there are fewer."""
        head = bytes(self._rest)
        while len(head) < count and (more := self._fetch()):
            head += more
        self._rest = memoryview(head)
        return head

    def find(self, offset: int) -> tuple[int, int | None] | None:
        """Where an offset of the stream lies in the old sequence.

        Args:
            offset: not before the one that was asked for last.

        Returns:
            The old offset and the first record that the next edit touches (None for no edit);
            or None when the byte there is new.
        """
        while self._segments and self._segments[0].stop <= offset:
            self._segments.popleft()
        if not self._segments or self._segments[0].start > offset:
            return None
        start, _, old, limit = self._segments[0]
        return old + offset - start, limit

    def _fetch(self) -> bytes:
        """The next part; nothing when there is none."""
        part = next(self._parts, None)
        if part is None:
            return b""
        data, old, limit = part
        start, self._fetched = self._fetched, self._fetched + len(data)
        if old < 0:
            return data
        if self._segments:
            last = self._segments[-1]
            if last.stop == start and last.old + start - last.start == old and last.limit == limit:
                self._segments[-1] = last._replace(stop=self._fetched)
                return data
        self._segments.append(_Segment(start, self._fetched, old, limit))
        return data
