"""JSON files that are an array: each value is a record.

The prefix is everything up to the first value, a record's separator everything up to the next
value, the suffix everything behind the last one. From the first value that is no JSON text, or
from what follows the array, all records are plain lines (parameter `lines_from`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import BinaryIO

from tdv.formats.arrayvalues import BEHIND_VALUE, ArrayValues, State, follow, raw_values
from tdv.formats.cut import DEFAULT_CUT, Cut, Window, choose_end
from tdv.formats.heldbody import HeldBody
from tdv.formats.jsonscan import MAX_RUN, SPACE, ValueScan
from tdv.formats.lines import (
    BOM,
    LongLine,
    bodies_of_lines,
    decode_json,
    fingerprint_sum,
    split_lines,
)
from tdv.formats.rows import Layout, Piece, Row
from tdv.model.entry import sorted_params

_START = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\n\r]*\[[ \t\n\r]*")


class JsonArrayFormat:
    """An array of JSON values; one that is no object is the row `{"value": it}`."""

    name = "json"
    sliced = True
    has_rows = True

    def split(self, source: BinaryIO, cut: Cut = DEFAULT_CUT) -> JsonArraySplit:
        """Cut a stream into pieces between values."""
        return JsonArraySplit(source, cut)

    def bodies(self, layout: Layout, blocks: Iterable[bytes], first: int = 0) -> Iterator[bytes]:
        """The values in consecutive chunks."""
        rest, values = iter(blocks), _BlockValues()
        while layout.lines_from is None or first < layout.lines_from or values.held:
            block = next(rest, None)
            if block is None:
                break
            found = values.feed(block)
            first += len(found)
            yield from found
        if values.held:
            yield values.release()
        yield from bodies_of_lines(rest)

    def decode(self, layout: Layout, body: bytes) -> Row:
        """The row of a value; RecordError when it is no JSON.

        In a file that has `lines_from` an object may have a comma behind it, since lines of a
        broken array are records.
        """
        if layout.lines_from is not None and body[:1] == b"{":
            body = body.rstrip(SPACE).removesuffix(b",")
        return decode_json(body)


def is_open(layout: Layout) -> bool:
    """Whether a file begins an array, and does not end with its end; all records may be whole."""
    begun = layout.format == JsonArrayFormat.name and b"[" in layout.prefix
    return begun and b"]" not in layout.suffix


class JsonArraySplit:
    """A pass over a JSON array."""

    def __init__(self, source: BinaryIO, cut: Cut) -> None:
        self._source, self._cut = source, cut
        # A value that begins just before `max`, its separator, and the spaces behind the array.
        self.ahead = cut.max + cut.piece + 4 * MAX_RUN
        self._records = 0
        self.layout = Layout("json")

    def __iter__(self) -> Iterator[Piece]:
        yield from self.start(Window(self._source, self.ahead))

    def start(self, window: Window) -> Iterator[Piece]:
        """The pieces of a file from its start on."""
        start = _START.match(window.data, 0, min(window.stop, MAX_RUN))
        if start and start.end() < MAX_RUN:
            self.layout = replace(self.layout, prefix=window.take(start.end()))
            yield from self._split_values(window)
        elif window.data.startswith(BOM):
            self.layout = replace(self.layout, prefix=window.take(len(BOM)))
        yield from self._split_lines(window)

    def go_on(self, window: Window, layout: Layout, records: int) -> Iterator[Piece]:
        """The pieces that follow; see `rows.ResumableSplit`."""
        self.layout, self._records = replace(layout, suffix=b""), records
        yield from self._split_values(window)
        yield from self._split_lines(window)

    def _split_lines(self, window: Window) -> Iterator[Piece]:
        """Pieces of what is left, as lines."""
        window.fill()
        if window.start < window.stop:
            params = sorted_params({"lines_from": self._records})
            self.layout = replace(self.layout, params=params)
            yield from split_lines(window, self._cut)

    def _split_values(self, window: Window) -> Iterator[Piece]:
        """Pieces of whole values, up to what is no value; the suffix is consumed."""
        values = ArrayValues(window, self._cut, self._records)
        while True:
            window.fill()
            end = self._end(window, values)
            if end > window.start:
                bodies = values.take(end)
                self._records += len(bodies)
                yield Piece(window.take(end), len(bodies), fingerprint_sum(bodies))
            elif values.state == "long":
                value = LongValue(window, self._cut)
                yield from value
                self._records += 1
                values = ArrayValues(window, self._cut, values.count + 1, value.follows)
            else:
                break
        if values.state == "closed":
            self.layout = replace(self.layout, suffix=window.take(window.stop))

    def _end(self, window: Window, values: ArrayValues) -> int:
        """Where the next chunk ends, or `window.start` when no value is there."""
        cut, start = self._cut, window.start
        if window.ended and window.stop - start <= cut.max + 4 * MAX_RUN:
            values.find(start + cut.max)
        whole = values.state == "closed" or (window.ended and values.position == window.stop)
        stop = values.position if whole else window.stop
        return choose_end(window, cut, values, stop, whole) or values.first_end()


class LongValue:
    """The pieces of a value that is longer than one.

    A value that turns out broken is a record up to the end of the line with the error.

    Attributes:
        follows: what comes behind it, once the iteration has ended.
    """

    def __init__(self, window: Window, cut: Cut) -> None:
        """The value at `window.start`."""
        self._window, self._cut = window, cut
        self._line = LongLine()
        self.follows: State = "broken"

    def __iter__(self) -> Iterator[Piece]:
        window, piece, scan = self._window, self._cut.piece, ValueScan()
        while True:
            window.fill()
            limit = min(window.stop, window.start + piece)
            last = window.ended and limit == window.stop
            if scan.feed(window.data, window.start, limit, last) or last:
                break
            yield self._line.add(window.take(limit))
        end, self.follows = (0, "broken") if scan.end is None else follow(window, scan.end)
        if scan.end is None or not end:
            broken_at = limit if scan.error is None else scan.error
            if scan.end is not None:
                # As below: a value that ends where a piece ends would look whole.
                if scan.end - 1 > window.start:
                    yield self._line.add(window.take(scan.end - 1))
                window.fill()
                broken_at = window.start + 1
            yield from self._line.rest(window, self._cut, broken_at)
            return
        fingerprint = self._line.finish(window.data[window.start : scan.end])
        if end - window.start > piece and scan.end - 1 > window.start:
            # The last byte stays with the separator, so that no piece starts inside that.
            yield Piece(window.take(scan.end - 1), 0, 0)
        yield Piece(window.take(end), 1, fingerprint)


class _BlockValues:
    """Finds the values in consecutive chunks.

    Attributes:
        held: the start of a value that goes on in the next chunk.
    """

    def __init__(self) -> None:
        self.held = HeldBody()
        self._scan = ValueScan()
        self._broken = False

    def feed(self, block: bytes) -> list[bytes]:
        """The values that end in the next chunk."""
        text = block.rstrip(SPACE)
        # A number at the very end may go on in the next chunk.
        if not self.held and text[-1:] in (b",", b"}", b"]", b'"'):
            values = raw_values(text.removesuffix(b","))
            if values:
                return values
        bodies: list[bytes] = []
        at = 0
        while at < len(block):
            end, behind = self._next(block, at)
            self.held.add(block[at:end])
            if not behind:
                break
            bodies.append(self.release())
            at = behind
        return bodies

    def _next(self, block: bytes, at: int) -> tuple[int, int]:
        """Where the value at an offset ends, and where the next one starts: 0 if not here."""
        scan, broken_at = self._scan, at
        if not self._broken:
            if not scan.feed(block, at, len(block)):
                return len(block), 0
            if scan.end is not None:
                between = BEHIND_VALUE.match(block, scan.end)
                if between or scan.end == len(block):
                    return scan.end, between.end() if between else scan.end
            broken_at = next(at for at in (scan.error, scan.end) if at is not None)
        self._broken = True
        end = block.find(b"\n", broken_at) + 1
        return (end, end) if end else (len(block), 0)

    def release(self) -> bytes:
        """The value that was held."""
        body = self.held.release()
        if self._broken or self._scan.end is None:
            body = body.removesuffix(b"\n").removesuffix(b"\r")
        self._scan, self._broken = ValueScan(), False
        return body
