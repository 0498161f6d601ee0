"""Whether two versions hold the same records in another order."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from tdv.model.sequence import Child
from tdv.rowdiff.gaps import digest_sum
from tdv.rowdiff.layouts import same_layout
from tdv.rowdiff.regions import ChangedChunks, whole_bodies
from tdv.rowdiff.sides import Records, Side
from tdv.store.sequences import fingerprint_sum, sequence_of
from tdv.store.workers import Task, Workers

# Chunks whose records a thread adds up at once, some 2 MB, and such runs in memory at most.
RUN = 16
RUNS_AHEAD = 4


def is_reordered(old: Records, new: Records) -> bool:
    """Whether both hold the same records in another order; most often told without reading them.

    Only sequences of several chunks have sums that can tell. Their sizes are compared as well: a
    change of line ends alone moves no record. Stored sums are unseeded, so a crafted file can
    have those of another one: when they agree, the records are added up under this process's seed.
    """
    if not (old.format.sliced and new.format.sliced) or not same_layout(old, new):
        return False
    a = sequence_of(old.entry, old.reader)
    b = sequence_of(new.entry, new.reader)
    if a.root == b.root or (a.records, a.size) != (b.records, b.size):
        return False
    sum_a, sum_b = fingerprint_sum(old.reader, a), fingerprint_sum(new.reader, b)
    return sum_a is not None and sum_a == sum_b and _same_records(Side(old), Side(new))


def _same_records(a: Side, b: Side) -> bool:
    """Whether the records of the chunks that are not in both have the same seeded sum."""
    source = ChangedChunks(a, b)
    left = 0
    waiting: deque[tuple[int, Task[int]]] = deque()
    with Workers() as workers:
        for stretch in source.all_stretches():
            if not stretch.in_chunks:
                left += digest_sum(source.bodies_a(stretch))
                left -= digest_sum(source.bodies_b(stretch))
                continue
            for sign, side, chunks in ((1, a, stretch.chunks_a), (-1, b, stretch.chunks_b)):
                for run in _runs(chunks):
                    waiting.append((sign, workers.submit(partial(_sum_of, side, run))))
                    if len(waiting) > RUNS_AHEAD:
                        left += _next(waiting)
        while waiting:
            left += _next(waiting)
    return left == 0


def _next(waiting: deque[tuple[int, Task[int]]]) -> int:
    sign, task = waiting.popleft()
    return sign * task.result()


def _sum_of(side: Side, chunks: Sequence[Child]) -> int:
    return digest_sum(whole_bodies(side, chunks))


def _runs(chunks: Iterable[Child]) -> Iterator[list[Child]]:
    """Runs that end where a record does: a chunk without one holds a piece of a long record."""
    run: list[Child] = []
    for chunk in chunks:
        run.append(chunk)
        if len(run) >= RUN and chunk.records:
            yield run
            run = []
    if run:
        yield run
