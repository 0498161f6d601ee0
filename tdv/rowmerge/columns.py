"""The headers of three CSV files joined: what either side added, took away or renamed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol, TypeAlias

from tdv.formats.csvrow import delimiter_of, header_names, split_fields
from tdv.formats.lines import BLANK_PREFIX, BOM
from tdv.formats.rows import Layout
from tdv.rowdiff.layouts import LayoutChange
from tdv.rowmerge.conflict import Unmergeable
from tdv.rowmerge.rewrite import csv_field, csv_record, raw_fields

BASE, OURS, THEIRS = 0, 1, 2
Bodies: TypeAlias = "tuple[bytes | None, bytes | None, bytes | None]"
_SIDES = {OURS: "here", THEIRS: "there"}


@dataclass(frozen=True)
class Header:
    """The header of one version.

    Attributes:
        names: of the columns, each once.
        raw: how they are written.
        delimiter: one byte.
        lead, end: what stands before and behind the header's fields.
    """

    names: tuple[str, ...]
    raw: tuple[bytes, ...]
    delimiter: bytes
    lead: bytes
    end: bytes

    @classmethod
    def of(cls, layout: Layout) -> Header:
        """The header of a file that is not damaged."""
        delimiter = delimiter_of(layout)
        blank = BLANK_PREFIX.match(layout.prefix)
        start = blank.end() if blank else 0
        line = layout.prefix[start:].removesuffix(b"\n").removesuffix(b"\r")
        lead, end = layout.prefix[:start], layout.prefix[start + len(line) :] or b"\n"
        if not layout.prefix.removeprefix(BOM):
            return cls((), (), delimiter, lead, end)
        names = header_names(layout.prefix, delimiter)
        return cls(names, tuple(raw_fields(line, delimiter)), delimiter, lead, end)

    def only(self, names: Sequence[str]) -> Header:
        """This header with some of its columns."""
        kept = [at for at, name in enumerate(self.names) if name in names]
        fields = tuple(self.names[at] for at in kept), tuple(self.raw[at] for at in kept)
        return Header(*fields, self.delimiter, self.lead, self.end)


@dataclass(frozen=True)
class Column:
    """A column of the merged file.

    Attributes:
        name, raw: its name, and how that is written.
        places: its numbers in base, ours and theirs; None where it is not there.
    """

    name: str
    raw: bytes
    places: tuple[int | None, int | None, int | None]


class Cells(Protocol):
    """How records of the merged file are taken apart and put together.

    Attributes:
        blank: the cell of a column that a version does not have.
    """

    @property
    def blank(self) -> Any: ...

    def split(self, body: bytes) -> list[Any]:
        """The cells of a record of the merged file."""

    def join(self, cells: list[Any]) -> bytes:
        """The record of some cells."""

    def splitter(self, header: Header) -> Callable[[bytes], list[Any]]:
        """What gives the cells of a record of a version, as the merged file has them."""


class CsvCells:
    """Fields as they are written, between delimiters."""

    blank = b""

    def __init__(self, delimiter: bytes) -> None:
        self._delimiter = delimiter

    def split(self, body: bytes) -> list[Any]:
        """The fields of a record."""
        return list(raw_fields(body, self._delimiter))

    def join(self, cells: list[Any]) -> bytes:
        """The record of some fields."""
        return csv_record(cells, self._delimiter)

    def splitter(self, header: Header) -> Callable[[bytes], list[Any]]:
        """The fields of a version's records, with other quotes where its delimiter is another."""
        if header.delimiter == self._delimiter:
            return self.split

        def split(body: bytes) -> list[Any]:
            fields = raw_fields(body, header.delimiter)
            texts = split_fields(body, header.delimiter)
            return [
                csv_field(text, self._delimiter, quoted=raw.startswith(b'"'))
                for text, raw in zip(texts, fields, strict=True)
            ]

        return split


