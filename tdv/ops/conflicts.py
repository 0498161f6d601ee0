"""`conflicts`: what a merge could not decide, kept as a tree of JSON Lines files.

At the path of each conflicted file stands a file with one conflict of rows a line, or with a
single line for the file as a whole.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from tdv.errors import ObjectCorrupt
from tdv.formats.contents import Contents
from tdv.formats.ingest import ingest
from tdv.formats.partstream import PartStream
from tdv.formats.splicedbytes import Part
from tdv.model.entry import FileEntry, Mode
from tdv.model.oid import Oid
from tdv.model.work import MergeKind, Merging
from tdv.ops.merging.inprogress import nothing_in_progress
from tdv.repo.selection import is_in
from tdv.repo.transition import SHOWN
from tdv.store import trees
from tdv.store.access import ObjectReader
from tdv.store.writer import ObjectWriter

if TYPE_CHECKING:
    from tdv.repo.repository import Repo
    from tdv.rowmerge.conflict import Conflict

# The conflicts of a file are lines of JSON, whatever the file's own format is.
_NAME = b"conflicts.jsonl"
_WHOLE = b'{"file":'


@dataclass(frozen=True, slots=True)
class FileConflict:
    """A conflict about a file as a whole.

    Attributes:
        reason: "removed here, changed there".
        base, ours, theirs: the file's path in the three trees that were merged, or None where
            there is none.
    """

    reason: str
    base: bytes | None
    ours: bytes | None
    theirs: bytes | None

    def to_line(self) -> bytes:
        """The line that stands for it."""
        paths = {
            side: None if path is None else path.decode("utf-8", "surrogateescape")
            for side, path in (("base", self.base), ("ours", self.ours), ("theirs", self.theirs))
        }
        line = json.dumps({"file": self.reason, **paths}, separators=(",", ":"))
        return line.encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> FileConflict:
        """The conflict that `to_line` wrote; ObjectCorrupt when it is none."""
        try:
            items = json.loads(line)
            paths = [_path(items[side]) for side in ("base", "ours", "theirs")]
            return cls(str(items["file"]), *paths)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ObjectCorrupt(f"A conflict cannot be decoded: {error}.") from error


@dataclass(frozen=True)
class ConflictedFile:
    """The conflicts of one file that are not resolved.

    Attributes:
        path: of the file in the merged tree.
        whole: the conflict about it as a whole; None where rows are in conflict.
        count: how many conflicts there are.
    """

    path: bytes
    whole: FileConflict | None
    count: int
    lines: Callable[[], Iterator[bytes]]

    def rows(self) -> Iterator[Conflict]:
        """The conflicts about rows, in order of their places."""
        from tdv.rowmerge.conflict import from_line

        if self.whole is None:
            yield from map(from_line, self.lines())


@dataclass(frozen=True)
class Conflicts:
    """A merge in progress and what is not resolved.

    Attributes:
        kind: what is in progress.
        merging: all of it.
        total: how many conflicts it found.
        files: those with conflicts left, in order of paths.
    """

    kind: MergeKind
    merging: Merging
    total: int
    files: tuple[ConflictedFile, ...]

    @property
    def left(self) -> int:
        """How many conflicts are not resolved."""
        return sum(file.count for file in self.files)


def conflicts(repo: Repo, under: Iterable[bytes] = ()) -> Conflicts:
    """The conflicts that are not resolved.

    Args:
        under: only those of files at or below these paths.

    Raises:
        RepositoryError: nothing is in progress.
    """
    merging = repo.work().merging
    if merging is None:
        raise nothing_in_progress()
    chosen = [path for path in under if path]
    files = tuple(
        file
        for file in conflicted_files(repo.store, merging.conflicts)
        if not chosen or any(is_in(file.path, path) for path in chosen)
    )
    return Conflicts(merging.kind, merging, count_conflicts(repo.store, merging.found), files)


def conflicted_files(reader: ObjectReader, tree: Oid) -> Iterator[ConflictedFile]:
    """The files with conflicts in a tree of conflicts, in order of paths."""
    for path, entry in trees.walk(reader, tree):
        yield _conflicted(path, entry, reader)


def conflicted_file(reader: ObjectReader, tree: Oid, path: bytes) -> ConflictedFile | None:
    """The conflicts of the file at a path; None where it has none."""
    entry = trees.file_at(reader, tree, path)
    return None if entry is None else _conflicted(path, entry, reader)


def name_files(files: Sequence[ConflictedFile]) -> str:
    """The files, for a message, with how many rows of each are in conflict."""
    named = ", ".join(
        f"`{file.path.decode('utf-8', 'backslashreplace')}`"
        + ("" if file.whole else f" ({file.count:,} {'row' if file.count == 1 else 'rows'})")
        for file in files[:SHOWN]
    )
    return named + (f" and {len(files) - SHOWN:,} more" if len(files) > SHOWN else "")


def count_conflicts(reader: ObjectReader, tree: Oid) -> int:
    """How many conflicts a tree of conflicts holds."""
    return trees.read_tree_node(reader, tree).totals(tree).records


def put_conflicts(
    repo: Repo,
    writer: ObjectWriter,
    tree: Oid,
    changes: Mapping[bytes, FileConflict | Iterable[Conflict] | None],
) -> Oid:
    """A tree of conflicts with those of some files replaced.

    Args:
        changes: path -> its conflicts; none, or None, where all are resolved.
    """
    entries: dict[bytes, FileEntry | None] = {}
    for path, found in changes.items():
        entry = None if found is None else _stored(repo, writer, found)
        entries[path] = entry if entry is not None and entry.records else None
    return trees.update(writer, tree, entries) if entries else tree


def _stored(
    repo: Repo, writer: ObjectWriter, found: FileConflict | Iterable[Conflict]
) -> FileEntry:
    if isinstance(found, FileConflict):
        lines: Iterable[bytes] = (found.to_line(),)
    else:
        from tdv.rowmerge.conflict import to_line

        lines = map(to_line, found)
    source = cast(BinaryIO, PartStream(Part(line, -1, None) for line in lines))
    return ingest(source, _NAME, Mode.FILE, writer, repo.store, None, repo.cut)


def _conflicted(path: bytes, entry: FileEntry, reader: ObjectReader) -> ConflictedFile:
    contents = Contents(entry, reader)
    count = entry.records or 0
    first = next(contents.bodies(0, 1), b"") if count == 1 else b""
    whole = FileConflict.from_line(first) if first.startswith(_WHOLE) else None
    return ConflictedFile(path, whole, count, contents.bodies)


def _path(value: Any) -> bytes | None:
    return None if value is None else value.encode("utf-8", "surrogateescape")
