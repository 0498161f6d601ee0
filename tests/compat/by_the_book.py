"""A second reader of repositories, written from `docs/format.md` alone.

It shares no code with tdv, so that a page that says too little, or something else than the
program does, is found out. It reads everything into memory, and knows no damage but `assert`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgpack
import xxhash
import zstandard
from blake3 import blake3

KINDS = ["", "chunk", "node", "dictionary", "tree", "commit", "tag", "note", "group"]
RAW, PLAIN, DICTIONARY, DELTA, MEMBER, BESIDE = range(6)


class Entry(NamedTuple):
    """An entry of a pack."""

    kind: str
    encoding: int
    raw: int
    bases: list[bytes]
    decodes: int
    start: int
    stored: bytes
    size: int


class Book:
    """The objects of a repository by oid."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.entries: dict[bytes, Entry] = {}
        self._read: dict[bytes, bytes] = {}
        for path in sorted((folder / "packs").iterdir()):
            for oid, entry in read_pack(path).items():
                known = self.entries.get(oid)
                if known is None or entry.decodes < known.decodes:
                    self.entries[oid] = entry

    def payload(self, oid: bytes, kind: str) -> bytes:
        """The payload of an object, which gives its oid."""
        if oid not in self._read:
            entry = self.entries[oid]
            payload = self._decoded(entry)
            assert len(payload) == entry.raw
            assert blake3(b"tdv:" + entry.kind.encode() + b"\0" + payload).digest() == oid
            self._read[oid] = payload
        assert self.entries[oid].kind == kind
        return self._read[oid]

    def _decoded(self, entry: Entry) -> bytes:
        bases = [next(oid for oid in self.entries if oid.startswith(key)) for key in entry.bases]
        payloads = [self.payload(base, self.entries[base].kind) for base in bases]
        if entry.encoding == RAW:
            return entry.stored
        if entry.encoding == PLAIN:
            return unframed(entry.stored, entry.raw)
        if entry.encoding == DICTIONARY:
            assert self.entries[bases[0]].kind == "dictionary"
            return unframed(entry.stored, entry.raw, payloads[0])
        if entry.encoding == MEMBER:
            assert self.entries[bases[0]].kind == "group"
            return payloads[0][entry.start : entry.start + entry.raw]
        if entry.encoding == BESIDE:
            assert entry.kind == "group"
            assert all(self.entries[base].kind == "chunk" for base in bases)
            return unframed(entry.stored, entry.raw, b"".join(payloads))
        assert entry.decodes >= sum(1 + self.entries[base].decodes for base in bases)
        return undelta(entry.stored, entry.raw, b"".join(payloads))

    def files(self, tree: bytes, prefix: bytes = b"") -> Iterator[tuple[bytes, list[Any]]]:
        """Path and entry of every file of a tree."""
        version, level, rows, *_ = msgpack.unpackb(self.payload(tree, "tree"))
        assert version == 1
        if level:
            for first, oid, *_ in rows:
                below = list(self.files(oid, prefix))
                assert below[0][0].startswith(prefix + first)
                yield from below
            return
        assert [name for name, _ in rows] == sorted({name for name, _ in rows})
        for name, entry in rows:
            if entry[0]:
                yield prefix + name, entry
            else:
                below = list(self.files(entry[1], prefix + name + b"/"))
                assert len(below) == entry[2]
                assert sum(file[2] for _, file in below) == entry[3]
                assert sum(file[3] or 0 for _, file in below) == entry[4]
                yield from below

    def content(self, entry: list[Any]) -> bytes:
        """The bytes of a file."""
        _, _, size, records, root, height, prefix, suffix, *_ = entry
        chunks, ends = ([], 0) if root is None else self._sequence(root, height)
        parts = [self._affix(prefix), *chunks, self._affix(suffix)]
        assert sum(map(len, parts)) == size
        assert height == 0 or records in (ends, None)
        return b"".join(parts)

    def _affix(self, affix: bytes | list[bytes]) -> bytes:
        return affix if isinstance(affix, bytes) else self.payload(affix[0], "chunk")

    def _sequence(self, oid: bytes, height: int) -> tuple[list[bytes], int]:
        """The chunks below a node, and how many records end in them."""
        if not height:
            return [self.payload(oid, "chunk")], 0
        version, level, oids, records, sizes, total, *_ = msgpack.unpackb(self.payload(oid, "node"))
        assert (version, level, len(total)) == (1, height - 1, 16)
        chunks: list[bytes] = []
        for at, size in enumerate(sizes):
            below, ends = self._sequence(oids[32 * at : 32 * at + 32], height - 1)
            assert sum(map(len, below)) == size
            assert height == 1 or ends == records[at]
            chunks += below
        return chunks, sum(records)

    def small(self, name: str) -> str:
        """What a small file holds: a ref, HEAD, the stage."""
        text = (self.folder / name).read_bytes().decode()
        assert text.endswith("\n")
        return text[:-1]

    def operations(self) -> Iterator[list[Any]]:
        """The records of the operation log, oldest first."""
        data = (self.folder / "oplog").read_bytes()
        assert data[:12] == b"TDVOPLOG\1\0\0\0"
        at, previous = 12, bytes(32)
        while at < len(data):
            length = int.from_bytes(data[at : at + 4], "little")
            payload, checksum = data[at + 4 : at + 4 + length], data[at + 4 + length :][:32]
            assert blake3(payload).digest() == checksum
            assert data[at + length + 36 :][:4] == data[at : at + 4]
            record = msgpack.unpackb(payload)
            assert record[0] == 1
            assert record[2] == previous
            yield record
            at, previous = at + length + 40, checksum


