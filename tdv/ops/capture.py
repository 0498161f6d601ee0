"""Keep content of the working copy that a command replaces, so that it can be undone."""

from __future__ import annotations

import os
from collections.abc import Iterable

from tdv.formats.ingest import ingest
from tdv.model.entry import FileEntry
from tdv.model.oid import Oid
from tdv.repo.repository import Repo
from tdv.repo.worktree import join, mode_of
from tdv.store import trees
from tdv.store.writer import ObjectWriter


def capture(repo: Repo, writer: ObjectWriter, paths: Iterable[bytes]) -> dict[bytes, FileEntry]:
    """Store files of the working copy, for the operation record; their entries.

    The caller publishes.

    Raises:
        FileChanged: a file is being written to.
        OSError: one cannot be read.
    """
    kept: dict[bytes, FileEntry] = {}
    for path in paths:
        stat = os.lstat(join(os.fsencode(repo.root), path))
        mode = mode_of(stat)
        if mode is not None:
            source = repo.root / os.fsdecode(path)
            kept[path] = ingest(source, path, mode, writer, repo.store, None, repo.cut)
    return kept


def captured_tree(repo: Repo, writer: ObjectWriter, paths: Iterable[bytes], base: Oid) -> Oid:
    """The tree `base` with these files of the working copy as they are now, stored."""
    return trees.update(writer, base, {**capture(repo, writer, paths)})
