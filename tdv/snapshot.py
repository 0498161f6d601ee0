"""What the Python API reads: the files of a commit, and their rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone
from functools import cached_property
from typing import Any, BinaryIO, Literal, overload

from tdv.errors import PathError, RecordError, UsageError
from tdv.formats.contents import Contents
from tdv.formats.rows import BadRecord, Row, refuse_damage
from tdv.model.commit import Commit, Signature
from tdv.model.entry import FileEntry
from tdv.model.oid import Oid
from tdv.repo.repository import Repo as Repository
from tdv.store.trees import lookup, walk

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
        entry = lookup(self._repo.store, self._commit.tree, path_bytes(path))
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


def path_bytes(path: str) -> bytes:
    """A path as it is stored; PathError when it is none."""
    if not isinstance(path, str) or not path:
        raise PathError(f"{path!r} is not a path inside a repository.")
    return path.encode("utf-8", "surrogateescape")


def _moment(who: Signature) -> datetime:
    zone = timezone(timedelta(minutes=who.offset))
    return datetime.fromtimestamp(who.seconds, zone)
