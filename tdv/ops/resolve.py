"""`resolve`: decide conflicts, one or many, in the stage and in the working copy."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from tdv.errors import RepositoryError, UsageError, WorkInTheWay
from tdv.formats.contents import Contents
from tdv.model.entry import FileEntry
from tdv.model.oid import Oid
from tdv.model.work import Merging
from tdv.ops.checkout import Move
from tdv.ops.conflicts import (
    ConflictedFile,
    FileConflict,
    conflicted_files,
    count_conflicts,
    put_conflicts,
)
from tdv.ops.merging.conflictedits import entry_at, key_of_file
from tdv.ops.merging.inprogress import nothing_in_progress
from tdv.ops.merging.threefiles import Trees
from tdv.ops.merging.treeclashes import refuse_file_for_folder
from tdv.ops.progress import SILENT, Progress
from tdv.repo.repository import Repo
from tdv.store import trees
from tdv.store.access import ObjectReader
from tdv.store.writer import ObjectWriter

if TYPE_CHECKING:
    from tdv.formats.splice import Edit
    from tdv.ops.merging.treemerge import MergedTree
    from tdv.rowmerge.conflict import Conflict
    from tdv.rowmerge.values import Choice

# For a path, a conflict and the file: the bodies that come in its place, in the form of the file.
Decide: TypeAlias = "Callable[[bytes, Conflict, Contents], tuple[bytes, ...]]"
# What becomes of a file in conflict as a whole: its entry, or None for no file.
DecideFile: TypeAlias = "Callable[[bytes, FileConflict], FileEntry | None]"


@dataclass(frozen=True)
class Chosen:
    """Conflicts of one file that are to be decided.

    Attributes:
        ids: of its rows' conflicts; None for all of the file.
    """

    file: ConflictedFile
    ids: frozenset[str] | None = None

    def takes(self, conflict: Conflict) -> bool:
        """Whether it is one of them."""
        return self.ids is None or conflict.id in self.ids


@dataclass(frozen=True)
class Resolved:
    """What `resolve` did.

    Attributes:
        resolved: how many conflicts.
        files: in which files.
        left: how many conflicts are not resolved.
    """

    resolved: int
    files: tuple[bytes, ...]
    left: int


@dataclass(frozen=True)
class Decisions:
    """How conflicts are decided."""

    rows: Decide
    file: DecideFile


def resolve(
    repo: Repo,
    choose: Callable[[Merging], Sequence[Chosen]],
    decide: Callable[[ObjectWriter, Merging], Decisions],
    progress: Progress = SILENT,
) -> Resolved:
    """Decide conflicts; stage and working copy hold what was decided.

    Args:
        choose: picks conflicts; called under the repository's lock.
        decide: how they are decided.

    Raises:
        RepositoryError: nothing is in progress, or no conflict is left.
        WorkInTheWay: a file has changes that are not staged, or would stand in a folder's place.
    """
    with repo.writing() as writer, repo.transaction("resolve") as change:
        merging = repo.work().merging
        if merging is None:
            raise nothing_in_progress()
        if merging.conflicts == trees.EMPTY_TREE:
            raise RepositoryError(
                f"All conflicts of the {merging.kind} are resolved already.",
                hint=f"`tdv {merging.kind} --continue` finishes it.",
            )
        chosen = choose(merging)
        stage = repo.stage()
        work = _Resolution(repo, writer, merging, stage, decide(writer, merging))
        for each in chosen:
            work.settle(each)
        refuse_file_for_folder(repo.store, stage, work.entries)
        tree = trees.update(writer, stage, work.entries) if work.entries else stage
        left = put_conflicts(repo, writer, merging.conflicts, work.remaining)
        writer.publish()
        change.set_stage(tree)
        settled = dataclasses.replace(merging, conflicts=left)
        change.set_work(dataclasses.replace(repo.work(), merging=settled))
        move = Move(repo, tree, source=stage)
        try:
            move.refuse()
        except WorkInTheWay as error:
            hint = "`tdv add PATH` stages what was edited; resolve then what is left."
            raise WorkInTheWay(error.message, hint=hint) from error
        move.apply(progress)
        if move.transition.steps:
            change.change_files(move.before, tree)
        change.commit()
        move.finish(tree)
    unresolved = count_conflicts(repo.store, left)
    return Resolved(work.count, tuple(sorted(work.remaining)), unresolved)


def settled_tree(
    repo: Repo, writer: ObjectWriter, sides: Trees, merged: MergedTree, choice: Choice
) -> Oid:
    """A merged tree with all its conflicts decided in one way, published."""
    writer.publish()
    if not merged.conflict_count:
        return merged.tree
    files = [Chosen(file) for file in conflicted_files(repo.store, merged.conflicts)]
    work = _Resolution(repo, writer, None, merged.tree, decisions(repo.store, sides, choice))
    for each in files:
        work.settle(each)
    tree = trees.update(writer, merged.tree, work.entries)
    writer.publish()
    return tree


def decisions(reader: ObjectReader, sides: Trees, choice: Choice) -> Decisions:
    """Decide for one side, for the base, or for both together."""

    def rows(path: bytes, conflict: Conflict, contents: Contents) -> tuple[bytes, ...]:
        from tdv.rowmerge.conflict import settle

        return settle(conflict, choice, contents)

    def file(path: bytes, conflict: FileConflict) -> FileEntry | None:
        if choice == "union":
            return _united(reader, sides, path, conflict)
        tree, source = {
            "base": (sides.base, conflict.base),
            "ours": (sides.ours, conflict.ours),
            "theirs": (sides.theirs, conflict.theirs),
        }[choice]
        return entry_at(reader, tree, source)

    return Decisions(rows, file)


def _united(
    reader: ObjectReader, sides: Trees, path: bytes, conflict: FileConflict
) -> FileEntry | None:
    if conflict.ours is not None and conflict.theirs is not None:
        raise UsageError(
            f"`{path.decode('utf-8', 'backslashreplace')}` is in conflict as a whole, and both "
            "versions cannot be kept in one file.",
            hint="`--ours`, `--theirs`, `--base` or `--with FILE` decides for one.",
        )
    if conflict.ours is not None:
        return entry_at(reader, sides.ours, conflict.ours)
    return entry_at(reader, sides.theirs, conflict.theirs)


@dataclass
class _Resolution:
    """Decides the conflicts of files of the stage.

    Attributes:
        entries: what the decided files become.
        remaining: the conflicts that are left in each of them.
        count: how many were decided.
    """

    repo: Repo
    writer: ObjectWriter
    merging: Merging | None
    stage: Oid
    decide: Decisions
    entries: dict[bytes, FileEntry | None] = field(default_factory=dict)
    remaining: dict[bytes, list[Conflict] | None] = field(default_factory=dict)
    count: int = 0

    def settle(self, chosen: Chosen) -> None:
        """Decide the chosen conflicts of one file."""
        path, whole = chosen.file.path, chosen.file.whole
        if whole is not None:
            self.entries[path] = self.decide.file(path, whole)
            self.remaining[path] = None
            self.count += 1
            return
        left: list[Conflict] = []
        entry = entry_at(self.repo.store, self.stage, path)
        taken: Iterable[tuple[Conflict, int, bool]] = self._taken(chosen, entry, left)
        if entry is None:
            self.count += sum(1 for _ in taken)
        else:
            now = Contents(entry, self.repo.store)
            edits = spliced(taken, lambda conflict: self.decide.rows(path, conflict, now))
            new = self._edited(path, now, edits)
            self.count += chosen.file.count - len(left)
            if not new.same_content(entry):
                self.entries[path] = dataclasses.replace(new, mode=entry.mode)
        self.remaining[path] = left

    def _edited(self, path: bytes, now: Contents, edits: Iterable[Edit]) -> FileEntry:
        from tdv.rowmerge.conflict import Unmergeable
        from tdv.rowmerge.written import edited

        try:
            return edited(now, edits, self.writer, self.repo.cut)
        except Unmergeable as error:
            shown = path.decode("utf-8", "backslashreplace")
            raise UsageError(
                f"Rows cannot be written into `{shown}`: {error}; nothing was changed.",
                hint="Edit the rows in conflict and `tdv add` the file.",
            ) from error

    def _taken(
        self, chosen: Chosen, entry: FileEntry | None, left: list[Conflict]
    ) -> Iterator[tuple[Conflict, int, bool]]:
        """The chosen conflicts, where they stand, and whether a record is there."""
        from tdv.ops.merging.conflictplaces import places

        rows = _kept(chosen, left)
        if self.merging is None or entry is None:
            yield from ((each, each.number, each.held is not None) for each in rows)
            return
        path = chosen.file.path
        merged = entry_at(self.repo.store, self.merging.merged, path)
        assert merged is not None
        key = key_of_file(self.repo.store, self.merging, path)
        before, now = Contents(merged, self.repo.store), Contents(entry, self.repo.store)
        _refuse_other_columns(path, before, now)
        for place in places(before, now, rows, key):
            yield place.conflict, place.number, place.there


def _refuse_other_columns(path: bytes, merged: Contents, now: Contents) -> None:
    """Refuse a table whose header is not that of its conflicts any more."""
    kept = ("csv", "tsv")
    if now.format.name in kept and merged.layout.prefix != now.layout.prefix:
        raise WorkInTheWay(
            f"The header of `{path.decode('utf-8', 'backslashreplace')}` was changed since the "
            "merge, so that its rows are other ones; nothing was changed.",
            hint="Edit the rows in conflict and `tdv add` the file.",
        )


def _kept(chosen: Chosen, left: list[Conflict]) -> Iterator[Conflict]:
    """The chosen conflicts; the others are noted as left."""
    for conflict in chosen.file.rows():
        if chosen.takes(conflict):
            yield conflict
        else:
            left.append(conflict)


def spliced(
    taken: Iterable[tuple[Conflict, int, bool]], decide: Callable[[Conflict], tuple[bytes, ...]]
) -> Iterator[Edit]:
    """The edits that put decisions in the places of their conflicts, in order."""
    from tdv.formats.splice import Edit, joined

    # A row that is put in front of a record comes before what becomes of that record.
    ordered = sorted(taken, key=lambda each: each[1:])
    return joined(
        Edit(number, number + there, decide(conflict)) for conflict, number, there in ordered
    )
