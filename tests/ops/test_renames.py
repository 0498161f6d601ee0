"""Which file that went was renamed to which that came."""

from __future__ import annotations

from tdv.ops.renames import pair_renames


def test_the_same_content_is_a_rename():
    assert pair_renames([(b"a", 1), (b"b", 2)], [(b"c", 2), (b"d", 3)]) == {b"c": b"b"}


def test_names_that_stayed_come_first_whatever_the_order():
    gone = [(b"x/a", 1), (b"x/b", 1), (b"x/c", 1)]
    came = [(b"y/0", 1), (b"y/b", 1), (b"y/c", 1), (b"y/d", 1)]
    assert pair_renames(gone, came) == {b"y/b": b"x/b", b"y/c": b"x/c", b"y/0": b"x/a"}


def test_many_equal_files_take_no_longer_than_many_others():
    gone = [(b"old/%d" % number, 0) for number in range(60_000)]
    came = [(b"new%d/%d" % (number, number), 0) for number in range(60_000)]
    pairs = pair_renames(gone, came)
    assert all(pairs[new] == old for (old, _), (new, _) in zip(gone, came, strict=True))
