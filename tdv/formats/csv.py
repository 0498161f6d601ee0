"""CSV and TSV: records that may hold quoted line ends, under a header.

A quote opens a field only at the field's start, `""` inside a quoted field is one quote, and
what follows a closing quote is literal up to the delimiter, as in Python's `csv`. Anywhere else
a quote is a character like others. Only `\\n` outside a quoted field ends a record.

From the first record that is longer than a piece, or still open at the file's end, all records
are plain lines (parameter `lines_from`), so that one missing quote never hides the rows behind
it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import BinaryIO

from tdv.formats.csvrow import csv_row, delimiter_of, sniff
from tdv.formats.cut import DEFAULT_CUT, Cut, Window, choose_end
from tdv.formats.lines import (
    BLANK,
    BLANK_PREFIX,
    BOM,
    MAX_BLANK_PREFIX,
    bodies_of_lines,
    fingerprint_sum,
    split_lines,
    without_blanks,
)
from tdv.formats.quotes import QuotedEnds
from tdv.formats.rows import Layout, Piece, Row
from tdv.model.entry import Param, sorted_params


class CsvFormat:
    """A table as text; each record is a row of texts by the header's names."""

    sliced = True
    has_rows = True

    def __init__(self, name: str) -> None:
        """The format `csv`, whose delimiter is found out, or `tsv`."""
        self.name = name

    def split(self, source: BinaryIO, cut: Cut = DEFAULT_CUT) -> CsvSplit:
        """Cut a stream into pieces between records."""
        return CsvSplit(self.name, source, cut)

    def bodies(self, layout: Layout, blocks: Iterable[bytes], first: int = 0) -> Iterator[bytes]:
        """The records in consecutive chunks, without their line ends."""
        delimiter, lines_from = delimiter_of(layout), layout.lines_from
        rest = iter(blocks)
        while lines_from is None or first < lines_from:
            block = next(rest, None)
            if block is None:
                return
            bodies = QuotedEnds(block, 0, len(block), delimiter).bodies(block)
            bodies = without_blanks(bodies, _blank(delimiter), b"\r" in block)
            first += len(bodies)
            yield from bodies
        yield from bodies_of_lines(rest, _blank(delimiter))

    def decode(self, layout: Layout, body: bytes) -> Row:
        """The row of a record; RecordError when it does not fit the header or is not UTF-8.

        In a file that has `lines_from` a row must have all fields, since any line may be the
        inside of a quoted field.
        """
        exact = layout.lines_from is not None
        return csv_row(layout.prefix, delimiter_of(layout), body, exact=exact)


class CsvSplit:
    """A pass over a CSV or TSV file."""

    def __init__(self, name: str, source: BinaryIO, cut: Cut) -> None:
        self._source, self._cut = source, cut
        # A record that begins just before `max` may close a piece later.
        self.ahead = max(cut.max, cut.piece, MAX_BLANK_PREFIX) + cut.piece + 1
        self._delimiter = b"\t" if name == "tsv" else b","
        self._records = 0
        self.layout = Layout(name)

    def __iter__(self) -> Iterator[Piece]:
        yield from self.start(Window(self._source, self.ahead))

    def start(self, window: Window) -> Iterator[Piece]:
        """The pieces of a file from its start on."""
        if self._take_header(window):
            yield from self._split_records(window)
        yield from self._split_lines(window)

    def go_on(self, window: Window, layout: Layout, records: int) -> Iterator[Piece]:
        """The pieces that follow; see `rows.ResumableSplit`."""
        self.layout, self._records = layout, records
        self._delimiter = delimiter_of(layout)
        yield from self._split_records(window)
        yield from self._split_lines(window)

    def _take_header(self, window: Window) -> bool:
        """Make the header the prefix; False when there is none that ends within a piece."""
        blank = BLANK_PREFIX.match(window.data, 0, min(window.stop, MAX_BLANK_PREFIX))
        start = blank.end() if blank else 0
        head = bytes(window.data[start : min(window.stop, start + self._cut.piece)])
        if self.layout.format == "csv":
            self._delimiter = sniff(head)
        self._set(delimiter=self._delimiter.decode())
        ends = QuotedEnds(head, 0, len(head), self._delimiter)
        end = next((end for _, _, end in ends.after(1, len(head))), 0)
        if not end and window.ended and start + len(head) == window.stop and ends.closed():
            end = len(head)
        if not end:
            start = len(BOM) if window.data.startswith(BOM) else 0
        self.layout = replace(self.layout, prefix=window.take(start + end))
        return bool(end)

    def _split_records(self, window: Window) -> Iterator[Piece]:
        """Pieces of whole records, up to the first record that is too long or open."""
        window.fill()
        while window.start < window.stop:
            start = window.start
            ends = QuotedEnds(window.data, start, window.stop, self._delimiter, self._cut.piece)
            end = self._end(window, ends)
            if not end:
                return
            data = window.take(end)
            bodies = without_blanks(
                ends.bodies(data, start), _blank(self._delimiter), b"\r" in data
            )
            self._records += len(bodies)
            yield Piece(data, len(bodies), fingerprint_sum(bodies))
            window.fill()

    def _split_lines(self, window: Window) -> Iterator[Piece]:
        """Pieces of what is left, as lines."""
        if window.start < window.stop:
            self._set(lines_from=self._records)
            yield from split_lines(window, self._cut, _blank(self._delimiter))

    def _end(self, window: Window, ends: QuotedEnds) -> int:
        """Where the next chunk ends; 0 when its first record is too long, or never ends."""
        cut, start, size = self._cut, window.start, window.stop - window.start
        whole = window.ended and (size > cut.max or ends.closed())
        end = choose_end(window, cut, ends, window.stop, whole)
        if end:
            return end
        limit = min(window.stop, start + cut.piece)
        end = next((end for _, _, end in ends.after(start + 1, limit)), 0)
        if not end and window.ended and size <= cut.piece and ends.closed():
            end = window.stop
        return end

    def _set(self, **params: Param) -> None:
        merged = {**dict(self.layout.params), **params}
        self.layout = replace(self.layout, params=sorted_params(merged))


def _blank(delimiter: bytes) -> bytes:
    """What a blank line may hold: where tabs part fields, a line of tabs is a record."""
    return BLANK.replace(delimiter, b"")
