from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def no_syncs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A process that is killed loses nothing that it wrote: only a power cut asks for syncs.

    The seam of `tdv.store.files` still counts them, and each of them fails in its turn.
    """
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    monkeypatch.chdir(tmp_path)  # `tdv -C` goes to folders that are removed


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """How many writes were made to fail, over all commands."""
    counts = [
        value
        for report in terminalreporter.stats.get("passed", [])
        for name, value in getattr(report, "user_properties", [])
        if name == "writes tried"
    ]
    if counts:
        terminalreporter.write_line(
            f"crash tests: {sum(counts):,} writes failed on purpose, in {len(counts)} tests"
        )
