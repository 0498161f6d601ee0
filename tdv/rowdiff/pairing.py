"""Pair the leftovers of a gap by value, then by place and similarity."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

from tdv.formats.rows import BadRecord, Row
from tdv.rowdiff.align import align
from tdv.rowdiff.alike import ALONE, STRONG, AlikePairs
from tdv.rowdiff.bonds import key_of
from tdv.rowdiff.gaps import Change, Gap, Leftover
from tdv.rowdiff.sides import Side, canonical
from tdv.rowdiff.similarity import letter_similarity, similarity, tokens
from tdv.store.ends import common_end, common_start

# Rows of a gap are looked at in windows of so many a side, so that the work grows with the gap.
WINDOW = 512
# Rows of one side that wait for rows of the other to be paired with.
MAX_WAITING = 16 * WINDOW


_Pair: TypeAlias = "tuple[int, int, Literal['changed', 'formatted']]"


class _Decoded(NamedTuple):
    left: Leftover
    row: Row | BadRecord


class Pairer:
    """Turns gaps, in order, into changes.

    Args:
        a, b: what decodes the leftovers.
        key: the key's fields. A leftover that has a key was matched by it, or is new or gone;
            only those without one are paired by place.
    """

    def __init__(self, a: Side, b: Side, key: Sequence[str] = ()) -> None:
        self._a, self._b, self._key = a, b, key
        self._exact = a.exact and b.exact
        self._waiting_a: list[Leftover] = []
        self._waiting_b: list[Leftover] = []
        self._alike = AlikePairs(_likeness, _tokens)

    def changes(self, gap: Gap) -> list[Change]:
        """The changes that this gap settles, in the order of the new version."""
        if len(gap.a) == len(gap.b) == 1 and not (gap.more or self._waiting_a or self._waiting_b):
            left, right = gap.a[0], gap.b[0]
            if left.partner is None is right.partner:
                return self._one_for_one(left, right)
        self._waiting_a += (left for left in gap.a if left.partner is None)
        self._waiting_b += (left for left in gap.b if left.partner is None)
        found = [self._bonded(right) for right in gap.b if right.partner is not None]
        enough = WINDOW if gap.more else 1
        while len(self._waiting_a) >= enough and len(self._waiting_b) >= enough:
            found += self._window(final=not gap.more)
        while self._waiting_a and self._waiting_b and self._waits_long():
            found += self._window(final=False)
        one_sided = not self._waiting_a or not self._waiting_b
        if not gap.more or (one_sided and self._waits_long()):
            found += _unpaired(self._waiting_a, self._waiting_b)
            self._waiting_a, self._waiting_b = [], []
        return _in_order(found)

    def _one_for_one(self, left: Leftover, right: Leftover) -> list[Change]:
        """As `_window` with one row a side, which most gaps have, at half the cost."""
        old, new = self._decode_a(left), self._decode_b(right)
        if not self._exact and _value(old.row) == _value(new.row):
            return [Change("formatted", left, right)]
        if self._is_keyless(old) and self._is_keyless(new) and _likeness(old, new) >= ALONE:
            return [Change("changed", left, right)]
        return _unpaired([left], [right])

    def _waits_long(self) -> bool:
        """Whether more rows wait than memory should hold."""
        return max(len(self._waiting_a), len(self._waiting_b)) > MAX_WAITING

    def _bonded(self, right: Leftover) -> Change:
        left = right.partner
        assert left is not None
        if right.bond == "moved":
            return Change("moved", left, right)
        rows = self._decode_a(left).row, self._decode_b(right).row
        same = not self._exact and _value(rows[0]) == _value(rows[1])
        return Change("formatted" if same else "changed", left, right)

    def _window(self, *, final: bool) -> list[Change]:
        """Settle the first rows that wait on both sides: all, or those up to the last pair."""
        a = list(map(self._decode_a, self._waiting_a[:WINDOW]))
        b = list(map(self._decode_b, self._waiting_b[:WINDOW]))
        pairs = self._pairs(a, b)
        stop_a, stop_b = len(a), len(b)
        rest = not final or stop_a < len(self._waiting_a) or stop_b < len(self._waiting_b)
        if rest and (pairs or not self._alike.given_up):
            stop_a, stop_b = _reach(pairs, stop_a, stop_b)
        found: list[Change] = []
        at_a = at_b = 0
        for next_a, next_b, kind in pairs:
            found += _unpaired(self._waiting_a[at_a:next_a], self._waiting_b[at_b:next_b])
            found.append(Change(kind, a[next_a].left, b[next_b].left))
            at_a, at_b = next_a + 1, next_b + 1
        found += _unpaired(self._waiting_a[at_a:stop_a], self._waiting_b[at_b:stop_b])
        del self._waiting_a[:stop_a], self._waiting_b[:stop_b]
        return found

    def _pairs(self, a: list[_Decoded], b: list[_Decoded]) -> list[_Pair]:
        """Rows of a window with the same values, and between those, rows that are alike."""
        same: list[tuple[int, int]] = []
        if not self._exact:
            same = align([_value(each.row) for each in a], [_value(each.row) for each in b])
        pairs: list[_Pair] = []
        at_a = at_b = 0
        for next_a, next_b in [*same, (len(a), len(b))]:
            free_a = [at for at in range(at_a, next_a) if self._is_keyless(a[at])]
            free_b = [at for at in range(at_b, next_b) if self._is_keyless(b[at])]
            alike = self._alike.pairs([a[at] for at in free_a], [b[at] for at in free_b])
            pairs += [(free_a[i], free_b[j], "changed") for i, j in alike]
            if next_a < len(a) and next_b < len(b):
                pairs.append((next_a, next_b, "formatted"))
            at_a, at_b = next_a + 1, next_b + 1
        return pairs

    def _is_keyless(self, each: _Decoded) -> bool:
        return key_of(each.row, self._key) is None

    def _decode_a(self, left: Leftover) -> _Decoded:
        return _Decoded(left, self._a.decode(left.number, left.body))

    def _decode_b(self, right: Leftover) -> _Decoded:
        return _Decoded(right, self._b.decode(right.number, right.body))


def _reach(pairs: list[_Pair], size_a: int, size_b: int) -> tuple[int, int]:
    """How far a window is settled when more rows follow it: at least half of it."""
    last_a, last_b = pairs[-1][:2] if pairs else (-1, -1)
    if max(last_a, last_b) + 1 >= WINDOW // 2:
        return last_a + 1, last_b + 1
    return max(last_a + 1, (size_a + 1) // 2), max(last_b + 1, (size_b + 1) // 2)


def _unpaired(a: list[Leftover], b: list[Leftover]) -> list[Change]:
    return [
        *(Change("removed", left, None) for left in a),
        *(Change("added", None, right) for right in b),
    ]


def _in_order(changes: list[Change]) -> list[Change]:
    """By place in the new version; what was removed stands before what came in its place."""
    kept = sorted((change for change in changes if change.b is not None), key=_new_number)
    gone = deque(sorted((change for change in changes if change.b is None), key=_old_number))
    if not gone:
        return kept
    bounds: list[float] = []  # old number of the next row that is paired in its place
    bound = float("inf")
    for change in reversed(kept):
        if change.a is not None and change.kind != "moved":
            bound = _old_number(change)
        bounds.append(bound)
    merged: list[Change] = []
    for change, bound in zip(kept, reversed(bounds), strict=True):
        while gone and _old_number(gone[0]) < bound:
            merged.append(gone.popleft())
        merged.append(change)
    return [*merged, *gone]


def _new_number(change: Change) -> int:
    assert change.b is not None
    return change.b.number


def _old_number(change: Change) -> int:
    assert change.a is not None
    return change.a.number


def _value(row: Row | BadRecord) -> bytes:
    return b"\xff" + row.body if isinstance(row, BadRecord) else canonical(row)


def _likeness(old: _Decoded, new: _Decoded) -> float:
    """From 0 to 1; a record that does not decode is compared as text."""
    # Most changed rows differ in one field; that takes 2 us to see, and comparing fields 40.
    shared = _shared_ends(old.left.body, new.left.body)
    if shared >= STRONG:
        return shared
    if isinstance(old.row, BadRecord) or isinstance(new.row, BadRecord):
        return letter_similarity(_text(old.left), _text(new.left))
    return similarity(old.row, new.row)


def _shared_ends(a: bytes, b: bytes) -> float:
    """Which share of the longer body both start or end with alike."""
    head = common_start(a, b)
    tail = common_end(a, b, min(len(a), len(b)) - head)
    return (head + tail) / max(len(a), len(b), 1)


def _tokens(each: _Decoded) -> set[Any]:
    return tokens(_text(each.left) if isinstance(each.row, BadRecord) else each.row)


def _text(left: Leftover) -> str:
    return left.body.decode("utf-8", "replace")
