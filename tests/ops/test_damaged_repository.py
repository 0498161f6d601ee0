"""Every kind of damage to every file of a repository: found, named, repaired where it can be."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from versions import edited, everything, lines

from tdv.api import Repo as Api
from tdv.errors import IntegrityError, TdvError
from tdv.formats.contents import Contents
from tdv.model.oid import Kind, oid_of
from tdv.ops.add import add
from tdv.ops.branch import create_branch
from tdv.ops.capture import capture
from tdv.ops.commit import commit
from tdv.ops.fsck import fsck
from tdv.ops.gc import gc
from tdv.ops.purge import purge
from tdv.ops.repair import repair
from tdv.ops.tag import create_tag
from tdv.ops.undo import undo
from tdv.repo.repository import Repo
from tdv.store import trees
from tdv.store.consolidate import consolidate
from tdv.store.encoding import Encoding
from tdv.store.packfile import SUFFIX, PackWriter
from tdv.store.repack import encode_alone


def flipped(data: bytes, share: float) -> bytes:
    at = int((len(data) - 1) * share)
    return data[:at] + bytes((data[at] ^ 4,)) + data[at + 1 :]


CUTS: dict[str, Callable[[bytes], bytes | None]] = {
    "deleted": lambda data: None,
    "emptied": lambda data: b"",
    "halved": lambda data: data[: len(data) // 2],
    "one byte short": lambda data: data[:-1],
    "longer": lambda data: data + b"x",
    **{
        f"flipped at {share:.0%}": partial(flipped, share=share)
        for share in (0, 0.02, 0.3, 0.6, 0.9, 0.97, 1)
    },
}


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Groups, deltas, two branches, a tag, something staged; the working copy is HEAD's."""
    folder = tmp_path_factory.mktemp("sound")
    Api.init(folder)
    rows = lines(1, 2000)
    for number in range(6):
        rows = edited(rows, number)
        (folder / "a.csv").write_bytes(b"".join(rows))
        (folder / "b.txt").write_bytes(b"%d\n" % number)
        add(Repo.open(folder))
        commit(Repo.open(folder), f"version {number}")
        if number == 3:
            gc(Repo.open(folder))
            create_branch(Repo.open(folder), "side")
            create_tag(Repo.open(folder), "v1", message="one")
    (folder / "staged.txt").write_bytes(b"staged\n" * 100)
    add(Repo.open(folder))
    return folder


def files_of(folder: Path) -> list[str]:
    """The files of a repository that hold something; packs by their number."""
    names = [path.relative_to(folder).as_posix() for path in (folder / ".tdv").rglob("*")]
    packs = sorted(name for name in names if name.endswith(SUFFIX))
    small = [".tdv/HEAD", ".tdv/stage", ".tdv/oplog", ".tdv/cache/stat"]
    refs = [name for name in names if "/refs/" in name and (folder / name).is_file()]
    return [*small, *sorted(refs), *packs]


def readable(folder: Path) -> dict[tuple[str, bytes], bytes]:
    """Every file of every commit that can be read."""
    repo = Repo.open(folder)
    found: dict[tuple[str, bytes], bytes] = {}
    for _, tip in repo.refs.items("refs/heads/"):
        waiting = [tip]
        while waiting:
            oid = waiting.pop()
            try:
                made = repo.commit(oid)
                waiting += made.parents
                for path, entry in trees.walk(repo.store, made.tree):
                    found[str(oid), path] = b"".join(Contents(entry, repo.store).blocks())
            except IntegrityError:
                continue
    return found


