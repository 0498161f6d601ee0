"""A compressed text written again without some of its records."""

from __future__ import annotations

import gzip
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from typing import BinaryIO, cast

import zstandard

from tdv.formats.compressed import decompressed
from tdv.formats.contents import Contents
from tdv.formats.cut import Cut
from tdv.formats.ingest import ingest
from tdv.formats.scan import scan
from tdv.formats.splice import Edit, spliced_bytes
from tdv.formats.storing import ChunkSink, ChunkStore
from tdv.model.entry import FileEntry

SUFFIXES = (".gz", ".zst")


def without_records(
    contents: Contents, numbers: Sequence[int], writer: ChunkSink, cut: Cut
) -> FileEntry:
    """Store a compressed text without some records; its entry.

    The text's other bytes stay; the compressed ones are those that this machine's library makes.
    """
    name = contents.format.name
    inner, _, suffix = name.rpartition(".")
    with contents.open() as file, tempfile.TemporaryFile() as text, tempfile.TemporaryFile() as out:
        shutil.copyfileobj(decompressed(file, name), text)
        text.seek(0)
        scanned = scan(text, b"text." + inner.encode())
        edits = [Edit(number, number + 1, ()) for number in numbers]
        _compress(spliced_bytes(Contents(scanned.entry, scanned.reader), edits), suffix, out)
        out.seek(0)
        store = cast(ChunkStore, contents.reader)
        return ingest(out, b"text." + name.encode(), contents.entry.mode, writer, store, None, cut)


def _compress(blocks: Iterable[bytes], suffix: str, out: BinaryIO) -> None:
    if suffix == "gz":
        with gzip.GzipFile(fileobj=out, mode="wb", mtime=0) as stream:
            for block in blocks:
                stream.write(block)
        return
    with zstandard.ZstdCompressor().stream_writer(out, closefd=False) as stream:
        for block in blocks:
            stream.write(block)
