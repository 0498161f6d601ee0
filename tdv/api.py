"""The Python API: `tdv.Repo`. It stands beside the command line and calls the same operations.

repo = tdv.Repo.init("data")
repo.commit({"a.jsonl": [{"id": 1}, {"id": 2}]}, "first rows")
for row in repo["HEAD"]["a.jsonl"].rows():
    ...
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, overload

from tdv.errors import PathError, RecordError, UsageError
from tdv.formats.contents import Contents
from tdv.formats.rows import BadRecord, Row, refuse_damage
from tdv.model.commit import Commit, Signature
from tdv.model.entry import FileEntry
from tdv.model.oid import Oid
from tdv.repo import layout
from tdv.repo.identity import Caller
from tdv.repo.repository import Repo as Repository
from tdv.store.trees import lookup, walk

if TYPE_CHECKING:
    from tdv.ops.changeset import Content
    from tdv.ops.unresolved import Unresolved

OnBad = Literal["raise", "skip", "keep"]


class File:
    """A file of a snapshot. Its length and its items are rows; it is read when asked.

    Attributes:
        path: inside the repository.
        format: "jsonl", "csv", "json", "text", "parquet", "blob" …
        size: bytes.
    """

    def __init__(self, path: str, contents: Contents) -> None:
        self._contents = contents
        self.path = path
        self.format = contents.entry.format
        self.size = contents.entry.size

    def __repr__(self) -> str:
        return f"<tdv.File {self.path!r}, {self.format}, {self.size} bytes>"

    def __len__(self) -> int:
        """How many records it has; 0 for a file that has none."""
        return len(self._contents)

    def __iter__(self) -> Iterator[Row]:
        return self.rows()

    @overload
    def __getitem__(self, which: int) -> Row: ...
    @overload
    def __getitem__(self, which: slice) -> list[Row]: ...
    def __getitem__(self, which: int | slice) -> Row | list[Row]:
        """A row by its number, or a list of rows; costs the logarithm of the file's size.

        Raises:
            IndexError: there is no such row.
            RecordError: it does not decode.
            UsageError: the file is kept as bytes and has no rows.
        """
        self._require_rows()
        if isinstance(which, slice):
            start, stop, step = which.indices(len(self))
            if step == 1:
                return list(self.rows(start, max(start, stop)))
            return [self[number] for number in range(start, stop, step)]
        number = which + len(self) if which < 0 else which
        if not 0 <= number < len(self):
            raise IndexError(f"{self.path} has no row {which}: it has {len(self)}.")
        return self._contents.row(number)

    def rows(
        self, start: int = 0, stop: int | None = None, *, on_bad: OnBad = "raise"
    ) -> Iterator[Row]:
        """The rows from `start` up to `stop`, streamed.

        Args:
            on_bad: what to do with a record that does not decode: "raise" RecordError, "skip"
                it, or "keep" it as the row `{"_bad": bytes, "_reason": text}`.

        Raises:
            RecordError: see above.
            UsageError: the file is kept as bytes and has no rows.
        """
        self._require_rows()
        for row in self._contents.rows(start, stop):
            if not isinstance(row, BadRecord):
                yield row
            elif on_bad == "raise":
                where = f"row {row.number}" if row.line is None else f"line {row.line}"
                raise RecordError(f"{self.path}, {where}: {row.reason}.")
            elif on_bad == "keep":
                yield {"_bad": row.body, "_reason": row.reason}

    def _require_rows(self) -> None:
        if not self._contents.format.has_rows:
            raise UsageError(
                f"{self.path} has no rows: it is kept as bytes.", hint="`read()` gives them."
            )

    def records(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The bytes of the records, as they stand in the file, without separators.

        Raises:
            RecordError: one is too long to be held, or a compressed file or table is damaged.
        """
        for body in self._contents.bodies(start, stop):
            refuse_damage(body)
            yield body

    def read(self) -> bytes:
        """All bytes of the file."""
        return b"".join(self._contents.blocks())

    def open(self) -> BinaryIO:
        """The bytes as a seekable file, which reads what is asked for only."""
        return self._contents.open()

    def to_arrow(self, schema: Any = None) -> Any:
        """All rows as a `pyarrow.Table`; a field that a row lacks is null there.

        Args:
            schema: a `pyarrow.Schema`; by default types that hold all values.
        """
        from tdv.ops.arrow import to_table

        return to_table(self._contents, self.rows(), schema)


