"""Leftovers: the records of a stretch that are not the same bytes in the same order."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Literal, NamedTuple, TypeAlias

import xxhash

from tdv.rowdiff.align import align, differing_runs, equal_runs

# xxh3 can be forged by who knows the seed; nobody knows this one, not even the next process.
_SEED = int.from_bytes(os.urandom(8), "big")


@dataclass(slots=True)
class Leftover:
    """A record that has no equal at its place on the other side.

    Attributes:
        number: of the record in its file.
        body: its bytes.
        partner: the record of the other side that it was matched with across places.
        bond: what the two share: all bytes ("moved") or the key.
    """

    number: int
    body: bytes
    partner: Leftover | None = None
    bond: Literal["", "moved", "key"] = ""


@dataclass(slots=True)
class Gap:
    """Leftovers of both sides between two records that are the same on both.

    Attributes:
        more: whether the next gap goes on with this one; a long one comes in parts.
    """

    a: list[Leftover] = field(default_factory=list)
    b: list[Leftover] = field(default_factory=list)
    more: bool = False


ChangeKind: TypeAlias = Literal["added", "removed", "changed", "moved", "formatted"]


class Change(NamedTuple):
    """A leftover or two, and what they mean together."""

    kind: ChangeKind
    a: Leftover | None
    b: Leftover | None


def digests(bodies: Iterable[bytes]) -> list[bytes]:
    """Fingerprints of 16 bytes; they mean nothing outside this process."""
    return list(map(xxhash.xxh3_128_digest, bodies, repeat(_SEED)))


def digest_sum(bodies: Iterable[bytes]) -> int:
    """The sum of such fingerprints as numbers, in whatever order."""
    return sum(map(xxhash.xxh3_128_intdigest, bodies, repeat(_SEED)))


def gaps_between(a: list[bytes], a_start: int, b: list[bytes], b_start: int) -> Iterator[Gap]:
    """The gaps that remain when the bodies of a stretch are aligned.

    Args:
        a, b: all bodies of the stretch on either side.
        a_start, b_start: the numbers of the first ones.
    """
    head, tail = equal_runs(a, b)
    a, b = a[head : len(a) - tail], b[head : len(b) - tail]
    a_start, b_start = a_start + head, b_start + head
    runs = differing_runs(a, b) if len(a) == len(b) else None
    for start, end in [(0, None)] if runs is None else runs:
        yield from _aligned(a[start:end], a_start + start, b[start:end], b_start + start)


def _aligned(a: list[bytes], a_start: int, b: list[bytes], b_start: int) -> Iterator[Gap]:
    pairs = align(digests(a), digests(b)) if a and b and len(a) + len(b) > 2 else []
    at_a = at_b = 0
    for next_a, next_b in [*pairs, (len(a), len(b))]:
        if at_a < next_a or at_b < next_b:
            yield Gap(_leftovers(a, at_a, next_a, a_start), _leftovers(b, at_b, next_b, b_start))
        at_a, at_b = next_a + 1, next_b + 1


def _leftovers(bodies: Sequence[bytes], start: int, end: int, first: int) -> list[Leftover]:
    return [Leftover(first + place, bodies[place]) for place in range(start, end)]
