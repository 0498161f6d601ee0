"""Read one file of a revision: its exact bytes, or its rows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tdv.errors import PathError, UsageError
from tdv.formats.contents import Contents
from tdv.model.entry import FileEntry
from tdv.model.oid import Oid
from tdv.store.trees import lookup

if TYPE_CHECKING:
    from tdv.store.objects import ObjectStore

_RANGE = re.compile(r"(-?\d*):(-?\d*)|(-?\d+)")


def open_file(store: ObjectStore, tree: Oid, path: bytes, revision: str) -> Contents:
    """The content of a file.

    Args:
        revision: how messages name the tree: "HEAD".

    Raises:
        PathError: there is no file at that path.
    """
    entry = lookup(store, tree, path) if path else None
    if isinstance(entry, FileEntry):
        return Contents(entry, store)
    shown = path.decode("utf-8", "backslashreplace")
    if not path:
        message = f"`{revision}` is a whole revision, not a file."
    elif entry is None:
        message = f"There is no `{shown}` in {revision}."
    else:
        message = f"`{shown}` is a folder in {revision}, not a file."
    raise PathError(message, hint=f"`tdv ls -r {revision}` lists the files.")


def row_range(text: str, count: int) -> tuple[int, int]:
    """First row and the row behind the last, of `100:200`, `:10`, `-5:` or `7`.

    Args:
        count: how many rows there are, for numbers that count from the end.

    Raises:
        UsageError: the text is no range, or names a single row that there is not.
    """
    found = _RANGE.fullmatch(text)
    if found is None or text == "":
        raise UsageError(
            f"`{text}` is not a range of rows.",
            hint="Write 100:200, :10, -5: or 7; rows are counted from 0.",
        )
    if found[3] is not None:
        number = int(found[3])
        start = number + count if number < 0 else number
        if not 0 <= start < count:
            raise UsageError(f"There is no row {number}: the file has {count:,} rows.")
        return start, start + 1
    start, stop, _ = slice(
        int(found[1]) if found[1] else None, int(found[2]) if found[2] else None
    ).indices(count)
    return start, max(start, stop)
