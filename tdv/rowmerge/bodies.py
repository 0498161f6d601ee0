"""The bodies of one version by number: those that the comparison saw, and any others."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tdv.errors import RecordError
from tdv.formats.rows import refuse_damage
from tdv.rowdiff.cursor import NEAR, Cursor
from tdv.rowdiff.sides import Side
from tdv.rowmerge.conflict import Unmergeable

# Bytes of bodies that are kept; others are read again.
KEPT_BYTES = 24 << 20
KEPT_RECORDS = 100_000


class Bodies:
    """Gives a version's bodies, mostly without reading the file again.

    Args:
        side: the version, its records as they stand in the file.
        convert: what brings them into the merged file's form, where that is another one.
    """

    def __init__(self, side: Side, convert: Callable[[bytes], bytes] | None = None) -> None:
        self._side, self._cursor = side, Cursor(side)
        self._convert = convert
        self._ahead: Iterator[bytes] | None = None
        self._next = 0
        self._kept: dict[int, bytes] = {}
        self._left = KEPT_BYTES

    def keep(self, number: int, body: bytes) -> None:
        """Remember a body in the merged file's form, while there is room."""
        if self._left > 0 and len(self._kept) < KEPT_RECORDS and not body.startswith(b"\xff"):
            self._left -= len(body)
            self._kept[number] = body

    def body(self, number: int) -> bytes:
        """The body of a record.

        Raises:
            Unmergeable: what stands for the record is not the whole of it.
        """
        found = self._kept.get(number)
        if found is None:
            found = self._in_form(self._cursor.body(number))
        return found

    def all(self, start: int, stop: int) -> Iterator[bytes]:
        """The bodies of many records in a row; cheapest when asked for in ascending order."""
        if self._ahead is None or not 0 <= start - self._next <= NEAR:
            self._ahead, self._next = self._side.bodies(start), start
        for number in range(self._next, stop):
            body = next(self._ahead)
            self._next = number + 1
            if number >= start:
                yield self._in_form(body)

    def _in_form(self, body: bytes) -> bytes:
        try:
            refuse_damage(body)
        except RecordError as error:
            raise Unmergeable(f"a row cannot be read: {error.message}") from error
        return body if self._convert is None else self._convert(body)
