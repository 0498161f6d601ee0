"""A session that adds objects: compressed behind the call, written in order, published at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tdv.errors import ObjectMissing, StorageError
from tdv.model.oid import Kind, Oid, oid_of
from tdv.store import files
from tdv.store.decode import Decoder, is_whole, verified
from tdv.store.encode import Encoded, Encoder, Job
from tdv.store.encoding import MAX_BASES, Dictionary, Encoding, raw_limit
from tdv.store.packfile import BASE_BYTES, PackWriter
from tdv.store.packs import Located
from tdv.store.workers import Task, Workers

if TYPE_CHECKING:
    from tdv.store.objects import ObjectStore

# Bytes of payloads that wait for a thread or for their turn to be written.
IN_FLIGHT = 16 << 20
# A task of small payloads has so many bytes: handing one over costs 10 us.
BATCH_BYTES = 64 << 10


class ObjectWriter:
    """Adds objects to a store; made by `ObjectStore.writing`. For one thread."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._decoder = Decoder(self._copies, store.payloads, store.dictionaries)
        self._encoder = Encoder(self._decoder)
        self._workers = Workers()
        self._batch: list[Job] = []
        self._batch_bytes = 0
        self._queue: deque[tuple[Task[list[Encoded]], list[Job], int]] = deque()
        self._in_flight = 0
        self._pending: dict[Oid, Job] = {}
        self._pack: PackWriter | None = None
        self._places: dict[Oid, Located] = {}
        self._by_prefix: dict[bytes, Located] = {}
        self._renamed: list[Path] = []
        self._broken = False

    def put(
        self,
        kind: Kind,
        payload: bytes,
        *,
        like: Sequence[Oid] = (),
        dictionary: Oid | None = None,
        level: int | None = None,
        oid: Oid | None = None,
    ) -> Oid:
        """Add an object, unless it is there; compressed and written behind the call.

        Args:
            kind: a dictionary is always stored in full and by itself.
            like: up to three objects that resemble it, oldest version first; those that are
                in no pack are passed over.
            dictionary: to compress it with when it is stored in full.
            level: of zstd; by default 2 for what is stored in full, 5 for deltas.
            oid: of that very payload, from a caller who has computed it.

        Raises:
            StorageError: it is larger than its kind may be, or the disk refuses; this may be
                about an object that was put before.
            ObjectMissing: there is no such dictionary.
        """
        if oid is None:
            oid = oid_of(kind, payload)
        if oid in self._pending or oid in self._places or self._is_stored(oid):
            return oid
        if len(payload) > raw_limit(kind):
            raise StorageError(
                f"A {kind.name.lower()} of {len(payload)} bytes is larger than tdv can store.",
                hint=f"The largest that it stores has {raw_limit(kind)} bytes.",
            )
        if kind == Kind.DICTIONARY:
            job = Job(oid, kind, payload, level, None, None, ())
        else:
            digest = None if dictionary is None else self._dictionary(dictionary)
            bases = self._bases(like) if like else ()
            job = Job(oid, kind, payload, level, dictionary, digest, bases)
        self._pending[oid] = job
        self._batch.append(job)
        self._batch_bytes += len(payload)
        if self._batch_bytes >= BATCH_BYTES:
            self._submit()
        return oid

    def has(self, oid: Oid) -> bool:
        """Whether the store or this session has the object."""
        return (
            oid in self._pending or oid in self._places or self._store.packs.find(oid) is not None
        )

    def _is_stored(self, oid: Oid) -> bool:
        """Whether a pack has the object, its entry undamaged: else it is written again."""
        return any(is_whole(copy) for copy in self._store.packs.copies(oid))

    def get(self, oid: Oid, kind: Kind) -> bytes:
        """The payload of an object of the store or of this session; as `ObjectStore.get`."""
        job = self._pending.get(oid)
        if job is not None:
            if job.kind != kind:
                raise ObjectMissing(
                    f"The object {oid} is a {job.kind.name.lower()}, "
                    f"where a {kind.name.lower()} is needed."
                )
            return job.payload
        found = self._places.get(oid)
        if found is None:
            return self._store.get(oid, kind)
        return verified(self._decoder, found, kind)

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
        self._by_prefix.clear()
        published, self._renamed = self._renamed, []
        return published

    def close(self) -> None:
        """End the threads and discard what was not published."""
        self._workers.close()
        self._queue.clear()
        self._pending.clear()
        self._places.clear()
        self._by_prefix.clear()
        if self._pack is not None:
            self._pack.discard()
            self._pack = None

    def _dictionary(self, oid: Oid) -> Dictionary:
        if not self.has(oid):
            raise ObjectMissing(f"The dictionary {oid} is in no pack.")
        return self._store.dictionaries.get(oid, lambda: self.get(oid, Kind.DICTIONARY))

    def _bases(self, like: Sequence[Oid]) -> tuple[Located, ...]:
        found: dict[Oid, Located] = {}
        for oid in like[:MAX_BASES]:
            if oid in self._pending:
                self._drain()
            place = self._places.get(oid) or self._store.packs.find(oid)
            if place is not None and place.row.encoding != Encoding.MEMBER:
                found[oid] = place
                if isinstance(place.source, PackWriter):
                    place.source.flush()
        return tuple(found.values())

    def _copies(self, key: bytes) -> Iterator[Located]:
        """Also called in threads; they look for what was written before their job was made."""
        found = self._by_prefix.get(key[:BASE_BYTES])
        if found is not None and found.oid.startswith(key):
            yield found
        yield from self._store.packs.copies(key)

    def _submit(self) -> None:
        self._check()
        batch, size = self._batch, self._batch_bytes
        if not batch:
            return
        self._batch, self._batch_bytes = [], 0
        task = self._workers.submit(partial(self._encoder.encode_all, batch))
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
        # Unless all of it goes well, this session can publish nothing.
        self._broken = True
        for job, encoded in zip(batch, task.result(), strict=True):
            self._write(job.oid, encoded)
            del self._pending[job.oid]
        self._broken = False
        self._in_flight -= size

    def _write(self, oid: Oid, encoded: Encoded) -> None:
        length = len(encoded.head) + len(encoded.stored)
        if self._pack is not None and not self._pack.room_for(length, self._store.max_pack):
            self._finish_pack()
        if self._pack is None:
            self._pack = self._new_pack()
        row = self._pack.add(oid, *encoded)
        place = Located(oid, row, self._pack)
        self._places[oid] = self._by_prefix[oid[:BASE_BYTES]] = place

    def _check(self) -> None:
        if self._broken:
            raise StorageError("An object could not be written, so nothing can be published.")

    def _new_pack(self) -> PackWriter:
        scratch = self._store.folder / "tmp"
        with files.refusals(scratch):
            files.make_folder(scratch)
            files.make_folder(self._store.packs.folder)
        return PackWriter(scratch)

    def _finish_pack(self) -> None:
        if self._pack is not None:
            # After a failed sync nobody knows what is on the disk, so there is no second try.
            broken, self._broken = self._broken, True
            self._renamed.append(self._pack.finish(self._store.packs.folder))
            self._pack = None
            self._broken = broken
