"""Three values of a row -> one: field by field, nested objects by path, lists by element."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from tdv.rowdiff.fields import MISSING, child_path, same

Favour: TypeAlias = Literal["", "ours", "theirs", "union"]
Choice: TypeAlias = Literal["", "ours", "theirs", "union", "base"]
Path: TypeAlias = "tuple[str | int, ...]"


@dataclass(frozen=True, slots=True)
class FieldConflict:
    """A value that both sides changed, differently.

    Attributes:
        path: names of fields and places in lists, from the row inwards.
        base, ours, theirs: the values; MISSING where the field is not there.
    """

    path: Path
    base: Any
    ours: Any
    theirs: Any

    @property
    def name(self) -> str:
        """The path as text: `metadata.annotator`, `messages[1].content`."""
        return path_name(self.path)


@dataclass(frozen=True, slots=True)
class FieldMerge:
    """How ours becomes the merged row.

    Attributes:
        edits: (path, value or MISSING, whether it is theirs' value as it stands there).
        conflicts: values that stay ours until they are settled.
    """

    edits: list[tuple[Path, Any, bool]] = field(default_factory=list)
    conflicts: list[FieldConflict] = field(default_factory=list)


def path_name(path: Path) -> str:
    """A path as text."""
    name = ""
    for part in path:
        name = f"{name}[{part}]" if isinstance(part, int) else child_path(name, part)
    return name


def merge_values(base: Any, ours: Any, theirs: Any, choice: Choice = "") -> FieldMerge:
    """Merge three rows.

    Args:
        base: MISSING or an empty row when both sides added theirs.
        choice: what conflicts become. Under "union" null and missing give way to a value, lists
            get the other side's further elements, and otherwise ours stays.
    """
    merged = FieldMerge()
    for conflict in _merge((), base, ours, theirs, merged):
        found = conflict.ours
        if choice == "theirs":
            found = conflict.theirs
        elif choice == "base":
            found = conflict.base
        elif choice == "union":
            found = _united(conflict.ours, conflict.theirs)
        if not choice:
            merged.conflicts.append(conflict)
        elif not same(found, conflict.ours):
            merged.edits.append((conflict.path, found, found is conflict.theirs))
    return merged


def _merge(
    path: Path, base: Any, ours: Any, theirs: Any, merged: FieldMerge
) -> Iterator[FieldConflict]:
    """Note theirs' changes that ours does not contradict; the others are conflicts."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        before = base if isinstance(base, dict) else {}
        # Where both put an object in place of another value, their fields are all new.
        for name in [*ours, *(name for name in theirs if name not in ours)]:
            old, a, b = (each.get(name, MISSING) for each in (before, ours, theirs))
            yield from _merge((*path, name), old, a, b, merged)
    elif same(ours, theirs) or same(base, theirs):
        return
    elif same(base, ours):
        merged.edits.append((path, theirs, True))
    elif _are_lists_of_one_length(base, ours, theirs):
        for place, (old, a, b) in enumerate(zip(base, ours, theirs, strict=True)):
            yield from _merge((*path, place), old, a, b, merged)
    else:
        yield FieldConflict(path, base, ours, theirs)


def _are_lists_of_one_length(base: Any, ours: Any, theirs: Any) -> bool:
    lists = all(isinstance(each, list) for each in (base, ours, theirs))
    return lists and len(base) == len(ours) == len(theirs)


def _united(ours: Any, theirs: Any) -> Any:
    if ours is MISSING or ours is None:
        return ours if theirs is MISSING else theirs
    if isinstance(ours, list) and isinstance(theirs, list):
        more = [each for each in theirs if not any(same(each, held) for held in ours)]
        return [*ours, *more]
    return ours
