"""Spans of lines edited in place give back both versions, and only where they may."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tdv.rowdiff.inplace import Chunk, Span, edited_lines
from tdv.store.ends import common_end, common_start

lines = st.lists(st.sampled_from([b"a", b"b", b"cc", b"", b" ", b"d\r"]), min_size=1, max_size=8)


def block(of: list[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in of)


def records(of: list[bytes]) -> list[bytes]:
    return [line.removesuffix(b"\r") for line in of if line.strip(b" \t\r")]


def chunk(of: list[bytes]) -> Chunk:
    return Chunk(block(of), len(records(of)))


def rebuilt(before: list[bytes], spans: list[Span]) -> list[bytes]:
    """The new records, from the old ones and the spans."""
    after: list[bytes] = []
    at = 0
    for span in spans:
        after += before[at : span.a_start]
        assert len(after) == span.b_start
        at = span.a_start + len(span.a)
        assert before[span.a_start : at] == span.a
        after += span.b
    return after + before[at:]


@given(st.lists(st.tuples(lines, lines), min_size=1, max_size=4))
def test_spans_and_what_lies_between_are_both_versions(pairs) -> None:
    old, new = zip(*pairs, strict=True)
    spans = edited_lines(list(map(chunk, old)), list(map(chunk, new)))
    if spans is not None:
        before, after = ([each for of in side for each in records(of)] for side in (old, new))
        assert rebuilt(before, spans) == after


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 59), st.sampled_from(["edit", "drop", "bring"])), max_size=5)
)
def test_lines_brought_dropped_and_edited_give_the_new_version(edits) -> None:
    old = [b"row %d" % (number % 40) for number in range(60)]
    new = [[line] for line in old]
    for at, what in edits:
        new[at] = {"edit": [b"other"], "drop": [], "bring": [b"more", old[at]]}[what]
    after = [line for each in new for line in each]
    spans = edited_lines([chunk(old)], [chunk(after)])
    assert spans is not None
    assert rebuilt(old, spans) == after
    assert sum(len(span.a) + len(span.b) for span in spans) <= 4 * len(edits)


def test_only_the_edited_lines_are_split() -> None:
    old = [b"row %03d" % number for number in range(100)]
    new = [line.replace(b"row 050", b"ROW 050") for line in old]
    (span,) = edited_lines([chunk(old)], [chunk(new)]) or ()
    assert span == (50, [b"row 050"], 50, [b"ROW 050"])


def test_each_run_of_lines_is_a_span() -> None:
    old = [b"row %03d" % number for number in range(100)]
    new = [*old[:10], b"ROW 010", b"ROW 011", *old[12:40], *old[41:70], b"new", *old[70:99], b"end"]
    assert edited_lines([chunk(old)], [chunk(new)]) == [
        (10, [b"row 010", b"row 011"], 10, [b"ROW 010", b"ROW 011"]),
        (40, [b"row 040"], 40, []),
        (70, [], 69, [b"new"]),
        (99, [b"row 099"], 99, [b"end"]),
    ]


def test_the_last_line_may_lack_its_end() -> None:
    old = block([b"row %03d" % number for number in range(20)])[:-1]
    new = old.replace(b"005", b"5")
    assert edited_lines([Chunk(old, 20)], [Chunk(new, 20)]) == [(5, [b"row 005"], 5, [b"row 5"])]


def test_a_long_run_of_other_lines_is_left_to_the_alignment() -> None:
    old = [b"row %03d" % number for number in range(100)]
    new = [*old[:40], *(line[::-1] for line in old[40:50]), *old[50:]]
    assert edited_lines([chunk(old)], [chunk(new)]) is None


def test_lines_that_are_no_records_are_left_to_it_too() -> None:
    assert edited_lines([chunk([b"a", b"", b"b"])], [chunk([b"c", b"", b"b"])]) is None


@given(st.binary(max_size=9000), st.binary(max_size=30), st.binary(max_size=30))
def test_shared_ends_are_as_long_as_can_be(shared: bytes, a: bytes, b: bytes) -> None:
    start = common_start(shared + a, shared + b)
    assert (shared + a)[:start] == (shared + b)[:start]
    assert start == len(shared + a) or (shared + a)[start:][:1] != (shared + b)[start:][:1]
    limit = min(len(a), len(b)) + len(shared)
    end = common_end(a + shared, b + shared, limit)
    assert (a + shared)[len(a + shared) - end :] == (b + shared)[len(b + shared) - end :]
    assert end >= len(shared)
