"""Merging through the Python API."""

from __future__ import annotations

import pytest

import tdv
from tdv.errors import RepositoryError, RevisionError, WorkInTheWay

ROWS = [{"id": number, "text": str(number), "label": "x"} for number in range(5)]


def edited(**texts):
    return [{**row, "text": texts.get(f"r{row['id']}", row["text"])} for row in ROWS]


@pytest.fixture
def repo(tmp_path, home):
    repo = tdv.Repo.init(tmp_path / "data")
    described = b'[dataset.a]\npaths = ["*.jsonl"]\nkey = "id"\n'
    repo.commit({"a.jsonl": ROWS, "tdv.toml": described, "b.bin": b"base"}, "base")
    repo.commit({"a.jsonl": edited(r1="theirs", r3="three")}, "side", branch="side")
    return repo


def rows(repo):
    return list(repo["HEAD"]["a.jsonl"].rows())


def test_fast_forward_and_up_to_date(repo):
    done = repo.merge("side")
    assert (done.how, done.conflicts) == ("fast-forward", ())
    assert done.snapshot == repo["side"] == repo["HEAD"]
    assert repo.merge("side").how == "up-to-date"


def test_rows_of_both_sides(repo):
    repo.commit({"a.jsonl": edited(r0="ours")}, "main")
    done = repo.merge("side", message="Both")
    assert done.how == "merged"
    assert rows(repo) == edited(r0="ours", r1="theirs", r3="three")
    assert (done.snapshot.message, len(done.snapshot.parents)) == ("Both", 2)
    # The working copy has what the merge brought.
    assert (repo.root / "a.jsonl").read_bytes() == done.snapshot["a.jsonl"].read()


def test_conflicts_are_decided(repo):
    repo.commit({"a.jsonl": edited(r1="ours", r3="mine"), "b.bin": b"ours"}, "main")
    repo.commit({"b.bin": b"theirs"}, "more", branch="side")
    done = repo.merge("side")
    assert done.how == "conflicts"
    first, second, third = done.conflicts
    assert (first.path, first.key, first.reason) == ("a.jsonl", (1,), "changed on both sides")
    assert first.fields == {"text": {"base": "1", "ours": "ours", "theirs": "theirs"}}
    assert (third.path, third.key, third.id, third.fields) == ("b.bin", (), "", {})
    assert list(repo.conflicts()) == list(done.conflicts)
    with pytest.raises(WorkInTheWay, match="Not all conflicts"):
        repo.finish_merge()
    with pytest.raises(WorkInTheWay, match="in progress"):
        repo.commit({"c.txt": b"c"}, "meanwhile")
    assert repo.resolve("theirs", first, third) == 1
    with pytest.raises(RepositoryError, match="resolved already"):
        repo.resolve("ours", first)
    assert repo.resolve("ours") == 0
    assert list(repo.conflicts()) == []
    snapshot = repo.finish_merge()
    assert rows(repo) == edited(r1="theirs", r3="mine")
    assert snapshot["b.bin"].read() == b"theirs"
    assert second.key == (3,)


def test_strategies_and_keys(repo):
    repo.commit({"a.jsonl": edited(r1="ours")}, "main")
    repo.merge("side", strategy="ours", key=["id"])
    assert rows(repo) == edited(r1="ours", r3="three")


def test_abort(repo):
    before = repo.commit({"a.jsonl": edited(r1="ours")}, "main")
    repo.merge("side")
    repo.abort_merge()
    assert repo["HEAD"] == before
    assert (repo.root / "a.jsonl").read_bytes() == before["a.jsonl"].read()
    for act in (repo.abort_merge, repo.finish_merge, lambda: list(repo.conflicts())):
        with pytest.raises(RepositoryError, match="No merge is in progress"):
            act()


def test_what_cannot_be_merged(repo):
    with pytest.raises(RevisionError):
        repo.merge("nowhere")
