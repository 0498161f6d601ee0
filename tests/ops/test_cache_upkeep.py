"""What analyses remember, as `gc`, `fsck --repair` and `purge` treat it."""

from __future__ import annotations

import os

import pytest

from tdv.analysis.memory import Memory
from tdv.api import Repo

UNIT, DIGEST = b"u" * 32, b"e" * 16


@pytest.fixture(params=["inside", "elsewhere"])
def memory(request, tdv, tmp_path):
    """A memory of three units."""
    tdv.write("tdv.toml", '[dataset.d]\npaths = ["*.jsonl"]\nkey = "id"\n')
    tdv.commit("one", a__jsonl='{"id":"x"}\n{"id":"kunde-4711"}\n')
    folder = tdv.folder / ".tdv/cache/analysis"
    if request.param == "elsewhere":
        folder = tmp_path / "cache"
        tdv.env["TDV_CACHE_DIR"] = str(folder)
    memory = Memory(folder)
    for number in range(3):
        assert memory.put(bytes([number]), DIGEST, {"a": os.urandom(9000), "text": b"kunde-4711"})
    return memory


def known(memory: Memory) -> list[bool]:
    found = (memory.get(bytes([number]), DIGEST) for number in range(3))
    return [each is not None and each.check() for each in found]


def test_gc_keeps_what_fits(tdv, memory):
    tdv("gc", "--yes")
    assert known(memory) == [True] * 3


def test_gc_brings_it_to_its_bound(tdv, memory):
    tdv("config", "set", "cache.limit", "12kB")
    result = tdv("gc")
    assert "that analyses remember beyond `cache.limit`\n" in result.out
    assert known(memory) == [True] * 3
    said = tdv("gc", "--yes", "--json").json
    assert 9000 * 2 < said["freed"]["cache"] < 9600 * 2
    assert sum(known(memory)) == 1


def test_a_wrong_bound_is_named(tdv, memory):
    assert "`cache.limit` is no size" in tdv("gc", code=2, TDV_CACHE_LIMIT="much").err


def test_repair_drops_what_is_damaged(tdv, memory):
    path = next(iter(memory.folder.glob("??/*")))
    content = bytearray(path.read_bytes())
    content[5000] ^= 1
    path.write_bytes(content)
    result = tdv("fsck", "--repair")
    name = f"{memory.folder.name}/{path.parent.name}/{path.name}"
    assert result.out == f"repaired The cache file `{name}` was damaged; it is made again.\n"
    assert sum(known(memory)) == 2
    assert tdv("fsck", "--repair").out == ""


def test_fsck_passes_it_by(tdv, memory):
    assert tdv("fsck").err.startswith("Nothing is damaged")


def test_purge_forgets_it(tdv, memory):
    tdv("purge", "--key", "kunde-4711", "a.jsonl", "--yes")
    assert known(memory) == [False] * 3
    left = b"".join(path.read_bytes() for path in memory.folder.rglob("*") if path.is_file())
    assert b"kunde" not in left
    assert tdv("fsck").err.startswith("Nothing is damaged")


def test_it_may_be_deleted(tdv, memory):
    folder = tdv.folder / ".tdv/cache"
    Repo.open(tdv.folder)
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    folder.rmdir()
    tdv("gc", "--yes")
    assert tdv("fsck").err.startswith("Nothing is damaged")


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_validate_keeps_to_the_bound(tdv, tmp_path, jobs):
    for name in "abcd":
        rows = (f'{{"id": "{name}{number}", "text": "row {number}"}}\n' for number in range(900))
        tdv.write(f"{name}.jsonl", "".join(rows))
    folder = tmp_path / "cache"
    words = ("validate", "-j", jobs, "--cache-dir", str(folder), *(f"{n}.jsonl" for n in "abcd"))
    said = tdv(*words, code=None)
    assert said.code in (0, 1), said.err
    size = sum(path.stat().st_size for path in folder.glob("??/*"))
    again = tdv(*words, code=None, TDV_CACHE_LIMIT=f"{size // 2}")
    assert (again.code, again.out) == (said.code, said.out)
    assert sum(path.stat().st_size for path in folder.glob("??/*")) == size  # nothing was written
    tdv.write("a.jsonl", '{"id": "a", "text": "another"}\n')
    tdv(*words, code=None, TDV_CACHE_LIMIT=f"{size // 2}")
    assert sum(path.stat().st_size for path in folder.glob("??/*")) <= size // 2
    assert tdv(*words, "--no-cache", code=None).out == tdv(*words, code=None).out
