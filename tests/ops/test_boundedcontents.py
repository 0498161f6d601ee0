from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from tdv.ops import boundedcontents
from tdv.ops.add import add
from tdv.ops.status import status
from tdv.repo.repository import Repo
from tdv.rowdiff.changes import RowCounts


class Watched:
    """Progress that sums up what it is told."""

    def __init__(self) -> None:
        self.done = 0

    def step(self, name: str, total: int | None = None, unit: str = "") -> None:
        self.name = name

    def advance(self, amount: int = 1) -> None:
        self.done += amount


def written(repo: Repo, text: bytes, name: str = "a.jsonl.gz") -> None:
    content = gzip.compress(text, mtime=0) if name.endswith(".gz") else text
    (repo.root / name).write_bytes(content)


@pytest.mark.parametrize("staged", [False, True])
def test_rows_of_a_file_that_unpacks_to_far_more_are_not_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, staged: bool
) -> None:
    monkeypatch.setattr(boundedcontents, "LEAST_BYTES", 1000)
    monkeypatch.setattr(boundedcontents, "RATIO", 20)
    repo = Repo.init(tmp_path / "r")
    rows = b'{"a":1}\n' * 50_000
    written(repo, rows)
    add(repo)
    if staged:
        from tdv.model.commit import Signature
        from tdv.ops.commit import commit

        commit(repo, "one", author=Signature("Ada", "ada@example.org", 0, 0))
    written(repo, rows + b'{"a":2}\n')
    if staged:
        add(repo)
    found = status(repo)
    (change,) = found.staged if staged else found.unstaged
    assert os.fsdecode(change.path) == "a.jsonl.gz"
    assert change.rows is None


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.jsonl"])
def test_other_rows_are_counted_and_progress_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(boundedcontents, "LEAST_BYTES", 1000)
    repo = Repo.init(tmp_path / "r")
    rows = b"".join(b'{"a":%d}\n' % (number * 7919) for number in range(5000))
    written(repo, rows, name)
    add(repo)
    written(repo, rows + b'{"a":2}\n', name)
    watched = Watched()
    (change,) = status(repo, progress=watched).unstaged
    assert change.rows == RowCounts(added=1)
    assert watched.name == f"Counting rows of {name}"
    assert (watched.done > 0) is name.endswith(".gz")
