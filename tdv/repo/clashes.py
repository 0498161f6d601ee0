"""Names that some file systems take for one: refused, since one file would replace the other."""

from __future__ import annotations

from collections.abc import Iterable

from tdv.errors import PathError
from tdv.model.names import fold
from tdv.repo.statcache import StatCache
from tdv.repo.worktree import folders_above, join

# So many new names are searched for in a folder, instead of folding all of its names.
FEW = 8


def refuse_clashes(cache: StatCache, added: Iterable[bytes]) -> None:
    """Refuse a stage in which two names of a folder differ only in case or normal form.

    Args:
        cache: the files of the stage as it is to be.
        added: the files that are new in it; only their folders are looked at.

    Raises:
        PathError: two names clash.
    """
    fresh: dict[bytes, set[bytes]] = {}
    for path in added:
        while path:
            folder, _, name = path.rpartition(b"/")
            names = fresh.setdefault(folder, set())
            if name in names:
                break
            names.add(name)
            path = folder
    below: dict[bytes, list[bytes]] = {folder: [] for folder in fresh}
    for path in folders_above(cache.folders()) if fresh else ():
        parent, _, name = path.rpartition(b"/")
        if parent in below:
            below[parent].append(name)
    for folder, names in fresh.items():
        if not _surely_alone(cache, folder, names, below[folder]):
            _refuse_clashes_in(cache, folder, below[folder])


def _surely_alone(cache: StatCache, folder: bytes, fresh: set[bytes], below: list[bytes]) -> bool:
    """Whether a few new names clash with none, as far as a search in the packed names tells."""
    if len(fresh) > FEW:
        return False
    for name in fresh:
        folded = fold(name)
        files = cache.records(folder).count_folded(folded)
        if files is None or files + sum(fold(other) == folded for other in below) > 1:
            return False
    return True


def _refuse_clashes_in(cache: StatCache, folder: bytes, below: list[bytes]) -> None:
    seen: dict[bytes, bytes] = {}
    for name in (*cache.names(folder), *below):
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