@pytest.mark.parametrize("how", CUTS)
def test_any_file_damaged(tmp_path: Path, sound: Path, how: str) -> None:
    expected = everything(Repo.open(sound))
    complete = 0
    for number, name in enumerate(files_of(sound)):
        folder = tmp_path / str(number)
        shutil.copytree(sound, folder, symlinks=True)
        victim = folder / name
        damaged = CUTS[how](victim.read_bytes())
        victim.unlink()
        if damaged is not None:
            victim.write_bytes(damaged)
        try:
            found = bool(fsck(Repo.open(folder)).damage)
        except TdvError:
            found = True
        if "cache" not in name and not (name.endswith("oplog") and how in ("longer",)):
            assert found, (name, how)
        done = repair(Repo.open(folder))
        after = readable(folder)
        assert after.items() <= expected.items(), (name, how)
        assert done.complete or done.lost or done.after.damage, (name, how)
        if done.complete and not done.lost:
            assert after == expected, (name, how)
            complete += 1
        if not name.endswith(SUFFIX):
            assert not done.after.damage, (name, how, done)
        again = repair(Repo.open(folder))
        assert not again.lost, (name, how, again)
        assert len(again.after.damage) <= len(done.after.damage)
        if done.complete:
            Api.open(folder).commit({"more.txt": b"more\n"}, "goes on")
    assert complete


