"""Where the rows of conflicts stand in a file that was edited since the merge."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from tdv.errors import RecordError
from tdv.formats.contents import Contents
from tdv.rowdiff.bonds import key_digest
from tdv.rowdiff.rows import RowDiff
from tdv.rowdiff.sides import canonical

if TYPE_CHECKING:
    from tdv.rowmerge.conflict import Conflict


class Place(NamedTuple):
    """A conflict in the file as it is now.

    Attributes:
        number: of the record that holds its row; where no record does, of the one in front of
            which it would stand.
        there: whether a record holds it.
        touched: whether that row was changed, removed or brought back since the merge.
    """

    conflict: Conflict
    number: int
    there: bool
    touched: bool


def places(
    merged: Contents, now: Contents, conflicts: Iterable[Conflict], key: Sequence[str]
) -> Iterator[Place]:
    """Where conflicts stand now.

    Args:
        merged: the file as the merge made it.
        now: the file as it is.
        conflicts: of that file.
        key: the fields that tell its rows apart, or none.
    """
    if merged.entry.same_content(now.entry):
        for conflict in conflicts:
            yield Place(conflict, conflict.number, conflict.held is not None, False)
        return
    conflicts = list(conflicts)
    edits = _Edits(merged, now, key, conflicts)
    for conflict in conflicts:
        yield edits.place(conflict)


class _Edits:
    """What became of the rows of a merged file."""

    def __init__(
        self, merged: Contents, now: Contents, key: Sequence[str], conflicts: Sequence[Conflict]
    ) -> None:
        self._now = now
        self._key = tuple(key)
        self._conflicts = conflicts
        # Of records that did not stay in place: what they are now, None where they are gone.
        self._became: dict[int, tuple[int | None, bool]] = {}
        self._added: list[int] = []
        diff = RowDiff(merged, now, key)
        loose: list[int] = []
        for kind, a, b in diff.changes():
            if a is not None:
                self._became[a.number] = (None if b is None else b.number, kind in _DECISIONS)
            if b is not None:
                loose.append(b.number)
            if a is None and b is not None:
                self._added.append(b.number)
        self._added.sort()
        self._gone, self._loose = sorted(self._became), sorted(loose)
        self._shuffled = diff.counts.reordered and not self._became
        self._records = len(now)
        self._merged_records = len(merged)

    def place(self, conflict: Conflict) -> Place:
        """Where a conflict stands now."""
        number, held = conflict.number, conflict.held
        if held is None:
            return self._place_of_gone(conflict)
        if self._shuffled:
            found = self._first_of.get(held)
            return Place(conflict, found or 0, found is not None, found is None)
        became = self._became.get(number)
        if became is None:
            return Place(conflict, self._shifted(number), True, False)
        now, touched = became
        if now is None:
            return Place(conflict, self._following(number), False, True)
        return Place(conflict, now, True, touched)

    def _place_of_gone(self, conflict: Conflict) -> Place:
        """Of a row that the merged file does not have."""
        at = self._following(conflict.number)
        if conflict.key:
            back = self._added_by_key.get(canonical(conflict.key))
        else:
            before = self._preceding(conflict.number)
            start = bisect_left(self._added, before)
            back = next((each for each in self._added[start : start + 1] if each < at), None)
        return Place(conflict, at if back is None else back, back is not None, back is not None)

    @cached_property
    def _added_by_key(self) -> dict[bytes, int]:
        """The first of the added records with each key."""
        found: dict[bytes, int] = {}
        for number in self._added:
            try:
                digest = key_digest(self._now.row(number), self._key)
            except RecordError:
                continue
            if digest is not None:
                found.setdefault(digest, number)
        return found

    @cached_property
    def _first_of(self) -> dict[bytes, int]:
        """The first record with each of the bodies that conflicts hold."""
        wanted = {conflict.held for conflict in self._conflicts}
        found: dict[bytes, int] = {}
        for number, body in enumerate(self._now.bodies()):
            if body in wanted:
                found.setdefault(body, number)
        return found

    def _shifted(self, number: int) -> int:
        """Where a record that stayed in place stands now."""
        rank = number - bisect_left(self._gone, number)
        low, high = 0, len(self._loose)
        while low < high:
            middle = (low + high) // 2
            if self._loose[middle] - middle <= rank:
                low = middle + 1
            else:
                high = middle
        return rank + low

    def _following(self, number: int) -> int:
        """Where a record or the next one that is there stands now; the end where there is none."""
        at = bisect_left(self._gone, number)
        while at < len(self._gone) and self._gone[at] == number:
            now, changed = self._became[number]
            if now is not None and changed:
                return now
            number, at = number + 1, at + 1
        return self._records if number >= self._merged_records else self._shifted(number)

    def _preceding(self, number: int) -> int:
        """Behind the last record before it that stayed in place."""
        number -= 1
        at = bisect_right(self._gone, number)
        while at and self._gone[at - 1] == number:
            number, at = number - 1, at - 1
        return 0 if number < 0 else self._shifted(number) + 1


# What only moved or was formatted anew has not been decided.
_DECISIONS = ("changed", "removed")
