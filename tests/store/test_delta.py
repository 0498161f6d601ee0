"""Deltas give the payload back, cost what is new, and refuse what cannot be."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdv.errors import ObjectCorrupt
from tdv.store.delta import LINES_AHEAD, MAX_SPANS, compress_delta, decompress_delta, find_spans

LINES = b"".join(
    b'{"id": %06d, "text": "row number %d of some"}\n' % (n, n * n) for n in range(3000)
)
payloads = st.binary(max_size=300) | st.builds(
    lambda start, stop: LINES[start:stop], st.integers(0, 5000), st.integers(0, 5000)
)
# At most three next to each other, so that lines go on alike within LINES_AHEAD.
edits = st.lists(
    st.tuples(
        st.integers(0, 99).map(lambda place: 10 * place),
        st.sampled_from(["bring", "drop", "edit", "bring three"]),
    ),
    max_size=20,
    unique_by=lambda change: change[0],
)


@settings(max_examples=60, deadline=None)
@given(payloads, st.lists(payloads, min_size=1, max_size=3), st.sampled_from([3, 9]))
def test_delta_round_trip(payload: bytes, bases: list[bytes], level: int) -> None:
    stored = compress_delta(payload, bases, level)
    assert stored is None or decompress_delta(stored, len(payload), bases) == payload


def test_a_delta_of_a_small_edit_is_tiny() -> None:
    new = LINES[:60_000] + b"edited" + LINES[60_006:131_072]
    stored = compress_delta(new, [LINES[:131_072]], 9)
    assert stored is not None
    assert len(stored) < 60


@settings(max_examples=80, deadline=None)
@given(
    st.integers(0, 70_000),
    st.integers(0, 70_000),
    st.binary(max_size=40),
    st.sampled_from([3, 9]),
)
def test_one_edit_costs_what_it_brings(start: int, stop: int, brought: bytes, level: int) -> None:
    start, stop = sorted((start, stop))
    new = LINES[:start] + brought + LINES[stop:131_072]
    stored = compress_delta(new, [LINES[:60_000], LINES[60_000:131_072]], level)
    assert stored is not None
    assert len(stored) <= len(brought) + 8
    assert decompress_delta(stored, len(new), [LINES[:131_072]]) == new


@pytest.mark.parametrize(
    "stored", [b"", b"\x80", b"\x05\x05", b"\x00\x64abc", b"\x64\x00", b"\xff" * 6, b"\x01\x01\x00"]
)
def test_a_delta_that_cannot_be_is_refused(stored: bytes) -> None:
    with pytest.raises(ObjectCorrupt):
        decompress_delta(stored, 9, [b"a base of 20 bytes.."])


@settings(max_examples=80, deadline=None)
@given(edits, st.sampled_from([3, 9]))
def test_lines_brought_dropped_and_edited_are_found(
    changes: list[tuple[int, str]], level: int
) -> None:
    lines = LINES.splitlines(keepends=True)[:1000]
    base = b"".join(lines)
    for number, change in sorted(changes, reverse=True):
        if change.startswith("bring"):
            for _ in range(3 if change.endswith("three") else 1):
                lines.insert(number, b'{"id": "new", "text": "brought %d"}\n' % number)
        elif change == "drop":
            del lines[number]
        else:
            lines[number] = lines[number].replace(b"row", b"ROW")
    payload = b"".join(lines)
    spans = find_spans(payload, base)
    assert len(spans) <= 2 * len(changes)
    assert sum(span.new for span in spans) <= 3 * 60 * len(changes)
    stored = compress_delta(payload, [base], level)
    assert stored is not None
    assert decompress_delta(stored, len(payload), [base]) == payload


def test_a_payload_with_many_changes_has_a_bounded_number_of_spans() -> None:
    payload = LINES.replace(b"0, ", b"1, ")
    spans = find_spans(payload, LINES)
    assert len(spans) == MAX_SPANS + 1
    stored = compress_delta(payload, [LINES], 3)
    assert stored is not None
    assert decompress_delta(stored, len(payload), [LINES]) == payload


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 1900) | st.just(0),
    st.integers(0, 900),
    st.integers(0, LINES_AHEAD - 1) | st.integers(0, 40),
)
def test_a_chunk_that_starts_and_ends_elsewhere_brings_only_what_is_new(
    first: int, count: int, brought: int
) -> None:
    """Its bases hold more before and behind it, or it starts with what stands before them."""
    lines = LINES.splitlines(keepends=True)
    new = [b'{"id": "new", "text": "brought %d, not in the base"}\n' % n for n in range(brought)]
    if brought >= LINES_AHEAD:
        first = 0
    payload = b"".join(new + lines[first : first + count + 10])
    bases = [b"".join(lines[:1500]), b"".join(lines[1500:])]
    spans = find_spans(payload, b"".join(bases))
    assert sum(span.new for span in spans) <= sum(map(len, new))
    stored = compress_delta(payload, bases, 5)
    assert stored is not None
    assert decompress_delta(stored, len(payload), bases) == payload


def test_lines_are_not_looked_for_by_a_few_bytes() -> None:
    base = b"a long line of the base, " * 9 + b"\n" + b"x\n"
    payload = b"another line, and nothing of it is in the base\n" * 5 + b"x\nx"
    assert [span.copy for span in find_spans(payload, base)] == [1]


def test_lines_that_moved_are_not_stored_again() -> None:
    lines = LINES.splitlines(keepends=True)[:400]
    base = b"".join(lines)
    payload = b"".join(lines[200:300] + lines[:200] + lines[300:])
    stored = compress_delta(payload, [base], 5)
    assert stored is not None
    assert len(stored) < 100
    assert decompress_delta(stored, len(payload), [base]) == payload
