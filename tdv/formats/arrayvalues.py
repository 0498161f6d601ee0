"""The values of a JSON array as far as they are in view, found in batches.

`msgspec` splits a batch at 1.7 GB/s once it is cut off behind a whole value. Where that is, is
guessed: at the last place that looks as the place between the two values before did. A wrong
guess does not decode, since a text cut inside a value never does; then `ValueScan` finds the
next values one by one.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate
from typing import Literal, TypeAlias

import msgspec

from tdv.formats.cut import Cut, Window
from tdv.formats.jsonscan import MAX_RUN, SPACE, ValueScan

State: TypeAlias = Literal["more", "closed", "broken", "long"]

_SEPARATOR = re.compile(rb"[ \t\n\r]{0,%d},[ \t\n\r]{0,%d}" % (MAX_RUN // 2, MAX_RUN // 2))
BEHIND_VALUE = re.compile(rb"[ \t\n\r]{0,%d}[,\]][ \t\n\r]{0,%d}" % (MAX_RUN // 2, MAX_RUN // 2))
_CLOSE = re.compile(rb"[ \t\n\r]{0,%d}\][ \t\n\r]{0,%d}" % (MAX_RUN // 2, MAX_RUN // 2))
_RAW = msgspec.json.Decoder(list[msgspec.Raw])
# Large enough that the call does not count, and an array of one-digit numbers fits into memory.
_BATCH = 64 << 10
_GUESSES = 6
# Values found one by one before the next guess: the more, the more often guesses were wrong.
_SINGLES, _MOST_SINGLES = 16, 4096
# Bytes of the next value that make a guess good: `{"id": "` is seldom an inner object.
_LOOK = 8


def raw_values(data: bytes | bytearray) -> list[bytes] | None:
    """The values of a comma-separated run of them, or None when it is none."""
    try:
        return [bytes(raw) for raw in _RAW.decode(b"[" + data + b"]")]
    except (ValueError, RecursionError):
        return None


class ArrayValues:
    """The record ends of an array, as `cut.Ends`, and the values between them.

    Attributes:
        state: what stands at `position`: "more" values, perhaps; the "closed" end of the array,
            with nothing but spaces behind it; something "broken"; or a value too "long" for one
            piece.
    """

    def __init__(self, window: Window, cut: Cut, count: int = 0, state: State = "more") -> None:
        """The values from `window.start` on, where `count` came before."""
        self._window, self._cut = window, cut
        self._ends: list[int] = []
        self._bodies: list[bytes] = []
        self._position = window.offset + window.start
        self._glues: list[tuple[bytes, bytes, bytes]] = []
        self._singles = _SINGLES
        self.count = count
        self.state = state

    @property
    def position(self) -> int:
        """Where the next value starts that was not looked at, as an offset in the window."""
        return self._position - self._window.offset

    def after(self, position: int, limit: int) -> Iterator[tuple[int, int, int]]:
        """The ends from `position` up to `limit`, both included; see `cut.Ends`."""
        base = self._window.offset
        self.find(position)
        at = bisect_left(self._ends, position + base)
        while True:
            if at == len(self._ends) and (self.position > limit or not self._more()):
                return
            end = self._ends[at] - base
            if end > limit:
                return
            begin = self._ends[at - 1] - base if at else self._window.start
            yield begin, begin + len(self._bodies[at]), end
            at += 1

    def before(self, position: int) -> int:
        """The last end before `position`, or 0 when there is none."""
        at = bisect_left(self._ends, position + self._window.offset)
        return self._ends[at - 1] - self._window.offset if at else 0

    def find(self, position: int) -> None:
        """Look for values until one ends behind `position`, or there are no more."""
        while self.position <= position and self._more():
            pass

    def first_end(self) -> int:
        """Where the first value ends, with its separator; `window.start` when there is none."""
        if self._ends or self._more():
            return self._ends[0] - self._window.offset
        return self._window.start

    def take(self, end: int) -> list[bytes]:
        """Consume the values up to an end."""
        count = bisect_left(self._ends, end + self._window.offset) + 1
        bodies = self._bodies[:count]
        del self._bodies[:count], self._ends[:count]
        self.count += count
        return bodies

    def _more(self) -> bool:
        """Find one more value at least; False, with the state set, when there is none here."""
        if self.state != "more" or self.position >= self._window.stop:
            return False
        known = len(self._ends)
        if self._guess():
            self._singles = _SINGLES
        else:
            for _ in range(self._singles):
                if not self._single():
                    break
            self._singles = min(2 * self._singles, _MOST_SINGLES)
        return len(self._ends) > known

    def _guess(self) -> bool:
        """Find a batch of values before the last place that looks as one between two values."""
        data, start = self._window.data, self.position
        for before, between, after in self._glues:
            size = _BATCH
            while size <= max(_BATCH, self._cut.piece):
                stop = at = min(self._window.stop, start + min(size, self._cut.piece))
                for _ in range(_GUESSES):
                    at = data.rfind(before + between + after, start, at)
                    if at < 0:
                        break
                    values = raw_values(data[start : at + len(before)])
                    if values and self._add(values, start, at + len(before), between):
                        return True
                if at >= 0 or stop == self._window.stop:
                    break
                size *= 2
        return False

    def _add(self, values: list[bytes], start: int, stop: int, between: bytes) -> bool:
        """Add values found in `data[start:stop]`, unless a separator is longer than allowed."""
        window, base = self._window, self._window.offset
        if between.join(values) == window.data[start:stop]:
            widths = (len(value) + len(between) for value in values[:-1])
            begins = list(accumulate(widths, initial=start))
        else:
            begins, at = [], start
            for value in values:
                begins.append(at)
                at = separator_end(window.data, at + len(value), window.stop)
        last = separator_end(window.data, stop, window.stop)
        ends = [*begins[1:], last]
        lengths = zip(values, begins, ends, strict=True)
        if any(
            end - begin - len(value) > MAX_RUN // 2 or end < begin for value, begin, end in lengths
        ):
            return False
        if last - begins[-1] > self._cut.piece or window.data[start] in SPACE:
            return False
        self._ends += [end + base for end in ends]
        self._bodies += values
        self._position = last + base
        return True

    def _single(self) -> bool:
        """Find the next value by its structure, and learn what stands behind it."""
        window, start = self._window, self.position
        data, limit = window.data, min(window.stop, start + self._cut.piece)
        last = window.ended and limit == window.stop
        if start == window.stop or data[start] in SPACE:
            return self._stop("broken" if start < window.stop else "more")
        if not self.count and not self._ends and closes(window, start) == window.stop:
            return self._stop("closed")
        scan = ValueScan()
        done = scan.feed(data, start, limit, last)
        if scan.end is None:
            return self._stop("broken" if done or last else "long")
        end, state = follow(window, scan.end)
        if end - start > self._cut.piece:
            return self._stop("long")
        if not end:
            return self._stop("broken")
        self._ends.append(end + window.offset)
        self._bodies.append(bytes(data[start : scan.end]))
        self._position = end + window.offset
        self._learn(scan.end, end)
        self.state = state
        return state == "more"

    def _stop(self, state: State) -> bool:
        self.state = state
        return False

    def _learn(self, stop: int, end: int) -> None:
        """Remember what stands between two values: long and short forms of its surroundings."""
        data = self._window.data
        before = bytes(data[stop - 1 : stop]) if data[stop - 1] in b'}]"' else b""
        between = bytes(data[stop:end])
        following = bytes(data[end : end + _LOOK])
        self._glues = []
        if between and following[:1] == b"{":
            self._glues.append((before, between, following))
        if between:
            after = following[:1] if following[:1] in (b"{", b"[", b'"') else b""
            self._glues.append((before, between, after))


def separator_end(data: bytes | bytearray, position: int, stop: int) -> int:
    """Where the comma and the spaces behind a value end; 0 when no comma is there."""
    separator = _SEPARATOR.match(data, position, stop)
    return separator.end() if separator else 0


def closes(window: Window, position: int) -> int:
    """Where the `]` at the end of an array and the spaces behind it end, or 0."""
    close = _CLOSE.match(window.data, position, window.stop)
    if not close or (close.end() == window.stop and not window.ended):
        return 0
    return close.end()


def follow(window: Window, stop: int) -> tuple[int, State]:
    """Where the separator of the value ends that stops at an offset, and what comes then.

    The offset is 0 when neither a comma nor the array's end follows. When the array ends and
    nothing is behind it, that is the suffix, and the last value has no separator.
    """
    end = separator_end(window.data, stop, window.stop)
    if end:
        return end, "more"
    end = closes(window, stop)
    if end == window.stop:
        return stop, "closed"
    return end, "broken"
