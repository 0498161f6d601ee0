"""Which conflicts an edit of their file resolves: those whose row is not as the merge left it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tdv.errors import WorkInTheWay
from tdv.formats.contents import Contents
from tdv.model.entry import FileEntry
from tdv.model.oid import Oid
from tdv.model.work import Merging, Work
from tdv.ops.conflicts import ConflictedFile, conflicted_file, count_conflicts, put_conflicts
from tdv.repo.datasets import Datasets
from tdv.repo.repository import Repo
from tdv.repo.selection import Selection
from tdv.store import trees
from tdv.store.access import ObjectReader
from tdv.store.writer import ObjectWriter

if TYPE_CHECKING:
    from tdv.rowmerge.conflict import Conflict


@dataclass(frozen=True)
class AfterEdit:
    """What new content of files did to the conflicts of a merge.

    Attributes:
        work: what is in progress then.
        resolved, left: how many conflicts.
    """

    work: Work
    resolved: int
    left: int


def restaged(repo: Repo, selection: Selection) -> dict[bytes, FileEntry | None] | None:
    """Files in conflict that the stage holds otherwise than the merge left them.

    Such come from a revision, by `restore` or `checkout`.

    Returns:
        Their staged entries; None where no selected file is in conflict.
    """
    merging = repo.work().merging
    if merging is None or merging.conflicts == trees.EMPTY_TREE:
        return None
    paths = [path for path, _ in trees.walk(repo.store, merging.conflicts) if selection.holds(path)]
    if not paths:
        return None
    stage = repo.stage()
    staged = {path: entry_at(repo.store, stage, path) for path in paths}
    return {
        path: entry
        for path, entry in staged.items()
        if entry != entry_at(repo.store, merging.merged, path)
    }


def conflicts_after_edit(
    repo: Repo, writer: ObjectWriter, entries: Mapping[bytes, FileEntry | None]
) -> AfterEdit | None:
    """The conflicts that are left when files of the stage become others.

    A conflict whose row is as the merge left it stays; one about a file as a whole stays while
    the file is as it was. Where the file became one of another format, none stays.

    Args:
        writer: takes the conflicts that are left; the caller publishes.
        entries: what the files become, None for those that go.

    Returns:
        None where no conflict was waiting.
    """
    work = repo.work()
    merging = work.merging
    if merging is None or merging.conflicts == trees.EMPTY_TREE:
        return None
    changes: dict[bytes, Iterable[Conflict] | None] = {}
    for path, entry in entries.items():
        file = conflicted_file(repo.store, merging.conflicts, path)
        if file is None:
            continue
        merged = entry_at(repo.store, merging.merged, path)
        if file.whole is not None:
            if entry != merged:
                changes[path] = None
        elif entry is None or merged is None or entry.format != merged.format:
            changes[path] = None
        else:
            left = _untouched(writer, merging, file, merged, entry)
            if len(left) < file.count:
                changes[path] = left
    before = count_conflicts(writer, merging.conflicts)
    if not changes:
        return AfterEdit(work, 0, before)
    tree = put_conflicts(repo, writer, merging.conflicts, changes)
    left_now = count_conflicts(writer, tree)
    after = dataclasses.replace(work, merging=dataclasses.replace(merging, conflicts=tree))
    return AfterEdit(after, before - left_now, left_now)


def conflicts_left(repo: Repo) -> int:
    """How many conflicts of the merge in progress are not resolved; 0 without one."""
    merging = repo.work().merging
    return 0 if merging is None else count_conflicts(repo.store, merging.conflicts)


def refuse_conflicted(repo: Repo, paths: Iterable[bytes], what: str) -> None:
    """Refuse files with conflicts.

    Args:
        what: what is not done with them: "moved".

    Raises:
        WorkInTheWay: one has conflicts.
    """
    merging = repo.work().merging
    if merging is None or merging.conflicts == trees.EMPTY_TREE:
        return
    for path in paths:
        if conflicted_file(repo.store, merging.conflicts, path) is not None:
            raise WorkInTheWay(
                f"`{path.decode('utf-8', 'backslashreplace')}` has conflicts and is not {what}.",
                hint="`tdv resolve` decides them; `tdv conflicts` lists them.",
            )


def key_of_file(reader: ObjectReader, merging: Merging, path: bytes) -> tuple[str, ...]:
    """The fields that told rows apart when a file was merged."""
    if merging.key:
        return merging.key
    return Datasets.of_tree(reader, merging.merged).key_for(path) or ()


def entry_at(reader: ObjectReader, tree: Oid, path: bytes | None) -> FileEntry | None:
    """The file at a path of a tree, or None."""
    found = None if path is None else trees.lookup(reader, tree, path)
    return found if isinstance(found, FileEntry) else None


def _untouched(
    reader: ObjectReader,
    merging: Merging,
    file: ConflictedFile,
    merged: FileEntry,
    entry: FileEntry,
) -> list[Conflict]:
    """The conflicts of a file whose rows are as the merge left them."""
    from tdv.ops.merging.conflictplaces import places  # the comparison of rows: 20 ms

    key = key_of_file(reader, merging, file.path)
    found = places(Contents(merged, reader), Contents(entry, reader), file.rows(), key)
    return [place.conflict for place in found if not place.touched]
