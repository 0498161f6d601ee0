"""`diff`: which files differ between two versions, and what happened to their rows."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from tdv.model.oid import Oid
from tdv.ops.progress import SILENT, Progress
from tdv.ops.renames import pair_renames
from tdv.ops.version import StoredVersion, Version, WorkingVersion
from tdv.repo.layout import DATASETS
from tdv.repo.repository import Repo
from tdv.repo.selection import Selection
from tdv.rowdiff.changes import RowCounts

if TYPE_CHECKING:
    from tdv.repo.datasets import Datasets
    from tdv.repo.unstaged import Unstaged
    from tdv.rowdiff.layouts import LayoutChange
    from tdv.rowdiff.rows import RowDiff
    from tdv.rowdiff.schema import SchemaDiff


class Summary(NamedTuple):
    """What happened to the rows of a file: None for what has none, or whose form is the same."""

    rows: RowCounts | None = None
    layout: LayoutChange | None = None


@dataclass(frozen=True)
class FileDiff:
    """A file that differs.

    Attributes:
        path: where it is in the new version, or was, if it is gone.
        old_path: where a renamed file was, else None.
        old, new: its two versions; None on the side where there is no such file.
        key: fields that identify a row, or ().
    """

    path: bytes
    old_path: bytes | None
    old: Version | None
    new: Version | None
    key: tuple[str, ...] = ()

    @property
    def letter(self) -> str:
        """git's letter: A added, D deleted, R renamed, T other type (link or file), M modified."""
        if self.old is None:
            return "A"
        if self.new is None:
            return "D"
        if self.old_path is not None:
            return "R"
        return "M" if self.old.is_link == self.new.is_link else "T"

    @property
    def mode_changed(self) -> bool:
        """Whether the executable bit or the type differs."""
        return self.old is not None and self.new is not None and self.old.mode != self.new.mode

    @property
    def same_content(self) -> bool:
        """Whether both sides hold the same bytes."""
        if self.old is None or self.new is None:
            return False
        return self.old.is_link == self.new.is_link and self.old.same_bytes(self.new)

    @property
    def has_rows(self) -> bool:
        """Whether every side that is there has rows."""
        return all(side.has_rows for side in (self.old, self.new) if side is not None)

    def rows(self) -> RowDiff:
        """The changes of rows; both sides must be there and have rows."""
        from tdv.rowdiff.rows import diff_rows

        assert self.old is not None
        assert self.new is not None
        return diff_rows(self.old.contents, self.new.contents, self.key)

    def absent_key_fields(self) -> list[str]:
        """Fields of the key that the first row has on neither side."""
        if not self.has_rows:
            return []
        first = [
            row
            for side in (self.old, self.new)
            if side is not None
            for row in side.contents.rows(0, 1)
            if isinstance(row, dict)
        ]
        return [name for name in self.key if first and not any(name in row for row in first)]

    def counts(self) -> RowCounts | None:
        """How many rows changed in which way; None where there are no rows."""
        return self.summary().rows

    def summary(self) -> Summary:
        """The counts of rows, and what changed in the form of the file."""
        if not self.has_rows:
            return Summary()
        if self.same_content:
            return Summary(RowCounts())
        if self.old is None or self.new is None:
            added = 0 if self.new is None else len(self.new.contents)
            removed = 0 if self.old is None else len(self.old.contents)
            return Summary(RowCounts(added, removed))
        diff = self.rows()
        for _ in diff.changes():
            pass
        return Summary(diff.counts, diff.layout)

    def schema(self) -> SchemaDiff | None:
        """How the fields changed; None where there are no rows. Decodes every row."""
        if not self.has_rows:
            return None
        from tdv.rowdiff.schema import Schema, SchemaDiff, compare_schemas, schema_of

        if self.same_content:
            return SchemaDiff()
        old = Schema() if self.old is None else schema_of(self.old.contents)
        new = Schema() if self.new is None else schema_of(self.new.contents)
        return compare_schemas(old, new)


def diff_trees(
    repo: Repo,
    old: Oid,
    new: Oid,
    paths: Sequence[bytes] = (),
    *,
    key: tuple[str, ...] | None = None,
    shown: str = "",
) -> Iterator[FileDiff]:
    """The files in which one tree differs from another, in order of their paths.

    Args:
        paths: files, folders and patterns; everything when there are none.
        key: fields that identify a row; None takes them from the new tree's `tdv.toml`.
        shown: how messages name the new tree's revision.
    """
    keys = _Keys(repo, key, new, shown)
    changes = _between(repo, old, new, Selection(paths))
    for path, change in with_renames(changes).items():
        yield FileDiff(path, change.old_path, change.old, change.new, keys.of(path))


