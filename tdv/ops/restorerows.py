"""`restore --source REV PATH --key K`: single rows brought back into the working copy."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator, Sequence
from itertools import islice

from tdv.errors import PathError, UsageError
from tdv.formats.contents import Contents
from tdv.formats.ingest import ingest
from tdv.model.entry import FileEntry
from tdv.model.oid import Oid
from tdv.model.operation import FilesChange
from tdv.ops.capture import known_interruptions, tree_before
from tdv.ops.keyerrors import SHOWN, not_unique
from tdv.ops.merging.pickrows import RowChoice
from tdv.ops.progress import SILENT, Progress
from tdv.ops.restore import Restored
from tdv.repo import interruption
from tdv.repo.datasets import Datasets
from tdv.repo.repository import Repo
from tdv.repo.selection import Selection
from tdv.repo.tracking import load_cache, save_cache
from tdv.repo.transition import Step, Transition, refuse_loss
from tdv.repo.unstaged import Comparison
from tdv.repo.worktree import join, mode_of
from tdv.rowdiff.keys import KeyQuery, find_rows
from tdv.store import trees
from tdv.store.writer import ObjectWriter


def restore_rows(
    repo: Repo,
    rows: RowChoice,
    source: Oid,
    shown: str,
    *,
    key: Sequence[str] = (),
    progress: Progress = SILENT,
) -> Restored:
    """Give rows of files of the working copy the form that they have in a tree.

    A row that is gone comes back; one that the tree lacks as well is an error. All others stay.

    Args:
        rows: which rows, in which files.
        source: the tree to take them from.
        shown: how a message names it: "HEAD~2".
        key: the fields of the key, over `tdv.toml` of the working copy.

    Raises:
        PathError: a path is not in the tree, or no longer in the working copy.
        UsageError: the tree has no row with such a key there, or nothing says what the key is.
        WorkInTheWay: a link stands in the way of a file.
    """
    with repo.writing() as writer, repo.transaction("restore") as transaction:
        stage = repo.stage()
        cache = load_cache(repo, stage)
        back = _Rows(repo, writer, rows, source, shown, tuple(key))
        comparison = Comparison(repo, cache)
        steps = []
        for path, entry in back.sources():
            here = _present(repo, writer, path, comparison, stage)
            merged = back.merged(path, entry, here)
            if merged != here:
                steps.append(Step(path, trees.file_at(repo.store, stage, path), merged))
        back.check()
        move = Transition(repo, cache, steps, known_interruptions(repo), staged=False)
        writer.publish()
        move.survey()
        refuse_loss(move.blocked, "is in the way", "Move it away, and run the command again.")
        after = trees.update(writer, stage, {step.path: step.new for step in steps})
        change = FilesChange(tree_before(repo, writer, move, stage), after)
        writer.publish()
        progress.step("Writing files", sum(step.new.size for step in steps if step.new), "bytes")
        interruption.begin(repo.folder, change)
        move.apply(progress)
        transaction.change_files(*change)
        transaction.commit()
        interruption.end(repo.folder, change)
        save_cache(repo, cache)
    return Restored((), tuple(step.path for step in steps))


def _present(
    repo: Repo, writer: ObjectWriter, path: bytes, comparison: Comparison, stage: Oid
) -> FileEntry:
    """What the working copy has at a path, stored."""
    full = join(os.fsencode(repo.root), path)
    try:
        mode = mode_of(os.lstat(full))
    except (FileNotFoundError, NotADirectoryError):
        mode = None
    if mode is None:
        raise PathError(
            f"There is no file `{_shown(path)}` in the working copy that rows could come back to.",
            hint="`tdv restore --source REV PATH` brings the whole file back.",
        )
    staged = trees.file_at(repo.store, stage, path)
    if staged is not None and comparison.at(path) is None:
        return staged
    source = repo.root / os.fsdecode(path)
    entry = ingest(source, path, mode, writer, repo.store, staged, repo.cut)
    writer.publish()
    return entry


def _shown(path: bytes) -> str:
    return path.decode("utf-8", "backslashreplace")


class _Rows:
    """The wanted rows of one tree."""

    def __init__(
        self,
        repo: Repo,
        writer: ObjectWriter,
        rows: RowChoice,
        source: Oid,
        shown: str,
        key: tuple[str, ...],
    ) -> None:
        self._repo, self._writer, self._rows = repo, writer, rows
        self._source, self._shown, self._key = source, shown, key
        self._datasets = Datasets() if key else Datasets.of_working_copy(repo.root)
        self._missing = dict.fromkeys(rows.keys)

    def sources(self) -> Iterator[tuple[bytes, FileEntry]]:
        """The files of the tree in which the rows are looked for."""
        store, selection = self._repo.store, Selection(self._rows.paths)
        files = [
            (path, entry)
            for path, entry in trees.walk(store, self._source)
            if selection.holds(path) and Contents(entry, store).format.has_rows
        ]
        everything = (path for path, _ in trees.walk(store, self._source))
        selection.require(
            lambda path: trees.lookup(store, self._source, path) is not None,
            lambda: everything,
            self._shown,
            "`tdv ls REV` lists the files of a revision.",
        )
        if not files:
            raise UsageError("These files have no rows: they are kept as bytes.")
        yield from files

    def merged(self, path: bytes, source: FileEntry, here: FileEntry) -> FileEntry:
        """The file with the wanted rows as they are in the tree."""
        from tdv.rowmerge.filemerge import Unmergeable, merge_file

        store = self._repo.store
        fields = self._key or self._datasets.key_for(path) or ()
        wanted = self._rows.row(path, fields)
        if not fields:
            return here
        theirs = Contents(source, store)
        for text in list(self._missing):
            query = KeyQuery.parse(text, fields)
            found = [place.number for place in islice(find_rows(theirs, query), SHOWN + 1)]
            if len(found) > 1:
                raise not_unique(query, f"{self._shown}:{_shown(path)}", found)
            if found:
                del self._missing[text]
        ours = Contents(here, store)
        try:
            merged = merge_file(
                ours,
                ours,
                theirs,
                key=fields,
                favour="theirs",
                writer=self._writer,
                cut=self._repo.cut,
                only=wanted,
            )
        except Unmergeable as error:
            raise UsageError(f"No row of `{_shown(path)}` can be brought back: {error}.") from error
        return dataclasses.replace(merged.entry, mode=here.mode)

    def check(self) -> None:
        """Refuse keys that the tree has no row for."""
        if self._missing:
            self._rows.refuse_keyless()
            named = ", ".join(f"`{text}`" for text in self._missing)
            raise UsageError(
                f"{self._shown} has no row with the key {named} there.",
                hint="`tdv log --key K PATH` lists the commits that changed a row.",
            )
