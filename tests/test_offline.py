"""`tdv validate` opens no network connection, nor do its workers: every attempt would be seen.

An audit hook of Python's sees each socket, in every process that starts under `sitecustomize`; a
server that would be asked stands for what libraries do without Python.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import tdv as package

ROOT = str(Path(package.__file__).parent.parent)
HOOK = """
import os, sys

# Workers are reached through a pair of sockets without an address (AF_UNIX, which is 1); -1 stands
# for one that was there before the process.
LOCAL = {1, -1}
NAMES = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "urllib.Request"}
REACHES = {"socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg"}


def note(text):
    with open(os.environ["SOCKETS_LOG"], "a") as log:
        log.write(f"{os.getpid()} {text}\\n")


def hook(event, args):
    opens = event == "socket.__new__" and int(args[1]) not in LOCAL
    if opens or event in NAMES or (event in REACHES and isinstance(args[1], tuple)):
        note(f"{event} {args[1:]!r}")
        raise RuntimeError("a connection was opened")


note("started")
sys.addaudithook(hook)
"""
RULE = '''
from tdv.rules import rule


@rule("ACME001", "no-lorem", level="warning", mend="Write a text.")
def no_lorem(row):
    """The text is placeholder text."""
    if "lorem" in row["text"]:
        yield "text", "It has placeholder text."
'''
TOML = """
[dataset.d]
paths = ["*.jsonl"]
schema = "schema.json"
text = "text"

[rules]
own = ["mine.py"]
"""
SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "https://example.com/schema.json",
    "properties": {"text": {"$ref": "parts.json#/$defs/text"}, "at": {"format": "date-time"}},
}


class Watched:
    """Commands in a folder, each under the hook."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.log = folder / "work", folder / "sockets.log"
        self.folder.mkdir()
        site = folder / "site"
        site.mkdir()
        (site / "sitecustomize.py").write_text(HOOK)
        self.env = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(site), ROOT]),
            "SOCKETS_LOG": str(self.log),
            "HOME": str(folder),
            "TDV_AUTHOR_NAME": "Ada",
            "TDV_AUTHOR_EMAIL": "ada@example.org",
        }

    def python(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A Python under the hook; what it did is in the log."""
        self.log.write_text("")
        return subprocess.run(
            [sys.executable, *words],
            cwd=self.folder, env=self.env, capture_output=True, text=True, timeout=120,
        )  # fmt: skip

    def __call__(self, *words: str, code: int = 0) -> Any:
        done = self.python("-m", "tdv", *words)
        assert done.returncode == code, done
        assert "RuntimeError" not in done.stderr
        return done

    @property
    def events(self) -> list[list[str]]:
        """Process and what it did, in order."""
        return [line.split(" ", 1) for line in self.log.read_text().splitlines()]

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path)


@pytest.mark.parametrize(
    "attempt",
    [
        "import socket; socket.socket()",
        "import socket; socket.getaddrinfo('localhost', 80)",
        "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9/')",
    ],
)
def test_the_hook_sees_what_it_should(watched: Watched, attempt: str) -> None:
    assert watched.python("-c", attempt).returncode == 1
    assert len(watched.events) > 1


def test_validate_opens_no_socket(watched: Watched) -> None:
    """With a schema of several files, rules of one's own, workers, every output, and a note."""
    watched("init")
    watched.write("tdv.toml", TOML)
    watched.write("mine.py", RULE)
    watched.write("schema.json", json.dumps(SCHEMA))
    watched.write("parts.json", json.dumps({"$defs": {"text": {"type": "string"}}}))
    for name in "ab":
        rows = (
            {"text": f"{name} {number} " + "word " * 40 if number % 997 else "lorem", "at": "now"}
            for number in range(36_000)
        )
        watched.write(f"{name}.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    watched("config", "trust", "mine.py")
    watched("add", ".")
    watched("commit", "-m", "one")
    outputs = [f"-o{name}=out.{name}" for name in ("json", "jsonl", "junit", "sarif", "github")]
    done = watched("validate", "HEAD", "-j", "2", "--no-cache", "--record", *outputs, code=1)
    assert "ACME001" in done.stdout
    assert "FLD005" in done.stdout
    assert {what for _, what in watched.events} == {"started"}
    # The command itself, and workers: one at least has started before all is done.
    assert len({process for process, _ in watched.events}) >= 2


@pytest.mark.parametrize("place", ["properties", "$defs"])
def test_a_reference_to_an_address_asks_nobody(watched: Watched, place: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/x.json"
        watched.write("schema.json", json.dumps({place: {"text": {"$ref": address}}}))
        watched.write("tdv.toml", TOML.partition("\n[rules]")[0])
        watched.write("a.jsonl", '{"text": "fine words"}\n')
        done = watched("validate", code=2)
        assert f"refers to `{address}`" in done.stderr
        assert "Nothing is fetched" in done.stderr
        assert {what for _, what in watched.events} == {"started"}
        with pytest.raises(BlockingIOError):
            server.accept()
