"""Where rows are read from, cut into units that can be named, remembered and handed to a worker.

A unit is the run of chunks below one bottom node of a file's sequence: 64 chunks, some 8 MB, on
average. Where a record reaches over the end of such a run, the runs that it joins are one unit. A
file of one chunk is one unit. Formats whose records only decoding tells are one unit a file; their
facts are made in runs of rows.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, Protocol

from blake3 import blake3

from tdv.errors import FileChanged
from tdv.formats.contents import Contents
from tdv.formats.registry import format_named
from tdv.formats.rows import Layout, OpenedFormat
from tdv.model.codec import pack
from tdv.model.entry import FileEntry
from tdv.model.oid import Kind, oid_of
from tdv.model.sequence import Child, SequenceNode
from tdv.store.access import ObjectReader
from tdv.store.objects import ObjectStore
from tdv.store.seqread import SequenceRoot, nodes_of_level


class Source(Protocol):
    """What a worker reads bytes from; it can be pickled."""

    def payloads(self, children: Sequence[Child], offset: int) -> Iterator[bytes]:
        """The bytes of consecutive chunks, the first of which starts at a byte of the sequence.

        Raises:
            IntegrityError, FileChanged: they are not what they should be.
        """

    def open(self, entry: FileEntry) -> BinaryIO:
        """The whole file as a seekable stream."""

    def check(self) -> None:
        """Say so when what `open` gave may have changed meanwhile.

        Raises:
            FileChanged: it was written to.
        """


@dataclass(frozen=True, slots=True)
class StoredSource:
    """Chunks of a repository's store.

    Attributes:
        folder: `.tdv`.
    """

    folder: Path

    def payloads(self, children: Sequence[Child], offset: int) -> Iterator[bytes]:
        """The bytes of the chunks; where they stand in the file does not matter."""
        return _store(self.folder).get_many((child.oid for child in children), Kind.CHUNK)

    def open(self, entry: FileEntry) -> BinaryIO:
        """The whole file, read chunk by chunk."""
        return Contents(entry, _store(self.folder)).open()

    def check(self) -> None:
        """What is stored stays as it is."""


@lru_cache(4)
def _store(folder: Path) -> ObjectStore:
    # Reading takes no lock.
    return ObjectStore(folder, lock_needed=False)


@dataclass(frozen=True, slots=True)
class FileSource:
    """Chunks of a file that is not stored.

    Attributes:
        path: of the file; of a spooled copy for standard input.
        name: how messages call it.
        shift: bytes before the sequence.
        state: of the file before it was cut into chunks, as `state_of` has it; None checks nothing.
    """

    path: Path
    name: str
    shift: int
    state: tuple[int, int, int] | None = None

    def payloads(self, children: Sequence[Child], offset: int) -> Iterator[bytes]:
        """The bytes of the chunks, each held against its oid."""
        with open(self.path, "rb", buffering=0) as file:
            at = self.shift + offset
            for child in children:
                data = os.pread(file.fileno(), child.size, at)
                if oid_of(Kind.CHUNK, data) != child.oid:
                    raise self._changed()
                at += child.size
                yield data

    def open(self, entry: FileEntry) -> BinaryIO:
        """The file itself; FileChanged when it is no longer the one that was cut into chunks."""
        self.check()
        return open(self.path, "rb")

    def check(self) -> None:
        """FileChanged when the file is no longer what it was.

        Its bytes cannot be held against the chunks while a library seeks in them, and facts that
        are remembered under the wrong name would be found again and again.
        """
        if self.state is not None and state_of(os.stat(self.path)) != self.state:
            raise self._changed()

    def _changed(self) -> FileChanged:
        return FileChanged(
            f"`{self.name}` was written to while it was read.",
            hint="Run the command again when nothing writes to it any more.",
        )


def state_of(stat: os.stat_result) -> tuple[int, int, int]:
    """What changes when a file is written to or replaced."""
    return stat.st_ino, stat.st_size, stat.st_mtime_ns


@dataclass(frozen=True, slots=True)
class Unit:
    """Rows that are extracted, remembered and handed out together.

    Attributes:
        name: hash of the content and of all that decoding it depends on; equal names have equal
            rows.
        children: its chunks.
        offset: of the first chunk, in bytes of the sequence.
        first: number of its first row in the file.
        records: rows; 0 for a format in which only decoding tells.
        size: bytes.
    """

    name: bytes
    children: tuple[Child, ...]
    offset: int
    first: int
    records: int
    size: int


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file to be analysed.

    Attributes:
        path: as it is shown, and held against patterns.
        entry: of the file.
        layout: to decode its records.
        source: where its bytes are.
        units: in order.
        opened: only decoding tells its records.
    """

    path: bytes
    entry: FileEntry
    layout: Layout
    source: Source
    units: tuple[Unit, ...]
    opened: bool


def source_file(path: bytes, entry: FileEntry, reader: ObjectReader, source: Source) -> SourceFile:
    """A file with its units; `reader` reads its nodes and affixes."""
    contents = Contents(entry, reader)
    opened = isinstance(format_named(entry.format), OpenedFormat)
    layout = contents.layout
    runs: Iterator[tuple[Child, ...]]
    if opened:
        runs = iter([tuple(_all_chunks(reader, contents.sequence))])
    else:
        runs = _joined(_runs(reader, contents.sequence))
    return SourceFile(path, entry, layout, source, tuple(_units(runs, layout)), opened)


def form_of(layout: Layout) -> bytes:
    """All that decoding a record depends on besides its bytes: the header of a CSV, for example."""
    return pack(1, [layout.format, [list(pair) for pair in layout.params], layout.prefix])


def _units(runs: Iterator[tuple[Child, ...]], layout: Layout) -> Iterator[Unit]:
    form = form_of(layout)
    offset = first = 0
    for children in runs:
        if not children:
            continue
        name = blake3(form)
        # Where a file of lines leaves its format depends on how many rows come before.
        if layout.lines_from is not None:
            name.update(first.to_bytes(8, "big"))
        for child in children:
            name.update(child.oid)
        records = sum(child.records for child in children)
        size = sum(child.size for child in children)
        yield Unit(name.digest(), children, offset, first, records, size)
        offset += size
        first += records


def _all_chunks(reader: ObjectReader, sequence: SequenceRoot) -> Iterator[Child]:
    for run in _runs(reader, sequence):
        yield from run


def _runs(reader: ObjectReader, sequence: SequenceRoot) -> Iterator[tuple[Child, ...]]:
    if sequence.height == 0:
        if sequence.child is not None:
            yield (sequence.child,)
        return
    node: SequenceNode
    for _, node in nodes_of_level(reader, sequence, 0):
        yield node.children


def _joined(runs: Iterator[tuple[Child, ...]]) -> Iterator[tuple[Child, ...]]:
    """Runs between which no record is parted: one of whose last chunk none ends goes on."""
    held: tuple[Child, ...] = ()
    for run in runs:
        held += run
        if run[-1].records:
            yield held
            held = ()
    if held:
        yield held


def shown_path(path: bytes) -> str:
    """A path as findings and messages name it; a byte that is not UTF-8 is kept."""
    return path.decode("utf-8", "surrogateescape")


def vectors_beside(path: bytes) -> bytes:
    """Where the vectors of a file's rows would lie: `train.npy` beside `train.jsonl`."""
    folder, slash, name = path.rpartition(b"/")
    return folder + slash + name.partition(b".")[0] + b".npy"
