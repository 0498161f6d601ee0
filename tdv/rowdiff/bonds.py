"""Match leftovers across the whole file: by all their bytes, then by key."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Any, Literal

from tdv.formats.rows import BadRecord, Row
from tdv.rowdiff.gaps import Gap, Leftover, digests
from tdv.rowdiff.sides import Side, canonical


def bond_moved(gaps: Sequence[Gap]) -> None:
    """Match leftovers with the same bytes, first with first, wherever they stand."""
    a, b = _free(gap.a for gap in gaps), _free(gap.b for gap in gaps)
    _bond(
        zip(digests(left.body for left in a), a, strict=True),
        zip(digests(left.body for left in b), b, strict=True),
        "moved",
    )


def bond_keys(gaps: Sequence[Gap], side_a: Side, side_b: Side, key: Sequence[str]) -> None:
    """Match leftovers with the same key; those of one key first with first.

    Records without a key, or that do not decode, stay unmatched.
    """
    a, b = _free(gap.a for gap in gaps), _free(gap.b for gap in gaps)
    _bond(_keyed(side_a, a, key), _keyed(side_b, b, key), "key")


def key_of(row: Row | BadRecord | None, key: Sequence[str]) -> tuple[Any, ...] | None:
    """The values of a row's key; None when one of them is missing or null.

    A name of the key is a field, or else a path of names joined by dots.
    """
    if not key or not isinstance(row, dict):
        return None
    values = tuple(_at(row, name) for name in key)
    return None if any(value is None for value in values) else values


def key_digest(row: Row | BadRecord, key: Sequence[str]) -> bytes | None:
    """Bytes that two rows share when their keys are the same; None without a key."""
    values = key_of(row, key)
    return None if values is None else canonical(values)


def _at(row: Row, name: str) -> Any:
    if name in row or "." not in name:
        return row.get(name)
    value: Any = row
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _keyed(
    side: Side, leftovers: Iterable[Leftover], key: Sequence[str]
) -> Iterator[tuple[bytes, Leftover]]:
    for left in leftovers:
        digest = key_digest(side.decode(left.number, left.body), key)
        if digest is not None:
            yield digest, left


def _free(sides: Iterable[list[Leftover]]) -> list[Leftover]:
    return [left for side in sides for left in side if left.partner is None]


def _bond(
    a: Iterable[tuple[Hashable, Leftover]],
    b: Iterable[tuple[Hashable, Leftover]],
    bond: Literal["moved", "key"],
) -> None:
    waiting: dict[Hashable, deque[Leftover]] = defaultdict(deque)
    for mark, left in a:
        waiting[mark].append(left)
    for mark, right in b:
        if waiting.get(mark):
            left = waiting[mark].popleft()
            left.partner, right.partner = right, left
            left.bond = right.bond = bond