def read_pack(path: Path) -> dict[bytes, Entry]:
    """The entries of a pack by oid; those that its index names, which are all."""
    data = path.read_bytes()
    assert path.name == f"pack-{blake3(data).hexdigest()}.tdvpack"
    assert data[:12] == b"tdvpack\0\1\0\0\0"
    trailer = data[-40:]
    place, count = int.from_bytes(trailer[:8], "little"), int.from_bytes(trailer[8:12], "little")
    assert trailer[12:16] == b"\1\0\0\0"
    index = data[place:-40]
    assert xxhash.xxh3_64_intdigest(index) == int.from_bytes(trailer[16:24], "little")
    assert xxhash.xxh3_64_digest(trailer[:24]) + b"packend\0" == trailer[24:]
    if count >= 256:
        fan, index = index[:1024], index[1024:]
        assert int.from_bytes(fan[-4:], "little") == count
    assert len(index) == 42 * count
    oids = [index[at : at + 32] for at in range(0, 32 * count, 32)]
    rows = [struct.unpack_from("<IIBB", index, 32 * count + 10 * number) for number in range(count)]
    assert oids == sorted(set(oids))
    found, end = {}, 12
    for (offset, length, first_byte, decodes), oid in sorted(zip(rows, oids, strict=True)):
        assert offset == end
        entry = read_entry(data, offset)
        assert (entry.size, data[offset], entry.decodes) == (length, first_byte, decodes)
        found[oid] = entry
        end += length
    assert end == place
    return found


def read_entry(data: bytes, offset: int) -> Entry:
    """The entry at a place."""
    kind, encoding = KINDS[data[offset] >> 4], data[offset] & 15
    raw, at = varint(data, offset + 1)
    length, at = varint(data, at)
    decodes = start = 0
    count = 1 if encoding in (DICTIONARY, MEMBER) else 0
    if encoding == DELTA:
        decodes, count, at = data[at] >> 2, data[at] & 3, at + 1
    if encoding == BESIDE:
        count, at = varint(data, at)
    bases = [data[at + 12 * number :][:12] for number in range(count)]
    at += 12 * count
    if encoding == MEMBER:
        start, at = varint(data, at)
    stored = data[at + 4 : at + 4 + length]
    checksum = xxhash.xxh3_64_intdigest(data[offset:at] + stored) & 0xFFFFFFFF
    assert checksum == int.from_bytes(data[at : at + 4], "little")
    return Entry(kind, encoding, raw, bases, decodes, start, stored, at + 4 + length - offset)


def undelta(stored: bytes, raw: int, base: bytes) -> bytes:
    """The payload of a delta."""
    count, at = varint(stored, 0)
    spans = []
    for _ in range(count):
        numbers = []
        for _ in range(3):
            number, at = varint(stored, at)
            numbers.append(number)
        spans.append(numbers)
    rest, length = stored[at:], sum(new for _, _, new in spans)
    if len(rest) != length:
        near, place, seen = b"", 0, 0
        for copy, skip, new in spans:
            place += copy
            around = 4096 if new else 0
            near += base[max(seen, place - around) : max(seen, place + skip + around)]
            seen = max(seen, place + skip + around)
            place += skip
        rest = unframed(rest, length, near)
    payload, place = b"", 0
    for copy, skip, new in spans:
        payload += base[place : place + copy] + rest[:new]
        rest, place = rest[new:], place + copy + skip
    return payload + base[place : place + raw - len(payload)]


def unframed(stored: bytes, raw: int, dictionary: bytes = b"") -> bytes:
    """The content of a frame, whose magic number and header are put back."""
    if raw < 256:
        header = bytes((0x20, raw))
    elif raw < 65792:
        header = b"\x60" + (raw - 256).to_bytes(2, "little")
    else:
        header = b"\xa0" + raw.to_bytes(4, "little")
    content = zstandard.ZstdCompressionDict(dictionary, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
    reader = zstandard.ZstdDecompressor(dict_data=content if dictionary else None)
    return reader.decompress(b"\x28\xb5\x2f\xfd" + header + stored)


def varint(data: bytes, at: int) -> tuple[int, int]:
    """A number, and the place behind it."""
    number = shift = 0
    while True:
        number |= (data[at] & 127) << shift
        shift, at = shift + 7, at + 1
        if data[at - 1] < 128:
            return number, at
