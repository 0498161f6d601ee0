"""Where in a TOML text a key stands."""

from __future__ import annotations

import sys

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from tdv.repo.tomlplaces import TextPlace, places

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TEXT = '''# [no.table]
title = "a = [1]" # x = 1
[dataset.intents] # yes
  paths = [
    "a]", # first
    'b', ]
"quoted \\u0065 key".x.y = 1979-05-27 07:32:00

[rules]
text = """
[no] = "x" \\"""
more""""
inline = { a = 1, "b.c" = [ {d = 2} ] }
[rules."TXT003".paths.'eval/**']
level="off"
[[allow]]
code = "A"
[[allow]]
code = "B"
[allow.below]
day = [2020-01-01, 2021-01-01 00:00:00Z, 3]
'''


@pytest.mark.parametrize(
    ("keys", "place"),
    [
        (("title",), (2, 1)),
        (("dataset",), (3, 1)),
        (("dataset", "intents"), (3, 1)),
        (("dataset", "intents", "paths"), (4, 3)),
        (("dataset", "intents", "paths", 0), (5, 5)),
        (("dataset", "intents", "paths", 1), (6, 5)),
        (("dataset", "intents", "quoted e key"), (7, 1)),
        (("dataset", "intents", "quoted e key", "x", "y"), (7, 23)),
        (("rules", "text"), (10, 1)),
        (("rules", "inline", "a"), (13, 12)),
        (("rules", "inline", "b.c", 0, "d"), (13, 30)),
        (("rules", "TXT003"), (14, 1)),
        (("rules", "TXT003", "paths", "eval/**", "level"), (15, 1)),
        (("allow", 0), (16, 1)),
        (("allow", 1), (18, 1)),
        (("allow", 1, "code"), (19, 1)),
        (("allow", 1, "below", "day", 2), (21, 42)),
    ],
)
def test_places(keys, place):
    assert tomllib.loads(TEXT)
    assert places(TEXT)[keys] == TextPlace(*place)


def test_only_what_is_there_is_found():
    assert {keys[0] for keys in places(TEXT)} == {"title", "dataset", "rules", "allow"}


@pytest.mark.parametrize("text", ["[", "a = ", "a = [", "a = {b", "[[a]\nb=1", "= 1\na=2", "]"])
def test_what_is_no_toml_ends_the_search(text):
    assert set(places(text)) <= {("a",), ("a", 0), ("a", "b")}


NAMES = st.one_of(
    st.sampled_from(["a", "b-c", "1", "ä", "x.y", 'q"', "n\n", ""]), st.text(max_size=3)
)
SCALARS = st.one_of(
    st.integers(-(2**63), 2**63 - 1), st.booleans(), st.floats(), st.datetimes(), st.dates(),
    st.text(), st.sampled_from(["'''", '"""', "\\", "]", "#"]),
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=3), VALUES, max_size=4))
def test_every_key_has_a_place(tables):
    text = tomlkit.dumps(tables)
    assert set(places(text)) == set(every_key(tomllib.loads(text)))


def every_key(value, keys=()):
    if keys:
        yield keys
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from every_key(inner, (*keys, name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from every_key(inner, (*keys, number))
