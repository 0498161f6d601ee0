"""One pack: a header, entries that each describe themselves, an index and a trailer.

An entry names its bases by the first bytes of their oids, so it can be decoded, checked and
copied to another pack without anything else of its pack.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import xxhash
from blake3 import blake3

from tdv.errors import ObjectCorrupt
from tdv.model.oid import Kind, Oid
from tdv.store import files
from tdv.store.encoding import (
    MAX_BASES,
    MAX_BESIDE,
    MAX_GROUP,
    Encoding,
    raw_limit,
    read_varint,
    write_varint,
)
from tdv.store.packindex import Row, build_index, index_bytes

MAGIC = b"tdvpack\0"
VERSION = 1
HEADER = struct.Struct("<8sI")
TRAILER = struct.Struct("<QIIQ")
TRAILER_BYTES = TRAILER.size + 8 + 8
END_MAGIC = b"packend\0"
SUFFIX = ".tdvpack"
MAX_PACK = 512 << 20
# 96 bits: among 10**9 objects two share them with a probability of 6e-12, and a wrong base
# cannot give a payload with the right oid.
BASE_BYTES = 12
CHECKSUM_BYTES = 4
BUFFER = 1 << 20
_BYTE = [bytes((number,)) for number in range(256)]
_KINDS = {int(kind): kind for kind in Kind}
_ENCODINGS = {int(encoding): encoding for encoding in Encoding}


class EntryHead(NamedTuple):
    """What stands before an entry's stored bytes.

    Attributes:
        raw: bytes of the payload.
        stored: bytes behind the head.
        bases: first 12 bytes of the oids of the bases, of the dictionary, of the group, or of
            the chunks that a group stands beside.
        decodes: other objects that are decoded to read this one, dictionaries apart.
        start: in a group, where the payload starts.
        size: bytes of the head itself.
        checksum: of the head without these four bytes, and of the stored bytes.
    """

    kind: Kind
    encoding: Encoding
    raw: int
    stored: int
    bases: tuple[bytes, ...]
    decodes: int
    start: int
    size: int
    checksum: int


def write_head(
    kind: Kind,
    encoding: Encoding,
    raw: int,
    stored: bytes,
    bases: Sequence[bytes] = (),
    decodes: int = 0,
    start: int = 0,
) -> bytes:
    """The bytes that stand before `stored` in a pack; bases are oids or their beginnings."""
    parts = [_BYTE[kind << 4 | encoding], write_varint(raw), write_varint(len(stored))]
    if encoding == Encoding.DELTA:
        parts.append(bytes((decodes << 2 | len(bases),)))
    elif encoding == Encoding.BESIDE:
        parts.append(write_varint(len(bases)))
    parts += [base[:BASE_BYTES] for base in bases]
    if encoding == Encoding.MEMBER:
        parts.append(write_varint(start))
    head = b"".join(parts)
    return head + _checksum(head, stored).to_bytes(CHECKSUM_BYTES, "little")


def read_head(data: bytes | memoryview, at: int = 0) -> EntryHead:
    """The head of the entry at that place; ObjectCorrupt when none can be there."""
    try:
        place = at + 1
        kind, encoding = _KINDS[data[at] >> 4], _ENCODINGS[data[at] & 15]
        raw, place = read_varint(data, place)
        stored, place = read_varint(data, place)
        count = decodes = start = 0
        if encoding == Encoding.DELTA:
            decodes, count = data[place] >> 2, data[place] & 3
            place += 1
        elif encoding in (Encoding.DICTIONARY, Encoding.MEMBER):
            count = 1
        elif encoding == Encoding.BESIDE:
            count, place = read_varint(data, place)
            if not 0 < count <= MAX_BESIDE:
                raise ValueError("it names too many bases, or none")
        bases = tuple(
            bytes(data[i : i + BASE_BYTES])
            for i in range(place, place + count * BASE_BYTES, BASE_BYTES)
        )
        place += count * BASE_BYTES
        if encoding == Encoding.MEMBER:
            start, place = read_varint(data, place)
        checksum = int.from_bytes(data[place : place + CHECKSUM_BYTES], "little")
    except (KeyError, IndexError, ValueError) as error:
        raise ObjectCorrupt("Its header cannot be decoded.") from error
    size = place + CHECKSUM_BYTES - at
    head = EntryHead(kind, encoding, raw, stored, bases, decodes, start, size, checksum)
    _check(head)
    return head


def check_entry(data: bytes | memoryview, head: EntryHead, at: int = 0) -> memoryview:
    """The stored bytes of the entry at that place, whose head is known.

    Raises:
        ObjectCorrupt: the entry is cut short, or its checksum differs.
    """
    view = memoryview(data)
    begin = at + head.size
    stored = view[begin : begin + head.stored]
    if len(stored) != head.stored:
        raise ObjectCorrupt("It is cut short.")
    if _checksum(view[at : begin - CHECKSUM_BYTES], stored) != head.checksum:
        raise ObjectCorrupt("Its checksum differs.")
    return stored


class Descriptor:
    """An open file, closed when nobody refers to it any more: threads may still read it."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __del__(self) -> None:
        os.close(self.number)


