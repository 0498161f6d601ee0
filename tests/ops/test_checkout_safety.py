from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from tdv.errors import PathError, StorageError, UsageError, WorkInTheWay
from tdv.model.entry import FileEntry, Mode
from tdv.model.oid import Kind, Oid
from tdv.ops.add import add
from tdv.ops.checkout import checkout
from tdv.ops.commit import commit, record_commit
from tdv.ops.restore import restore
from tdv.ops.status import status
from tdv.repo import statcache
from tdv.repo.repository import Repo
from tdv.store import trees

NOT_ROOT = pytest.mark.skipif(os.geteuid() == 0, reason="root may read and write everything")


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    root = tmp_path / "work"
    root.mkdir()
    return Repo.init(root)


def commit_files(repo: Repo, **contents: bytes) -> Oid:
    for name, content in contents.items():
        path = repo.root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    add(repo)
    return commit(repo, "a version").oid


def commit_tree(repo: Repo, paths: list[bytes]) -> Oid:
    """A commit whose files were never in the working copy."""
    with repo.store.writing() as writer:
        chunk = writer.put(Kind.CHUNK, b"evil")
        entry = FileEntry(Mode.FILE, "blob", 4, 0, chunk)
        tree = trees.update(writer, trees.EMPTY_TREE, dict.fromkeys(paths, entry))
        writer.publish()
    head = repo.head()
    base = repo.head_commit()
    assert base is not None
    import dataclasses

    made = dataclasses.replace(base, tree=tree, parents=())
    with repo.writing() as writer:
        oid, _ = record_commit(repo, writer, made, head, "test")
    with repo.transaction("test") as change:
        change.set_ref("refs/heads/main", head.commit)
        change.commit()
    return oid


def test_nothing_is_written_through_a_linked_folder(repo: Repo, tmp_path: Path) -> None:
    first = commit_files(repo, a=b"1")
    commit_files(repo, d__x=b"2")
    checkout(repo, first)
    outside = tmp_path / "outside"
    outside.mkdir()
    (repo.root / "d").symlink_to(outside)
    with pytest.raises(WorkInTheWay, match="`d`"):
        checkout(repo, repo.resolve("main"))
    assert not any(outside.iterdir())


def test_a_linked_folder_in_place_of_tracked_files_is_not_written_through(
    repo: Repo, tmp_path: Path
) -> None:
    commit_files(repo, d__x=b"2")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "x").write_bytes(b"not ours")
    (repo.root / "d" / "x").unlink()
    (repo.root / "d").rmdir()
    (repo.root / "d").symlink_to(outside)
    assert [change.kind.value for change in status(repo).unstaged] == ["D"]
    with pytest.raises(WorkInTheWay):
        restore(repo, [b"d/x"])
    with pytest.raises(WorkInTheWay):
        checkout(repo, repo.resolve("main"), discard=True)
    assert (outside / "x").read_bytes() == b"not ours"


