"""`tdv validate` with worker processes, as people start it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import tdv as package

ROOT = str(Path(package.__file__).parent.parent)
# What pip makes of an entry point, without the guard that some of them have.
SCRIPT = f"""
import sys
sys.path.append({ROOT!r})
from tdv.cli.main import main
sys.exit(main())
"""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two files with enough chunks for several tasks, and a few faults."""
    folder = tmp_path_factory.mktemp("data")
    for name in "ab":
        with open(folder / f"{name}.jsonl", "w") as file:
            for number in range(20_000):
                words = " ".join(f"{number}w{at}" * 9 for at in range(6 if number % 9999 else 0))
                file.write(f'{{"id": "{name}{number}", "text": "{words}"}}\n')
    (folder / "pickle.py").write_text("raise SystemExit('a file beside the data was imported')")
    (folder / "tdv-script").write_text(SCRIPT)
    return folder


def started(folder: Path, *words: str, how: str = "-m") -> subprocess.Popen[str]:
    start = ["-m", "tdv"] if how == "-m" else ["-I", str(folder / "tdv-script")]
    env = {**os.environ, "PYTHONPATH": ROOT, "HOME": str(folder), "PYTHONSAFEPATH": "1"}
    return subprocess.Popen(
        [sys.executable, *start, "validate", "a.jsonl", "b.jsonl", *words],
        cwd=folder, env=env, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def test_processes_say_the_same_as_one(folder):
    def said(*words: str, how: str = "-m") -> dict[str, Any]:
        out, _ = started(folder, "--no-cache", "--json", *words, how=how).communicate(timeout=100)
        return {name: value for name, value in json.loads(out).items() if name != "run"}

    alone = said("-j", "1")
    assert alone["total_examples"] == 40_000
    assert len(alone["issues"]) >= 6
    assert said("-j", "3") == said("-j", "3", how="script") == alone


def test_an_interruption_leaves_no_process_and_what_was_found_out(folder, tmp_path):
    words = ("--cache-dir", str(tmp_path), "-j", "2")
    running = started(folder, *words)
    end = time.monotonic() + 60
    while not list(tmp_path.glob("??/*")) and time.monotonic() < end:
        time.sleep(0.01)
    workers = children_of(running.pid)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=60)
    assert (running.returncode, out, err) == (130, "", "")
    assert not any(Path(f"/proc/{worker}").exists() for worker in workers)
    assert list(tmp_path.glob("??/*"))


def children_of(pid: int) -> list[str]:
    """On Linux; elsewhere nobody is looked for."""
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return path.read_text().split() if path.exists() else []
