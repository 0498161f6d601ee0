"""`mv`: rename files and folders in the working copy and the stage at once."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from tdv.errors import PathError, UsageError, WorkInTheWay
from tdv.formats.contents import Contents
from tdv.formats.ingest import ingest
from tdv.model.entry import FileEntry, Mode
from tdv.model.names import check_path
from tdv.model.oid import Oid
from tdv.model.operation import FilesChange
from tdv.ops.capture import capture, entries_now
from tdv.ops.merging.conflictedits import refuse_conflicted
from tdv.repo import interruption, layout
from tdv.repo.clashes import refuse_clashes
from tdv.repo.repository import Repo
from tdv.repo.safewrite import WorkingCopyWriter
from tdv.repo.selection import Selection
from tdv.repo.statcache import NO_SIGNATURE, StatCache, entry_key, is_unchanged, signature
from tdv.repo.tracking import load_cache, save_cache
from tdv.repo.unstaged import Comparison
from tdv.repo.worktree import WorkingCopy, folders_above, join
from tdv.store import trees
from tdv.store.writer import ObjectWriter


@dataclass(frozen=True)
class Moved:
    """What `mv` moved, or under `dry_run` would.

    Attributes:
        pairs: (from, to) of each file or folder that was given.
    """

    pairs: tuple[tuple[bytes, bytes], ...] = ()


def mv(
    repo: Repo,
    sources: Sequence[bytes],
    target: bytes,
    *,
    force: bool = False,
    dry_run: bool = False,
) -> Moved:
    """Rename a file or folder, or move several into a folder.

    Args:
        sources: files of the stage, or folders with such files.
        target: a folder that is there, to move into; else the new name.
        force: replace a file that stands there; its content is kept in the operation record.
        dry_run: change nothing.

    Raises:
        PathError: a source is not in the stage or not on disk, or the new path may not be stored.
        UsageError: several sources and a target that is no folder, or a folder into itself.
        WorkInTheWay: something stands at the new path, or a file has conflicts.
    """
    with repo.transaction("mv") as transaction:
        stage = repo.stage()
        cache = load_cache(repo, stage)
        move = _Move(repo, cache)
        pairs = move.pairs(sources, target)
        resumed = move.resumed(pairs)
        refuse_conflicted(repo, [source for source, _ in pairs], "moved")
        left = [pair for pair in pairs if resumed is None or not move.is_done(*pair)]
        for source, to in left:
            move.check(source, to, force)
        if dry_run:
            return Moved(tuple(pairs))
        with repo.writing() as writer:
            changes = move.changes(writer, pairs)
            over = [to for source, to in pairs if move.stands_apart(source, to)]
            after = trees.update(writer, stage, changes)
            change = resumed or move.files_change(writer, pairs, over, changes, after)
            writer.publish()
        clean = move.follow(changes, pairs)
        interruption.begin(repo.folder, change)
        move.rename(left)
        transaction.set_stage(after)
        transaction.change_files(*change)
        transaction.commit()
        interruption.end(repo.folder, change)
        move.sign(clean, changes)
        cache.stage = after
        save_cache(repo, cache)
    return Moved(tuple(pairs))


class _Move:
    """One run of `mv`, under the repository's lock."""

    def __init__(self, repo: Repo, cache: StatCache) -> None:
        self._repo = repo
        self._cache = cache
        self._root = os.fsencode(repo.root)
        self._folders = folders_above(cache.folders())

    def pairs(self, sources: Sequence[bytes], target: bytes) -> list[tuple[bytes, bytes]]:
        """Each source with its new path."""
        full = join(self._root, target) if target else self._root
        into = os.path.isdir(full) and not os.path.islink(full)
        # `mv data Data` where the file system takes both names for one renames the folder.
        if into and len(sources) == 1 and target and self._same_file(sources[0], target):
            into = sources[0] == target
        if into and len(sources) == 1 and self.resumed([(sources[0], target)]):
            into = not self.is_done(sources[0], target)
        if not into and len(sources) > 1:
            raise UsageError(f"`{os.fsdecode(target)}` is not a folder to move several files into.")
        if not into:
            return [(sources[0], target)]
        return [(source, join(target, source.rpartition(b"/")[2])) for source in sources]

    def resumed(self, pairs: Sequence[tuple[bytes, bytes]]) -> FilesChange | None:
        """What an interrupted run of the same move was doing; it may have moved some of them."""
        store = self._repo.store

        def moves(note: FilesChange, source: bytes, to: bytes) -> bool:
            was, gone = (trees.lookup(store, tree, source) for tree in note)
            become = trees.lookup(store, note.after, to)
            return was is not None and gone is None and become is not None

        notes = reversed(interruption.interrupted(self._repo.folder))
        return next((note for note in notes if all(moves(note, *pair) for pair in pairs)), None)

    def is_done(self, source: bytes, to: bytes) -> bool:
        """Whether only the new path is on disk."""
        here, there = (os.path.lexists(join(self._root, path)) for path in (source, to))
        return there and not here

    def check(self, source: bytes, to: bytes, force: bool) -> None:
        """Refuse what cannot be moved."""
        shown, there = os.fsdecode(source), os.fsdecode(to)
        if not source or (source not in self._folders and self._cache.get(source) is None):
            raise PathError(
                f"`{shown or '.'}` is not in the stage, so `tdv mv` cannot move it.",
                hint="`tdv add` puts it there; plain `mv` moves what is not tracked.",
            )
        if not os.path.lexists(join(self._root, source)):
            raise PathError(f"`{shown}` is not in the working copy.")
        check_path(to)
        if to == source or to.startswith(source + b"/"):
            raise UsageError(f"`{shown}` cannot be moved to `{there}`, into itself.")
        if not self.stands_apart(source, to):
            return
        is_file = not os.path.isdir(join(self._root, to)) and source not in self._folders
        if not (force and is_file):
            hint = "`tdv mv -f` replaces it." if is_file else "Move it away first."
            raise WorkInTheWay(f"`{there}` exists already; nothing was moved.", hint=hint)

    def stands_apart(self, source: bytes, to: bytes) -> bool:
        """Whether something other than the source stands at the new path."""
        return os.path.lexists(join(self._root, to)) and not self._same_file(source, to)

    def changes(
        self, writer: ObjectWriter, pairs: Sequence[tuple[bytes, bytes]]
    ) -> dict[bytes, FileEntry | None]:
        """What changes in the stage."""
        changes: dict[bytes, FileEntry | None] = {}
        for source, to in pairs:
            for path, entry in trees.walk(self._repo.store, self._cache.stage, source):
                new = to + path[len(source) :]
                changes.setdefault(path, None)
                changes[new] = self._renamed(writer, path, new, entry)
        for new in [path for path, entry in changes.items() if entry is not None]:
            for path in self._displaced(new):
                changes.setdefault(path, None)
        return changes

    def _displaced(self, new: bytes) -> Iterator[bytes]:
        """Files of the stage, gone from disk, that cannot be where there is a file `new`."""
        if new in self._folders:
            yield from (path for path, _ in trees.walk(self._repo.store, self._cache.stage, new))
        above = new.rpartition(b"/")[0]
        while above:
            if self._cache.get(above) is not None:
                yield above
            above = above.rpartition(b"/")[0]

    def files_change(
        self,
        writer: ObjectWriter,
        pairs: Sequence[tuple[bytes, bytes]],
        over: Sequence[bytes],
        new: Collection[bytes],
        after: Oid,
    ) -> FilesChange:
        """What becomes of files: those that are edited or untracked move as they are.

        What is ignored in a folder moves along, and is not recorded.

        Args:
            over: new paths where something stands.
            new: the new paths of all files.
            after: what the stage becomes.
        """
        gone = [p for p in new if self._cache.get(p) and not os.path.lexists(join(self._root, p))]
        was: dict[bytes, FileEntry | None] = dict.fromkeys(gone)
        was |= capture(self._repo, writer, over)
        become: dict[bytes, FileEntry | None] = {}
        comparison = Comparison(self._repo, self._cache)
        for source, to in pairs:
            working = WorkingCopy(self._root, self._cache, Selection([source]), untracked_deep=True)
            moved: dict[bytes, FileEntry | None] = {}
            for view in working.views():
                moved |= entries_now(self._repo, writer, comparison.of(view))
                untracked = [view.path(each.name) for each in view.untracked]
                moved |= capture(self._repo, writer, untracked)
            was |= moved
            become |= {to + path[len(source) :]: entry for path, entry in moved.items()}
        before = trees.update(writer, self._cache.stage, was)
        return FilesChange(before, trees.update(writer, after, become))

    def follow(
        self, changes: dict[bytes, FileEntry | None], pairs: Sequence[tuple[bytes, bytes]]
    ) -> list[bytes]:
        """Let the cache know; the new paths of the files that are as the stage has them."""
        clean = []
        for source, to in pairs:
            for path in [p for p in changes if p == source or p.startswith(source + b"/")]:
                record = self._cache.get(path)
                stat = os.lstat(full) if os.path.lexists(full := join(self._root, path)) else None
                if record and stat and is_unchanged(record, signature(stat)):
                    clean.append(to + path[len(source) :])
        for path, entry in changes.items():
            if entry is None:
                self._cache.drop(path)
            else:
                self._cache.put(path, entry_key(entry), NO_SIGNATURE)
        refuse_clashes(self._cache, [path for path, entry in changes.items() if entry is not None])
        return clean

    def rename(self, pairs: Sequence[tuple[bytes, bytes]]) -> None:
        """Move files and folders of the working copy."""
        scratch = self._repo.folder / layout.TMP
        with WorkingCopyWriter(self._repo.root, scratch) as files:
            for source, to in pairs:
                files.move(source, to)

    def sign(self, clean: Sequence[bytes], changes: dict[bytes, FileEntry | None]) -> None:
        """The new stats of files that were moved as the stage has them: a move changes ctime."""
        for path in clean:
            entry = changes[path]
            if entry is not None:
                stat = os.lstat(join(self._root, path))
                self._cache.put(path, entry_key(entry), signature(stat))

    def _renamed(
        self, writer: ObjectWriter, path: bytes, new: bytes, entry: FileEntry
    ) -> FileEntry:
        """The entry under its new name, whose suffix may tell another format."""
        if entry.mode is Mode.SYMLINK or os.path.splitext(path)[1] == os.path.splitext(new)[1]:
            return entry
        stream: BinaryIO = Contents(entry, self._repo.store).open()
        return ingest(stream, new, entry.mode, writer, self._repo.store, entry, self._repo.cut)

    def _same_file(self, one: bytes, other: bytes) -> bool:
        try:
            return os.path.samestat(
                os.lstat(join(self._root, one)), os.lstat(join(self._root, other))
            )
        except OSError:
            return False
