"""Files that others wrote the paths of: schemas and rule files that `tdv.toml` names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from tdv.errors import PathError
from tdv.formats.contents import Contents
from tdv.model.entry import Mode
from tdv.store import trees

if TYPE_CHECKING:
    from tdv.model.oid import Oid
    from tdv.store.access import ObjectReader

# More bytes than any schema or rule file has.
MAX_SIZE = 16 << 20


def inside(root: Path, path: str) -> Path:
    """The place of a file, symbolic links followed.

    Raises:
        PathError: it does not lie below the folder, or a link leads to itself.
    """
    top = root.resolve()
    try:
        whole = (top / path).resolve()
    except (RuntimeError, OSError) as error:  # RuntimeError up to Python 3.12
        raise PathError(f"`{path}` is a symbolic link that leads to itself.") from error
    if not whole.is_relative_to(top):
        raise PathError(f"`{path}` lies outside of {root}.")
    return whole


def reader_of_folder(root: Path) -> Callable[[str], bytes]:
    """What gives the bytes of a file by its path below a folder, cut behind `MAX_SIZE`.

    It raises PathError as `inside`, and OSError where there is no such file.
    """

    def read(path: str) -> bytes:
        with inside(root, path).open("rb") as file:
            return file.read(MAX_SIZE + 1)

    return read


def reader_of_tree(reader: ObjectReader, tree: Oid, shown: str) -> Callable[[str], bytes]:
    """What gives the bytes of a file by its path in a tree.

    It raises PathError for one that is not there, is a symbolic link, or is over `MAX_SIZE`.

    Args:
        shown: how messages name the tree.
    """

    def read(path: str) -> bytes:
        entry = trees.file_at(reader, tree, path.encode("utf-8", "surrogateescape"))
        if entry is None or entry.mode is Mode.SYMLINK:
            raise PathError(f"there is no such file in {shown}.")
        if entry.size > MAX_SIZE:
            raise PathError(f"it has {entry.size:,} bytes, more than tdv reads of such a file.")
        return b"".join(Contents(entry, reader).blocks())

    return read
