"""Files of `.tdv/cache`: a header, a checksum, a payload; whole or as good as none.

They are renamed into their place without a sync, since what they hold can be computed again: a
torn one has a wrong checksum.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import xxhash

from tdv.store import files

CHECKSUM_BYTES = 16
# A magic and a version.
HEADER_BYTES = 12


def read_cache(path: Path, header: bytes) -> memoryview | None:
    """The payload; None when there is no such file, or it is torn or of another version."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    payload = memoryview(data)[len(header) + CHECKSUM_BYTES :]
    whole = header + xxhash.xxh3_128_digest(payload)
    return payload if data.startswith(whole) else None


def drop_damaged(folder: Path) -> list[str]:
    """Remove cache files that do not have their checksum; their names."""
    dropped = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.is_file():
            data = path.read_bytes()
            start = HEADER_BYTES + CHECKSUM_BYTES
            if xxhash.xxh3_128_digest(data[start:]) != data[HEADER_BYTES:start]:
                files.unlink(path)
                dropped.append(path.name)
    return dropped


def cache_bytes(header: bytes, payload: bytes) -> bytes:
    """The content of the file."""
    return header + xxhash.xxh3_128_digest(payload) + payload


def write_cache(path: Path, header: bytes, payload: bytes, scratch: Path) -> None:
    """Replace the file in one step; its folder may have been deleted, and is made again.

    Args:
        scratch: a folder on the same file system for the temporary file (`.tdv/tmp`).

    Raises:
        OSError: the disk refuses; the old file is still there.
    """
    temporary = scratch / f"{path.name}.{os.urandom(8).hex()}"
    try:
        files.make_folder(path.parent)
        files.make_folder(scratch)
        descriptor = files.create(temporary)
        try:
            files.write_all(descriptor, cache_bytes(header, payload), temporary)
        finally:
            os.close(descriptor)
        files.rename(temporary, path)
    except OSError:
        with suppress(OSError):
            files.unlink(temporary)
        raise
