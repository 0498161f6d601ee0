"""Opens what is to be read, and notices when it changes meanwhile."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from io import BytesIO, FileIO, RawIOBase
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, TypeAlias, cast

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


def opened(source: BinaryIO | Path, name: bytes, mode: Mode) -> AbstractContextManager[Source]:
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
        return nullcontext(_of_stream(source))
    if mode == Mode.SYMLINK:
        return nullcontext(_of_bytes(os.fsencode(os.readlink(source))))
    return _Watched(source, name)


class _Watched:
    """A file, compared on leaving with what it was on entering.

    A class, since a generator would cost 5 us more for each of 100,000 small files.
    """

    __slots__ = ("_before", "_descriptor", "_name", "_path", "_raw")

    def __init__(self, path: Path, name: bytes) -> None:
        self._path, self._name = path, name
        self._raw: FileIO | None = None

    def __enter__(self) -> Source:
        self._descriptor = descriptor = self._open()
        try:
            self._before = before = os.fstat(descriptor)
            if not stat.S_ISREG(before.st_mode):
                raise StorageError(f"`{shown(self._name)}` is not a regular file.")
            head = os.pread(descriptor, HEAD, 0)
        except BaseException:
            os.close(descriptor)
            raise
        if len(head) == before.st_size:
            return _of_bytes(head)
        self._raw = FileIO(descriptor, closefd=False)
        return Source(
            cast(BinaryIO, self._raw),
            head,
            before.st_size,
            lambda offset, count: os.pread(descriptor, count, offset),
        )

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                self._compare()
        finally:
            os.close(self._descriptor)

    def _compare(self) -> None:
        same = signature(os.fstat(self._descriptor)) == signature(self._before)
        if not same or (self._raw is not None and self._raw.tell() != self._before.st_size):
            raise FileChanged(
                f"`{shown(self._name)}` was written to while it was read.",
                hint="Run the command again when nothing writes to it any more.",
            )

    def _open(self) -> int:
        try:
            # A pipe put in the file's place must not make us wait: hence O_NONBLOCK.
            return os.open(self._path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        except FileNotFoundError as error:
            raise FileChanged(f"`{shown(self._name)}` vanished while it was read.") from error
        except OSError as error:
            raise StorageError(
                f"`{shown(self._name)}` cannot be read: {error.strerror}.",
                hint="Check its permissions, or name it in `.tdvignore`.",
            ) from error


def signature(status: os.stat_result) -> tuple[int, int, int, int]:
    """What changes when a file is written to or replaced."""
    return (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


def _of_bytes(data: bytes) -> Source:
    return Source(
        BytesIO(data), data, len(data), lambda offset, count: data[offset : offset + count]
    )


def _of_stream(stream: BinaryIO) -> Source:
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


def shown(name: bytes) -> str:
    """A name as messages show it."""
    return name.decode("utf-8", "replace")
