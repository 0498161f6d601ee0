"""Sequences: same chunks, same root; walking, seeking and comparing agree with plain lists."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from fake_store import FakeStore
from hypothesis import given, settings
from hypothesis import strategies as st

from tdv.errors import ObjectCorrupt
from tdv.model.oid import Kind, Oid, oid_of
from tdv.model.sequence import Child, SequenceNode
from tdv.store import seqdiff
from tdv.store.sequences import (
    EMPTY_SEQUENCE,
    SequenceBuilder,
    SequenceRoot,
    chunks,
    compare,
    find_offset,
    find_record,
    fingerprint_sum,
)


def chunk(number: int) -> Child:
    """A chunk known by a number; some hold several records and some none."""
    return Child(oid_of(Kind.CHUNK, b"%d" % number), number % 4, 10 + number % 7)


def build(
    store: FakeStore, numbers: Sequence[int], previous: SequenceRoot = EMPTY_SEQUENCE
) -> SequenceRoot:
    builder = SequenceBuilder(store, store, previous)
    for number in numbers:
        builder.add(chunk(number), number)
    return builder.finish()


def test_nothing_and_one_chunk() -> None:
    store = FakeStore()
    assert build(store, []) == EMPTY_SEQUENCE
    one = build(store, [3])
    assert one == SequenceRoot(chunk(3).oid, 0, 3, 13)
    assert not store.objects
    assert fingerprint_sum(store, one) is None
    assert list(chunks(store, one)) == [chunk(3)]


def edits(numbers: list[int], operations: list[tuple[int, int, list[int]]]) -> list[int]:
    edited = list(numbers)
    for at, removed, inserted in operations:
        at %= len(edited) + 1
        edited[at : at + removed] = inserted
    return edited


operations = st.lists(
    st.tuples(
        st.integers(0, 2000), st.integers(0, 40), st.lists(st.integers(0, 9000), max_size=30)
    ),
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2000), operations)
def test_compare_gives_both_sides_and_the_root_forgets_history(
    length: int, changes: list[tuple[int, int, list[int]]]
) -> None:
    store = FakeStore()
    old = list(range(length))
    new = edits(old, changes)
    root_old = build(store, old)
    root_new = build(store, new, previous=root_old)
    assert root_new == build(FakeStore(), new)
    check_regions(store, root_old, root_new, old, new)
    assert list(chunks(store, root_new)) == [chunk(n) for n in new]


def check_regions(
    store: FakeStore, a: SequenceRoot, b: SequenceRoot, old: list[int], new: list[int]
) -> int:
    """Replace the regions' chunks in the old list; the new list must come out."""
    before, after = [chunk(n) for n in old], [chunk(n) for n in new]
    rebuilt: list[Child] = []
    at = touched = 0
    for region in compare(store, a, store, b):
        assert region.a or region.b
        start = at
        while sum(c.size for c in before[at:start]) + offset(before[:at]) < region.a_offset:
            start += 1
        rebuilt += before[at:start]
        assert offset(before[:start]) == region.a_offset
        assert offset(rebuilt) == region.b_offset
        assert sum(c.records for c in before[:start]) == region.a_record
        assert sum(c.records for c in rebuilt) == region.b_record
        assert before[start : start + len(region.a)] == region.a
        rebuilt += region.b
        at = start + len(region.a)
        touched += len(region.a) + len(region.b)
    rebuilt += before[at:]
    assert rebuilt == after
    return touched


def offset(children: list[Child]) -> int:
    return sum(child.size for child in children)


def test_compare_reads_only_the_path_to_a_change() -> None:
    store = FakeStore()
    old = list(range(20_000))
    new = [*old[:9_000], -1, *old[9_001:]]
    a, b = build(store, old), build(store, new)
    store.reads.clear()
    (region,) = compare(store, a, store, b)
    assert (region.a, region.b) == ([chunk(9_000)], [chunk(-1)])
    assert len(store.reads) <= 2 * a.height
    assert list(compare(store, a, store, a)) == []


@pytest.mark.parametrize("window", [4, 16])
def test_compare_in_small_windows_stays_exact(window: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seqdiff, "WINDOW", window)
    monkeypatch.setattr(seqdiff, "MAX_REGION", 8)
    store = FakeStore()
    old = list(range(600))
    for new in (old[::-1], old[100:] + old[:100], old[:50] + old[300:], [*old, *old], [7] * 300):
        check_regions(store, build(store, old), build(store, new), old, new)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 50), min_size=1, max_size=400), st.data())
def test_records_and_offsets_are_found_as_in_a_list(
    numbers: list[int], data: st.DataObject
) -> None:
    store = FakeStore()
    root = build(store, numbers)
    children = [chunk(n) for n in numbers]
    wanted = data.draw(st.integers(0, root.size - 1))
    found = find_offset(store, root, wanted)
    assert found.offset <= wanted < found.offset + found.chunk.size
    assert next(iter(chunks(store, root, wanted))) == found.chunk
    if root.records:
        number = data.draw(st.integers(0, root.records - 1))
        ends = next(i for i in range(len(children)) if records(children[: i + 1]) > number)
        start = ends
        while start and children[start - 1].records == 0:
            start -= 1
        place = find_record(store, root, number)
        assert place == (children[start], records(children[:start]), offset(children[:start]))
    with pytest.raises(IndexError):
        find_record(store, root, root.records)
    with pytest.raises(IndexError):
        find_offset(store, root, -1)


def records(children: list[Child]) -> int:
    return sum(child.records for child in children)


def test_a_reordering_has_the_same_fingerprint_sum() -> None:
    store = FakeStore()
    numbers = list(range(3_000))
    a, b = build(store, numbers), build(store, numbers[::-1])
    assert a.root != b.root
    assert fingerprint_sum(store, a) == fingerprint_sum(store, b) == sum(numbers)


def test_nodes_are_put_like_the_old_ones_in_their_place() -> None:
    store = FakeStore()
    old = list(range(5_000))
    first = build(store, old)
    known = set(store.objects)
    build(store, [*range(-300, 0), *old[:2_500], -1, *old[2_500:]], previous=first)
    fresh = [oid for oid in store.objects if oid not in known]
    assert fresh
    for oid in fresh:
        (like,) = store.likes[oid]
        assert like in known
    node = next(oid for oid in fresh if chunk(-1).oid in oids_of(store, oid))
    assert len(oids_of(store, node) & oids_of(store, store.likes[node][0])) > 5


def oids_of(store: FakeStore, node: Oid) -> set[Oid]:
    return {c.oid for c in SequenceNode.from_bytes(store.objects[node][1]).children}


def test_a_node_of_another_level_is_refused() -> None:
    store = FakeStore()
    root = build(store, list(range(3_000)))
    with pytest.raises(ObjectCorrupt, match="has level"):
        list(chunks(store, root._replace(height=root.height + 1)))
