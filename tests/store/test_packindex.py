"""The index of a pack: every oid is found, by itself and by its beginning; no other is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdv.model.oid import Oid
from tdv.store.packindex import FAN_FROM, PackIndex, Row, build_index, index_bytes

oids = st.binary(min_size=32, max_size=32).map(Oid)


def index_over(rows: dict[Oid, Row]) -> PackIndex:
    data = build_index(rows)
    assert len(data) == index_bytes(len(rows))
    return PackIndex(b"ahead" + data, 5, len(rows))


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(oids, st.tuples(*[st.integers(0, 255)] * 4), max_size=40), oids)
def test_finds_what_is_there_and_nothing_else(
    entries: dict[Oid, tuple[int, ...]], other: Oid
) -> None:
    rows = {oid: Row(*row) for oid, row in entries.items()}
    index = index_over(rows)
    for oid, row in rows.items():
        assert index.find(oid) == (oid, row)
    assert (index.find(other) is not None) == (other in rows)
    assert [oid for oid, _ in index.entries()] == sorted(rows)


@pytest.mark.parametrize("count", [0, 1, FAN_FROM - 1, FAN_FROM, FAN_FROM + 1, 3000])
def test_with_and_without_fan(count: int) -> None:
    rows = {
        Oid((i * 2654435761 % 2**32).to_bytes(4, "big") + bytes(28)): Row(i, i, 17, 0)
        for i in range(count)
    }
    index = index_over(rows)
    for oid, row in rows.items():
        assert index.find(oid) == (oid, row)
        assert index.find(oid[:12]) == (oid, row)
        assert index.find(oid[:31] + b"\1") is None
    for first in (b"\0", b"\x7f", b"\xff"):
        low, high = first, first
        expected = sorted(oid for oid in rows if oid.startswith(first))
        assert [oid for oid, _ in index.starting_with(low, high)] == expected
