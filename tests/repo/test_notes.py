from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tdv.api import Repo as Api
from tdv.errors import ObjectCorrupt, ObjectMissing, UsageError
from tdv.model.entry import FileEntry, Mode
from tdv.model.oid import Kind, Oid
from tdv.model.tag import NOTE_FORMAT, Note
from tdv.ops.fsck import fsck
from tdv.ops.gc import gc
from tdv.ops.purge import purge
from tdv.ops.undo import redo, undo
from tdv.repo.notes import Notes
from tdv.repo.repository import Repo
from tdv.store import trees

TOML = b'[dataset.d]\npaths = ["*.jsonl"]\nkey = "id"\n'


def with_commits(folder: Path, count: int = 3) -> tuple[Repo, list[Oid]]:
    api = Api.init(folder)
    made = [
        Oid.parse(api.commit({"tdv.toml": TOML, "a.jsonl": [{"id": n}]}, f"{n}").id)
        for n in range(count)
    ]
    return Repo.open(folder), made


def made_up(number: int) -> Oid:
    return Oid(number.to_bytes(4, "big") * 8)


def test_a_note_comes_back_and_another_takes_its_place(tmp_path: Path) -> None:
    repo, (first, second, _) = with_commits(tmp_path)
    notes = Notes(repo)
    assert notes.get(first, "quality") is None
    assert notes.put(first, "quality", b"one") is True
    assert notes.put(second, "quality", b"two") is True
    assert notes.put(first, "other", b"elsewhere") is True
    assert [notes.get(each, "quality") for each in (first, second)] == [b"one", b"two"]
    assert notes.put(first, "quality", b"one again") is True
    assert Notes(Repo.open(tmp_path)).get(first, "quality") == b"one again"
    assert dict(notes.items("quality")) == {first: b"one again", second: b"two"}
    assert list(notes.items("nothing")) == []


def test_the_same_note_again_is_no_operation(tmp_path: Path) -> None:
    repo, (first, *_) = with_commits(tmp_path)
    Notes(repo).put(first, "quality", b"one")
    before = len(list(repo.operations()))
    assert Notes(repo).put(first, "quality", b"one") is False
    assert len(list(repo.operations())) == before


def test_what_is_refused(tmp_path: Path) -> None:
    repo, (first, *_) = with_commits(tmp_path)
    with pytest.raises(UsageError, match="not a valid analysis name"):
        Notes(repo).put(first, "a..b", b"")
    with pytest.raises(ObjectMissing):
        Notes(repo).put(made_up(1), "quality", b"")


def test_undo_takes_a_note_back_and_redo_brings_it(tmp_path: Path) -> None:
    repo, (first, *_) = with_commits(tmp_path)
    Notes(repo).put(first, "quality", b"one")
    Notes(repo).put(first, "quality", b"two")
    undo(repo)
    assert Notes(repo).get(first, "quality") == b"one"
    undo(repo)
    assert Notes(repo).get(first, "quality") is None
    redo(repo)
    assert Notes(repo).get(first, "quality") == b"one"


def test_gc_keeps_notes_and_fsck_follows_them(tmp_path: Path) -> None:
    repo, made = with_commits(tmp_path, 20)
    for number, oid in enumerate(made):
        Notes(repo).put(oid, "quality", b"note %d " % number * 40)
    gc(repo)
    repo = Repo.open(tmp_path)
    assert fsck(repo).damage == ()
    notes = Notes(repo)
    assert [notes.get(oid, "quality") for oid in made] == [b"note %d " % n * 40 for n in range(20)]


def test_fsck_names_a_note_that_is_none_and_one_that_is_lost(tmp_path: Path) -> None:
    repo, (first, second, _) = with_commits(tmp_path)
    with repo.writing() as writer:
        wrong = writer.put(Kind.NOTE, b"\xc0")
        entries = {
            str(commit).encode(): FileEntry(Mode.FILE, NOTE_FORMAT, 1, None, oid)
            for commit, oid in ((first, wrong), (second, made_up(9)))
        }
        tree = trees.update(writer, trees.EMPTY_TREE, entries)
        writer.publish()
    with repo.transaction("test") as change:
        change.set_ref("refs/notes/quality", tree)
        change.commit()
    assert {damage.name for damage in fsck(repo).damage} == {str(wrong), str(made_up(9))}


def test_a_note_about_something_else_is_refused(tmp_path: Path) -> None:
    repo, (first, second, _) = with_commits(tmp_path)
    with repo.writing() as writer:
        oid = writer.put(Kind.NOTE, Note(second, "quality", b"").to_bytes())
        entry = FileEntry(Mode.FILE, NOTE_FORMAT, 1, None, oid)
        tree = trees.update(writer, trees.EMPTY_TREE, {str(first).encode(): entry})
        writer.publish()
    with repo.transaction("test") as change:
        change.set_ref("refs/notes/quality", tree)
        change.commit()
    with pytest.raises(ObjectCorrupt, match="is about quality of"):
        Notes(repo).get(first, "quality")


def test_notes_follow_the_commits_of_a_purge(tmp_path: Path) -> None:
    api = Api.init(tmp_path)
    rows = [{"id": "kept"}, {"id": "secret"}]
    before = Oid.parse(api.commit({"tdv.toml": TOML, "a.jsonl": rows[:1]}, "before").id)
    with_row = Oid.parse(api.commit({"a.jsonl": rows}, "with").id)
    without = Oid.parse(api.commit({"a.jsonl": [{"id": "kept"}, {"id": "new"}]}, "without").id)
    repo = Repo.open(tmp_path)
    for oid, text in ((before, b"before"), (with_row, b"secret"), (without, b"without")):
        Notes(repo).put(oid, "quality", text)
    done = purge(repo, b"a.jsonl", "secret", reason="asked for")
    repo = Repo.open(tmp_path)
    assert dict(Notes(repo).items("quality")) == {
        before: b"before",
        done.commits[without]: b"without",
    }
    assert done.left == ()
    assert fsck(repo).damage == ()


def test_many_at_once_all_get_in(tmp_path: Path) -> None:
    _, made = with_commits(tmp_path, 6)

    def note(commit: Oid) -> bool:
        return Notes(Repo.open(tmp_path)).put(commit, "quality", bytes(commit))

    with ThreadPoolExecutor(len(made)) as threads:
        assert all(threads.map(note, made))  # raises what a thread raised
    assert dict(Notes(Repo.open(tmp_path)).items("quality")) == {each: bytes(each) for each in made}


def test_ten_thousand_notes_are_found_by_few_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo, (first, *_) = with_commits(tmp_path)
    with repo.writing() as writer:
        entries = {
            str(made_up(n)).encode(): FileEntry(Mode.FILE, NOTE_FORMAT, 1, None, made_up(n))
            for n in range(10_000)
        }
        oid = writer.put(Kind.NOTE, Note(first, "quality", b"found").to_bytes())
        entries[str(first).encode()] = FileEntry(Mode.FILE, NOTE_FORMAT, 1, None, oid)
        tree = trees.update(writer, trees.EMPTY_TREE, entries)
        writer.publish()
    with repo.transaction("test") as change:
        change.set_ref("refs/notes/quality", tree)
        change.commit()
    notes = Notes(repo)
    read: list[Oid] = []
    get = repo.store.get

    def counted(oid: Oid, kind: Kind) -> bytes:
        read.append(oid)
        return get(oid, kind)

    monkeypatch.setattr(repo.store, "get", counted)
    assert notes.get(first, "quality") == b"found"
    assert len(read) <= 5
    assert notes.get(first, "quality") == b"found"
    assert len(read) <= 6
