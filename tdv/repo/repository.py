"""A repository: what everything else hangs on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from tdv.errors import IntegrityError, NotARepository, RepositoryError
from tdv.model.commit import Commit, Signature
from tdv.model.oid import Kind, Oid
from tdv.model.operation import Head, OperationRecord
from tdv.model.work import Work
from tdv.repo import identity, layout
from tdv.repo.config import Config
from tdv.repo.identity import Caller
from tdv.repo.layout import RepositoryFormat
from tdv.repo.oplog import OperationLog
from tdv.repo.refs import Refs, check_ref_name, file_content, head_content
from tdv.repo.smallfiles import differing
from tdv.repo.transaction import Transaction, damaged_tail, first_record, transaction
from tdv.store import files
from tdv.store.locks import WAIT_SECONDS, Lock
from tdv.store.trees import EMPTY_TREE

if TYPE_CHECKING:
    from tdv.formats.cut import Cut
    from tdv.store.objects import ObjectStore
    from tdv.store.writer import ObjectWriter


class Repo:
    """One repository and its working copy.

    Attributes:
        root: the working copy.
        folder: `root/.tdv`.
        format: what the file `format` says.
        caller: environment, user configuration and command line of the program.
    """

    def __init__(self, root: Path, caller: Caller | None = None) -> None:
        self.root = root
        self.folder = layout.folder_of(root)
        self.caller = caller or Caller()
        self.format = _read_format(self.folder)
        self.oplog = OperationLog(self.folder / layout.OPLOG)
        self.refs = Refs(self.folder, self.oplog)

    @classmethod
    def init(
        cls, root: Path, *, branch: str = layout.DEFAULT_BRANCH, caller: Caller | None = None
    ) -> Repo:
        """Make a repository in a folder, which is created when there is none.

        One that is there already is opened as it is. The file `format` is written last: before
        that there is no repository, and another `init` starts over.

        Raises:
            UsageError: the branch may not have that name.
            StorageError: the folder cannot be written.
        """
        check_ref_name(branch)
        folder = layout.folder_of(root)
        if not (folder / layout.FORMAT).exists():
            with files.refusals(folder):
                _create(folder, branch, caller or Caller())
        return cls(root, caller)

    @classmethod
    def open(cls, root: Path, caller: Caller | None = None) -> Repo:
        """The repository in that very folder.

        Raises:
            NotARepository: it holds no `.tdv`.
            UnsupportedVersion, IntegrityError: `.tdv` is not what this tdv reads.
        """
        if not layout.folder_of(root).is_dir():
            raise _not_a_repository(f"{root} is not a tdv repository.")
        return cls(root, caller)

    @classmethod
    def discover(cls, start: Path, caller: Caller | None = None) -> Repo:
        """The repository that holds that folder: the nearest one upwards."""
        start = Path(os.path.abspath(start))
        for root in (start, *start.parents):
            if layout.folder_of(root).is_dir():
                return cls(root, caller)
        raise _not_a_repository(f"Neither {start} nor a folder above it is a tdv repository.")

    @cached_property
    def config(self) -> Config:
        """The configuration, with where each value comes from."""
        path = self.folder / layout.CONFIG
        return Config(path, self.caller.user_config, self.caller.environ)

    @cached_property
    def store(self) -> ObjectStore:
        """The objects."""
        from tdv.store.objects import ObjectStore  # 10 ms that `config` and `init` need not pay

        return ObjectStore(self.folder, lock_needed=self._lock_needed)

    @cached_property
    def cut(self) -> Cut:
        """How this repository cuts files into chunks; a working file must be cut alike."""
        return self.format.cut

    @contextmanager
    def writing(self) -> Iterator[ObjectWriter]:
        """A session in which objects are added; small packs are merged when it has ended.

        As `ObjectStore.writing`, which every command that writes goes through.
        """
        from tdv.store.consolidate import consolidate

        with self.store.writing() as writer:
            yield writer
        consolidate(self.store)

    def head(self) -> Head:
        """Where HEAD stands."""
        return self.refs.head()

    def stage(self) -> Oid:
        """The tree that the next commit will have."""
        return self.refs.stage()

    def head_and_stage(self) -> tuple[Head, Oid]:
        """Both as they were at one moment, whatever other commands do."""
        while True:
            tail = self.oplog.tail()
            found = self.head(), self.stage()
            if self.oplog.tail() == tail:
                return found

    def work(self) -> Work:
        """The work in progress: a merge with conflicts, a bisection.

        Raises:
            IntegrityError: the end of the operation log is damaged.
        """
        newest = self.oplog.newest() or next(self.operations(), None)
        return Work.from_wire(None if newest is None else newest.work)

    def operations(self) -> Iterator[OperationRecord]:
        """The operation records, newest first; what a stopped command began is none.

        Raises:
            IntegrityError: a record is damaged.
        """
        while (tail := self.oplog.tail()).torn:
            newest = self.oplog.newest_whole()
            if newest is None or not any(differing(self.refs, newest)):
                break
            if self.oplog.tail() == tail:  # else whoever wrote the record has finished it
                raise damaged_tail(self.oplog)
        yield from self.oplog.backwards()

    def commit(self, oid: Oid) -> Commit:
        """The commit with that oid; ObjectMissing or ObjectCorrupt when it cannot be read."""
        return Commit.from_bytes(self.store.get(oid, Kind.COMMIT))

    def head_commit(self) -> Commit | None:
        """The commit that HEAD stands on, or None before the first one."""
        oid = self.head().commit
        return None if oid is None else self.commit(oid)

    def head_tree(self) -> Oid:
        """The tree of HEAD's commit; the empty tree before the first one."""
        commit = self.head_commit()
        return EMPTY_TREE if commit is None else commit.tree

    def resolve(self, revision: str) -> Oid:
        """The commit that a revision names; RevisionError when it names none, or several."""
        from tdv.repo.revisions import resolve

        return resolve(self, revision)

    def resolve_path(self, text: str) -> tuple[Oid, bytes]:
        """The commit and the path that `REF:PATH` names; the path is b"" for `REF` alone."""
        from tdv.repo.revisions import resolve_path

        return resolve_path(self, text)

    def author(self) -> Signature:
        """Who makes the data, now."""
        return identity.signature("AUTHOR", self.caller.environ, self.config.get)

    def committer(self) -> Signature:
        """Who makes the commit, now."""
        return identity.signature("COMMITTER", self.caller.environ, self.config.get)

    def transaction(
        self, command: str, who: Signature | None = None, *, wait: float = WAIT_SECONDS
    ) -> AbstractContextManager[Transaction]:
        """Change refs, HEAD and the stage at one commit point; holds the lock meanwhile.

        Args:
            command: what the operation log says when no command line was given: "commit".
            who: who does it; the committer when not given.
            wait: seconds for other commands to end; `Busy` when they do not.
        """
        words = self.caller.command or (command,)
        who = who or self.committer()
        return transaction(self.folder, self.refs, self.oplog, self.lock, words, who, wait)

    @property
    def lock(self) -> Lock:
        """The lock of refs, HEAD, the stage and the operation log."""
        return Lock(self.folder / layout.LOCK, needed=self._lock_needed)

    @property
    def _lock_needed(self) -> bool:
        return self.config.get("core.locks") != "none"

    def branches(self) -> Iterator[tuple[str, Oid]]:
        """Names and commits of the branches, in order of the names."""
        for name, oid in self.refs.items(layout.HEADS):
            yield name[len(layout.HEADS) :], oid


