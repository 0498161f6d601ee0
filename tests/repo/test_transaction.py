"""The commit point: all or nothing, whatever step fails, and the next command works."""

from __future__ import annotations

import os
import threading
import time

import pytest

from tdv.errors import IntegrityError, RepositoryError, StorageError
from tdv.model.oid import Oid
from tdv.model.operation import FilesChange, Head, Position
from tdv.model.work import Bisecting, Work
from tdv.repo.repository import Repo
from tdv.repo.transaction import STALE_SECONDS
from tdv.store import files
from tdv.store.locks import Busy, Lock

ONE, TWO, THREE = (Oid(bytes([n]) * 32) for n in (1, 2, 3))


class Stopped(BaseException):
    """The process ends here; not an Exception, so that nothing may catch it."""


@pytest.fixture
def repo(tmp_path):
    return Repo.init(tmp_path / "r")


@pytest.fixture(autouse=True)
def no_fault_stays():
    yield
    files.fault = None


def change(repo, **values):
    """Set refs (`heads__a=ONE`), the stage and HEAD in one transaction; its number."""
    with repo.transaction("test") as transaction:
        for name, value in values.items():
            if name == "stage":
                transaction.set_stage(value)
            elif name == "head":
                transaction.set_head(value)
            else:
                transaction.set_ref("refs/" + name.replace("__", "/"), value)
        return transaction.commit()


def state(repo):
    """Everything that a transaction can change, read afresh."""
    repo = Repo.open(repo.root)
    return dict(repo.refs.items()), repo.head(), repo.stage()


def by_files(repo):
    """The same by the small files alone."""
    repo = Repo.open(repo.root)
    refs = {name: repo.refs.read_file(name) for name in repo.refs.names()}
    return (
        {name: value for name, value in refs.items() if value is not None},
        repo.refs.read_head(),
        repo.refs.read_file("stage"),
    )


def test_all_changes_of_a_transaction_are_made_together(repo):
    number = change(repo, heads__main=ONE, tags__v1=TWO, stage=THREE)
    assert number == 2
    expected = (
        {"refs/heads/main": ONE, "refs/tags/v1": TWO},
        Head("main", ONE),
        THREE,
    )
    assert state(repo) == expected
    assert by_files(repo) == expected


def test_record_holds_old_and_new_of_what_changed_alone(repo):
    change(repo, heads__main=ONE, heads__side=ONE)
    change(repo, heads__main=TWO, heads__side=ONE)
    record = repo.oplog.newest()
    assert [tuple(each) for each in record.changes] == [("refs/heads/main", ONE, TWO)]
    assert (record.head_before, record.head) == (Head("main", ONE), Head("main", TWO))


def test_transaction_that_changes_nothing_writes_nothing(repo):
    change(repo, heads__main=ONE)
    size = repo.oplog.path.stat().st_size
    written = []
    files.fault = lambda what, path: written.append((what, path))
    assert change(repo, heads__main=ONE) == 2
    assert change(repo, stage=repo.stage(), head=repo.head()) == 2
    assert written == []
    assert repo.oplog.path.stat().st_size == size


def test_transaction_without_commit_changes_nothing(repo):
    before = state(repo)
    with repo.transaction("test") as transaction:
        transaction.set_ref("refs/heads/main", ONE)
    assert state(repo) == before


def test_value_that_another_command_changed_is_refused(repo):
    change(repo, heads__main=ONE)
    before = state(repo)
    stale_head = Head("main", None)
    for set_one in (
        lambda t: t.set_ref("refs/heads/main", TWO, expect=None),
        lambda t: t.set_ref("refs/heads/new", TWO, expect=ONE),
        lambda t: t.set_stage(TWO, expect=THREE),
        lambda t: t.set_head(Head("side", None), expect=stale_head),
    ):
        with repo.transaction("test") as transaction, pytest.raises(RepositoryError) as caught:
            set_one(transaction)
        assert "Another command changed" in caught.value.message
        assert caught.value.hint == "Run the command again."
    assert state(repo) == before


