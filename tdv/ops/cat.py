"""Read one file of a revision: its exact bytes, or its rows."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
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


def row_range(text: str, counted: Callable[[], int]) -> tuple[int, int | None]:
    """First row and the row behind the last, of `100:200`, `:10`, `-5:` or `7`.

    Args:
        counted: tells how many rows there are; called only for a single row, and for numbers
            that count from the end, since it may have to decode the whole file.

    Returns:
        Numbers from the start; None is the end of the file.

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
        number, count = int(found[3]), counted()
        start = number + count if number < 0 else number
        if not 0 <= start < count:
            raise UsageError(f"There is no row {number}: the file has {count:,} rows.")
        return start, start + 1
    first, last = (int(found[n]) if found[n] else None for n in (1, 2))
    if min(first or 0, last or 0) < 0:
        start, stop, _ = slice(first, last).indices(counted())
        return start, max(start, stop)
    start = min(first or 0, sys.maxsize)
    return start, None if last is None else max(start, min(last, sys.maxsize))
