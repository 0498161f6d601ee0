"""Rows of any kind against every profile: no exception, and figures that are those of findings."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import fields

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from validations import TODAY, chosen

from tdv.ops.validate import validate
from tdv.ops.validating.engine import Computing, Engine
from tdv.ops.validating.grouping import Wanted
from tdv.quality.configuring.overrides import Overrides
from tdv.quality.profiles import PROFILES
from tdv.quality.registry import Selection

ODD = (
    *(None, True, False, 0, -1, 0.5, 1e300, 10**30, 10**400, -(2**63) - 1, float("inf")),
    *("", " ", "x", "yes yes yes yes yes yes", "\x00\x1b[31m", "\u0660", "é\U0001f600", "\ud800"),
    *("user", "2024-01-01T00:00:00Z", "2024-99-01", "0001-01-01T00:00:00-14:00", "a@b.example"),
    *("9" * 5000, "NaN", "1e999"),
)
NAMES = ("", ".", "a.b", "0", "role", "content", "from", "value", "timestamp", "start", "end")
VALUES = st.recursive(
    st.sampled_from(ODD) | st.text(max_size=3) | st.integers() | st.floats(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=2), inner, max_size=3)
    ),
    max_leaves=6,
)
MESSAGES = st.lists(
    st.fixed_dictionaries({}, optional={name: VALUES for name in NAMES[4:9]}), max_size=3
)
ENTITIES = st.lists(st.tuples(VALUES, VALUES, VALUES, VALUES) | VALUES, max_size=3)
BROKEN = ("", "{", "1", "null", '{"a": 1, "a": 2}', "\x00", '{"text": "\\ud800"}')


def names_of(profile):
    """The fields that a profile has roles for, dotted ones too, and a few that schemas have."""
    found = set()
    for each in fields(profile.roles):
        value = getattr(profile.roles, each.name)
        found |= {value} if isinstance(value, str) else set(value)
    found |= {"metadata", "quality", "split", "num_turns", "prompt_trajectory", "error_types"}
    return [*sorted(found - {""}), "id", "text", "label", "messages", "embedding", ""]


def record(flat):
    """The row of dotted names, as JSON; two names in conflict leave one out."""
    row = {}
    for name, value in flat.items():
        *path, last = name.split(".")
        here = row
        for step in path:
            here = here.setdefault(step, {})
            if not isinstance(here, dict):
                break
        else:
            here[last] = value
    text = json.dumps(row).replace("Infinity", "1e999").replace("NaN", "null")
    return text.encode()


def rows_of(profile):
    row = st.dictionaries(
        st.sampled_from(names_of(profile)), VALUES | MESSAGES | ENTITIES, max_size=6
    )
    good = row.map(record) | st.sampled_from(BROKEN).map(str.encode)
    return st.lists(good, max_size=8).map(lambda rows: [*rows, *rows[:1]])


@pytest.mark.parametrize("name", PROFILES)
def test_any_rows(name, tmp_path_factory):
    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(rows_of(PROFILES[name]), st.booleans())
    def holds(records, everything):
        files = {"a.jsonl": b"\n".join(records) + b"\n"}
        every = Overrides(selection=Selection(extend=("OUT", "LBL", "TXT", "GOV", "CNT")))
        wanted = Wanted(every if everything else Overrides(), profile=name)
        found = chosen(tmp_path_factory.mktemp("rows"), files)
        with Engine(Computing(None, 1)) as engine:
            report = validate(engine, found, wanted, today=TODAY)
            findings = list(report.findings())
        counted = Counter()
        for tally in report.tallies:
            counted[tally.code, tally.path, tally.level] += tally.findings
        assert counted == Counter((each.code, each.path, each.level) for each in findings)
        assert len({each.id for each in findings}) == len(findings)
        invalid = {each.place.row for each in findings if each.place and each.level == "error"}
        assert report.invalid_examples == len(invalid)
        assert report.total_examples == report.valid_examples + report.invalid_examples
        assert report.total_examples == sum(bool(each.strip()) for each in records)
        json.dumps([dict(report.metrics), dict(report.statistics)], allow_nan=False)

    holds()
