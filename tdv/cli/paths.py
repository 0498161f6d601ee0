"""Between the paths that people type and the paths of a repository."""

from __future__ import annotations

import os
from pathlib import Path

from tdv.errors import PathError
from tdv.model.names import check_path


def repository_path(root: Path, here: Path, text: str) -> bytes:
    """The path inside the repository that `text` names; b"" is its root.

    Args:
        root: the folder that holds `.tdv`.
        here: the folder that relative paths start from.
        text: as typed. It need not exist. Only its folder is resolved through symbolic links:
            a link is a file of its own.

    Raises:
        PathError: outside the repository, or inside `.tdv`.
    """
    full = os.path.normpath(os.path.join(here, text or "."))
    inside = _below(os.fspath(root), full)
    if inside is None:
        folder, name = os.path.split(full)
        resolved = os.path.join(os.path.realpath(folder), name)
        inside = _below(os.path.realpath(root), resolved)
    if inside is None:
        raise PathError(
            f"{text} lies outside the repository at {root}.",
            hint="A repository holds only what is below its own folder.",
        )
    path = os.fsencode(inside)
    return check_path(path) if path else path


def shown_path(root: Path, here: Path, path: bytes) -> bytes:
    """A repository's path as seen from `here`: the form that the user would type."""
    full = os.path.join(os.fsencode(root), path)
    return os.path.relpath(full, os.fsencode(here))


def _below(root: str, full: str) -> str | None:
    if full == root:
        return ""
    prefix = root if root.endswith("/") else root + "/"
    return full[len(prefix) :] if full.startswith(prefix) else None
