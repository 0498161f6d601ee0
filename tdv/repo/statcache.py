"""What each file's stat was when its content was known: `.tdv/cache/stat`.

A record per file of the stage: the signature of a stat, the key of the entry that the file with
that stat was known to be, and the key of the entry that the stage has. Where all three agree the
file is unchanged, and neither it nor a tree needs to be read. The cache is only ever a
shortcut: it may be deleted, and a damaged one is as none.
"""

from __future__ import annotations

import os
import struct
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgpack
from blake3 import blake3

from tdv.model.codec import pack
from tdv.model.entry import FileEntry
from tdv.model.oid import Oid
from tdv.repo.statfolder import FolderRecords
from tdv.store import files
from tdv.store.cachefile import read_cache, write_cache

MAGIC = b"TDVSTATS"
VERSION = 1
HEADER = MAGIC + VERSION.to_bytes(4, "big")
KEY_BYTES = 16
NO_KEY = bytes(KEY_BYTES)

_SIGNATURE = struct.Struct(">QqqQI")
SIGNATURE_BYTES = _SIGNATURE.size
NO_SIGNATURE = bytes(SIGNATURE_BYTES)
_KNOWN_END = SIGNATURE_BYTES + KEY_BYTES
RECORD_BYTES = _KNOWN_END + KEY_BYTES

SECOND = 1_000_000_000
# A kernel stamps files with the time of its last tick, at most 10 ms old; NFS servers likewise.
TICK = 20_000_000
# FAT keeps even seconds, HFS+ and ext3 whole ones.
COARSE_TICK = 2 * SECOND


def entry_key(entry: FileEntry) -> bytes:
    """A short name for an entry: equal entries have it in common, others do not."""
    return blake3(pack(1, entry.to_wire())).digest(length=KEY_BYTES)


def signature(stat: os.stat_result) -> bytes:
    """Everything about a file, short of its bytes, that changes when they do."""
    return _SIGNATURE.pack(
        stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino & (2**64 - 1), stat.st_mode
    )


def settled(stat: os.stat_result, started: int) -> bool:
    """Whether a file could not have changed since it was read without its stat showing it.

    Args:
        stat: taken before the file was read.
        started: the file system's clock before that, in nanoseconds.

    git's "racy" case: a file last changed within the clock's resolution of the moment it was
    read may be changed once more and keep its times and its size.
    """
    tick = TICK if stat.st_ctime_ns % SECOND else COARSE_TICK
    oldest, newest = started - tick, started + tick
    # A time of modification in the future was set by hand; the next change will not hit it.
    return stat.st_ctime_ns < oldest and not oldest <= stat.st_mtime_ns <= newest


def filesystem_clock(scratch: Path) -> int:
    """The time in nanoseconds that a file made now gets; on a network file system, the server's.

    Where none can be made, a repository that may only be read, it is this machine's time.
    """
    path = scratch / f"clock.{os.urandom(8).hex()}"
    try:
        descriptor = files.create(path)
    except OSError:
        return time.time_ns()
    try:
        return os.fstat(descriptor).st_mtime_ns
    finally:
        os.close(descriptor)
        files.unlink(path)


def record_of(signed: bytes, known: bytes, staged: bytes) -> bytes:
    """One file's record."""
    return signed + known + staged


def is_unchanged(record: bytes, signed: bytes) -> bool:
    """Whether a file with that signature is known to be what the stage has."""
    return record.startswith(signed) and record[SIGNATURE_BYTES:_KNOWN_END] == record[_KNOWN_END:]


def known_key(record: bytes, signed: bytes) -> bytes | None:
    """Key of what a file with that signature is; NO_KEY for "not what the stage has"; or None."""
    return record[SIGNATURE_BYTES:_KNOWN_END] if record.startswith(signed) else None


def staged_key(record: bytes) -> bytes:
    """Key of the entry that the stage has."""
    return record[_KNOWN_END:]


class StatCache:
    """The records of one working copy, by folder and name, in step with one stage.

    Attributes:
        stage: the tree whose files the records are; every file of it has one.
        changed: something was learned that the file on disk does not have.
    """

    def __init__(self, stage: Oid) -> None:
        self.stage = stage
        self.changed = False
        self._folders: dict[bytes, FolderRecords] = {}

    @classmethod
    def load(cls, path: Path) -> StatCache | None:
        """The cache that the file holds; None when there is none or it is not whole."""
        payload = read_cache(path, HEADER)
        if payload is None:
            return None
        return cls._decode(msgpack.unpackb(payload, max_bin_len=len(payload)))

    @classmethod
    def _decode(cls, items: Any) -> StatCache:
        stage, folders = items
        cache = cls(Oid(stage))
        cache._folders = {
            folder: FolderRecords(RECORD_BYTES, names, records)
            for folder, names, records in folders
        }
        return cache

    def save(self, path: Path, scratch: Path) -> None:
        """Replace the file; that it cannot be written is no reason for a command to fail."""
        folders = [[key, *records.packed()] for key, records in self._folders.items() if records]
        payload = msgpack.packb([self.stage, folders], use_bin_type=True)
        with suppress(OSError):
            write_cache(path, HEADER, payload, scratch)
        self.changed = False

    def folders(self) -> Iterable[bytes]:
        """Folders that hold at least one file of the stage."""
        return [key for key, records in self._folders.items() if records]

    def records(self, folder: bytes) -> FolderRecords:
        """The records of the files of one folder; changed by the methods of this class only."""
        return self._folders.get(folder) or FolderRecords(RECORD_BYTES)

    def names(self, folder: bytes) -> Mapping[bytes, bytes]:
        """Name to record for the files of one folder; not to be changed."""
        return self.records(folder).table()

    def get(self, path: bytes) -> bytes | None:
        """The record of a file of the stage, or None when the stage has no such file."""
        folder, _, name = path.rpartition(b"/")
        return self.records(folder).get(name)

    def paths(self) -> Iterator[bytes]:
        """Every file of the stage, in no particular order."""
        for folder in self.folders():
            prefix = folder + b"/" if folder else b""
            for name in self.names(folder):
                yield prefix + name

    def learn(self, folder: bytes, name: bytes, signed: bytes, known: bytes) -> None:
        """Note that a file of the stage with that signature is the entry with that key.

        Args:
            signed: NO_SIGNATURE to forget.
            known: NO_KEY for "anything but what the stage has".
        """
        records = self._folders[folder]
        old = records.get(name)
        assert old is not None
        record = record_of(signed, known, staged_key(old))
        if old != record:
            records.put(name, record)
            self.changed = True

    def put(self, path: bytes, staged: bytes, signed: bytes = NO_SIGNATURE) -> None:
        """Note that the stage has an entry with that key, and that the file is it."""
        folder, _, name = path.rpartition(b"/")
        records = self._folders.get(folder)
        if records is None:
            records = self._folders[folder] = FolderRecords(RECORD_BYTES)
        record = record_of(signed, staged if signed != NO_SIGNATURE else NO_KEY, staged)
        if signed == NO_SIGNATURE:
            old = records.get(name)
            # "Not what the stage had" says nothing of what the stage has now.
            if old is not None and old[SIGNATURE_BYTES:_KNOWN_END] != NO_KEY:
                record = old[:_KNOWN_END] + staged
        records.put(name, record)
        self.changed = True

    def drop(self, path: bytes) -> None:
        """Note that the stage has no such file."""
        folder, _, name = path.rpartition(b"/")
        records = self._folders.get(folder)
        if records is not None and records.drop(name):
            self.changed = True
