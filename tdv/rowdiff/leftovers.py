"""From two versions to the gaps between their equal records, matched across the whole file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

from tdv.rowdiff.bonds import bond_keys, bond_moved
from tdv.rowdiff.gaps import Gap, gaps_between
from tdv.rowdiff.regions import Source, Stretch
from tdv.rowdiff.sides import Side

# What may be in memory at once: bytes of bodies of a stretch, and of all leftovers together,
# and records of either. Beyond, they go through temporary files.
MAX_BYTES = 32 << 20
MAX_RECORDS = 100_000


class TooMuch(Exception):
    """The leftovers do not fit into memory."""


def resolved(source: Callable[[], Source], a: Side, b: Side, key: Sequence[str]) -> Iterator[Gap]:
    """The gaps, in order, with every leftover matched that has a partner elsewhere.

    Args:
        source: opens what reads the two versions; called again when memory does not do.
    """
    gaps: list[Gap] | None = None
    with suppress(TooMuch):
        gaps = gaps_in_memory(source())
    if gaps is None:
        from tdv.rowdiff.spill import resolved_on_disk  # numpy, for large differences only

        yield from resolved_on_disk(source(), a, b, key, is_small)
        return
    bond_moved(gaps)
    if key:
        bond_keys(gaps, a, b, key)
    yield from gaps


def is_small(stretch: Stretch) -> bool:
    """Whether the bodies of a stretch may be in memory together."""
    return stretch.size is not None and stretch.size <= MAX_BYTES


def gaps_in_memory(source: Source) -> list[Gap]:
    """All gaps; TooMuch when a stretch or all leftovers are more than memory should hold."""
    gaps: list[Gap] = []
    held = records = 0
    for stretch in source.stretches():
        for gap in _gaps(source, stretch):
            gaps.append(gap)
            held += sum(len(left.body) for left in gap.a) + sum(len(left.body) for left in gap.b)
            records += len(gap.a) + len(gap.b)
            if held > MAX_BYTES or records > MAX_RECORDS:
                raise TooMuch
    return gaps


def _gaps(source: Source, stretch: Stretch) -> Iterator[Gap]:
    if stretch.size is None:
        a = _bounded(source.bodies_a(stretch))
        b = _bounded(source.bodies_b(stretch))
        yield from gaps_between(a, stretch.a_start, b, stretch.b_start)
    elif is_small(stretch):
        for part in source.parts(stretch):
            yield from gaps_between(*part)
    else:
        raise TooMuch


def _bounded(bodies: Iterator[bytes]) -> list[bytes]:
    taken: list[bytes] = []
    size = 0
    for body in bodies:
        taken.append(body)
        size += len(body)
        if size > MAX_BYTES or len(taken) > MAX_RECORDS:
            raise TooMuch
    return taken
