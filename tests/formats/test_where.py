from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tdv.errors import UsageError
from tdv.formats.where import Condition

ROW = {
    "id": 7,
    "score": 0.7,
    "text": "a short text",
    "label": None,
    "meta": {"tags": ["x", "y"], "source": "web", "odd name": 1},
    "count": "12",
}


@pytest.mark.parametrize(
    ("text", "met"),
    [
        ("score >= .5", True),
        ("score >= .5 and len(text) > 20", False),
        ("score < .5 or label is None", True),
        ("not score", False),
        ("meta.source == 'web'", True),
        ("meta.source in ['web', 'book']", True),
        ("meta['odd name'] == 1", True),
        ("meta.tags[-1] == 'y'", True),
        ("meta.tags[5] == 'y'", False),
        ("'short' in text", True),
        ("'short' not in text", False),
        ("lower('ABC') == 'abc' and startswith(text, 'a ') and endswith(text, 'xt')", True),
        ("words(text) == 3", True),
        ("0 < score < 1", True),
        ("0 < score < .5", False),
        ("count > 9", True),
        ("count > '9'", False),
        ("count + 1 == 13", True),
        ("id % 2 == 1 and -id < 0 and id / 2 == 3.5", True),
        ("missing == None", True),
        ("missing > 1", False),
        ("text > 1", False),
        ("len(missing) > 1", False),
        ("id / 0 > 1", False),
        ("text * 1000000000", False),
    ],
)
def test_conditions(text: str, met: bool) -> None:
    assert Condition(text)(ROW) is met


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "is not understood"),
        ("score >=", "is not understood: invalid syntax"),
        ("__import__('os')", r"`__import__\('os'\)` is no part of a condition"),
        ("text.upper()", r"`text.upper\(\)` is no part"),
        ("(lambda: 1)()", "is no part"),
        ("[x for x in text]", "is no part"),
        ("id ** 99999", "is no part"),
        ("len(text, key=1)", "is no part"),
        ("(" * 5000 + "1" + ")" * 5000, "at most"),
    ],
)
def test_what_is_no_condition_is_refused(text: str, error: str) -> None:
    with pytest.raises(UsageError, match=error):
        Condition(text)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)


@given(
    st.sampled_from(
        ["a < b", "a in b", "a + b > 1", "len(a) == b", "a.x == b[0]", "-a < lower(b)", "a == b"]
    ),
    values,
    values,
)
def test_no_row_makes_a_condition_fail(text: str, a: Any, b: Any) -> None:
    assert Condition(text)({"a": a, "b": b}) in (True, False)
