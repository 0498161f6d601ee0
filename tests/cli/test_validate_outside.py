"""`tdv validate` where there is no repository: data in git, and what docs/ci.md says of it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

TOML = '[dataset.d]\npaths = ["data/*.jsonl"]\nkey = "id"\ntext = "text"\n'
PAGE = (Path(__file__).parents[2] / "docs" / "ci.md").read_text("utf-8")


@pytest.fixture
def kept(outside: Any) -> Any:
    """A folder with a `tdv.toml`, a file of its dataset with a fault, and other files."""
    outside.write("tdv.toml", TOML)
    outside.write("data/a.jsonl", '{"id": "a", "text": "fine"}\n{"id": "b", "text": " "}\n')
    outside.write("src/other.jsonl", '{"text": ""}\n')
    outside.write(".hidden/b.jsonl", '{"text": ""}\n')
    return outside


def test_the_present_folder_s_datasets(kept: Any) -> None:
    result = kept("validate", code=1)
    lines = result.out.splitlines()
    assert lines[:2] == [
        "d: 2 rows in 1 file, profile generic",
        "  data/a.jsonl: 2 rows, 1 invalid",
    ]
    assert lines[-1] == "Invalid: 1 error in 2 rows."


def test_a_file_that_is_named_belongs_to_its_dataset(kept: Any) -> None:
    assert kept("validate", "data/a.jsonl", code=1).out.startswith("d: 2 rows")
    isolated = kept("validate", "--isolated", "data/a.jsonl", code=1)
    assert isolated.out.startswith("data/a.jsonl: 2 rows")


def test_the_rules_of_another_file(kept: Any) -> None:
    kept.write("base.toml", TOML + '[rules.TXT001]\nlevel = "warning"\n')
    assert kept("validate", "--config", "base.toml").out.endswith("Valid: 1 warning in 2 rows.\n")


def test_without_tdv_toml_there_is_nothing_to_go_by(outside: Any) -> None:
    outside.write("a.jsonl", "{}\n")
    assert "is a tdv repository" in outside("validate", code=3).err


def test_a_broken_tdv_toml_is_no_pass(kept: Any) -> None:
    kept.write("tdv.toml", TOML + "[gate\n")
    assert "tdv.toml is not valid TOML" in kept("validate", code=2).err


def test_the_workflow_of_the_page(kept: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The words of its step, as a shell would give them to tdv."""
    kept.write("base/tdv.toml", TOML)
    step = re.search(r"run: >-\n((?: {10}.*\n)+)", PAGE)
    assert step is not None
    words = step[1].replace('"$RUNNER_TEMP/base/tdv.toml"', "base/tdv.toml").split()
    assert words[:2] == ["tdv", "validate"]
    result = kept(*words[1:], code=1, GITHUB_STEP_SUMMARY=str(kept.folder / "summary.md"))
    assert result.out.count("::error ") == 1
    assert "data/a.jsonl" in (kept.folder / "summary.md").read_text("utf-8")
    sarif = json.loads((kept.folder / "tdv.sarif").read_text("utf-8"))
    assert len(sarif["runs"][0]["results"]) == 1
    assert 'failures="1"' in (kept.folder / "tdv-junit.xml").read_text("utf-8")


@pytest.mark.parametrize(("text", "code"), [("better", 0), ("", 1)])
def test_the_shell_of_the_page(
    tdv: Any, monkeypatch: pytest.MonkeyPatch, text: str, code: int
) -> None:
    """Both of its scripts, in a repository whose `main` has an old fault."""
    old = '{"id": "a", "text": " "}\n'
    tdv.commit("one", tdv__toml=TOML.replace("data/", ""), a__jsonl=old)
    tdv("switch", "-c", "change")
    tdv.write("a.jsonl", old + json.dumps({"id": "b", "text": text}) + "\n")
    tdv("commit", "-a", "-m", "two")
    scripts = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    assert len(scripts) == 2
    env = {**os.environ, **tdv.env, "REVISION": "change", "PYTHONPATH": os.pathsep.join(sys.path)}
    env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env["TDV_CACHE_DIR"] = str(tdv.folder.parent / "remembered")
    done = [
        subprocess.run(
            ["sh", "-c", script],
            cwd=tdv.folder,
            env=env,
            capture_output=True,
            text=True,
            timeout=60,
        )
        for script in scripts
    ]
    assert done[0].returncode == code, done[0].stderr
    assert ("passes." if code == 0 else "does not pass.") in done[0].stdout
    assert (tdv.folder / "tdv-junit.xml").exists()
    assert done[1].returncode == 0, done[1].stderr
    shown = tdv("log", "--oneline", "--quality", "-n", "1").out
    assert f"{1 + code} error" in shown
