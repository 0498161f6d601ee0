"""Compare two versions of a file row by row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from tdv.formats.rows import BadRecord, Row
from tdv.rowdiff.bonds import key_of
from tdv.rowdiff.changes import RowChange, RowCounts
from tdv.rowdiff.fields import FieldChange, changed_fields
from tdv.rowdiff.gaps import Change, Leftover
from tdv.rowdiff.layouts import LayoutChange, sides
from tdv.rowdiff.leftovers import resolved
from tdv.rowdiff.pairing import Pairer
from tdv.rowdiff.regions import ChangedChunks, Source, WholeFiles
from tdv.rowdiff.reordering import is_reordered
from tdv.rowdiff.sides import Records, Side


class RowDiff:
    """What happened to the rows of one file; iterate it once.

    Args:
        old, new: versions of the file, in any two formats that have rows.
        key: names of the fields that identify a row, or none.

    Attributes:
        layout: what changed in the form of the file, or None.
        counts: complete once the iteration has ended.
    """

    def __init__(self, old: Records, new: Records, key: Sequence[str] = ()) -> None:
        self.layout: LayoutChange | None = None
        self.counts = RowCounts()
        self._old, self._new, self._key = old, new, tuple(key)
        self._sides: tuple[Side, Side] | None = None

    def __iter__(self) -> Iterator[RowChange]:
        """The changes, in the order of the new version; none for what is formatting only."""
        for change in self.changes():
            if change.kind != "formatted":
                yield self._described(change)

    def changes(self) -> Iterator[Change]:
        """The changes with their rows not decoded, formatting included."""
        if self._old.entry.same_content(self._new.entry):
            return
        if is_reordered(self._old, self._new):
            self.counts = RowCounts(reordered=True)
            return
        a, b, self.layout = sides(self._old, self._new)
        self._sides = a, b
        pairer = Pairer(a, b, self._key)
        kinds: Counter[str] = Counter()
        for gap in resolved(lambda: source_of(a, b), a, b, self._key):
            for change in pairer.changes(gap):
                kinds[change.kind] += 1
                yield change
        self.counts = self._counted(kinds)

    def _counted(self, kinds: Counter[str]) -> RowCounts:
        only_moved = kinds["moved"] > 0 and kinds["moved"] == kinds.total()
        return RowCounts(
            kinds["added"],
            kinds["removed"],
            kinds["changed"],
            kinds["moved"],
            kinds["formatted"],
            reordered=only_moved and self.layout is None,
            separators=not kinds and self.layout is None,
        )

    def _described(self, change: Change) -> RowChange:
        assert self._sides is not None
        assert change.kind != "formatted"
        old = _row(self._sides[0], change.a)
        new = _row(self._sides[1], change.b) if change.kind != "moved" else old
        fields: tuple[FieldChange, ...] = ()
        if change.kind == "changed" and isinstance(old, dict) and isinstance(new, dict):
            fields = changed_fields(old, new)
        key = key_of(old if new is None else new, self._key)
        return RowChange(
            change.kind,
            key,
            None if change.a is None else change.a.number,
            None if change.b is None else change.b.number,
            old,
            new,
            fields,
        )


def diff_rows(old: Records, new: Records, key: Sequence[str] = ()) -> RowDiff:
    """The changes between two versions of a file, as an iterator that counts them.

    Raises:
        IntegrityError: a stored object is missing or damaged.
        FileChanged: a working file was written to meanwhile.
    """
    return RowDiff(old, new, key)


def count_rows(old: Records, new: Records, key: Sequence[str] = ()) -> RowCounts:
    """How many rows changed in which way; decodes only what has no equal on the other side."""
    diff = RowDiff(old, new, key)
    for _ in diff.changes():
        pass
    return diff.counts


def source_of(a: Side, b: Side) -> Source:
    """What reads two versions: only their changed chunks, where their chunks compare."""
    if a.records.format.sliced and type(a) is Side and type(b) is Side:
        return ChangedChunks(a, b)
    return WholeFiles(a, b)


def _row(side: Side, left: Leftover | None) -> Row | BadRecord | None:
    return None if left is None else side.described(left.number, left.body)
