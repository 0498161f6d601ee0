"""The operation log: a file that is appended to, and whose newest record is the commit point.

    magic "TDVOPLOG", version as 4 bytes, then records:
    length (4 bytes) | payload | BLAKE3-256 of the payload (32 bytes) | length again (4 bytes)

Numbers are little-endian. The length at the end lets the log be read backwards, so that the newest
record costs the same whatever the size of the file.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from blake3 import blake3

from tdv.errors import IntegrityError, ObjectCorrupt, UnsupportedVersion
from tdv.model.operation import CHECKSUM_BYTES, NO_PREVIOUS, OperationRecord
from tdv.store import files

MAGIC = b"TDVOPLOG"
VERSION = 1
HEADER = MAGIC + VERSION.to_bytes(4, "little")
LENGTH_BYTES = 4
OVERHEAD = 2 * LENGTH_BYTES + CHECKSUM_BYTES
# A record with 100,000 changed refs has about 12 MB.
MAX_RECORD = 64 << 20
# One read of this size gets the newest record, unless it changed dozens of refs.
_TAIL = 4096


class Tail(NamedTuple):
    """The end of the log.

    Attributes:
        record: the newest record; None in a log without any, and when `torn`.
        checksum: of that record, or NO_PREVIOUS.
        end: the file's size.
        torn: the file does not end with a whole record. Its writer was stopped or is at work,
            and since it first finished the record before, the small files are up to date.
    """

    record: OperationRecord | None
    checksum: bytes
    end: int
    torn: bool


class OperationLog:
    """Reads and appends the operation records of one repository."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: tuple[tuple[int, int, int], Tail] | None = None

    @staticmethod
    def create(path: Path, scratch: Path) -> OperationLog:
        """A new log without records."""
        files.write_file(path, HEADER, scratch=scratch)
        return OperationLog(path)

    def tail(self) -> Tail:
        """The end of the log as it is now; one stat when nothing was appended since.

        Raises:
            IntegrityError: there is no log, or it does not start as one.
            UnsupportedVersion: another version.
        """
        descriptor = self._open(os.O_RDONLY)
        try:
            stat = os.fstat(descriptor)
            key = (stat.st_ino, stat.st_size, stat.st_mtime_ns)
            if self._seen is None or self._seen[0] != key:
                self._seen = (key, self._read_tail(descriptor, stat.st_size))
            return self._seen[1]
        finally:
            os.close(descriptor)

    def newest(self) -> OperationRecord | None:
        """The newest record, or None in an empty or torn log (see `Tail`)."""
        return self.tail().record

    def backwards(self) -> Iterator[OperationRecord]:
        """Records, newest first; a torn tail is passed over.

        Raises:
            IntegrityError: a record is damaged.
        """
        descriptor = self._open(os.O_RDONLY)
        try:
            end = os.fstat(descriptor).st_size
            if self._read_tail(descriptor, end).torn:
                end = self._whole_end(descriptor, end)
            while end > len(HEADER):
                frame = self._frame_before(descriptor, end)
                record = None if frame is None else decode_frame(frame)
                if frame is None or record is None:
                    raise self._damaged(f"the record that ends at byte {end}")
                yield record
                end -= len(frame)
        finally:
            os.close(descriptor)

    def repair(self) -> Tail:
        """Cut a torn tail off; only under the repository's lock, before anything is appended.

        Returns the tail as it is then, with the newest record.
        """
        descriptor = self._open(os.O_RDWR)
        try:
            with files.refusals(self.path):
                end = self._whole_end(descriptor, os.fstat(descriptor).st_size)
                files.truncate(descriptor, end, self.path)
                files.sync(descriptor, self.path)
        finally:
            os.close(descriptor)
        return self.tail()

    def newest_whole(self) -> OperationRecord | None:
        """The newest whole record, also before a torn tail."""
        return next(self.backwards(), None)

    def append(self, record: OperationRecord) -> None:
        """Append a record and make it durable; only under the repository's lock.

        The log must not be torn. When this fails, the record is taken back as far as the disk
        allows; what is left of it then is a torn tail, or the whole record.
        """
        frame = frame_of(record)
        descriptor = self._open(os.O_RDWR)
        try:
            with files.refusals(self.path):
                end = os.lseek(descriptor, 0, os.SEEK_END)
                try:
                    files.write_all(descriptor, frame, self.path)
                    files.sync(descriptor, self.path)
                except BaseException:
                    with suppress(OSError):
                        files.truncate(descriptor, end, self.path)
                    raise
        finally:
            os.close(descriptor)

    def replace(self, frames: Iterable[bytes], scratch: Path) -> None:
        """Let the log hold those records and no others, in one step; only under the lock.

        Args:
            frames: as `frame_of` makes them, the oldest first, each naming the one before.
            scratch: `.tdv/tmp`.
        """
        files.write_file(self.path, b"".join((HEADER, *frames)), scratch=scratch)

    def _open(self, flags: int) -> int:
        try:
            with files.refusals(self.path):
                descriptor = os.open(self.path, flags | os.O_CLOEXEC)
        except FileNotFoundError:
            raise self._damaged("the file, which is missing") from None
        header = os.pread(descriptor, len(HEADER), 0)
        if header == HEADER:
            return descriptor
        os.close(descriptor)
        if header[: len(MAGIC)] != MAGIC or len(header) != len(HEADER):
            raise self._damaged("its first bytes")
        version = int.from_bytes(header[len(MAGIC) :], "little")
        raise UnsupportedVersion(
            f"The operation log has version {version}; this tdv reads version {VERSION}.",
            hint="A newer tdv wrote it: upgrade with `pip install --upgrade tdv`.",
        )

    def _read_tail(self, descriptor: int, size: int) -> Tail:
        if size == len(HEADER):
            return Tail(None, NO_PREVIOUS, size, torn=False)
        frame = self._frame_before(descriptor, size)
        record = None if frame is None else decode_frame(frame)
        if frame is None or record is None:
            return Tail(None, NO_PREVIOUS, size, torn=True)
        return Tail(record, checksum_of(frame), size, torn=False)

    def _frame_before(self, descriptor: int, end: int) -> bytes | None:
        """The frame of the record that ends there, or None when none can end there."""
        start = max(len(HEADER), end - _TAIL)
        window = os.pread(descriptor, end - start, start)
        if len(window) < OVERHEAD:
            return None
        length = int.from_bytes(window[-LENGTH_BYTES:], "little")
        whole = length + OVERHEAD
        if length > MAX_RECORD or end - whole < len(HEADER):
            return None
        if whole > len(window):
            window = os.pread(descriptor, whole, end - whole)
        frame = window[len(window) - whole :]
        return frame if frame[:LENGTH_BYTES] == frame[-LENGTH_BYTES:] else None

    def _whole_end(self, descriptor: int, size: int) -> int:
        """Where the last whole record ends, found from the front."""
        end = last = len(HEADER)
        while end < size:
            length = int.from_bytes(os.pread(descriptor, LENGTH_BYTES, end), "little")
            stop = end + length + OVERHEAD
            behind = os.pread(descriptor, LENGTH_BYTES, stop - LENGTH_BYTES)
            if not length or stop > size or behind != length.to_bytes(LENGTH_BYTES, "little"):
                break
            last, end = end, stop
        if end > last and decode_frame(os.pread(descriptor, end - last, last)) is None:
            return last
        return end

    def _damaged(self, what: str) -> IntegrityError:
        return IntegrityError(
            f"The operation log {self.path} is damaged: {what}.",
            hint="`tdv fsck` lists everything that is damaged.",
        )


