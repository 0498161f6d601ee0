"""Read single records again, mostly in ascending order, from files that may be large."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from itertools import islice

from tdv.rowdiff.sides import Side

BLOCK = 256
BLOCKS_KEPT = 32
# Further ahead than this, seeking costs less than reading on, where a format can seek.
NEAR = 4 * BLOCK


class Cursor:
    """The bodies of one side by number, read in blocks of which the last few are kept."""

    def __init__(self, side: Side) -> None:
        self._side = side
        self._seeks = side.records.format.sliced
        self._blocks: OrderedDict[int, list[bytes]] = OrderedDict()
        self._bodies: Iterator[bytes] = iter(())
        self._next = -1

    def body(self, number: int) -> bytes:
        """The body of the record with that number."""
        place = number // BLOCK
        block = self._blocks.get(place)
        if block is None:
            block = self._read(place)
            self._blocks[place] = block
            if len(self._blocks) > BLOCKS_KEPT:
                self._blocks.popitem(last=False)
        return block[number - place * BLOCK]

    def _read(self, place: int) -> list[bytes]:
        start = place * BLOCK
        behind = self._next < 0 or start < self._next
        if behind or (self._seeks and start - self._next > NEAR):
            self._bodies = self._side.bodies(start)
        else:
            for _ in islice(self._bodies, start - self._next):
                pass
        self._next = start + BLOCK
        return list(islice(self._bodies, BLOCK))
