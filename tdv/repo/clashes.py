"""Names that some file systems take for one: refused, since one file would replace the other."""

from __future__ import annotations

from collections.abc import Iterable

from tdv.errors import PathError
from tdv.model.names import fold
from tdv.repo.statcache import StatCache
from tdv.repo.worktree import folders_above, join


def refuse_clashes(cache: StatCache, added: Iterable[bytes]) -> None:
    """Refuse a stage in which two names of a folder differ only in case or normal form.

    Args:
        cache: the files of the stage as it is to be.
        added: the files that are new in it; only their folders are looked at.

    Raises:
        PathError: two names clash.
    """
    folders = {path.rpartition(b"/")[0] for path in added}
    if not folders:
        return
    folders = folders_above(folders) | {b""}
    below: dict[bytes, list[bytes]] = {folder: [] for folder in folders}
    for path in folders_above(folder for folder in cache.folders() if cache.names(folder)):
        parent, _, name = path.rpartition(b"/")
        if parent in below:
            below[parent].append(name)
    for folder, names in below.items():
        seen: dict[bytes, bytes] = {}
        for name in (*cache.names(folder), *names):
            other = seen.setdefault(fold(name), name)
            if other != name:
                raise _clash(join(folder, other), join(folder, name))


def _clash(one: bytes, other: bytes) -> PathError:
    names = " and ".join(f"`{path.decode('utf-8', 'backslashreplace')}`" for path in (one, other))
    return PathError(
        f"{names} are one name on file systems that ignore case or Unicode form, so that one "
        "would replace the other there.",
        hint="Rename one of them, or list it in `.tdvignore`.",
    )
