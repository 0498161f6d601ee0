"""Text under gzip or zstd: kept as bytes, decompressed as a stream when rows are wanted."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterable, Iterator
from typing import BinaryIO, cast

import msgspec
import zstandard

from tdv.errors import RecordError
from tdv.formats.blob import BlobSplit
from tdv.formats.cut import DEFAULT_CUT, Cut
from tdv.formats.rows import Format, Layout, Row, damage, refuse_damage

# One record may be as large as this; a bomb is stopped here.
MAX_RECORD = 64 << 20
# A block of 128 KiB takes four bytes at least, so this many give 16 MiB at most in one step.
_STEP = 512
# What `zstd --long` needs.
_MAX_WINDOW = 128 << 20
_DAMAGE = (EOFError, OSError, zlib.error, zstandard.ZstdError)


class CompressedFormat:
    """A text format inside a compressed file.

    Bodies are those of the inner format. But a CSV record means nothing without its header, so
    there they are msgpack: the row, or `[reason, body]` where there is none.
    """

    sliced = False
    has_rows = True

    def __init__(self, name: str, inner: Format) -> None:
        """The format `name`, "csv.gz" for example, around `inner`."""
        self.name = name
        self._inner = inner
        self._named = inner.name in ("csv", "tsv")

    def split(self, source: BinaryIO, cut: Cut = DEFAULT_CUT) -> BlobSplit:
        """Cut a stream by content."""
        return BlobSplit(self.name, source, cut)

    def bodies(self, layout: Layout, blocks: Iterable[bytes], first: int = 0) -> Iterator[bytes]:
        """TypeError: these rows come from `open_bodies`."""
        raise TypeError(f"the rows of a {self.name} file are not slices of it")

    def open_bodies(self, file: BinaryIO) -> Iterator[bytes]:
        """The bodies, streamed; `damage` behind them when the file is damaged."""
        try:
            for layout, body in self._records(decompressed(file, self.name)):
                yield self._row_body(layout, body) if self._named else body
        except _TooLong as error:
            yield damage(str(error))
        except _DAMAGE as error:
            yield damage(f"it cannot be decompressed: {str(error).rstrip('.')}")

    def decode(self, layout: Layout, body: bytes) -> Row:
        """The row of a body; RecordError when it does not decode."""
        refuse_damage(body)
        if not self._named:
            return self._inner.decode(Layout(self._inner.name), body)
        row = msgspec.msgpack.decode(body)
        if isinstance(row, list):
            raise RecordError(row[0])
        return cast(Row, row)

    def _records(self, text: BinaryIO) -> Iterator[tuple[Layout, bytes]]:
        split = self._inner.split(text)
        held: list[bytes] = []
        number = size = 0
        for piece in split:
            held.append(piece.data)
            size += len(piece.data)
            if piece.records:
                layout = split.layout
                for body in self._inner.bodies(layout, held, number):
                    yield layout, body
                number += piece.records
                size = 0
                held.clear()
            elif size > MAX_RECORD:
                raise _TooLong(f"it is longer than {MAX_RECORD >> 20} MiB")

    def _row_body(self, layout: Layout, body: bytes) -> bytes:
        try:
            return msgspec.msgpack.encode(self._inner.decode(layout, body))
        except RecordError as error:
            return msgspec.msgpack.encode([error.message, body])


class _TooLong(Exception):
    """A record has more bytes than may be held."""


def decompressed(file: BinaryIO, name: str) -> BinaryIO:
    """The text inside a compressed file, as a stream: all members, or frames, of it."""
    if name.endswith(".gz"):
        return cast(BinaryIO, gzip.GzipFile(fileobj=file, mode="rb"))
    return cast(BinaryIO, _ZstdReader(file))


class _ZstdReader(io.RawIOBase):
    """Reads consecutive zstd frames; EOFError when the last one is cut off.

    `zstandard`'s own reader takes a frame that is cut off for a whole one.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._decompressor = zstandard.ZstdDecompressor(max_window_size=_MAX_WINDOW)
        self._frame: zstandard.ZstdDecompressionObj | None = None
        self._compressed = self._text = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill some of a buffer; 0 at the end."""
        while not self._text:
            if not self._step():
                return 0
        count = min(len(buffer), len(self._text))
        buffer[:count] = self._text[:count]
        self._text = self._text[count:]
        return count

    def _step(self) -> bool:
        """Decompress a little more; False at the end."""
        if not self._compressed:
            self._compressed = memoryview(self._file.read(64 << 10))
        if not self._compressed:
            if self._frame is not None:
                raise EOFError("the last zstd frame is cut off")
            return False
        if self._frame is None:
            self._frame = self._decompressor.decompressobj()
        step, self._compressed = self._compressed[:_STEP], self._compressed[_STEP:]
        self._text = memoryview(self._frame.decompress(step))
        if self._frame.eof:
            unused = self._frame.unused_data
            if unused:
                self._compressed = memoryview(unused + bytes(self._compressed))
            self._frame = None
        return True


def starts_array(head: bytes, name: str) -> bool:
    """Whether the text in a compressed file, of which `head` is the start, is a JSON array."""
    try:
        text = decompressed(cast(BinaryIO, io.BytesIO(head)), name).read(4096)
    except _DAMAGE:
        return False
    return text.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\n\r")[:1] == b"["
