"""A note of what a command is doing to files of the working copy: `.tdv/cache/checkout`.

It is written before the first file and removed after the commit point. When it is found, a
command was interrupted: a file that is what it was to become was written by it, is not the user's
own edit, and was before what the note says. The note may be lost: then such files are treated as
edits, which loses nothing.
"""

from __future__ import annotations

from pathlib import Path

from tdv.model.oid import OID_BYTES, Oid
from tdv.model.operation import FilesChange
from tdv.repo import layout
from tdv.store import files
from tdv.store.cachefile import read_cache, write_cache

MAGIC = b"TDVCHECK"
VERSION = 1
HEADER = MAGIC + VERSION.to_bytes(4, "big")
MAX_NOTES = 4
NOTE_BYTES = 2 * OID_BYTES


def note_path(folder: Path) -> Path:
    """Where the note lies in a `.tdv`."""
    return folder / layout.CACHE / "checkout"


def begin(folder: Path, change: FilesChange) -> None:
    """Note that files are about to be changed so; unsynced, since it may be lost.

    What commands that were interrupted before were doing stays noted.
    """
    notes = [note for note in interrupted(folder) if note != change]
    _write(folder, [*notes[-MAX_NOTES + 1 :], change])


def interrupted(folder: Path) -> list[FilesChange]:
    """What interrupted commands were doing, oldest first."""
    notes = read_cache(note_path(folder), HEADER)
    if notes is None or len(notes) % NOTE_BYTES:
        return []
    oids = [Oid(notes[at : at + OID_BYTES]) for at in range(0, len(notes), OID_BYTES)]
    return [FilesChange(*pair) for pair in zip(oids[::2], oids[1::2], strict=True)]


def end(folder: Path, change: FilesChange | None = None) -> None:
    """Note that it is done.

    Args:
        change: what was done; None for a command that also did away with all that was left of
            interrupted ones.
    """
    notes = [note for note in interrupted(folder) if change is not None and note != change]
    if notes:
        _write(folder, notes)
    elif note_path(folder).exists():
        files.unlink(note_path(folder))


def settle(folder: Path, done: FilesChange | None) -> None:
    """Forget a command that was stopped behind its commit point, before it could say so.

    Args:
        done: what the newest operation did to files.
    """
    if done is not None and done in interrupted(folder):
        end(folder, done)


def _write(folder: Path, notes: list[FilesChange]) -> None:
    path = note_path(folder)
    with files.refusals(path):
        write_cache(path, HEADER, b"".join(map(b"".join, notes)), folder / layout.TMP)
