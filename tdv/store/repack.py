"""Writing packs anew: entries copied as they are, put into groups, or encoded again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from tdv.errors import ObjectCorrupt, StorageError
from tdv.model.oid import Kind, Oid
from tdv.store import files
from tdv.store.decode import damaged, read_entry
from tdv.store.delta import compress_delta
from tdv.store.encoding import LEVEL as FAST_LEVEL
from tdv.store.encoding import Encoding, compress, decompress, decompress_beside
from tdv.store.groups import LEVEL, Entry, group_entries
from tdv.store.objects import ObjectStore
from tdv.store.packfile import HEADER, TRAILER_BYTES, PackWriter, check_entry, read_head, write_head
from tdv.store.packindex import index_bytes
from tdv.store.packs import Located, Pack


class Repacking:
    """Writes the packs that take the place of others; only under the exclusive lock.

    Args:
        dry: count what would be written, and write nothing.

    Attributes:
        size: bytes of the new packs, the one being written included.
    """

    def __init__(self, store: ObjectStore, *, dry: bool = False) -> None:
        self._store = store
        self._dry = dry
        self._pack: PackWriter | None = None
        self._finished: list[Path] = []
        self._bytes = 0  # of entries since the last pack began, when dry
        self._count = 0
        self._full = 0

    @property
    def size(self) -> int:
        if not self._count:
            return self._full
        return self._full + HEADER.size + self._bytes + index_bytes(self._count) + TRAILER_BYTES

    def copy(self, found: Located) -> None:
        """Take an entry over as it is; ObjectCorrupt when its checksum is wrong."""
        data, head = read_entry(found)
        try:
            check_entry(data, head)
        except ObjectCorrupt as error:
            raise damaged(found, error) from error
        self.add(Entry(found.oid, data, b"", head.decodes))

    def add(self, entry: Entry) -> None:
        """Write an entry."""
        length = len(entry.head) + len(entry.stored)
        rest = index_bytes(self._count + 1) + TRAILER_BYTES
        if self._count and HEADER.size + self._bytes + length + rest > self._store.max_pack:
            self._end_pack()
        self._bytes += length
        self._count += 1
        if self._dry:
            return
        if self._pack is None:
            files.make_folder(self._store.folder / "tmp")
            files.make_folder(self._store.packs.folder)
            self._pack = PackWriter(self._store.folder / "tmp")
        self._pack.add(*entry)

    def group(
        self, members: Sequence[tuple[Oid, Kind, bytes]], beside: Sequence[tuple[Oid, bytes]]
    ) -> None:
        """Write a group, which is decoded once to see that it gives its members back.

        Raises:
            StorageError: it does not.
        """
        entries = group_entries(members, beside)
        _verify(entries[0], members, beside)
        for entry in entries:
            self.add(entry)

    def finish(self) -> list[Path]:
        """Make the new packs durable and visible; their paths."""
        self._end_pack()
        if self._finished:
            files.sync_folder(self._store.packs.folder)
        return self._finished

    def discard(self) -> None:
        """Remove what was not finished."""
        if self._pack is not None:
            self._pack.discard()

    def _end_pack(self) -> None:
        self._full = self.size
        self._bytes = self._count = 0
        if self._pack is not None:
            self._finished.append(self._pack.finish(self._store.packs.folder))
            self._pack = None


def replace_packs(store: ObjectStore, old: Iterable[Pack], new: Sequence[Path]) -> None:
    """Remove packs whose objects that are needed are in others, which are durable."""
    store.packs.replace([pack.path for pack in old if pack.path not in new], store.folder / "tmp")


def encode_alone(
    oid: Oid, kind: Kind, payload: bytes, base: tuple[Oid, bytes] | None = None
) -> Entry:
    """The smallest entry of an object that needs at most one other, itself stored in full."""
    # What repeats nothing gets smaller at the fast level, which does not look for it.
    forms = [compress(payload, level) for level in (LEVEL, FAST_LEVEL)]
    stored = min((form for form in forms if form is not None), key=len, default=None)
    if base is not None:
        delta = compress_delta(payload, [base[1]], LEVEL)
        if delta is not None and (stored is None or len(delta) < len(stored)):
            head = write_head(kind, Encoding.DELTA, len(payload), delta, [base[0]], 1)
            return Entry(oid, head, delta, 1)
    if stored is None:
        return Entry(oid, write_head(kind, Encoding.RAW, len(payload), payload), payload)
    return Entry(oid, write_head(kind, Encoding.PLAIN, len(payload), stored), stored)


def _verify(
    group: Entry, members: Sequence[tuple[Oid, Kind, bytes]], beside: Sequence[tuple[Oid, bytes]]
) -> None:
    head = read_head(group.head)
    content = b"".join(payload for _, _, payload in members)
    if head.encoding == Encoding.BESIDE:
        again = decompress_beside(group.stored, head.raw, b"".join(data for _, data in beside))
    elif head.encoding == Encoding.PLAIN:
        again = decompress(group.stored, head.raw)
    else:
        again = group.stored
    if again != content:
        raise StorageError("A group could not be compressed; nothing was changed.")
