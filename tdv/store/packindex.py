"""The index of a pack: sorted oids and fixed rows, searched where they lie."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from mmap import mmap
from typing import NamedTuple

from tdv.errors import ObjectCorrupt
from tdv.model.oid import OID_BYTES, Kind, Oid

# Below this many entries a search over all of them is as quick, and saves 1 KiB a pack.
FAN_FROM = 256
_ROW = struct.Struct("<IIBB")
_FAN = struct.Struct("<256I")


class Row(NamedTuple):
    """Where an entry lies in its pack.

    Attributes:
        offset, length: of the whole entry, its head included.
        form: kind (upper four bits) and encoding, as in the entry's first byte.
        decodes: other objects that are decoded to read this one, dictionaries apart.
    """

    offset: int
    length: int
    form: int
    decodes: int

    @property
    def kind(self) -> int:
        """The number of the object's kind."""
        return self.form >> 4

    @property
    def encoding(self) -> int:
        """The number of the entry's encoding."""
        return self.form & 15


def build_index(rows: Mapping[Oid, Row]) -> bytes:
    """The bytes of an index over those entries."""
    oids = sorted(rows)
    parts = []
    if len(oids) >= FAN_FROM:
        ends = [0] * 256
        for oid in oids:
            ends[oid[0]] += 1
        for i in range(1, 256):
            ends[i] += ends[i - 1]
        parts.append(_FAN.pack(*ends))
    parts += oids
    parts += [_ROW.pack(*rows[oid]) for oid in oids]
    return b"".join(parts)


def index_bytes(count: int) -> int:
    """How many bytes an index over that many entries has."""
    return (_FAN.size if count >= FAN_FROM else 0) + count * (OID_BYTES + _ROW.size)


class PackIndex:
    """Looks oids up in an index without parsing it.

    Args:
        data: bytes or a mapped file in which the index lies.
        place: where in `data` it starts.
        count: how many entries it has; `data` is long enough for them.
    """

    def __init__(self, data: bytes | mmap, place: int, count: int) -> None:
        self._data = data
        self._fan = place if count >= FAN_FROM else -1
        self._oids = place + (_FAN.size if count >= FAN_FROM else 0)
        self._rows = self._oids + count * OID_BYTES
        self.count = count

    def find(self, key: bytes) -> tuple[Oid, Row] | None:
        """The first entry whose oid starts with those bytes, or None."""
        number = self._lower_bound(key)
        if number < self.count:
            oid = self.oid(number)
            if oid.startswith(key):
                return oid, self.row(number)
        return None

    def oid(self, number: int) -> Oid:
        """The oid of the entry with that number, in order of oids."""
        at = self._oids + number * OID_BYTES
        return Oid(self._data[at : at + OID_BYTES])

    def row(self, number: int) -> Row:
        """The row of the entry with that number."""
        return Row._make(_ROW.unpack_from(self._data, self._rows + number * _ROW.size))

    def entries(self) -> Iterator[tuple[Oid, Row]]:
        """All entries in order of oids."""
        for number in range(self.count):
            yield self.oid(number), self.row(number)

    def starting_with(self, low: bytes, high: bytes) -> Iterator[tuple[Oid, Row]]:
        """Entries with low <= oid <= high + ff..."""
        number = self._lower_bound(low)
        while number < self.count:
            oid = self.oid(number)
            if oid[: len(high)] > high:
                return
            yield oid, self.row(number)
            number += 1

    def _lower_bound(self, key: bytes) -> int:
        low, high = 0, self.count
        if self._fan >= 0 and key:
            at = self._fan + 4 * key[0]
            high = min(high, int.from_bytes(self._data[at : at + 4], "little"))
            if key[0]:
                low = min(high, int.from_bytes(self._data[at - 4 : at], "little"))
        data, base, size = self._data, self._oids, len(key)
        while low < high:
            middle = (low + high) // 2
            at = base + middle * OID_BYTES
            if data[at : at + size] < key:
                low = middle + 1
            else:
                high = middle
        return low


def kind_of(form: int) -> Kind:
    """The kind in a row's form; ObjectCorrupt when there is none of that number."""
    try:
        return Kind(form >> 4)
    except ValueError as error:
        raise ObjectCorrupt(f"A pack index names an unknown kind, {form >> 4}.") from error
