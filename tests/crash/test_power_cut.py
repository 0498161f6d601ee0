"""The power goes while commands run: what the disk then holds is mounted and looked at."""

from __future__ import annotations

import filecmp
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from everywrite import ENV, command, damage
from mounts import formatted, mounted

from tdv.api import Repo as Api

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
CUTS = 40
SIZE = 24 << 20
# As strict as ext4 gets: nothing is flushed for having been renamed.
OPTIONS = "loop,noauto_da_alloc,commit=300"
# Commits of both kinds, other operations and, now and then, a gc; prints what is done when it is.
WORKER = """
import sys
from pathlib import Path
import tdv
from tdv.ops.add import add
from tdv.ops.branch import create_branch
from tdv.ops.commit import commit
from tdv.ops.gc import gc
from tdv.ops.undo import undo
from tdv.repo.repository import Repo
api, repo = tdv.Repo.open("."), Repo.open(Path("."))
for number in range(10_000):
    rows = [{"id": row, "n": number} for row in range(2_000 if number % 3 == 2 else 5)]
    print("commit", api.commit({"b.jsonl": rows}, f"api {number}").id, flush=True)
    Path("a.jsonl").write_text(f'{{"n": {number}}}\\n')
    add(repo, [b"a.jsonl"])
    print("commit", commit(repo, f"cli {number}").oid, flush=True)
    create_branch(repo, f"b{number}")
    print("branch", f"b{number}", flush=True)
    if number % 4 == 1:
        create_branch(repo, f"c{number}")
        undo(repo)
        print("undone", f"c{number}", flush=True)
    if number % 10 == 9:
        gc(repo)
"""


def snapshot(image: Path, target: Path) -> None:
    """Copy the file behind a file system at a moment at which nothing writes to it."""
    again = target.with_suffix(".again")
    while True:
        shutil.copyfile(image, target)
        shutil.copyfile(image, again)
        if filecmp.cmp(target, again, shallow=False):
            again.unlink()
            return


def check(folder: Path, said: list[str]) -> None:
    """Everything that was reported is there, and all of it is whole."""
    assert damage(folder) == ()
    api = Api.open(folder)
    history = {each.id: each for each in api.log()}
    for line in said:
        what, name = line.split()
        if what == "commit":
            assert name in history
        elif what == "branch":
            assert name in api.branches
        else:
            assert name not in api.branches
    for each in [*history.values()][:20]:  # fsck has read all
        number = int(each.message.split()[1]) if " " in each.message else -1
        if each.message.startswith("api"):
            assert each["b.jsonl"][4] == {"id": 4, "n": number}
        elif each.message.startswith("cli"):
            assert each["a.jsonl"].read() == b'{"n": %d}\n' % number
    (folder / "a.jsonl").write_bytes(b'{"after": "the cut"}\n')
    for words in (["add", "a.jsonl"], ["commit", "-m", "after"]):
        done = command(folder, words)
        assert done.code == 0, done.err
    assert damage(folder) == ()


def test_the_disk_at_some_moments(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    draw = random.Random(3)
    image = formatted(tmp_path / "disk", SIZE)
    with mounted(tmp_path / "live", "-o", OPTIONS, str(image)) as live:
        folder = live / "work"
        Api.init(folder).commit({"b.jsonl": [{"id": row} for row in range(5)]}, "first")
        os.sync()  # the folder itself, which no command made
        process = subprocess.Popen(
            [sys.executable, "-c", WORKER],
            cwd=folder,
            env={**os.environ, **ENV},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
        )
        try:
            assert process.stdout is not None
            os.set_blocking(process.stdout.fileno(), False)
            out = b""
            for cut in range(CUTS):
                time.sleep(draw.uniform(0, 0.3))
                process.send_signal(signal.SIGSTOP)
                copy = tmp_path / f"cut{cut}"
                out += process.stdout.read() or b""
                snapshot(image, copy)
                said = out.decode().split("\n")[:-1]
                with mounted(tmp_path / "copy", "-o", "loop", str(copy)) as after:
                    check(after / "work", said)
                copy.unlink()
                process.send_signal(signal.SIGCONT)
            assert process.poll() is None
        finally:
            process.kill()
            _, err = process.communicate()
        assert not err
        assert len(said) > CUTS
    record_property("power cuts", CUTS)
