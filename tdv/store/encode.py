"""Which encoding an object gets: delta, dictionary, plain or raw."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tdv.errors import IntegrityError
from tdv.model.oid import Kind, Oid
from tdv.store.decode import Decoder, read_entry
from tdv.store.delta import compress_delta
from tdv.store.encoding import (
    DELTA_LEVEL,
    LEVEL,
    Dictionary,
    Encoding,
    compress,
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
# What text takes in full, for an estimate.
FULL_SHARE = 0.3


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
        best: Encoded | None = None
        for bases in self._choices(job.bases):
            delta = self._delta_against(job, bases)
            if best is None or (delta is not None and len(delta.stored) < len(best.stored)):
                best = delta
            if best is not None and len(best.stored) <= GOOD_DELTA * len(job.payload):
                break
        return best

    def _delta_against(self, job: Job, bases: Sequence[Located]) -> Encoded | None:
        decodes = sum(1 + base.row.decodes for base in bases)
        payloads = [self._decoder.base_payload(base) for base in bases]
        stored = compress_delta(job.payload, payloads, job.level or DELTA_LEVEL)
        if stored is None:
            return None
        oids = [base.oid for base in bases]
        head = write_head(job.kind, Encoding.DELTA, len(job.payload), stored, oids, decodes)
        return Encoded(head, stored, decodes)

    def _choices(self, bases: Sequence[Located]) -> Iterator[Sequence[Located]]:
        """The bases; or, where reading would decode too many, ancestors in their place: first
        of all alike, then of all but one."""
        if sum(1 + base.row.decodes for base in bases) <= MAX_DECODES:
            yield bases
            return
        yield self._nearest(bases, MAX_DECODES // len(bases))
        for kept in bases if len(bases) > 1 else ():
            rest = MAX_DECODES - 1 - kept.row.decodes
            others = [base for base in bases if base is not kept]
            if rest >= len(others):
                yield [kept, *(b for b in self._nearest(others, rest // len(others)) if b != kept)]
            elif rest >= 0:
                yield [kept]

    def _nearest(self, bases: Sequence[Located], share: int) -> list[Located]:
        """Of each base itself or an ancestor that decodes few enough, none twice."""
        found = (self._ancestor(base, share) for base in bases)
        return list({base.oid: base for base in found}.values())

    def _ancestor(self, place: Located, share: int) -> Located:
        """The best of an object and those below it in its chain, for a delta whose chain may
        have `share` links through it.

        A delta against an ancestor is taken to be as large as the chain's links up to there
        together. The best ancestor is that with the least of it for each version that can
        then follow before the next is needed; far ones get dear, so the root is not it forever.
        """
        best, best_price = place, 0.0 if place.row.decodes < share else math.inf
        cost = 0.0
        while place.row.decodes and best_price:
            head = read_entry(place)[1]
            cost += place.row.length
            # What came from other bases than the first must be stored again.
            cost += FULL_SHARE * head.raw * (1 - 1 / len(head.bases))
            place = self._decoder.base(head.bases[0])
            room = share - place.row.decodes
            if room > 0 and cost / room <= best_price:
                best, best_price = place, cost / room
        return best


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