def test_head_follows_its_branch_and_can_be_detached(repo):
    change(repo, heads__main=ONE)
    change(repo, head=Head(None, TWO))
    assert Repo.open(repo.root).head() == Head(None, TWO)
    change(repo, heads__main=THREE)
    assert Repo.open(repo.root).head() == Head(None, TWO)
    change(repo, head=Head("main", None))
    assert Repo.open(repo.root).head() == Head("main", THREE)
    assert (repo.folder / "HEAD").read_bytes() == b"ref: refs/heads/main\n"


def test_removed_ref_leaves_no_file_and_no_empty_folder(repo):
    change(repo, heads__a__b__c=ONE)
    change(repo, heads__a__b__c=None)
    assert not (repo.folder / "refs/heads/a").exists()
    assert (repo.folder / "refs/heads").is_dir()
    assert repo.refs.get("refs/heads/a/b/c") is None


@pytest.mark.parametrize(("first", "second"), [("a", "a/b"), ("a/b", "a"), ("a/b/c", "a")])
def test_names_that_would_be_file_and_folder_are_refused(repo, first, second):
    change(repo, **{f"heads__{first.replace('/', '__')}": ONE})
    with pytest.raises(RepositoryError) as caught:
        change(repo, **{f"heads__{second.replace('/', '__')}": ONE})
    assert caught.value.message == (
        f"`refs/heads/{second}` cannot be created beside `refs/heads/{first}`: "
        "one would be a folder of the other."
    )
    assert state(repo)[0] == {f"refs/heads/{first}": ONE}


def test_names_clash_within_one_transaction(repo):
    with pytest.raises(RepositoryError):
        change(repo, heads__a=ONE, heads__a__b=ONE)


@pytest.mark.parametrize(("old", "new"), [("a", "a__b"), ("a__b", "a")])
def test_ref_may_take_the_place_of_one_that_goes(repo, old, new):
    change(repo, **{f"heads__{old}": ONE})
    change(repo, **{f"heads__{old}": None, f"heads__{new}": TWO})
    assert by_files(repo)[0] == {f"refs/heads/{new.replace('__', '/')}": TWO}


def test_empty_folder_in_the_place_of_a_ref_is_removed(repo):
    (repo.folder / "refs/heads/a/b").mkdir(parents=True)
    change(repo, heads__a=ONE)
    assert by_files(repo)[0] == {"refs/heads/a": ONE}


def steps_of(repo, act):
    """The steps that an action takes on disk."""
    steps = []
    files.fault = lambda what, path: steps.append((what, os.path.basename(path)))
    act(repo)
    files.fault = None
    return steps


def prepared(tmp_path, name):
    repo = Repo.init(tmp_path / name)
    change(repo, heads__main=ONE, heads__gone=ONE, heads__x=ONE)
    return repo


def act(repo):
    change(repo, heads__main=TWO, heads__gone=None, heads__x=None, heads__x__y=TWO, stage=THREE)


NEW = (
    {"refs/heads/main": TWO, "refs/heads/x/y": TWO},
    Head("main", TWO),
    THREE,
)


@pytest.mark.parametrize("kind", [Stopped, OSError, KeyboardInterrupt])
def test_failure_at_any_step_leaves_old_or_new_and_the_next_command_works(tmp_path, kind):
    steps = steps_of(prepared(tmp_path, "count"), act)
    assert ("write", "oplog") in steps
    assert len(steps) > 10
    seen = set()
    for failing in range(len(steps)):
        repo = prepared(tmp_path, f"r{failing}")
        old = state(repo)
        taken = []

        def fail(what, path, failing=failing, taken=taken):
            taken.append(what)
            if len(taken) - 1 == failing or (kind is Stopped and len(taken) > failing):
                raise kind(f"at {what} of {path}")

        files.fault = fail
        with pytest.raises(kind):
            act(repo)
        files.fault = None
        after = state(repo)
        assert after in (old, NEW), steps[failing]
        seen.add("old" if after == old else "new")
        change(repo, tags__next=ONE)
        refs, head, stage = after
        expected = ({**refs, "refs/tags/next": ONE}, head, stage)
        assert state(repo) == expected
        assert by_files(repo) == expected
        numbers = [record.number for record in repo.oplog.backwards()]
        assert numbers == list(range(numbers[0], 0, -1))
    assert seen == {"old", "new"}


