"""`add`: take files of the working copy into the stage."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import NamedTuple

from tdv.errors import PathError, UsageError
from tdv.formats.ingest import ingest
from tdv.model.entry import FileEntry
from tdv.model.names import check_path
from tdv.model.oid import Oid
from tdv.ops.merging.conflictedits import conflicts_after_edit, conflicts_left, restaged
from tdv.ops.progress import SILENT, Progress
from tdv.repo import layout
from tdv.repo.clashes import refuse_clashes
from tdv.repo.content import same_bytes, unreadable
from tdv.repo.repository import Repo
from tdv.repo.selection import Selection
from tdv.repo.statcache import (
    NO_SIGNATURE,
    StatCache,
    entry_key,
    filesystem_clock,
    settled,
    signature,
)
from tdv.repo.tracking import FolderEntries, follow, load_cache, save_cache
from tdv.repo.worktree import Found, WorkingCopy, behind_link, join, mode_of
from tdv.store import trees
from tdv.store.writer import ObjectWriter

# What was read so far is made durable so often, in seconds: an `add` that is stopped and run
# again then finds it in the store, and has it compressed already.
PUBLISH_SECONDS = 30.0


@dataclass(frozen=True)
class Problem:
    """A record that does not decode.

    Attributes:
        path: of its file.
        record: its number, from 0.
        line: where it starts, from 1; None where only the record's number is known.
        reason: what is wrong with it.
    """

    path: bytes
    record: int
    line: int | None
    reason: str


@dataclass(frozen=True)
class Added:
    """What `add` did, or under `dry_run` would do.

    Attributes:
        stage: the tree of the stage now.
        added, modified, removed: paths, in order.
        special: sockets, pipes and devices, which were passed over.
        repositories: folders that are repositories of their own, likewise.
        problems: what `check` found; nothing was staged when there are any.
        resolved, conflicts: of a merge in progress, how many conflicts the new content resolved,
            and how many are left.
    """

    stage: Oid
    added: tuple[bytes, ...] = ()
    modified: tuple[bytes, ...] = ()
    removed: tuple[bytes, ...] = ()
    special: tuple[bytes, ...] = ()
    repositories: tuple[bytes, ...] = ()
    problems: tuple[Problem, ...] = ()
    resolved: int = 0
    conflicts: int = 0


class Candidate(NamedTuple):
    """A file that may have to be read.

    Attributes:
        path: inside the repository.
        found: its name and its stat before anything was read.
        staged: the stage has a file at that path.
    """

    path: bytes
    found: Found
    staged: bool


@dataclass
class Survey:
    """What a walk through the working copy found."""

    candidates: list[Candidate] = dataclasses.field(default_factory=list)
    missing: list[bytes] = dataclasses.field(default_factory=list)
    special: list[bytes] = dataclasses.field(default_factory=list)
    repositories: list[bytes] = dataclasses.field(default_factory=list)


def add(
    repo: Repo,
    paths: Sequence[bytes] = (b"",),
    *,
    update_only: bool = False,
    force: bool = False,
    dry_run: bool = False,
    check: bool = False,
    progress: Progress = SILENT,
) -> Added:
    """Make the stage hold what the working copy holds, deletions included.

    Args:
        paths: files, folders and patterns inside the repository; b"" is everything.
        update_only: take only files that the stage has already.
        force: take ignored files too.
        dry_run: change nothing.
        check: decode every row, and stage nothing when one does not decode.

    Raises:
        PathError: a path matches nothing, or may not be stored.
        UsageError: a path is ignored.
        FileChanged: a file was written to while it was read; nothing is staged.
        StorageError: a file cannot be read, or nothing can be written.
    """
    selection = Selection(paths)
    cache = load_cache(repo, repo.stage())
    work = Addition(repo, cache, progress)
    survey = work.survey(selection, update_only, force)
    if dry_run:
        return work.preview(survey)
    with repo.writing() as writer:
        work.read(writer, survey)
        problems = tuple(work.problems(writer, selection)) if check else ()
        if not problems:
            in_conflict = restaged(repo, selection)
            if work.changes or in_conflict:
                work.record(writer, in_conflict or {})
            elif in_conflict is not None:
                work.conflicts = conflicts_left(repo)
    save_cache(repo, cache)
    return work.outcome(survey, problems)


def read_tracked(
    repo: Repo, writer: ObjectWriter, stage: Oid, paths: Sequence[bytes], progress: Progress
) -> Addition:
    """What differs from the stage in tracked files, stored and not yet staged: for a commit that
    stages it too.

    Raises:
        PathError, FileChanged, StorageError: as `add`.
    """
    work = Addition(repo, load_cache(repo, stage), progress)
    work.read(writer, work.survey(Selection(paths), update_only=True, force=False))
    save_cache(repo, work.cache)  # what was learned holds whatever becomes of the commit
    return work


class Addition:
    """One run of `add`.

    Attributes:
        cache: in step with the stage that was read first, and behind the commit point with the
            new one.
        changes: path -> entry, or None for what goes.
        resolved, conflicts: as in `Added`.
    """

    def __init__(self, repo: Repo, cache: StatCache, progress: Progress) -> None:
        self.repo = repo
        self.cache = cache
        self.changes: dict[bytes, FileEntry | None] = {}
        self._progress = progress
        self._counted = 0  # bytes of the present file of which progress was told
        self._root = os.fsencode(repo.root)
        self._before = cache.stage
        self._signed: dict[bytes, bytes] = {}
        self._new: list[bytes] = []
        self.resolved = self.conflicts = 0
        self._clock = filesystem_clock(repo.folder / layout.TMP)

    def survey(self, selection: Selection, update_only: bool, force: bool) -> Survey:
        """Walk the selected part of the working copy; nothing is read but stats."""
        working = WorkingCopy(
            self._root, self.cache, selection, untracked_deep=not update_only, force=force
        )
        self._refuse_unknown(working, selection, update_only, force)
        found = Survey()
        for view in working.views():
            for each in view.suspects:
                found.candidates.append(Candidate(view.path(each.name), each, True))
            for each in () if update_only else view.untracked:
                path = check_path(view.path(each.name))
                found.candidates.append(Candidate(path, each, False))
            found.missing.extend(map(view.path, view.missing))
            found.special.extend(map(view.path, view.special))
            found.repositories.extend(map(view.path, view.repositories))
        return found

    def preview(self, survey: Survey) -> Added:
        """What `read` and `record` would change."""
        staged = FolderEntries(self.repo.store, self._before)
        for candidate in survey.candidates:
            old = staged.get(candidate.path) if candidate.staged else None
            if old is None:
                self._new.append(candidate.path)
            elif not self._is(candidate, old) or mode_of(candidate.found.stat) != old.mode:
                self.changes[candidate.path] = old
        self.changes.update(dict.fromkeys(survey.missing))
        return self.outcome(survey, ())

    def read(self, writer: ObjectWriter, survey: Survey) -> None:
        """Store the content of what changed."""
        sizes = sum(candidate.found.stat.st_size for candidate in survey.candidates)
        self._progress.step("Adding files", sizes, "bytes")
        staged = FolderEntries(self.repo.store, self._before)
        head = FolderEntries(self.repo.store, self.repo.head_tree())
        published = monotonic()
        pending = survey.candidates[::-1]
        # A stat has 600 bytes: of 100,000 files, they are let go while entries take their place.
        survey.candidates.clear()
        while pending:
            candidate = pending.pop()
            path = candidate.path
            old = staged.get(path) if candidate.staged else None
            entry = self._read_one(writer, candidate, old, head)
            signed = self._signature(candidate)
            if entry == old and old is not None:
                folder, _, name = path.rpartition(b"/")
                self.cache.learn(folder, name, signed, entry_key(old))
            else:
                self.changes[path] = entry
                self._signed[path] = signed
                if old is None:
                    self._new.append(path)
            self._progress.advance(max(candidate.found.stat.st_size - self._counted, 0))
            self._counted = 0
            if monotonic() - published > PUBLISH_SECONDS:
                writer.publish()
                published = monotonic()
        self.changes.update(dict.fromkeys(survey.missing))

    def problems(self, writer: ObjectWriter, selection: Selection) -> Iterator[Problem]:
        """Decode every row of every selected file."""
        from tdv.formats.contents import Contents
        from tdv.formats.rows import BadRecord

        staged = FolderEntries(self.repo.store, self._before)
        paths = {path for path in self.cache.paths() if selection.holds(path)} | {*self.changes}
        for path in sorted(paths):
            entry = self.changes[path] if path in self.changes else staged.get(path)
            if entry is None:
                continue
            contents = Contents(entry, writer)
            if contents.format.has_rows:
                for row in contents.rows():
                    if isinstance(row, BadRecord):
                        yield Problem(path, row.number, row.line, row.reason)

    def record(self, writer: ObjectWriter, in_conflict: Mapping[bytes, FileEntry | None]) -> None:
        """Merge the changes into the stage as it is now.

        Args:
            in_conflict: files of the stage whose conflicts it may have resolved already.
        """
        with self.repo.transaction("add") as transaction:
            after = conflicts_after_edit(self.repo, writer, {**in_conflict, **self.changes})
            tree = self.merged(writer)
            transaction.set_stage(tree)
            if after is not None:
                transaction.set_work(after.work)
                self.resolved, self.conflicts = after.resolved, after.left
            transaction.commit()
        self.cache.stage = tree

    def merged(self, writer: ObjectWriter) -> Oid:
        """The stage as it is now with the changes, published; under the repository's lock.

        The caller sets `cache.stage` to it behind the commit point.

        Raises:
            PathError: two names clash.
        """
        now = self.repo.stage()
        if now != self._before:
            # Another command staged something meanwhile; it stays.
            follow(self.cache, self.repo.store, now)
        for path, entry in self.changes.items():
            if entry is None:
                self.cache.drop(path)
            else:
                self.cache.put(path, entry_key(entry), self._signed[path])
        refuse_clashes(self.cache, self._new)
        tree = trees.update(writer, now, self.changes)
        writer.publish()
        return tree

    def outcome(self, survey: Survey, problems: tuple[Problem, ...]) -> Added:
        """What to tell the caller."""
        new = {*self._new}
        removed = {path for path, entry in self.changes.items() if entry is None}
        modified = [path for path in self.changes if path not in new and path not in removed]
        return Added(
            self.cache.stage,
            tuple(sorted(new)),
            tuple(sorted(modified)),
            tuple(sorted(removed)),
            tuple(survey.special),
            tuple(survey.repositories),
            problems,
            self.resolved,
            self.conflicts,
        )

    def _read_one(
        self,
        writer: ObjectWriter,
        candidate: Candidate,
        old: FileEntry | None,
        head: FolderEntries,
    ) -> FileEntry:
        path, (_, stat), _ = candidate
        mode = mode_of(stat)
        assert mode is not None
        if old is not None and self._is(candidate, old):
            return old if mode == old.mode else dataclasses.replace(old, mode=mode)
        previous = old or head.get(path)
        source = self.repo.root / os.fsdecode(path)
        try:
            store, cut = self.repo.store, self.repo.cut
            return ingest(source, path, mode, writer, store, previous, cut, self._count)
        except OSError as error:
            if error.filename == os.fspath(source):
                raise unreadable(os.fsencode(source), error) from error
            raise

    def _count(self, size: int) -> None:
        self._counted += size
        self._progress.advance(size)

    def _is(self, candidate: Candidate, entry: FileEntry) -> bool:
        path = join(self._root, candidate.path)
        return same_bytes(path, candidate.found.stat, entry, self.repo.store)

    def _signature(self, candidate: Candidate) -> bytes:
        stat = candidate.found.stat
        return signature(stat) if settled(stat, self._clock) else NO_SIGNATURE

    def _refuse_unknown(
        self, working: WorkingCopy, selection: Selection, update_only: bool, force: bool
    ) -> None:
        """Refuse paths that are nowhere, and paths that are ignored."""
        staged = working.stage_folders

        def exists(path: bytes) -> bool:
            on_disk = os.path.lexists(join(self._root, path)) and not update_only
            return on_disk or path in staged or self.cache.get(path) is not None

        def files() -> Iterable[bytes]:
            yield from self.cache.paths()
            for view in working.views():
                yield from (view.path(found.name) for found in view.untracked)

        selection.require(exists, files, "the stage" if update_only else "the working copy")
        for path in () if update_only else selection.paths:
            known = not path or path in staged or self.cache.get(path) is not None
            link = None if known else behind_link(self._root, path)
            if link is not None:
                raise PathError(
                    f"`{os.fsdecode(path)}` lies behind the symbolic link `{os.fsdecode(link)}`.",
                    hint="A link is stored as a link; what it points to belongs elsewhere.",
                )
            is_folder = os.path.isdir(join(self._root, path))
            if not (known or force) and working.ignore.ignores_path(path, is_folder):
                raise UsageError(
                    f"`{os.fsdecode(path)}` is ignored.",
                    hint="`tdv add -f` adds it all the same; `tdv debug check-ignore` names the "
                    "line that ignores it.",
                )
