"""How a payload becomes stored bytes, and back: raw, plain, dictionary, delta, member, beside.

Stored bytes are one zstd frame (RFC 8878) without its magic number and without its frame
header: single segment, content size known, no checksum, no dictionary id. The header then
follows from the raw length, which an entry's own header holds; so it costs nothing, and no
frame can ask for more memory than was checked.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import TypeVar

import zstandard

from tdv.errors import ObjectCorrupt
from tdv.model.codec import MAX_PAYLOAD
from tdv.model.oid import Kind

_T = TypeVar("_T")

LEVEL = 2
DELTA_LEVEL = 5
# A chunk ends at 1 MiB; the slack is for prefixes and for other repositories' cut parameters.
MAX_CHUNK = 2 << 20
MAX_GROUP = 16 << 20
MAX_BASES = 3
# Chunks that a group can stand beside, and their bytes together: what reading it costs at most.
MAX_BESIDE, BESIDE_BYTES = 512, 16 << 20
# Contexts with a dictionary hold tables of about 1 MB, so each thread keeps few.
KEPT_CONTEXTS = 4
# What a delta brings is compressed with tables for so many bytes at least: larger ones, as its
# surroundings would ask for, take longer to fill than the rest of the work.
TABLES_FOR = 16 << 10
# Shrunk by zstd to the size at hand; large enough that every frame is a single segment.
WINDOW_LOG = 27
_FRAME = {
    "format": zstandard.FORMAT_ZSTD1_MAGICLESS,
    "write_content_size": True,
    "write_checksum": False,
    "write_dict_id": False,
}
_BYTE = [bytes((number,)) for number in range(256)]


class Encoding(IntEnum):
    """The form of an entry's stored bytes. The number stands in packs and is never reused."""

    RAW = 0
    PLAIN = 1
    DICTIONARY = 2
    DELTA = 3
    MEMBER = 4
    BESIDE = 5


def raw_limit(kind: Kind) -> int:
    """The most bytes that the payload of an object of that kind can have."""
    if kind in (Kind.CHUNK, Kind.DICTIONARY):
        return MAX_CHUNK
    return MAX_GROUP if kind == Kind.GROUP else MAX_PAYLOAD


def write_varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first; all bytes but the last have the high bit."""
    if number < 0x80:
        return _BYTE[number]
    if number < 0x4000:
        return bytes((number & 0x7F | 0x80, number >> 7))
    return bytes((number & 0x7F | 0x80,)) + write_varint(number >> 7)


def read_varint(data: bytes | memoryview, at: int) -> tuple[int, int]:
    """The number at that place, and the place behind it.

    Raises:
        IndexError: the bytes end within it.
        ValueError: it has more than five bytes.
    """
    number = shift = 0
    while True:
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, at
        shift += 7
        if shift > 28:
            raise ValueError("a length has more than five bytes")


class Dictionary:
    """Raw content for zstd, digested once for reading and once per level for writing."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.reading = _raw_content(content)
        self._writing: dict[int, zstandard.ZstdCompressionDict] = {}
        self._lock = threading.Lock()

    def writing(self, level: int) -> zstandard.ZstdCompressionDict:
        """The digest for compressing at that level."""
        with self._lock:
            digest = self._writing.get(level)
            if digest is None:
                digest = _raw_content(self.content)
                digest.precompute_compress(level=level)
                self._writing[level] = digest
            return digest


def compress(payload: bytes, level: int, dictionary: Dictionary | None = None) -> bytes | None:
    """The stored form of a payload, or None when that would not be smaller."""
    return _stored(payload, _contexts.compressor(level, dictionary).compress(payload))


def compress_many(
    payloads: Sequence[bytes], level: int, dictionary: Dictionary | None = None
) -> list[bytes | None]:
    """The stored forms of many small payloads, none of them empty.

    One call leaves the interpreter's lock once. With a call for each, threads that compress
    4 kB at a time spend longer getting the lock back than compressing.
    """
    compressor = _contexts.compressor(level, dictionary)
    frames = compressor.multi_compress_to_buffer(list(payloads))
    return [_stored(payloads[i], frames[i].tobytes()) for i in range(len(payloads))]


def compress_beside(payload: bytes, content: bytes, level: int) -> bytes | None:
    """The stored form of a payload next to raw content that is used once, or None as above."""
    parameters = zstandard.ZstdCompressionParameters.from_level(
        level, source_size=max(len(payload), TABLES_FOR), **_FRAME
    )
    compressor = zstandard.ZstdCompressor(
        compression_params=parameters, dict_data=_raw_content(content)
    )
    return _stored(payload, compressor.compress(payload))