class Snapshot(Mapping[str, File]):
    """A commit: its files by path, and who made it, when and why.

    Attributes:
        id: the commit's oid, 64 hexadecimal digits.
    """

    def __init__(self, repo: Repository, oid: Oid) -> None:
        self._repo = repo
        self._oid = oid
        self.id = str(oid)

    def __repr__(self) -> str:
        return f"<tdv.Snapshot {self._oid.short} {self._commit.subject!r}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Snapshot) and other._oid == self._oid

    def __hash__(self) -> int:
        return hash(self._oid)

    def __getitem__(self, path: str) -> File:
        entry = lookup(self._repo.store, self._commit.tree, _path_bytes(path))
        if not isinstance(entry, FileEntry):
            raise KeyError(path)
        return File(path, Contents(entry, self._repo.store))

    def __iter__(self) -> Iterator[str]:
        """The paths of all files, in order."""
        for path, _ in walk(self._repo.store, self._commit.tree):
            yield path.decode("utf-8", "surrogateescape")

    def __len__(self) -> int:
        return sum(1 for _ in walk(self._repo.store, self._commit.tree))

    @property
    def message(self) -> str:
        """The whole commit message."""
        return self._commit.message

    @property
    def author(self) -> str:
        """`Name <e-mail>`."""
        return f"{self._commit.author.name} <{self._commit.author.email}>"

    @property
    def date(self) -> datetime:
        """When the data was made, in the author's zone."""
        return _moment(self._commit.author)

    @property
    def parents(self) -> tuple[Snapshot, ...]:
        """The commits that it was made from; none for the first."""
        return tuple(Snapshot(self._repo, oid) for oid in self._commit.parents)

    @cached_property
    def _commit(self) -> Commit:
        return self._repo.commit(self._oid)


@dataclass(frozen=True)
class MergeOutcome:
    """What `Repo.merge` did.

    Attributes:
        how: "up-to-date", "fast-forward", "merged" or "conflicts".
        snapshot: what HEAD stands on now.
        conflicts: what is to be decided before the merge can be committed.
    """

    how: str
    snapshot: Snapshot
    conflicts: tuple[Unresolved, ...]


