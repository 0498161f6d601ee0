"""Where new chunks find their bases in the previous version."""

from __future__ import annotations

import random
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from tdv.model.oid import Kind, Oid, oid_of
from tdv.model.sequence import Child
from tdv.store import placing
from tdv.store.placing import Placed, Placer


def child(data: bytes) -> Child:
    return Child(oid_of(Kind.CHUNK, data), 1, len(data))


def reader(old: list[bytes]) -> Callable[[Oid], bytes]:
    return {child(data).oid: data for data in old}.__getitem__


def place(old: list[bytes], new: list[bytes]) -> dict[bytes, Placed]:
    """Every chunk that was given back, in order."""
    size = sum(map(len, old))
    placer = Placer(iter([child(data) for data in old]), size, reader(old))
    given_back: list[Placed] = []
    for data in new:
        given_back += placer.add(child(data).oid, data)
    given_back += placer.finish()
    return {placed.data: placed for placed in given_back}


def chunk(number: int, text: bytes = b"") -> bytes:
    return (b"%d:%s" % (number, text)).ljust(100, b".")


def oid(data: bytes) -> Oid:
    return oid_of(Kind.CHUNK, data)


def test_an_edited_chunk_is_like_the_one_in_its_place() -> None:
    old = [chunk(n) for n in range(50)]
    new = [*old[:20], chunk(20, b"edited"), *old[21:40], chunk(40, b"edited"), *old[41:]]
    found = place(old, new)
    assert {data: p.like for data, p in found.items()} == {
        new[20]: (oid(old[20]),),
        new[40]: (oid(old[40]),),
    }
    assert all(placed.small for placed in found.values())


def test_neighbours_map_onto_neighbours() -> None:
    old = [chunk(n) for n in range(50)]
    edited = [chunk(n, b"edited") for n in range(10, 14)]
    found = place(old, [*old[:10], *edited, *old[14:]])
    assert [found[data].like for data in edited] == [(oid(old[n]),) for n in range(10, 14)]


def test_a_chunk_that_took_in_two_is_like_both() -> None:
    old = [chunk(n) for n in range(9)]
    joined = old[4] + old[5]
    assert place(old, [*old[:4], joined, *old[6:]])[joined].like == (oid(old[4]), oid(old[5]))


def test_what_is_appended_is_like_nothing_but_the_old_last_chunk() -> None:
    old = [chunk(n) for n in range(5)]
    longer = [*old[:4], chunk(4, b"more"), *[chunk(n) for n in range(5, 25)]]
    found = place(old, longer)
    assert found[longer[4]].like == (oid(old[4]),)
    assert all(not found[data].like for data in longer[5:-1])


def test_what_is_inserted_is_like_nothing() -> None:
    old = [chunk(n) for n in range(20)]
    fresh = [chunk(n) for n in range(100, 110)]
    found = place(old, [*old[:7], *fresh, *old[7:]])
    assert [found[data].like for data in fresh] == [()] * 10


def test_after_a_removal_later_edits_find_their_places() -> None:
    old = [chunk(n) for n in range(1_000)]
    new = [*old[:100], *old[700:800], chunk(800, b"edited"), *old[801:]]
    assert {data: p.like for data, p in place(old, new).items()} == {new[200]: (oid(old[800]),)}


def test_a_rewritten_file_is_placed_in_bounded_memory() -> None:
    draw = random.Random(1)
    old = [draw.randbytes(100 << 10) for _ in range(300)]
    new = [data[:-1] + b"x" for data in old]
    placer = Placer(iter([child(data) for data in old]), 300 * 100 << 10, reader(old))
    pending, found = 0, []
    for data in new:
        given_back = placer.add(oid(data), data)
        pending += 1 - len(given_back)
        assert pending * len(data) <= placing.MAX_PENDING
        found += given_back
    found += placer.finish()
    assert [placed.data for placed in found] == new
    assert [placed.like for placed in found] == [(oid(data),) for data in old]


def test_old_chunks_stay_known_behind_a_long_insertion() -> None:
    draw = random.Random(2)
    old = [draw.randbytes(100 << 10) for _ in range(100)]
    fresh = [draw.randbytes(100 << 10) for _ in range(200)]
    edited = old[5][:-1] + b"x"
    new = [*fresh, *old[:5], edited, *old[6:]]
    found = place(old, new)
    assert found.keys() == {*fresh, edited}
    assert found[edited].like == (oid(old[5]),)


def test_a_file_changed_everywhere_is_followed_as_it_shifts() -> None:
    draw = random.Random(3)
    rows = [draw.randbytes(500) for _ in range(24_000)]
    old_rows = [rows[n : n + 200] for n in range(0, len(rows), 200)]
    old = [b"".join(part) for part in old_rows]
    shifted: list[bytes] = []
    for number, row in enumerate(rows):
        if number % 20 == 3 and number < 12_000:
            continue
        shifted.append(b"!" + row if number % 25 == 0 else row)
        if number % 30 == 7:
            shifted.append(draw.randbytes(500))
    new = [b"".join(shifted[n : n + 200]) for n in range(0, len(shifted), 200)]
    found = place(old, new)
    assert len(found) == len(new)
    holder = {row: oid(b"".join(part)) for part in old_rows for row in part}
    right = sum(
        holder.get(shifted[200 * n + 100], oid(new[n])) in {*found[data].like, oid(new[n])}
        for n, data in enumerate(new[:-1])
    )
    assert right >= 0.95 * len(new)


def test_another_file_resembles_nothing_after_a_look() -> None:
    draw = random.Random(4)
    old = [draw.randbytes(100 << 10) for _ in range(200)]
    new = [draw.randbytes(100 << 10) for _ in range(200)]
    assert not any(placed.like for placed in place(old, new).values())


chunks = st.lists(st.integers(0, 40), max_size=60)


@settings(max_examples=200, deadline=None)
@given(chunks, chunks)
def test_new_chunks_come_back_once_each_with_old_ones_as_bases(
    old: list[int], new: list[int]
) -> None:
    before, after = [chunk(n) for n in old], [chunk(n) for n in new]
    size = sum(map(len, before))
    placer = Placer(iter([child(data) for data in before]), size, reader(before))
    found: list[Placed] = []
    for data in after:
        found += placer.add(oid(data), data)
    found += placer.finish()
    assert {p.data for p in found} | {*before} >= {*after}
    order = iter(after)
    assert all(placed.data in order for placed in found)
    known = {oid(data) for data in before}
    for placed in found:
        assert len(placed.like) <= 3
        assert known.issuperset(placed.like)
