"""Spans of lines edited in place give back both versions, and only where they may."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tdv.rowdiff.inplace import edited_lines
from tdv.store.ends import common_end, common_start

lines = st.lists(st.sampled_from([b"a", b"b", b"cc", b"", b" ", b"d\r"]), min_size=1, max_size=8)


def block(of: list[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in of)


def records(of: list[bytes]) -> list[bytes]:
    return [line.removesuffix(b"\r") for line in of if line.strip(b" \t\r")]


@given(st.lists(st.tuples(lines, lines), min_size=1, max_size=4))
def test_spans_and_what_lies_between_are_both_versions(pairs) -> None:
    old, new = zip(*pairs, strict=True)
    counts = [len(records(chunk)) for chunk in old]
    if counts != [len(records(chunk)) for chunk in new]:
        return
    spans = edited_lines([block(chunk) for chunk in old], [block(chunk) for chunk in new], counts)
    if spans is None:
        return
    before = [record for chunk in old for record in records(chunk)]
    after = [record for chunk in new for record in records(chunk)]
    rebuilt = list(before)
    for span in spans:
        assert before[span.first : span.first + len(span.a)] == span.a
        assert len(span.a) == len(span.b)
        rebuilt[span.first : span.first + len(span.a)] = span.b
    assert rebuilt == after


def test_only_the_edited_lines_are_split() -> None:
    old = block([b"row %03d" % number for number in range(100)])
    new = old.replace(b"row 050", b"ROW 050")
    (span,) = edited_lines([old], [new], [100]) or ()
    assert span == (50, [b"row 050"], [b"ROW 050"])


def test_each_run_of_edited_lines_is_a_span() -> None:
    old = block([b"row %03d" % number for number in range(100)])
    new = old.replace(b"row 010", b"ROW 010").replace(b"row 011", b"").replace(b"row 099\n", b"end")
    new = new.replace(b"ROW 010\n\n", b"ROW 010\nROW 11\n")
    assert edited_lines([old], [new], [100]) == [
        (10, [b"row 010", b"row 011"], [b"ROW 010", b"ROW 11"]),
        (99, [b"row 099"], [b"end"]),
    ]


def test_the_last_line_may_lack_its_end() -> None:
    old = block([b"row %03d" % number for number in range(20)])[:-1]
    assert edited_lines([old], [old.replace(b"005", b"5")], [20]) == [(5, [b"row 005"], [b"row 5"])]


def test_a_line_that_came_in_moves_the_others_out_of_their_places() -> None:
    old = [b"row %03d" % number for number in range(40)]
    assert edited_lines([block(old)], [block([b"new", *old[:-1]])], [40]) is None


def test_chunks_that_share_no_line_do_not_correspond() -> None:
    assert edited_lines([b"a\nb\n"], [b"b\na\n"], [2]) is None


@given(st.binary(max_size=9000), st.binary(max_size=30), st.binary(max_size=30))
def test_shared_ends_are_as_long_as_can_be(shared: bytes, a: bytes, b: bytes) -> None:
    start = common_start(shared + a, shared + b)
    assert (shared + a)[:start] == (shared + b)[:start]
    assert start == len(shared + a) or (shared + a)[start:][:1] != (shared + b)[start:][:1]
    limit = min(len(a), len(b)) + len(shared)
    end = common_end(a + shared, b + shared, limit)
    assert (a + shared)[len(a + shared) - end :] == (b + shared)[len(b + shared) - end :]
    assert end >= len(shared)
