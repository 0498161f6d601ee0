"""Lines of small texts, merged."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdv.ops.merging.textmerge import MAX_SIZE, merge_text

BASE = b"1\n2\n3\n4\n5\n"
texts = st.lists(st.sampled_from([b"a", b"b", b"c", b"d"]), max_size=6).map(
    lambda lines: b"".join(line + b"\n" for line in lines)
)


@pytest.mark.parametrize(
    ("ours", "theirs", "merged"),
    [
        (b"0\n1\n2\n3\n4\n5\n", b"1\n2\n3\n4\n5\n6\n", b"0\n1\n2\n3\n4\n5\n6\n"),
        (b"1\nB\n3\n4\n5\n", b"1\n2\n3\n5\n", b"1\nB\n3\n5\n"),
        (b"1\n2\n3\n4\n5\nours\n", b"1\n2\n3\n4\n5\ntheirs\n", b"1\n2\n3\n4\n5\nours\ntheirs\n"),
        (b"1\n2\n3\n4\n5\nboth\n", b"1\n2\n3\n4\n5\nboth\n", b"1\n2\n3\n4\n5\nboth\n"),
        (b"1\nB\n3\n4\n5\n", b"1\nzwei\n3\n4\n5\n", None),
        (b"1\nB\n3\n4\n5\n", b"1\n3\n4\n5\n", None),
        (b"1\n2\n3\n4\n5", b"0\n1\n2\n3\n4\n5\n", b"0\n1\n2\n3\n4\n5"),
        (b"1\n2\n3\n4\n5\n6", b"1\n2\n3\n4\n5\n", b"1\n2\n3\n4\n5\n6"),
        (b"", b"1\n2\n3\n4\n5\n", b""),
    ],
)
def test_merged_lines(ours, theirs, merged):
    assert merge_text(BASE, ours, theirs) == merged


@settings(max_examples=200, deadline=None)
@given(texts, texts)
def test_an_unchanged_side_gives_the_other(base, other):
    assert merge_text(base, base, other) == other
    assert merge_text(base, other, base) == other
    assert merge_text(base, other, other) == other


@settings(max_examples=200, deadline=None)
@given(texts, texts, texts)
def test_the_order_of_the_sides(base, ours, theirs):
    one, other = merge_text(base, ours, theirs), merge_text(base, theirs, ours)
    assert (one is None) == (other is None)
    if one is not None and other is not None:
        assert sorted(one.split(b"\n")) == sorted(other.split(b"\n"))


def test_what_is_too_large_is_not_merged():
    assert merge_text(b"", b"a\n", b"x" * (MAX_SIZE + 1)) is None
