"""List the files of a tree with rows, bytes, and what they take in the store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tdv.errors import PathError
from tdv.model.entry import Entry, FileEntry, Folder, Mode
from tdv.model.oid import Oid
from tdv.store.sequences import read_node
from tdv.store.trees import list_folder, lookup, walk

if TYPE_CHECKING:
    from tdv.store.objects import ObjectStore


@dataclass(frozen=True, slots=True)
class Listed:
    """A file, or a folder with totals over everything below it.

    Attributes:
        path: inside the repository.
        mode: of the file; FOLDER for a folder.
        format: name of the file's format; empty for a folder.
        files: 1 for a file.
        records: None where only decoding tells, and for blobs.
        size: bytes.
        stored: bytes of its chunks and sequence nodes in the packs; None when not asked for.
            What files share counts for each of them.
    """

    path: bytes
    mode: Mode
    format: str
    files: int
    records: int | None
    size: int
    stored: int | None = None


@dataclass(frozen=True)
class Listing:
    """The items in order of their paths.

    Attributes:
        stored: bytes in the packs of everything listed, what is shared counted once; None when
            not asked for.
    """

    items: tuple[Listed, ...]
    stored: int | None


def list_files(
    store: ObjectStore, tree: Oid, path: bytes, *, recursive: bool = False, stored: bool = False
) -> Listing:
    """List a folder, or one file.

    Args:
        path: b"" for the root.
        recursive: all files below, without the folders.
        stored: measure the packs as well; reads every sequence node.

    Raises:
        PathError: there is nothing at that path.
    """
    measure = _Measure(store)
    items = tuple(
        _listed(at, entry, measure.of(entry) if stored else None)
        for at, entry in _entries(store, tree, path, recursive)
    )
    return Listing(items, measure.total if stored else None)


def _entries(
    store: ObjectStore, tree: Oid, path: bytes, recursive: bool
) -> Iterator[tuple[bytes, Entry]]:
    entry = lookup(store, tree, path)
    if entry is None:
        shown = path.decode("utf-8", "backslashreplace")
        raise PathError(f"There is no `{shown}` in that revision.")
    if isinstance(entry, FileEntry):
        yield path, entry
    elif recursive:
        yield from walk(store, tree, path)
    else:
        for name, below in list_folder(store, tree, path):
            yield (path + b"/" + name if path else name), below


def _listed(path: bytes, entry: Entry, stored: int | None) -> Listed:
    if isinstance(entry, Folder):
        return Listed(path, Mode.FOLDER, "", entry.files, entry.records, entry.size, stored)
    records = None if entry.format == "blob" else entry.records
    return Listed(path, entry.mode, entry.format, 1, records, entry.size, stored)


class _Measure:
    """Adds up what entries take in the packs, each object once in `total`."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._seen: set[Oid] = set()
        self.total = 0

    def of(self, entry: Entry) -> int:
        """Bytes in the packs of one entry's content."""
        if isinstance(entry, Folder):
            return sum(self.of(item.entry) for item in list_folder(self._store, entry.oid))
        size = sum(self._one(oid) for oid in entry.references())
        if entry.root is not None and entry.height:
            size += self._below(entry.root, entry.height - 1)
        return size

    def _below(self, oid: Oid, level: int) -> int:
        size = 0
        for child in read_node(self._store, oid, level).children:
            size += self._one(child.oid)
            if level:
                size += self._below(child.oid, level - 1)
        return size

    def _one(self, oid: Oid) -> int:
        found = self._store.packs.find(oid)
        size = 0 if found is None else found.row.length
        if oid not in self._seen:
            self._seen.add(oid)
            self.total += size
        return size
