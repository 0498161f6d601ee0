"""The contents of a stored (or scanned) file: its bytes, its records, its rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from io import BufferedReader, RawIOBase
from itertools import chain, islice
from typing import Any, BinaryIO, Protocol, runtime_checkable

from tdv.errors import ObjectCorrupt, RecordError
from tdv.formats.registry import format_named
from tdv.formats.rows import BadRecord, Layout, OpenedFormat, Row
from tdv.model.entry import FileEntry
from tdv.model.oid import Kind, Oid
from tdv.model.sequence import Child
from tdv.store.access import ObjectReader
from tdv.store.seqread import (
    SequenceRoot,
    chunks,
    find_offset,
    find_record,
    sequence_of,
)

# Rows asked for one by one are mostly near one another, or all over a file of some MB: the records
# of so many chunks stay at hand, of chunks up to that size.
RECENT = 32
RECENT_BYTES = 1 << 20


@runtime_checkable
class ManyReader(Protocol):
    """A store that decodes ahead."""

    def get_many(self, oids: Iterable[Oid], kind: Kind) -> Iterator[bytes]: ...


class Contents:
    """What a file entry stands for.

    Attributes:
        entry, format, layout: of the file; the layout's prefix and suffix are their bytes.
        sequence: of its chunks.
    """

    def __init__(self, entry: FileEntry, reader: ObjectReader) -> None:
        self.entry = entry
        self.reader = reader
        self.format = format_named(entry.format)
        self.layout = Layout(
            entry.format, entry.params, self._affix(entry.prefix), self._affix(entry.suffix)
        )
        self.sequence: SequenceRoot = sequence_of(entry, reader)
        self._length = entry.records
        self._lines = _LineCounter(self)
        # First record and bodies of chunks; replaced as a whole, since threads may share it.
        self._recent: tuple[tuple[int, list[bytes]], ...] = ()

    def blocks(self) -> Iterator[bytes]:
        """The very bytes of the file, in blocks of some 128 KiB.

        Raises:
            ObjectCorrupt: behind the last block, when there were not as many bytes as the entry
                says.
        """
        size = 0
        for block in chain([self.layout.prefix], self.chunk_blocks(), [self.layout.suffix]):
            size += len(block)
            if block:
                yield block
        if size != self.entry.size:
            raise ObjectCorrupt(
                f"A file's chunks hold {size:,} bytes, where its entry says {self.entry.size:,}.",
                hint="Run `tdv fsck` to see what else is damaged.",
            )

    def chunk_blocks(self, offset: int = 0) -> Iterator[bytes]:
        """The bytes of the chunks, from the one that holds `offset` of the sequence on."""
        return self.payloads(chunks(self.reader, self.sequence, offset))

    def payloads(self, children: Iterable[Child]) -> Iterator[bytes]:
        """The bytes of some chunks, decoded ahead where the store can."""
        oids = (child.oid for child in children)
        if isinstance(self.reader, ManyReader):
            return self.reader.get_many(oids, Kind.CHUNK)
        return (self.reader.get(oid, Kind.CHUNK) for oid in oids)

    def open(self) -> BinaryIO:
        """The file's bytes as a seekable stream, which reads chunks when they are asked for."""
        return BufferedReader(_ContentsFile(self), 128 << 10)

    def __len__(self) -> int:
        """How many records there are; reads the whole file where only decoding tells."""
        if self._length is None:
            self._length = sum(1 for _ in self.bodies())
        return self._length

    def bodies(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The bodies of the records `start` to `stop`, which is not included.

        Records outside of the file are none, as in a slice. Seeking costs O(log n) where records
        are slices of the file, and decoding up to `start` where they are not.
        """
        if isinstance(self.format, OpenedFormat):
            with self.open() as file:
                yield from islice(self.format.open_bodies(file), start, stop)
            return
        end = self.sequence.records if stop is None else min(stop, self.sequence.records)
        if start >= end:
            return
        place = find_record(self.reader, self.sequence, start)
        found = self.format.bodies(self.layout, self.chunk_blocks(place.offset), place.record)
        yield from islice(found, start - place.record, end - place.record)

    def rows(self, start: int = 0, stop: int | None = None) -> Iterator[Row | BadRecord]:
        """The rows `start` to `stop`; a record that does not decode gives a BadRecord."""
        decode, layout = self.format.decode, self.layout
        for number, body in enumerate(self.bodies(start, stop), start):
            try:
                row: Row | BadRecord = decode(layout, body)
            except RecordError as error:
                row = BadRecord(number, self.line_of(number), body, str(error))
            yield row

    def row(self, number: int) -> Row:
        """One row.

        Raises:
            IndexError: there is none of that number.
            RecordError: the record does not decode.
        """
        body = self._body(number) if number >= 0 else None
        if body is None:
            raise IndexError(f"row {number} of a file with {len(self)} rows")
        try:
            return self.format.decode(self.layout, body)
        except RecordError as error:
            line = self.line_of(number)
            where = f"row {number}" if line is None else f"row {number} on line {line}"
            raise RecordError(f"The record of {where} does not decode: {error}.") from error

    def _body(self, number: int) -> bytes | None:
        """The body of one record; None when there is none of that number."""
        for first, bodies in self._recent:
            if first <= number < first + len(bodies):
                return bodies[number - first]
        if not isinstance(self.format, OpenedFormat) and number < self.sequence.records:
            place = find_record(self.reader, self.sequence, number)
            count = place.chunk.records
            if number < place.record + count and place.chunk.size <= RECENT_BYTES:
                bodies = list(self.bodies(place.record, place.record + count))
                self._recent = ((place.record, bodies), *self._recent[: RECENT - 1])
                return bodies[number - place.record]
        return next(self.bodies(number, number + 1), None)

    def line_of(self, number: int) -> int | None:
        """The line on which a record starts, from 1; None where records are no slices.

        Counts the lines from the start of the file, or from the last place that was asked for
        before it.
        """
        return None if not self.format.sliced else self._lines.line_of(number)

    def _affix(self, affix: bytes | Oid) -> bytes:
        return self.reader.get(affix, Kind.CHUNK) if isinstance(affix, Oid) else affix


class _LineCounter:
    """Finds the lines on which records start, cheaply when asked in ascending order."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self._offset = 0
        self._breaks = 0  # line ends in the chunks before `_offset`

    def line_of(self, number: int) -> int:
        """The line, from 1."""
        contents = self._contents
        place = find_record(contents.reader, contents.sequence, number)
        if place.offset < self._offset:
            self._offset = self._breaks = 0
        between = chunks(contents.reader, contents.sequence, self._offset)
        passed: list[Child] = []
        offset = self._offset
        for child in between:
            if offset >= place.offset:
                break
            passed.append(child)
            offset += child.size
        self._breaks += sum(block.count(b"\n") for block in contents.payloads(passed))
        self._offset = place.offset
        block = contents.reader.get(place.chunk.oid, Kind.CHUNK)
        inside = block.count(b"\n", 0, self._start(block, number - place.record, place.record))
        return contents.layout.prefix.count(b"\n") + self._breaks + inside + 1

    def _start(self, block: bytes, count: int, first: int) -> int:
        """Where the record that is `count` behind the chunk's first starts in its bytes."""
        contents = self._contents
        at = 0
        for body in islice(contents.format.bodies(contents.layout, [block], first), count):
            at = block.find(body, at) + len(body)
        # Separators are white space, and commas in a JSON array.
        rest = block[at : at + (64 << 10)]
        skipped = len(rest) - len(rest.lstrip(b" \t\r\n,"))
        return at + skipped


class _ContentsFile(RawIOBase):
    """A file's bytes by offset; keeps the chunk that was read last."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self._at = 0
        self._block = b""
        self._block_start = 0
        self._following: Iterator[Child] = iter(())

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = 0) -> int:
        start = (0, self._at, self._contents.entry.size)[whence]
        self._at = max(0, start + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        if self._at >= self._contents.entry.size:
            return 0
        if not 0 <= self._at - self._block_start < len(self._block):
            self._load()
        begin = self._at - self._block_start
        part = self._block[begin : begin + len(buffer)]
        buffer[: len(part)] = part
        self._at += len(part)
        return len(part)

    def _load(self) -> None:
        """Make the block that holds the byte at `_at` the current one."""
        layout, sequence = self._contents.layout, self._contents.sequence
        inside = self._at - len(layout.prefix)
        if inside < 0:
            self._block, self._block_start, self._following = layout.prefix, 0, iter(())
        elif inside >= sequence.size:
            self._block, self._following = layout.suffix, iter(())
            self._block_start = len(layout.prefix) + sequence.size
        else:
            self._load_chunk(inside)

    def _load_chunk(self, offset: int) -> None:
        contents = self._contents
        prefix = len(contents.layout.prefix)
        follows = self._block_start + len(self._block) == self._at
        child = next(self._following, None) if follows else None
        start = offset
        if child is None:
            place = find_offset(contents.reader, contents.sequence, offset)
            self._following = chunks(contents.reader, contents.sequence, place.offset)
            child, start = next(self._following), place.offset
        self._block = contents.reader.get(child.oid, Kind.CHUNK)
        self._block_start = prefix + start
