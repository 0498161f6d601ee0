"""A file of named parts, each with its checksum: any of them is read without the others.

| bytes | what |
|---|---|
| 12 | magic and version |
| 16 | XXH3-128 of the directory |
| 4 | length of the directory, big-endian |
| | directory: msgpack `[key, [[name, type, shape, packed, stored bytes, checksum], …]]` |
| | the parts, one after the other |

A part is bytes (type "") or an array of numbers, little-endian in C order; `packed` says that it
is a zstd frame. The key says whose parts these are, since names of files are only hashes of it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import msgpack
import xxhash
import zstandard

from tdv.store import files

Array = Any  # numpy arrays: their element types are those of the columns

HEADER = b"TDVPARTS" + (1).to_bytes(4, "big")
CHECKSUM_BYTES = 16
FIXED_BYTES = len(HEADER) + CHECKSUM_BYTES + 4
# Read at first: the directory, and whatever is small.
FIRST_BYTES = 4096
# A part that packs worse than this is kept as it is: fingerprints do not pack at all.
WORTH = 0.9
# Smaller ones are kept as they are: making a frame takes as long as writing the file.
WORTH_PACKING = 256
LEVEL = 1
# More than any part that is written: a damaged length allocates nothing.
LARGEST_PART = 1 << 30
# Of arrays of numbers, and "" for bytes.
TYPES = frozenset(
    ["", "|b1", "|u1", "|i1", "<u2", "<i2", "<u4", "<i4", "<u8", "<i8", "<f4", "<f8"],
)
# The system writes so many blocks at once.
BLOCKS = 1024


class _Place(NamedTuple):
    """Where a part stands in the file, and what it is."""

    type: str
    shape: tuple[int, ...]
    packed: bool
    stored: int
    checksum: bytes
    offset: int


class _Damaged(Exception):
    """The file does not hold what was written."""


class Parts:
    """What one file holds. Parts are read when they are asked for, and verified each time.

    The file may be removed meanwhile: then what is asked for is None. A damaged file is removed.
    """

    def __init__(self, path: Path, places: Mapping[str, _Place], first: bytes) -> None:
        self._path = path
        self._places = places
        self._first = first

    @property
    def names(self) -> list[str]:
        """The parts there are, in the order in which they were written."""
        return list(self._places)

    def payload(self, name: str) -> bytes | None:
        """A part of bytes; None when there is none, or it is damaged or gone."""
        read = self._read([name])
        value: bytes | None = None if read is None else read[name]
        return value

    def arrays(self, names: Iterable[str]) -> dict[str, Array] | None:
        """Parts that are arrays, read-only; None when one is missing, damaged or gone."""
        return self._read(list(names))

    def check(self) -> bool:
        """Whether every part is whole."""
        return self._read(self.names) is not None

    def _read(self, names: list[str]) -> dict[str, Any] | None:
        if not self._places.keys() >= {*names}:
            return None
        try:
            descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
            try:
                return {name: self._value(descriptor, self._places[name]) for name in names}
            finally:
                os.close(descriptor)
        except OSError:
            return None
        except _Damaged:
            discard(self._path)
            return None

    def _value(self, descriptor: int, place: _Place) -> Any:
        end = place.offset + place.stored
        if end <= len(self._first):
            stored = self._first[place.offset : end]
        else:
            stored = os.pread(descriptor, place.stored, place.offset)
        if xxhash.xxh3_128_digest(stored) != place.checksum:
            raise _Damaged
        try:
            raw = _unpacked(stored) if place.packed else stored
            if not place.type:
                return raw
            import numpy as np  # a report that is known needs no arrays

            return np.frombuffer(raw, dtype=place.type).reshape(place.shape)
        except (ValueError, zstandard.ZstdError) as error:
            raise _Damaged from error


def open_parts(path: Path, key: bytes | None) -> tuple[Parts, float] | None:
    """The parts kept under a key (None for any), and when the file was last marked as used.

    None when there is no such file, or it is damaged; then it is removed.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        stat = os.fstat(descriptor)
        first = os.pread(descriptor, FIRST_BYTES, 0)
        length = int.from_bytes(first[FIXED_BYTES - 4 : FIXED_BYTES], "big")
        if FIXED_BYTES + length > len(first):
            first = os.pread(descriptor, min(FIXED_BYTES + length, stat.st_size), 0)
        places = _places(first, key, stat.st_size)
    except OSError:
        return None
    except _Damaged:
        discard(path)
        return None
    finally:
        os.close(descriptor)
    return Parts(path, places, first), stat.st_mtime


