"""The program as a process: streams that break, signals, folders that are gone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tdv.api import Repo
from tdv.cli.main import run
from tdv.cli.output import Output
from tdv.cli.session import Session
from tdv.errors import TdvError

TDV = [sys.executable, "-c", "import sys; from tdv.cli.main import main; sys.exit(main())"]


@pytest.fixture
def repository(tmp_path, home):
    """A repository whose one file does not fit a pipe."""
    repo = Repo.init(tmp_path / "repo")
    repo.commit({"a.jsonl": b'{"id": 1}\n' * 100_000}, "one")
    return repo.root


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **more}


def test_a_reader_that_goes_away_ends_it_quietly(repository):
    process = subprocess.Popen(
        [*TDV, "cat", "a.jsonl"],
        cwd=repository,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.read(10)
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait() == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize("words", [["cat", "a.jsonl"], ["--version"], ["--help"]], ids=" ".join)
def test_a_full_disk_behind_stdout(repository, words):
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [*TDV, *words],
            cwd=repository,
            env=environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode == 3
    assert done.stderr.startswith(b"error: ")
    assert b"no space left" in done.stderr.lower()
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_end_it_with_130_and_no_words(repository, number):
    code = (
        "import os, sys, tdv.cli.main as m, tdv.cli.app as a\n"
        f"a.load = lambda name: os.kill(os.getpid(), {int(number)})\n"
        "sys.exit(m.main(['ls']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=repository,
        env=environment(),
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


def test_a_closed_stdout(repository):
    command = " ".join(f"'{word}'" for word in [*TDV, "ls"]) + " >&-"
    done = subprocess.run(
        ["sh", "-c", command], cwd=repository, env=environment(), capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"1 file, 1.0 MB.\n")


def test_a_bug_says_so_and_shows_its_place_only_when_asked(outside, monkeypatch):
    def broken(self: Session) -> None:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(Session, "repo", broken)
    result = outside("ls", code=70)
    assert result.err.startswith("error: This is a bug in tdv ")
    assert "ZeroDivisionError: oh." in result.err
    assert "Traceback" not in result.err
    assert "Traceback" in outside("-v", "ls", code=70).err
    assert "Traceback" in outside("ls", code=70, TDV_LOG="debug").err


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (TdvError("Odd.", hint="Try."), 70, "error: Odd.\nhint: Try.\n"),
        (PermissionError(13, "Permission denied", "/x"), 3, "error: /x: Permission denied.\n"),
        (
            OSError(28, "No space left on device"),
            3,
            "error: There is no space left on the device.\n",
        ),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_errors_become_words_and_codes(outside, monkeypatch, error, code, words):
    def failing(name: str) -> None:
        raise error

    monkeypatch.setattr("tdv.cli.app.load", failing)
    assert outside("ls", code=code).err.startswith(words)


def test_windows_is_refused(outside, monkeypatch, capsysbinary):
    monkeypatch.setattr(sys, "platform", "win32")
    out = Output(sys.stdout.buffer, sys.stderr.buffer)
    assert run(["status"], {}, out) == 2
    assert capsysbinary.readouterr().err.startswith(b"error: tdv does not run on Windows yet")


def test_nothing_is_left_to_say_for_a_folder_that_is_gone(tmp_path, home, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    done = subprocess.run([*TDV, "ls"], env=environment(), capture_output=True, check=False)
    assert done.returncode == 3
    assert b"Traceback" not in done.stderr
