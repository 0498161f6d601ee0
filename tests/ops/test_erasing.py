"""A purged row is nowhere any more, and everything else is as it was."""

from __future__ import annotations

import base64
import gzip
import json
import os
import random
from pathlib import Path

import msgpack
import pyarrow
import pytest
import zstandard
from pyarrow import parquet
from stopping import stopped_at_each_write

from tdv.api import Repo as Api
from tdv.errors import RepositoryError, RevisionError, UsageError, WorkInTheWay
from tdv.formats.contents import Contents
from tdv.model.entry import FileEntry
from tdv.model.oid import Kind
from tdv.model.work import Bisecting, Work
from tdv.ops.add import add
from tdv.ops.branch import create_branch, delete_branches
from tdv.ops.commit import commit
from tdv.ops.fsck import fsck
from tdv.ops.gc import gc
from tdv.ops.merge import merge
from tdv.ops.purge import purge
from tdv.ops.reset import reset
from tdv.ops.stash import push
from tdv.ops.tag import create_tag
from tdv.repo.history import reachable
from tdv.repo.identity import Caller
from tdv.repo.repository import Repo
from tdv.store import trees

SECRET = "kunde-4711-geheim"
TEXT = "Herr Purzel wohnt in der Gasse 17"
ROW = {"id": SECRET, "text": TEXT}
TOML = b'[dataset.d]\npaths = ["*.jsonl"]\nkey = "id"\n'


def rows(seed: int, count: int = 400) -> list[dict[str, str]]:
    draw = random.Random(seed)
    words = [f"word{draw.randrange(10**6)}" for _ in range(500)]
    return [
        {"id": f"r{seed}-{n}", "text": " ".join(draw.choices(words, k=20))} for n in range(count)
    ]


def jsonl(records: list[dict[str, str]]) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def write(folder: Path, name: str, content: bytes) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


def saved(folder: Path, message: str, command: tuple[str, ...] = ()) -> None:
    add(Repo.open(folder))
    commit(Repo.open(folder, Caller(command=command)), message)


