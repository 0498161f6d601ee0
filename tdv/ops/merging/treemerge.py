"""Merge two trees over a base: file by file, and within files row by row.

Only what differs from the base is read. Files that both sides changed are merged by `rowmerge`
where they have rows; else they are in conflict as a whole. Conflicts are kept as data, and the
merged tree has our side meanwhile.
"""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from tdv.errors import ConfigError, UsageError
from tdv.formats.contents import Contents
from tdv.formats.ingest import ingest
from tdv.formats.registry import format_named
from tdv.model.entry import FileEntry, Mode
from tdv.model.oid import Oid
from tdv.ops.conflicts import FileConflict, put_conflicts
from tdv.ops.merging.textmerge import merge_text
from tdv.ops.merging.threefiles import Three, Trees, three_ways
from tdv.ops.merging.treeclashes import refuse_file_for_folder
from tdv.ops.progress import SILENT, Progress
from tdv.repo import layout
from tdv.repo.datasets import MAX_SIZE, Datasets
from tdv.repo.ignore import IGNORE_FILE
from tdv.repo.repository import Repo
from tdv.store import trees
from tdv.store.writer import ObjectWriter

if TYPE_CHECKING:
    from tdv.rowdiff.changes import RowCounts
    from tdv.rowmerge.conflict import Conflict
    from tdv.rowmerge.values import Favour

How: TypeAlias = Literal["added", "changed", "removed", "renamed", "merged", "conflict"]
_DATASETS = layout.DATASETS.encode()


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """What a merge did at one path, as seen from our side.

    Attributes:
        how: what their side brought; "merged" where both had changed the file.
        rows: what came from their side into a merged file.
        conflicts: how many were found in it.
        old_path: where a renamed file was.
        reason: of a conflict about the file as a whole.
        keyless: its rows, which could have a key, were matched by place and likeness.
    """

    path: bytes
    how: How
    rows: RowCounts | None = None
    conflicts: int = 0
    old_path: bytes | None = None
    reason: str = ""
    keyless: bool = False


@dataclass(frozen=True, slots=True)
class MergedTree:
    """What came of merging two trees.

    Attributes:
        tree: our side with what their side brought.
        conflicts: the tree of conflicts, as `ops/conflicts.py` reads it.
        files: what differs from our side, and conflicts, in order of paths.
    """

    tree: Oid
    conflicts: Oid
    files: tuple[FileOutcome, ...]

    @property
    def conflict_count(self) -> int:
        """How many conflicts there are."""
        return sum(each.conflicts for each in self.files)


@dataclass(frozen=True)
class Wanted:
    """The part of their changes that is to be merged.

    Attributes:
        path: whether a file is looked at.
        row: for a file and its key's fields, whether a row with some values of them is wanted.
    """

    path: Callable[[bytes], bool]
    row: Callable[[bytes, Sequence[str]], Callable[[tuple[Any, ...]], bool]]


@dataclass(frozen=True)
class Rules:
    """How two sides are merged.

    Attributes:
        key: fields that tell rows apart; () leaves it to `tdv.toml`.
        favour: the side that wins where both changed the same; "" makes conflicts.
        wanted: the part of their changes that is merged, None for all.
    """

    key: tuple[str, ...] = ()
    favour: Favour = ""
    wanted: Wanted | None = None


def merge_trees(
    repo: Repo, writer: ObjectWriter, sides: Trees, rules: Rules, progress: Progress = SILENT
) -> MergedTree:
    """Merge what `sides.theirs` changed since `sides.base` into `sides.ours`.

    Args:
        writer: takes what is new; the caller publishes.
        sides: stored.

    Raises:
        WorkInTheWay: one side has a file where the other has a folder.
        UsageError: no file has the fields of `rules.key`.
        ConfigError: the merged `tdv.toml` is wrong, or says no key where rows were chosen.
    """
    return _TreeMerge(repo, writer, sides, rules).run(progress)


