"""Reading a pack without its index: finding its entries, and building the index again."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from pathlib import Path

from tdv.errors import IntegrityError, ObjectCorrupt, ObjectMissing, StorageError
from tdv.model.oid import Kind, Oid, oid_of
from tdv.store import files
from tdv.store.decode import Decoder, Dictionaries, Payloads
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
        path: of the new one, None when it would be empty.
        kept: how many objects it has.
        lost: what of the old one is not in it, and why.
    """

    path: Path | None
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
        (rebuilt,) = salvage(store, [path])
        with files.refusals(store.packs.folder):
            if rebuilt.path != path:
                files.unlink(path)
                files.sync_folder(path.parent)
        store.packs.forget()
    return rebuilt


def salvage(store: ObjectStore, paths: Sequence[Path]) -> list[Rebuilt]:
    """Write what is whole in damaged packs into new ones; only under the exclusive lock.

    The packs may need one another's objects. They stay where they are, those aside whose
    entries are all whole and in place: these are replaced, under their own name.

    Raises:
        StorageError: the disk refuses.
    """
    search = _Search(store)
    problems = {path: search.take(path) for path in paths}
    search.run()
    rebuilt = []
    for path, lost in problems.items():
        lost += search.unknown_in(path)
        found = search.found_in(path)
        rebuilt.append(Rebuilt(_write(store, found), len(found), tuple(lost)))
    if any(each.path for each in rebuilt):
        with files.refusals(store.packs.folder):
            files.sync_folder(store.packs.folder)
    # An old file may be open under the name that a new one has.
    store.packs.forget()
    return rebuilt


class _Search:
    """Finds the oids of entries: of those that need no other first, then of what needs them."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._sources: dict[str, _File] = {}
        # What was decoded before may have come from what is damaged now.
        self._decoder = Decoder(self._copies, Payloads(), Dictionaries())
        self._by_prefix: dict[bytes, Located] = {}
        self._unknown: dict[tuple[str, int], EntryHead] = {}
        self._found: dict[str, list[Located]] = {}

    def take(self, path: Path) -> list[Problem]:
        """Look for the entries of a pack; what is in it besides."""
        entries, problems = _entries(path)
        self._sources[path.name] = _File(path)
        self._found[path.name] = []
        self._unknown.update({(path.name, at): head for at, head in entries.items()})
        return problems

    def run(self) -> None:
        """Look until nothing more is found."""
        count = -1
        while count != len(self._unknown):
            count = len(self._unknown)
            for (name, offset), head in list(self._unknown.items()):
                self._try(name, offset, head)

    def found_in(self, path: Path) -> list[Located]:
        """The objects of a pack, in their order."""
        return sorted(self._found[path.name], key=lambda place: place.row.offset)

    def unknown_in(self, path: Path) -> list[Problem]:
        """The entries of a pack that cannot be decoded."""
        return [
            Problem(name, None, offset, "Its payload cannot be decoded.")
            for name, offset in self._unknown
            if name == path.name
        ]

    def _try(self, name: str, offset: int, head: EntryHead) -> None:
        form = head.kind << 4 | head.encoding
        row = Row(offset, head.size + head.stored, form, head.decodes)
        source = self._sources[name]
        try:
            payload = self._decoder.payload(Located(Oid(bytes(32)), row, source))
        except (ObjectMissing, ObjectCorrupt):
            return
        oid = oid_of(head.kind, payload)
        place = Located(oid, row, source)
        self._by_prefix[oid[:BASE_BYTES]] = place
        self._found[name].append(place)
        del self._unknown[name, offset]

    def _copies(self, key: bytes) -> Iterator[Located]:
        place = self._by_prefix.get(key[:BASE_BYTES])
        if place is not None:
            yield place
        for copy in self._store.packs.copies(key):
            if copy.source.name not in self._sources:
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


def _write(store: ObjectStore, found: list[Located]) -> Path | None:
    """Write entries of a pack into a new one; None when there are none."""
    if not found:
        return None
    with files.refusals(store.packs.folder):
        files.make_folder(store.folder / "tmp")
        writer = PackWriter(store.folder / "tmp")
        try:
            for oid, row, source in found:
                if oid not in writer.rows:
                    writer.copy(oid, source.read(row.offset, row.length), row.decodes)
            return writer.finish(store.packs.folder)
        finally:
            writer.discard()


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
        if not path.stat().st_size:
            return {}, [Problem(path.name, None, None, f"{path} is empty.")]
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