def prepared(folder: Path, *, grouped: bool = False, count: int = 1500) -> Repo:
    """The row comes in the second commit, changes, goes in a branch, is staged and captured."""
    Api.init(folder)
    records = rows(1, count)
    write(folder, "tdv.toml", TOML)
    write(folder, "a.jsonl", jsonl(records))
    write(folder, "b.jsonl", jsonl(rows(2, 20)))
    saved(folder, "first")
    records[count // 2 : count // 2] = [ROW]
    write(folder, "a.jsonl", jsonl(records))
    saved(folder, f"with {SECRET}", ("commit", "-m", f"with {SECRET}"))
    records[10]["text"] = "edited"
    records[count // 2] = {**ROW, "note": "later"}
    write(folder, "a.jsonl", jsonl(records))
    saved(folder, "changed")
    create_branch(Repo.open(folder), "side")
    create_branch(Repo.open(folder), "gone")
    Api.open(folder).commit({"c.txt": b"c\n"}, "on gone", branch="gone")
    delete_branches(Repo.open(folder), ["gone"], force=True)
    Api.open(folder).commit({}, "empty", branch="side", allow_empty=True)
    Api.open(folder).commit({"d.txt": b"d\n"}, "more", branch="side")
    if grouped:
        gc(Repo.open(folder))
    records[11]["text"] = "edited too"
    write(folder, "a.jsonl", jsonl(records))
    saved(folder, "newest")
    write(folder, "e.txt", b"staged\n")
    add(Repo.open(folder))
    return Repo.open(folder)


def state(repo: Repo) -> dict[str, list[tuple[str, bytes]]]:
    """Of each ref the contents of all its commits, with the row taken out."""
    found = {}
    for name, tip in repo.refs.items():
        versions = []
        for oid in reachable(repo.commit, [tip]):
            made = repo.commit(oid)
            for path, entry in trees.walk(repo.store, made.tree):
                data = b"".join(Contents(entry, repo.store).blocks())
                lines = [
                    line for line in data.splitlines(keepends=True) if SECRET.encode() not in line
                ]
                message = made.message.replace(SECRET, "[purged]")
                versions.append((message, os.fsencode(path) + b"\0" + b"".join(lines)))
        found[name] = sorted(versions)
    return found


def shape(repo: Repo, name: str) -> list[tuple[str, int]]:
    """Subjects and numbers of parents along first parents."""
    found = []
    oid = repo.refs.branch(name)
    while oid is not None:
        made = repo.commit(oid)
        found.append((made.subject.replace(SECRET, "[purged]"), len(made.parents)))
        oid = made.parents[0] if made.parents else None
    return found


def nowhere(folder: Path) -> bool:
    """Decode everything that there is and look for the row."""
    needles = [SECRET.encode(), TEXT.encode(), base64.b64encode(TEXT.encode())[:16]]
    needles += [TEXT[:14].encode(), TEXT[-14:].encode()]
    repo = Repo.open(folder)
    for oid, kind in repo.store.iter_objects():
        payload = repo.store.get(oid, kind)
        assert not any(needle in payload for needle in needles), (oid, kind)
    for path in (folder / ".tdv").rglob("*"):
        assert SECRET not in path.name
        if path.is_file():
            data = path.read_bytes()
            assert not any(needle in data for needle in needles), path
    for record in repo.oplog.backwards():
        assert SECRET.encode() not in msgpack.packb(record.to_bytes())
    assert not list((folder / ".tdv/tmp").iterdir())
    return True


@pytest.mark.parametrize("grouped", [False, True], ids=["loose", "grouped"])
def test_the_row_is_nowhere_and_the_rest_as_it_was(tmp_path: Path, grouped: bool) -> None:
    repo = prepared(tmp_path, grouped=grouped)
    before, shapes = state(repo), [shape(repo, name) for name in ("main", "side")]
    said = purge(repo, b"a.jsonl", SECRET, dry_run=True)
    done = purge(Repo.open(tmp_path), b"a.jsonl", SECRET, reason=f"asked by {SECRET}")
    assert (said.versions, len(said.touched)) == (done.versions, len(done.touched)) == (3, 5)
    assert len(done.commits) == 5
    assert done.refs == said.refs == ("refs/heads/main", "refs/heads/side")
    assert done.left == ()
    assert nowhere(tmp_path)
    after = Repo.open(tmp_path)
    assert fsck(after).damage == ()
    assert state(after) == before
    assert [shape(after, name) for name in ("main", "side")] == shapes
    assert SECRET not in (tmp_path / "a.jsonl").read_text()
    newest = after.oplog.newest()
    assert newest.oldest == newest.number
    assert trees.lookup(after.store, after.stage(), b"e.txt") is not None
    receipt = json.loads(done.receipt.read_text())
    assert receipt["commits"] == {str(old): str(new) for old, new in done.commits.items()}
    assert receipt["reason"] == "asked by [purged]"
    write(tmp_path, "a.jsonl", (tmp_path / "a.jsonl").read_bytes() + b'{"id":"z"}\n')
    saved(tmp_path, "goes on")
    gc(Repo.open(tmp_path))
    assert fsck(Repo.open(tmp_path)).damage == ()


def test_other_formats(tmp_path: Path) -> None:
    api = Api.init(tmp_path)
    api.commit(
        {
            "a.csv": f'id,text\n1,x\n{SECRET},"two\n lines"\n3,y\n'.encode(),
            "b.json": json.dumps([{"id": "1"}, ROW, {"id": "3"}], indent=1).encode(),
        },
        "one",
    )
    for name in (b"a.csv", b"b.json"):
        assert purge(Repo.open(tmp_path), name, SECRET, on=["id"]).versions == 1
    assert nowhere(tmp_path)
    head = Repo.open(tmp_path)
    found = {
        path: b"".join(Contents(entry, head.store).blocks())
        for path, entry in trees.walk(head.store, head.head_tree())
    }
    assert found[b"a.csv"] == b"id,text\n1,x\n3,y\n"
    assert json.loads(found[b"b.json"]) == [{"id": "1"}, {"id": "3"}]


def test_files_that_are_decoded_on_demand(tmp_path: Path) -> None:
    api = Api.init(tmp_path)
    table = pyarrow.Table.from_pylist([{"id": "1"}, {"id": SECRET}, {"id": "3"}])
    parquet.write_table(table, tmp_path / "c.parquet", compression="none")
    text = jsonl([{"id": "1"}, ROW, {"id": "3"}])
    api.commit(
        {
            "a.jsonl.gz": gzip.compress(text),
            "b.jsonl.zst": zstandard.compress(text),
            "c.parquet": (tmp_path / "c.parquet").read_bytes(),
        },
        "one",
    )
    (tmp_path / "c.parquet").unlink()
    for name in (b"a.jsonl.gz", b"b.jsonl.zst", b"c.parquet"):
        assert purge(Repo.open(tmp_path), name, SECRET, on=["id"]).versions == 1
        rows_left = Contents(entry_of(tmp_path, name), Repo.open(tmp_path).store).rows()
        assert [row["id"] for row in rows_left] == ["1", "3"]
    assert nowhere(tmp_path)
    assert fsck(Repo.open(tmp_path)).damage == ()


def entry_of(folder: Path, path: bytes) -> FileEntry:
    repo = Repo.open(folder)
    entry = trees.lookup(repo.store, repo.head_tree(), path)
    assert isinstance(entry, FileEntry)
    return entry


def test_a_merge_in_progress_comes_first(tmp_path: Path) -> None:
    prepared(tmp_path, count=20)
    for branch, text in (("main", "ours"), ("side", "theirs")):
        data = jsonl([*rows(1, 20), {**ROW, "text": text}])
        Api.open(tmp_path).commit({"f.jsonl": data}, text, branch=branch)
    reset(Repo.open(tmp_path), None, "hard")
    side = Repo.open(tmp_path).refs.branch("side")
    merge(Repo.open(tmp_path), side)
    with pytest.raises(WorkInTheWay, match="merge is in progress"):
        purge(Repo.open(tmp_path), b"f.jsonl", SECRET)
    conflicts = Work.from_wire(Repo.open(tmp_path).oplog.newest().work).merging.conflicts
    gc(Repo.open(tmp_path))
    repo = Repo.open(tmp_path)
    assert list(trees.walk(repo.store, conflicts))
    assert fsck(repo).damage == ()


def test_a_dictionary_with_the_row_goes_too(tmp_path: Path) -> None:
    Api.init(tmp_path)
    repo = Repo.open(tmp_path)
    draw = random.Random(5)
    sentences = [" ".join(f"w{draw.randrange(10**6)}" for _ in range(25)) for _ in range(2000)]
    others = [{"id": f"r{n}", "text": draw.choice(sentences)} for n in range(20000)]
    write(
        tmp_path,
        "a.jsonl",
        jsonl(
            [
                row
                for n, other in enumerate(others)
                for row in ([other, ROW] if n % 40 == 0 else [other])
            ]
        ),
    )
    saved(tmp_path, "large")
    kinds = [kind for _, kind in repo.store.iter_objects()]
    assert Kind.DICTIONARY in kinds
    purge(Repo.open(tmp_path), b"a.jsonl", SECRET, on=["id"])
    assert nowhere(tmp_path)
    assert fsck(Repo.open(tmp_path)).damage == ()
    assert (tmp_path / "a.jsonl").read_bytes() == jsonl(others)


def test_a_tag_that_leads_to_the_row(tmp_path: Path) -> None:
    prepared(tmp_path)
    create_tag(Repo.open(tmp_path), "v1", message=f"about {SECRET}")
    create_tag(Repo.open(tmp_path), "light")
    names = sorted(path.name for path in (tmp_path / ".tdv/packs").iterdir())
    for dry in (True, False):
        with pytest.raises(RepositoryError, match="`light`, `v1`"):
            purge(Repo.open(tmp_path), b"a.jsonl", SECRET, dry_run=dry)
    assert names == sorted(path.name for path in (tmp_path / ".tdv/packs").iterdir())
    done = purge(Repo.open(tmp_path), b"a.jsonl", SECRET, tags=True)
    assert done.tags == ("refs/tags/light", "refs/tags/v1")
    assert nowhere(tmp_path)
    repo = Repo.open(tmp_path)
    assert repo.resolve("v1") == repo.resolve("light") == repo.head().commit
    assert fsck(repo).damage == ()


def test_what_is_refused(tmp_path: Path) -> None:
    repo = prepared(tmp_path)
    with pytest.raises(RevisionError, match=r"No version of a\.jsonl has a row with the key"):
        purge(repo, b"a.jsonl", "nobody")
    with pytest.raises(UsageError, match="Nothing says which field"):
        purge(repo, b"d.txt", "nobody")
    write(tmp_path, "a.jsonl", b'{"id":"unsaved"}\n')
    with pytest.raises(WorkInTheWay, match=r"a\.jsonl"):
        purge(Repo.open(tmp_path), b"a.jsonl", SECRET)
    assert (tmp_path / "a.jsonl").read_bytes() == b'{"id":"unsaved"}\n'
    assert Repo.open(tmp_path).head() == repo.head()


def test_versions_before_the_key_was_named(tmp_path: Path) -> None:
    api = Api.init(tmp_path)
    api.commit({"a.jsonl": jsonl([*rows(1, 3), ROW])}, "one")
    api.commit({"a.jsonl": jsonl([*rows(1, 4), ROW]), "tdv.toml": TOML}, "two")
    assert purge(Repo.open(tmp_path), b"a.jsonl", SECRET, dry_run=True).versions == 2
    assert len(purge(Repo.open(tmp_path), b"a.jsonl", SECRET).touched) == 2
    assert nowhere(tmp_path)


def test_a_bisection_and_a_stash_follow(tmp_path: Path) -> None:
    prepared(tmp_path, count=20)
    write(tmp_path, "a.jsonl", jsonl([*rows(1, 20), ROW, {"id": "stashed"}]))
    push(Repo.open(tmp_path))
    repo = Repo.open(tmp_path)
    tip = repo.head().commit
    with repo.transaction("bisect") as transaction:
        bisecting = Bisecting(repo.head(), bad=tip, good=(repo.commit(tip).parents[0],))
        transaction.set_work(Work(bisecting=bisecting))
        transaction.commit()
    done = purge(Repo.open(tmp_path), b"a.jsonl", SECRET)
    assert any(name.startswith("refs/stashes/") for name in done.refs)
    assert nowhere(tmp_path)
    after = Repo.open(tmp_path)
    found = Work.from_wire(after.oplog.newest().work).bisecting
    assert found.bad == after.head().commit == done.commits[tip]
    assert found.good == after.commit(found.bad).parents
    assert fsck(after).damage == ()


def test_what_is_still_elsewhere_is_named(tmp_path: Path) -> None:
    prepared(tmp_path)
    write(tmp_path, "other.jsonl", jsonl([ROW]))
    write(tmp_path, "z.jsonl.gz", gzip.compress(b"{}\n"))
    saved(tmp_path, "a copy")
    done = purge(Repo.open(tmp_path), b"a.jsonl", SECRET)
    assert len(done.left) == 1
    assert done.left[0].startswith("chunk ")
    assert done.left[0].endswith(" of other.jsonl")
    assert purge(Repo.open(tmp_path), b"other.jsonl", SECRET).left == ()
    assert nowhere(tmp_path)


def small(folder: Path) -> Repo:
    """Little, since it is made for each write."""
    Api.init(folder)
    write(folder, "tdv.toml", TOML)
    write(folder, "a.jsonl", jsonl([*rows(1, 5), ROW]))
    saved(folder, f"with {SECRET}")
    return Repo.open(folder)


@pytest.mark.parametrize(
    "dead",
    [
        pytest.param(True, id="killed"),
        pytest.param(False, id="interrupted", marks=pytest.mark.slow),
    ],
)
def test_stopped_anywhere(tmp_path: Path, dead: bool) -> None:
    def act(repo: Repo) -> None:
        purge(repo, b"a.jsonl", SECRET)

    old = state(small(tmp_path / "old"))
    points = 0
    for folder in stopped_at_each_write(tmp_path, small, act, dead=dead):
        points += 1
        repo = Repo.open(folder)
        assert state(repo) == old
        assert fsck(repo).damage == ()
        act(Repo.open(folder))
        assert nowhere(folder)
        assert state(Repo.open(folder)) == old
        assert fsck(Repo.open(folder)).damage == ()
    assert points > 15
