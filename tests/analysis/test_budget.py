"""How many workers, and how much each may hold."""

from __future__ import annotations

import pytest

from tdv.analysis import budget
from tdv.analysis.budget import LEAST_JOIN, LEAST_LIMIT, MB, Plan, parse_size, plan
from tdv.errors import UsageError


@pytest.fixture(autouse=True)
def machine(monkeypatch):
    monkeypatch.setattr(budget, "cpus", lambda: 4)
    monkeypatch.setattr(budget, "memory_bytes", lambda: 64_000 * MB)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("2GB", 2 * 10**9),
        ("2g", 2 * 10**9),
        ("1.5 GiB", 3 * 2**29),
        ("800M", 8 * 10**8),
        (" 512MiB ", 2**29),
        ("12kB", 12_000),
        ("1000000", 10**6),
        ("7B", 7),
    ],
)
def test_sizes(text, size):
    assert parse_size(text) == size


@pytest.mark.parametrize(
    "text", ["", "GB", "-1GB", "2 XB", "1e9", "0", "0.1", "1,5GB", "9" * 400, "nan", "I"]
)
def test_what_is_no_size(text):
    with pytest.raises(UsageError, match="is not a size") as caught:
        parse_size(text)
    assert "2GB" in (caught.value.hint or "")


def test_two_workers_stay_below_600_mb(monkeypatch):
    monkeypatch.setattr(budget, "cpus", lambda: 2)
    decided = plan(540 * MB, 82)
    assert decided.workers == 2
    assert budget._held(2, decided.batch_rows) + decided.join_bytes <= 600 * MB


def test_as_many_workers_as_are_worth_it(monkeypatch):
    assert plan(540 * MB, 82).workers == 4
    assert plan(540 * MB, 3).workers == 3
    assert plan(1 * MB, 82).workers == 1
    assert plan(540 * MB, 0).workers == 1
    monkeypatch.setattr(budget, "cpus", lambda: 64)
    assert plan(540 * MB, 82).workers == 8


def test_what_the_user_asks_for():
    assert plan(1000, 82, jobs=3).workers == 3
    assert plan(540 * MB, 82, jobs=12).workers == 12
    assert plan(540 * MB, 2, jobs=12).workers == 2
    assert plan(540 * MB, 82, jobs=1).workers == 1


@pytest.mark.parametrize("limit", range(LEAST_LIMIT, 3000 * MB, 50 * MB))
def test_what_is_planned_fits_into_the_limit(limit):
    decided = plan(540 * MB, 82, jobs=8, limit=limit)
    assert budget._held(decided.workers, decided.batch_rows) + decided.join_bytes <= limit
    assert decided.join_bytes >= LEAST_JOIN


def test_more_memory_never_means_fewer_workers():
    workers = [
        plan(540 * MB, 82, jobs=8, limit=limit).workers
        for limit in range(LEAST_LIMIT, 3000 * MB, 10 * MB)
    ]
    assert workers == sorted(workers)
    assert (workers[0], workers[-1]) == (1, 8)


def test_a_limit_that_nothing_fits_into():
    with pytest.raises(UsageError, match="A memory limit of 100 MB is less") as caught:
        plan(540 * MB, 82, limit=100 * MB)
    hint = caught.value.hint or ""
    enough = parse_size(hint.split("--memory-limit ")[1].rstrip("`."))
    assert plan(540 * MB, 82, limit=enough).workers == 1


def test_a_small_machine_does_what_it_can(monkeypatch):
    monkeypatch.setattr(budget, "memory_bytes", lambda: 100 * MB)
    assert plan(540 * MB, 82) == Plan(1, LEAST_JOIN, budget.BATCHES[-1])


def test_what_the_system_says(monkeypatch, tmp_path):
    monkeypatch.undo()
    monkeypatch.setattr(budget, "CGROUP", tmp_path)
    assert budget.cpus() >= 1
    assert budget.memory_bytes() > 100 * MB
    (tmp_path / "cpu.max").write_text("50000 100000\n")
    (tmp_path / "memory.max").write_text("104857600\n")
    assert budget.cpus() == 1
    assert budget.memory_bytes() == 100 << 20
    (tmp_path / "cpu.max").write_text("max 100000\n")
    (tmp_path / "memory.max").write_text("max\n")
    assert budget.cpus() >= 1
    assert budget.memory_bytes() > 100 * MB