def lost_log() -> IntegrityError:
    """The error of who needs a record where there is none: `init` writes the first."""
    return IntegrityError(
        "The operation log has no record: they are lost.",
        hint="`tdv fsck --repair` begins it again.",
    )


def frame_of(record: OperationRecord) -> bytes:
    """A record as it stands in the log; its checksum is the 32 bytes before the last four."""
    payload = record.to_bytes()
    length = len(payload).to_bytes(LENGTH_BYTES, "little")
    return length + payload + blake3(payload).digest() + length


def frame_at(data: bytes, at: int) -> bytes | None:
    """The whole record that starts there, or None."""
    length = int.from_bytes(data[at : at + LENGTH_BYTES], "little")
    stop = at + length + OVERHEAD
    if not 0 < length <= MAX_RECORD or stop > len(data):
        return None
    if data[stop - LENGTH_BYTES : stop] != data[at : at + LENGTH_BYTES]:
        return None
    frame = data[at:stop]
    return None if decode_frame(frame) is None else frame


def checksum_of(frame: bytes) -> bytes:
    """The checksum of a record, by which the next one names it."""
    return frame[-CHECKSUM_BYTES - LENGTH_BYTES : -LENGTH_BYTES]


def decode_frame(frame: bytes) -> OperationRecord | None:
    """The record in a whole frame, or None when its checksum or its payload is wrong."""
    payload = frame[LENGTH_BYTES : -CHECKSUM_BYTES - LENGTH_BYTES]
    if blake3(payload).digest() != frame[-CHECKSUM_BYTES - LENGTH_BYTES : -LENGTH_BYTES]:
        return None
    try:
        return OperationRecord.from_bytes(payload)
    except ObjectCorrupt:
        return None