def test_reader_sees_the_newest_record_before_its_files_are_written(repo):
    change(repo, heads__main=ONE, heads__gone=ONE)

    def stop(what, path):
        if what != "write" and "oplog" not in str(path):
            raise Stopped

    files.fault = stop
    with pytest.raises(Stopped):
        change(repo, heads__main=TWO, heads__gone=None, heads__new=THREE)
    files.fault = None
    assert (repo.folder / "refs/heads/main").read_text() == f"{ONE}\n"
    assert state(repo)[0] == {"refs/heads/main": TWO, "refs/heads/new": THREE}


@pytest.mark.parametrize("kept", [1, 3, 20, 60, -1])
def test_torn_record_is_as_if_it_had_never_been(repo, kept):
    change(repo, heads__main=ONE)
    size = repo.oplog.path.stat().st_size
    old = state(repo)

    def stop(what, path):
        if what == "fsync" and "oplog" in str(path):
            raise Stopped

    files.fault = stop
    saved = files.truncate
    try:
        files.truncate = lambda *_: None
        with pytest.raises(Stopped):
            change(repo, heads__main=TWO)
    finally:
        files.truncate = saved
        files.fault = None
    whole = repo.oplog.path.read_bytes()
    repo.oplog.path.write_bytes(whole[: size + kept] if kept > 0 else whole[:kept])
    assert state(repo) == old
    assert [record.number for record in Repo.open(repo.root).oplog.backwards()] == [2, 1]
    assert change(repo, heads__main=THREE) == 3
    assert state(repo)[0] == {"refs/heads/main": THREE}


def test_block_of_zeros_behind_the_log_is_a_torn_record(repo):
    change(repo, heads__main=ONE)
    with open(repo.oplog.path, "ab") as log:
        log.write(bytes(300))
    assert state(repo)[0] == {"refs/heads/main": ONE}
    assert change(repo, heads__main=TWO) == 3


def test_damaged_newest_record_does_not_bring_old_values_back(repo):
    change(repo, heads__main=ONE)
    change(repo, heads__main=TWO)
    data = bytearray(repo.oplog.path.read_bytes())
    data[-50] ^= 1
    repo.oplog.path.write_bytes(data)
    assert state(repo)[0] == {"refs/heads/main": TWO}
    with pytest.raises(IntegrityError, match="newest record of the operation log"):
        change(repo, heads__main=THREE)
    assert repo.oplog.path.read_bytes() == data


@pytest.mark.parametrize("damaged", [None, b"", b"junk\n"])
def test_lost_file_of_heads_branch_comes_back(repo, damaged):
    change(repo, heads__main=ONE)
    change(repo, heads__other=TWO)
    path = repo.folder / "refs/heads/main"
    path.unlink() if damaged is None else path.write_bytes(damaged)
    change(repo, heads__main=THREE)
    assert state(repo)[0] == {"refs/heads/main": THREE, "refs/heads/other": TWO}


def test_work_in_progress_stays_until_it_is_ended(repo):
    work = Work(bisecting=Bisecting(Head("main", None), bad=ONE))
    with repo.transaction("bisect") as transaction:
        transaction.set_work(work)
        transaction.commit()
    change(repo, heads__main=ONE)
    assert Work.from_wire(repo.oplog.newest().work) == work
    with repo.transaction("bisect reset") as transaction:
        transaction.set_work(None)
        transaction.commit()
    assert repo.oplog.newest().work is None


def test_changed_files_are_recorded(repo):
    with repo.transaction("checkout") as transaction:
        transaction.change_files(TWO, ONE)
        transaction.commit()
    assert repo.oplog.newest().files == FilesChange(TWO, ONE)
    change(repo, heads__main=ONE)
    assert repo.oplog.newest().files is None


def test_files_that_are_the_same_are_no_change(repo):
    number = repo.oplog.newest().number
    with repo.transaction("checkout") as transaction:
        transaction.change_files(TWO, TWO)
        assert transaction.commit() == number


