"""The guided tour really runs, and leaves nothing behind."""

from __future__ import annotations

import re

import pytest

from tdv.cli.commands import COMMANDS


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """Where the demo makes its folder."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


def test_every_command_is_printed_before_it_runs(outside, temporary):
    result = outside("demo")
    commands = [line for line in result.out.splitlines() if line.startswith("$ ")]
    verbs = [line.split()[2] for line in commands]
    assert verbs[:3] == ["init", "add", "commit"]
    assert set(verbs) >= {"init", "add", "commit", "status", "diff", "checkout", "log"}
    assert set(verbs) >= {"merge", "conflicts", "resolve", "blame", "undo"}
    assert set(verbs) >= {"validate", "rules"}
    assert set(verbs) <= set(COMMANDS)
    assert "needs_review_" in result.out
    assert result.err == ""
    assert list(temporary.iterdir()) == []
    assert list(outside.folder.iterdir()) == []


def test_a_validation_fails_is_explained_and_passes_after_a_fix(outside, temporary):
    tour = outside("demo").out
    failed, explained, passed = (
        part.partition("\n")[2] for part in re.split(r"^\d+\. ", tour, flags=re.MULTILINE)[-4:-1]
    )
    assert "error TXT001 empty-text: 1 row\n  intents.jsonl:98 (s099): " in failed
    assert "warning PII001 email: 1 row\n" in failed
    assert "mara.k@example.com" not in failed
    assert "Invalid: 1 error and 1 warning in 99 rows.\n" in failed
    assert explained.startswith("$ tdv rules TXT001\nTXT001 empty-text (error; text)\n")
    assert passed.count("Valid: no findings in 99 rows.\n") == 2
    assert "Recorded with commit " in passed
    assert re.search(r"\[1, 0 errors, 0 warnings\] Two questions from elsewhere\n", passed)


def test_the_folder_is_kept_on_request(outside, temporary):
    result = outside("demo", "--keep")
    (folder,) = temporary.iterdir()
    assert result.err == f"The demo's repository is in {folder / 'support'}.\n"
    assert (folder / "support" / ".tdv").is_dir()
    assert outside("-C", str(folder / "support"), "status", "--porcelain").out == ""
