"""Rows that both sides added: which of ours is which of theirs."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tdv.rowdiff.bonds import key_digest
from tdv.rowdiff.gaps import digests
from tdv.rowmerge.bodies import Bodies
from tdv.rowmerge.forms import RowForm

Array = Any

BATCH = 1024
_NONE = np.zeros(0, dtype=np.int64)


class Additions:
    """The rows that one side added.

    Attributes:
        numbers: of the records; ascending.
        places: between which records that both sides left in place each of them stands.
    """

    def __init__(self, form: RowForm, bodies: Bodies, numbers: Array, places: Array) -> None:
        self._form, self._bodies = form, bodies
        self.numbers, self.places = numbers, places

    def only(self, chosen: Array) -> Additions:
        """Some of them, by a column of truth values."""
        return Additions(self._form, self._bodies, self.numbers[chosen], self.places[chosen])

    def marked(self, mark: Callable[[RowForm, bytes, int], bytes | None]) -> tuple[Array, Array]:
        """Fingerprints of what `mark` gives, in two columns, and the numbers they belong to."""
        numbers, marks = array("q"), bytearray()
        for start in range(0, len(self.numbers), BATCH):
            part = slice(start, start + BATCH)
            held: list[bytes] = []
            pairs = self.numbers[part].tolist(), self.places[part].tolist()
            for number, place in zip(*pairs, strict=True):
                found = mark(self._form, self._bodies.body(number), place)
                if found is not None:
                    numbers.append(number)
                    held.append(found)
            marks += b"".join(digests(held))
        columns = np.frombuffer(marks, dtype="<u8").reshape(-1, 2)
        return columns, np.frombuffer(numbers, dtype=np.int64) if len(numbers) else _NONE


def twins(ours: Additions, theirs: Additions, key: Sequence[str]) -> tuple[Array, Array]:
    """Numbers of rows that both sides added, in columns; theirs ascend.

    With a key, rows with the same bytes are one wherever they stand, then those with the same
    key, first with first. Without one, rows with the same bytes at the same place are.
    """

    def at_place(form: RowForm, body: bytes, place: int) -> bytes | None:
        return b"%d\0" % place + body if same_key(form, body, place) is None else None

    def same_bytes(form: RowForm, body: bytes, place: int) -> bytes | None:
        return None if same_key(form, body, place) is None else body

    def same_key(form: RowForm, body: bytes, place: int) -> bytes | None:
        row = form.decode(body) if key else None
        return None if row is None else key_digest(row, key)

    found = [(_NONE, _NONE)]
    common = np.intersect1d(ours.places, theirs.places)
    near = [side.only(np.isin(side.places, common)) for side in (ours, theirs)]
    found.append(_matched(near[0].marked(at_place), near[1].marked(at_place)))
    if key and len(ours.numbers) and len(theirs.numbers):
        found.append(_matched(ours.marked(same_bytes), theirs.marked(same_bytes)))
        rest = (
            side.only(~np.isin(side.numbers, np.concatenate([pairs[at] for pairs in found])))
            for at, side in enumerate((ours, theirs))
        )
        found.append(_matched(*(side.marked(same_key) for side in rest)))
    all_ours, all_theirs = (np.concatenate([pairs[at] for pairs in found]) for at in (0, 1))
    order = np.argsort(all_theirs, kind="stable")
    return all_ours[order], all_theirs[order]


def _matched(a: tuple[Array, Array], b: tuple[Array, Array]) -> tuple[Array, Array]:
    """The numbers of equal marks, each of one side with one of the other, first with first."""
    marks = np.concatenate([a[0], b[0]])
    numbers = np.concatenate([a[1], b[1]])
    side = np.r_[np.zeros(len(a[1]), dtype=np.int64), np.ones(len(b[1]), dtype=np.int64)]
    order = np.lexsort((numbers, side, marks[:, 1], marks[:, 0]))
    marks, numbers, side = marks[order], numbers[order], side[order]
    fresh = np.ones(len(marks), dtype=bool)
    fresh[1:] = (marks[1:] != marks[:-1]).any(axis=1)
    run = np.cumsum(fresh) - 1
    starts = np.flatnonzero(fresh)
    count_a = np.bincount(run, weights=side == 0, minlength=len(starts)).astype(np.int64)
    count_b = np.bincount(run, weights=side == 1, minlength=len(starts)).astype(np.int64)
    nth = np.arange(len(marks)) - starts[run] - np.where(side == 1, count_a[run], 0)
    paired = nth < np.minimum(count_a, count_b)[run]
    return numbers[paired & (side == 0)], numbers[paired & (side == 1)]
