"""Three bodies of one row -> the bodies that stand in its place."""

from __future__ import annotations

from dataclasses import dataclass

from tdv.errors import RecordError
from tdv.rowdiff.sides import canonical
from tdv.rowmerge.forms import RowForm
from tdv.rowmerge.values import Choice, FieldConflict, merge_values

BOTH_CHANGED = "changed on both sides"
BOTH_ADDED = "added on both sides"
REMOVED_HERE = "removed here, changed there"
REMOVED_THERE = "changed here, removed there"


@dataclass(frozen=True, slots=True)
class Combined:
    """What three bodies come to.

    Attributes:
        bodies: of the merged file, at the row's place; none when it is gone.
        reason: why it is a conflict; empty when it is none.
        fields: the values in conflict; none when it is about the row as a whole.
    """

    bodies: tuple[bytes, ...]
    reason: str = ""
    fields: tuple[FieldConflict, ...] = ()


def combine(
    form: RowForm,
    base: bytes | None,
    ours: bytes | None,
    theirs: bytes | None,
    choice: Choice = "",
) -> Combined:
    """Merge one row.

    Args:
        form: of the merged file.
        base, ours, theirs: bodies in that form; None where there is no such row.
        choice: what is done about a conflict; "" keeps ours, with what does merge.
    """
    if ours == theirs or theirs == base:
        return Combined(_there(ours))
    if ours == base:
        return Combined(_there(theirs))
    if ours is None or theirs is None:
        return _removed_or_changed(form, base, ours, theirs, choice)
    rows = [None if body is None else form.decode(body) for body in (base, ours, theirs)]
    reason = BOTH_ADDED if base is None else BOTH_CHANGED
    if form.whole or rows[1] is None or rows[2] is None or (base is not None and rows[0] is None):
        return _whole(base, ours, theirs, reason, choice)
    merged = merge_values(rows[0] or {}, rows[1], rows[2], choice)
    try:
        body = form.rewrite(ours, merged.edits, theirs) if merged.edits else ours
    except RecordError:
        return _whole(base, ours, theirs, reason, choice)
    if merged.conflicts:
        return Combined((body,), reason, tuple(merged.conflicts))
    return Combined((body,))


def _removed_or_changed(
    form: RowForm, base: bytes | None, ours: bytes | None, theirs: bytes | None, choice: Choice
) -> Combined:
    held = theirs if ours is None else ours
    assert held is not None
    if base is not None and _same_row(form, base, held):
        return Combined(())  # formatting is not worth a conflict
    if choice == "union":
        return Combined((held,))
    if choice:
        return Combined(_there({"ours": ours, "theirs": theirs, "base": base}[choice]))
    return Combined(_there(ours), REMOVED_HERE if ours is None else REMOVED_THERE)


def _whole(base: bytes | None, ours: bytes, theirs: bytes, reason: str, choice: Choice) -> Combined:
    if choice == "union":
        return Combined((ours, theirs))
    if choice:
        return Combined(_there({"ours": ours, "theirs": theirs, "base": base}[choice]))
    return Combined((ours,), reason)


def _same_row(form: RowForm, a: bytes, b: bytes) -> bool:
    rows = form.decode(a), form.decode(b)
    return None not in rows and canonical(rows[0]) == canonical(rows[1])


def _there(body: bytes | None) -> tuple[bytes, ...]:
    return () if body is None else (body,)
