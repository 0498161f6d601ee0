"""`add` says how far it is inside of a file, too."""

from __future__ import annotations

from tdv.ops.add import add
from tdv.repo.repository import Repo


class Watched:
    """Progress that writes down what it is told."""

    def __init__(self) -> None:
        self.total: int | None = None
        self.amounts: list[int] = []

    def step(self, name: str, total: int | None = None, unit: str = "") -> None:
        self.total = total

    def advance(self, amount: int = 1) -> None:
        self.amounts.append(amount)


def test_a_large_file_is_told_of_chunk_by_chunk(tmp_path):
    repo = Repo.init(tmp_path)
    rows = b"".join(b'{"n": %d, "text": "%s"}\n' % (n, b"word " * 40) for n in range(5000))
    (tmp_path / "large.jsonl").write_bytes(rows)
    (tmp_path / "large.csv").write_bytes(b"n\n" + b"1234567\n" * 90_000)
    (tmp_path / "small.bin").write_bytes(b"\0\1")
    told = Watched()
    add(repo, progress=told)
    assert sum(told.amounts) == told.total
    assert len(told.amounts) > 10
    assert max(told.amounts) < 1_000_000
    again = Watched()
    add(repo, progress=again)
    assert sum(again.amounts) == again.total
