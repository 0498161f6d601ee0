"""What is remembered of units, of whole reports and of paths, in one folder that may be deleted.

    seed        the seed of fingerprints: magic, version, checksum, 8 bytes
    ab/cdef…    parts under a key: of a unit (columns, hits, summary, lists), of a report, of a path
    tmp/        files that are being written

Every name is a hash of the key, the seed included, so that facts with fingerprints of another
seed are never found. Nothing in the folder names a machine; two folders can be laid over each
other. Any number of processes may read, write, trim and delete at once. What the disk refuses is
not remembered, and that is all.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import msgpack
import xxhash

from tdv.analysis.cachefolder import LIMIT_BYTES, SCRATCH, SEED_FILE, kept_files, trim
from tdv.analysis.partfile import Array, Parts, discard, open_parts, write_parts
from tdv.store import files
from tdv.store.cachefile import cache_bytes, read_cache, write_cache

SEED_HEADER = b"TDVSEEDS" + (1).to_bytes(4, "big")
# Reading marks a file as used, at most so often (in seconds), since a mark is a write.
MARK_SECONDS = 3600
# Another process writes the seed right after it made the file; half a second says that it died.
SEED_TRIES, SEED_PAUSE = 50, 0.01
UNIT, REPORT, PATH = "unit", "report", "path"


class Memory:
    """The folder, as one process uses it; it can be pickled for other processes.

    Args:
        folder: `.tdv/cache/analysis`, or whatever `--cache-dir` says; made when first needed.
        limit: bytes that `trim` leaves at most.
        seed: of fingerprints, where they have to be those of another memory.

    Attributes:
        folder: the same.
    """

    def __init__(self, folder: Path, limit: int = LIMIT_BYTES, *, seed: int | None = None) -> None:
        self.folder = folder
        self._limit = limit
        self._seed = seed

    def __getstate__(self) -> dict[str, object]:
        """With the seed: every process must have the same, even where it cannot be kept."""
        self.seed()
        return self.__dict__

    def seed(self) -> int:
        """The seed of fingerprints, 64 bits: drawn once for the folder, else for this object."""
        if self._seed is None:
            self._seed = _seed_in(self.folder)
        return self._seed

    def get(self, unit: bytes, extraction: bytes) -> Parts | None:
        """What is remembered of a unit under an extraction's digest; None when nothing is."""
        return self._get(UNIT, unit, extraction)

    def put(self, unit: bytes, extraction: bytes, parts: Mapping[str, bytes | Array]) -> bool:
        """Remember the parts of a unit; whether that worked."""
        return self._put(parts, UNIT, unit, extraction)

    def report(self, key: bytes) -> bytes | None:
        """A whole report that was kept under that key."""
        found = self._get(REPORT, key)
        return None if found is None else found.payload(REPORT)

    def put_report(self, key: bytes, payload: bytes) -> bool:
        """Keep a whole report; whether that worked."""
        return self._put({REPORT: payload}, REPORT, key)

    def last_sequence(self, path: str, extraction: bytes) -> list[bytes]:
        """The units of the version of a path that was noted last; [] when none was."""
        found = self._get(PATH, path, extraction)
        payload = None if found is None else found.payload(PATH)
        units: list[bytes] = [] if payload is None else msgpack.unpackb(payload)
        return units

    def note_sequence(self, path: str, extraction: bytes, units: Sequence[bytes]) -> bool:
        """Note the units of a path's version, from which facts of the next may be copied."""
        return self._put({PATH: msgpack.packb(list(units))}, PATH, path, extraction)

    def trim(self) -> int:
        """Remove what was not used for longest, down to the limit; the bytes that went."""
        return trim(self.folder, self._limit)

    def _get(self, *key: str | bytes) -> Parts | None:
        path, whole = self._place(key)
        opened = open_parts(path, whole)
        if opened is None:
            return None
        parts, used = opened
        if time.time() - used > MARK_SECONDS:
            with suppress(OSError):
                os.utime(path)
        return parts

    def _put(self, parts: Mapping[str, bytes | Array], *key: str | bytes) -> bool:
        path, whole = self._place(key)
        try:
            write_parts(path, whole, parts, self.folder / SCRATCH)
        except OSError:
            return False
        return True

    def _place(self, key: tuple[str | bytes, ...]) -> tuple[Path, bytes]:
        """The file of a key, and the key as it stands in the file."""
        whole: bytes = msgpack.packb([*key, self.seed()])
        name = xxhash.xxh3_128_hexdigest(whole)
        return self.folder / name[:2] / name[2:], whole


@contextmanager
def temporary() -> Iterator[Memory]:
    """A memory that forgets when it is left: what `--no-cache` works with."""
    with tempfile.TemporaryDirectory(prefix="tdv-", ignore_cleanup_errors=True) as folder:
        yield Memory(Path(folder))


def drop_damaged(folder: Path) -> list[str]:
    """Remove files that do not have their checksums; their names."""
    paths = [Path(each.path) for each in kept_files(folder)]
    for path in paths:
        opened = open_parts(path, None)
        if opened is not None:
            opened[0].check()
    seed = folder / SEED_FILE
    if seed.is_file():
        paths.append(seed)
        if read_cache(seed, SEED_HEADER) is None:
            discard(seed)
    return sorted(str(path.relative_to(folder)) for path in paths if not path.exists())


def _seed_in(folder: Path) -> int:
    """The folder's seed, drawn when it has none; drawn and not kept where it cannot be written."""
    path = folder / SEED_FILE
    payload = read_cache(path, SEED_HEADER)
    if payload is None:
        with suppress(OSError):
            _draw(path)
        payload = read_cache(path, SEED_HEADER)
    return int.from_bytes(payload or os.urandom(8), "big")


def _draw(path: Path) -> None:
    """Give the folder a seed; of several processes at once one does, and the others wait for it."""
    content = cache_bytes(SEED_HEADER, os.urandom(8))
    files.make_folder(path.parent)
    try:
        descriptor = files.create(path)
    except FileExistsError:
        for _ in range(SEED_TRIES):
            if read_cache(path, SEED_HEADER) is not None:
                return
            time.sleep(SEED_PAUSE)
        write_cache(path, SEED_HEADER, os.urandom(8), path.parent / SCRATCH)
        return
    try:
        files.write_all(descriptor, content, path)
    except OSError:
        discard(path)
        raise
    finally:
        os.close(descriptor)
