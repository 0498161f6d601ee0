"""What was found out before an interruption is not found out again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tdv.analysis import engine
from tdv.analysis.engine import analyse
from tdv.analysis.executors import InProcess
from tdv.analysis.extraction import Job, extraction_of
from tdv.analysis.memory import Memory
from tdv.ops.validating.chosen import of_working_copy
from tdv.quality.subject import Roles, Subject
from tdv.repo.repository import Repo


class Stopping(InProcess):
    """Ctrl-C after two tasks."""

    def run(self, function, tasks):
        results = super().run(function, tasks)
        yield next(results)
        yield next(results)
        raise KeyboardInterrupt


def test_a_second_run_goes_on(tdv, tmp_path, monkeypatch):
    monkeypatch.setattr(engine, "TASK_CHUNKS", 1)
    paths = [f"{name}.jsonl" for name in "abcd"]
    for path in paths:
        rows = [f'{{"text": "{path} {number}"}}\n' for number in range(10)]
        tdv.write(path, "".join(rows))
    tdv("add", ".")
    chosen = of_working_copy(Repo.open(tdv.folder), [path.encode() for path in paths])
    subject = Subject(Roles(text=("text",)))

    def job(folder: Path) -> Job:
        memory = Memory(folder)
        return Job(subject, extraction_of(subject), memory, Memory(tmp_path, seed=memory.seed()))

    with pytest.raises(KeyboardInterrupt):
        analyse(job(tmp_path / "memory"), chosen.files, Stopping())
    again = analyse(job(tmp_path / "memory"), chosen.files, InProcess())
    assert (again.decoded, len(again)) == (20, 40)
    whole = analyse(job(tmp_path / "other"), chosen.files, InProcess())
    assert whole.decoded == 40
    assert [each.summary() for each in again.rows] == [each.summary() for each in whole.rows]
