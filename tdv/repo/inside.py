"""Files below a folder, by paths that others wrote."""

from __future__ import annotations

from pathlib import Path

from tdv.errors import PathError


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
