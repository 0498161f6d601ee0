"""Behind a purge: what holds the row's bytes and is no version of its file."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Set
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from tdv.analysis.cachefolder import clear
from tdv.model.oid import Kind, Oid
from tdv.ops.progress import SILENT, Progress
from tdv.ops.upkeep.gcsurvey import Survey
from tdv.repo import layout
from tdv.repo.remembered import cache_folder
from tdv.repo.roots import present_roots
from tdv.store import files

if TYPE_CHECKING:
    from tdv.repo.repository import Repo
    from tdv.store.objects import ObjectStore

# A slice of a file that a dictionary is made of may hold a part of the row: so much of its start
# or of its end is taken for that.
FRAGMENT = 12
# Where the value is still found: so many places are named.
NAMED = 20


def tainted_dictionaries(
    store: ObjectStore, bodies: Set[bytes], needles: tuple[bytes, ...]
) -> set[Oid]:
    """Dictionaries that hold the row, a part of it or its key."""
    wanted = {*needles}
    for body in bodies:
        wanted |= {body[:FRAGMENT], body[-FRAGMENT:]} if len(body) > FRAGMENT else {body}
    wanted.discard(b"")
    found = set()
    for oid, kind in list(store.iter_objects()):
        if kind == Kind.DICTIONARY and oid not in found:
            content = store.get(oid, kind)
            if any(needle in content for needle in wanted):
                found.add(oid)
    return found


def clear_files(repo: Repo) -> None:
    """Remove what can be made again or was put aside: cache/, tmp/, damaged/.

    What analyses remember in a folder elsewhere goes too. One that is running may write there
    again; it has read the row before it was erased.
    """
    cache = cache_folder(repo.config, repo.folder)
    if cache is not None:
        clear(cache)
    folder = repo.folder
    for name in (layout.CACHE, layout.TMP, layout.DAMAGED):
        path = folder / name
        for below in sorted(path.rglob("*"), reverse=True) if path.is_dir() else ():
            with files.refusals(below):
                if below.is_dir() and not below.is_symlink():
                    _remove_folder(below)
                else:
                    files.unlink(below)
    damaged = folder / layout.DAMAGED
    if damaged.is_dir():
        files.remove_folder(damaged)


def _remove_folder(path: Path) -> None:
    """Remove a folder, unless another process has put something there meanwhile."""
    try:
        files.remove_folder(path)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise


def left_in(
    repo: Repo, bodies: Set[bytes], needles: tuple[bytes, ...], progress: Progress
) -> tuple[str, ...]:
    """Where the row or its key's value is still found, in words.

    Every object is decoded and searched, and so is every other file of the repository.
    """
    wanted = [*needles, *(body for body in bodies if len(body) >= FRAGMENT)]
    return tuple(islice(_places(repo, wanted, progress), NAMED))


def _places(repo: Repo, wanted: list[bytes], progress: Progress) -> Iterator[str]:
    store = repo.store
    store.packs.refresh()
    objects = dict(store.iter_objects())
    survey: Survey | None = None
    progress.step("Searching what is left", len(objects), "objects")
    for oid, kind in objects.items():
        progress.advance()
        payload = store.get(oid, kind)
        if kind != Kind.GROUP and any(needle in payload for needle in wanted):
            survey = survey or _survey(repo)
            names = sorted(
                path.decode("utf-8", "backslashreplace") for path in survey.files_of(oid)
            )
            yield f"{kind.name.lower()} {oid}" + (f" of {', '.join(names)}" if names else "")
    for above, _, names in os.walk(repo.folder):
        for name in names:
            path = Path(above, name)
            inside = path.relative_to(repo.folder)
            if inside.parts[0] == layout.PACKS:
                continue
            try:
                data = path.read_bytes() + os.fsencode(inside)
            except FileNotFoundError:  # of the cache, where others are at work
                continue
            if any(needle in data for needle in wanted):
                yield f"the file .tdv/{inside}"


def _survey(repo: Repo) -> Survey:
    """Which file each object belongs to."""
    survey = Survey(repo.store, SILENT)
    survey.walk([*present_roots(repo), *(oid for _, oid in repo.refs.items())])
    return survey
