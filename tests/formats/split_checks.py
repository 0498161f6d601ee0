"""What must hold for every split, whatever the format and the bytes."""

from __future__ import annotations

import io

import xxhash

from tdv.formats.cut import Cut
from tdv.formats.registry import format_named

SMALL = Cut(8, 8, 40, 60)


class ShortReads(io.RawIOBase):
    """A stream that never gives as much as is asked for."""

    def __init__(self, data: bytes) -> None:
        self._data, self._sizes, self._turn = data, (1, 50, max(9, len(data) // 20)), 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        self._turn += 1
        count = min(len(buffer), self._sizes[self._turn % len(self._sizes)], len(self._data))
        buffer[:count], self._data = self._data[:count], self._data[count:]
        return count


class OnlyRead:
    """A stream without `readinto`."""

    def __init__(self, data: bytes) -> None:
        self.read = io.BytesIO(data).read


def split(name: str, data: bytes, cut: Cut = SMALL):
    """Layout, pieces and bodies of some bytes, after every check that all formats pass."""
    format_ = format_named(name)
    found = format_.split(io.BytesIO(data), cut)
    pieces, layout = list(found), None
    layout = found.layout
    assert layout.prefix + b"".join(piece.data for piece in pieces) + layout.suffix == data
    assert all(piece.data for piece in pieces)
    for source in (ShortReads(data), OnlyRead(data)):
        again = format_.split(source, cut)
        assert list(again) == pieces
        assert again.layout == layout
    bodies = list(format_.bodies(layout, (piece.data for piece in pieces)))
    assert len(bodies) == sum(piece.records for piece in pieces)
    number = 0
    for at, piece in enumerate(pieces):
        own = bodies[number : number + piece.records]
        assert piece.fingerprint_sum == sum(map(xxhash.xxh3_128_intdigest, own)) % (1 << 128)
        if at == 0 or pieces[at - 1].records:
            rest = [each.data for each in pieces[at:]]
            assert list(format_.bodies(layout, rest, number)) == bodies[number:]
            if piece.records:
                assert list(format_.bodies(layout, rest[:1], number)) == own
        number += piece.records
    return layout, pieces, bodies
