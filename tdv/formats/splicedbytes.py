"""The bytes of a file with some of its records replaced.

Separators stay with their records. One that is new is made like its neighbours': the line end
before it, or in an array the comma and the spaces between the values before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from tdv.formats.contents import Contents
from tdv.formats.lines import BOM
from tdv.formats.oldrecords import OldRecords, array_end, separator_behind
from tdv.formats.registry import SPACE


class Edit(NamedTuple):
    """Some records replaced by others.

    Attributes:
        start, stop: the records `start` up to `stop`, which is not one of them, are replaced;
            when both are the same, records are inserted there.
        bodies: of the new records, without separators.
    """

    start: int
    stop: int
    bodies: Sequence[bytes]


# Edits of neighbouring records are joined up to so many new records.
TOGETHER = 256


def joined(edits: Iterable[Edit]) -> Iterator[Edit]:
    """Edits with those at neighbouring records as one, which saves what each costs."""
    held: Edit | None = None
    for edit in edits:
        if held is not None and held.stop == edit.start and len(held.bodies) < TOGETHER:
            held = Edit(held.start, edit.stop, [*held.bodies, *edit.bodies])
            continue
        if held is not None:
            yield held
        held = edit
    if held is not None:
        yield held


class Part(NamedTuple):
    """Some bytes of the result.

    Attributes:
        data: they are never empty.
        old: their offset in the old sequence, or -1 when they are new there.
        limit: the first record that the next edit touches; None when none follows.
    """

    data: bytes
    old: int
    limit: int | None


class Edits:
    """Edits, checked as they are taken one by one.

    Attributes:
        next: the next one, None when there are no more.
    """

    def __init__(self, edits: Iterable[Edit], records: int) -> None:
        self._rest = iter(edits)
        self._records = records
        self._last = 0
        self.next = self._find()

    def take(self) -> Edit:
        """The next edit, once."""
        taken = self.next
        assert taken is not None
        self.next = self._find()
        return taken

    def _find(self) -> Edit | None:
        for edit in self._rest:
            if not self._last <= edit.start <= edit.stop <= self._records:
                raise ValueError(
                    f"records {edit.start} to {edit.stop} cannot be replaced behind those "
                    f"before {self._last} in a file of {self._records}"
                )
            self._last = edit.stop
            if edit.stop > edit.start or edit.bodies:
                return edit
        return None


def spliced_bytes(contents: Contents, edits: Iterable[Edit]) -> Iterator[bytes]:
    """The bytes of a file with some records replaced, in blocks, in bounded memory.

    Args:
        contents: of a file whose records are slices of it.
        edits: in order, not overlapping.

    Raises:
        ValueError: an edit is out of order, or beyond the file's records.
    """
    taken = Edits(edits, contents.sequence.records)
    for part in SplicedParts(contents, taken, ahead=True):
        yield part.data


class SplicedParts:
    """The parts of the result, from a place before the next edit on to the file's end."""

    def __init__(
        self,
        contents: Contents,
        edits: Edits,
        offset: int = 0,
        record: int = 0,
        ahead: bool = False,
    ) -> None:
        """Start at the chunk at `offset`, whose first record has that number.

        Unless that is the file's start, the record before the next edit must lie behind it.
        """
        self._contents, self._edits = contents, edits
        self._old = OldRecords(contents, offset, record, ahead)
        self._whole = offset == 0
        self._array_end = array_end(contents)
        self._limit: int | None = None
        # What was put last, unless it is a body: its end may be a separator to be held.
        self._kept: Part | None = None
        # A separator that goes out when something follows.
        self._held = b""
        # Whether a body may follow what is put and held: there is a separator, or nothing.
        self._joined = True
        self._tail = b""

    def __iter__(self) -> Iterator[Part]:
        layout, edits = self._contents.layout, self._edits
        if self._whole:
            yield from self._put(layout.prefix, -1)
        while (edit := edits.next) is not None:
            yield from self._copy_to_record(edit.start, edit.start)
            self._hold(edit.start)
            # Whoever looks ahead knows the next edit by `limit` until all before it is out.
            yield from self._flush()
            yield from self._apply(edits.take())
        yield from self._copy_to_record(self._contents.sequence.records, None)
        yield from self._flush()
        if self._held and not self._drops_last():
            yield Part(self._held, -1, 0)
        for rest in (self._tail, layout.suffix):
            if rest:
                yield Part(rest, -1, 0)

    def _apply(self, edit: Edit) -> Iterator[Part]:
        """Replace records one by one, as far as there are new ones; the rest goes, or comes."""
        start, stop, bodies = edit
        same = min(stop - start, len(bodies))
        for number, body in zip(range(start, start + same), bodies, strict=False):
            yield from self._put_body(body)
            self._old.skip_body(number)
            yield from self._copy_to_record(number + 1, start)
            if number + 1 < stop or len(bodies) > same:
                self._hold(number + 1)
        if start + same < stop:
            yield from self._flush()
            self._old.skip_to_record(stop)
        style = b"" if len(bodies) == same else self._style(stop)
        for number in range(same, len(bodies)):
            if not self._joined:
                self._held = style
            yield from self._put_body(bodies[number])
            self._held, self._joined = style, True

    def _put_body(self, body: bytes) -> Iterator[Part]:
        yield from self._put(body, -1)
        yield from self._flush()
        self._joined = False

    def _put(self, data: bytes, old: int) -> Iterator[Part]:
        yield from self._flush()
        if self._held:
            yield Part(self._held, -1, 0)
            self._held = b""
        if data:
            self._kept = Part(data, old, self._limit)

    def _flush(self) -> Iterator[Part]:
        if self._kept is not None:
            yield self._kept
            self._kept = None

    def _copy_to_record(self, number: int, limit: int | None) -> Iterator[Part]:
        self._limit = limit
        for data, old in self._old.copy_to_record(number):
            yield from self._put(data, old)

    def _hold(self, number: int) -> None:
        """Take back the separator before a record, if it is still at hand."""
        if self._kept is None:
            return
        data, old, limit = self._kept
        if number >= self._array_end:
            end = len(data) - len(_line_end(data))
            self._joined = end < len(data) or not data.removeprefix(BOM)
        else:
            end = len(data.rstrip(SPACE + b","))
            self._joined = old < 0 or b"," in data[end:]
        self._held = data[end:]
        self._kept = Part(data[:end], old, limit) if end else None

    def _drops_last(self) -> bool:
        """Whether the separator behind the last record goes, since there was none."""
        if self._array_end > self._contents.sequence.records:
            return True
        data = self._old.block if self._contents.sequence.size else self._contents.layout.prefix
        return not data.endswith(b"\n") and bool(data.removeprefix(BOM))

    def _style(self, number: int) -> bytes:
        """The separator of records that are inserted before one."""
        if number < self._array_end:
            return self._array_style(number)
        here = (self._held, self._old.block, self._contents.layout.prefix)
        last = b""
        for text in chain(here, self._contents.chunk_blocks()):
            at = text.find(b"\n")
            if at >= 0:
                return _line_end(last[-1:] + text[: at + 1])
            last = text
        return b"\n"

    def _array_style(self, number: int) -> bytes:
        if b"," in self._held:
            return self._held
        prefix = self._contents.layout.prefix
        spaces = prefix[len(prefix.rstrip(SPACE)) :]
        if not self._contents.sequence.records:
            spaces = spaces or b"\n"
            if not self._tail:
                self._held = spaces
                self._tail = spaces[: spaces.rfind(b"\n") + 1] or spaces
            return b"," + spaces
        return self._neighbours_separator(number) or b"," + (spaces or b" ")

    def _neighbours_separator(self, number: int) -> bytes:
        """What stands between two values behind the first one, or before the last."""
        old = self._old
        found = old.spans()
        if len(found) > 1:
            first = 0 if number == 0 else len(found) - 2
            return old.block[found[first][1] : found[first + 1][0]]
        behind = (separator_behind(block) for block in (old.block, old.before))
        return next((separator for separator in behind if b"," in separator), b"")


def _line_end(data: bytes) -> bytes:
    """The line end behind some bytes, if there is one."""
    if not data.endswith(b"\n"):
        return b""
    return b"\r\n" if data.endswith(b"\r\n") else b"\n"
