"""Repositories with a history, and every version of every file read back."""

from __future__ import annotations

import random
from pathlib import Path

from tdv.api import Repo as Api
from tdv.formats.contents import Contents
from tdv.repo.history import reachable
from tdv.repo.repository import Repo
from tdv.store import trees


def lines(seed: int, count: int, width: int = 60) -> list[bytes]:
    """Lines of text that compress to about a third."""
    draw = random.Random(seed)
    words = [b"word%d" % draw.randrange(10**6) for _ in range(1000)]
    return [b"%d,%s\n" % (n, b" ".join(draw.choices(words, k=width // 5))) for n in range(count)]


def edited(rows: list[bytes], seed: int) -> list[bytes]:
    """The same lines with some edited, added, removed and moved."""
    draw = random.Random(seed)
    rows = list(rows)
    for _ in range(4):
        start, to = draw.randrange(len(rows)), draw.randrange(len(rows))
        block = rows[start : start + 40]
        del rows[start : start + 40]
        rows[to:to] = block
    for _ in range(draw.randint(1, 6)):
        at = draw.randrange(len(rows))
        rows[at] = b"edited %d %d\n" % (seed, at)
    del rows[at : at + draw.randint(0, 20)]
    rows[at:at] = lines(seed, draw.randint(0, 30))
    return rows


def with_history(folder: Path, versions: int = 12, count: int = 3000) -> Repo:
    """A large file and a small one, edited again and again, and one that is removed again."""
    api = Api.init(folder)
    rows = lines(0, count)
    for number in range(versions):
        rows = edited(rows, number)
        files = {"big.csv": b"n,text\n" + b"".join(rows), "d/small.txt": b"version %d\n" % number}
        if number in (2, 3):
            files["gone.txt"] = b"".join(lines(number, 50))
        api.commit({**files, **({"gone.txt": None} if number == 4 else {})}, f"version {number}")
    return Repo.open(folder)


def everything(repo: Repo) -> dict[tuple[str, bytes], bytes]:
    """Every file of every commit that a ref leads to, byte for byte."""
    found: dict[tuple[str, bytes], bytes] = {}
    known: dict[object, bytes] = {}
    for _, tip in repo.refs.items("refs/heads/"):
        for oid in reachable(repo.commit, [tip]):
            for path, entry in trees.walk(repo.store, repo.commit(oid).tree):
                if entry not in known:
                    known[entry] = b"".join(Contents(entry, repo.store).blocks())
                found[str(oid), path] = known[entry]
    return found
