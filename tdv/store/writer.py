"""A session that adds objects: compressed behind the call, written in order, published at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tdv.errors import ObjectCorrupt, ObjectMissing, StorageError
from tdv.model.oid import Kind, Oid, oid_of
from tdv.store import files
from tdv.store.decode import Decoder, damaged, read_entry
from tdv.store.encoding import (
    DELTA_LEVEL,
    LEVEL,
    MAX_BASES,
    Dictionary,
    Encoding,
    compress,
    compress_delta,
    raw_limit,
)
from tdv.store.packfile import BASE_BYTES, MAX_PACK, PackWriter, write_head
from tdv.store.packs import Located
from tdv.store.workers import Task, Workers

if TYPE_CHECKING:
    from tdv.store.objects import ObjectStore

# Payloads that wait for a thread or for their turn to be written.
IN_FLIGHT = 16 << 20
# A task of small payloads has so many bytes: handing one over costs 10 us.
BATCH_BYTES = 64 << 10
MAX_DECODES = 16


class Job(NamedTuple):
    """An object on its way into the pack."""

    oid: Oid
    kind: Kind
    payload: bytes
    level: int | None
    dictionary: Oid | None
    bases: tuple[Located, ...]


class Encoded(NamedTuple):
    """What a thread made of a job."""

    head: bytes
    stored: bytes
    decodes: int


class ObjectWriter:
    """Adds objects to a store; made by `ObjectStore.writing`. For one thread."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._decoder = Decoder(self._copies, store.payloads, store.dictionaries)
        self._workers = Workers()
        self._batch: list[Job] = []
        self._batch_bytes = 0
        self._queue: deque[tuple[Task[list[Encoded]], list[Job], int]] = deque()
        self._in_flight = 0
        self._pending: dict[Oid, Job] = {}
        self._pack: PackWriter | None = None
        self._places: dict[bytes, Located] = {}
        self._renamed: list[Path] = []

    def put(
        self,
        kind: Kind,
        payload: bytes,
        *,
        like: Sequence[Oid] = (),
        dictionary: Oid | None = None,
        level: int | None = None,
    ) -> Oid:
        """Add an object, unless it is there; compressed and written behind the call.

        Args:
            like: up to three objects that resemble it, oldest version first; those that are
                in no pack are passed over.
            dictionary: to compress it with when it is stored in full.
            level: of zstd; by default 2 for what is stored in full, 3 for deltas.

        Raises:
            StorageError: it is larger than its kind may be, or the disk refuses; this may be
                about an object that was put before.
        """
        oid = oid_of(kind, payload)
        if self.has(oid):
            return oid
        if len(payload) > raw_limit(kind):
            raise StorageError(
                f"A {kind.name.lower()} of {len(payload)} bytes is larger than tdv can store."
            )
        bases: tuple[Located, ...] = ()
        if kind == Kind.DICTIONARY:
            self._store.dictionaries.get(oid, lambda: payload)
            dictionary = None
        elif like:
            bases = self._bases(like)
        job = Job(oid, kind, payload, level, dictionary, bases)
        self._pending[oid] = job
        self._batch.append(job)
        self._batch_bytes += len(payload)
        if self._batch_bytes >= BATCH_BYTES:
            self._submit()
        return oid

    def has(self, oid: Oid) -> bool:
        """Whether the store or this session has the object."""
        return (
            oid in self._pending
            or self._here(oid) is not None
            or self._store.packs.find(oid) is not None
        )

    def get(self, oid: Oid, kind: Kind) -> bytes:
        """The payload of an object of the store or of this session; as `ObjectStore.get`."""
        job = self._pending.get(oid)
        if job is not None:
            if job.kind != kind:
                raise ObjectMissing(f"The object {oid} is a {job.kind.name.lower()}.")
            return job.payload
        found = self._here(oid)
        if found is None:
            return self._store.get(oid, kind)
        if found.row.kind != kind:
            raise ObjectMissing(f"The object {oid} is of another kind than {kind.name.lower()}.")
        payload = self._decoder.payload(found)
        if oid_of(kind, payload) != oid:
            raise damaged(found, ObjectCorrupt("Its bytes do not give its oid."))
        return payload

    def publish(self) -> list[Path]:
        """Make everything that was put durable and visible to others.

        Order: entries and index written, pack synced, pack renamed into `packs/`, that folder
        synced. After a crash before the rename nothing is there but a file in `tmp/`.

        Returns:
            The packs that were published since the session began.
        """
        self._drain()
        self._finish_pack()
        if self._renamed:
            with files.refusals(self._store.packs.folder):
                files.sync_folder(self._store.packs.folder)
            self._store.packs.refresh()
        self._places.clear()
        published, self._renamed = self._renamed, []
        return published

    def close(self) -> None:
        """End the threads and discard what was not published."""
        self._workers.close()
        self._queue.clear()
        self._pending.clear()
        self._places.clear()
        if self._pack is not None:
            self._pack.discard()
            self._pack = None

    def _bases(self, like: Sequence[Oid]) -> tuple[Located, ...]:
        found = []
        for oid in like[:MAX_BASES]:
            if oid in self._pending:
                self._drain()
            place = self._here(oid) or self._store.packs.find(oid)
            if place is not None and place.row.form & 15 != Encoding.MEMBER:
                found.append(place)
                if self._pack is not None and place.source is self._pack:
                    self._pack.flush()
        return tuple(found)

    def _here(self, oid: Oid) -> Located | None:
        found = self._places.get(oid[:BASE_BYTES])
        return found if found is not None and found.oid == oid else None

    def _copies(self, key: bytes) -> Iterator[Located]:
        found = self._places.get(key[:BASE_BYTES])
        if found is not None and found.oid.startswith(key):
            yield found
        yield from self._store.packs.copies(key)

    def _submit(self) -> None:
        batch, size = self._batch, self._batch_bytes
        if not batch:
            return
        self._batch, self._batch_bytes = [], 0
        task = self._workers.submit(lambda: [self._encode(job) for job in batch])
        self._queue.append((task, batch, size))
        self._in_flight += size
        while self._queue and (self._in_flight > IN_FLIGHT or self._queue[0][0].done()):
            self._write_oldest()

    def _drain(self) -> None:
        self._submit()
        while self._queue:
            self._write_oldest()

    def _write_oldest(self) -> None:
        task, batch, size = self._queue.popleft()
        results = task.result()
        for job, encoded in zip(batch, results, strict=True):
            if self._pack is None:
                self._pack = self._new_pack()
            row = self._pack.add(job.oid, *encoded)
            self._places[job.oid[:BASE_BYTES]] = Located(job.oid, row, self._pack)
            del self._pending[job.oid]
            if self._pack.size >= MAX_PACK - raw_limit(Kind.COMMIT):
                self._finish_pack()
        self._in_flight -= size

    def _new_pack(self) -> PackWriter:
        scratch = self._store.folder / "tmp"
        with files.refusals(scratch):
            files.make_folder(scratch)
            files.make_folder(self._store.packs.folder)
        return PackWriter(scratch)

    def _finish_pack(self) -> None:
        if self._pack is not None:
            self._renamed.append(self._pack.finish(self._store.packs.folder))
            self._pack = None

    def _encode(self, job: Job) -> Encoded:
        """Runs in a thread."""
        delta = self._delta(job) if job.bases else None
        if delta is not None and len(delta.stored) * 100 <= len(job.payload) * 15:
            return delta
        full = self._full(job)
        if delta is not None and len(delta.stored) * 100 <= len(full.stored) * 60:
            return delta
        return full

    def _full(self, job: Job) -> Encoded:
        dictionary: Dictionary | None = None
        if job.dictionary is not None:
            dictionary = self._decoder.dictionary(job.dictionary)
        stored = compress(job.payload, job.level or LEVEL, dictionary)
        if stored is None:
            head = write_head(job.kind, Encoding.RAW, len(job.payload), job.payload)
            return Encoded(head, job.payload, 0)
        if job.dictionary is None:
            head = write_head(job.kind, Encoding.PLAIN, len(job.payload), stored)
        else:
            bases = (job.dictionary,)
            head = write_head(job.kind, Encoding.DICTIONARY, len(job.payload), stored, bases)
        return Encoded(head, stored, 0)

    def _delta(self, job: Job) -> Encoded | None:
        bases = self._bounded(job.bases)
        decodes = sum(1 + base.row.decodes for base in bases)
        payloads = [self._decoder.base(base.oid, MAX_DECODES + 1) for base in bases]
        stored = compress_delta(job.payload, payloads, job.level or DELTA_LEVEL)
        if stored is None:
            return None
        oids = [base.oid for base in bases]
        head = write_head(job.kind, Encoding.DELTA, len(job.payload), stored, oids, decodes)
        return Encoded(head, stored, decodes)

    def _bounded(self, bases: tuple[Located, ...]) -> tuple[Located, ...]:
        """The bases, or the roots of their chains where reading would decode too many."""
        if sum(1 + base.row.decodes for base in bases) <= MAX_DECODES:
            return bases
        roots: dict[Oid, Located] = {}
        for base in bases:
            while base.row.decodes:
                key = read_entry(base)[1].bases[0]
                base = min(self._copies(key), key=lambda copy: copy.row.decodes)
            roots[base.oid] = base
        return tuple(roots.values())