class PackWriter:
    """A pack that is being written; nobody else sees it before `finish`.

    Args:
        scratch: `.tdv/tmp`, on the same file system as the packs.
    """

    def __init__(self, scratch: Path) -> None:
        self.path = scratch / f"pack-{os.urandom(8).hex()}"
        self.name = "the pack being written"
        self.rows: dict[Oid, Row] = {}
        self.size = 0
        self._hash = blake3()
        self._waiting: list[bytes] = []
        self._flushed = 0
        with files.refusals(self.path):
            self._file = Descriptor(files.create(self.path))
        self._finished = False
        self._append(HEADER.pack(MAGIC, VERSION))

    def add(self, oid: Oid, head: bytes, stored: bytes, decodes: int = 0) -> Row:
        """Append an entry; its place in the pack."""
        row = Row(self.size, len(head) + len(stored), head[0], decodes)
        self._append(head)
        self._append(stored)
        self.rows[oid] = row
        return row

    def copy(self, oid: Oid, entry: bytes, decodes: int) -> None:
        """Append an entry of another pack as it is."""
        self.add(oid, entry, b"", decodes)

    def room_for(self, entry: int, bound: int) -> bool:
        """Whether the pack would have at most `bound` bytes with an entry of that many."""
        rest = index_bytes(len(self.rows) + 1) + TRAILER_BYTES
        return self.size + entry + rest <= bound

    def read(self, offset: int, length: int) -> bytes:
        """Bytes that were added before."""
        if offset + length > self._flushed:
            self.flush()
        return os.pread(self._file.number, length, offset)

    def flush(self) -> None:
        """Hand what is buffered to the system, so that threads can `read` it."""
        if self._waiting:
            data = b"".join(self._waiting)
            self._waiting.clear()
            self._hash.update(data)
            with files.refusals(self.path):
                files.write_all(self._file.number, data, self.path)
            self._flushed += len(data)

    def finish(self, folder: Path) -> Path:
        """Write the index, make everything durable and put the pack into its folder.

        After a crash the folder has the whole pack or nothing of it. The folder itself is
        synced by the caller, once for all packs.
        """
        place = self.size
        index = build_index(self.rows)
        self._append(index)
        self._append(make_trailer(place, len(self.rows), index))
        self.flush()
        with files.refusals(self.path):
            files.sync(self._file.number, self.path)
            target = folder / f"pack-{self._hash.hexdigest()}{SUFFIX}"
            files.rename(self.path, target)
        self._finished = True
        return target

    def discard(self) -> None:
        """Remove what was written, unless it was finished; `tmp/` may keep it if need be."""
        if not self._finished:
            with suppress(OSError):
                files.unlink(self.path)

    def _append(self, data: bytes) -> None:
        self._waiting.append(data)
        self.size += len(data)
        if self.size - self._flushed >= BUFFER:
            self.flush()


def make_trailer(place: int, count: int, index: bytes) -> bytes:
    """The end of a pack whose index starts at `place`."""
    trailer = TRAILER.pack(place, count, VERSION, xxhash.xxh3_64_intdigest(index))
    return trailer + xxhash.xxh3_64_digest(trailer) + END_MAGIC


def _check(head: EntryHead) -> None:
    """Refuse lengths and references that no writer makes, before anything is allocated."""
    encoding = head.encoding
    if head.raw > raw_limit(head.kind):
        raise ObjectCorrupt(f"It claims {head.raw} bytes, more than its kind can have.")
    if head.stored > head.raw or (encoding == Encoding.RAW and head.stored != head.raw):
        raise ObjectCorrupt("Its lengths contradict each other.")
    if encoding == Encoding.DELTA and not (0 < len(head.bases) <= MAX_BASES and head.decodes):
        raise ObjectCorrupt("It names no base.")
    if encoding == Encoding.MEMBER and (head.stored or head.start + head.raw > MAX_GROUP):
        raise ObjectCorrupt("It lies outside of every group.")
    if encoding == Encoding.BESIDE and head.kind != Kind.GROUP:
        raise ObjectCorrupt("Only a group stands beside chunks.")


def _checksum(head: bytes | memoryview, stored: bytes | memoryview) -> int:
    hasher = xxhash.xxh3_64(head)
    hasher.update(stored)
    return hasher.intdigest() & 0xFFFFFFFF
