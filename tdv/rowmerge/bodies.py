"""The bodies of one version by number: those that the comparison saw, and any others."""

from __future__ import annotations

from tdv.rowdiff.cursor import Cursor
from tdv.rowdiff.sides import Side

# Bytes of bodies that are kept; others are read again.
KEPT_BYTES = 24 << 20
KEPT_RECORDS = 100_000


class Bodies:
    """Gives a version's bodies, mostly without reading the file again.

    Args:
        side: the version.
    """

    def __init__(self, side: Side) -> None:
        self._cursor = Cursor(side)
        self._kept: dict[int, bytes] = {}
        self._left = KEPT_BYTES

    def keep(self, number: int, body: bytes) -> None:
        """Remember a body, while there is room."""
        if self._left > 0 and len(self._kept) < KEPT_RECORDS:
            self._left -= len(body)
            self._kept[number] = body

    def body(self, number: int) -> bytes:
        """The body of a record."""
        found = self._kept.get(number)
        return self._cursor.body(number) if found is None else found
