"""Many refs at once: written and removed as one would be, and their folder synced once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tdv.errors import StorageError
from tdv.model.oid import Oid
from tdv.repo.repository import Repo
from tdv.repo.smallfiles import FEW
from tdv.store import files

ONE, TWO = Oid(bytes([1]) * 32), Oid(bytes([2]) * 32)
NAMES = [f"refs/heads/d/b{number}" for number in range(2 * FEW)]


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo.init(tmp_path / "r")


@pytest.fixture(autouse=True)
def no_fault_stays() -> Iterator[None]:
    yield
    files.fault = None


def set_all(repo: Repo, value: Oid | None) -> None:
    with repo.transaction("test") as transaction:
        for name in NAMES:
            transaction.set_ref(name, value)
        transaction.commit()


def by_files(repo: Repo) -> dict[str, Oid | None]:
    return {name: repo.refs.read_file(name) for name in NAMES}


def test_many_refs_are_written_and_removed(repo: Repo) -> None:
    for value in (ONE, TWO):
        set_all(repo, value)
        assert by_files(repo) == dict.fromkeys(NAMES, value)
    set_all(repo, None)
    assert by_files(repo) == dict.fromkeys(NAMES)
    assert sorted(path.name for path in (repo.folder / "refs/heads").iterdir()) == []


@pytest.mark.parametrize("value", [TWO, None])
def test_each_file_is_synced_and_their_folder_once(repo: Repo, value: Oid | None) -> None:
    set_all(repo, ONE)
    synced: Counter[str] = Counter()
    files.fault = lambda what, path: synced.update([Path(path).name] if what == "fsync" else [])
    set_all(repo, value)
    assert synced.pop("d") == 1
    assert synced.pop("oplog") == 1
    assert len(synced) == (0 if value is None else len(NAMES))


@pytest.mark.parametrize("value", [TWO, None])
def test_what_the_disk_refused_is_written_by_the_next_command(
    repo: Repo, value: Oid | None
) -> None:
    set_all(repo, ONE)

    def refuse(what: str, path: str) -> None:
        if what in ("rename", "unlink") and path.endswith("b20"):
            raise StorageError("refused")

    files.fault = refuse
    set_all(repo, value)
    files.fault = None
    assert by_files(repo)[NAMES[20]] == ONE
    assert {name: repo.refs.get(name) for name in NAMES} == dict.fromkeys(NAMES, value)
    with repo.transaction("next"):
        pass
    assert by_files(repo) == dict.fromkeys(NAMES, value)
