"""Memory does not grow with a file or a record, and a killed command leaves one of two states.

Each test runs `tdv` as a process of its own, as users do.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

MIB = 1 << 20
# What DESIGN allows any command at any size.
MOST_RSS = 300 * MIB


class Run:
    """`tdv` in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *words: str) -> str:
        """Run to the end; the command must succeed and stay within MOST_RSS."""
        process = self.start(*words)
        out, err = process.stdout, process.stderr
        assert out is not None
        assert err is not None
        said = out.read()
        complaint = err.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.close()
        err.close()
        assert process.returncode == 0, complaint
        unit = 1 if sys.platform == "darwin" else 1024
        assert usage.ru_maxrss * unit < MOST_RSS, f"{words} took {usage.ru_maxrss * unit} bytes"
        return said.decode("utf-8", "surrogateescape")

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """Start a command and do not wait for it."""
        return subprocess.Popen(
            [sys.executable, "-m", "tdv", *words],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
        )


@pytest.fixture
def tdv(tmp_path: Path) -> Run:
    run = Run(tmp_path / "work")
    run.folder.mkdir()
    run("init")
    return run


def json_lines() -> Iterator[bytes]:
    draw = random.Random(1)
    for number in range(600_000):
        text = " ".join(str(draw.getrandbits(24)) for _ in range(60))
        yield b'{"id":%d,"text":"%s"}\n' % (number, text.encode())


def one_line() -> Iterator[bytes]:
    yield b'{"text":"'
    draw = random.Random(2)
    for _ in range(200):
        yield draw.randbytes(MIB // 2).hex().encode()
    yield b'"}\n'


def one_array() -> Iterator[bytes]:
    draw = random.Random(3)
    yield b"["
    for number in range(300):
        yield b"," if number else b""
        yield b",".join(b'{"n":%d}' % draw.getrandbits(30) for _ in range(60_000))
    yield b"]"


def noise() -> Iterator[bytes]:
    draw = random.Random(4)
    for _ in range(300):
        yield draw.randbytes(MIB)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("rows.jsonl", json_lines),
        ("line.jsonl", one_line),
        ("array.json", one_array),
        ("noise.bin", noise),
    ],
)
def test_no_command_takes_more_memory_for_a_large_file(
    tdv: Run, name: str, content: Callable[[], Iterator[bytes]]
) -> None:
    path = tdv.folder / name
    with path.open("wb") as file:
        file.writelines(content())
    before = path.stat().st_size
    assert before > 190 * MIB
    tdv("add", ".")
    tdv("commit", "-m", "one")
    with path.open("r+b") as file:
        file.seek(before // 2)
        here = file.read(1)
        file.seek(before // 2)
        file.write(b"7" if here != b"7" else b"8")
    tdv("status")
    tdv("diff", "--stat")
    tdv("commit", "-a", "-m", "two")
    tdv("checkout", "HEAD~1")
    assert path.stat().st_size == before
    with path.open("rb") as file:
        file.seek(before // 2)
        assert file.read(1) == here
    tdv("fsck")


def test_a_commit_that_is_killed_at_any_moment_leaves_the_old_state_or_the_new(tdv: Run) -> None:
    draw = random.Random(5)
    path = tdv.folder / "rows.jsonl"
    path.write_bytes(b"".join(b'{"n":%d}\n' % number for number in range(20_000)))
    tdv("add", ".")
    tdv("commit", "-m", "0")
    versions = {_head(tdv): path.read_bytes()}
    begun = time.monotonic()
    tdv("commit", "--allow-empty", "-m", "timed")
    versions[_head(tdv)] = path.read_bytes()
    usual = time.monotonic() - begun
    for number in range(1, 61):
        content = path.read_bytes() + b'{"n":"%d"}\n' % number
        path.write_bytes(content)
        process = tdv.start("commit", "-a", "-m", str(number))
        time.sleep(draw.uniform(0, 1.5 * usual))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        head = _head(tdv)
        versions.setdefault(head, content)
        tdv("fsck")
        assert path.read_bytes() == content
        for oid, bytes_then in list(versions.items())[-2:]:
            assert tdv("cat", f"{oid}:rows.jsonl").encode() == bytes_then
    tdv("commit", "-a", "--allow-empty", "-m", "last")
    assert tdv("cat", "HEAD:rows.jsonl").encode() == path.read_bytes()
    for oid, bytes_then in versions.items():
        assert tdv("cat", f"{oid}:rows.jsonl").encode() == bytes_then


def _head(tdv: Run) -> str:
    line = json.loads(tdv("log", "-n", "1", "--json"))
    assert isinstance(line["commit"], str)
    return line["commit"]
