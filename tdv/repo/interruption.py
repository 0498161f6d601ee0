"""A note of the tree that a checkout is bringing into the working copy: `.tdv/cache/checkout`.

It is written before the first file and removed after the commit point. When it is found, a
checkout was interrupted: a file that is what that tree says was written by it, and is not the
user's own edit. The note may be lost: then such files are treated as edits, which loses nothing.
"""

from __future__ import annotations

import os
from pathlib import Path

import xxhash

from tdv.model.oid import OID_BYTES, Oid
from tdv.repo import layout
from tdv.store import files

MAGIC = b"TDVCHECK"
VERSION = 1
HEADER = MAGIC + VERSION.to_bytes(4, "big")
CHECKSUM_BYTES = 16
MAX_TREES = 8


def note_path(folder: Path) -> Path:
    """Where the note lies in a `.tdv`."""
    return folder / layout.CACHE / "checkout"


def begin(folder: Path, tree: Oid) -> None:
    """Note that files are about to be brought to that tree; unsynced, since it may be lost.

    The trees of commands that were interrupted before stay noted until one comes to its end.
    """
    trees = [oid for oid in interrupted(folder) if oid != tree][-MAX_TREES + 1 :]
    body = HEADER + b"".join([*trees, tree])
    temporary = folder / layout.TMP / f"checkout.{os.urandom(8).hex()}"
    with files.refusals(temporary):
        descriptor = files.create(temporary)
        try:
            files.write_all(descriptor, body + xxhash.xxh3_128_digest(body), temporary)
        finally:
            os.close(descriptor)
        files.rename(temporary, note_path(folder))


def interrupted(folder: Path) -> list[Oid]:
    """The trees that interrupted commands were bringing in, oldest first."""
    try:
        data = note_path(folder).read_bytes()
    except OSError:
        return []
    body, checksum = data[:-CHECKSUM_BYTES], data[-CHECKSUM_BYTES:]
    oids = body[len(HEADER) :]
    whole = body.startswith(HEADER) and len(oids) % OID_BYTES == 0
    if not whole or xxhash.xxh3_128_digest(body) != checksum:
        return []
    return [Oid(oids[at : at + OID_BYTES]) for at in range(0, len(oids), OID_BYTES)]


def end(folder: Path) -> None:
    """Note that it is done."""
    if note_path(folder).exists():
        files.unlink(note_path(folder))
