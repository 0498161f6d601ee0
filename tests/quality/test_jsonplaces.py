"""Places in a JSON text: at each one stands the value of its pointer."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from tdv.quality.schemas.jsonplaces import JsonPlaces

NAMES = st.text(st.sampled_from('ab/~"\\é0{[,: '), max_size=4)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | NAMES,
    lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner),
    max_leaves=12,
)


def pointers(value, pointer=""):
    yield pointer, value
    items = value.items() if isinstance(value, dict) else ()
    items = enumerate(value) if isinstance(value, list) else items
    for name, each in items:
        step = str(name).replace("~", "~0").replace("/", "~1")
        yield from pointers(each, f"{pointer}/{step}")


@given(VALUES, st.sampled_from([None, 0, 2]), st.booleans())
def test_the_value_stands_there(value, indent, ascii_only):
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    place = JsonPlaces(lambda: text)
    lines = text.split("\n")
    for pointer, expected in pointers(value):
        _, line, column, _ = place(pointer).split(",")
        number, at = int(line.split()[1]), int(column.split()[1])
        rest = "\n".join([lines[number - 1][at - 1 :], *lines[number:]])
        assert json.JSONDecoder().raw_decode(rest)[0] == expected


def test_words():
    place = JsonPlaces(lambda: '{\n "a": [1,\n  2], "a": 3}')
    assert place("") == ", line 1, column 1,"
    assert place("/a/1") == ", line 3, column 3,"
    assert place("/a") == ", line 3, column 12,"
    assert place("/b") == ""
