"""How messages put counts, shares, fields and rows."""

from __future__ import annotations

import pytest

from tdv.quality.subject import Roles
from tdv.quality.telling import counted, listed, named, percent


def test_counts_and_shares():
    assert [counted(n, "row") for n in (0, 1, 12_000)] == ["0 rows", "1 row", "12,000 rows"]
    assert percent(32, 1000) == "3.2%"


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ([], ""),
        (["a"], "`a`"),
        (["a", "b"], "`a` and `b`"),
        (["a", "b", "c"], "`a`, `b` and `c`"),
        (["a", "b", "c", "d", "e"], "`a`, `b`, `c` and 2 more"),
    ],
)
def test_names_of_fields(names, said):
    assert listed(names) == said


def test_a_row_is_named_by_its_key():
    roles = Roles(key=("id", "part"))
    assert named({"id": "x", "part": 3}, roles, "this row") == 'row "x", 3'
    assert named({"id": "x", "part": 3}, roles, "This row") == 'Row "x", 3'
    assert named({"id": "x"}, roles, "this row") == "this row"
    assert named({"id": "x"}, Roles(), "this row") == "this row"
    assert named({"id": "\x1b[2J"}, Roles(key=("id",)), "this row") == 'row "\\u001b[2J"'
