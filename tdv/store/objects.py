"""The object store: payloads by oid, each compared with its oid when it is read."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TypeVar

from tdv.errors import IntegrityError, ObjectCorrupt, ObjectMissing
from tdv.model.oid import OID_BYTES, Kind, Oid, oid_of
from tdv.store.decode import Decoder, Dictionaries, Payloads, WrongKind, read_entry, verified
from tdv.store.encoding import Encoding
from tdv.store.locks import Lock
from tdv.store.packfile import MAX_PACK
from tdv.store.packindex import kind_of
from tdv.store.packs import Located, PackGone, Packs
from tdv.store.workers import Task, Workers
from tdv.store.writer import ObjectWriter

T = TypeVar("T")

# Objects that `get_many` hands to a thread at once, and such runs ahead of the reader: at most
# 4 * 8 chunks of 128 KiB wait.
RUN = 8
RUNS_AHEAD = 4
# Smaller payloads are decoded in 20 us, half of what it takes with threads that wait for the
# interpreter's lock.
WORTH_A_THREAD = 16 << 10
# Packs can be merged again between two looks, but not for ever.
TRIES_WHILE_MERGING = 5


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """How an object is stored.

    Attributes:
        stored: bytes that it takes in its pack, its index row apart.
        raw: bytes of its payload.
        bases: oids of the objects that decoding it starts with: bases, dictionary or group.
        decodes: how many others are decoded to read it, dictionaries apart.
    """

    kind: Kind
    encoding: Encoding
    stored: int
    raw: int
    bases: tuple[Oid, ...]
    decodes: int
    pack: str


class ObjectStore:
    """The objects of a repository. Reading is safe for threads, and takes no lock.

    Args:
        folder: the `.tdv` folder.
        lock_needed: False accepts a file system without `flock` (see `Lock`).
        max_pack: bytes after which a writer begins another pack.
    """

    def __init__(self, folder: Path, *, lock_needed: bool = True, max_pack: int = MAX_PACK) -> None:
        self.folder = folder
        self.max_pack = max_pack
        self.packs = Packs(folder / "packs")
        turn = folder / "packs.turn"
        self.lock = Lock(folder / "packs.lock", needed=lock_needed, turn=turn)
        self.payloads = Payloads()
        self.dictionaries = Dictionaries()
        self._decoder = Decoder(self.packs.copies, self.payloads, self.dictionaries)

    def get(self, oid: Oid, kind: Kind) -> bytes:
        """The payload of an object, which has been compared with its oid.

        Raises:
            ObjectMissing: no pack has it, or it is of another kind.
            ObjectCorrupt: it, or something that it needs, is damaged.
        """
        return self._again(partial(self._get, oid, kind))

    def get_base(self, oid: Oid, kind: Kind) -> bytes:
        """As `get`, of an object that others will soon be stored like: it stays at hand."""
        payload = self.payloads.get(oid)
        if payload is None or oid_of(kind, payload) != oid:
            payload = self.get(oid, kind)
            self.payloads.put(oid, payload)
        return payload

    def get_many(self, oids: Iterable[Oid], kind: Kind) -> Iterator[bytes]:
        """The payloads of many objects, in order, decoded ahead by two threads."""
        remaining = iter(oids)
        large = 0
        for oid in remaining:
            payload = self.get(oid, kind)
            yield payload
            large += len(payload) >= WORTH_A_THREAD
            if large == 2:
                break
        ahead: deque[Task[list[bytes]]] = deque()
        with Workers() as workers:
            while True:
                while len(ahead) < RUNS_AHEAD and (run := list(islice(remaining, RUN))):
                    ahead.append(workers.submit(partial(self._run, run, kind)))
                if not ahead:
                    return
                yield from ahead.popleft().result()

    def has(self, oid: Oid) -> bool:
        """Whether a pack has the object; its bytes are not looked at."""
        if self.packs.find(oid) is not None:
            return True
        self.packs.refresh()
        return self.packs.find(oid) is not None

    def find(self, prefix: str) -> list[tuple[Oid, Kind]]:
        """The objects whose oid in hexadecimal starts with `prefix`, in order of oids.

        Raises:
            ValueError: the prefix is not hexadecimal, or longer than an oid.
        """
        prefix = prefix.lower()
        if len(prefix) > 2 * OID_BYTES:
            raise ValueError(f"an oid has {2 * OID_BYTES} hexadecimal digits")
        even = len(prefix) % 2 == 0
        low = bytes.fromhex(prefix if even else prefix + "0")
        high = bytes.fromhex(prefix if even else prefix + "f")
        self.packs.refresh()
        found = {
            oid: kind_of(row.form)
            for pack in self.packs.all()
            for oid, row in pack.index.starting_with(low, high)
        }
        return sorted((oid, kind) for oid, kind in found.items() if kind != Kind.GROUP)

    def iter_objects(self) -> Iterator[tuple[Oid, Kind]]:
        """All objects, pack by pack; one that two packs have comes twice."""
        self.packs.refresh()
        for pack in self.packs.all():
            for oid, row in pack.index.entries():
                yield oid, kind_of(row.form)

    def info(self, oid: Oid) -> ObjectInfo:
        """How an object is stored; ObjectMissing or ObjectCorrupt."""
        return self._again(partial(self._info, oid))

    def dictionary_of(self, oid: Oid) -> Oid | None:
        """The dictionary that an object was compressed with, directly or through its bases."""
        for _ in range(256):
            info = self.info(oid)
            if info.encoding == Encoding.DICTIONARY:
                return info.bases[0]
            if info.encoding != Encoding.DELTA:
                return None
            oid = info.bases[0]
        return None

    @contextmanager
    def writing(self) -> Iterator[ObjectWriter]:
        """A session in which objects are added; it holds `packs.lock` shared until it ends.

        What was not published by then is discarded.

        Raises:
            StorageError: the lock cannot be had, or the disk refuses.
        """
        while self.packs.replaced():
            # A writer may give a pack the name of one that is yet to be removed.
            with self.lock.exclusive():
                self.packs.finish_replacing()
        with self.lock.shared():
            self.packs.refresh()
            writer = ObjectWriter(self)
            try:
                yield writer
            finally:
                writer.close()

    def _get(self, oid: Oid, kind: Kind) -> bytes:
        fault: IntegrityError | None = None
        for found in self.packs.copies(oid):
            try:
                return verified(self._decoder, found, kind)
            except (PackGone, WrongKind):
                raise
            except IntegrityError as error:
                fault = fault or error
        raise fault or self._missing(oid)

    def _info(self, oid: Oid) -> ObjectInfo:
        found = self._located(oid)
        head = read_entry(found)[1]
        return ObjectInfo(
            head.kind,
            head.encoding,
            found.row.length,
            head.raw,
            tuple(self._located(key).oid for key in head.bases),
            head.decodes,
            found.source.name,
        )

    def _again(self, work: Callable[[], T]) -> T:
        """What `work` gives, if need be at another try: another process may have merged packs,
        or published one, since we listed them."""
        tries = 0
        while True:
            try:
                return work()
            except WrongKind:
                raise
            except ObjectMissing as error:
                tries += 1
                if tries > (TRIES_WHILE_MERGING if isinstance(error, PackGone) else 1):
                    raise self._explained(error) from error
            self.packs.refresh()

    def _run(self, oids: list[Oid], kind: Kind) -> list[bytes]:
        return [self.get(oid, kind) for oid in oids]

    def _explained(self, missing: ObjectMissing) -> IntegrityError:
        """The error for what is missing: when a pack is damaged, it may have been in there."""
        hint = "Run `tdv fsck` to see what is damaged and which commits need it."
        for error in self.packs.damaged().values():
            return ObjectCorrupt(f"{missing.message} {error.message}", hint=hint)
        for pack in self.packs.all():
            if not pack.index_is_whole():
                message = f"{missing.message} The index of {pack.path} is damaged."
                return ObjectCorrupt(message, hint=hint)
        return missing

    def _located(self, key: bytes) -> Located:
        found = self.packs.find(key)
        if found is None:
            raise self._missing(key)
        return found

    def _missing(self, key: bytes) -> ObjectMissing:
        return ObjectMissing(
            f"The object {key.hex()} is in no pack of {self.packs.folder}.",
            hint="Run `tdv fsck` to see what is missing and which commits need it.",
        )