def diff_working(
    repo: Repo,
    old: Oid | None = None,
    paths: Sequence[bytes] = (),
    *,
    key: tuple[str, ...] | None = None,
    progress: Progress = SILENT,
) -> Iterator[FileDiff]:
    """The tracked files in which the working copy differs from a tree, in order of their paths.

    Args:
        old: a tree; None is the stage.
        paths, key: as for `diff_trees`; the key comes from the working copy's `tdv.toml`.

    Raises:
        StorageError: a file cannot be read.
        FileChanged: a file was written to meanwhile.
    """
    from tdv.repo.tracking import load_cache, save_cache
    from tdv.repo.unstaged import Comparison
    from tdv.repo.worktree import WorkingCopy

    stage = repo.stage()
    selection = Selection(paths)
    cache = load_cache(repo, stage)
    comparison = Comparison(repo, cache)
    working = WorkingCopy(os.fsencode(repo.root), cache, selection)
    unstaged = {each.path: each for each in comparison.walk(working)}
    save_cache(repo, cache)
    base = stage if old is None else old
    changes = _between(repo, base, stage, selection)
    for path, each in unstaged.items():
        before = changes[path].old if path in changes else StoredVersion(each.entry, repo.store)
        changes[path] = _Change(before, _on_disk(repo, each, progress))
    keys = _Keys(repo, key)
    for path, change in with_renames(dict(sorted(changes.items(), key=_by_parts))).items():
        if change.old is None and change.new is None:
            continue
        file = FileDiff(path, change.old_path, change.old, change.new, keys.of(path))
        if file.mode_changed or file.old_path is not None or not file.same_content:
            yield file


class _Change(NamedTuple):
    old: Version | None
    new: Version | None
    old_path: bytes | None = None


def _between(repo: Repo, old: Oid, new: Oid, selection: Selection) -> dict[bytes, _Change]:
    if old == new:
        return {}
    from tdv.store.trees import compare

    reader = repo.store
    return {
        path: _Change(
            None if before is None else StoredVersion(before, reader),
            None if after is None else StoredVersion(after, reader),
        )
        for path, before, after in compare(reader, old, new)
        if selection.holds(path)
    }


def _on_disk(repo: Repo, found: Unstaged, progress: Progress) -> Version | None:
    """What the working copy has of a file that differs from the stage."""
    path, entry, stat, same_content = found
    if stat is None or found.mode is None:
        return None
    if same_content:
        return StoredVersion(replace(entry, mode=found.mode), repo.store)
    return WorkingVersion(repo.root, path, found.mode, stat.st_size, repo.cut, progress)


def with_renames(changes: dict[bytes, _Change]) -> dict[bytes, _Change]:
    """Turn a removal and an addition of the same bytes into a rename, at its new path."""
    gone = [
        (path, old.entry.content_key())
        for path, (old, new, _) in changes.items()
        if new is None and isinstance(old, StoredVersion) and old.size
    ]
    came = [
        (path, new.entry.content_key())
        for path, (old, new, _) in changes.items()
        if old is None and isinstance(new, StoredVersion)
    ]
    moved = pair_renames(gone, came)
    sources = set(moved.values())
    return {
        path: change._replace(old=changes[moved[path]].old, old_path=moved[path])
        if path in moved
        else change
        for path, change in changes.items()
        if path not in sources
    }


def _by_parts(item: tuple[bytes, _Change]) -> list[bytes]:
    return item[0].split(b"/")


class _Keys:
    """The key of each file: as given, or as the new side's `tdv.toml` says; read once, late."""

    def __init__(
        self, repo: Repo, given: tuple[str, ...] | None, tree: Oid | None = None, shown: str = ""
    ) -> None:
        self._repo, self._given, self._tree, self._shown = repo, given, tree, shown

    def of(self, path: bytes) -> tuple[str, ...]:
        """The key for a path; () when there is none."""
        if self._given is not None:
            return self._given
        return self._datasets.key_for(path) or ()

    @cached_property
    def _datasets(self) -> Datasets:
        from tdv.repo.datasets import Datasets

        if self._tree is None:
            return Datasets.of_working_copy(self._repo.root)
        shown = f"{self._shown}:{DATASETS}" if self._shown else DATASETS
        return Datasets.of_tree(self._repo.store, self._tree, shown)
