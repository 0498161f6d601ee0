"""A note of the tree that a checkout is bringing into the working copy: `.tdv/cache/checkout`.

It is written before the first file and removed after the commit point. When it is found, a
checkout was interrupted: a file that is what that tree says was written by it, and is not the
user's own edit. The note may be lost: then such files are treated as edits, which loses nothing.
"""

from __future__ import annotations

from pathlib import Path

from tdv.model.oid import OID_BYTES, Oid
from tdv.repo import layout
from tdv.repo.cachefile import read_cache, write_cache
from tdv.store import files

MAGIC = b"TDVCHECK"
VERSION = 1
HEADER = MAGIC + VERSION.to_bytes(4, "big")
MAX_TREES = 8


def note_path(folder: Path) -> Path:
    """Where the note lies in a `.tdv`."""
    return folder / layout.CACHE / "checkout"


def begin(folder: Path, tree: Oid) -> None:
    """Note that files are about to be brought to that tree; unsynced, since it may be lost.

    The trees of commands that were interrupted before stay noted until one comes to its end.
    """
    trees = [oid for oid in interrupted(folder) if oid != tree][-MAX_TREES + 1 :]
    path = note_path(folder)
    with files.refusals(path):
        write_cache(path, HEADER, b"".join([*trees, tree]), folder / layout.TMP)


def interrupted(folder: Path) -> list[Oid]:
    """The trees that interrupted commands were bringing in, oldest first."""
    oids = read_cache(note_path(folder), HEADER)
    if oids is None or len(oids) % OID_BYTES:
        return []
    return [Oid(oids[at : at + OID_BYTES]) for at in range(0, len(oids), OID_BYTES)]


def end(folder: Path) -> None:
    """Note that it is done."""
    if note_path(folder).exists():
        files.unlink(note_path(folder))
