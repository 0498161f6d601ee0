"""A report is the same whatever the split of the rows, the memory, the workers and the history."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from validations import SMALL, TODAY, chosen, jsonl, rows_of, validated

from tdv.analysis.executors import InProcess
from tdv.formats.cut import Cut
from tdv.ops.validate import validate
from tdv.ops.validating.engine import Computing, Engine
from tdv.ops.validating.grouping import Wanted

CUTS = [SMALL, Cut(), Cut(min=16, extra=16, max=512, piece=1 << 20), Cut(min=900, extra=300)]


@given(seed=st.integers(0, 10_000), count=st.integers(0, 900), cut=st.sampled_from(CUTS[1:]))
@settings(max_examples=12, deadline=None)
def test_any_split_gives_the_same_report(tmp_path_factory, seed, count, cut):
    folder = tmp_path_factory.mktemp("split")
    data = {"a.jsonl": jsonl(rows_of(seed, count))}
    assert validated(chosen(folder, data)) == validated(chosen(folder, data, cut))


def test_several_units_are_really_made(tmp_path):
    found = chosen(tmp_path, {"a.jsonl": jsonl(rows_of(1, 900))})
    assert len(found.files[0].units) > 3


@given(
    seed=st.integers(0, 10_000),
    edits=st.lists(
        st.tuples(st.integers(0, 699), st.sampled_from(["drop", "double", "edit", "swap"])),
        max_size=20,
    ),
)
@settings(max_examples=12, deadline=None)
def test_facts_of_an_older_version_give_the_same_report(tmp_path_factory, seed, edits):
    folder = tmp_path_factory.mktemp("edited")
    rows = rows_of(seed, 700)
    cache = folder / "cache"
    validated(chosen(folder, {"a.jsonl": jsonl(rows)}), cache=cache)
    for place, what in edits:
        at = place % len(rows)
        if what == "drop":
            del rows[at]
        elif what == "double":
            rows.insert(at, rows[at])
        elif what == "edit":
            rows[at] = {**rows[at], "text": f"edited {place}"}
        else:
            rows[at], rows[0] = rows[0], rows[at]
    later = chosen(folder, {"a.jsonl": jsonl(rows)})
    assert validated(later, cache=cache) == validated(later)


def test_only_what_changed_is_decoded(tmp_path):
    rows = rows_of(5, 2000)
    cache = tmp_path / "cache"
    validated(chosen(tmp_path, {"a.jsonl": jsonl(rows)}), cache=cache)
    for at in range(0, 2000, 100):
        rows[at] = {**rows[at], "text": f"edited {at}"}
    rows += rows_of(6, 30)
    with Engine(Computing(cache, 1)) as engine:
        validate(
            engine,
            chosen(tmp_path, {"a.jsonl": jsonl(rows)}),
            Wanted(profile="intent"),
            today=TODAY,
        )
        assert engine.decoded == 50


def test_a_warm_memory_gives_the_same_report(tmp_path):
    data = {"a.jsonl": jsonl(rows_of(2, 600)), "b.jsonl": jsonl(rows_of(3, 300))}
    found = chosen(tmp_path, data)
    cold = validated(found)
    cache = tmp_path / "cache"
    assert validated(found, cache=cache) == cold
    assert validated(found, cache=cache) == cold


def test_other_processes_give_the_same_report(tmp_path):
    found = chosen(tmp_path, {"a.jsonl": jsonl(rows_of(4, 3000))})
    assert len(found.files[0].units) > 8
    assert validated(found, jobs=3) == validated(found, jobs=1)


class Shuffled(InProcess):
    """Does tasks in an order of its own, as workers of different speed do."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def run(self, function, tasks):
        tasks = list(tasks)
        order = list(range(len(tasks)))
        self._random.shuffle(order)
        done = {place: function(tasks[place]) for place in order}
        return (done[place] for place in range(len(tasks)))


@pytest.mark.parametrize("seed", range(3))
def test_the_order_in_which_workers_end_does_not_count(tmp_path, monkeypatch, seed):
    found = chosen(
        tmp_path, {"a.jsonl": jsonl(rows_of(seed, 1500)), "b.jsonl": jsonl(rows_of(9, 90))}
    )
    in_order = validated(found)
    monkeypatch.setattr(Engine, "executor", Shuffled(seed))
    assert validated(found) == in_order


def test_formats_give_the_same_findings(tmp_path):
    rows = rows_of(7, 200)
    as_lines = validated(chosen(tmp_path, {"a.jsonl": jsonl(rows)}))
    as_array = validated(chosen(tmp_path, {"a.json": json.dumps(rows, indent=1).encode()}))

    def told(report):
        return [
            (each["code"], each["place"] and each["place"][1], each["field"], each["message"])
            for each in report["findings"]
        ]

    assert told(as_lines) == told(as_array)


def test_words_that_were_not_counted_are_counted_later(tmp_path):
    rows, cache = rows_of(8, 900), tmp_path / "cache"
    validated(chosen(tmp_path, {"a.jsonl": jsonl(rows)}), cache=cache)
    rows[450] = {**rows[450], "text": "zebra zebra"}
    later = chosen(tmp_path, {"a.jsonl": jsonl(rows)})
    validated(later, cache=cache)
    asked = ("CNT003.min_unique_words=2000",)
    found = validated(later, cache=cache, sets=asked)
    assert found == validated(later, sets=asked)
    assert found["metrics"]["unique_words"] == 375


@pytest.mark.parametrize("select", [("SPN", "REC"), ("DUP", "FLD001"), ("TXT004", "LBL")])
def test_what_is_selected_finds_the_same(tmp_path, select):
    found = chosen(tmp_path, {"a.jsonl": jsonl(rows_of(11, 600))})
    every = validated(found)["findings"]
    wanted = [each for each in every if each["code"].startswith(select)]
    assert wanted
    assert validated(found, select=select)["findings"] == wanted


def test_words_are_counted_where_somebody_asks(tmp_path):
    found = chosen(tmp_path, {"a.jsonl": jsonl(rows_of(12, 50))})
    asked = validated(found, select=("SPN",), sets=("max_avg_sequence_length_words=1",))
    assert asked["gauges"][0].got == validated(found)["metrics"]["avg_sequence_length_words"]
    assert validated(found, select=("SPN",))["metrics"]["avg_sequence_length_words"] is None
