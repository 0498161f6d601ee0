"""What crosses between formats and their callers: rows, records, pieces and layouts.

A record is the bytes of one example as it stands in the file: a body and a separator. A row is
a body's decoded value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, NamedTuple, Protocol, TypeAlias, runtime_checkable

from tdv.errors import RecordError
from tdv.formats.cut import DEFAULT_CUT, Cut, Window
from tdv.model.entry import Param

Row: TypeAlias = "dict[str, Any]"


@dataclass(frozen=True, slots=True)
class BadRecord:
    """What stands in a stream of rows for a record that does not decode.

    Attributes:
        number: of the record in its file, from 0.
        line: of the file on which the record starts, from 1; None where it is not known.
        body: its bytes.
        reason: why it does not decode, without a final full stop.
    """

    number: int
    line: int | None
    body: bytes
    reason: str


# No JSON, no UTF-8 and no msgpack of a row starts like this.
_DAMAGE = b"\xffdamaged: "


def damage(reason: str) -> bytes:
    """The body that stands for all rows behind the place where a file cannot be read on.

    So a damaged file has the rows before the damage and one that does not decode, as a text has
    for a broken line.
    """
    return _DAMAGE + reason.encode()


def refuse_damage(body: bytes) -> None:
    """RecordError with the reason when the body is one that `damage` gave."""
    if body.startswith(_DAMAGE):
        raise RecordError(body.removeprefix(_DAMAGE).decode("utf-8", "replace"))


class Piece(NamedTuple):
    """One chunk of a file.

    Attributes:
        data: its bytes, never empty.
        records: how many records end in it.
        fingerprint_sum: sum of xxh3_128 (seed 0) over the bodies of those, modulo 2**128.
    """

    data: bytes
    records: int
    fingerprint_sum: int


@dataclass(frozen=True, slots=True)
class Layout:
    """What else is to be known of a file whose sequence is `prefix + chunks + suffix`.

    Attributes:
        format: name of the format.
        params: its parameters in order of their names.
        prefix: bytes before the first record.
        suffix: bytes after the last one.
    """

    format: str
    params: tuple[tuple[str, Param], ...] = ()
    prefix: bytes = b""
    suffix: bytes = b""

    def param(self, name: str, default: Param = None) -> Param:
        """The parameter of that name, or `default`."""
        return next((value for key, value in self.params if key == name), default)

    @property
    def lines_from(self) -> int | None:
        """Number of the first record that is a plain line, where the file leaves its format."""
        value = self.param("lines_from")
        return value if isinstance(value, int) else None


class Split(Protocol):
    """One pass over one file; `layout` is complete once the iteration has ended."""

    @property
    def layout(self) -> Layout:
        """The layout of the file that was split."""

    def __iter__(self) -> Iterator[Piece]:
        """The pieces, in order; once only."""


class ResumableSplit(Split, Protocol):
    """A pass that can go on behind any piece in which records end.

    What follows such a piece is cut by its own bytes alone.
    """

    @property
    def ahead(self) -> int:
        """How many bytes a window must hold."""

    def start(self, window: Window) -> Iterator[Piece]:
        """The pieces of a file from its start on."""

    def go_on(self, window: Window, layout: Layout, records: int) -> Iterator[Piece]:
        """The pieces that follow where so many records have ended.

        Args:
            window: at the start of the next piece.
            layout: as far as it is known; `self.layout` goes on from there.
            records: how many records come before.
        """


class Format(Protocol):
    """How the bytes of one kind of file become records and rows.

    Attributes:
        name: as it is stored in file entries.
        sliced: whether records are slices of the file. Otherwise `split` yields pieces without
            records, and a format with rows is an `OpenedFormat`.
        has_rows: False for blobs.
    """

    @property
    def name(self) -> str: ...

    @property
    def sliced(self) -> bool: ...

    @property
    def has_rows(self) -> bool: ...

    def split(self, source: BinaryIO, cut: Cut = DEFAULT_CUT) -> Split:
        """Cut a stream, read to its end, into pieces; memory is bounded for any content."""

    def bodies(self, layout: Layout, blocks: Iterable[bytes], first: int = 0) -> Iterator[bytes]:
        """The bodies of the records in consecutive chunks, without separators.

        Args:
            layout: of the file.
            blocks: the bytes of whole chunks, from one that starts a record. (A chunk that goes
                on with a record is always behind one that has 0 records.)
            first: the number of the first record in them.
        """

    def decode(self, layout: Layout, body: bytes) -> Row:
        """The row of a body; RecordError, whose message is the reason, when it has none."""


@runtime_checkable
class OpenedFormat(Protocol):
    """What formats that are kept as bytes and decoded on demand have beside `Format`."""

    def open_bodies(self, file: BinaryIO) -> Iterator[bytes]:
        """Each row as msgpack, or each inner body, streamed from a seekable file.

        Where the file is damaged, or not of this format, the last body is what `damage` gives.
        """
