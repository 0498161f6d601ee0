"""Brings theirs' changes of rows into ours, one edit after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tdv.formats.splice import Edit, joined
from tdv.rowdiff.bonds import key_of
from tdv.rowdiff.changes import RowCounts
from tdv.rowmerge.bodies import Bodies
from tdv.rowmerge.combine import Combined, combine
from tdv.rowmerge.compared import Compared
from tdv.rowmerge.conflict import Conflict, conflict_id
from tdv.rowmerge.conflicts import Conflicts
from tdv.rowmerge.edits import INSERT, TAKE_OUT, Action, Places, actions
from tdv.rowmerge.replaced import matched
from tdv.rowmerge.threeway import CHANGED, FORMATTED, NONE, REMOVED, SAME, SideChanges
from tdv.rowmerge.twins import Additions
from tdv.rowmerge.values import Favour

_WHAT = {SAME: "moved", FORMATTED: "formatted", CHANGED: "changed", REMOVED: "removed"}


class RowMerge:
    """Brings theirs' rows into ours.

    Args:
        compared: the three versions.
        key, favour, only: as for `merge_file`.

    Attributes:
        conflicts: complete once all edits, or all bodies, were taken.
    """

    def __init__(
        self,
        compared: Compared,
        key: Sequence[str],
        favour: Favour,
        only: Callable[[tuple[Any, ...]], bool] | None,
    ) -> None:
        self._compared = compared
        self._base, self._ours, self._theirs = compared.base, compared.ours, compared.theirs
        self._form, self._exact = compared.form, compared.exact
        self._key, self._favour, self._only = key, favour, only
        self._seen: Counter[str] = Counter()
        self._taken: Counter[str] = Counter()
        self.conflicts = Conflicts()

    def taken(self) -> RowCounts:
        """What came from theirs."""
        count = self._taken
        return RowCounts(
            count["added"], count["removed"], count["changed"], count["moved"], count["formatted"]
        )

    def edits(self) -> Iterator[Edit]:
        """What is done to ours, in order."""
        return joined(self._single_edits())

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
            # Where only one side changed the row its body is another one: ours is not read.
            both = SAME not in (action.ours_state, action.theirs_state)
            if stop > action.at and both and combined.bodies == (self._ours.body(action.at),):
                continue
            yield Edit(action.at, stop, combined.bodies)

    def bodies(self) -> Iterator[bytes]:
        """Every body of the merged file, in order."""
        at = count = 0
        for action in self._actions():
            for body in self._between(at, action.at, count):
                yield body
                count += 1
            combined = self._combined(action)
            if combined.reason:
                self._note(action, combined, count)
            yield from combined.bodies
            count += len(combined.bodies)
            at = action.at if action.kind == INSERT else action.at + 1
        yield from self._between(at, self._compared.from_ours.records, count)

    def _between(self, start: int, stop: int, count: int) -> Iterator[bytes]:
        """Records of ours of which theirs has no more to say than columns of its own.

        Args:
            count: how many bodies came before in the merged file.
        """
        joined = self._compared.joined
        bodies = self._ours.all(start, stop) if start < stop else iter(())
        if joined is None or not joined.fills:
            yield from bodies
            return
        rows = zip(bodies, self._compared.as_they_are(start, stop), strict=True)
        for number, (body, action) in enumerate(rows, count):
            if action.theirs == NONE or (self._only is not None and not self._is_wanted(action)):
                yield body
                continue
            filled = joined.filled(body, self._theirs.body(action.theirs))
            if filled is None:
                combined = combine(self._form, *self._bodies(action), self._favour)
                if combined.reason:
                    self._note(action, combined, number)
                yield from combined.bodies
            else:
                yield filled

    def _actions(self) -> Iterator[Action]:
        from_ours, from_theirs = self._compared.from_ours, self._compared.from_theirs
        places = Places.of(from_ours, from_theirs)
        ours, theirs = (
            (changes, self._added(bodies, changes, places))
            for bodies, changes in ((self._ours, from_ours), (self._theirs, from_theirs))
        )
        pairs = matched(ours, theirs, places, self._key)
        found = actions(from_ours, from_theirs, places, pairs)
        return found if self._only is None else filter(self._is_wanted, found)

    def _added(self, bodies: Bodies, changes: SideChanges, places: Places) -> Additions:
        loose = Additions(self._form, bodies, changes.loose, places.of_loose(changes))
        return loose.only(changes.loose_from == NONE)

    def _is_wanted(self, action: Action) -> bool:
        assert self._only is not None
        # Rows that are matched have one key, and theirs are mostly at hand.
        if action.theirs != NONE:
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
        else:
            if not self._exact or (ours_state != SAME and theirs_state != SAME):
                found = combine(self._form, *self._bodies(action), self._favour)
            elif ours_state == SAME:
                found = Combined((self._theirs.body(theirs),))
            else:
                found = Combined((self._ours.body(ours),))
            what = _WHAT[theirs_state]
        if not found.reason:
            self._taken[what] += 1
        return found

    def _bodies(self, action: Action) -> tuple[bytes | None, bytes | None, bytes | None]:
        bodies = (
            None if action.base == NONE else self._base.body(action.base),
            None if action.ours == NONE else self._ours.body(action.ours),
            None if action.theirs == NONE else self._theirs.body(action.theirs),
        )
        joined = self._compared.joined
        return bodies if joined is None else joined.aligned(*bodies)

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
