"""Statistics of chosen files, and which datasets of two sides belong together."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from tdv.analysis.describing import Figures
from tdv.ops.stats import Asked, DatasetStats, Stats, side_by_side, stats
from tdv.ops.validate import validate
from tdv.ops.validating.chosen import of_files
from tdv.ops.validating.engine import Computing, Engine
from tdv.ops.validating.grouping import Wanted


@pytest.fixture
def chosen(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"text": "one two", "label": "x"}\n' * 3)
    return of_files(tmp_path, ["a.jsonl"])


def test_what_validation_has_found_out_is_not_read_again(chosen, tmp_path):
    computing = Computing(tmp_path / "memory")
    with Engine(computing) as engine:
        validate(engine, chosen, Wanted(), today=date(2026, 1, 1))
        assert engine.decoded == 3
    with Engine(computing) as engine:
        told = stats(engine, chosen, Wanted())
        assert engine.decoded == 0
    assert told.datasets[0].figures.statistics["duplicates"]["records"] == 2


def test_a_further_field_is_another_look_at_the_rows(chosen, tmp_path):
    with Engine(Computing(tmp_path / "memory")) as engine:
        stats(engine, chosen, Wanted())
        stats(engine, chosen, Wanted(), Asked(numbers=("label",)))
        assert engine.decoded == 6
        stats(engine, chosen, Wanted(), Asked(by="label"))
        assert engine.decoded == 6


def side(*datasets):
    return Stats(
        "", "here",
        tuple(
            DatasetStats(name, "generic", paths, Figures({"counts": {"rows": rows}}))
            for name, paths, rows in datasets
        ),
    )  # fmt: skip


def told(old, new):
    return [
        (each.dataset, each.paths, each.old.get("counts"), each.new.get("counts"))
        for each in side_by_side(old, new)
    ]


def test_datasets_are_paired_by_name_whatever_their_files():
    old, new = side(("a", ("1",), 1), ("b", ("2",), 2)), side(("b", ("2", "3"), 4), ("a", (), 0))
    assert told(old, new) == [
        ("b", ("2", "3"), {"rows": 2}, {"rows": 4}),
        ("a", (), {"rows": 1}, {"rows": 0}),
    ]


def test_files_of_no_dataset_are_paired_by_path_and_the_last_ones_with_each_other():
    old = side(("", ("x",), 1), ("", ("y",), 2))
    assert told(old, side(("", ("y",), 3), ("", ("z",), 4))) == [
        ("", ("y",), {"rows": 2}, {"rows": 3}),
        ("", ("z",), {"rows": 1}, {"rows": 4}),
    ]


def test_a_dataset_that_one_side_has():
    both = side(("a", ("1",), 1), ("b", ("2",), 2), ("c", ("3",), 3))
    assert told(replace(both, datasets=both.datasets[:1]), both)[1:] == [
        ("b", ("2",), None, {"rows": 2}),
        ("c", ("3",), None, {"rows": 3}),
    ]
    assert told(both, side()) == [
        ("a", ("1",), {"rows": 1}, None),
        ("b", ("2",), {"rows": 2}, None),
        ("c", ("3",), {"rows": 3}, None),
    ]
