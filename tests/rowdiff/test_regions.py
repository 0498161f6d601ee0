"""Regions are cut without losing anything, and only where nothing has shifted."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from memory_records import MemoryRecords, lines

from tdv.model.oid import Kind, oid_of
from tdv.model.sequence import Child
from tdv.rowdiff.regions import ChangedChunks, Stretch, cut_up
from tdv.rowdiff.sides import Side
from tdv.store.seqdiff import Region


def stretches(old: MemoryRecords, new: MemoryRecords) -> tuple[list[Stretch], ChangedChunks]:
    source = ChangedChunks(Side(old), Side(new))
    return list(source.all_stretches()), source


def numbered(count: int) -> list[dict[str, object]]:
    return [{"id": number, "text": "x" * (number * 7 % 23)} for number in range(count)]


def test_edits_in_every_chunk_come_in_parts() -> None:
    old = numbered(3000)
    new = [{**row, "id": -1} if number % 4 == 0 else row for number, row in enumerate(old)]
    parts, source = stretches(MemoryRecords(lines(old)), MemoryRecords(lines(new)))
    assert len(parts) > 10
    assert all(part.a_start == part.b_start and part.a_stop == part.b_stop for part in parts)
    bodies = [body for part in parts for body in source.bodies_b(part)]
    kept = {part.b_start + at for part in parts for at in range(part.b_stop - part.b_start)}
    assert bodies == [lines([new[number]])[:-1] for number in sorted(kept)]


def chunks(counts: list[int], side: str) -> list[Child]:
    return [
        Child(oid_of(Kind.CHUNK, f"{side}{at}".encode()), count, 10 * count)
        for at, count in enumerate(counts)
    ]


def test_no_part_begins_where_rows_have_shifted() -> None:
    counts = [5 + number * 7 % 11 for number in range(100)]
    shifted = [*counts]
    shifted[20] += 1
    shifted[60] -= 1
    region = Region(40, 50, 400, 500, chunks(counts, "a"), chunks(shifted, "b"))
    parts = list(cut_up(region))
    assert [len(part.a) for part in parts] == [8, 8, 46, 8, 8, 8, 8, 6]
    assert [child for part in parts for child in part.a] == region.a
    assert [child for part in parts for child in part.b] == region.b
    for part, following in pairwise(parts):
        assert following.a_record == part.a_record + sum(child.records for child in part.a)
        assert following.b_record == part.b_record + sum(child.records for child in part.b)
        assert following.a_offset == part.a_offset + sum(child.size for child in part.a)
        assert following.b_offset == part.b_offset + sum(child.size for child in part.b)


def test_no_part_begins_or_ends_in_a_long_record() -> None:
    counts = [5] * 15 + [0, 0, 1] + [5] * 15
    region = Region(0, 0, 0, 0, chunks(counts, "a"), chunks(counts, "b"))
    assert [len(part.a) for part in cut_up(region)] == [8, 11, 8, 6]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 1999), st.sampled_from(["edit", "drop", "long"])), max_size=40
    ),
)
def test_what_is_not_in_a_stretch_is_the_same(edits: list[tuple[int, str]]) -> None:
    old: list[bytes] = [lines([row])[:-1] for row in numbered(2000)]
    new: list[bytes | None] = [*old]
    for at, what in edits:
        new[at] = {"edit": b"{}", "drop": None, "long": b"[" + b"1," * 300 + b"1]"}[what]
    kept = [body for body in new if body is not None]
    a = MemoryRecords(b"".join(body + b"\n" for body in old))
    b = MemoryRecords(b"".join(body + b"\n" for body in kept))
    parts, source = stretches(a, b)
    at_a = at_b = 0
    rebuilt: list[bytes] = []
    for part in parts:
        rebuilt += old[at_a : part.a_start]
        assert part.b_start - at_b == part.a_start - at_a
        assert list(source.bodies_a(part)) == old[part.a_start : part.a_stop]
        rebuilt += source.bodies_b(part)
        at_a, at_b = part.a_stop or 0, part.b_stop or 0
    assert rebuilt + old[at_a:] == kept