class Repo:
    """A repository. Made by `Repo.init` and `Repo.open`."""

    def __init__(self, repo: Repository) -> None:
        self._repo = repo

    def __repr__(self) -> str:
        return f"<tdv.Repo {os.fspath(self.root)!r}>"

    @classmethod
    def init(cls, path: str | os.PathLike[str] = ".") -> Repo:
        """Make a repository in a folder, which is created when there is none.

        One that is there already is opened.
        """
        from tdv.ops.init import init

        return cls(init(Path(path), caller=_caller()).repo)

    @classmethod
    def open(cls, path: str | os.PathLike[str] = ".") -> Repo:
        """The repository that holds a folder; NotARepository when none does."""
        return cls(Repository.discover(Path(path), _caller()))

    @property
    def root(self) -> Path:
        """The folder of the working copy."""
        return self._repo.root

    @property
    def branch(self) -> str | None:
        """The branch that HEAD is on; None when HEAD is detached."""
        return self._repo.head().branch

    @property
    def branches(self) -> dict[str, Snapshot]:
        """The branches and the commits that they point at."""
        return {name: Snapshot(self._repo, oid) for name, oid in self._repo.branches()}

    @property
    def tags(self) -> dict[str, Snapshot]:
        """The tags and the commits that they name."""
        names = [name[len(layout.TAGS) :] for name in self._repo.refs.names(layout.TAGS)]
        return {name: self[f"{layout.TAGS}{name}"] for name in names}

    def __getitem__(self, revision: str) -> Snapshot:
        """The commit that a revision names: `HEAD~2`, `main@{1}`, `v1.2`, an oid's start.

        Raises:
            RevisionError: it names none, or more than one.
        """
        return Snapshot(self._repo, self._repo.resolve(revision))

    def log(self, revision: str = "HEAD", limit: int | None = None) -> Iterator[Snapshot]:
        """The commits that lead to a revision, newest first."""
        from tdv.ops.log import log

        for logged in log(self._repo, [revision], limit=limit):
            yield Snapshot(self._repo, logged.oid)

    def commit(
        self,
        changes: Mapping[str, Content],
        message: str,
        *,
        author: str | None = None,
        branch: str | None = None,
        parent: Snapshot | str | None = None,
        allow_empty: bool = False,
    ) -> Snapshot:
        """Record a set of changes as a commit, all of it or nothing.

        The stage is bypassed and the working copy is not touched. Several processes may commit
        to one branch at the same time; each commit then follows the other.

        Args:
            changes: path -> the file's bytes, or the path (str or Path) of a file on disk, or
                its rows (any iterable of mappings), or None to remove the file.
            author: `Name <e-mail>`; by default as configured.
            branch: to commit on, by default what HEAD is on. One that is not there yet starts
                at `parent`, or else at HEAD.
            parent: refuse when the branch stands on another commit: what read-and-write needs.
            allow_empty: also when nothing changed.

        Raises:
            RepositoryError: the branch does not stand on `parent`.
            Findings: nothing changed.
            PathError: a path may not be stored, or a file cannot be read.
            UsageError: rows have no form in the format of that path.
        """
        from tdv.ops.changeset import commit_changes

        if isinstance(parent, str):
            parent = self[parent]
        committed = commit_changes(
            self._repo,
            {_path_bytes(path): content for path, content in changes.items()},
            message,
            author=author,
            branch=branch,
            parent=None if parent is None else parent._oid,
            allow_empty=allow_empty,
        )
        return Snapshot(self._repo, committed.oid)

    def merge(
        self,
        revision: str,
        *,
        message: str | None = None,
        strategy: Literal["", "ours", "theirs", "union"] = "",
        key: Sequence[str] = (),
    ) -> MergeOutcome:
        """Merge another line of history into the one that HEAD is on, as `tdv merge` does.

        Stage and working copy take the result. While conflicts are left nothing is committed:
        `resolve` decides them, `finish_merge` commits, `abort_merge` takes all of it back.

        Args:
            strategy: the side that wins where both changed the same; "" makes conflicts.
            key: fields that tell rows apart, over what `tdv.toml` says.

        Raises:
            RevisionError: the revision names nothing, or has no commit in common with HEAD.
            WorkInTheWay: unsaved work would be overwritten, something is staged, or a merge is in
                progress; nothing was changed.
        """
        from tdv.ops.merge import merge
        from tdv.ops.treemerge import Rules

        oid = self._repo.resolve(revision)
        known = self._repo.refs.branch(revision) is not None
        done = merge(
            self._repo,
            oid,
            name=f"{'branch' if known else 'commit'} '{revision}'",
            message=message,
            rules=Rules(tuple(key), strategy),
        )
        conflicts = tuple(self.conflicts()) if done.conflicts else ()
        return MergeOutcome(done.how, self["HEAD"], conflicts)

    def conflicts(self) -> Iterator[Unresolved]:
        """What the merge in progress leaves to decide; RepositoryError when there is none."""
        from tdv.ops.unresolved import unresolved

        return unresolved(self._repo)

    def resolve(
        self, take: Literal["ours", "theirs", "base", "union"], *conflicts: Unresolved
    ) -> int:
        """Decide conflicts of the merge in progress; how many are left.

        Args:
            conflicts: which; all when there are none.

        Raises:
            RepositoryError: one is resolved already, or nothing is in progress.
            WorkInTheWay: a file has changes that are not staged.
        """
        from tdv.ops.unresolved import decide

        return decide(self._repo, take, conflicts)

    def finish_merge(self, message: str | None = None) -> Snapshot:
        """Commit the merge in progress; WorkInTheWay while conflicts are left."""
        from tdv.ops.commit import commit
        from tdv.ops.inprogress import merging_in_progress

        merging_in_progress(self._repo, "merge")
        return Snapshot(self._repo, commit(self._repo, message).oid)

    def abort_merge(self) -> None:
        """Bring stage and files back to what they were before the merge in progress."""
        from tdv.ops.mergework import abort

        abort(self._repo, "merge")


def _caller() -> Caller:
    # A program's commits follow the user's configuration, as the user's commands do.
    path = os.path.expanduser("~/.config/tdv/config.toml")
    return Caller(user_config=None if path.startswith("~") else Path(path), command=("api",))


def _path_bytes(path: str) -> bytes:
    if not isinstance(path, str) or not path:
        raise PathError(f"{path!r} is not a path inside a repository.")
    return path.encode("utf-8", "surrogateescape")


def _moment(who: Signature) -> datetime:
    zone = timezone(timedelta(minutes=who.offset))
    return datetime.fromtimestamp(who.seconds, zone)


__all__ = ["File", "MergeOutcome", "Repo", "Snapshot"]
