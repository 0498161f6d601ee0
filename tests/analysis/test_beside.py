"""Vectors in an `.npy` beside a file, paired with its rows by number."""

from __future__ import annotations

import numpy as np
import pytest
from validations import TODAY

from tdv.errors import ConfigError
from tdv.ops.validate import validate
from tdv.ops.validating.chosen import of_files
from tdv.ops.validating.engine import Computing, Engine
from tdv.ops.validating.grouping import Wanted

ROWS = "".join(f'{{"id": "k{i}", "text": "hello number {i} of these"}}\n' for i in range(10))


def found(folder):
    with Engine(Computing()) as engine:
        chosen = of_files(folder, ["e.jsonl"])
        report = validate(engine, chosen, Wanted(profile="embedding"), today=TODAY)
        told = [(f.code, f.place and f.place.row, f.field) for f in report.findings()]
        assert len(told) == sum(each.findings for each in report.tallies)
        return told


@pytest.fixture
def vectors(tmp_path):
    (tmp_path / "e.jsonl").write_text(ROWS)
    return np.random.default_rng(1).normal(size=(10, 384))


def test_good_vectors_stand_for_the_missing_field(tmp_path, vectors):
    np.save(tmp_path / "e.npy", vectors)
    assert found(tmp_path) == []


def test_without_them_the_field_is_missing(tmp_path, vectors):
    assert {code for code, _, _ in found(tmp_path)} == {"FLD001"}


def test_faults_are_of_their_rows(tmp_path, vectors):
    vectors[3] = 0
    vectors[5, 7] = np.nan
    vectors[8] = vectors[2]
    np.save(tmp_path / "e.npy", vectors)
    assert found(tmp_path) == [
        ("EMB003", 3, "e.npy"),
        ("EMB002", 5, "e.npy"),
        ("EMB004", 8, "e.npy"),
    ]


def test_number_and_size_must_fit(tmp_path, vectors):
    np.save(tmp_path / "e.npy", vectors[:7, :100])
    assert found(tmp_path) == [("EMB005", None, "e.npy"), ("EMB001", None, "e.npy")]


def test_what_is_no_array_is_named(tmp_path, vectors):
    (tmp_path / "e.npy").write_bytes(b"no array")
    with pytest.raises(ConfigError, match=r"e\.npy is no array of numbers"):
        found(tmp_path)
