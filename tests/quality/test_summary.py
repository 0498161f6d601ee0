"""Summaries: any split of the rows and any order of merging gives the same bytes."""

from __future__ import annotations

import json
from itertools import pairwise

import msgpack
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tdv.quality.extracting import summary as module
from tdv.quality.extracting.summary import Summary, column_of, crossings, summarise
from tdv.quality.subject import Roles

CROSSED = (("label:intent", "category:lang"), ("label:intent", "split"))
SHAPES = [
    json.dumps([["id", "integer"], ["text", "string"]]),
    json.dumps([["id", "string"], ["text", "null"]]),
]
TALLIES = [json.dumps([["pair:en -> es", 1], ["tokens:m", 7]]), json.dumps([["tokens:m", 5]])]
row = st.fixed_dictionaries(
    {
        "bad": st.integers(0, 1),
        "chars": st.integers(0, 300),
        "words": st.integers(0, 40),
        "chars:output": st.integers(0, 9),
        "number:confidence": st.floats() | st.integers(0, 5).map(float),
        "turns": st.integers(0, 3),
        "label:intent": st.sampled_from([None, *"abcdefg"]),
        "category:lang": st.sampled_from([None, "en", "de"]),
        "split": st.sampled_from([None, "train", "test"]),
        "shape": st.sampled_from([None, *SHAPES]),
        "tally": st.sampled_from([None, *TALLIES]),
        "vocabulary": st.lists(st.integers(0, 30), max_size=3),
    }
)
TYPES = {"bad": np.uint8, "number:confidence": np.float64}


def unit(rows):
    """Rows as the columns of a unit, with codes in the order in which its values occur."""
    columns, lists = {}, {}
    for name in TYPES | {each: np.uint32 for each in row_names()}:
        held = [each[name] for each in rows]
        if name in {"label:intent", "category:lang", "split", "shape", "tally"}:
            lists[name] = list(dict.fromkeys(each for each in held if each is not None))
            held = [0 if each is None else lists[name].index(each) + 1 for each in held]
        columns[name] = np.array(held, TYPES.get(name, np.uint32))
    words = np.array([word for each in rows for word in each["vocabulary"]], np.uint64)
    return summarise(
        columns, lists, bytes=10 * len(rows), lines=len(rows), vocabulary=words, crossings=CROSSED
    )


def row_names():
    return (
        *("chars", "words", "chars:output", "turns"),
        *("label:intent", "category:lang", "split", "shape", "tally"),
    )


def wire(summary):
    return msgpack.packb(summary.to_wire())


@given(data=st.data(), rows=st.lists(row, max_size=25), limit=st.sampled_from([2, 1 << 16]))
def test_any_split_and_order_of_merging_gives_the_same_bytes(data, rows, limit):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "LIMIT", limit)
        cuts = sorted(data.draw(st.lists(st.integers(0, len(rows)), max_size=4)))
        parts = [unit(rows[a:b]) for a, b in pairwise([0, *cuts, len(rows)])]
        whole = unit(rows)
        left = Summary()
        for part in parts:
            left = left.merged(part)
        others = data.draw(st.permutations(parts))
        assert wire(left) == wire(others[0].merged(*others[1:])) == wire(whole)
        assert Summary.from_wire(msgpack.unpackb(wire(whole), use_list=True)) == whole == left


@given(rows=st.lists(row, max_size=25))
def test_totals_are_those_of_counting_by_hand(rows):
    found = unit(rows)
    assert (found.rows, found.bad) == (len(rows), sum(each["bad"] for each in rows))
    intents = [each["label:intent"] for each in rows if each["label:intent"]]
    counted = {each: intents.count(each) for each in intents}
    assert found.values.get("label:intent", {}) == counted
    both = [
        (each["label:intent"], each["category:lang"])
        for each in rows
        if each["label:intent"] and each["category:lang"]
    ]
    crossed = {each: both.count(each) for each in both}
    assert found.crossed.get(CROSSED[0], {}) == crossed
    tokens = sum({TALLIES[0]: 7, TALLIES[1]: 5}.get(each["tally"], 0) for each in rows)
    assert found.tallies.get("tokens:m", 0) == tokens
    assert found.vocabulary.count == len({word for each in rows for word in each["vocabulary"]})


def columns_of(**columns):
    return {name: np.array(held) for name, held in columns.items()}


def test_shapes_are_counted_field_by_field():
    found = summarise(columns_of(shape=[1, 2, 1, 0]), {"shape": SHAPES})
    assert found.shapes == {
        ("id", "integer"): 2,
        ("text", "string"): 2,
        ("id", "string"): 1,
        ("text", "null"): 1,
    }


def test_rows_without_a_text_have_no_length():
    found = summarise(columns_of(chars=[0, 4, 3], words=[0, 1, 0]), {})
    assert found.numbers["chars"].values.tolist() == [3, 4]
    assert found.numbers["words"].values.tolist() == [0, 1]


def test_names_of_media_are_no_figures():
    assert summarise(columns_of(**{"media:audio": [1]}), {"media:audio": ["a.wav"]}).values == {}


def test_more_values_than_the_limit_are_counted_as_others(monkeypatch):
    monkeypatch.setattr(module, "LIMIT", 3)
    labels = {"label:x": [f"v{i}" for i in range(10)]}
    found = summarise(columns_of(**{"label:x": [*range(1, 11), 1]}), labels)
    assert len(found.values["label:x"]) == 3
    assert sum(found.values["label:x"].values()) + found.others["label:x"] == 11


def test_an_unknown_vocabulary_stays_unknown():
    known = summarise({}, {}, vocabulary=np.array([1, 2], np.uint64))
    assert known.merged(summarise({}, {})).vocabulary is None
    assert Summary.from_wire(summarise({}, {}).to_wire()).vocabulary is None


def test_a_field_is_crossed_with_every_other_label():
    roles = Roles(label=("intent", "tone"), split="part")
    assert crossings(roles, "lang") == (
        ("label:intent", "category:lang"),
        ("label:tone", "category:lang"),
    )
    assert crossings(roles, "tone") == (("label:intent", "label:tone"),)
    assert crossings(roles, "") == ()
    assert column_of(roles, "part") == "split"


def test_what_a_join_or_a_path_says_is_added_later():
    found = Summary(rows=3).with_values("split", {"train": 3}).with_repeated(1)
    assert (found.values, found.repeated) == ({"split": {"train": 3}}, 1)
    assert found.merged(Summary()).repeated is None


def test_very_many_tallies_of_one_kind_push_no_other_out(monkeypatch):
    monkeypatch.setattr(module, "LIMIT", 3)
    roles = {f"role:{number}": 1 for number in range(8)}
    whole = Summary(tallies={"persona:rows": 8, **roles}).merged(Summary())
    assert whole.tallies["persona:rows"] == 8
    assert len(whole.tallies) == 4
    assert whole.others == {"tally": 5}
