"""Statistics from a program."""

from __future__ import annotations

import pytest

import tdv
from tdv.errors import PathError, UsageError


@pytest.fixture
def repo(tmp_path, home, monkeypatch):
    monkeypatch.chdir(tmp_path)
    repo = tdv.Repo.init("r")
    rows = [{"text": "one two", "label": "a", "n": 3}, {"text": "one", "label": "b", "n": 5}]
    repo.commit({"a.jsonl": rows, "b.jsonl": rows[:1]}, "one")
    return repo


def test_a_revision(repo):
    told = repo.stats("HEAD", ["a.jsonl"], by="label", groups=1, numbers=["n"])
    assert told.revision == repo["HEAD"].id
    (dataset,) = told.datasets
    assert dataset.paths == ("a.jsonl",)
    assert dataset.figures.statistics["numbers"]["n"]["mean"] == 4
    assert dataset.figures.by.different == 2
    assert list(dataset.figures.by.values) == ["a"]
    assert dataset.figures.by.others["counts"]["rows"] == 1
    assert dataset.figures.by.none is None


def test_files_of_no_dataset_are_counted_together(repo):
    (dataset,) = repo.stats("HEAD").datasets
    assert dataset.paths == ("a.jsonl", "b.jsonl")
    assert dataset.figures.statistics["counts"]["rows"] == 3
    assert dataset.figures.statistics["duplicates"]["records"] == 1


def test_the_working_copy(repo):
    (repo.root / "new.csv").write_text("text\nhello\n")
    told = repo.stats(paths=["new.csv"], profile="ingestion")
    assert told.revision == ""
    assert told.datasets[0].profile == "ingestion"
    assert told.datasets[0].figures.statistics["vocabulary"] == {"words": 1, "approximate": False}


def test_what_is_not_there(repo):
    with pytest.raises(PathError):
        repo.stats("HEAD", ["c.jsonl"])
    with pytest.raises(UsageError, match="No row has a field `x`"):
        repo.stats("HEAD", by="x")
