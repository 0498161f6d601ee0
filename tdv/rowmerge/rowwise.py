"""Brings theirs' changes of rows into ours, one edit after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tdv.formats.contents import Contents
from tdv.formats.cut import Cut
from tdv.formats.splice import Edit, splice
from tdv.formats.storing import ChunkSink
from tdv.model.entry import FileEntry
from tdv.rowdiff.bonds import key_of
from tdv.rowdiff.changes import RowCounts
from tdv.rowdiff.sides import Side
from tdv.rowmerge.bodies import Bodies
from tdv.rowmerge.combine import Combined, combine
from tdv.rowmerge.conflict import Conflict, conflict_id
from tdv.rowmerge.conflicts import Conflicts
from tdv.rowmerge.edits import INSERT, TAKE_OUT, Action, Places, actions
from tdv.rowmerge.forms import RowForm
from tdv.rowmerge.threeway import CHANGED, FORMATTED, NONE, REMOVED, SAME, side_changes
from tdv.rowmerge.twins import Additions, twins
from tdv.rowmerge.values import Favour

# Edits at neighbouring places are handed over as one, up to so many records.
TOGETHER = 256


class RowMerge:
    """A merge of three versions in one layout.

    Args:
        base, ours, theirs: the versions; the base may be empty.
        key, favour, only: as for `merge_file`.

    Attributes:
        conflicts: complete once the file is written.
    """

    def __init__(
        self,
        base: Contents,
        ours: Contents,
        theirs: Contents,
        key: Sequence[str],
        favour: Favour,
        only: Callable[[tuple[Any, ...]], bool] | None,
    ) -> None:
        self._contents = ours
        self._totals = len(base), len(ours), len(theirs)
        self._sides = Side(base), Side(ours), Side(theirs)
        self._base, self._ours, self._theirs = map(Bodies, self._sides)
        self._key, self._favour, self._only = key, favour, only
        self._form = RowForm(ours)
        self._seen: Counter[str] = Counter()
        self._taken: Counter[str] = Counter()
        self.conflicts = Conflicts()

    def write(self, writer: ChunkSink, cut: Cut) -> FileEntry:
        """Write the merged file; its entry."""
        return splice(self._contents, self.edits(), writer, cut)

    def taken(self) -> RowCounts:
        """What came from theirs."""
        count = self._taken
        return RowCounts(
            count["added"], count["removed"], count["changed"], count["moved"], count["formatted"]
        )

    def edits(self) -> Iterator[Edit]:
        """What is done to ours, in order."""
        held: Edit | None = None
        for edit in self._single_edits():
            if held is not None and held.stop == edit.start and len(held.bodies) < TOGETHER:
                held = Edit(held.start, edit.stop, [*held.bodies, *edit.bodies])
                continue
            if held is not None:
                yield held
            held = edit
        if held is not None:
            yield held

    def _single_edits(self) -> Iterator[Edit]:
        shift = 0
        for action in self._actions():
            combined = self._combined(action)
            if combined.reason:
                self._note(action, combined, action.at + shift)
            stop = action.at if action.kind == INSERT else action.at + 1
            shift += len(combined.bodies) - (stop - action.at)
            if stop == action.at and not combined.bodies:
                continue
            if stop > action.at and combined.bodies == (self._ours.body(action.at),):
                continue
            yield Edit(action.at, stop, combined.bodies)

    def _actions(self) -> Iterator[Action]:
        base, ours, theirs = self._sides
        old, here, there = self._totals
        key = self._key
        from_ours = side_changes(base, ours, (old, here), key, self._ours, self._base)
        from_theirs = side_changes(base, theirs, (old, there), key, self._theirs)
        places = Places.of(from_ours, from_theirs)
        added = [
            Additions(side, bodies, changes.loose, places.of_loose(changes)).only(
                changes.loose_from == NONE
            )
            for side, bodies, changes in (
                (ours, self._ours, from_ours),
                (theirs, self._theirs, from_theirs),
            )
        ]
        found = actions(from_ours, from_theirs, places, twins(added[0], added[1], self._key))
        return found if self._only is None else filter(self._is_wanted, found)

    def _is_wanted(self, action: Action) -> bool:
        assert self._only is not None
        if action.base == NONE:
            body = self._theirs.body(action.theirs)
        else:
            body = self._base.body(action.base)
        key = key_of(self._form.decode(body), self._key)
        return key is not None and self._only(key)

    def _combined(self, action: Action) -> Combined:
        """What stands at the place of an action."""
        _, kind, base, ours, theirs, ours_state, theirs_state = action
        if kind == TAKE_OUT:
            return Combined(())
        if base == NONE and ours == NONE:
            found, what = Combined((self._theirs.body(theirs),)), "added"
        elif theirs_state == REMOVED and ours_state != CHANGED:
            found, what = Combined(()), "removed"
        elif kind == INSERT and theirs_state == SAME:
            here = ours_state != SAME
            found = Combined((self._ours.body(ours) if here else self._theirs.body(theirs),))
            what = "moved"
        elif ours_state == SAME:
            found = Combined((self._theirs.body(theirs),))
            what = "formatted" if theirs_state == FORMATTED else "changed"
        else:
            found, what = combine(self._form, *self._bodies(action), self._favour), "changed"
        if not found.reason:
            self._taken[what] += 1
        return found

    def _bodies(self, action: Action) -> tuple[bytes | None, bytes | None, bytes | None]:
        return (
            None if action.base == NONE else self._base.body(action.base),
            None if action.ours == NONE else self._ours.body(action.ours),
            None if action.theirs == NONE else self._theirs.body(action.theirs),
        )

    def _note(self, action: Action, combined: Combined, number: int) -> None:
        """Remember a conflict."""
        base, ours, theirs = self._bodies(action)
        first = conflict_id(combined.reason, base, ours, theirs)
        again = self._seen[first]
        self._seen[first] += 1
        name = conflict_id(combined.reason, base, ours, theirs, again=again) if again else first
        body = next(each for each in (ours, theirs, base) if each is not None)
        key = key_of(self._form.decode(body), self._key) or ()
        held = combined.bodies[0] if combined.bodies else None
        fields, reason = combined.fields, combined.reason
        self.conflicts.add(Conflict(name, key, number, base, ours, theirs, held, fields, reason))