class _TreeMerge:
    def __init__(self, repo: Repo, writer: ObjectWriter, sides: Trees, rules: Rules) -> None:
        self._repo = repo
        self._writer = writer
        self._sides = sides
        self._rules = rules
        self._changes: dict[bytes, FileEntry | None] = {}
        self._conflicts: dict[bytes, FileConflict | Iterable[Conflict]] = {}
        self._outcomes: list[FileOutcome] = []
        # Whether a merged file has the key that `--key` named, and those that do not.
        self._key_found = False
        self._keyless: list[bytes] = []

    def run(self, progress: Progress) -> MergedTree:
        wanted = self._rules.wanted
        pending = [
            three
            for three in three_ways(self._repo.store, self._sides)
            if wanted is None or wanted.path(three.path)
        ]
        # The keys of all others stand in it.
        pending.sort(key=lambda three: three.path != _DATASETS)
        if pending and pending[0].path == _DATASETS and wanted is None:
            self._merge(pending.pop(0))
        progress.step("Merging files", len(pending), "files")
        for three in pending:
            self._merge(three)
            progress.advance()
        refuse_file_for_folder(self._repo.store, self._sides.ours, self._changes)
        self._refuse_unknown_key()
        conflicts = put_conflicts(self._repo, self._writer, trees.EMPTY_TREE, self._conflicts)
        tree = self._sides.ours
        if self._changes:
            tree = trees.update(self._writer, tree, self._changes)
        files = sorted(self._outcomes, key=lambda outcome: outcome.path)
        return MergedTree(tree, conflicts, tuple(files))

    def _merge(self, three: Three) -> None:
        base, ours, theirs = three.base, three.ours, three.theirs
        if self._rules.wanted is not None:
            if ours is not None and theirs is not None:
                mine = three._replace(path=three.ours_path or three.path)
                self._merge_rows(mine, ours, theirs, ours.mode)
        elif base is not None and (ours is None) != (theirs is None):
            one = ours or theirs
            assert one is not None
            if one == base and not three.renamed:
                self._put(three, theirs if ours == base else ours)
            else:
                what = "renamed" if one == base else "changed"
                here, there = ("removed", what) if ours is None else (what, "removed")
                self._dispute(three, f"{here} here, {there} there")
        elif ours is None or ours == base:
            self._put(three, theirs)
        elif theirs is None or theirs in (base, ours):
            self._put(three, ours)
        elif Mode.SYMLINK in (ours.mode, theirs.mode):
            self._dispute(three, "changed on both sides")
        else:
            mode = theirs.mode if base is not None and ours.mode == base.mode else ours.mode
            self._merge_content(three, ours, theirs, mode)

    def _merge_content(self, three: Three, ours: FileEntry, theirs: FileEntry, mode: Mode) -> None:
        base = three.base
        if ours.same_content(theirs) or (base is not None and base.same_content(theirs)):
            self._put(three, dataclasses.replace(ours, mode=mode))
        elif base is not None and base.same_content(ours):
            self._put(three, dataclasses.replace(theirs, mode=mode))
        elif three.path == _DATASETS or three.path.rpartition(b"/")[2] == IGNORE_FILE:
            self._merge_text(three, ours, theirs, mode)
        else:
            self._merge_rows(three, ours, theirs, mode)

    def _merge_text(self, three: Three, ours: FileEntry, theirs: FileEntry, mode: Mode) -> None:
        entries = (three.base, ours, theirs)
        small = all(entry is None or entry.size <= MAX_SIZE for entry in entries)
        texts = (b"" if entry is None else self._bytes(entry) for entry in entries)
        merged = merge_text(*texts) if small else None
        if merged is None or (three.path == _DATASETS and not _is_description(merged)):
            self._dispute(three, "changed on both sides")
            return
        source = io.BytesIO(merged)
        entry = ingest(
            source, three.path, mode, self._writer, self._repo.store, ours, self._repo.cut
        )
        self._put(three, entry, "merged")

    def _merge_rows(self, three: Three, ours: FileEntry, theirs: FileEntry, mode: Mode) -> None:
        from tdv.rowmerge.filemerge import Unmergeable, merge_file

        base, rules, store = three.base, self._rules, self._repo.store
        key = self._key_of(three.path, ours)
        only = None if rules.wanted is None else rules.wanted.row(three.path, key)
        try:
            merged = merge_file(
                None if base is None else Contents(base, store),
                Contents(ours, store),
                Contents(theirs, store),
                key=key,
                favour=rules.favour,
                writer=self._writer,
                cut=self._repo.cut,
                only=only,
            )
        except Unmergeable as error:
            if self._rules.wanted is None:
                why = f": {error}" if format_named(ours.format).has_rows else ""
                self._dispute(three, f"changed on both sides{why}")
            return
        entry = dataclasses.replace(merged.entry, mode=mode)
        count = len(merged.conflicts)
        if count:
            self._conflicts[three.path] = merged.conflicts
        keyless = not key and ours.format != "text"
        how: How = "conflict" if count else "merged"
        self._put(three, entry, how, merged.taken, count, keyless=keyless)

    def _key_of(self, path: bytes, ours: FileEntry) -> tuple[str, ...]:
        """The key of a file; of a file whose first row lacks what `--key` named, its own."""
        wanted = self._rules.key
        if wanted:
            row = next(Contents(ours, self._repo.store).rows(0, 1), None)
            if isinstance(row, dict) and all(name in row for name in wanted):
                self._key_found = True
                return wanted
            self._keyless.append(path)
        return self._datasets.key_for(path) or ()

    def _refuse_unknown_key(self) -> None:
        if self._keyless and not self._key_found:
            named = ", ".join(f"`{name}`" for name in self._rules.key)
            shown = self._keyless[0].decode("utf-8", "backslashreplace")
            raise UsageError(
                f"Rows of `{shown}` have no field {named}, which is to be their key.",
                hint="`tdv diff --schema` or `tdv cat PATH --rows :1` shows the fields.",
            )

    def _dispute(self, three: Three, reason: str) -> None:
        """Keep our side and note the conflict, unless one side is favoured."""
        ours, theirs, favour = three.ours, three.theirs, self._rules.favour
        if favour == "theirs" or (favour == "union" and ours is None):
            self._put(three, theirs)
            return
        self._put(three, ours)
        if favour == "ours" or (favour == "union" and theirs is None):
            return
        paths = (
            None if entry is None else path or three.path
            for entry, path in (
                (three.base, three.base_path),
                (ours, three.ours_path),
                (theirs, three.theirs_path),
            )
        )
        self._conflicts[three.path] = FileConflict(reason, *paths)
        self._outcomes.append(FileOutcome(three.path, "conflict", conflicts=1, reason=reason))

    def _put(
        self,
        three: Three,
        entry: FileEntry | None,
        how: How | None = None,
        rows: RowCounts | None = None,
        conflicts: int = 0,
        *,
        keyless: bool = False,
    ) -> None:
        """Let the merged tree have an entry at the path, and say what that is to our side."""
        path, ours = three.path, three.ours
        moved = three.ours_path not in (b"", path)
        if moved:
            self._changes[three.ours_path] = None
        if entry == ours and not moved and not conflicts:
            return
        self._changes[path] = entry
        if how is None:
            how = "added" if ours is None else "removed" if entry is None else "changed"
            how = "renamed" if moved else how
        old_path = three.ours_path if moved else None
        self._outcomes.append(FileOutcome(path, how, rows, conflicts, old_path, keyless=keyless))

    @cached_property
    def _datasets(self) -> Datasets:
        """What the merged `tdv.toml` describes; it was merged before what asks for it."""
        entry = self._changes.get(_DATASETS)
        if entry is None:
            return Datasets.of_tree(self._repo.store, self._sides.ours)
        if entry.size > MAX_SIZE:
            raise ConfigError(f"{layout.DATASETS} has {entry.size:,} bytes, more than it needs.")
        return Datasets.parse(self._bytes(entry).decode("utf-8", "replace"))

    def _bytes(self, entry: FileEntry) -> bytes:
        return b"".join(Contents(entry, self._writer).blocks())


def _is_description(text: bytes) -> bool:
    try:
        Datasets.parse(text.decode())
    except (ConfigError, UnicodeDecodeError):
        return False
    return True
