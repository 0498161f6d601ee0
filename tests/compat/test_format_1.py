"""A repository that an early tdv wrote is read by this one, and by the book."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path

import pytest
from by_the_book import DELTA, DICTIONARY, KINDS, MEMBER, PLAIN, RAW, Book

from tdv.formats.contents import Contents
from tdv.formats.scan import scan
from tdv.model.oid import Oid
from tdv.ops.checkout import checkout
from tdv.ops.commit import commit
from tdv.ops.fsck import fsck
from tdv.ops.log import log
from tdv.ops.status import status
from tdv.repo.repository import Repo
from tdv.store.trees import walk

HERE = Path(__file__).parent
STORED = HERE / "format-1.zip"
RECORDED = json.loads((HERE / "format-1.json").read_text("utf-8"))
# Nobody makes the file anew: it stands for the repositories that people have.
SHA256 = "c586dbe46a07cf7f99d30d01722276af518969b91be45636e36b49c38b02bebb"


@pytest.fixture
def root(tmp_path):
    """A folder with a copy of the repository, and nothing checked out."""
    with zipfile.ZipFile(STORED) as archive:
        archive.extractall(tmp_path / ".tdv")
    return tmp_path


def trees():
    """The files of each recorded tree: path -> mode, hash, format, records."""
    found, files = [], {}
    for difference in RECORDED["trees"]:
        files = {**files, **difference}
        found.append({path: line for path, line in files.items() if line is not None})
    return found


def line_of(mode: str, data: bytes, format_name: str, records: int | None) -> str:
    return f"{mode} {hashlib.sha256(data).hexdigest()[:32]} {format_name} {records}"


def test_it_is_the_one_that_was_written_then():
    assert hashlib.sha256(STORED.read_bytes()).hexdigest() == SHA256


def test_every_file_of_every_commit(root):
    repo = Repo.open(root)
    for oid, (subject, number) in RECORDED["commits"].items():
        made = repo.commit(Oid.parse(oid))
        assert made.subject == subject
        found = {}
        for path, entry in walk(repo.store, made.tree):
            data = b"".join(Contents(entry, repo.store).blocks())
            found[path.decode()] = line_of(entry.mode.name, data, entry.format, entry.records)
        assert found == trees()[number]


def test_the_same_bytes_give_the_same_entries_today(root):
    repo = Repo.open(root)
    for path, entry in walk(repo.store, repo.head_tree()):
        data = b"".join(Contents(entry, repo.store).blocks())
        if entry.mode.name == "FILE":
            assert scan(io.BytesIO(data), path, cut=repo.cut).entry == entry


def test_rows_decode(root):
    repo = Repo.open(root)
    rows = {
        path.decode(): list(Contents(entry, repo.store).rows())
        for path, entry in walk(repo.store, repo.commit(repo.resolve("v1.0")).tree)
        if path
        in (b"table.csv", b"table.parquet", b"table.csv.zst", b"compact.json", b"crlf.jsonl")
    }
    assert rows["table.csv"][0] == {"id": "1", "text": 'two\nlines, "quoted"'}
    assert rows["table.parquet"][1]["text"] is None
    assert rows["table.csv.zst"] == [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]
    assert rows["compact.json"][1] == {"value": "two"}
    assert [row["id"] for row in rows["crlf.jsonl"]] == [f"2-{n}" for n in range(12)]


def test_refs_history_and_log(root):
    repo = Repo.open(root)
    assert {name: str(oid) for name, oid in repo.refs.items()} == RECORDED["refs"]
    assert str(repo.stage()) == RECORDED["stage"]
    commands = [list(record.command) for record in repo.oplog.backwards()]
    assert commands == RECORDED["operations"]
    subjects = [logged.commit.subject for logged in log(repo)]
    assert subjects == ["Merge side/line", "Edit 3", "Edit 2", "Edit 1", "Edit 0", "Side", "One"]
    merge = repo.head_commit()
    assert (merge.operation.name, merge.author.name) == ("merge", "Ada Lövelace")
    assert repo.resolve("side/line@{0}") == repo.resolve("HEAD^2")


def test_nothing_is_damaged(root):
    report = fsck(Repo.open(root))
    assert report.damage == ()
    assert report.commits == len(RECORDED["commits"])
    assert report.operations == len(RECORDED["operations"])


def test_it_is_worked_on(root):
    repo = Repo.open(root)
    found = status(repo)
    assert [change.path for change in found.staged] == [b"staged.txt"]
    assert {change.kind.name for change in found.unstaged} == {"DELETED"}
    head = repo.head()
    checkout(repo, head.commit, head.branch, discard=True)
    assert status(repo).clean
    assert (root / "link").readlink() == Path("large.jsonl")
    assert (root / "run.sh").stat().st_mode & 0o100
    with (root / "large.jsonl").open("ab") as file:
        file.write(b'{"id": "today"}\n')
    (root / "new.csv").write_bytes(b"a\n1\n")
    made = commit(repo, "On top", update=True)
    assert made.changes.records == 1
    assert fsck(repo).damage == ()
    test_every_file_of_every_commit(root)
    checkout(Repo.open(root), repo.resolve("v1.0"))
    data = (root / "large.jsonl").read_bytes()
    recorded = trees()[RECORDED["commits"][str(repo.resolve("v1.0"))][1]]["large.jsonl"]
    assert recorded.split()[1] == hashlib.sha256(data).hexdigest()[:32]


def test_all_kinds_and_encodings_are_in_it(root):
    entries = Book(root / ".tdv").entries.values()
    assert {entry.kind for entry in entries} == {*KINDS[1:]}
    encodings = {entry.encoding for entry in entries}
    assert encodings == {RAW, PLAIN, DICTIONARY, DELTA, MEMBER}
    assert max(entry.decodes for entry in entries) > 2


def test_the_page_says_enough_to_read_it(root):
    book = Book(root / ".tdv")
    for oid, (subject, number) in RECORDED["commits"].items():
        made = book_commit(book, bytes.fromhex(oid))
        assert made[5].split("\n")[0] == subject
        found = {
            path.decode(): line_of(
                ["", "FILE", "EXECUTABLE", "SYMLINK"][entry[0]],
                book.content(entry),
                entry[1],
                entry[3],
            )
            for path, entry in book.files(made[1])
        }
        assert found == trees()[number]


def test_the_page_says_enough_to_read_refs_and_the_log(root):
    book = Book(root / ".tdv")
    for name, oid in RECORDED["refs"].items():
        assert book.small(name) == oid
    assert book.small("HEAD") == "ref: refs/heads/main"
    assert book.small("stage") == RECORDED["stage"]
    operations = list(book.operations())
    commands = [[word.decode() for word in record[3]] for record in operations]
    assert commands[::-1] == RECORDED["operations"]
    assert [record[1] for record in operations] == list(range(1, len(operations) + 1))
    assert operations[-1][9].hex() == RECORDED["stage"]
    refs = {}
    for record in operations:
        refs.update({name: new for name, _, new in record[5]})
    assert {name: oid.hex() for name, oid in refs.items() if oid} == RECORDED["refs"]


def book_commit(book: Book, oid: bytes):
    import msgpack

    made = msgpack.unpackb(book.payload(oid, "commit"))
    assert made[0] == 1
    assert all(book.entries[parent].kind == "commit" for parent in made[2])
    return made
