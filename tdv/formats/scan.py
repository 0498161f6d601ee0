"""A working file's entry without storing anything, and a reader over the file itself."""

from __future__ import annotations

import os
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import BinaryIO, NamedTuple

from tdv.errors import FileChanged, ObjectMissing
from tdv.formats.cut import DEFAULT_CUT, Cut
from tdv.formats.ingest import entry_of
from tdv.formats.source import opened, shown
from tdv.model.entry import FileEntry, Mode
from tdv.model.oid import Kind, Oid, oid_of
from tdv.store.seqbuild import SequenceBuilder


class Scanned(NamedTuple):
    """What `ingest` would have returned, and a reader for it."""

    entry: FileEntry
    reader: FileReader


def scan(
    source: BinaryIO | Path, name: bytes, mode: Mode = Mode.FILE, cut: Cut = DEFAULT_CUT
) -> Scanned:
    """The entry that `ingest` gives, without storing anything.

    Args:
        source, name, mode, cut: as for `ingest`. A stream must be seekable and stay open as long
            as the reader is used.

    Raises:
        FileChanged: the file was written to while it was read.
    """
    if isinstance(source, Path) and mode == Mode.SYMLINK:
        source = BytesIO(os.fsencode(os.readlink(source)))
    reader = FileReader(source, name)
    with opened(source, name, mode) as file:
        entry = entry_of(file, name, mode, cut, reader, SequenceBuilder(reader), reader)
    reader.place(entry)
    return Scanned(entry, reader)


class FileReader:
    """An ObjectReader over a file that is not stored: nodes in memory, chunks read by offset.

    Reading is safe for threads.
    It keeps about 200 bytes for each chunk of the file.
    """

    def __init__(self, source: BinaryIO | Path, name: bytes) -> None:
        self._source = source
        self._name = name
        self._nodes: dict[Oid, bytes] = {}
        self._affixes: dict[Oid, bytes] = {}
        self._places: dict[Oid, tuple[int, int]] = {}
        self._size = 0
        self._shift = 0
        self._seeking = Lock()

    def get(self, oid: Oid, kind: Kind) -> bytes:
        """A node, or a chunk's bytes as they stand in the file.

        Raises:
            FileChanged: the file's bytes are no longer what they were.
            ObjectMissing: it is no object of this file.
        """
        if kind == Kind.NODE and oid in self._nodes:
            return self._nodes[oid]
        if kind == Kind.CHUNK and oid in self._affixes:
            return self._affixes[oid]
        if kind != Kind.CHUNK or oid not in self._places:
            raise ObjectMissing(f"The object {oid} is not part of `{shown(self._name)}`.")
        offset, size = self._places[oid]
        data = self._read(self._shift + offset, size)
        if oid_of(Kind.CHUNK, data) != oid:
            raise FileChanged(
                f"`{shown(self._name)}` was written to while it was read.",
                hint="Run the command again when nothing writes to it any more.",
            )
        return data

    def take(self, data: bytes) -> Oid:
        """Note where the next chunk is."""
        oid = oid_of(Kind.CHUNK, data)
        self._places[oid] = (self._size, len(data))
        self._size += len(data)
        return oid

    def finish(self) -> None:
        """There are no more chunks."""

    def put(self, kind: Kind, payload: bytes, *, like: Sequence[Oid] = ()) -> Oid:
        """Keep a node, a long prefix or a long suffix."""
        oid = oid_of(kind, payload)
        (self._nodes if kind == Kind.NODE else self._affixes)[oid] = payload
        return oid

    def place(self, entry: FileEntry) -> None:
        """Learn from the whole entry where the sequence starts in the file."""
        prefix = entry.prefix
        self._shift = len(self._affixes[prefix] if isinstance(prefix, Oid) else prefix)

    def _read(self, offset: int, size: int) -> bytes:
        if not isinstance(self._source, Path):
            with self._seeking:
                self._source.seek(offset)
                return self._source.read(size)
        try:
            descriptor = os.open(self._source, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError as error:
            raise FileChanged(f"`{shown(self._name)}` can no longer be read.") from error
        try:
            return os.pread(descriptor, size, offset)
        finally:
            os.close(descriptor)