def test_where_undo_ends_is_carried_on_and_its_record_stands_where_the_one_before_did(repo):
    change(repo, heads__main=ONE)
    with repo.transaction("undo") as transaction:
        transaction.set_ref("refs/heads/main", None)
        transaction.set_position(Position(1, 3))
        transaction.commit()
    with repo.transaction("gc") as transaction:
        transaction.set_oldest(1)
        assert transaction.commit() == 3
        transaction.set_oldest(2)
        assert transaction.commit() == 4
    newest = repo.oplog.newest()
    assert (newest.oldest, newest.position, newest.standing) == (2, Position(1, 3), 1)
    change(repo, heads__main=ONE)
    newest = repo.oplog.newest()
    assert (newest.oldest, newest.position, newest.standing) == (2, None, 5)


def test_folders_that_a_copy_lacks_are_made_again(repo):
    for name in ("cache", "tmp"):
        (repo.folder / name).rmdir()
    change(repo, heads__main=ONE)
    assert repo.refs.branch("main") == ONE
    for name in ("cache", "tmp"):
        (repo.folder / name).rmdir()
    repo.config.set("user.name", "Ada")
    assert repo.config.get("user.name") == "Ada"


def test_old_temporary_files_are_removed_and_fresh_ones_stay(repo):
    old, fresh = repo.folder / "tmp/old", repo.folder / "tmp/fresh"
    pack = repo.folder / "tmp/pack-0123"  # its writer may wait for somebody's message
    for path in (old, fresh, pack):
        path.write_bytes(b"x")
    past = time.time() - STALE_SECONDS - 10
    os.utime(old, (past, past))
    os.utime(pack, (past, past))
    change(repo, heads__main=ONE)
    assert not old.exists()
    assert fresh.exists()
    assert pack.exists()


def test_full_disk_is_one_clear_error_and_the_old_state(repo):
    import errno

    before = state(repo)

    def full(what, path):
        if what == "write":
            raise OSError(errno.ENOSPC, "No space left on device")

    files.fault = full
    with pytest.raises(StorageError, match="no space left"):
        change(repo, heads__main=ONE)
    files.fault = None
    assert state(repo) == before


def test_full_disk_behind_the_commit_point_leaves_the_new_state(repo):
    import errno

    def full(what, path):
        if what == "write" and "oplog" not in str(path):
            raise OSError(errno.ENOSPC, "No space left on device")

    files.fault = full
    assert change(repo, heads__main=ONE) == 2
    files.fault = None
    assert not (repo.folder / "refs/heads/main").exists()
    assert state(repo)[0] == {"refs/heads/main": ONE}
    change(repo, heads__other=TWO)
    assert by_files(repo)[0] == {"refs/heads/main": ONE, "refs/heads/other": TWO}


def test_writers_at_once_wait_for_one_another(repo):
    """Each opens the lock for itself, as processes do."""
    failures = []

    def write(writer):
        own = Repo.open(repo.root)
        try:
            for number in range(5):
                change(own, **{f"heads__w{writer}__{number}": ONE, "heads__shared": TWO})
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    refs = state(repo)[0]
    assert len(refs) == 4 * 5 + 1
    assert refs == by_files(repo)[0]
    records = list(repo.oplog.backwards())
    assert [record.number for record in records] == list(range(21, 0, -1))


def test_second_of_two_that_saw_the_same_is_refused(repo):
    change(repo, heads__main=ONE)
    seen = repo.refs.branch("main")
    other = Repo.open(repo.root)
    with other.transaction("commit") as transaction:
        transaction.set_ref("refs/heads/main", TWO, expect=seen)
        transaction.commit()
    with repo.transaction("commit") as transaction, pytest.raises(RepositoryError) as caught:
        transaction.set_ref("refs/heads/main", THREE, expect=seen)
    assert caught.value.message == (
        "Another command changed `refs/heads/main` while this one was running; nothing was changed."
    )
    assert state(repo)[0] == {"refs/heads/main": TWO}


def test_lock_that_stays_taken_is_one_clear_error(repo):
    taken = Lock(repo.folder / "lock").exclusive()
    with taken, pytest.raises(Busy, match=r"holds .*lock"), repo.transaction("commit", wait=0):
        pass
    change(repo, heads__main=ONE)