@pytest.fixture(scope="module")
def every_kind(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Objects of every kind that a repository can hold by now."""
    folder = tmp_path_factory.mktemp("kinds")
    Api.init(folder)
    draw = random.Random(5)
    words = [" ".join(f"w{draw.randrange(10**6)}" for _ in range(25)) for _ in range(2000)]
    text = [f"{n} {draw.choice(words)}\n".encode() for n in range(24000)]
    moving = lines(1, 3000)
    for number in range(14):
        text[number * 1000] = b"edited\n"
        moving = edited(moving, number)
        files = {"a.txt": b"".join(text), "b.csv": b"".join(moving)}
        Api.open(folder).commit(files, str(number))
    gc(Repo.open(folder))
    create_tag(Repo.open(folder), "v1", message="one")
    return folder


@pytest.mark.parametrize("copied", [False, True], ids=["alone", "copied"])
@pytest.mark.parametrize("kind", [kind for kind in Kind if kind != Kind.NOTE])
def test_each_kind_of_object(tmp_path: Path, every_kind: Path, kind: Kind, copied: bool) -> None:
    folder = tmp_path / "r"
    shutil.copytree(every_kind, folder)
    expected = everything(Repo.open(every_kind))
    store = Repo.open(folder).store
    if copied:
        writer = PackWriter(folder / ".tdv/tmp")
        for pack in store.packs.all():
            for oid, row in pack.index.entries():
                if oid not in writer.rows:
                    writer.copy(oid, pack.read(row.offset, row.length), row.decodes)
        writer.add(*encode_alone(oid_of(Kind.CHUNK, b"other"), Kind.CHUNK, b"other"))
        writer.finish(folder / ".tdv/packs")
    damaged = None
    for pack in store.packs.all():
        for oid, row in pack.index.entries():
            if row.kind == kind and damaged is None and row.form & 15 != Encoding.MEMBER:
                damaged = oid
                data = pack.path.read_bytes()
                at = row.offset + row.length - 1
                pack.path.write_bytes(data[:at] + bytes((data[at] ^ 1,)) + data[at + 1 :])
    assert damaged is not None
    report = fsck(Repo.open(folder))
    assert report.damage
    if not copied:
        assert any(str(damaged) in (each.name, *each.reason.split()) for each in report.damage)
    done = repair(Repo.open(folder))
    after = readable(folder)
    assert after.items() <= expected.items()
    assert done.complete == copied
    if copied:
        assert after == expected
    else:
        assert any(damage.what == "missing" or done.lost for damage in done.after.damage)
    consolidate(Repo.open(folder).store, wait=True)
    assert readable(folder) == after


def test_what_is_lost_is_named_and_comes_back_from_the_working_copy(
    tmp_path: Path, sound: Path
) -> None:
    folder = tmp_path / "r"
    shutil.copytree(sound, folder, symlinks=True)
    (folder / "staged.txt").unlink()
    for path in (folder / ".tdv/packs").iterdir():
        path.unlink()
    done = repair(Repo.open(folder))
    assert not done.complete
    assert done.lost


def test_lost_content_is_read_from_the_working_copy(tmp_path: Path) -> None:
    api = Api.init(tmp_path)
    (tmp_path / "a.txt").write_bytes(b"content\n" * 50)
    repo = Repo.open(tmp_path)
    with repo.store.writing() as writer:
        before = {path.name for path in (repo.folder / "packs").iterdir()}
        capture(repo, writer, [b"a.txt"])
        writer.publish()
    (chunk,) = {path.name for path in (repo.folder / "packs").iterdir()} - before
    add(Repo.open(tmp_path))
    commit(Repo.open(tmp_path), "one")
    (repo.folder / "packs" / chunk).unlink()
    assert fsck(Repo.open(tmp_path)).damage
    done = repair(Repo.open(tmp_path))
    assert done.complete
    assert any("working copy" in text for text in done.done)
    assert api["HEAD"]
    assert everything(Repo.open(tmp_path))


def test_content_that_is_damaged_is_stored_when_it_is_added_again(tmp_path: Path) -> None:
    Api.init(tmp_path)
    repo = Repo.open(tmp_path)
    with repo.store.writing() as writer:
        oid = writer.put(Kind.CHUNK, bytes(range(256)))
        (path,) = writer.publish()
    path.write_bytes(flipped(path.read_bytes(), 0.2))
    again = Repo.open(tmp_path)
    with pytest.raises(IntegrityError):
        again.store.get(oid, Kind.CHUNK)
    with again.store.writing() as writer:
        writer.put(Kind.CHUNK, bytes(range(256)))
        writer.publish()
    assert Repo.open(tmp_path).store.get(oid, Kind.CHUNK) == bytes(range(256))


def test_nothing_to_repair(tmp_path: Path, sound: Path) -> None:
    folder = tmp_path / "r"
    shutil.copytree(sound, folder, symlinks=True)
    before = {path: path.read_bytes() for path in (folder / ".tdv").rglob("*") if path.is_file()}
    done = repair(Repo.open(folder))
    assert (done.done, done.lost, done.complete) == ([], [], True)
    assert before == {
        path: path.read_bytes() for path in (folder / ".tdv").rglob("*") if path.is_file()
    }


def test_undo_of_a_repair_takes_no_branch_away(tmp_path: Path) -> None:
    api = Api.init(tmp_path)
    api.commit({"a.jsonl": [{"n": 1}]}, "one")
    repo = Repo.open(tmp_path)
    create_branch(repo, "side")
    for number in range(3):
        create_tag(repo, f"v{number}")
    log = tmp_path / ".tdv" / "oplog"
    data = log.read_bytes()
    at = data.index(b"refs/heads/side") + 30
    log.write_bytes(data[:at] + bytes((data[at] ^ 4,)) + data[at + 1 :])
    assert repair(Repo.open(tmp_path)).lost
    before = [*Repo.open(tmp_path).refs.names("refs/heads/")]
    assert "refs/heads/side" in before
    undo(Repo.open(tmp_path))
    assert [*Repo.open(tmp_path).refs.names("refs/heads/")] == before
    undo(Repo.open(tmp_path))
    assert [*Repo.open(tmp_path).refs.names("refs/tags/")] == ["refs/tags/v0", "refs/tags/v1"]


def test_a_log_without_records_is_begun_again(tmp_path: Path, sound: Path) -> None:
    folder = tmp_path / "r"
    shutil.copytree(sound, folder, symlinks=True)
    log = folder / ".tdv/oplog"
    log.write_bytes(log.read_bytes()[:100])
    for act in (gc, lambda repo: purge(repo, b"a.csv", "1", on=["n"])):
        with pytest.raises(IntegrityError, match="record"):
            act(Repo.open(folder))
    assert repair(Repo.open(folder)).lost
    assert fsck(Repo.open(folder)).damage == ()
    assert readable(folder) == everything(Repo.open(sound))
    gc(Repo.open(folder))
