"""The guided tour really runs, and leaves nothing behind."""

from __future__ import annotations

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
    assert set(verbs) <= set(COMMANDS)
    assert "needs_review_" in result.out
    assert result.err == ""
    assert list(temporary.iterdir()) == []
    assert list(outside.folder.iterdir()) == []


def test_the_folder_is_kept_on_request(outside, temporary):
    result = outside("demo", "--keep")
    (folder,) = temporary.iterdir()
    assert result.err == f"The demo's repository is in {folder / 'support'}.\n"
    assert (folder / "support" / ".tdv").is_dir()
    assert outside("-C", str(folder / "support"), "status", "--porcelain").out == ""
