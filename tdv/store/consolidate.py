"""Merging small packs, so that a lookup asks a handful of them after any number of commits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tdv.errors import IntegrityError, ObjectCorrupt, StorageError
from tdv.model.oid import Oid
from tdv.store import files
from tdv.store.decode import damaged, read_entry
from tdv.store.encoding import Encoding
from tdv.store.locks import WAIT_SECONDS
from tdv.store.objects import ObjectStore
from tdv.store.packfile import MAX_PACK, PackWriter, check_entry
from tdv.store.packindex import Row
from tdv.store.packs import Located, Pack

# Larger packs stay as they are: copying them costs more than asking them.
LARGE = 128 << 20
# Each pack has at least so many times the bytes of the next smaller one.
RATIO = 2
# Up to so many packs are left alone whatever their sizes: a merge costs three syncs.
FEW = 6
# With so many to merge, others are asked to let go of the lock: where several processes commit one
# after another there is no moment without a writer, and a lookup asks each pack.
MANY = 24
PATIENCE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Merged:
    """Names of the packs that became one, and of that one."""

    sources: tuple[str, ...]
    pack: str


def consolidate(store: ObjectStore, *, wait: bool = False, large: int = LARGE) -> Merged | None:
    """Merge the smallest packs into one where there are too many.

    Nothing is compressed again: entries are copied as they are. Files that killed commands
    left in `tmp/` are removed on the way.

    Args:
        wait: for the lock, as long as it takes; otherwise for two seconds when packs have piled
            up, and else nothing happens while a command writes objects.
        large: bytes from which a pack is left as it is.

    Returns:
        What was merged, or None when nothing was to be done. When a pack is damaged or the
        disk refuses, all packs are kept; without `wait` that is no error.

    Order: the new pack is synced, renamed into `packs/`, that folder synced; then the old ones
    are removed. After a crash between the two, objects are there twice. Readers go on reading
    removed packs that they have open, and list the packs again when one is gone.

    Raises:
        StorageError: (when waiting) the disk refuses, or the lock cannot be had.
        ObjectCorrupt: (when waiting) a pack is damaged; its name and place are told.
    """
    store.packs.refresh()
    chosen = choose(store.packs.all(), large)
    if not chosen and not _unfinished(store):
        return None
    patience = PATIENCE_SECONDS if len(chosen) >= MANY else 0.0
    try:
        with (
            store.lock.exclusive(WAIT_SECONDS if wait else patience),
            files.refusals(store.packs.folder),
        ):
            _sweep(store)
            store.packs.finish_replacing()
            store.packs.refresh()
            packs = choose(store.packs.all(), large)
            return _merge(store, packs) if packs else None
    except (IntegrityError, StorageError, OSError):
        # Unasked, this follows a command that has done its work; that must not fail for it.
        if wait:
            raise
        return None


def choose(packs: Sequence[Pack], large: int = LARGE) -> list[Pack]:
    """The packs to merge so that sizes are geometric; none, or two at least.

    As `git repack --geometric`: the largest run of packs at the top that is geometric stays,
    shortened until the merged rest is small enough to stand below it.
    """
    small = sorted((pack for pack in packs if pack.size < large), key=lambda pack: pack.size)
    if len(small) <= FEW:
        return []
    end = len(small)
    while end > 1 and small[end - 1].size >= RATIO * small[end - 2].size:
        end -= 1
    if end <= 1:
        return []
    total = 0
    chosen: list[Pack] = []
    for number, pack in enumerate(small):
        if total + pack.size > MAX_PACK or (number >= end and pack.size >= RATIO * total):
            break
        chosen.append(pack)
        total += pack.size
    return chosen if len(chosen) > 1 else []


def _merge(store: ObjectStore, packs: Sequence[Pack]) -> Merged:
    folder = store.packs.folder
    best = _best_copies(packs)
    files.make_folder(store.folder / "tmp")
    writer = PackWriter(store.folder / "tmp")
    try:
        for pack in packs:
            for oid, row in sorted(pack.index.entries(), key=lambda item: item[1].offset):
                if best.get(oid) == (pack, row):
                    writer.copy(oid, _checked(Located(oid, row, pack)), row.decodes)
                    del best[oid]
        target = writer.finish(folder)
    finally:
        writer.discard()
    files.sync_folder(folder)
    for pack in packs:
        if pack.path != target:
            files.unlink(pack.path)
    files.sync_folder(folder)
    store.packs.refresh()
    return Merged(tuple(pack.name for pack in packs), target.name)


def _best_copies(packs: Sequence[Pack]) -> dict[Oid, tuple[Pack, Row]]:
    """Of each object the copy that can be a base, and that needs the fewest others."""
    best: dict[Oid, tuple[Pack, Row]] = {}
    for pack in packs:
        for oid, row in pack.index.entries():
            known = best.get(oid)
            if known is None or _rank(row) < _rank(known[1]):
                best[oid] = pack, row
    return best


def _rank(row: Row) -> tuple[bool, int]:
    return row.encoding == Encoding.MEMBER, row.decodes


def _checked(found: Located) -> bytes:
    data, head = read_entry(found)
    try:
        check_entry(data, head)
    except ObjectCorrupt as error:
        raise damaged(found, error) from error
    return data


def _sweep(store: ObjectStore) -> None:
    """Remove packs that were never finished; under the exclusive lock nobody writes one."""
    for path in _unfinished(store):
        files.unlink(path)


def _unfinished(store: ObjectStore) -> list[Path]:
    return list((store.folder / "tmp").glob("pack-*"))
