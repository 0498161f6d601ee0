"""Schemas of rows: propose one from data, resolve one that is named."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from tdv.errors import PathError, UsageError
from tdv.formats.contents import Contents
from tdv.formats.registry import HEAD
from tdv.formats.rows import BadRecord
from tdv.formats.scan import scan
from tdv.model.entry import Mode
from tdv.ops.progress import SILENT, Progress
from tdv.quality.schemas.inferschema import Inference, Odd
from tdv.store import files

# All values of these formats are texts.
UNTYPED = ("csv", "tsv")
# Standard input has no name whose suffix tells the format, so its first bytes do.
_STARTS = {
    b"PAR1": "parquet",
    b"ARROW1": "arrow",
    b"\x1f\x8b": "jsonl.gz",
    b"\x28\xb5\x2f\xfd": "jsonl.zst",
    b"[": "json",
}
_ROWS_A_STEP = 1000


class Named(NamedTuple):
    """A file to read rows from, and how messages name it."""

    shown: str
    contents: Contents


class LeftOut(NamedTuple):
    """A record that does not decode."""

    shown: str
    place: str
    reason: str


@dataclass(frozen=True)
class Inferred:
    """A schema proposed from rows.

    Attributes:
        schema: what is proposed.
        rows: how many rows it was made from.
        odd: full sentences about fields with values of several types.
        left_out: the first records that do not decode.
        bad: how many there are.
    """

    schema: Mapping[str, Any]
    rows: int
    odd: tuple[str, ...]
    left_out: tuple[LeftOut, ...]
    bad: int


def file_contents(path: Path, shown: str) -> Contents:
    """The contents of a file that is in no repository; links are followed.

    Raises:
        PathError: there is no such file.
    """
    whole = Path(os.path.realpath(path))
    if not whole.is_file():
        what = "is a folder" if whole.is_dir() else "does not exist"
        raise PathError(f"`{shown}` {what}.", hint="Name a file with rows, or `-` for stdin.")
    return Contents(*scan(whole, os.fsencode(path.name), Mode.FILE))


@contextmanager
def stream_contents(stream: BinaryIO) -> Iterator[Contents]:
    """The contents of standard input, spooled to a file that vanishes at the end of the block."""
    with tempfile.TemporaryFile() as spooled:
        shutil.copyfileobj(stream, spooled, 1 << 20)
        spooled.seek(0)
        head = spooled.read(HEAD).lstrip(b"\xef\xbb\xbf \t\r\n")
        spooled.seek(0)
        suffix = next((name for start, name in _STARTS.items() if head.startswith(start)), "jsonl")
        yield Contents(*scan(spooled, f"stdin.{suffix}".encode()))


def infer(
    sources: Sequence[Named], *, most_named: int = 10, progress: Progress = SILENT
) -> Inferred:
    """A schema for all rows of some files.

    Args:
        most_named: so many records that do not decode are named.

    Raises:
        UsageError: a file has no rows, or only some of the files are of formats without types.
    """
    untyped = {_untyped(each) for each in sources}
    if len(untyped) > 1:
        raise UsageError(
            "Values of CSV are texts, and those of the other files have types.",
            hint="Infer one schema from the CSV files and another one from the rest.",
        )
    inference = Inference(untyped=untyped == {True})
    starts: list[int] = []
    left_out: list[LeftOut] = []
    number = bad = 0
    for each in sources:
        starts.append(number)
        progress.step(f"Reading {each.shown}", each.contents.entry.records, "rows")
        for row in each.contents.rows():
            if isinstance(row, BadRecord):
                bad += 1
                if len(left_out) < most_named:
                    left_out.append(LeftOut(each.shown, _place(each, row.number), row.reason))
            else:
                inference.add(row, number)
            number += 1
            if number % _ROWS_A_STEP == 0:
                progress.advance(_ROWS_A_STEP)
    odd = _told(inference.odd(), sources, starts)
    return Inferred(inference.schema(), number - bad, odd, tuple(left_out), bad)


def _untyped(source: Named) -> bool:
    format_ = source.contents.format
    if not format_.has_rows:
        raise UsageError(f"{source.shown} has no rows: it is kept as bytes.")
    return format_.name.partition(".")[0] in UNTYPED


def _told(odd: Sequence[Odd], sources: Sequence[Named], starts: Sequence[int]) -> tuple[str, ...]:
    """What is said of odd fields, with lines of files instead of numbers of rows."""

    def place(row: int) -> str:
        at = max(number for number, start in enumerate(starts) if start <= row)
        where = _place(sources[at], row - starts[at])
        return where if len(sources) == 1 else f"{sources[at].shown}, {where}"

    return tuple(each.told(place) for each in odd)


def _place(source: Named, row: int) -> str:
    line = source.contents.line_of(row)
    return f"row {row}" if line is None else f"line {line}"


def write_schema(path: Path, text: str) -> None:
    """Write a schema to a file, whole or not at all.

    Raises:
        StorageError: the file cannot be written.
    """
    with files.refusals(path.parent):
        files.make_folder(path.parent)
    files.replace_file(path, text.encode(), scratch=path.parent)
