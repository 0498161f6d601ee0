"""Whether a file of the working copy has the bytes of an entry, without cutting it anew."""

from __future__ import annotations

import os
from typing import BinaryIO

from tdv.errors import StorageError
from tdv.model.entry import FileEntry, Mode
from tdv.model.oid import Kind, Oid, oid_of
from tdv.repo.worktree import mode_of
from tdv.store.access import ObjectReader
from tdv.store.seqread import chunks, sequence_of


def same_bytes(path: bytes, stat: os.stat_result, entry: FileEntry, reader: ObjectReader) -> bool:
    """Whether the file is byte for byte what the entry stands for; the executable bit aside.

    The file is read chunk by chunk, each held against the oid that it should have, up to the
    first that differs: 2 GB/s, and nothing is read when the sizes differ.

    Args:
        path: of the file.
        stat: of the file, links not followed.

    Raises:
        StorageError: the file cannot be read.
    """
    mode = mode_of(stat)
    if mode is None or (mode is Mode.SYMLINK) != (entry.mode is Mode.SYMLINK):
        return False
    if stat.st_size != entry.size:
        return False
    if mode is Mode.SYMLINK:
        return read_link(path) == b"".join(_parts(entry, reader))
    with open_file(path) as file:
        return _follows(file, entry, reader)


def open_file(path: bytes) -> BinaryIO:
    """A regular file, opened for reading, unbuffered; not through a link as its last part.

    Raises:
        StorageError: it cannot be read.
    """
    try:
        # Without O_NONBLOCK, a pipe put in the file's place would make us wait for ever.
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        return open(os.open(path, flags), "rb", buffering=0)
    except OSError as error:
        raise unreadable(path, error) from error


def read_link(path: bytes) -> bytes:
    """Where a link points; StorageError when it cannot be read."""
    try:
        return os.readlink(path)
    except OSError as error:
        raise unreadable(path, error) from error


def unreadable(path: bytes, error: OSError) -> StorageError:
    """The error for a file of the working copy that cannot be read."""
    return StorageError(
        f"{os.fsdecode(path)} cannot be read: {error.strerror}.",
        hint="Check who may read it, or list it in `.tdvignore`.",
    )


def _parts(entry: FileEntry, reader: ObjectReader) -> list[bytes]:
    sequence = sequence_of(entry, reader)
    body = [reader.get(child.oid, Kind.CHUNK) for child in chunks(reader, sequence)]
    return [_affix(entry.prefix, reader), *body, _affix(entry.suffix, reader)]


def _follows(file: BinaryIO, entry: FileEntry, reader: ObjectReader) -> bool:
    prefix = _affix(entry.prefix, reader)
    if _read(file, len(prefix)) != prefix:
        return False
    for child in chunks(reader, sequence_of(entry, reader)):
        if oid_of(Kind.CHUNK, _read(file, child.size)) != child.oid:
            return False
    suffix = _affix(entry.suffix, reader)
    return _read(file, len(suffix)) == suffix and not file.read(1)


def _affix(affix: bytes | Oid, reader: ObjectReader) -> bytes:
    return reader.get(affix, Kind.CHUNK) if isinstance(affix, Oid) else affix


def _read(file: BinaryIO, size: int) -> bytes:
    """That many bytes, or fewer at the end."""
    data = file.read(size)
    while len(data) < size:
        more = file.read(size - len(data))
        if not more:
            break
        data += more
    return data
