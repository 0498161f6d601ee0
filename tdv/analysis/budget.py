"""How many processes may work, and how much each may hold at once."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tdv.errors import UsageError

MB = 1_000_000
# An interpreter with numpy, pyarrow and the rules (resident, measured), the parent included.
PROCESS_BYTES = 110 * MB
# The records of a unit (8 MB), raw and as text in Arrow, and its columns.
UNIT_BYTES = 40 * MB
# A row that is decoded while rules look at it: as Python objects, about seven times its text.
ROW_BYTES = 4_000
# Rows that are decoded at once, at best first.
BATCHES = (4096, 2048, 512)
# What a join holds of a dataset's columns before it goes through partitions, at best and at least.
JOIN_BYTES, LEAST_JOIN = 128 * MB, 16 * MB
# Starting a process takes 0.2 s, in which one process validates so much.
LITTLE_BYTES = 8 * MB
MOST_WORKERS = 8
# Handing a task to a worker costs about a millisecond; so many chunks are 100 ms of work.
TASK_CHUNKS = 64
LEAST_LIMIT = PROCESS_BYTES + UNIT_BYTES + BATCHES[-1] * ROW_BYTES + LEAST_JOIN
UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
BINARY_UNITS = {"KI": 2**10, "MI": 2**20, "GI": 2**30, "TI": 2**40}
CGROUP = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Plan:
    """How a command uses the machine.

    Attributes:
        workers: processes beside this one; 1 is this one alone.
        join_bytes: what a join may hold in memory.
        batch_rows: rows that are decoded at once.
    """

    workers: int
    join_bytes: int
    batch_rows: int


def plan(data_bytes: int, tasks: int, *, jobs: int | None = None, limit: int | None = None) -> Plan:
    """What fits.

    Args:
        data_bytes: what has to be read and decoded.
        tasks: into how many tasks that falls.
        jobs: how many workers the user wants; None for as many as are worth it.
        limit: bytes for all processes together; None for half of the machine's memory.

    Raises:
        UsageError: the limit is less than one process needs.
    """
    total = memory_bytes() // 2 if limit is None else limit
    if limit is not None and limit < LEAST_LIMIT:
        raise UsageError(
            f"A memory limit of {limit / MB:,.0f} MB is less than one process needs.",
            hint=f"Use at least `--memory-limit {-(-LEAST_LIMIT // MB)}MB`.",
        )
    wanted = min(cpus(), MOST_WORKERS) if jobs is None else jobs
    if jobs is None and data_bytes < LITTLE_BYTES:
        wanted = 1
    for workers in range(max(1, min(wanted, tasks)), 0, -1):
        for batch_rows in BATCHES:
            left = total - _held(workers, batch_rows)
            if left >= LEAST_JOIN:
                return Plan(workers, min(left, JOIN_BYTES), batch_rows)
    return Plan(1, LEAST_JOIN, BATCHES[-1])  # a small machine, and nobody asked for a limit


def _held(workers: int, batch_rows: int) -> int:
    """Bytes of all processes, joins not counted."""
    processes = 1 if workers == 1 else 1 + workers
    return processes * PROCESS_BYTES + workers * (UNIT_BYTES + batch_rows * ROW_BYTES)


def parse_size(text: str) -> int:
    """Bytes of a size as people write it: `2GB`, `1.5 GiB`, `800M`, `1000000`.

    Raises:
        UsageError: it is none, or less than one byte.
    """
    found = re.fullmatch(r"\s*([0-9]{1,15}(?:\.[0-9]{1,15})?)\s*([KMGT]?I?)B?\s*", text.upper())
    factor = None if found is None else {**UNITS, **BINARY_UNITS}.get(found[2])
    size = 0 if found is None or factor is None else int(float(found[1]) * factor)
    if size < 1:
        raise UsageError(
            f"`{text}` is not a size.", hint="Write it like `800MB`, `2GB` or `1.5GiB`."
        )
    return size


def cpus() -> int:
    """How many processors this process may use, as far as the system says."""
    count = os.cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        count = len(os.sched_getaffinity(0))
    with suppress(OSError, ValueError):
        quota, period = (CGROUP / "cpu.max").read_text("ascii").split()
        count = min(count, max(1, round(int(quota) / int(period))))
    return count


def memory_bytes() -> int:
    """The memory that this process may use, as far as the system says."""
    size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with suppress(OSError, ValueError):
        size = min(size, int((CGROUP / "memory.max").read_text("ascii")))
    return size
