"""`tdv(...)` runs a command line in this process, in a folder of its own."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tdv.cli.main import run
from tdv.cli.output import Output

# Set for every command, so that whole outputs can be compared.
ENV = {
    "TDV_AUTHOR_NAME": "Ada",
    "TDV_AUTHOR_EMAIL": "ada@example.org",
    "TDV_AUTHOR_DATE": "2026-01-02T03:04:05+00:00",
    "TDV_COMMITTER_DATE": "2026-01-02T03:04:05+00:00",
    "LC_ALL": "C.UTF-8",
}


@dataclass(frozen=True)
class Result:
    """What a command line did.

    Attributes:
        code: the exit code.
        data: stdout, as bytes; `out` is the same as text.
        err: stderr as text.
    """

    code: int
    data: bytes
    err: str

    @property
    def out(self) -> str:
        return self.data.decode("utf-8", "surrogateescape")

    @property
    def json(self) -> Any:
        return json.loads(self.data)

    @property
    def json_lines(self) -> list[Any]:
        return [json.loads(line) for line in self.data.splitlines()]


class Tdv:
    """Runs command lines; `tdv("add", ".")` must succeed unless `code` says otherwise."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.folder = folder
        self.env = {**ENV, "HOME": str(home), "XDG_CONFIG_HOME": str(home / ".config")}

    def __call__(self, *words: str, code: int | None = 0, **env: str) -> Result:
        stdout, stderr = io.BytesIO(), io.BytesIO()
        out = Output(stdout, stderr)
        got = run(list(words), {**self.env, **env}, out)
        out.flush()
        result = Result(got, stdout.getvalue(), stderr.getvalue().decode("utf-8", "replace"))
        if code is not None:
            assert result.code == code, (words, result)
        return result

    def write(self, path: str, content: bytes | str) -> Path:
        """Write a file of the working copy, and its folders."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    def commit(self, message: str, **files: bytes | str) -> str:
        """Write files (`a__jsonl` is `a.jsonl`), add and commit everything; the commit's oid."""
        for name, content in files.items():
            self.write(name.replace("__", "."), content)
        self("add", "-A")
        self("commit", "-m", message)
        return self("debug", "rev-parse", "HEAD").out.strip()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home folder."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder / ".config"))
    return folder


@pytest.fixture
def outside(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Tdv:
    """Command lines in a folder that is no repository."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return Tdv(folder, home)


@pytest.fixture
def tdv(outside: Tdv) -> Tdv:
    """Command lines in a fresh repository."""
    outside("init")
    return outside


RunTdv = Callable[..., Result]