@dataclass(frozen=True)
class Joined:
    """The header of the merged file.

    Attributes:
        columns: of it.
        headers: of base, ours and theirs.
        lead: the version whose form the header has.
        cells: how records are taken apart.
    """

    columns: tuple[Column, ...]
    headers: tuple[Header, Header, Header]
    lead: int
    cells: Cells

    @property
    def delimiter(self) -> bytes:
        """Of the merged file."""
        return self.headers[self.lead].delimiter

    @property
    def end(self) -> bytes:
        """What ends its lines."""
        return self.headers[self.lead].end

    @property
    def prefix(self) -> bytes:
        """The bytes before its first record."""
        raw = [
            column.raw
            if len(raw_fields(column.raw, self.delimiter)) == 1
            else csv_field(column.name, self.delimiter)
            for column in self.columns
        ]
        return self.headers[self.lead].lead + self.delimiter.join(raw) + self.end

    def places(self, version: int) -> list[int | None]:
        """For each column its number in a version."""
        return [column.places[version] for column in self.columns]

    @cached_property
    def missing(self) -> tuple[list[int], list[int], list[int]]:
        """The columns that base, ours and theirs do not have."""
        base, ours, theirs = (
            [at for at, place in enumerate(self.places(version)) if place is None]
            for version in (BASE, OURS, THEIRS)
        )
        return base, ours, theirs

    @property
    def fills(self) -> bool:
        """Whether theirs may have a value for every row of ours."""
        return bool(self.missing[OURS] or self.in_both)

    @cached_property
    def in_both(self) -> list[int]:
        """The columns that both sides added under one name."""
        return [
            at
            for at, column in enumerate(self.columns)
            if column.places[BASE] is None and None not in column.places[1:]
        ]

    def filled(self, body: bytes, theirs: bytes) -> bytes | None:
        """A record of ours in this form, with theirs' values in columns that it lacks.

        None when both sides have values in a column that both added, and not the same.
        """
        cells, others = self.cells.split(body), self.cells.split(theirs)
        for at in self.missing[OURS]:
            cells[at] = self._cell(others, at)
        if any(self._cell(cells, at) != self._cell(others, at) for at in self.in_both):
            return None
        return self.cells.join(cells)

    def aligned(self, *bodies: bytes | None) -> Bodies:
        """Base, ours and theirs of a row in this form, where a missing column is no change.

        Its value is the base's, or the other side's where both added the row.
        """
        rows = [None if body is None else self.cells.split(body) for body in bodies]
        for version, other in ((OURS, THEIRS), (THEIRS, OURS)):
            cells, like = rows[version], rows[BASE] or rows[other]
            if cells is not None and like is not None:
                for at in self.missing[version]:
                    cells[at] = self._cell(like, at)
        base, ours, theirs = (None if row is None else self.cells.join(row) for row in rows)
        return base, ours, theirs

    def _cell(self, cells: list[Any], at: int) -> Any:
        """A cell; the last ones of a record may be wanting."""
        return cells[at] if at < len(cells) else self.cells.blank

    def converter(self, version: int) -> Callable[[bytes], bytes] | None:
        """What brings a record of a version into this form; None when it is as it should be."""
        header, places = self.headers[version], self.places(version)
        same_form = header.delimiter == self.headers[self.lead].delimiter
        if same_form and places == list(range(len(header.names))):
            return None
        split = self.cells.splitter(header)

        def convert(body: bytes) -> bytes:
            found = split(body)
            count = len(found)
            if count > len(header.names):
                where = _SIDES.get(version, "in the base")
                raise Unmergeable(f"a row {where} has more fields than its header")
            blank = self.cells.blank
            cells = [found[at] if at is not None and at < count else blank for at in places]
            return self.cells.join(cells)

        return convert


def origins(base: Header, side: Header, change: LayoutChange | None) -> list[int | None]:
    """For each column of a side its number in the base; None for an added one."""
    renamed = {after: before for before, after in (change.fields_renamed if change else ())}
    known = {name: at for at, name in enumerate(base.names)}
    return [known.get(renamed.get(name, name)) for name in side.names]


def join(
    headers: tuple[Header, Header, Header],
    origin: tuple[list[int | None], list[int | None]],
    kept: frozenset[int],
    favour: str,
    cells: Callable[[tuple[Column, ...], Header], Cells],
    *,
    single: bool = False,
) -> Joined:
    """The header of the merged file.

    Args:
        headers: of base, ours and theirs.
        origin: for the columns of ours and of theirs their numbers in the base.
        kept: columns of the base that stay although one side removed them.
        favour: the side that wins where both renamed a column.
        cells: how records with some columns are taken apart, in the form of one version.
        single: for single rows of theirs: ours' columns keep their names and order.

    Raises:
        Unmergeable: both renamed a column, or two would have one name.
    """
    base, ours, _ = headers
    lead, other = (THEIRS, OURS) if _same(base, ours) and not single else (OURS, THEIRS)
    from_lead, from_other = origin[lead - 1], origin[other - 1]
    columns: list[Column] = []
    used: set[int] = set()
    for at, old in enumerate(from_lead):
        match = _counterpart(headers[lead].names[at], old, headers[other], from_other)
        if match is None and old is not None and old not in kept:
            continue
        if match is not None:
            used.add(match)
        columns.append(_column(headers, lead, old, at, match, favour, single))
    for at, old in enumerate(from_other):
        if at in used or (old is not None and old not in kept):
            continue
        column = _column(headers, other, old, at, None, favour)
        before = [place for place, each in enumerate(columns) if _is_before(each, other, at)]
        columns.insert(max(before, default=-1) + 1, column)
    names = [column.name for column in columns]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise Unmergeable(f"two columns would be called `{twice}`")
    return Joined(tuple(columns), headers, lead, cells(tuple(columns), headers[lead]))


def removed(origin: list[int | None], base: Header) -> list[int]:
    """The columns of the base that a side does not have any more."""
    return [at for at in range(len(base.names)) if at not in origin]


def _same(a: Header, b: Header) -> bool:
    return (a.raw, a.delimiter, a.lead, a.end) == (b.raw, b.delimiter, b.lead, b.end)


def _is_before(column: Column, version: int, at: int) -> bool:
    place = column.places[version]
    return place is not None and place < at


def _counterpart(
    name: str, old: int | None, other: Header, from_other: list[int | None]
) -> int | None:
    for at, origin in enumerate(from_other):
        if origin == old and (old is not None or other.names[at] == name):
            return at
    return None


def _column(
    headers: tuple[Header, Header, Header],
    version: int,
    old: int | None,
    at: int,
    match: int | None,
    favour: str,
    single: bool = False,
) -> Column:
    """The column that is number `at` of one side and number `match` of the other."""
    places: list[int | None] = [old, None, None]
    places[version] = at
    other = OURS + THEIRS - version
    places[other] = match
    named = version
    if old is not None and match is not None and not single:
        before, name = headers[BASE].names[old], headers[version].names[at]
        their = headers[other].names[match]
        if name == before:
            named = other
        elif their not in (before, name):
            if not favour:
                raise Unmergeable(f"the column `{before}` was renamed here and there")
            named = THEIRS if favour == "theirs" else OURS
    place = places[named]
    assert place is not None
    header = headers[named]
    return Column(header.names[place], header.raw[place], (places[0], places[1], places[2]))
