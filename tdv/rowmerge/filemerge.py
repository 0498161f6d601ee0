"""Three versions of a file -> one: ours, with what theirs changed since the base."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from tdv.formats.contents import Contents
from tdv.formats.cut import DEFAULT_CUT, Cut
from tdv.formats.splice import splice, spliceable
from tdv.formats.storing import ChunkSink
from tdv.model.entry import FileEntry, Mode
from tdv.rowdiff.changes import RowCounts
from tdv.rowdiff.layouts import TYPELESS, same_layout
from tdv.rowmerge.conflict import Unmergeable
from tdv.rowmerge.conflicts import Conflicts
from tdv.rowmerge.values import Favour
from tdv.rowmerge.written import TABLE_NAMES, store_csv, store_table

__all__ = ["MergedFile", "Only", "Unmergeable", "merge_file"]

Only: TypeAlias = Callable[["tuple[Any, ...]"], bool]


@dataclass(frozen=True)
class MergedFile:
    """What a merge of one file comes to.

    Attributes:
        entry: the merged file; rows in conflict hold ours, with what could be merged.
        conflicts: the rows that need a decision, in the order of the file.
        taken: what came from theirs.
    """

    entry: FileEntry
    conflicts: Conflicts
    taken: RowCounts


def merge_file(
    base: Contents | None,
    ours: Contents,
    theirs: Contents,
    *,
    key: Sequence[str],
    favour: Favour = "",
    writer: ChunkSink,
    cut: Cut = DEFAULT_CUT,
    only: Only | None = None,
) -> MergedFile:
    """Merge what theirs changed since the base into ours.

    Args:
        base: None when both sides added the file.
        key: names of the fields that identify a row, or none.
        favour: what becomes of rows that both changed differently; "" makes them conflicts.
        writer: takes the merged file's chunks.
        cut: the repository's cut parameters.
        only: of theirs' changes, those of rows for whose key it is true.

    Raises:
        Unmergeable: these versions have no rows, or none that can be written.
        IntegrityError: a stored object is missing or damaged.
    """
    mode = ours.entry.mode
    if base is not None and mode == base.entry.mode:
        mode = theirs.entry.mode
    taken = _taken_whole(base, ours, theirs, only)
    if taken is not None:
        return MergedFile(replace(taken.entry, mode=mode), Conflicts(), RowCounts())
    if base is not None and (not base.entry.size or _changed_format(base, ours, theirs)):
        base = None  # it has no rows to compare with, nor a header
    versions = [ours, theirs] if base is None else [base, ours, theirs]
    _check(versions)
    # numpy: 100 ms, for merges only that need it; pyarrow as much, for tables.
    from tdv.rowmerge.compared import compare_alike, compare_columns
    from tdv.rowmerge.rowwise import RowMerge

    key, schema, single = tuple(key), None, only is not None
    if ours.format.name in TABLE_NAMES:
        from tdv.rowmerge.tables import compare_tables

        compared, schema = compare_tables(base, ours, theirs, key, favour, single)
    elif all(same_layout(versions[0], each) for each in versions[1:]):
        compared = compare_alike(_empty_like(ours) if base is None else base, ours, theirs, key)
    else:
        compared = compare_columns(base, ours, theirs, key, favour, single)
    merge = RowMerge(compared, key, favour, only)
    joined = compared.joined
    if schema is not None:
        entry = store_table(ours, schema, merge.bodies(), writer, cut)
    elif joined is None or (not joined.fills and joined.prefix == ours.layout.prefix):
        entry = splice(ours, merge.edits(), writer, cut)
    else:
        entry = store_csv(ours, joined, merge.bodies(), writer, cut)
    return MergedFile(replace(entry, mode=mode), merge.conflicts, merge.taken())


def _taken_whole(
    base: Contents | None, ours: Contents, theirs: Contents, only: Only | None
) -> Contents | None:
    """The side that is the merged file as it is, or None."""
    if ours.entry.same_content(theirs.entry):
        return ours
    if base is None:
        return None
    if base.entry.same_content(theirs.entry):
        return ours
    return theirs if only is None and base.entry.same_content(ours.entry) else None


def _changed_format(base: Contents, ours: Contents, theirs: Contents) -> bool:
    """Whether both sides made a file of one and the same other format."""
    return base.format.name != ours.format.name == theirs.format.name


def _check(versions: Sequence[Contents]) -> None:
    names = sorted({each.format.name for each in versions})
    if Mode.SYMLINK in (each.entry.mode for each in versions):
        raise Unmergeable("a symbolic link has no rows")
    if len(names) > 1:
        here, there = (each.format.name for each in versions[-2:])
        raise Unmergeable(f"it is {here} here and {there} there")
    if not versions[0].format.has_rows:
        raise Unmergeable("it has no rows that tdv knows of")
    if not spliceable(versions[0]) and names[0] not in TABLE_NAMES:
        raise Unmergeable(f"rows of {names[0]} files are not written one by one")
    damaged = [each.layout.lines_from for each in versions if each.layout.lines_from is not None]
    if damaged:
        raise Unmergeable(f"it is damaged: from row {min(damaged):,} on it is no {names[0]}")
    same = all(same_layout(versions[0], each) for each in versions[1:])
    if not same and names[0] not in TYPELESS:
        raise Unmergeable("its format has other parameters here than there")


def _empty_like(contents: Contents) -> Contents:
    entry = contents.entry
    size = len(contents.layout.prefix) + len(contents.layout.suffix)
    params = tuple(pair for pair in entry.params if pair[0] != "lines_from")
    empty = replace(entry, size=size, records=0, root=None, height=0, params=params)
    return Contents(empty, contents.reader)
