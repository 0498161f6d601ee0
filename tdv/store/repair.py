"""Reading a pack without its index: finding its entries, and building the index again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from pathlib import Path

from tdv.errors import IntegrityError, ObjectCorrupt, ObjectMissing, StorageError
from tdv.model.oid import Kind, Oid, oid_of
from tdv.store import files
from tdv.store.decode import Decoder
from tdv.store.encoding import MAX_BESIDE, Encoding
from tdv.store.objects import ObjectStore
from tdv.store.packfile import (
    BASE_BYTES,
    HEADER,
    EntryHead,
    PackWriter,
    check_entry,
    read_head,
)
from tdv.store.packindex import Row
from tdv.store.packs import Descriptors, Located, Pack

# A head has at most 1 + 5 + 5 + 1 + 3 * 12 + 5 + 4 bytes; that of a group beside chunks more.
_HEAD = 64
_LONG_HEAD = 64 + MAX_BESIDE * BASE_BYTES
_BESIDE = Kind.GROUP << 4 | Encoding.BESIDE


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a pack that is not as it should be.

    Attributes:
        oid: of the object concerned, where it is known.
        offset: of the entry in the pack, or None when the pack as a whole is meant.
    """

    pack: str
    oid: Oid | None
    offset: int | None
    message: str


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A pack with a new index.

    Attributes:
        kept: how many objects it has.
        lost: what of the old one is not in it, and why.
    """

    path: Path
    kept: int
    lost: tuple[Problem, ...]


def verify_pack(path: Path) -> Iterator[Problem]:
    """What is wrong with a pack by itself: its ends, its index, the checksums of its entries.

    Entries are not decoded, since their bases may lie in other packs. The first problem does
    not end the search: where the index cannot be found, the entries are looked for.
    """
    try:
        pack = Pack(path, Descriptors(1))
    except IntegrityError as error:
        yield Problem(path.name, None, None, error.message)
        yield from _gaps(path)
        return
    if not pack.index_is_whole():
        yield Problem(path.name, None, None, f"The index of {path} is damaged.")
    for oid, row in sorted(pack.index.entries(), key=lambda entry: entry[1].offset):
        try:
            data = pack.read(row.offset, row.length)
            head = read_head(data)
            check_entry(data, head)
            if (data[0], head.size + head.stored) != (row.form, row.length):
                raise ObjectCorrupt("The index says otherwise than the entry.")
        except ObjectCorrupt as error:
            yield Problem(path.name, oid, row.offset, error.message)


def rebuild_index(store: ObjectStore, path: Path) -> Rebuilt:
    """Write a pack again from its entries alone, and put it in the old one's place.

    Oids are computed from payloads, so each object in the new pack is whole. A pack of which
    only the index was damaged gets the very bytes, and so the name, that it had.

    Raises:
        StorageError: the disk refuses.
    """
    with store.lock.exclusive():
        entries, lost = _entries(path)
        search = _Search(store, path, entries)
        search.run()
        lost += [
            Problem(path.name, None, offset, "Its payload cannot be decoded.")
            for offset in search.unknown
        ]
        target = _write(store, path, search)
    return Rebuilt(target, len(search.found), tuple(lost))


class _Search:
    """Finds the oids of entries: of those that need no other first, then of what needs them."""

    def __init__(self, store: ObjectStore, path: Path, entries: dict[int, EntryHead]) -> None:
        self._store = store
        self._source = _File(path)
        self._decoder = Decoder(self._copies, store.payloads, store.dictionaries)
        self._by_prefix: dict[bytes, Located] = {}
        self.unknown = dict(entries)
        self.found: dict[Oid, Located] = {}

    def run(self) -> None:
        """Look until nothing more is found."""
        count = -1
        while count != len(self.found):
            count = len(self.found)
            for offset, head in list(self.unknown.items()):
                self._try(offset, head)

    def entry(self, place: Located) -> bytes:
        """The bytes of an entry."""
        return self._source.read(place.row.offset, place.row.length)

    def _try(self, offset: int, head: EntryHead) -> None:
        form = head.kind << 4 | head.encoding
        row = Row(offset, head.size + head.stored, form, head.decodes)
        try:
            payload = self._decoder.payload(Located(Oid(bytes(32)), row, self._source))
        except (ObjectMissing, ObjectCorrupt):
            return
        oid = oid_of(head.kind, payload)
        place = Located(oid, row, self._source)
        self.found[oid] = self._by_prefix[oid[:BASE_BYTES]] = place
        del self.unknown[offset]

    def _copies(self, key: bytes) -> Iterator[Located]:
        place = self._by_prefix.get(key[:BASE_BYTES])
        if place is not None:
            yield place
        for copy in self._store.packs.copies(key):
            if copy.source.name != self._source.name:
                yield copy


class _File:
    """The bytes of a pack that may not open as one."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self._path = path
        self._descriptors = Descriptors(1)

    def read(self, offset: int, length: int) -> bytes:
        """That many bytes from that place; fewer at the end of the file."""
        return os.pread(self._descriptors.get(self._path).number, length, offset)


def _write(store: ObjectStore, path: Path, search: _Search) -> Path:
    folder = store.packs.folder
    with files.refusals(folder):
        files.make_folder(store.folder / "tmp")
        writer = PackWriter(store.folder / "tmp")
        try:
            for oid, place in sorted(search.found.items(), key=lambda item: item[1].row.offset):
                writer.copy(oid, search.entry(place), place.row.decodes)
            target = writer.finish(folder)
        finally:
            writer.discard()
        files.sync_folder(folder)
        if target != path:
            files.unlink(path)
            files.sync_folder(folder)
    # The old file may be open under the name that the new one has.
    store.packs.forget()
    return target


def _gaps(path: Path) -> Iterator[Problem]:
    """The places in a pack without a usable index where no entry is."""
    yield from _entries(path)[1]


def _entries(path: Path) -> tuple[dict[int, EntryHead], list[Problem]]:
    """The entries of a pack by offset, found by their checksums alone.

    Behind a damaged entry the next is looked for at every byte; that something else has the
    checksum of an entry by chance happens once in 2**32 places that look like one.
    """
    entries: dict[int, EntryHead] = {}
    problems: list[Problem] = []
    end = _index_place(path)
    try:
        with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
            at, gap = HEADER.size, -1
            while at < (len(data) if end is None else end):
                head = _entry_at(data, at)
                if head is None:
                    gap = at if gap < 0 else gap
                    at += 1
                    continue
                if gap >= 0:
                    problems.append(Problem(path.name, None, gap, "An entry is damaged."))
                    gap = -1
                entries[at] = head
                at += head.size + head.stored
    except (OSError, ValueError) as error:
        raise StorageError(f"{path} cannot be read: {error}.") from error
    if gap >= 0 and end is not None:
        problems.append(Problem(path.name, None, gap, "An entry is damaged."))
    return entries, problems


def _index_place(path: Path) -> int | None:
    """Where the entries end, as far as the pack still says so."""
    try:
        return Pack(path, Descriptors(1)).place
    except ObjectCorrupt:
        return None


def _entry_at(data: mmap, at: int) -> EntryHead | None:
    try:
        head = read_head(data[at : at + (_LONG_HEAD if data[at] == _BESIDE else _HEAD)])
        check_entry(data[at : at + head.size + head.stored], head)
    except ObjectCorrupt:
        return None
    return head
