"""`tdv.Repo.validate`, against what the command says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tdv.api import Repo
from tdv.errors import ConfigError, RevisionError, UsageError
from tdv.quality.report import Selected, ValidationReport

TOML = b'[dataset.d]\npaths = ["*.jsonl"]\nkey = "id"\ntext = "text"\n'
GOOD = {"id": 1, "text": "Where is it?"}
BAD = {"id": 2, "text": " "}


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """Two commits; the second brings a fault, and a file that belongs to no dataset."""
    repo = Repo.init(tmp_path)
    repo.commit({"tdv.toml": TOML, "a.jsonl": [GOOD]}, "one")
    repo.commit({"a.jsonl": [GOOD, BAD], "b/c.jsonl": [BAD]}, "two")
    return repo


def codes(report: ValidationReport) -> list[tuple[str, str, int]]:
    return [(each.code, each.path, each.rows) for each in report.tallies]


def test_a_revision_and_its_findings(repo: Repo) -> None:
    report = repo.validate("HEAD", select=["TXT001"])
    assert codes(report) == [("TXT001", "a.jsonl", 1)]
    assert report.revision == repo["HEAD"].id
    (finding,) = report.findings(Selected())
    assert finding.place is not None
    assert (finding.place.line, finding.place.key) == (2, ("2",))
    assert repo.validate("HEAD~1").is_valid


def test_what_a_notebook_shows(repo: Repo) -> None:
    report = repo.validate("HEAD", values={"max_num_samples": 1})
    said = "<ValidationReport of d: Invalid: 1 error and 1 failed threshold in 2 rows.>"
    assert repr(report) == said
    assert not report.passed
    assert repo.validate("HEAD").passed
    assert len(repr(repo.stats("HEAD"))) < 300


@pytest.mark.parametrize("most", [0, 100])
def test_findings_that_are_too_many_to_be_kept(repo: Repo, monkeypatch, most: int) -> None:
    monkeypatch.setattr("tdv.ops.validating.kept.MOST_KEPT", most)
    memory = repo.root / ".tdv/cache/analysis"
    report = repo.validate("HEAD")
    before = {*memory.rglob("*")}
    wanted = Selected(limits={("a.jsonl", "TXT001"): 1})
    (first,), (again,) = report.findings(wanted), report.findings(wanted)
    assert first == again
    assert first.code == "TXT001"
    assert ({*memory.rglob("*")} == before) is (most == 0)


def test_the_working_copy(repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b'{"id": 1, "text": ""}\n')
    (tmp_path / "tdv.toml").write_bytes(TOML)
    report = repo.validate()
    assert report.revision == ""
    assert codes(report) == [("TXT001", "a.jsonl", 1)]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"paths": ["b"], "select": ["TXT001"]}, [("TXT001", "b/c.jsonl", 1)]),
        ({"ignore": ["TXT001"]}, []),
        ({"values": {"TXT001.level": "off"}}, []),
        ({"new_from": "HEAD"}, []),
        ({"new_from": "HEAD~1", "select": ["TXT"]}, [("TXT001", "a.jsonl", 1)]),
        ({"jobs": 1, "profile": "generic", "select": ["TXT"]}, [("TXT001", "a.jsonl", 1)]),
    ],
)
def test_what_is_asked_for(
    repo: Repo, asked: dict[str, Any], found: list[tuple[str, str, int]]
) -> None:
    assert codes(repo.validate("HEAD", **asked)) == found


def test_thresholds_and_the_rules_of_another_revision(repo: Repo) -> None:
    report = repo.validate("HEAD~1", values={"min_samples": 5})
    assert [gauge.passed for gauge in report.gauges] == [False]
    assert not report.is_valid
    repo.commit({"tdv.toml": TOML + b'[rules.TXT001]\nlevel = "off"\n'}, "no rule")
    assert codes(repo.validate("HEAD")) == []
    assert codes(repo.validate("HEAD", config="HEAD~1")) == [("TXT001", "a.jsonl", 1)]


def test_recorded(repo: Repo, tmp_path: Path) -> None:
    from tdv.model.oid import Oid
    from tdv.ops.qualitynotes import Qualities
    from tdv.repo.repository import Repo as Repository

    report = repo.validate("HEAD", record=True)
    note = Qualities(Repository.open(tmp_path)).of(Oid.parse(report.revision))
    assert note is not None
    assert (note.errors, note.total_examples, note.found[0].keys) == (1, 2, ("2",))


@pytest.mark.parametrize(
    "asked",
    [
        {"revision": None},
        {"paths": ["a.jsonl"]},
        {"select": ["TXT"]},
        {"ignore": ["TXT"]},
        {"new_from": "HEAD~1"},
    ],
)
def test_a_part_is_not_recorded(repo: Repo, asked: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="--record"):
        repo.validate(**{"revision": "HEAD", **asked}, record=True)


def test_what_cannot_be_judged(repo: Repo) -> None:
    with pytest.raises(RevisionError):
        repo.validate("nowhere")
    with pytest.raises(UsageError):
        repo.validate("HEAD", select=["NOT999"])
    repo.commit({"tdv.toml": TOML + b"[gate\n"}, "broken", verify=False)
    with pytest.raises(ConfigError):
        repo.validate("HEAD")
