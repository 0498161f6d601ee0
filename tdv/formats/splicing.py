"""Cut the stretches around edits anew, and take all other chunks as they are.

Where a chunk ends depends on its own bytes, and where none of its records may be the last, on
how long the next one is. So behind an edit the old chunks go on as soon as a new one ends
where an old one does.
"""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from itertools import chain
from typing import BinaryIO, Protocol, cast, runtime_checkable

from tdv.errors import ObjectCorrupt
from tdv.formats.contents import Contents
from tdv.formats.cut import Cut, Window
from tdv.formats.ingest import stored_affix
from tdv.formats.lines import fingerprint_sum
from tdv.formats.partstream import PartStream
from tdv.formats.replacing import ReplacingTaker
from tdv.formats.rows import Piece, ResumableSplit
from tdv.formats.source import Source
from tdv.formats.splicedbytes import Edits, Part, SplicedParts
from tdv.formats.storing import ChunkSink, ChunkStore, DictionaryChoice
from tdv.model.entry import FileEntry
from tdv.model.oid import Kind, Oid
from tdv.model.sequence import Child
from tdv.store.access import ObjectReader
from tdv.store.seqedit import OldChild, SequenceEditor
from tdv.store.seqread import NodeReader, Position, find_record


class _NearWindow(Window):
    """A window that reads no further ahead than it must."""

    FULL = 0


@runtime_checkable
class BaseStore(Protocol):
    """A store that keeps at hand what new objects will soon be stored like."""

    def get_base(self, oid: Oid, kind: Kind) -> bytes: ...


class NearReader(NodeReader):
    """Reads around the edits."""

    def __init__(self, store: ObjectReader) -> None:
        super().__init__(store)
        if isinstance(store, BaseStore):
            self.get = store.get_base


class _WithoutDictionaries:
    """A reader that does not know how its objects are stored, as of what is just written."""

    def __init__(self, reader: ObjectReader) -> None:
        self.get = reader.get

    def dictionary_of(self, oid: Oid) -> Oid | None:
        """None: new chunks are compressed without one, where they are like no old chunk."""
        return None


def store_of(contents: Contents) -> ChunkStore:
    """The store that a file is read from, as `ingest` needs it."""
    reader = contents.reader
    return reader if isinstance(reader, ChunkStore) else _WithoutDictionaries(reader)


