"""A commit that another one overtakes: both are there, or the later one is told to try again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tdv.api import Repo as Api
from tdv.errors import Findings, Overtaken
from tdv.model.operation import Head
from tdv.ops.add import add
from tdv.ops.commit import commit
from tdv.ops.fsck import fsck
from tdv.ops.status import status
from tdv.repo.repository import Repo


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """A repository with two committed files, as the working copy has them."""
    repo = Api.init(tmp_path)
    for name in ("a.jsonl", "b.jsonl"):
        (tmp_path / name).write_bytes(b'{"n": 1}\n')
    first = Repo.open(tmp_path)
    add(first)
    commit(first, "one")
    return Repo.open(repo.root)


def meanwhile(repo: Repo, **files: bytes) -> Callable[[], str]:
    """A message that takes long to write: another process commits in that time."""

    def write() -> str:
        changes = {name.replace("__", "."): content for name, content in files.items()}
        Api.open(repo.root).commit(changes, "another")
        return "mine"

    return write


class Beside:
    """Something that another process does while files are read."""

    def __init__(self, act: Callable[[], object]) -> None:
        self._act = act
        self._done = False

    def step(self, name: str, total: int | None = None, unit: str = "") -> None:
        if not self._done:
            self._done = True
            self._act()

    def advance(self, amount: int = 1) -> None:
        pass


def content(repo: Repo, path: str) -> bytes:
    return Api.open(repo.root)["HEAD"][path].read()


def subjects(repo: Repo) -> list[str]:
    return [snapshot.message for snapshot in Api.open(repo.root).log()]


@pytest.mark.parametrize("how", ["path", "all", "stage"])
def test_both_commits_are_there(repo: Repo, how: str) -> None:
    (repo.root / "a.jsonl").write_bytes(b'{"n": 2}\n')
    if how == "stage":
        add(repo)
    done = commit(
        repo,
        meanwhile(repo, c__jsonl=b"{}\n", b__jsonl=b"{}\n"),
        paths=[b"a.jsonl"] if how == "path" else (),
        update=how == "all",
    )
    assert subjects(repo) == ["mine", "another", "one"]
    assert content(repo, "a.jsonl") == b'{"n": 2}\n'
    assert content(repo, "b.jsonl") == content(repo, "c.jsonl") == b"{}\n"
    assert (done.changes.changed, done.changes.files) == (1, 1)
    # The API leaves the working copy alone: it still has the old b, and no c.
    assert not [change.path for change in status(repo).staged]
    assert fsck(repo).damage == ()


def test_changes_of_others_are_not_taken_for_its_own(repo: Repo) -> None:
    """What another process changes while files are read, and again before the lock."""
    (repo.root / "a.jsonl").write_bytes(b'{"n": 2}\n')
    beside = Beside(lambda: Api.open(repo.root).commit({"c.jsonl": b"1\n"}, "while reading"))
    commit(repo, meanwhile(repo, c__jsonl=b"2\n"), paths=[b"a.jsonl"], progress=beside)
    assert subjects(repo) == ["mine", "another", "while reading", "one"]
    assert content(repo, "c.jsonl") == b"2\n"


def test_a_file_that_both_changed_is_not_overwritten(repo: Repo) -> None:
    (repo.root / "a.jsonl").write_bytes(b'{"n": 2}\n')
    with pytest.raises(Overtaken, match=r"changed `a\.jsonl`") as caught:
        commit(repo, meanwhile(repo, a__jsonl=b'{"n": 3}\n'), paths=[b"a.jsonl"])
    assert caught.value.exit_code == 4
    assert subjects(repo) == ["another", "one"]
    assert content(repo, "a.jsonl") == b'{"n": 3}\n'
    assert (repo.root / "a.jsonl").read_bytes() == b'{"n": 2}\n'


def test_the_same_change_is_committed_once(repo: Repo) -> None:
    (repo.root / "a.jsonl").write_bytes(b'{"n": 2}\n')
    with pytest.raises(Findings, match="has committed the same"):
        commit(repo, meanwhile(repo, a__jsonl=b'{"n": 2}\n'), paths=[b"a.jsonl"])
    assert subjects(repo) == ["another", "one"]


def test_two_first_commits(tmp_path: Path) -> None:
    Api.init(tmp_path)
    repo = Repo.open(tmp_path)
    (tmp_path / "a.jsonl").write_bytes(b"{}\n")
    add(repo)
    commit(repo, meanwhile(repo, b__jsonl=b"{}\n"))
    assert subjects(repo) == ["mine", "another"]
    assert sorted(Api.open(tmp_path)["HEAD"]) == ["a.jsonl", "b.jsonl"]


def test_two_adds_stage_what_both_were_given(repo: Repo) -> None:
    (repo.root / "a.jsonl").write_bytes(b'{"n": 2}\n')
    (repo.root / "c.jsonl").write_bytes(b'{"n": 3}\n')
    beside = Beside(lambda: add(Repo.open(repo.root), [b"c.jsonl"]))
    add(repo, [b"a.jsonl"], progress=beside)
    assert [change.path for change in status(repo).staged] == [b"a.jsonl", b"c.jsonl"]


def test_a_commit_of_paths_leaves_what_is_staged_meanwhile(repo: Repo) -> None:
    (repo.root / "a.jsonl").write_bytes(b'{"n": 2}\n')
    (repo.root / "c.jsonl").write_bytes(b'{"n": 3}\n')
    beside = Beside(lambda: add(Repo.open(repo.root), [b"c.jsonl"]))
    commit(repo, "mine", paths=[b"a.jsonl"], progress=beside)
    assert sorted(Api.open(repo.root)["HEAD"]) == ["a.jsonl", "b.jsonl"]
    assert [change.path for change in status(repo).staged] == [b"c.jsonl"]


def test_an_add_stays_beside_a_commit(repo: Repo) -> None:
    (repo.root / "c.jsonl").write_bytes(b'{"n": 3}\n')
    beside = Beside(lambda: Api.open(repo.root).commit({"d.jsonl": b"{}\n"}, "another"))
    add(repo, [b"c.jsonl"], progress=beside)
    assert [change.path for change in status(repo).staged] == [b"c.jsonl"]
    assert commit(repo, "mine").changes.added == 1
    assert sorted(Api.open(repo.root)["HEAD"]) == ["a.jsonl", "b.jsonl", "c.jsonl", "d.jsonl"]


def test_not_on_another_branch(repo: Repo) -> None:
    (repo.root / "a.jsonl").write_bytes(b'{"n": 2}\n')

    def write() -> str:
        with Repo.open(repo.root).transaction("switch") as change:
            change.set_ref("refs/heads/side", repo.head().commit)
            change.set_head(Head("side", None))
            change.commit()
        return "mine"

    with pytest.raises(Overtaken, match="changed HEAD"):
        commit(repo, write, update=True)
    assert subjects(repo) == ["one"]


def test_not_where_a_commit_was_to_be_replaced(repo: Repo) -> None:
    with pytest.raises(Overtaken, match="changed HEAD"):
        commit(repo, meanwhile(repo, b__jsonl=b"{}\n"), amend=True)
    assert subjects(repo) == ["another", "one"]