def test_links_are_files_of_their_own(repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    (repo.root / "link").symlink_to("../secret")
    first = commit_files(repo, a=b"1")
    (repo.root / "link").unlink()
    (repo.root / "link").write_bytes(b"a file now")
    assert [change.kind.value for change in status(repo).unstaged] == ["T"]
    commit_files(repo, a=b"2")
    checkout(repo, first)
    assert os.readlink(repo.root / "link") == "../secret"
    checkout(repo, repo.resolve("main"))
    assert (repo.root / "link").read_bytes() == b"a file now"
    assert (tmp_path / "secret").read_bytes() == b"secret"


@pytest.mark.parametrize("name", [".TDV/config.toml", "d/.Tdv/x", ".tdv\u200c/x"])
def test_forms_of_the_repository_folder_are_refused(repo: Repo, name: str) -> None:
    path = repo.root / name
    path.parent.mkdir(parents=True)
    path.write_bytes(b"")
    with pytest.raises(PathError, match="form of"):
        add(repo)


@pytest.mark.parametrize(
    ("one", "other"), [("A.csv", "a.csv"), ("é", "e\u0301"), ("D/x", "d/y"), ("straße", "STRASSE")]
)
def test_names_that_clash_are_refused_by_add(repo: Repo, one: str, other: str) -> None:
    for name in (one, other):
        (repo.root / name).parent.mkdir(exist_ok=True)
        (repo.root / name).write_bytes(b"")
    if len(os.listdir(repo.root)) < 3:
        pytest.skip("the file system takes the two names for one")
    before = repo.stage()
    with pytest.raises(PathError, match="one name"):
        add(repo)
    assert repo.stage() == before
    add(repo, [one.encode()])
    with pytest.raises(PathError, match="one name"):
        add(repo, [other.encode()])


def test_a_tree_with_names_that_clash_is_refused_before_anything_is_written(repo: Repo) -> None:
    commit_files(repo, a=b"1")
    evil = commit_tree(repo, [b"b", b"x/One", b"x/one"])
    with pytest.raises(PathError, match="one name"):
        checkout(repo, evil)
    assert sorted(os.listdir(repo.root)) == [".tdv", "a"]
    assert status(repo).clean


def test_untracked_and_ignored_files_are_not_overwritten(repo: Repo) -> None:
    first = commit_files(repo, a=b"1")
    (repo.root / "b").write_bytes(b"2")
    commit_files(repo, c__d=b"3")
    checkout(repo, first)
    (repo.root / ".tdvignore").write_text("b\n")
    (repo.root / "b").write_bytes(b"mine")
    (repo.root / "c").write_bytes(b"mine too")
    with pytest.raises(WorkInTheWay, match="`b`, `c`"):
        checkout(repo, repo.resolve("main"))
    assert (repo.root / "b").read_bytes() == b"mine"
    assert repo.head().commit == first
    # With the content that they are to have, they are in nobody's way.
    (repo.root / "b").write_bytes(b"2")
    (repo.root / "c").unlink()
    checkout(repo, repo.resolve("main"), "main")
    assert status(repo).untracked == (b".tdvignore",)


def test_a_folder_with_files_does_not_make_way(repo: Repo) -> None:
    first = commit_files(repo, a=b"1")
    commit_files(repo, b=b"2")
    checkout(repo, first)
    (repo.root / "b" / "deep").mkdir(parents=True)
    (repo.root / "b" / "deep" / "mine").write_bytes(b"")
    with pytest.raises(WorkInTheWay, match="b/deep/mine"):
        checkout(repo, repo.resolve("main"))
    (repo.root / "b" / "deep" / "mine").unlink()
    checkout(repo, repo.resolve("main"), "main")
    assert (repo.root / "b").read_bytes() == b"2"


def test_a_discarded_edit_is_kept_in_the_operation_record(repo: Repo) -> None:
    commit_files(repo, a=b"1")
    (repo.root / "a").write_bytes(b"edited")
    restore(repo, [b"a"])
    record = repo.oplog.newest()
    assert record is not None
    assert record.files is not None
    entry = trees.lookup(repo.store, record.files.before, b"a")
    assert isinstance(entry, FileEntry)
    assert repo.store.get(entry.root, Kind.CHUNK) == b"edited"


def test_a_file_edited_within_the_clocks_resolution_is_seen(repo: Repo) -> None:
    path = repo.root / "a.jsonl"
    path.write_bytes(b'{"n": 1}\n')
    add(repo)
    before = os.lstat(path)
    with open(path, "r+b") as file:  # same size, same inode
        file.write(b'{"n": 2}\n')
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert [change.path for change in status(repo).unstaged] == [b"a.jsonl"]


def test_a_file_edited_right_after_a_checkout_is_seen(repo: Repo) -> None:
    first = commit_files(repo, a=b"1")
    commit_files(repo, a=b"2")
    checkout(repo, first)
    with open(repo.root / "a", "r+b") as file:
        file.write(b"3")
    assert [change.path for change in status(repo).unstaged] == [b"a"]


def test_racy_files_are_told_by_their_times() -> None:
    def times(mtime: int, ctime: int) -> os.stat_result:
        fields = [0] * 7 + [0, mtime // statcache.SECOND, ctime // statcache.SECOND]
        extra = {"st_mtime_ns": mtime, "st_ctime_ns": ctime}
        return os.stat_result(fields, extra)

    now = 1_000 * statcache.SECOND + 1
    long_ago = now - 10 * statcache.SECOND
    assert statcache.settled(times(long_ago, long_ago), now)
    assert not statcache.settled(times(now, long_ago), now)
    assert not statcache.settled(times(long_ago, now - statcache.TICK // 2), now)
    assert statcache.settled(times(now + statcache.SECOND, long_ago), now)
    coarse = (now // statcache.SECOND - 1) * statcache.SECOND
    assert not statcache.settled(times(coarse, coarse), now)


def test_a_damaged_or_deleted_cache_is_as_none(repo: Repo) -> None:
    commit_files(repo, a=b"1", d__b=b"2")
    cache = repo.folder / "cache" / "stat"
    data = cache.read_bytes()
    for damaged in (b"", data[:-1], data[:-1] + b"\xff", b"TDVSTATS\0\0\0\x09" + data[12:]):
        cache.write_bytes(damaged)
        assert status(repo).clean
    cache.unlink()
    (repo.root / "a").write_bytes(b"3")
    assert [change.path for change in status(repo).unstaged] == [b"a"]


def test_sockets_and_pipes_and_repositories_are_passed_over(repo: Repo) -> None:
    os.mkfifo(repo.root / "pipe")
    Repo.init(repo.root / "inner")
    (repo.root / "inner" / "x").write_bytes(b"")
    (repo.root / "a").write_bytes(b"")
    done = add(repo)
    assert (done.added, done.special, done.repositories) == ((b"a",), (b"pipe",), (b"inner",))
    found = status(repo)
    assert (found.special, found.repositories, found.untracked) == ((b"pipe",), (b"inner",), ())


def test_an_ignored_path_must_be_forced(repo: Repo) -> None:
    (repo.root / ".tdvignore").write_text("*.tmp\n")
    (repo.root / "x.tmp").write_bytes(b"")
    with pytest.raises(UsageError, match="ignored"):
        add(repo, [b"x.tmp"])
    assert add(repo).added == (b".tdvignore",)
    assert status(repo, ignored=True).ignored == (b"x.tmp",)
    assert add(repo, [b"x.tmp"], force=True).added == (b"x.tmp",)
    (repo.root / "x.tmp").write_bytes(b"tracked now")
    assert add(repo).modified == (b"x.tmp",)


def test_two_adds_at_once_keep_both(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    (repo.root / "a").write_bytes(b"1")
    (repo.root / "b").write_bytes(b"2")
    from tdv.ops.add import Addition

    read = Addition.read

    def meanwhile(self: Addition, *args: object) -> None:
        read(self, *args)  # type: ignore[arg-type]
        monkeypatch.undo()
        add(Repo.open(repo.root), [b"b"])

    monkeypatch.setattr(Addition, "read", meanwhile)
    add(repo, [b"a"])
    assert [path for path, _ in trees.walk(repo.store, repo.stage())] == [b"a", b"b"]
    assert not status(repo).unstaged


def test_the_executable_bit_is_restored(repo: Repo) -> None:
    (repo.root / "run").write_bytes(b"#!/bin/sh\n")
    (repo.root / "run").chmod(0o755)
    first = commit_files(repo, a=b"1")
    (repo.root / "run").chmod(0o644)
    change = status(repo).unstaged[0]
    assert (change.path, change.mode_only) == (b"run", True)
    commit_files(repo, a=b"2")
    checkout(repo, first)
    assert (repo.root / "run").stat().st_mode & stat.S_IXUSR
    assert status(repo).clean


def test_what_lies_behind_a_link_is_not_added(repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"theirs")
    (repo.root / "link").symlink_to(tmp_path)
    with pytest.raises(PathError, match="behind the symbolic link `link`"):
        add(repo, [b"link/x"])
    assert add(repo).added == (b"link",)


@NOT_ROOT
def test_what_cannot_be_read_or_written_is_named(repo: Repo) -> None:
    first = commit_files(repo, d__a=b"1")
    commit_files(repo, d__a=b"2")
    (repo.root / "d").chmod(0o555)
    with pytest.raises(StorageError, match="d/a"):
        checkout(repo, first)
    (repo.root / "d").chmod(0o755)
    assert status(repo).clean
    (repo.root / "d" / "a").write_bytes(b"333")
    (repo.root / "d" / "a").chmod(0)
    with pytest.raises((StorageError, PermissionError), match="d/a"):
        add(repo)
