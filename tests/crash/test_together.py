"""Many processes on one repository: all that was reported is there, and readers are not stopped."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from everywrite import ENV, Outcome, command

from tdv.api import Repo as Api
from tdv.formats.ingest import ingest
from tdv.model.entry import Mode
from tdv.ops.fsck import fsck
from tdv.repo.repository import Repo
from tdv.store import trees
from tdv.store.locks import Busy

# Commits through the API, of files of its own and of one that all change; prints the oids.
API_WRITER = """
import sys, tdv
repo, me, commits = tdv.Repo.open("."), sys.argv[1], int(sys.argv[2])
for number in range(commits):
    rows = [{"id": row, "n": number} for row in range(20)]
    made = repo.commit({f"api/{me}-{number % 7}.jsonl": rows}, f"api {me} {number}")
    print(made.id, flush=True)
"""
# `tdv add` and `tdv commit PATH` of a new file each; prints the messages.
CLI_WRITER = """
import subprocess, sys
me, commits = sys.argv[1], int(sys.argv[2])
for number in range(commits):
    name = f"cli-{me}-{number}.jsonl"
    with open(name, "w") as file:
        file.write('{"id": %d}\\n' % number)
    for words in (["add", name], ["commit", "-m", f"cli {me} {number}", name]):
        done = subprocess.run([sys.executable, "-m", "tdv", *words], capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{words}: exit code {done.returncode}, {done.stderr}")
    print(f"cli {me} {number}", flush=True)
"""
# Commands, one after another, again and again until a file is there; prints how often they ran.
AGAIN = """
import json, os, subprocess, sys, time
done = 0
while not (os.path.exists(sys.argv[1]) and done):
    for words in json.loads(sys.argv[3]):
        ran = subprocess.run([sys.executable, "-m", "tdv", *words], capture_output=True)
        if ran.returncode:
            sys.exit(f"{words}: exit code {ran.returncode}, {ran.stderr.decode()}")
        time.sleep(float(sys.argv[2]))
    done += 1
print(done)
"""
# Is in the middle of a commit, with both locks and an unpublished pack.
HOLDER = """
import time
from pathlib import Path
from tdv.model.oid import Kind
from tdv.repo.repository import Repo
repo = Repo.open(Path("."))
with repo.writing() as writer, repo.transaction("test") as change:
    writer.put(Kind.CHUNK, bytes(100_000))
    print("held", flush=True)
    time.sleep(600)
"""
READERS = (["log", "-n", "50"], ["cat", "HEAD:a.jsonl"], ["status"], ["diff", "HEAD~1", "HEAD"])
READING = (
    *READERS,
    ["show", "HEAD"],
    ["show", "HEAD:a.jsonl"],
    ["ls"],
    ["branch"],
    ["tag"],
    ["blame", "a.jsonl"],
    ["log", "a.jsonl"],
    ["op", "log"],
    ["op", "show"],
    ["stash", "list"],
    ["config", "list"],
    ["fsck"],
)


@dataclass
class Crowd:
    """Processes in one folder, each of which must end well."""

    folder: Path
    running: list[subprocess.Popen[str]]

    def start(self, script: str, *words: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", script, *map(str, words)],
            cwd=self.folder,
            env={**os.environ, **ENV},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.running.append(process)
        return process

    def end(self) -> None:
        for process in self.running:
            if process.poll() is None:
                process.kill()
            process.communicate()


def said(process: subprocess.Popen[str]) -> list[str]:
    """What a process printed, once it ended well."""
    out, err = process.communicate()
    assert process.returncode == 0, err
    return out.splitlines()


def work_together(folder: Path, *, api: Sequence[int], cli: Sequence[int], beside: bool) -> None:
    """Let writers commit to one branch at once, and look for every commit.

    Args:
        api, cli: of each writer, how many commits it makes.
        beside: a `gc --yes` and readers, one after another, meanwhile.
    """
    first = prepared(folder)
    end = folder.parent / "end"
    crowd = Crowd(folder, [])
    try:
        writers = [crowd.start(API_WRITER, me, commits) for me, commits in enumerate(api)]
        typists = [crowd.start(CLI_WRITER, me, commits) for me, commits in enumerate(cli)]
        others = []
        if beside:
            others = [
                crowd.start(AGAIN, end, 0.1, json.dumps(READERS)),
                crowd.start(AGAIN, end, 1.0, json.dumps([["gc", "--yes"]])),
            ]
        oids = [oid for process in writers for oid in said(process)]
        typed = [line for process in typists for line in said(process)]
        end.touch()
        for process in others:
            assert int(said(process)[0]) > 0
    finally:
        crowd.end()
    log = list(Api.open(folder).log())
    assert len(oids) == sum(api)
    assert {*oids} <= {snapshot.id for snapshot in log}
    assert {*typed} == {each.message for each in log if each.message.startswith("cli")}
    assert len(log) == sum(api) + sum(cli) + 1
    assert all(len(snapshot.parents) <= 1 for snapshot in log)
    head = Api.open(folder)["HEAD"]
    for me, commits in enumerate(api):
        for name, number in {n % 7: n for n in range(commits)}.items():
            assert head[f"api/{me}-{name}.jsonl"][3] == {"id": 3, "n": number}
    for me, commits in enumerate(cli):
        for number in range(commits):
            assert head[f"cli-{me}-{number}.jsonl"][0] == {"id": number}
    assert head["a.jsonl"].read() == first
    assert fsck(Repo.open(folder)).damage == ()


def prepared(folder: Path) -> bytes:
    """Two commits; the content of `a.jsonl`."""
    folder.mkdir()
    content = b"".join(b'{"id": %d}\n' % number for number in range(100))
    assert command(folder, ["init"]).code == 0
    (folder / "a.jsonl").write_bytes(content)
    assert command(folder, ["add", "-A"]).code == 0
    assert command(folder, ["commit", "-m", "first"]).code == 0
    return content


def test_a_few_writers(tmp_path: Path) -> None:
    work_together(tmp_path / "work", api=[8, 8, 8], cli=[2, 2], beside=False)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_eight_writers_four_command_lines_readers_and_a_gc(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    work_together(tmp_path / "work", api=[200] * 8, cli=[25] * 4, beside=True)


@pytest.mark.parametrize("words", READING, ids=" ".join)
def test_who_reads_takes_no_lock(tmp_path: Path, words: list[str]) -> None:
    folder = tmp_path / "work"
    prepared(folder)
    (folder / "a.jsonl").write_bytes(b'{"id": 7}\n')
    assert command(folder, ["commit", "-a", "-m", "second"]).code == 0
    repo = Repo.open(folder)
    with repo.store.lock.exclusive(), repo.lock.exclusive():
        done = command(folder, words)
    assert done.code == 0, done.err


@pytest.mark.parametrize(
    "words",
    [["add", "b.jsonl"], ["commit", "-m", "more", "-a"], ["branch", "side"], ["gc", "--yes"]],
    ids=" ".join,
)
def test_a_writer_that_was_killed_leaves_no_lock(tmp_path: Path, words: list[str]) -> None:
    folder = tmp_path / "work"
    prepared(folder)
    (folder / "a.jsonl").write_bytes(b'{"id": 7}\n')
    (folder / "b.jsonl").write_bytes(b'{"id": 8}\n')
    crowd = Crowd(folder, [])
    try:
        holder = crowd.start(HOLDER)
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        holder.kill()
        holder.wait()
        done = command(folder, words)
    finally:
        crowd.end()
    assert done.code == 0, done.err
    assert fsck(Repo.open(folder)).damage == ()


def test_gc_beside_an_add_that_is_not_committed_loses_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "work"
    prepared(folder)
    (folder / "b.jsonl").write_bytes(b'{"id": 8}\n')
    assert command(folder, ["add", "b.jsonl"]).code == 0
    assert command(folder, ["gc", "--yes"]).code == 0
    (folder / "b.jsonl").unlink()
    assert command(folder, ["commit", "-m", "staged"]).code == 0
    assert Api.open(folder)["HEAD"]["b.jsonl"].read() == b'{"id": 8}\n'
    assert fsck(Repo.open(folder)).damage == ()


def test_gc_waits_for_an_add_that_has_published_and_not_staged(tmp_path: Path) -> None:
    folder = tmp_path / "work"
    prepared(folder)
    repo = Repo.open(folder)
    done: list[Outcome] = []
    collecting = threading.Thread(target=lambda: done.append(command(folder, ["gc", "--yes"])))
    with repo.writing() as writer:
        content = io.BytesIO(b'{"id": 8}\n')
        entry = ingest(content, b"b.jsonl", Mode.FILE, writer, repo.store, None, repo.cut)
        writer.publish()
        collecting.start()
        with pytest.raises(Busy):  # gc waits for its turn, and keeps others out
            share_often(repo)
        assert not done
        with repo.transaction("add") as change:
            change.set_stage(trees.update(writer, repo.stage(), {b"b.jsonl": entry}))
            writer.publish()
            change.commit()
    collecting.join()
    assert done[0].code == 0, done[0].err
    assert command(folder, ["commit", "-m", "staged"]).code == 0
    assert Api.open(folder)["HEAD"]["b.jsonl"].read() == b'{"id": 8}\n'
    assert fsck(Repo.open(folder)).damage == ()


def share_often(repo: Repo) -> None:
    for _ in range(1_000_000):
        with repo.store.lock.shared(wait=0):
            pass
