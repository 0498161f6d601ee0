"""The gate at commit, with made-up reports: what asks for it, what passes, what is recorded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tdv.api import Repo as Api
from tdv.errors import ConfigError, Findings
from tdv.model.commit import Operation
from tdv.model.oid import Oid
from tdv.ops import gate
from tdv.ops.add import add
from tdv.ops.commit import commit
from tdv.quality.finding import Level
from tdv.quality.report import Gauge, Tally, ValidationReport
from tdv.repo.repository import Repo

TOML = '[dataset.d]\npaths = ["*.jsonl"]\n'
GATED = TOML + '[gate]\non = "commit"\n'
ERROR = Tally("TXT001", Level.ERROR, "a.jsonl", 1, 1)
WARNING = Tally("DUP003", Level.WARNING, "a.jsonl", 2, 2)
FAILED = Gauge("max_duplicates", "duplicate_ratio", 0.2, "<= 0.05", False)


def report(*tallies: Tally, gauges: tuple[Gauge, ...] = ()) -> ValidationReport:
    return ValidationReport(
        *("d", "v", "", "r", "tdv.toml", 1, 0, 1, 0.0, tallies, gauges, {}), statistics={}
    )


def staged(folder: Path, toml: str) -> Repo:
    repo = Repo.init(folder)
    (folder / "tdv.toml").write_text(toml)
    (folder / "a.jsonl").write_text('{"text": ""}\n')
    add(repo, [b""])
    return repo


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Oid]:
    """The trees that were validated; each has an error."""
    trees: list[Oid] = []

    def judged(repo: Repo, tree: Oid, progress: Any) -> ValidationReport:
        trees.append(tree)
        return report(ERROR)

    monkeypatch.setattr(gate, "judged", judged)
    return trees


@pytest.mark.parametrize("toml", ["", TOML, TOML + "[gate]\nmax_duplicates = 0.1\n", "not TOML ="])
def test_without_a_gate_nothing_is_asked(tmp_path: Path, asked: list[Oid], toml: str) -> None:
    repo = staged(tmp_path, toml)
    assert commit(repo, "one").commit.operation is None
    assert commit(repo, "two", allow_empty=True, verify=False).commit.operation is None
    assert asked == []


def test_a_gate_that_does_not_pass_leaves_no_commit(tmp_path: Path, asked: list[Oid]) -> None:
    repo = staged(tmp_path, GATED)
    before = len(list(repo.operations()))
    with pytest.raises(gate.GateFailed, match=r"with 1 error in 1 row\.") as failed:
        commit(repo, "one")
    assert asked == [repo.stage()]
    assert failed.value.exit_code == 1
    assert "--no-verify" in str(failed.value.hint)
    assert repo.head().commit is None
    assert len(list(repo.operations())) == before


def test_it_can_be_passed_knowingly_and_the_commit_says_so(
    tmp_path: Path, asked: list[Oid]
) -> None:
    repo = staged(tmp_path, GATED)
    done = commit(repo, "one", verify=False)
    assert done.commit.operation is not None
    assert (done.commit.operation.name, done.commit.operation.params) == (
        "commit",
        (("verify", False),),
    )
    assert asked == []


def test_an_operation_keeps_its_parameters(tmp_path: Path, asked: list[Oid]) -> None:
    repo = staged(tmp_path, GATED)
    operation = Operation("dedup", (("a", 1), ("z", 2)), seed=3)
    done = commit(repo, "one", operation=operation, verify=False)
    assert done.commit.operation == Operation(
        "dedup", (("a", 1), ("verify", False), ("z", 2)), seed=3
    )


def test_what_is_staged_counts_not_the_file(tmp_path: Path, asked: list[Oid]) -> None:
    repo = staged(tmp_path, GATED)
    (tmp_path / "tdv.toml").write_text(TOML)
    with pytest.raises(gate.GateFailed):
        commit(repo, "one")
    assert commit(repo, "one", update=True).commit.operation is None


@pytest.mark.parametrize("toml", [GATED + "on = 1\n", GATED.replace("commit", "push")])
def test_a_gate_that_cannot_run(tmp_path: Path, asked: list[Oid], toml: str) -> None:
    repo = staged(tmp_path, toml)
    with pytest.raises(ConfigError):
        commit(repo, "one")
    assert repo.head().commit is None
    operation = commit(repo, "one", verify=False).commit.operation
    assert operation is not None
    assert operation.params == (("verify", False),)
    assert asked == []


@pytest.mark.parametrize(
    ("tallies", "gauges", "fail_on", "passing"),
    [
        ((), (), "", True),
        ((WARNING,), (), "", True),
        ((WARNING,), (), "error", True),
        ((WARNING,), (), "warning", False),
        ((ERROR,), (), "", False),
        ((ERROR,), (), "never", True),
        ((), (FAILED,), "", False),
        ((), (FAILED,), "never", False),
    ],
)
def test_what_passes(
    tallies: tuple[Tally, ...], gauges: tuple[Gauge, ...], fail_on: str, passing: bool
) -> None:
    assert gate.passes(report(*tallies, gauges=gauges), fail_on) is passing


def test_the_change_sets_of_programs_are_asked_too(tmp_path: Path, asked: list[Oid]) -> None:
    api = Api.init(tmp_path)
    changes: dict[str, bytes] = {"tdv.toml": GATED.encode(), "a.jsonl": b"{}\n"}
    with pytest.raises(gate.GateFailed):
        api.commit(changes, "one")
    assert Repo.open(tmp_path).head().commit is None
    api.commit(changes, "one", verify=False)
    repo = Repo.open(tmp_path)
    made = repo.head_commit()
    assert made is not None
    assert made.operation == gate._past(None)
    with pytest.raises(Findings, match="nothing to commit"):
        api.commit(changes, "one")
    assert len(asked) == 1
