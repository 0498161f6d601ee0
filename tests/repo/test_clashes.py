from __future__ import annotations

import pytest

from tdv.errors import PathError
from tdv.model.oid import Oid
from tdv.repo.clashes import FEW, refuse_clashes
from tdv.repo.statcache import StatCache


def cache_of(*paths: bytes) -> StatCache:
    cache = StatCache(Oid(bytes(32)))
    for path in paths:
        cache.put(path, b"k" * 16)
    return cache


@pytest.mark.parametrize(
    ("there", "added"),
    [
        (b"a.csv", b"A.csv"),
        (b"d/a.csv", b"d/A.CSV"),
        (b"d/a.csv", b"D/b.csv"),
        (b"d", b"D/b.csv"),
        (b"d/x/a", b"d/X"),
        ("d/\u00e9".encode(), "d/e\u0301".encode()),
        (b"d/k", "d/\u212a".encode()),  # the sign for kelvin
    ],
)
@pytest.mark.parametrize("others", [0, 2 * FEW])
def test_names_that_differ_in_case_or_form_are_refused(
    there: bytes, added: bytes, others: int
) -> None:
    for old, new in ((there, added), (added, there)):
        more = [b"d/n%d" % number for number in range(others)]
        with pytest.raises(PathError, match="one name on file systems"):
            refuse_clashes(cache_of(old, new, *more), [new, *more])


@pytest.mark.parametrize("others", [0, 2 * FEW])
def test_other_names_are_taken(others: int) -> None:
    paths = [b"a", b"b/a", b"b/aa", b"b/c/a", "b/\u00e4".encode(), b"b/A."]
    more = [b"b/n%d" % number for number in range(others)]
    refuse_clashes(cache_of(*paths, *more), [*paths, *more])
    for path in paths:
        refuse_clashes(cache_of(*paths), [path])