def decompress(stored: bytes | memoryview, raw: int, dictionary: Dictionary | None = None) -> bytes:
    """The payload of `raw` bytes, a length that the caller has checked.

    Raises:
        ObjectCorrupt: the stored bytes are no frame of exactly that length.
    """
    return _payload(_contexts.decompressor(dictionary), stored, raw)


def decompress_beside(stored: bytes | memoryview, raw: int, content: bytes) -> bytes:
    """The payload that `compress_beside` made of the same content; ObjectCorrupt as above."""
    decompressor = zstandard.ZstdDecompressor(
        dict_data=_raw_content(content), format=zstandard.FORMAT_ZSTD1_MAGICLESS
    )
    return _payload(decompressor, stored, raw)


def compress_group(content: bytes, level: int, beside: bytes = b"") -> bytes | None:
    """The stored form of a group: long-distance matching over all of its 16 MiB.

    `beside` is raw content that decoding will have, as `decompress_beside` takes it.
    """
    parameters = zstandard.ZstdCompressionParameters.from_level(
        level, window_log=WINDOW_LOG, enable_ldm=True, **_FRAME
    )
    digest = _raw_content(beside) if beside else None
    compressor = zstandard.ZstdCompressor(compression_params=parameters, dict_data=digest)
    return _stored(content, compressor.compress(content))


def frame_header(raw: int) -> bytes:
    """The header of a single-segment frame of that many bytes (RFC 8878, 3.1.1.1)."""
    if raw < 256:
        return bytes((0x20, raw))
    if raw < 65536 + 256:
        return b"\x60" + (raw - 256).to_bytes(2, "little")
    return b"\xa0" + raw.to_bytes(4, "little")


def _stored(payload: bytes, frame: bytes) -> bytes | None:
    header = frame_header(len(payload))
    if len(frame) - len(header) >= len(payload) or not frame.startswith(header):
        return None
    return frame[len(header) :]


def _payload(
    decompressor: zstandard.ZstdDecompressor, stored: bytes | memoryview, raw: int
) -> bytes:
    if not raw:
        # Nothing is smaller than nothing, so no writer compresses it; zstd would not look.
        raise ObjectCorrupt("Stored bytes are said to hold nothing.")
    try:
        payload: bytes = decompressor.decompress(
            b"".join((frame_header(raw), stored)), allow_extra_data=False
        )
    except zstandard.ZstdError as error:
        raise ObjectCorrupt(f"Stored bytes cannot be decompressed: {error}.") from error
    if len(payload) != raw:
        raise ObjectCorrupt(f"Stored bytes hold {len(payload)} bytes where {raw} were announced.")
    return payload


def _raw_content(content: bytes) -> zstandard.ZstdCompressionDict:
    return zstandard.ZstdCompressionDict(content, dict_type=zstandard.DICT_TYPE_RAWCONTENT)


def _parameters(level: int) -> zstandard.ZstdCompressionParameters:
    return zstandard.ZstdCompressionParameters(
        compression_level=level, window_log=WINDOW_LOG, **_FRAME
    )


class _Contexts(threading.local):
    """zstd contexts of one thread: they are not safe to share, and cost 100 us to make."""

    def __init__(self) -> None:
        self._compressors: OrderedDict[object, zstandard.ZstdCompressor] = OrderedDict()
        self._decompressors: OrderedDict[object, zstandard.ZstdDecompressor] = OrderedDict()

    def compressor(self, level: int, dictionary: Dictionary | None) -> zstandard.ZstdCompressor:
        def make() -> zstandard.ZstdCompressor:
            digest = None if dictionary is None else dictionary.writing(level)
            return zstandard.ZstdCompressor(compression_params=_parameters(level), dict_data=digest)

        return _kept(self._compressors, (level, dictionary), make)

    def decompressor(self, dictionary: Dictionary | None) -> zstandard.ZstdDecompressor:
        def make() -> zstandard.ZstdDecompressor:
            digest = None if dictionary is None else dictionary.reading
            return zstandard.ZstdDecompressor(
                dict_data=digest, format=zstandard.FORMAT_ZSTD1_MAGICLESS
            )

        return _kept(self._decompressors, dictionary, make)


def _kept(contexts: OrderedDict[object, _T], key: object, make: Callable[[], _T]) -> _T:
    context = contexts.get(key)
    if context is None:
        context = contexts[key] = make()
        if len(contexts) > KEPT_CONTEXTS:
            contexts.popitem(last=False)
    else:
        contexts.move_to_end(key)
    return context


_contexts = _Contexts()
