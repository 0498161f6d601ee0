"""From an object's place in a pack to its payload, through whatever bases it has."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable

from tdv.errors import IntegrityError, ObjectCorrupt, ObjectMissing
from tdv.model.oid import Kind, Oid, oid_of
from tdv.store.delta import decompress_delta
from tdv.store.encoding import (
    BESIDE_BYTES,
    Dictionary,
    Encoding,
    decompress,
    decompress_beside,
)
from tdv.store.packfile import BASE_BYTES, EntryHead, check_entry, read_head
from tdv.store.packindex import kind_of
from tdv.store.packs import Located

CACHE_BYTES = 32 << 20
KEPT_DICTIONARIES = 4
# The encodings that a dictionary or a group may have.
_ALONE = {
    Kind.DICTIONARY: (Encoding.RAW, Encoding.PLAIN),
    Kind.GROUP: (Encoding.RAW, Encoding.PLAIN, Encoding.BESIDE),
}
_LOOK = "Run `tdv fsck` to see what is missing and which commits need it."


class WrongKind(ObjectMissing):
    """The oid is that of an object of another kind than the one asked for."""


class Payloads:
    """Payloads of bases and groups, the least recently used dropped beyond a bound.

    What is in here has not been compared with its oid: only what is made of it will be.
    """

    def __init__(self, bound: int = CACHE_BYTES) -> None:
        self._kept: OrderedDict[Oid, bytes] = OrderedDict()
        self._size = 0
        self._bound = bound
        self._lock = threading.Lock()

    def get(self, oid: Oid) -> bytes | None:
        """The payload, if it is kept."""
        with self._lock:
            payload = self._kept.get(oid)
            if payload is not None:
                self._kept.move_to_end(oid)
            return payload

    def put(self, oid: Oid, payload: bytes) -> None:
        """Keep a payload."""
        with self._lock:
            if oid in self._kept:
                return
            self._kept[oid] = payload
            self._size += len(payload)
            while self._size > self._bound:
                self._size -= len(self._kept.popitem(last=False)[1])


class Dictionaries:
    """Digested dictionaries, the last few used."""

    def __init__(self) -> None:
        self._kept: OrderedDict[bytes, Dictionary] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: bytes, read: Callable[[], bytes]) -> Dictionary:
        """The dictionary whose oid starts with `key`; `read` gives its content if need be."""
        key = key[:BASE_BYTES]
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                found = self._kept[key] = Dictionary(read())
                if len(self._kept) > KEPT_DICTIONARIES:
                    self._kept.popitem(last=False)
            else:
                self._kept.move_to_end(key)
            return found


class Decoder:
    """Decodes objects. Safe for threads.

    Args:
        copies: all places of the object whose oid starts with a key.
        payloads, dictionaries: what is kept between objects.

    Attributes:
        copies: as given.
    """

    def __init__(
        self,
        copies: Callable[[bytes], Iterable[Located]],
        payloads: Payloads,
        dictionaries: Dictionaries,
    ) -> None:
        self.copies = copies
        self._payloads = payloads
        self._dictionaries = dictionaries

    def payload(self, found: Located) -> bytes:
        """The payload at that place, not yet compared with its oid.

        Raises:
            ObjectCorrupt: the entry, or one that it needs, is damaged.
            ObjectMissing: something that it needs is in no pack.
        """
        data, head = read_entry(found)
        try:
            stored = check_entry(data, head)
            if head.encoding == Encoding.RAW:
                return bytes(stored)
            if head.encoding == Encoding.PLAIN:
                return decompress(stored, head.raw)
            if head.encoding == Encoding.DICTIONARY:
                return decompress(stored, head.raw, self.dictionary(head.bases[0]))
            if head.encoding == Encoding.DELTA:
                return decompress_delta(stored, head.raw, self._bases(head))
            if head.encoding == Encoding.BESIDE:
                return decompress_beside(stored, head.raw, self._beside(head))
            return self._member(found, head)
        except DamagedEntry as error:
            raise error.as_needed_by(found) from error
        except ObjectCorrupt as error:
            raise damaged(found, error) from error

    def dictionary(self, key: bytes) -> Dictionary:
        """The digested dictionary whose oid starts with `key`; ObjectMissing or ObjectCorrupt."""
        return self._dictionaries.get(key, lambda: self._plain(key, Kind.DICTIONARY))

    def base(self, key: bytes, most: int = -1) -> Located:
        """Where the base is whose oid starts with `key`.

        Returns:
            The first copy that needs at most `most` others, or else the one that needs fewest.
        """
        usable = []
        for copy in self.copies(key):
            if copy.row.encoding != Encoding.MEMBER and copy.row.kind != Kind.GROUP:
                if copy.row.decodes <= most:
                    return copy
                usable.append(copy)
        if not usable:
            raise ObjectMissing(f"The base {key.hex()} of a delta is in no pack.", hint=_LOOK)
        return min(usable, key=lambda copy: copy.row.decodes)

    def base_payload(self, found: Located) -> bytes:
        """The payload of a base, kept for the next that needs it."""
        payload = self._payloads.get(found.oid)
        if payload is None:
            payload = self.payload(found)
            self._payloads.put(found.oid, payload)
        return payload

    def _bases(self, head: EntryHead) -> list[bytes]:
        # An entry's count is above those of its bases: chains end, and end soon.
        left, bases = head.decodes, []
        for key in head.bases:
            base = self.base(key, left - 1 if len(head.bases) == 1 else -1)
            left -= 1 + base.row.decodes
            bases.append(base)
        if left < 0:
            raise ObjectCorrupt("Its bases need more objects than it says.")
        return [self.base_payload(base) for base in bases]

    def _beside(self, head: EntryHead) -> bytes:
        bases = [self.base(key) for key in head.bases]
        payloads = []
        size = 0
        for base in bases:
            payloads.append(self.base_payload(base))
            size += len(payloads[-1])
            if base.row.kind != Kind.CHUNK or size > BESIDE_BYTES:
                raise ObjectCorrupt("It stands beside more than a group may, or beside no chunk.")
        return b"".join(payloads)

    def _member(self, found: Located, head: EntryHead) -> bytes:
        for copy in self.copies(head.bases[0]):
            group = self._payloads.get(copy.oid)
            if group is None:
                group = self._plain(copy.oid, Kind.GROUP)
                self._payloads.put(copy.oid, group)
            if head.start + head.raw > len(group):
                raise ObjectCorrupt("It lies outside of its group.")
            return group[head.start : head.start + head.raw]
        raise ObjectMissing(
            f"The group {head.bases[0].hex()} of {found.oid} is in no pack.", hint=_LOOK
        )

    def _plain(self, key: bytes, kind: Kind) -> bytes:
        """An object that is no delta: a dictionary, a group."""
        damage: ObjectCorrupt | None = None
        for copy in self.copies(key):
            if copy.row.kind == kind and copy.row.encoding in _ALONE[kind]:
                try:
                    return self.payload(copy)
                except ObjectCorrupt as error:
                    damage = damage or error
        raise damage or ObjectMissing(f"The {kind.name.lower()} {key.hex()} is in no pack.")


def verified(decoder: Decoder, found: Located, kind: Kind) -> bytes:
    """The payload at a place, when it is of that kind and has that oid.

    Raises:
        WrongKind: it is of another kind.
        ObjectCorrupt: it, or something that it needs, is damaged.
    """
    if found.row.kind != kind:
        read_entry(found)  # says so when the row is damaged
        raise WrongKind(
            f"The object {found.oid} is a {kind_of(found.row.form).name.lower()}, "
            f"where a {kind.name.lower()} is needed."
        )
    payload = decoder.payload(found)
    if oid_of(kind, payload) != found.oid:
        raise damaged(found, ObjectCorrupt("Its bytes do not give its oid."))
    return payload


def read_entry(found: Located) -> tuple[bytes, EntryHead]:
    """An entry's bytes and its head, which says what its row says; else ObjectCorrupt."""
    row = found.row
    try:
        data = found.source.read(row.offset, row.length)
        head = read_head(data)
        if (data[0], head.size + head.stored, head.decodes) != (row.form, row.length, row.decodes):
            raise ObjectCorrupt("The index says otherwise than the entry.")
    except ObjectCorrupt as error:
        raise damaged(found, error) from error
    return data, head


def is_whole(found: Located) -> bool:
    """Whether an entry has its checksum; whether it can be decoded is another question."""
    try:
        data, head = read_entry(found)
        check_entry(data, head)
    except IntegrityError:
        return False
    return True


class DamagedEntry(ObjectCorrupt):
    """An entry of a pack is damaged, be it the one that was asked for or one that it needs.

    Attributes:
        damage: the sentences about the damaged entry itself.
    """

    def __init__(self, message: str, damage: str) -> None:
        hint = "Run `tdv fsck` to see what else is damaged and which commits need it."
        super().__init__(message, hint=hint)
        self.damage = damage

    def as_needed_by(self, found: Located) -> DamagedEntry:
        """The same damage, told of an object that cannot be read without it."""
        message = f"The object {found.oid} cannot be read without another one. {self.damage}"
        return DamagedEntry(message, self.damage)


def damaged(found: Located, error: ObjectCorrupt) -> DamagedEntry:
    """An error that names the object and its place."""
    place = f"{found.source.name} at byte {found.row.offset}"
    damage = f"The object {found.oid} in {place} is damaged. {error.message}"
    return DamagedEntry(damage, damage)
