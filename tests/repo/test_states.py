"""What leads back to an earlier state, and how little of the log is read for it."""

from __future__ import annotations

import pytest

from tdv.errors import IntegrityError, RepositoryError
from tdv.model.oid import Oid
from tdv.model.operation import FilesChange, Head, Position
from tdv.repo.repository import Repo
from tdv.repo.states import States

OIDS = [Oid(bytes([number]) * 32) for number in range(1, 30)]
MAIN = "refs/heads/main"


@pytest.fixture
def repo(tmp_path, monkeypatch):
    monkeypatch.setattr("os.fsync", lambda descriptor: None)
    return Repo.init(tmp_path)


def act(repo, new, name=MAIN, files=None, stage=None):
    """An operation that gives a ref a value; its number."""
    with repo.transaction("act") as transaction:
        transaction.set_ref(name, new)
        if files is not None:
            transaction.change_files(*files)
        if stage is not None:
            transaction.set_stage(stage)
        return transaction.commit()


def go(repo, back):
    """What `undo` and `redo` do, without files."""
    with repo.transaction("go") as transaction:
        for name, value in back.refs.items():
            transaction.set_ref(name, value)
        transaction.set_head(back.head)
        transaction.set_stage(back.stage)
        if back.position is not None:
            transaction.set_position(back.position)
        return transaction.commit()


def states(repo):
    return States(repo.oplog)


def test_the_last_operation(repo):
    stage = repo.stage()
    act(repo, OIDS[0])
    act(repo, OIDS[1], files=(OIDS[5], OIDS[6]), stage=OIDS[7])
    back = states(repo).undone()
    assert [record.number for record in back.reversed] == [3]
    assert back.refs == {MAIN: OIDS[0]}
    assert (back.head, back.stage) == (Head("main", OIDS[0]), stage)
    assert back.files == (FilesChange(OIDS[6], OIDS[5]),)
    assert back.position == Position(2, 4)


def test_several_give_the_oldest_values(repo):
    act(repo, OIDS[0])
    act(repo, OIDS[1], "refs/tags/v1")
    act(repo, OIDS[2], "refs/tags/v1")
    act(repo, OIDS[3])
    back = states(repo).undone(3)
    assert [record.number for record in back.reversed] == [5, 4, 3]
    assert back.refs == {MAIN: OIDS[0], "refs/tags/v1": None}
    assert back.position == Position(2, 6)


def test_undo_goes_on_where_undo_ended_and_redo_comes_back(repo):
    for oid in OIDS[:4]:
        act(repo, oid)
    assert go(repo, states(repo).undone()) == 6
    back = states(repo).undone()
    assert [record.number for record in back.reversed] == [4]
    assert go(repo, back) == 7
    assert repo.refs.get(MAIN) == OIDS[1]
    again = states(repo).redone()
    assert [record.number for record in again.reversed] == [7]
    assert again.position == Position(4, 6)
    go(repo, again)
    assert repo.refs.get(MAIN) == OIDS[2]
    go(repo, states(repo).redone())
    assert repo.refs.get(MAIN) == OIDS[3]
    assert repo.oplog.newest().standing == 5
    with pytest.raises(RepositoryError, match="nothing to redo"):
        states(repo).redone()


def test_after_a_redo_its_own_record_is_reversed(repo):
    for oid in OIDS[:3]:
        act(repo, oid)
    go(repo, states(repo).undone())
    go(repo, states(repo).redone())
    back = states(repo).undone()
    assert [record.number for record in back.reversed] == [6]
    assert back.position == Position(3, 7)


def test_what_is_done_after_an_undo_ends_redo(repo):
    for oid in OIDS[:3]:
        act(repo, oid)
    go(repo, states(repo).undone())
    act(repo, OIDS[9])
    with pytest.raises(RepositoryError, match="nothing to redo"):
        states(repo).redone()
    go(repo, states(repo).undone())
    assert repo.refs.get(MAIN) == OIDS[1]
    go(repo, states(repo).undone())
    assert repo.refs.get(MAIN) == OIDS[0]
    go(repo, states(repo).redone())
    go(repo, states(repo).redone())
    assert repo.refs.get(MAIN) == OIDS[9]


def test_a_record_that_ends_the_range_stands_where_the_one_before_does(repo):
    for oid in OIDS[:3]:
        act(repo, oid)
    go(repo, states(repo).undone())
    with repo.transaction("gc") as transaction:
        transaction.set_oldest(2)
        assert transaction.commit() == 6
    assert [record.number for record in states(repo).undone().reversed] == [3]
    go(repo, states(repo).redone())
    assert repo.refs.get(MAIN) == OIDS[2]
    with pytest.raises(RepositoryError, match="Operation 2 cannot be taken back any more"):
        states(repo).undone(3)
    with pytest.raises(RepositoryError, match="Operation 1 cannot"):
        states(repo).restored(1)
    assert len(states(repo).restored(2).reversed) == 5


def test_any_state(repo):
    for oid in OIDS[:5]:
        act(repo, oid)
    go(repo, states(repo).undone(2))
    back = states(repo).restored(3)
    assert [record.number for record in back.reversed] == [7, 6, 5, 4]
    assert (back.refs, back.position) == ({MAIN: OIDS[1]}, None)
    assert states(repo).restored(7).reversed == ()
    for number in (0, -1, 8):
        with pytest.raises(RepositoryError, match="There is no operation"):
            states(repo).restored(number)


def test_the_log_is_read_as_far_back_as_needed(repo):
    for number in range(40):
        act(repo, OIDS[number % 20])
    read = []
    log = repo.oplog
    backwards = log.backwards
    log.backwards = lambda: (read.append(record.number) or record for record in backwards())
    States(log).undone()
    assert read == [41, 40]
    read.clear()
    States(log).undone(3)
    assert read == [41, 40, 39, 38]


def test_a_damaged_record_on_the_way_is_told(repo):
    for oid in OIDS[:5]:
        act(repo, oid)
    path = repo.folder / "oplog"
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2] + b"\xff\xff" + data[len(data) // 2 + 2 :])
    with pytest.raises(IntegrityError, match="damaged"):
        states(repo).restored(2)
    assert states(repo).undone().refs == {MAIN: OIDS[3]}
