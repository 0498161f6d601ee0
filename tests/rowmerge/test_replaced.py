"""Rows without a key that both sides replaced by unlike ones."""

from __future__ import annotations

import json
from typing import Any

import pytest
from three_versions import Merged

NAMES = {"jsonl": b"a.jsonl", "csv": b"a.csv", "text": b"a.txt"}
kinds = pytest.mark.parametrize("kind", NAMES)

FIRST, LAST = ("the first row", "stays"), ("the last row", "stays as well")
TWO, DEUX, ZWEI = ("two words here", "one"), ("deux mots ici", "un"), ("zwei Worte dort", "eins")
FIVE, CINQ, FUENF = ("all five of them", "x"), ("cinq pommes", "y"), ("genau diese", "z")


def written(kind: str, rows: tuple[tuple[str, str], ...]) -> bytes:
    if kind == "jsonl":
        bodies = [json.dumps({"t": t, "n": n}) for t, n in rows]
    elif kind == "csv":
        bodies = ["t,n", *(f"{t},{n}" for t, n in rows)]
    else:
        bodies = [f"{t} {n}" for t, n in rows]
    return b"".join(body.encode() + b"\n" for body in bodies)


def merged(kind: str, *versions: tuple[tuple[str, str], ...], **options: Any) -> Merged:
    files = [written(kind, (FIRST, *rows, LAST)) for rows in versions]
    return Merged(files[0], files[1], files[2], name=NAMES[kind], **options)


def has(found: Merged, kind: str, *rows: tuple[str, str]) -> bool:
    return found.data == written(kind, (FIRST, *rows, LAST))


@kinds
def test_a_row_that_both_replaced(kind: str) -> None:
    found = merged(kind, (TWO,), (DEUX,), (ZWEI,))
    (conflict,) = found.conflicts
    assert (conflict.reason, conflict.number) == ("changed on both sides", 1)
    bodies = [written(kind, (each,)).splitlines()[-1] for each in (TWO, DEUX, ZWEI)]
    assert [conflict.base, conflict.ours, conflict.theirs] == bodies
    assert conflict.held == conflict.ours
    assert [each.name for each in conflict.fields] == ([] if kind == "text" else ["t", "n"])
    assert has(found, kind, DEUX)
    assert not found.file.taken.added


@kinds
def test_favours(kind: str) -> None:
    versions = (TWO,), (DEUX,), (ZWEI,)
    assert has(merged(kind, *versions, favour="ours"), kind, DEUX)
    assert has(merged(kind, *versions, favour="theirs"), kind, ZWEI)
    both = (DEUX, ZWEI) if kind == "text" else (DEUX,)
    assert has(merged(kind, *versions, favour="union"), kind, *both)


@kinds
def test_two_rows_beside_each_other(kind: str) -> None:
    found = merged(kind, (TWO, FIVE), (DEUX, CINQ), (ZWEI, FUENF))
    assert [each.number for each in found.conflicts] == [1, 2]
    assert has(found, kind, DEUX, CINQ)
    theirs = merged(kind, (TWO, FIVE), (DEUX, CINQ), (ZWEI, FUENF), favour="theirs")
    assert has(theirs, kind, ZWEI, FUENF)


@kinds
def test_unequal_counts(kind: str) -> None:
    more = merged(kind, (TWO,), (DEUX,), (ZWEI, FUENF))
    assert len(more.conflicts) == 1
    assert has(more, kind, DEUX, FUENF)
    back = merged(kind, (TWO,), (ZWEI, FUENF), (DEUX,))
    assert len(back.conflicts) == 1
    assert has(back, kind, ZWEI, FUENF)
    fewer = merged(kind, (TWO, FIVE), (DEUX,), (ZWEI,))
    assert len(fewer.conflicts) == 1
    assert has(fewer, kind, DEUX)
    none = merged(kind, (TWO,), (), (ZWEI,))
    assert not none.conflicts
    assert has(none, kind, ZWEI)


@kinds
def test_equal_rows_stand_once(kind: str) -> None:
    same = merged(kind, (TWO,), (DEUX,), (DEUX, ZWEI))
    assert not same.conflicts
    assert has(same, kind, DEUX, ZWEI)
    second = merged(kind, (TWO, FIVE), (DEUX, CINQ), (DEUX, FUENF))
    (conflict,) = second.conflicts
    assert conflict.base == written(kind, (FIVE,)).splitlines()[-1]
    assert has(second, kind, DEUX, CINQ)
    crossed = merged(kind, (TWO, FIVE), (DEUX, CINQ), (CINQ, ZWEI))
    (conflict,) = crossed.conflicts
    assert conflict.base == written(kind, (TWO,)).splitlines()[-1]
    assert has(crossed, kind, DEUX, CINQ)


@kinds
def test_replaced_on_one_side(kind: str) -> None:
    assert has(merged(kind, (TWO, FIVE), (DEUX, FIVE), (TWO, FUENF)), kind, DEUX, FUENF)
    assert not merged(kind, (TWO, FIVE), (DEUX, FIVE), (TWO, FUENF)).conflicts
    added = merged(kind, (TWO,), (TWO, DEUX), (ZWEI,))
    assert not added.conflicts
    changed = (TWO[0], "two words")
    for sides, reason, rows in (
        (((DEUX,), (changed,)), "removed here, changed there", (DEUX,)),
        (((changed,), (ZWEI,)), "changed here, removed there", (changed, ZWEI)),
    ):
        found = merged(kind, (TWO,), *sides)
        (conflict,) = found.conflicts
        assert conflict.reason == reason
        assert has(found, kind, *rows)


def test_a_key_tells_rows_apart() -> None:
    found = merged("jsonl", (TWO,), (DEUX,), (ZWEI,), key=("t",))
    assert not found.conflicts
    assert has(found, "jsonl", DEUX, ZWEI)


def test_values_that_only_one_side_changed() -> None:
    base, ours = ("two words that are rather long", "1"), ("deux mots, et encore un", "2")
    versions = (base,), (ours,), (("genau so viele, aber anders", "1"),)
    (conflict,) = merged("jsonl", *versions).conflicts
    assert [each.name for each in conflict.fields] == ["t"]
    theirs = merged("jsonl", *versions, favour="theirs")
    assert has(theirs, "jsonl", ("genau so viele, aber anders", "2"))


def test_new_columns_on_one_side() -> None:
    base, ours = (b"t,n\na b c d e f g,1\n%s,2\nz z z,3\n" % each for each in (b"two", b"deux"))
    theirs = b"t,n,by\na b c d e f g,1,me\nzwei,9,me\nz z z,3,me\n"
    found = Merged(base, ours.replace(b"deux,2", b"deux,8"), theirs, name=b"a.csv")
    (conflict,) = found.conflicts
    assert [each.name for each in conflict.fields] == ["t", "n"]
    assert found.data == b"t,n,by\na b c d e f g,1,me\ndeux,8,me\nz z z,3,me\n"
