"""What a command imports, by list: start-up time is kept by keeping imports out."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tdv.cli.commands import COMMANDS

# None of these may be loaded by the commands that people run all day.
HEAVY = {
    *("asyncio", "click", "concurrent.futures.process", "csv", "email", "html", "http"),
    *("multiprocessing", "numpy", "pyarrow", "pydantic", "pygments", "rich", "sqlite3", "ssl"),
    *("tomlkit", "unittest", "xml"),
}
RUN = """
import sys
from tdv.cli.main import main
code = main(sys.argv[1:])
sys.stderr.write("\\n" + " ".join(sys.modules))
sys.exit(code)
"""


def loaded_by(folder: Path, *words: str) -> set[str]:
    """The modules that a command line leaves loaded in a fresh interpreter."""
    env = {**os.environ, "HOME": str(folder), "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", RUN, *words],
        cwd=folder, env=env, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return set(done.stderr.splitlines()[-1].split())


@pytest.fixture
def repository(tmp_path):
    """A repository with a commit and a change."""
    file = tmp_path / "a.jsonl"
    file.write_text('{"id": 1}\n')
    for words in (["init"], ["add", "."], ["commit", "-m", "first"]):
        loaded_by(tmp_path, *words)
    file.write_text('{"id": 1}\n{"id": 2}\n')
    return tmp_path


def test_version_loads_next_to_nothing(tmp_path):
    loaded = loaded_by(tmp_path, "--version")
    assert {"typer", "msgpack", "zstandard", "blake3", *HEAVY}.isdisjoint(loaded)
    assert not any(name.startswith("tdv.cli.commands.") for name in loaded)


@pytest.mark.parametrize(
    "words",
    [["--help"], ["status"], ["log"], ["diff", "--stat"], ["branch"], ["add", "."], ["ls"]],
    ids=" ".join,
)
def test_daily_commands_load_nothing_heavy(repository, words):
    loaded = loaded_by(repository, *words)
    assert HEAVY & loaded == set()
    others = {f"tdv.cli.commands.{name}" for name in COMMANDS} - {f"tdv.cli.commands.{words[0]}"}
    assert others & loaded == set()


def test_the_package_is_lazy(tmp_path):
    code = "import sys, tdv; sys.stderr.write('\\n' + ' '.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parent.parent,
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    loaded = {name for name in done.stderr.split() if name.startswith("tdv")}
    assert loaded <= {"tdv", "tdv.version"}
