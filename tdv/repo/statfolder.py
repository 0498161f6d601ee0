"""The stat cache's records of one folder: as they lie in the file, or opened as a table.

Opening costs a microsecond a file. A few records of a large folder are read and replaced in the
packed form, by searching its names: a hundredth of that.
"""

from __future__ import annotations

from collections.abc import Mapping

# A search costs about a hundredth of opening; so many are made before the folder is opened.
SEARCHES = 32


class FolderRecords:
    """Names of one folder with their records, all of one length, in the order of their coming.

    Args:
        width: bytes of a record.
        names: joined by NUL bytes, which no name contains.
        records: one behind the other; none means that there are no names either.
    """

    __slots__ = ("_names", "_records", "_searches", "_table", "_width")

    def __init__(self, width: int, names: bytes = b"", records: bytes = b"") -> None:
        self._width = width
        self._names = names
        self._records = records
        self._table: dict[bytes, bytes] | None = None
        self._searches = SEARCHES

    def __bool__(self) -> bool:
        return bool(self._records if self._table is None else self._table)

    def get(self, name: bytes) -> bytes | None:
        """The record of a name, or None when there is no such name."""
        if self._opens():
            return self._opened().get(name)
        at = self._find(name)
        return None if at is None else self._records[at : at + self._width]

    def put(self, name: bytes, record: bytes) -> None:
        """Give a name that record, whether it is known or new."""
        if self._opens():
            self._opened()[name] = record
            return
        at = self._find(name)
        if at is None:
            self._names = self._names + b"\0" + name if self._records else name
            self._records += record
        else:
            self._records = self._records[:at] + record + self._records[at + self._width :]

    def drop(self, name: bytes) -> bool:
        """Forget a name; whether there was one."""
        return self._opened().pop(name, None) is not None

    def table(self) -> Mapping[bytes, bytes]:
        """Name to record; not to be changed."""
        return self._unpacked() if self._table is None else self._table

    def packed(self) -> tuple[bytes, bytes]:
        """The names and the records, as they are kept."""
        if self._table is not None:
            return b"\0".join(self._table), b"".join(self._table.values())
        return self._names, self._records

    def count_folded(self, folded: bytes) -> int | None:
        """How many names are that one in lower case; None unless all of them are ASCII."""
        names, _ = self.packed()
        if not names.isascii():
            return None
        # Doubled, so that one NUL ends a name and another one starts the next.
        joined = b"\0" + names.lower().replace(b"\0", b"\0\0") + b"\0"
        return joined.count(b"\0" + folded + b"\0")

    def _opens(self) -> bool:
        """Whether the table is used; counts the searches that are made without."""
        if self._table is None and self._searches:
            self._searches -= 1
            return False
        return True

    def _opened(self) -> dict[bytes, bytes]:
        if self._table is None:
            self._table = self._unpacked()
        return self._table

    def _unpacked(self) -> dict[bytes, bytes]:
        if not self._records:
            return {}
        width, records = self._width, self._records
        return {
            name: records[at : at + width]
            for name, at in zip(
                self._names.split(b"\0"), range(0, len(records), width), strict=True
            )
        }

    def _find(self, name: bytes) -> int | None:
        """Where the record of a name starts."""
        names = self._names
        if not self._records:
            return None
        if names == name or names.startswith(name + b"\0"):
            return 0
        at = names.find(b"\0" + name + b"\0")
        if at < 0:
            if not names.endswith(b"\0" + name):
                return None
            at = len(names) - len(name) - 1
        return (names.count(b"\0", 0, at) + 1) * self._width
