"""gc: smaller, every version as before, nothing that anything leads to is lost."""

from __future__ import annotations

import random
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stopping import stopped_at_each_write
from versions import edited, everything, lines, with_history

from tdv.api import Repo as Api
from tdv.errors import IntegrityError
from tdv.model.oid import Kind
from tdv.ops.add import add
from tdv.ops.branch import create_branch, delete_branches
from tdv.ops.commit import commit
from tdv.ops.fsck import fsck
from tdv.ops.gc import gc
from tdv.ops.progress import SILENT
from tdv.ops.undo import undo
from tdv.ops.upkeep import gcplan
from tdv.ops.upkeep.gcsurvey import Survey
from tdv.repo.repository import Repo
from tdv.store.consolidate import consolidate
from tdv.store.encoding import Encoding
from tdv.store.locks import Busy
from tdv.store.packfile import PackWriter
from tdv.store.repack import encode_alone


def packs_size(repo: Repo) -> int:
    return sum(path.stat().st_size for path in (repo.folder / "packs").iterdir())


def reopened(repo: Repo) -> Repo:
    return Repo.open(repo.root)


def whole(repo: Repo) -> bool:
    assert fsck(reopened(repo)).damage == ()
    return True


def test_every_version_comes_back_from_less(tmp_path: Path) -> None:
    repo = with_history(tmp_path)
    before, size = everything(repo), packs_size(repo)
    said = gc(repo, dry_run=True)
    assert packs_size(repo) == size
    done = gc(repo)
    assert (done.before, done.after) == (said.before, said.after) == (size, packs_size(repo))
    assert done.after < size * 0.9
    assert done.freed["regrouped"] == done.before - done.after
    assert everything(reopened(repo)) == before
    assert everything(repo) == before
    assert whole(repo)


def test_the_newest_version_stays_chunk_by_chunk_and_is_a_base(tmp_path: Path) -> None:
    repo = with_history(tmp_path)
    gc(repo)
    forms = {}
    for oid, kind in repo.store.iter_objects():
        forms.setdefault(kind, set()).add(repo.store.info(oid).encoding)
    assert forms[Kind.GROUP] >= {Encoding.BESIDE}
    tip = repo.head().commit
    assert repo.store.info(tip).encoding != Encoding.MEMBER
    assert repo.store.info(repo.commit(tip).parents[0]).encoding == Encoding.MEMBER
    old = (tmp_path / ".tdv/packs").stat().st_size
    rows = everything(repo)[str(tip), b"big.csv"].splitlines(keepends=True)
    size = packs_size(repo)
    Api.open(tmp_path).commit({"big.csv": b"".join([*rows[:900], *rows[901:]])}, "one row less")
    assert packs_size(repo) - size < 4000, old


def test_again_is_nothing_to_do_and_later_versions_join(tmp_path: Path) -> None:
    repo = with_history(tmp_path)
    gc(repo)
    names = sorted(path.name for path in (repo.folder / "packs").iterdir())
    again = gc(repo)
    assert again.before == again.after
    assert names == sorted(path.name for path in (repo.folder / "packs").iterdir())
    api = Api.open(tmp_path)
    rows = lines(0, 3000)
    for number in range(20, 26):
        rows = edited(rows, number)
        api.commit({"big.csv": b"".join(rows)}, "later")
    before = everything(reopened(repo))
    assert gc(reopened(repo)).groups
    assert everything(reopened(repo)) == before
    assert whole(repo)


