"""Files of a merged tree that stand where the other side has a folder: refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from tdv.errors import WorkInTheWay
from tdv.model.entry import FileEntry, Folder
from tdv.model.oid import Oid
from tdv.repo.tracking import FolderEntries
from tdv.store import trees
from tdv.store.access import ObjectReader

# So many names of a folder are looked up before it is listed.
FEW = 64


def refuse_file_for_folder(
    reader: ObjectReader, ours: Oid, changes: Mapping[bytes, FileEntry | None]
) -> None:
    """Refuse changes that would put a file in a folder's place, or a folder in a file's.

    Args:
        ours: the tree that is changed.
        changes: path -> entry, or None for what goes.

    Raises:
        WorkInTheWay: there is such a change.
    """
    clashes = _Clashes(reader, ours, changes)
    for path in sorted(changes, key=lambda path: path.split(b"/")):
        if changes[path] is None:
            continue
        clash = clashes.above(path.rpartition(b"/")[0]) or clashes.below(path)
        if clash is not None:
            names = (name.decode("utf-8", "backslashreplace") for name in (path, clash))
            raise WorkInTheWay(
                "One side has the file `{}`, the other `{}`: one would be a folder of the "
                "other; nothing was changed.".format(*names),
                hint="`tdv mv` renames one of them on its branch; merge then.",
            )


class _Clashes:
    def __init__(
        self, reader: ObjectReader, ours: Oid, changes: Mapping[bytes, FileEntry | None]
    ) -> None:
        self._reader, self._ours, self._changes = reader, ours, changes
        self._files = FolderEntries(reader, ours)
        self._above: dict[bytes, bytes | None] = {b"": None}
        self._folders: dict[bytes, frozenset[bytes]] = {}
        self._asked: Counter[bytes] = Counter()

    def above(self, folder: bytes) -> bytes | None:
        """The file that stands in the place of a folder or of one above it, or None."""
        if folder not in self._above:
            higher = self.above(folder.rpartition(b"/")[0])
            self._above[folder] = folder if higher is None and self._is_file(folder) else higher
        return self._above[folder]

    def below(self, path: bytes) -> bytes | None:
        """A file that stands below a path, where there is a folder in the tree; or None."""
        parent, _, name = path.rpartition(b"/")
        # A file that is there already has no folder in its place.
        if self._files.get(path) is not None or not self._is_folder(parent, name):
            return None
        return next((below for below in self._walk(path) if self._is_file(below)), None)

    def _is_file(self, path: bytes) -> bool:
        if path in self._changes:
            return self._changes[path] is not None
        return isinstance(trees.lookup(self._reader, self._ours, path), FileEntry)

    def _walk(self, folder: bytes) -> Iterator[bytes]:
        yield from (path for path, _ in trees.walk(self._reader, self._ours, folder))

    def _is_folder(self, parent: bytes, name: bytes) -> bool:
        """Whether there is a folder of that name; a folder asked for often is listed once."""
        known = self._folders.get(parent)
        if known is None:
            self._asked[parent] += 1
            if self._asked[parent] <= FEW:
                path = parent + b"/" + name if parent else name
                return isinstance(trees.lookup(self._reader, self._ours, path), Folder)
            folder = trees.lookup(self._reader, self._ours, parent)
            items = trees.items_of(self._reader, folder.oid) if isinstance(folder, Folder) else ()
            known = frozenset(name for name, entry in items if isinstance(entry, Folder))
            self._folders[parent] = known
        return name in known
