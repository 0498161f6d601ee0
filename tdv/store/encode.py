"""Which encoding an object gets: delta, dictionary, plain or raw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tdv.errors import IntegrityError
from tdv.model.oid import Kind, Oid
from tdv.store.decode import Decoder, read_entry
from tdv.store.encoding import (
    DELTA_LEVEL,
    LEVEL,
    MAX_BASES,
    Dictionary,
    Encoding,
    compress,
    compress_delta,
    compress_many,
)
from tdv.store.packfile import write_head
from tdv.store.packs import Located

# Reading an object decodes at most so many others, counted over all bases.
MAX_DECODES = 16
# A delta up to this share of the payload is kept without a look at what it takes in full: one
# row in a hundred edited gives 0.002, and compressing in full costs as much as the delta.
GOOD_DELTA = 0.02
# A larger share of what the object takes in full is not worth the chain.
WORTHWHILE_DELTA = 0.60


class Job(NamedTuple):
    """An object on its way into a pack.

    Attributes:
        level: of zstd, or None for the defaults.
        dictionary, digest: to compress it with in full.
        bases: objects that resemble it.
    """

    oid: Oid
    kind: Kind
    payload: bytes
    level: int | None
    dictionary: Oid | None
    digest: Dictionary | None
    bases: tuple[Located, ...]


class Encoded(NamedTuple):
    """An entry: what `PackWriter.add` needs."""

    head: bytes
    stored: bytes
    decodes: int


class Encoder:
    """Makes entries of jobs. Safe for threads.

    Args:
        decoder: reads the bases.
    """

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder

    def encode_all(self, jobs: Sequence[Job]) -> list[Encoded]:
        """The entries of those objects, in order."""
        first = jobs[0]
        if len(jobs) > 1 and all(_alike(job, first) for job in jobs):
            payloads = [job.payload for job in jobs]
            forms = compress_many(payloads, first.level or LEVEL, first.digest)
            return [_full(job, stored) for job, stored in zip(jobs, forms, strict=True)]
        return [self.encode(job) for job in jobs]

    def encode(self, job: Job) -> Encoded:
        """The smallest entry for the object that reads fast enough."""
        delta = None
        if job.bases:
            try:
                delta = self._delta(job)
            except IntegrityError:
                # A damaged old version is no reason to refuse a new one.
                delta = None
        if delta is not None and len(delta.stored) <= GOOD_DELTA * len(job.payload):
            return delta
        full = _full(job, compress(job.payload, job.level or LEVEL, job.digest))
        if delta is not None and len(delta.stored) <= WORTHWHILE_DELTA * len(full.stored):
            return delta
        return full

    def _delta(self, job: Job) -> Encoded | None:
        bases = self._bounded(job.bases)
        decodes = sum(1 + base.row.decodes for base in bases)
        payloads = [self._decoder.base_payload(base) for base in bases]
        stored = compress_delta(job.payload, payloads, job.level or DELTA_LEVEL)
        if stored is None:
            return None
        oids = [base.oid for base in bases]
        head = write_head(job.kind, Encoding.DELTA, len(job.payload), stored, oids, decodes)
        return Encoded(head, stored, decodes)

    def _bounded(self, bases: tuple[Located, ...]) -> Sequence[Located]:
        """The bases, or the roots of their chains where reading would decode too many."""
        if sum(1 + base.row.decodes for base in bases) <= MAX_DECODES:
            return bases
        roots: dict[Oid, Located] = {}
        for base in bases:
            self._collect_roots(base, roots)
        return list(roots.values())[:MAX_BASES]

    def _collect_roots(self, place: Located, roots: dict[Oid, Located]) -> None:
        if not place.row.decodes:
            roots[place.oid] = place
            return
        for key in read_entry(place)[1].bases:
            self._collect_roots(self._decoder.base(key), roots)


def _alike(job: Job, other: Job) -> bool:
    """Whether two jobs can be compressed in one call."""
    return (
        bool(job.payload)
        and not job.bases
        and job.digest is other.digest
        and job.level == other.level
    )


def _full(job: Job, stored: bytes | None) -> Encoded:
    """The entry of an object stored in full; `stored` is None when compressing did not help."""
    raw = len(job.payload)
    if stored is None:
        return Encoded(write_head(job.kind, Encoding.RAW, raw, job.payload), job.payload, 0)
    if job.dictionary is None:
        return Encoded(write_head(job.kind, Encoding.PLAIN, raw, stored), stored, 0)
    head = write_head(job.kind, Encoding.DICTIONARY, raw, stored, (job.dictionary,))
    return Encoded(head, stored, 0)