def test_more_versions_can_be_left_alone(tmp_path: Path) -> None:
    repo = with_history(tmp_path, 5, 100)
    survey = Survey(repo.store, SILENT)
    tips = [oid for _, oid in repo.refs.items()]
    survey.keep(tips, 3)
    survey.walk(tips)
    kept = [kind for kind in survey.kept.values() if kind == Kind.COMMIT]
    assert (len(kept), list(survey.old.values()).count(Kind.COMMIT)) == (3, 2)
    before = everything(repo)
    gc(repo, keep=3)
    assert everything(repo) == before


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 3))
def test_random_histories(tmp_path_factory: pytest.TempPathFactory, seed: int, keep: int) -> None:
    draw = random.Random(seed)
    folder = tmp_path_factory.mktemp("history")
    api = Api.init(folder)
    files = {"a.csv": lines(seed, 3500), "b/c.txt": lines(seed + 1, 800)}
    api.commit({name: b"".join(rows) for name, rows in files.items()}, "first")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gcplan, "REGION", draw.choice([200_000, 4 << 20]))
        patch.setattr(gcplan, "SETTLED_GROUP", draw.choice([1000, 300_000]))
        patch.setattr(gcplan, "MAX_GROUP", draw.choice([700_000, 16 << 20]))
        patch.setattr(gcplan, "RECODED", draw.choice([0, 16 << 20]))
        for step in range(12):
            name = draw.choice(list(files))
            branch = draw.choice(["main", "side"])
            action = draw.random()
            if action < 0.15:
                files[name] = lines(draw.randrange(10**6), 500)
            elif action < 0.25:
                files[f"copy{step}.csv"] = list(files[name])
            else:
                files[name] = edited(files[name], draw.randrange(10**6))
            api.commit(
                {n: b"".join(rows) for n, rows in files.items()},
                str(step),
                branch=branch,
                allow_empty=True,
            )
            if action > 0.8:
                repo = Repo.open(folder)
                before = everything(repo)
                gc(repo, keep=keep)
                assert everything(Repo.open(folder)) == before
        repo = Repo.open(folder)
        before = everything(repo)
        gc(repo, keep=keep)
        consolidate(repo.store, wait=True)
        assert everything(Repo.open(folder)) == before
        assert whole(repo)


def unwanted(folder: Path) -> tuple[Repo, str]:
    """A repository with a commit to which only the operation log leads."""
    api = Api.init(folder)
    api.commit({"a.txt": b"".join(lines(1, 100))}, "one")
    repo = Repo.open(folder)
    create_branch(repo, "side")
    api.commit({"a.txt": b"".join(lines(2, 3000))}, "two", branch="side")
    lost = str(Repo.open(folder).refs.branch("side"))
    delete_branches(Repo.open(folder), ["side"], force=True)
    return Repo.open(folder), lost


def test_what_operations_of_late_lead_to_stays(tmp_path: Path) -> None:
    repo, lost = unwanted(tmp_path)
    done = gc(repo)
    assert (done.objects["unreachable"], done.objects["retention"], done.ended) == (0, 0, None)
    undo(reopened(repo))
    assert str(reopened(repo).refs.branch("side")) == lost
    assert whole(repo)


def test_what_only_old_operations_lead_to_goes_and_undo_ends(tmp_path: Path) -> None:
    repo, _ = unwanted(tmp_path)
    Api.open(tmp_path).commit({"b.txt": b"b\n"}, "three")
    Api.open(tmp_path).commit({"b.txt": b"c\n"}, "four")
    repo.config.set("gc.retention", "-1")
    size = packs_size(repo)
    said = gc(reopened(repo), dry_run=True)
    assert reopened(repo).oplog.newest().oldest == 1
    done = gc(reopened(repo))
    assert done.freed["retention"] == said.freed["retention"] > 50_000
    assert packs_size(repo) < size - 50_000
    assert done.ended == 1
    newest = reopened(repo).oplog.newest()
    assert newest.oldest == done.oldest > 3
    assert whole(repo)
    undo(reopened(repo))
    assert whole(repo)


def test_a_killed_add_leaves_nothing_for_ever(tmp_path: Path) -> None:
    repo = with_history(tmp_path, 2, 100)
    with repo.store.writing() as writer:
        writer.put(Kind.CHUNK, random.Random(1).randbytes(5000))
        writer.publish()
    (repo.folder / "tmp" / "pack-0123").write_bytes(b"x" * 100)
    done = gc(repo)
    assert (done.objects["unreachable"], done.freed["temporary"]) == (1, 100)
    assert done.freed["unreachable"] > 5000
    assert not list((repo.folder / "tmp").iterdir())


