"""Facts of records that an older version has as well: copied, so that only new ones are decoded."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import xxhash

from tdv.errors import RuleFailed
from tdv.quality.extracting.columns import RECORD
from tdv.quality.extracting.facts import Facts, spliced

if TYPE_CHECKING:
    from tdv.quality.extracting.extract import Extractor

Array = np.ndarray[Any, Any]

# Another old unit is opened where so large a share of some thousand records is not in those that
# are open: edits all over the file leave less, records that moved over a unit's end leave more.
MANY = 0.02


class OldRecords:
    """Records of units of an older version, which are opened one by one as they are needed.

    Args:
        names: of the units, the likeliest first.
        facts: gives those of a unit; None where they are not remembered any more.
        seed: of the fingerprints.
    """

    def __init__(
        self, names: Iterable[bytes], facts: Callable[[bytes], Facts | None], seed: int
    ) -> None:
        self._waiting = deque(names)
        self._facts, self._seed = facts, seed
        self.opened: list[Facts] = []
        self._indexes: list[_Index] = []
        self._open()

    def __bool__(self) -> bool:
        return bool(self.opened)

    def find(self, bodies: Sequence[bytes]) -> tuple[Array, Array]:
        """For each record the place of the old unit that has it, -1 for none, and its row there."""
        digest, seed = xxhash.xxh3_128_digest, self._seed
        joined = b"".join([digest(body, seed) if body else bytes(16) for body in bodies])
        pairs = np.frombuffer(joined, np.uint64).reshape(-1, 2)
        units = np.full(len(bodies), -1, np.int64)
        rows = np.zeros(len(bodies), np.int64)
        tried = 0
        unknown = np.arange(len(bodies))
        while len(unknown):
            few = len(unknown) <= MANY * len(bodies)
            if tried == len(self._indexes) and (few or not self._open()):
                break
            there, found = self._indexes[tried].find(pairs[unknown])
            units[unknown[there]] = tried
            rows[unknown[there]] = found[there]
            unknown = unknown[~there]
            tried += 1
        return units, rows

    def _open(self) -> bool:
        """Open one more unit; whether there was one."""
        while self._waiting:
            facts = self._facts(self._waiting.popleft())
            if facts is not None:
                self.opened.append(facts)
                self._indexes.append(_Index(facts.columns[RECORD]))
                return True
        return False


class _Index:
    """Finds records of one unit by their fingerprints."""

    def __init__(self, pairs: Array) -> None:
        self._order = np.argsort(pairs[:, 0], kind="stable")
        self._high, self._low = pairs[self._order, 0], pairs[self._order, 1]

    def find(self, pairs: Array) -> tuple[Array, Array]:
        """Which records the unit has, and their rows in it."""
        place = np.minimum(np.searchsorted(self._high, pairs[:, 0]), len(self._high) - 1)
        there = (self._high[place] == pairs[:, 0]) & (self._low[place] == pairs[:, 1])
        return there, self._order[place]


def copied(
    old: OldRecords, batches: Iterable[list[bytes]], extractor: Extractor, most: int
) -> tuple[Facts, int]:
    """The facts of records, of which only those are decoded that no old unit has.

    Args:
        most: records to decode at once.

    Returns:
        the facts, without sizes, and how many records were decoded.
    """
    which: list[Array] = []
    rows: list[Array] = []
    waiting: list[bytes] = []
    new = 0
    for batch in batches:
        units, places = old.find(batch)
        unknown = np.flatnonzero(units < 0)
        places[unknown] = np.arange(new, new + len(unknown))
        new += len(unknown)
        which.append(units)
        rows.append(places)
        waiting += [batch[i] for i in unknown.tolist()]
        while len(waiting) >= most:
            _add(extractor, waiting[:most], which)
            del waiting[:most]
    _add(extractor, waiting, which)
    made = extractor.finish(0, 0)
    if not which:
        return made, 0
    units = np.concatenate(which)
    units[units < 0] = len(old.opened)
    return spliced([*old.opened, made], units, np.concatenate(rows), 0, 0), new


def _add(extractor: Extractor, bodies: list[bytes], which: Sequence[Array]) -> None:
    """Extract new records; `which` says of each record of the unit which old unit has it."""
    try:
        extractor.add(bodies)
    except RuleFailed as error:
        error.row = int(np.flatnonzero(np.concatenate(which) < 0)[error.row or 0])
        raise