def write_parts(path: Path, key: bytes, parts: Mapping[str, bytes | Array], scratch: Path) -> None:
    """Replace the file in one step, without a sync: a torn one shows by its checksums.

    Args:
        parts: bytes, or arrays of booleans, integers or floats.
        scratch: a folder on the same file system for the temporary file.

    Raises:
        OSError: the disk refuses; the old file is still there.
        ValueError: an array of another type.
    """
    entries, blocks = [], []
    for name, value in parts.items():
        entry, block = _encoded(name, value)
        entries.append(entry)
        blocks.append(block)
    directory = msgpack.packb([key, entries])
    checksum = xxhash.xxh3_128_digest(directory)
    head = HEADER + checksum + len(directory).to_bytes(4, "big") + directory
    if len(blocks) >= BLOCKS:
        blocks = [b"".join(blocks)]
    temporary = scratch / f"{path.name}.{os.urandom(8).hex()}"
    try:
        for folder in (path.parent, scratch):
            files.make_folder(folder)
        descriptor = files.create(temporary)
        try:
            files.write_parts(descriptor, [head, *blocks], temporary)
        finally:
            os.close(descriptor)
        files.rename(temporary, path)
    except OSError:
        discard(temporary)
        raise


def discard(path: Path) -> None:
    """Remove a file of the cache, as far as the disk lets us."""
    with suppress(OSError):
        files.unlink(path)


def _encoded(name: str, value: bytes | Array) -> tuple[list[Any], bytes]:
    """An item of the directory, and what stands in the file."""
    type_, shape, raw = "", [], value
    if not isinstance(value, bytes):
        import numpy as np

        little = np.ascontiguousarray(value, dtype=value.dtype.newbyteorder("<"))
        type_, shape, raw = little.dtype.str, list(value.shape), little.tobytes()
        if type_ not in TYPES:
            raise ValueError(f"part {name!r} is an array of {value.dtype}")
    if len(raw) > LARGEST_PART:
        raise ValueError(f"part {name!r} has {len(raw):,} bytes")
    block = raw
    if len(raw) >= WORTH_PACKING:
        block = zstandard.ZstdCompressor(level=LEVEL).compress(raw)
    packed = len(block) < WORTH * len(raw)
    block = block if packed else raw
    checksum = xxhash.xxh3_128_digest(block)
    return [name, type_, shape, packed, len(block), checksum], block


def _places(first: bytes, key: bytes | None, size: int) -> dict[str, _Place]:
    """The directory of a file of that many bytes, read out of its beginning.

    Raises:
        _Damaged: it is not whole, or another key's.
    """
    length = int.from_bytes(first[FIXED_BYTES - 4 : FIXED_BYTES], "big")
    directory = first[FIXED_BYTES : FIXED_BYTES + length]
    if not first.startswith(HEADER + xxhash.xxh3_128_digest(directory)):
        raise _Damaged
    places, offset = {}, FIXED_BYTES + length
    try:
        found, entries = msgpack.unpackb(directory)
        for name, type_, shape, packed, stored, checksum in entries:
            if stored < 0 or type_ not in TYPES:
                raise _Damaged
            places[name] = _Place(type_, tuple(shape), packed, stored, checksum, offset)
            offset += stored
    except (ValueError, TypeError) as error:
        raise _Damaged from error
    if key not in (None, found) or offset != size:
        raise _Damaged
    return places


def _unpacked(frame: bytes) -> bytes:
    """What a frame holds, whose checksum is right."""
    if zstandard.frame_content_size(frame) > LARGEST_PART:
        raise _Damaged
    return zstandard.ZstdDecompressor().decompress(frame)
