from __future__ import annotations

import pytest

from tdv.errors import PathError
from tdv.repo.selection import Selection, is_in


@pytest.mark.parametrize(
    ("paths", "path", "held"),
    [
        ([], b"a", True),
        ([b""], b"a/b", True),
        ([b"a"], b"a", True),
        ([b"a"], b"a/b/c", True),
        ([b"a"], b"ab", False),
        ([b"a/b"], b"a", False),
        ([b"*.csv"], b"x/y.csv", True),
        ([b"*.csv"], b"x/y.jsonl", False),
        ([b"d*/x"], b"data/x/deep", True),
        ([b"a?c"], b"abc", True),
        ([b"[ab].txt"], b"b.txt", True),
        ([b"[ab].txt"], b"[ab].txt", True),
        ([b"open["], b"open[", True),
        ([b"a/**/b"], b"a/b", True),
        ([b"a/**/b"], b"a/x/y/b", True),
    ],
)
def test_holds(paths: list[bytes], path: bytes, held: bool) -> None:
    assert Selection(paths).holds(path) is held


@pytest.mark.parametrize(
    ("paths", "folder", "entered"),
    [
        ([b"a/b/c"], b"a", True),
        ([b"a/b/c"], b"a/b", True),
        ([b"a/b/c"], b"a/x", False),
        ([b"a"], b"a/x", True),
        ([b"a/*.csv"], b"a", True),
        ([b"a/*.csv"], b"b", False),
        ([b"*.csv"], b"b", True),
        ([b"da*"], b"data", True),
    ],
)
def test_enters(paths: list[bytes], folder: bytes, entered: bool) -> None:
    assert Selection(paths).enters(folder) is entered


def test_a_path_that_selects_nothing_is_refused() -> None:
    files = [b"a/x.csv", b"b"]
    for good in ([b"a"], [b"*.csv"], [b"b"], [b""], []):
        Selection(good).require(lambda path: path in (b"a", b"b"), lambda: files, "the stage")
    with pytest.raises(PathError, match=r"`\*\.txt` matches no file of the stage"):
        Selection([b"*.txt"]).require(lambda path: False, lambda: files, "the stage")


@pytest.mark.parametrize(
    ("paths", "folder", "named"),
    [
        ([], b"d", None),
        ([b"d"], b"d", None),
        ([b"d"], b"d/e", None),
        ([b"d/a", b"d/b/c", b"x"], b"d", {b"a", b"b"}),
        ([b"d/a", b"d/b/c", b"x"], b"", {b"d", b"x"}),
        ([b"d/a", b"d/b/c", b"x"], b"d/b", {b"c"}),
        ([b"d/a"], b"e", set()),
        ([b"d/a", b"*.csv"], b"d", None),
    ],
)
def test_named(paths: list[bytes], folder: bytes, named: set[bytes] | None) -> None:
    assert Selection(paths).named(folder) == named


@pytest.mark.parametrize(
    ("path", "folder", "inside"),
    [
        (b"a/b", b"", True),
        (b"a/b", b"a", True),
        (b"a/b", b"a/b", True),
        (b"ab", b"a", False),
        (b"a", b"a/b", False),
    ],
)
def test_is_in(path: bytes, folder: bytes, inside: bool) -> None:
    assert is_in(path, folder) is inside
