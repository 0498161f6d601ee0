"""A cursor over the bytes of a stored file's records: copy up to a record, or leave some out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import accumulate, tee

from tdv.formats.contents import Contents
from tdv.formats.lines import BLANK
from tdv.formats.registry import SPACE
from tdv.model.oid import Kind
from tdv.store.seqread import chunks, find_offset, find_record

# A gap of this many bytes or more is not walked through but jumped over.
FAR = 1 << 20


class OldRecords:
    """Walks the chunks of a sequence, one block at a time.

    Attributes:
        block: the chunk that the cursor is in, empty before the first and in an empty sequence.
        before: the chunk before it, if that was walked through.
        offset: where the block starts in the sequence.
        record: number of the first record in it, or that it goes on with.
        at: offset of the cursor in the sequence.
    """

    def __init__(
        self, contents: Contents, offset: int = 0, record: int = 0, ahead: bool = False
    ) -> None:
        """Stand before the chunk at `offset`, which starts with the record of that number.

        Args:
            contents: of a format whose records are slices of the file.
            offset, record: the place.
            ahead: whether all that follows will be read, so that it is decoded ahead.
        """
        self.contents = contents
        self._array_end = array_end(contents)
        self._ahead = ahead
        self.block = self.before = b""
        self.offset = self.at = offset
        self.record, self._count = record, 0
        self._spans: Spans | None = None
        self._seek(offset, record)

    def copy_to(self, offset: int) -> Iterator[tuple[bytes, int]]:
        """Go on to an offset; the bytes up to there with theirs."""
        while self.at < offset:
            if self.at == self.offset + len(self.block) and not self._next():
                return
            begin = self.at - self.offset
            data = self.block[begin : offset - self.offset]
            self.at += len(data)
            yield data, self.at - len(data)

    def skip_to(self, offset: int) -> None:
        """Go on to an offset; what is far away is reached without reading what lies between."""
        if offset - self.offset - len(self.block) >= FAR:
            last = min(offset, self.contents.sequence.size - 1)
            place = find_offset(self.contents.reader, self.contents.sequence, last)
            self._seek(place.offset, place.record)
        while offset > self.offset + len(self.block) and self._next():
            pass
        self.at = offset

    def copy_to_record(self, number: int) -> Iterator[tuple[bytes, int]]:
        """Go on to where a record starts, or to the end where there is none of that number."""
        sequence = self.contents.sequence
        if number >= sequence.records:
            yield from self.copy_to(sequence.size)
            return
        while not self._is_in(number):
            yield from self.copy_to(self.offset + len(self.block))
            self._next()
        yield from self.copy_to(self._start(number))

    def skip_to_record(self, number: int) -> None:
        """Go on to where a record starts, or to the end where there is none of that number."""
        sequence = self.contents.sequence
        if number >= sequence.records:
            self.skip_to(sequence.size)
            return
        if not self._is_in(number):
            place = find_record(self.contents.reader, sequence, number)
            self.skip_to(place.offset)
            if self.at == self.offset + len(self.block):
                self._next()
        for _ in self.copy_to_record(number):
            pass

    def skip_body(self, number: int) -> None:
        """Go on from where a record starts to where its body ends."""
        if self._count:
            self.at = self.offset + self.spans()[number - self.record][1]
            return
        while not self._count and self._next():
            pass
        separator = SPACE + b"," if number < self._array_end else b"\r\n"
        self.at = self.offset + len(self.block.rstrip(separator))

    def spans(self) -> Spans:
        """Where the bodies of the block start and stop in it."""
        if self._spans is None:
            format_, layout = self.contents.format, self.contents.layout
            self._spans = Spans(self.block, format_.bodies(layout, [self.block], self.record))
        return self._spans

    def _seek(self, offset: int, record: int) -> None:
        contents = self.contents
        found, again = tee(chunks(contents.reader, contents.sequence, offset))
        payloads = (
            contents.payloads(again)
            if self._ahead
            else (contents.reader.get(child.oid, Kind.CHUNK) for child in again)
        )
        self._following = zip(found, payloads, strict=True)
        self.block = self.before = b""
        self.offset = self.at = offset
        self.record, self._count = record, 0
        self._spans = None

    def _next(self) -> bool:
        """Stand before the next chunk, at whose start the cursor must be; False at the end."""
        following = next(self._following, None)
        if following is None:
            return False
        self.offset += len(self.block)
        self.record += self._count
        self.before, self.block = self.block, following[1]
        self._count = following[0].records
        self._spans = None
        self.at = max(self.at, self.offset)
        return True

    def _is_in(self, number: int) -> bool:
        """Whether a record starts in the block (or, in pieces, perhaps behind it)."""
        if not self.block:
            return False
        return number < self.record + self._count or (not self._count and number == self.record)

    def _start(self, number: int) -> int:
        """Where a record starts of which `_is_in` holds."""
        if self._count:
            return self.offset + self.spans()[number - self.record][0]
        if number < self._array_end:
            return self.offset
        return self._start_behind_blanks()

    def _start_behind_blanks(self) -> int:
        """Where the next record starts, when the block is blank lines or a long line's piece."""
        contents, at = self.contents, self.offset
        line: int | None = None  # where a line starts that so far is blank
        for child in chunks(contents.reader, contents.sequence, at):
            block = contents.reader.get(child.oid, Kind.CHUNK)
            if child.records or block.strip(BLANK + b"\n"):
                if line is not None or not child.records:
                    return at if line is None else line
                bodies = contents.format.bodies(contents.layout, [block], self.record)
                return at + Spans(block, bodies)[0][0]
            if block.endswith(b"\n"):
                line = None
            elif line is None:
                line = at
            at += len(block)
        return at


class Spans:
    """Where bodies that follow one another in a block start and stop."""

    def __init__(self, block: bytes, bodies: Iterable[bytes]) -> None:
        self._bodies = list(bodies)
        self._gap = self._first_gap(block)
        if block.startswith(self._gap.join(self._bodies)):  # nearly always
            self._before = [0, *accumulate(map(len, self._bodies))]
            self._width = len(self._gap)
        else:
            self._before, self._width = self._searched(block), 0

    def __len__(self) -> int:
        return len(self._bodies)

    def __getitem__(self, number: int) -> tuple[int, int]:
        """Start and stop of the body with that number in the block; it may count from the end."""
        number = range(len(self._bodies))[number]
        start = self._before[number] + number * self._width
        return start, start + len(self._bodies[number])

    def _first_gap(self, block: bytes) -> bytes:
        if len(self._bodies) < 2:
            return b""
        stop = len(self._bodies[0])
        return block[stop : block.find(self._bodies[1], stop)]

    def _searched(self, block: bytes) -> list[int]:
        """Where each body is found first.

        Between two there are only separators, and no body goes on alike when its start is taken
        for one of them.
        """
        starts, at = [], 0
        for body in self._bodies:
            starts.append(block.find(body, at))
            at = starts[-1] + len(body)
        return starts


def array_end(contents: Contents) -> int:
    """The number of the first record that is no value of an array."""
    if contents.entry.format != "json":
        return 0
    lines_from = contents.layout.lines_from
    return contents.sequence.records + 1 if lines_from is None else lines_from


def separator_behind(block: bytes) -> bytes:
    """What stands behind the last value in a chunk of an array."""
    return block[len(block.rstrip(SPACE + b",")) :]
