"""Repair a repository: what is whole is saved, what is damaged put aside, what is lost named."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tdv.analysis import memory
from tdv.errors import IntegrityError, TdvError
from tdv.formats.ingest import ingest
from tdv.model.commit import Commit
from tdv.model.oid import Kind, Oid
from tdv.model.tag import Tag
from tdv.ops.fsck import Report, fsck
from tdv.ops.progress import SILENT, Progress
from tdv.ops.upkeep.packcheck import verify_packs
from tdv.repo import layout
from tdv.repo.logrepair import mend
from tdv.repo.quiet import alone
from tdv.repo.remembered import cache_folder
from tdv.repo.worktree import join, mode_of
from tdv.store import files
from tdv.store.cachefile import drop_damaged
from tdv.store.locks import WAIT_SECONDS
from tdv.store.packs import Located
from tdv.store.repack import Repacking, replace_packs
from tdv.store.repair import salvage

if TYPE_CHECKING:
    from tdv.repo.repository import Repo

# Files of the working copy that are read for what packs have lost.
TRIED = 1000


@dataclass(frozen=True)
class Repaired:
    """What a repair did.

    Attributes:
        done: what was repaired, in full sentences.
        lost: what cannot be repaired from what is here, in full sentences.
        after: what `fsck` says now.
    """

    done: list[str]
    lost: list[str]
    after: Report

    @property
    def complete(self) -> bool:
        """Whether nothing is damaged or lost any more."""
        return not self.lost and not self.after.damage


def repair(repo: Repo, *, wait: float = WAIT_SECONDS, progress: Progress = SILENT) -> Repaired:
    """Make a damaged repository whole, as far as what is in it goes.

    Damaged packs are written again from their whole entries, with new indexes; entries that
    cannot be read leave their packs, so that adding the same content again stores it. Where
    something was lost the damaged files stay in `.tdv/damaged`. Then the operation log, refs,
    HEAD and the stage are mended, and files of the working copy are read for what is missing.

    Raises:
        Busy: another command is at work.
        StorageError: the disk refuses; another run goes on.
    """
    return _Repair(repo, progress).run(wait)


class _Repair:
    def __init__(self, repo: Repo, progress: Progress) -> None:
        self._repo = repo
        self._store = repo.store
        self._progress = progress
        self._done: list[str] = []
        self._lost: list[str] = []

    def run(self, wait: float) -> Repaired:
        with alone(self._repo, wait, lambda: self._repo.lock.exclusive(0)):
            with files.refusals(self._repo.folder):
                for name in layout.FOLDERS:
                    files.make_folder(self._repo.folder / name)
            self._store.packs.finish_replacing()
            self._packs()
            self._entries()
            self._mend()
            self._cache()
        self._working_copy()
        return Repaired(self._done, self._lost, fsck(self._repo, self._progress))

    def _packs(self) -> None:
        """Write damaged packs again."""
        verified = verify_packs(self._store, self._progress)
        names = sorted({name for what, name, _ in verified.packs_damage})
        folder = self._store.packs.folder
        paths = [folder / name for name in names]
        if not paths:
            return
        for rebuilt, path in zip(salvage(self._store, paths), paths, strict=True):
            if rebuilt.path == path:
                self._done.append(f"The index of {path.name} is built again.")
                continue
            count = f"{rebuilt.kept:,} of its objects are whole"
            if rebuilt.lost:
                self._aside(path)
                self._done.append(f"{path.name} is damaged: {count}, and saved.")
            else:
                files.unlink(path)
                self._done.append(f"{path.name} is written again: {count}.")
        files.sync_folder(folder)
        self._store.packs.forget()

    def _entries(self) -> None:
        """Take entries that cannot be read out of their packs."""
        store = self._store
        verified = verify_packs(store, self._progress)
        wrong = {(place.source.name, place.oid) for place in verified.unreadable}
        names = {name for name, _ in wrong}
        packs = [pack for pack in store.packs.all() if pack.name in names]
        if not packs:
            return
        repacking = Repacking(store)
        try:
            with files.refusals(store.packs.folder):
                for pack in packs:
                    for oid, row in sorted(pack.index.entries(), key=lambda item: item[1].offset):
                        if (pack.name, oid) not in wrong:
                            repacking.copy(Located(oid, row, pack))
                new = repacking.finish()
        finally:
            repacking.discard()
        if verified.bad:
            for pack in packs:
                self._aside(pack.path)
        replace_packs(store, packs, new)
        store.packs.forget()
        copies = len(wrong) - len(verified.bad)
        if copies:
            self._done.append(
                f"{copies:,} damaged entries are dropped; other packs have whole copies."
            )
        if verified.bad:
            self._done.append(
                f"{len(verified.bad):,} objects that cannot be read are taken out of the packs."
            )

    def _aside(self, path: Path) -> None:
        """Keep a damaged pack, for whoever can make more of it."""
        folder = self._repo.folder / layout.DAMAGED
        with files.refusals(folder):
            files.make_folder(folder)
            files.rename(path, folder / path.name)
            files.sync_folder(folder)

    def _is_there(self, oid: Oid) -> bool:
        return self._store.packs.find(oid) is not None

    def _mend(self) -> None:
        repo = self._repo
        with suppress(FileNotFoundError):
            for path in (repo.folder / layout.TMP).glob("pack-*"):
                files.unlink(path)
        mended = mend(repo.folder, repo.refs, repo.oplog, repo.committer(), self._tree_of)
        self._done += mended.done
        self._lost += mended.lost

    def _tree_of(self, oid: Oid) -> Oid | None:
        try:
            kind = self._store.info(oid).kind
            payload = self._store.get(oid, kind)
            if kind == Kind.TAG:
                return self._tree_of(Tag.from_bytes(payload).target)
            if kind == Kind.COMMIT:
                return Commit.from_bytes(payload).tree
        except IntegrityError:
            return None
        return oid if kind == Kind.TREE else None

    def _cache(self) -> None:
        names = drop_damaged(self._repo.folder / layout.CACHE)
        folder = cache_folder(self._repo.config, self._repo.folder)
        if folder is not None:
            names += [f"{folder.name}/{name}" for name in memory.drop_damaged(folder)]
        for name in names:
            self._done.append(f"The cache file `{name}` was damaged; it is made again.")

    def _working_copy(self) -> None:
        """Read files of the working copy whose content the packs have lost."""
        report = fsck(self._repo, SILENT)
        paths = sorted({path for damage in report.damage for path in damage.affected.files})
        missing = [Oid.parse(damage.name) for damage in report.damage if damage.what == "missing"]
        if not missing or not paths:
            return
        repo = self._repo
        with repo.writing() as writer:
            for path in paths[:TRIED]:
                with suppress(TdvError, OSError):
                    mode = mode_of(os.lstat(join(os.fsencode(repo.root), path)))
                    if mode is not None:
                        source = repo.root / os.fsdecode(path)
                        ingest(source, path, mode, writer, self._store, None, repo.cut)
            writer.publish()
        found = [oid for oid in missing if self._is_there(oid)]
        if found:
            self._done.append(
                f"{len(found):,} lost object{' is' if len(found) == 1 else 's are'} stored again "
                "from the working copy."
            )
