"""Opens what is to be read, and notices when it changes meanwhile."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO, FileIO, RawIOBase
from pathlib import Path
from typing import Any, BinaryIO, NoReturn, TypeAlias, cast

from tdv.errors import FileChanged, StorageError
from tdv.formats.registry import HEAD
from tdv.model.entry import Mode

# (offset, count) -> bytes, fewer at the file's end
ReadAt: TypeAlias = Callable[[int, int], bytes]


class Source:
    """An open file.

    Attributes:
        stream: its bytes from the start.
        head: the first of them, `HEAD` bytes or all.
        size: its bytes; None where only reading tells.
        read_at: reads anywhere without moving the stream; None where that cannot be.
    """

    __slots__ = ("head", "read_at", "size", "stream")

    def __init__(
        self, stream: BinaryIO, head: bytes, size: int | None, read_at: ReadAt | None
    ) -> None:
        self.stream, self.head, self.size, self.read_at = stream, head, size, read_at

    @property
    def whole(self) -> bool:
        """Whether the head is the whole file."""
        return len(self.head) == self.size


@contextmanager
def opened(source: BinaryIO | Path, name: bytes, mode: Mode) -> Iterator[Source]:
    """What there is to read of a stream, a file or a symbolic link.

    Args:
        source: a stream at its start, or a path. Links in its last part are not followed.
        name: for messages.
        mode: for `Mode.SYMLINK` the bytes are the link's target.

    Raises:
        FileChanged: when the block has ended: the file is another one, was written to, or gave
            another number of bytes than it has.
        StorageError: it is no regular file, or may not be read.
    """
    if not isinstance(source, Path):
        yield _of_stream(source, name)
    elif mode == Mode.SYMLINK:
        yield _of_bytes(os.fsencode(os.readlink(source)))
    else:
        descriptor = _open(source, name)
        try:
            yield from _watched(descriptor, name)
        finally:
            os.close(descriptor)


def _open(path: Path, name: bytes) -> int:
    try:
        # A pipe put in the file's place must not make us wait: hence O_NONBLOCK.
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError as error:
        raise FileChanged(f"`{_shown(name)}` vanished while it was read.") from error
    except OSError as error:
        raise StorageError(
            f"`{_shown(name)}` cannot be read: {error.strerror}.",
            hint="Check its permissions, or name it in `.tdvignore`.",
        ) from error


def _watched(descriptor: int, name: bytes) -> Iterator[Source]:
    before = os.fstat(descriptor)
    if not stat.S_ISREG(before.st_mode):
        raise StorageError(f"`{_shown(name)}` is not a regular file.")
    head = os.pread(descriptor, HEAD, 0)
    if len(head) == before.st_size:
        yield _of_bytes(head)
    else:
        with FileIO(descriptor, closefd=False) as raw:
            yield Source(
                cast(BinaryIO, raw),
                head,
                before.st_size,
                lambda offset, count: os.pread(descriptor, count, offset),
            )
            if raw.tell() != before.st_size:
                _refuse(name)
    after = os.fstat(descriptor)
    if signature(before) != signature(after):
        _refuse(name)


def signature(status: os.stat_result) -> tuple[int, int, int, int]:
    """What changes when a file is written to or replaced."""
    return (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


def _refuse(name: bytes) -> NoReturn:
    raise FileChanged(
        f"`{_shown(name)}` was written to while it was read.",
        hint="Run the command again when nothing writes to it any more.",
    )


def _of_bytes(data: bytes) -> Source:
    return Source(
        BytesIO(data), data, len(data), lambda offset, count: data[offset : offset + count]
    )


def _of_stream(stream: BinaryIO, name: bytes) -> Source:
    try:
        seekable = stream.seekable()
    except AttributeError:
        seekable = False
    if not seekable:
        head = stream.read(HEAD)
        return Source(cast(BinaryIO, _Rejoined(head, stream)), head, None, None)
    start = stream.tell()
    size = stream.seek(0, os.SEEK_END) - start

    def read_at(offset: int, count: int) -> bytes:
        place = stream.tell()
        stream.seek(start + offset)
        data = stream.read(count)
        stream.seek(place)
        return data

    stream.seek(start)
    return Source(stream, read_at(0, HEAD), size, read_at)


class _Rejoined(RawIOBase):
    """A pipe's first bytes, which were read already, and those that follow."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head, self._rest = BytesIO(head), rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._head.read(len(buffer)) or self._rest.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def _shown(name: bytes) -> str:
    return name.decode("utf-8", "replace")
