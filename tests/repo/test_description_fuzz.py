"""Whatever stands in `tdv.toml`: it is understood, or named with line and column."""

from __future__ import annotations

import tomlkit
from hypothesis import given, settings
from hypothesis import strategies as st

from tdv.errors import UsageError
from tdv.quality.configuring.effective import settings_for
from tdv.quality.profiles import PROFILES
from tdv.repo.datasets import Datasets

WORDS = st.sampled_from(
    [
        *("dataset", "rules", "gate", "allow", "intents", "paths", "key", "text", "label", "split"),
        *("select", "ignore", "extend-select", "own", "level", "TXT003", "long-text", "max_words"),
        *("fail-on", "on", "max_duplicates", "code", "reason", "until", "where", "path", "schema"),
        *("error", "off", "commit", "never", "*", "a[", "2027-01-31", "TXT", "ALL", "", "x.y"),
    ]
)
VALUES = st.recursive(
    st.one_of(
        WORDS, st.integers(-3, 3), st.booleans(), st.floats(), st.dates(), st.text(max_size=3)
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=6,
)
DATASET = st.fixed_dictionaries({"paths": st.just("*")}, optional={
    "key": VALUES, "text": VALUES, "split": VALUES, "schema": VALUES, "tags": VALUES,
})  # fmt: skip
RULE = st.fixed_dictionaries({}, optional={
    "level": VALUES, "max_words": VALUES, "paths": st.dictionaries(WORDS, VALUES, max_size=2),
})  # fmt: skip
ALLOW = st.fixed_dictionaries({"code": WORDS, "reason": st.just("x")}, optional={
    "key": VALUES, "path": VALUES, "until": VALUES, "where": VALUES,
})  # fmt: skip
TABLES = st.fixed_dictionaries({}, optional={
    "dataset": st.dictionaries(WORDS, DATASET, max_size=2) | VALUES,
    "rules": st.fixed_dictionaries({}, optional={
        "select": VALUES, "TXT003": RULE, "long-text": RULE, "LBL001": RULE, "own": VALUES,
    }) | VALUES,
    "gate": st.dictionaries(WORDS, VALUES, max_size=2) | VALUES,
    "allow": st.lists(ALLOW, max_size=2) | VALUES,
    "other": VALUES,
})  # fmt: skip


def outcome(text):
    """What a text leads to: the digests of its settings, or the message of an error."""
    try:
        datasets = Datasets.parse(text)
        names, description = ("", *datasets.described), datasets.description
        return [
            settings_for(name, PROFILES["intent"], description=description).digest for name in names
        ]
    except UsageError as error:
        return error.message


@given(TABLES)
@settings(max_examples=300)
def test_nothing_else_than_an_error_with_its_place(tables):
    found = outcome(tomlkit.dumps(tables))
    if isinstance(found, str):
        assert found.startswith(("tdv.toml, line ", "tdv.toml: `dataset` has to be a table"))
    else:
        assert {len(digest) for digest in found} == {64}
