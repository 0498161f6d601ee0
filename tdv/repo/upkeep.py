"""When a repository is worth a `gc`: how many objects came since the last one."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from tdv.repo import layout
from tdv.store.cachefile import read_cache, write_cache

if TYPE_CHECKING:
    from tdv.repo.repository import Repo

HEADER = b"TDVGCOLL" + (1).to_bytes(4, "big")
FILE = "gc"
# Looking an object up in a few small packs costs little, so this is about disk: some thousand
# versions of a file.
OBJECTS = 10_000


def due(repo: Repo) -> bool:
    """Whether so many objects came since the last `gc` that another is worth its time.

    Setting `gc.auto` says how many; 0 is never.
    """
    limit = int(repo.config.get("gc.auto") or OBJECTS)
    return limit > 0 and objects(repo) - _before(repo) >= limit


def note_collected(repo: Repo) -> None:
    """Remember how many objects a `gc` left."""
    path = repo.folder / layout.CACHE / FILE
    payload = objects(repo).to_bytes(8, "big")
    with suppress(OSError):  # then gc is suggested too early
        write_cache(path, HEADER, payload, repo.folder / layout.TMP)


def objects(repo: Repo) -> int:
    """How many objects the packs hold, copies counted."""
    return sum(pack.index.count for pack in repo.store.packs.all())


def _before(repo: Repo) -> int:
    payload = read_cache(repo.folder / layout.CACHE / FILE, HEADER)
    return int.from_bytes(payload or b"", "big")
