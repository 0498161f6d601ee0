"""Counts of changed rows, remembered: `.tdv/cache/rows`.

Kept under the keys of the two entries that were compared and the key fields, so that a count
holds wherever and whenever the same two contents meet again. Deletable; a damaged file is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import astuple
from pathlib import Path

import msgpack
from blake3 import blake3

from tdv.model.codec import pack
from tdv.repo import layout
from tdv.rowdiff.changes import RowCounts
from tdv.store.cachefile import read_cache, write_cache

MAGIC = b"TDVROWCS"
VERSION = 1
HEADER = MAGIC + VERSION.to_bytes(4, "big")
# About 2 MB; the oldest go first.
MAX_COUNTS = 50_000


class RowCountCache:
    """The remembered counts of one repository; `save` keeps what was added.

    Args:
        folder: `.tdv`.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / layout.CACHE / "rows"
        self._scratch = folder / layout.TMP
        self._counts: dict[bytes, list[int]] | None = None
        self._changed = False

    def get(self, old: bytes, new: bytes, key: Sequence[str]) -> RowCounts | None:
        """The counts of two entries, named by their keys, or None."""
        found = self._loaded().get(_name(old, new, key))
        if found is None:
            return None
        added, removed, changed, moved, formatted, reordered, separators = found
        return RowCounts(
            added, removed, changed, moved, formatted, bool(reordered), bool(separators)
        )

    def put(self, old: bytes, new: bytes, key: Sequence[str], counts: RowCounts) -> None:
        """Remember the counts of two entries."""
        self._loaded()[_name(old, new, key)] = [int(value) for value in astuple(counts)]
        self._changed = True

    def save(self) -> None:
        """Replace the file; that it cannot be written is no reason for a command to fail."""
        if not self._changed or self._counts is None:
            return
        newest = dict(list(self._counts.items())[-MAX_COUNTS:])
        payload: bytes = msgpack.packb(newest, use_bin_type=True)
        with suppress(OSError):
            write_cache(self._path, HEADER, payload, self._scratch)
        self._changed = False

    def _loaded(self) -> dict[bytes, list[int]]:
        if self._counts is None:
            self._counts = self._read()
        return self._counts

    def _read(self) -> dict[bytes, list[int]]:
        payload = read_cache(self._path, HEADER)
        if payload is None:
            return {}
        counts: dict[bytes, list[int]] = msgpack.unpackb(payload, strict_map_key=False)
        return counts


def _name(old: bytes, new: bytes, key: Sequence[str]) -> bytes:
    return blake3(pack(1, [old, new, list(key)])).digest(length=16)
