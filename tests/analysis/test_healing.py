"""What is damaged or removed while an analysis runs is extracted again."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tdv.analysis.engine import Analysis, analyse
from tdv.analysis.executors import InProcess
from tdv.analysis.extraction import Job, extraction_of
from tdv.analysis.memory import Memory
from tdv.errors import StorageError
from tdv.ops.validating.chosen import of_working_copy
from tdv.quality.subject import Roles, Subject
from tdv.repo.repository import Repo
from tdv.store import files


@pytest.fixture(params=["a.jsonl", "b.parquet"])
def run(request, tdv, tmp_path):
    """Analyses a file of 30 rows."""
    texts = [f"row {number}" for number in range(30)]
    tdv.write("a.jsonl", "".join(f'{{"text": "{text}"}}\n' for text in texts))
    pq.write_table(pa.table({"text": texts}), tdv.folder / "b.parquet")
    tdv("add", ".")
    chosen = of_working_copy(Repo.open(tdv.folder), [request.param.encode()])
    subject = Subject(Roles(text=("text",)))

    def analysed(spill: Path = tmp_path / "spill") -> Analysis:
        memory = Memory(tmp_path / "memory")
        kept = Memory(spill, seed=memory.seed())
        job = Job(subject, extraction_of(subject), memory, kept)
        return analyse(job, chosen.files, InProcess())

    return analysed


def kept(tmp_path: Path) -> list[Path]:
    return [path for path in tmp_path.glob("memory/??/*") if path.stat().st_size > 300]


def chars(analysis: Analysis) -> list[int]:
    return np.concatenate([each.arrays(["chars"])["chars"] for each in analysis.rows]).tolist()


def test_what_is_removed_is_made_again(run, tmp_path):
    before = chars(run())
    assert len(before) == 30
    analysis = run()
    assert analysis.decoded == 0
    for path in tmp_path.glob("memory/??/*"):
        path.unlink()
    assert chars(analysis) == before
    assert [each.summary().rows for each in analysis.rows] == [30]
    assert kept(tmp_path)


def test_what_is_damaged_is_made_again(run, tmp_path):
    before = chars(run())
    for path in kept(tmp_path):
        content = path.read_bytes()
        path.write_bytes(content[:-9] + bytes(9))
        os.utime(path)
    analysis = run()
    assert chars(analysis) == before
    for each in analysis.rows:
        assert each.summary().rows == 30
        assert each.facts().columns["chars"].tolist() == before
        assert each.hits().rows.tolist() == []
        assert each.vocabulary() is not None
    assert all(path.read_bytes()[-9:] != bytes(9) for path in kept(tmp_path))


def test_a_disk_that_keeps_nothing_is_named(run, tmp_path):
    analysis = run()
    for path in tmp_path.glob("memory/??/*"):
        path.unlink()

    def full(what: str, path: str) -> None:
        raise OSError(28, "No space left on device", path)

    files.fault = full
    try:
        with pytest.raises(StorageError, match="removed from the cache, or cannot be kept"):
            chars(analysis)
    finally:
        files.fault = None