class Splicing:
    """One splice: stretches around the edits are cut anew, up to where old chunks go on."""

    def __init__(
        self, contents: Contents, store: ChunkStore, edits: Edits, writer: ChunkSink, cut: Cut
    ) -> None:
        self._contents, self._edits, self._cut = contents, edits, cut
        self._writer = writer
        old = contents.sequence
        no_file = Source(BytesIO(), b"", None, None)
        dictionary = DictionaryChoice(writer, store, no_file, old)
        self._taker = ReplacingTaker(writer, contents.reader, dictionary, old)
        self._editor = SequenceEditor(writer, contents.reader, old, self._sum_of)
        self._layout = contents.layout
        self._records = 0  # that ended in the new sequence so far
        self._known_target = (-1, 0)

    def run(self, stream: PartStream, offset: int) -> FileEntry:
        """The entry of the result, which `stream` gives from a chunk's start on."""
        contents, edits = self._contents, self._edits
        self._keep_to(offset)
        offset = self._cut_anew(stream, offset)
        while offset < contents.sequence.size:
            self._keep_to(offset)
            parts = SplicedParts(contents, edits, offset, self._editor.record)
            offset = self._cut_anew(PartStream(parts), offset)
        self._keep_to(offset)
        return self._entry()

    def _entry(self) -> FileEntry:
        old, layout, sequence = self._contents, self._layout, self._editor.finish()
        return FileEntry(
            old.entry.mode,
            layout.format,
            len(layout.prefix) + sequence.size + len(layout.suffix),
            sequence.records,
            sequence.root,
            sequence.height,
            stored_affix(self._writer, layout.prefix),
            stored_affix(self._writer, layout.suffix),
            layout.params,
            old.entry.extra,
        )

    def _target(self, touched: int | None) -> int:
        """The old offset from which on chunks are to be cut anew before an edit."""
        if touched is None:
            return self._contents.sequence.size
        if touched != self._known_target[0]:
            self._known_target = (touched, place_before(self._contents, touched).offset)
        return self._known_target[1]

    def _keep_to(self, offset: int) -> None:
        before = self._editor.record
        self._editor.keep_to(offset)
        self._records += self._editor.record - before

    def _cut_anew(self, stream: PartStream, offset: int) -> int:
        """Cut the result from an old chunk's start on; the old offset where it is the same again.

        That is far behind; what is near is kept on the way, since it was read already.
        """
        contents, editor = self._contents, self._editor
        split, window = self._split(stream)
        pieces = split.go_on(window, self._layout, self._records) if offset else split.start(window)
        self._begin_stretch()
        while (piece := next(pieces, None)) is not None:
            self._put(piece)
            found = stream.find(window.offset + window.start) if piece.records else None
            if found is None or split.layout.params != contents.layout.params:
                continue
            place, touched = found
            if not self._meets(place):
                continue
            target = self._target(touched)
            if touched is None or target - place >= max(window.stop - window.start, 1):
                self._layout = replace(split.layout, suffix=contents.layout.suffix)
                return target
            if self._keep_near(target):
                window.start += editor.offset - place
                pieces = split.go_on(window, split.layout, self._records)
        self._layout = split.layout
        editor.drop_to(contents.sequence.size)
        self._end_stretch()
        return contents.sequence.size

    def _split(self, stream: PartStream) -> tuple[ResumableSplit, Window]:
        """What cuts a stream, and the view of it."""
        source = cast(BinaryIO, stream)
        split = cast(ResumableSplit, self._contents.format.split(source, self._cut))
        return split, _NearWindow(source, split.ahead)

    def _put(self, piece: Piece) -> None:
        oid = self._taker.take(piece.data)
        self._editor.add(Child(oid, piece.records, len(piece.data)), piece.fingerprint_sum)
        self._records += piece.records

    def _meets(self, place: int) -> bool:
        """Whether an old chunk begins at an old offset, and a record with it."""
        editor, contents = self._editor, self._contents
        editor.drop_to(place)
        chunk = editor.next_chunk()
        if editor.offset != place or chunk is None:
            return False
        if chunk.records < 2:  # or else it might go on with a record
            if editor.record >= contents.sequence.records:
                return False
            found = find_record(contents.reader, contents.sequence, editor.record)
            if found.offset != place:
                return False
        self._end_stretch()
        self._begin_stretch()
        return True

    def _keep_near(self, target: int) -> bool:
        """Keep chunks in view up to an offset; whether there were any."""
        editor, start = self._editor, self._editor.offset
        while (chunk := editor.next_chunk()) is not None and chunk.records:
            if editor.offset + chunk.size > target:
                break
            self._keep_to(editor.offset + chunk.size)
        self._begin_stretch()
        return editor.offset > start

    def _begin_stretch(self) -> None:
        self._begun = self._editor.offset
        self._taker.begin(self._begun)

    def _end_stretch(self) -> None:
        self._taker.end(self._editor.take_dropped(), self._editor.offset - self._begun)

    def _sum_of(self, old: OldChild) -> int:
        """The sum of fingerprints of an old chunk that is kept (or was dropped) unread."""
        contents = self._contents
        start = old.offset
        if old.child.records < 2:  # or else it might go on with a record
            start = find_record(contents.reader, contents.sequence, old.record).offset
        if start == old.offset:
            data = contents.reader.get(old.child.oid, Kind.CHUNK)
            return fingerprint_sum(contents.format.bodies(contents.layout, [data], old.record))
        # The last piece of a long record.
        blocks = chain(contents.chunk_blocks(start), [contents.layout.suffix])
        split, window = self._split(PartStream(Part(block, -1, None) for block in blocks))
        for piece in split.go_on(window, contents.layout, old.record):
            if start == old.offset:
                return piece.fingerprint_sum
            start += len(piece.data)
        raise ObjectCorrupt(f"The chunk {old.child.oid} of a long record does not end it.")


def place_before(contents: Contents, touched: int) -> Position:
    """Where chunks are to be cut anew when an edit touches a record.

    The record before it gives the form of separators, and in an array may lose its own. The one
    before that may decide where the chunk before it ends: one that had no room for it has more
    when it becomes shorter.
    """
    return find_record(contents.reader, contents.sequence, max(touched - 2, 0))
