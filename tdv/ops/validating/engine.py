"""How one command computes: memory, workers and plan, shared by everything that it analyses."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from tdv.analysis.budget import TASK_CHUNKS, Plan, plan
from tdv.analysis.cachefolder import LIMIT_BYTES
from tdv.analysis.executors import Executor, InProcess, executor_for
from tdv.analysis.memory import Memory
from tdv.analysis.sources import SourceFile
from tdv.ops.progress import SILENT, Progress
from tdv.quality.subject import Subject

if TYPE_CHECKING:
    from tdv.analysis.engine import Analysis

# What workers import while this process still looks which files there are.
PREPARE = ("tdv.analysis.extraction", "tdv.analysis.looking")


@dataclass(frozen=True, slots=True)
class Computing:
    """What a caller says of how to compute.

    Attributes:
        cache: the folder in which facts are remembered; None remembers nothing.
        jobs: worker processes; None for as many as are worth it.
        memory_limit: bytes for all processes together; None for what the machine suggests.
        cache_limit: bytes that the folder may take.
    """

    cache: Path | None = None
    jobs: int | None = None
    memory_limit: int | None = None
    cache_limit: int = LIMIT_BYTES


class Engine:
    """Analyses files, and keeps what that needs until it is closed.

    Attributes:
        seconds: what took how long, by stage and rule, summed over workers.
        decoded: rows that had to be decoded.
        folder: for files that live as long as the engine.
    """

    def __init__(self, computing: Computing, progress: Progress = SILENT) -> None:
        self._computing, self._progress = computing, progress
        folder = Path(tempfile.mkdtemp(prefix="tdv-"))
        # Findings may be looked at after `close`; the folder goes when nobody can ask any more.
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        cache = computing.cache if computing.cache is not None else folder / "memory"
        self.folder = folder
        self.memory = Memory(cache, computing.cache_limit)
        self._spill = Memory(folder / "spill", seed=self.memory.seed())
        self._executor: Executor | None = None
        self._plan: Plan | None = None
        self.seconds: dict[str, float] = {}
        self.decoded = 0

    def __enter__(self) -> Engine:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the workers. What is asked for later is computed in this process."""
        if self._executor is not None:
            self._executor.close()
            if self.decoded and self._computing.cache is not None:
                self.memory.trim()
        self._executor = InProcess()

    def start(self, files: Sequence[SourceFile]) -> None:
        """Decide how many workers these files are worth; later files take the same."""
        chunks = sum(len(unit.children) for file in files for unit in file.units)
        size = sum(file.entry.size for file in files)
        tasks = -(-chunks // TASK_CHUNKS)
        self._plan = plan(
            size, tasks, jobs=self._computing.jobs, limit=self._computing.memory_limit
        )

    @property
    def executor(self) -> Executor:
        """Who computes; workers start when they are first needed."""
        if self._executor is None:
            workers = 1 if self._plan is None else self._plan.workers
            self._executor = executor_for(workers, PREPARE)
        return self._executor

    @property
    def join_bytes(self) -> int:
        """What a join may hold."""
        return (self._plan or plan(0, 1)).join_bytes

    def analyse(
        self, subject: Subject, files: Sequence[SourceFile], *, vocabulary: bool = False
    ) -> Analysis:
        """The facts of files.

        Args:
            vocabulary: whether their words have to be known.
        """
        # Where a report was kept nothing is analysed, and these bring numpy.
        from tdv.analysis.engine import analyse
        from tdv.analysis.extraction import Job, extraction_of

        if self._plan is None:
            self.start(files)
        rows = (self._plan or plan(0, 1)).batch_rows
        job = Job(subject, extraction_of(subject), self.memory, self._spill, rows)
        known = all(file.entry.records is not None for file in files)
        total = sum(file.entry.records or 0 for file in files)
        self._progress.step("Reading rows", total if known else None, "rows")
        found = analyse(
            job, files, self.executor, vocabulary=vocabulary, advance=self._progress.advance
        )
        for name, seconds in found.seconds.items():
            self.seconds[name] = self.seconds.get(name, 0.0) + seconds
        self.decoded += found.decoded
        return found

    def timed(self, name: str, seconds: float) -> None:
        """Count time towards a stage or a rule."""
        self.seconds[name] = self.seconds.get(name, 0.0) + seconds