def _read_format(folder: Path) -> RepositoryFormat:
    path = folder / layout.FORMAT
    try:
        with files.refusals(path):
            data = path.read_bytes()
    except FileNotFoundError:
        raise IntegrityError(
            f"{path} is missing: making this repository was not finished, or the file was lost.",
            hint="`tdv init` finishes a new repository.",
        ) from None
    except NotADirectoryError:
        raise _not_a_repository(f"{folder} is not a folder.") from None
    return RepositoryFormat.from_bytes(data, path)


def _create(folder: Path, branch: str, caller: Caller) -> None:
    """Make `.tdv`; the file `format` comes last."""
    for name in layout.FOLDERS:
        files.make_folder(folder / name)
    scratch = folder / layout.TMP
    with Lock(folder / layout.LOCK).exclusive():
        if (folder / layout.FORMAT).exists():
            return
        if any((folder / layout.PACKS).iterdir()):
            raise RepositoryError(
                f"{folder} holds data, but its file `format` was lost.",
                hint="Restore the file from a backup, or move the folder away.",
            )
        config = folder / layout.CONFIG
        who = identity.signature(
            "COMMITTER", caller.environ, Config(config, caller.user_config).get
        )
        head = Head(branch, None)
        oplog = OperationLog.create(folder / layout.OPLOG, scratch)
        oplog.append(first_record(caller.command or ("init",), who, head, EMPTY_TREE))
        if not config.exists():
            files.write_file(
                config, b"# `tdv config` reads and writes this file.\n", scratch=scratch
            )
        files.write_file(folder / layout.HEAD, head_content(head), scratch=scratch)
        files.write_file(folder / layout.STAGE, file_content(EMPTY_TREE), scratch=scratch)
        files.write_file(folder / layout.FORMAT, RepositoryFormat().to_bytes(), scratch=scratch)
        files.sync_folder(folder.parent)


def _not_a_repository(message: str) -> NotARepository:
    return NotARepository(message, hint="`tdv init` makes one here.")