def test_copies_go(tmp_path: Path) -> None:
    repo = with_history(tmp_path, 2, 100)
    tip = repo.head().commit
    assert tip is not None
    writer = PackWriter(repo.folder / "tmp")
    writer.add(*encode_alone(tip, Kind.COMMIT, repo.store.get(tip, Kind.COMMIT)))
    writer.finish(repo.folder / "packs")
    assert gc(reopened(repo)).objects["duplicate"] == 1
    assert gc(reopened(repo)).objects["duplicate"] == 0
    assert whole(repo)


def test_what_is_staged_and_what_is_in_no_commit_yet_stays(tmp_path: Path) -> None:
    repo = with_history(tmp_path, 3, 500)
    (tmp_path / "new.txt").write_bytes(b"".join(lines(77, 500)))
    add(repo, [b"new.txt"])
    gc(reopened(repo))
    assert whole(repo)
    commit(reopened(repo), "with it")
    assert whole(repo)


def test_beside_a_command_that_writes(tmp_path: Path) -> None:
    repo = with_history(tmp_path, 3, 500)
    with reopened(repo).writing() as writer:
        oid = writer.put(Kind.CHUNK, b"not yet anywhere")
        writer.publish()
        with pytest.raises(Busy):
            gc(repo, wait=0)
        assert reopened(repo).store.has(oid)
    with reopened(repo).transaction("test"), pytest.raises(Busy):
        gc(repo, wait=0)
    assert gc(repo, wait=0)


def test_waits_for_commands_that_hold_either_lock_first(tmp_path: Path) -> None:
    repo = with_history(tmp_path, 3, 500)
    inside, go = threading.Event(), threading.Event()

    def restore_like() -> None:
        other = reopened(repo)
        with other.transaction("test"):
            inside.set()
            go.wait(10)
            with other.writing() as writer:
                writer.put(Kind.CHUNK, b"captured")
                writer.publish()

    thread = threading.Thread(target=restore_like)
    thread.start()
    inside.wait(10)
    threading.Timer(0.3, go.set).start()
    gc(repo, wait=30)
    thread.join()
    assert whole(repo)


def test_damage_stops_it(tmp_path: Path) -> None:
    repo = with_history(tmp_path, 4, 2000)
    pack = max((repo.folder / "packs").iterdir(), key=lambda path: path.stat().st_size)
    data = bytearray(pack.read_bytes())
    data[len(data) // 3] ^= 1
    pack.write_bytes(data)
    names = sorted((repo.folder / "packs").iterdir())
    with pytest.raises(IntegrityError):
        gc(reopened(repo))
    assert names == sorted((repo.folder / "packs").iterdir())


@pytest.mark.parametrize(
    "dead",
    [
        pytest.param(True, id="killed"),
        pytest.param(False, id="interrupted", marks=pytest.mark.slow),
    ],
)
def test_stopped_anywhere(tmp_path: Path, dead: bool) -> None:
    def prepared(folder: Path) -> Repo:
        repo, _ = unwanted(folder)
        rows = lines(5, 1500)
        for number in range(3):
            rows = edited(rows, number)
            Api.open(folder).commit({"a.txt": b"".join(rows)}, str(number))
        repo.config.set("gc.retention", "-1")
        return reopened(repo)

    expected = sorted(everything(prepared(tmp_path / "first")).values())
    points = 0
    for folder in stopped_at_each_write(tmp_path, prepared, gc, dead=dead):
        points += 1
        repo = Repo.open(folder)
        assert sorted(everything(repo).values()) == expected
        assert whole(repo)
        gc(Repo.open(folder))
        assert sorted(everything(Repo.open(folder)).values()) == expected
        assert whole(repo)
        assert undo(Repo.open(folder))
    assert points > 10
