"""The folder of `memory`: which files are its own, and how it stays small.

Nothing else in the folder is ever removed: it may be one that the user keeps other things in.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from tdv.store import files

SEED_FILE, SCRATCH = "seed", "tmp"
# Facts of some 30 million rows.
LIMIT_BYTES = 2_000_000_000
# Trimming goes below the limit, so that the next command need not trim again.
TRIMMED_TO = 0.9
# What is older than this (in seconds) in tmp/ was left by a process that was killed.
LEFT_SECONDS = 3600
_FOLDER = re.compile("[0-9a-f]{2}")
_FILE = re.compile("[0-9a-f]{30}")
_TEMPORARY = re.compile("(?:[0-9a-f]{30}|seed)[.][0-9a-f]{16}")


class Kept(NamedTuple):
    """A file of the folder; the one that was not used for longest comes first."""

    used: float
    path: str
    size: int


def kept_files(folder: Path) -> Iterator[Kept]:
    """The files that hold what is remembered, without the seed, in no order."""
    for below in _listed(folder, _FOLDER):
        yield from _files(Path(below.path), _FILE)


def trim(folder: Path, limit: int, *, dry_run: bool = False) -> int:
    """Remove files that were not used for longest, until the others fit into the limit.

    What killed processes left goes as well.

    Returns:
        The bytes that went, or would go.
    """
    now = time.time()
    left = [each for each in _files(folder / SCRATCH, _TEMPORARY) if now - each.used > LEFT_SECONDS]
    kept = list(kept_files(folder))
    over = sum(each.size for each in kept) - limit
    if over > 0:
        over += round(limit * (1 - TRIMMED_TO))
        for each in sorted(kept):
            if over <= 0:
                break
            left.append(each)
            over -= each.size
    if not dry_run:
        _remove(left)
    return sum(each.size for each in left)


def clear(folder: Path) -> None:
    """Forget everything, the seed included."""
    _remove([*kept_files(folder), *_files(folder / SCRATCH, _TEMPORARY)])
    with suppress(OSError):
        files.unlink(folder / SEED_FILE)


def _remove(kept: list[Kept]) -> None:
    for each in kept:
        with suppress(OSError):
            files.unlink(Path(each.path))


def _files(folder: Path, names: re.Pattern[str]) -> Iterator[Kept]:
    for each in _listed(folder, names):
        with suppress(OSError):  # another process may remove it
            stat = each.stat(follow_symlinks=False)
            yield Kept(stat.st_mtime, each.path, stat.st_size)


def _listed(folder: Path, names: re.Pattern[str]) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return [entry for entry in entries if names.fullmatch(entry.name)]
    except OSError:
        return []
