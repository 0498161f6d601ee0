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


COUNTED = ("writes tried", "processes killed", "full disks", "power cuts", "damaged files")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """How many writes were made to fail, over all commands, and so on."""
    properties = [
        pair
        for report in terminalreporter.stats.get("passed", [])
        for pair in getattr(report, "user_properties", [])
    ]
    for what in COUNTED:
        counts = [value for name, value in properties if name == what]
        if counts:
            terminalreporter.write_line(
                f"crash tests: {what} {sum(counts):,} in {len(counts)} tests"
            )
