"""Writing what gc planned, or counting what that would take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tdv.model.oid import Kind
from tdv.ops.progress import Progress
from tdv.ops.upkeep.gcplan import Plan
from tdv.store import files
from tdv.store.packs import Located, Pack
from tdv.store.repack import Repacking, encode_alone

if TYPE_CHECKING:
    from tdv.store.objects import ObjectStore

INDEX_ROW = 42


@dataclass(frozen=True)
class Written:
    """New packs that nobody sees yet.

    Attributes:
        replaced: the packs whose place they take; all others stay as they are.
        size: bytes of all packs afterwards.
        groups: how many groups were written.
    """

    repacking: Repacking
    replaced: list[Pack]
    size: int
    groups: int

    def finish(self) -> list[Path]:
        """Make the new packs durable and visible; their paths."""
        try:
            return self.repacking.finish()
        finally:
            self.repacking.discard()


def write(
    store: ObjectStore, decided: Plan, packs: Sequence[Pack], dry: bool, progress: Progress
) -> Written:
    """Write the packs that a plan asks for, as far as they are not there already.

    Raises:
        ObjectMissing, ObjectCorrupt: something that is needed cannot be read.
        StorageError: the disk refuses.
    """
    replaced = [pack for pack in packs if not _stays(pack, decided)]
    repacking = Repacking(store, dry=dry)
    try:
        with files.refusals(store.packs.folder):
            _write(repacking, store, decided, {pack.name for pack in replaced}, progress)
    except BaseException:
        repacking.discard()
        raise
    untouched = sum(pack.size for pack in packs) - sum(pack.size for pack in replaced)
    return Written(repacking, replaced, untouched + repacking.size, len(decided.groups))


def stored_bytes(place: Located) -> int:
    """What an object takes in its pack, index row included."""
    return place.row.length + INDEX_ROW


def _stays(pack: Pack, decided: Plan) -> bool:
    return all(
        decided.copied.get(oid) == Located(oid, row, pack) for oid, row in pack.index.entries()
    )


def _write(
    repacking: Repacking,
    store: ObjectStore,
    decided: Plan,
    replaced: set[str],
    progress: Progress,
) -> None:
    copied = [place for place in decided.copied.values() if place.source.name in replaced]
    progress.step("Writing packs", len(copied) + len(decided.recoded), "objects")
    for place in sorted(copied, key=lambda place: (place.source.name, place.row.offset)):
        repacking.copy(place)
        progress.advance()
    for oid, kind, base in decided.recoded:
        beside = None if base is None else (base, store.get(base, Kind.CHUNK))
        repacking.add(encode_alone(oid, kind, store.get(oid, kind), beside))
        progress.advance()
    progress.step("Writing groups", len(decided.groups), "groups")
    for group in decided.groups:
        members = [(oid, kind, store.get(oid, kind)) for oid, kind in group.members]
        repacking.group(members, [(oid, store.get(oid, Kind.CHUNK)) for oid in group.beside])
        progress.advance()
