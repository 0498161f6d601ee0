"""Processes that are killed at random moments while they commit."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from everywrite import ENV

from tdv.api import Repo as Api
from tdv.ops.add import add
from tdv.ops.commit import commit
from tdv.ops.fsck import fsck
from tdv.repo.repository import Repo

# Makes commit after commit, through the API and as `tdv commit PATH` does, and prints each that is
# made. Every third one is of a larger file, whose objects take longer to write.
COMMITTER = """
import sys
from pathlib import Path
import tdv
from tdv.ops.commit import commit
from tdv.repo.repository import Repo
api, repo, life = tdv.Repo.open("."), Repo.open(Path(".")), sys.argv[1]
print("ready", flush=True)
for number in range(10_000):
    if number % 3:
        count = 2_000 if number % 3 == 2 else 5
        rows = ({"id": row, "n": number, "life": life} for row in range(count))
        oid = api.commit({"b.jsonl": rows}, f"api {life} {number}").id
    else:
        Path("a.jsonl").write_text(f'{{"life": {life}, "n": {number}}}\\n')
        oid = commit(repo, f"cli {life} {number}", paths=[b"a.jsonl"]).oid
    print(oid, flush=True)
"""


def lives(folder: Path, count: int, seed: int) -> int:
    """Kill a committing process so often, and check what each leaves; how many commits were made.

    After each kill the repository opens and is whole, and every commit that was reported is there.
    """
    draw = random.Random(seed)
    Api.init(folder).commit({"b.jsonl": [{"id": 0}]}, "first")
    (folder / "a.jsonl").write_bytes(b"{}\n")
    add(Repo.open(folder), [b"a.jsonl"])
    commit(Repo.open(folder), "second")
    reported: set[str] = set()
    for life in range(count):
        process = subprocess.Popen(
            [sys.executable, "-c", COMMITTER, str(life)],
            cwd=folder,
            env={**os.environ, **ENV},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
        )
        try:
            assert process.stdout is not None
            ready = process.stdout.readline()
            for _ in range(draw.randrange(6)):
                reported.add(process.stdout.readline().decode().strip())
            time.sleep(draw.uniform(0, 0.03))
        finally:
            process.send_signal(signal.SIGKILL)
            out, err = process.communicate()
        assert ready == b"ready\n", err
        assert not err
        reported |= {line for line in out.decode().splitlines() if len(line) == 64}
        api = Api.open(folder)
        history = [snapshot.id for snapshot in api.log()]
        assert reported <= {*history}, life
        # What was made and not reported any more is at most the newest.
        assert len(history) <= 2 + len(reported) + life + 1
        assert [*api["HEAD"]] == ["a.jsonl", "b.jsonl"]
        assert sum(1 for _ in api["HEAD"]["b.jsonl"]) in (1, 5, 2_000)
        if life % 10 == 9 or life == count - 1:
            assert fsck(Repo.open(folder)).damage == (), life
    (folder / "a.jsonl").write_bytes(b'{"last": true}\n')
    commit(Repo.open(folder), "last", paths=[b"a.jsonl"])
    assert Api.open(folder)["HEAD"]["a.jsonl"].read() == b'{"last": true}\n'
    return len(reported)


def test_a_committing_process_is_killed_at_some_moments(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    assert lives(tmp_path, 5, seed=1)
    record_property("processes killed", 5)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_committing_process_is_killed_at_200_moments(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    assert lives(tmp_path, 200, seed=2) > 200
    record_property("processes killed", 200)
