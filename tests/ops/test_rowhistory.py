from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdv.errors import UsageError
from tdv.formats.cut import Cut
from tdv.formats.ingest import ingest
from tdv.model.commit import Commit, Signature
from tdv.model.entry import Mode
from tdv.model.oid import Kind, Oid
from tdv.ops.rowhistory import field_origins, follow, row_history
from tdv.repo.repository import Repo
from tdv.store import trees

PATH = b"rows.jsonl"
SMALL = Cut(64, 32, 256, 512)
Rows = dict[int, dict[str, Any]]


def encoded(rows: Rows) -> bytes:
    return b"".join(json.dumps({"id": key, **row}).encode() + b"\n" for key, row in rows.items())


def made(repo: Repo, history: list[tuple[list[int], Rows | None]]) -> list[Oid]:
    """Commits with those parents (places in the list) and rows; None is no file."""
    oids: list[Oid] = []
    with repo.writing() as writer:
        for number, (parents, rows) in enumerate(history):
            tree = trees.EMPTY_TREE
            if rows is not None:
                entry = ingest(
                    io.BytesIO(encoded(rows)), PATH, Mode.FILE, writer, repo.store, None, SMALL
                )
                tree = trees.update(writer, tree, {PATH: entry})
            who = Signature("Ada", "", 1000 + number, 0)
            commit = Commit(tree, tuple(oids[at] for at in parents), who, who, f"commit {number}")
            oids.append(writer.put(Kind.COMMIT, commit.to_bytes()))
        writer.publish()
    return oids


def found(repo: Repo, oids: list[Oid], key: int) -> list[tuple[int, str]]:
    followed = follow(repo, oids[-1], PATH, str(key), ("id",))
    return [(oids.index(step.oid), step.kind) for step in row_history(repo, followed)]


def expected(versions: list[Rows | None], key: int) -> list[tuple[int, str]]:
    """The commits of one line of history that changed a row, newest first."""
    rows = [None if version is None else version.get(key) for version in versions]
    steps = []
    for number, row in enumerate(rows):
        before = rows[number - 1] if number else None
        if row != before:
            kind = "added" if before is None else "removed" if row is None else "changed"
            steps.append((number, kind))
    return steps[::-1]


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo.init(tmp_path / "repo")


def base(count: int = 30) -> Rows:
    return {number: {"text": f"row {number} of some", "label": "a"} for number in range(count)}


def test_a_row_is_followed_through_edits_around_it(repo: Repo) -> None:
    one = base()
    two = {99: {"text": "first", "label": "b"}, **one}
    three = {**two, 17: {"text": "row 17 of some", "label": "b"}}
    four = {key: row for key, row in three.items() if key not in (3, 4, 5)}
    five = dict(sorted(four.items(), reverse=True))
    oids = made(repo, [([], one), ([0], two), ([1], three), ([2], four), ([3], five), ([4], None)])
    assert found(repo, oids[:5], 17) == [(2, "changed"), (0, "added")]
    assert found(repo, oids[:5], 4) == [(3, "removed"), (0, "added")]
    assert found(repo, oids[:5], 99) == [(1, "added")]
    assert found(repo, oids[:5], 1234) == []
    assert found(repo, oids, 17) == [(5, "removed"), (2, "changed"), (0, "added")]


def test_a_change_names_its_fields_and_its_row(repo: Repo) -> None:
    one = base()
    oids = made(repo, [([], one), ([0], {**one, 7: {"text": "new", "label": "a"}})])
    changed, added = row_history(repo, follow(repo, oids[-1], PATH, "7", ("id",)))
    assert [(each.path, each.before, each.after) for each in changed.fields] == [
        ("text", "row 7 of some", "new")
    ]
    assert changed.after == (7, {"id": 7, "text": "new", "label": "a"})
    assert changed.before == (7, {"id": 7, **one[7]})
    assert added.before is None
    assert added.fields == ()


def test_a_merge_that_takes_a_row_from_one_side_did_not_change_it(repo: Repo) -> None:
    one = base()
    left = {**one, 5: {"text": "left", "label": "a"}}
    right = {**one, 20: {"text": "right", "label": "a"}}
    both = {**left, 20: {"text": "right", "label": "a"}}
    oids = made(repo, [([], one), ([0], left), ([0], right), ([1, 2], both)])
    assert found(repo, oids, 5) == [(1, "changed"), (0, "added")]
    assert found(repo, oids, 20) == [(2, "changed"), (0, "added")]


def test_fields_of_both_sides_of_a_merge_keep_their_origins(repo: Repo) -> None:
    one = base()
    left = {**one, 5: {"text": "left", "label": "a", "more": {"x": 1}}}
    right = {**one, 5: {"text": one[5]["text"], "label": "right", "more": {"y": [2]}}}
    both = {**one, 5: {"text": "left", "label": "right", "more": {"x": 1, "y": [2], "z": 3}}}
    oids = made(repo, [([], one), ([0], left), ([0], right), ([1, 2], both)])
    followed = follow(repo, oids[-1], PATH, "5", ("id",))
    origins = {each.path: oids.index(each.oid) for each in field_origins(repo, followed)}
    assert origins == {"id": 0, "text": 1, "label": 2, "more.x": 1, "more.y": 2, "more.z": 3}
    assert [(oids.index(each.oid), each.kind) for each in row_history(repo, followed)] == [
        (3, "changed"),
        (2, "changed"),
        (1, "changed"),
        (0, "added"),
    ]


def test_origins_are_found_whatever_the_clocks_say(repo: Repo) -> None:
    # The newest line of history is the side that knows nothing of the field.
    one = base()
    oids = made(repo, [([], one), ([0], one), ([0], {**one, 9: {"text": "t"}})])
    late = Signature("Bob", "", 10, 0)
    with repo.writing() as writer:
        tree = repo.commit(oids[2]).tree
        early = Commit(tree, (oids[2],), late, late, "an old clock")
        child = writer.put(Kind.COMMIT, early.to_bytes())
        merge = Commit(tree, (oids[2], child), late, late, "merged")
        top = writer.put(Kind.COMMIT, merge.to_bytes())
        writer.publish()
    origins = field_origins(repo, follow(repo, top, PATH, "9", ("id",)))
    assert [(each.path, each.oid) for each in origins] == [("id", oids[0]), ("text", oids[2])]


def test_a_key_that_is_not_unique_is_refused_with_its_rows(repo: Repo) -> None:
    with repo.writing() as writer:
        content = b'{"id": 1}\n{"id": 2}\n{"id": 1}\n'
        entry = ingest(io.BytesIO(content), PATH, Mode.FILE, writer, repo.store)
        who = Signature("Ada", "", 0, 0)
        tree = trees.update(writer, trees.EMPTY_TREE, {PATH: entry})
        oid = writer.put(Kind.COMMIT, Commit(tree, (), who, who, "twice").to_bytes())
        writer.publish()
    with pytest.raises(UsageError, match=r"not unique in rows\.jsonl: rows 0, 2 have it"):
        follow(repo, oid, PATH, "1", ("id",))
    with pytest.raises(UsageError, match="Nothing says which field"):
        follow(repo, oid, PATH, "1")


edits = st.lists(
    st.tuples(st.integers(0, 14), st.sampled_from(["drop", "label", "text", "front"])), max_size=4
)


@given(st.lists(edits, min_size=1, max_size=6))
@settings(max_examples=40, deadline=None)
def test_random_histories_agree_with_a_model(
    tmp_path_factory: pytest.TempPathFactory, steps: list[list[tuple[int, str]]]
) -> None:
    versions: list[Rows | None] = [base(12)]
    for number, changes in enumerate(steps):
        rows = {key: dict(row) for key, row in (versions[-1] or {}).items()}
        for key, what in changes:
            if what == "drop":
                rows.pop(key, None)
            elif what == "front":
                rows = {key: rows.pop(key, {"text": "added", "label": "n"}), **rows}
            else:
                rows.setdefault(key, {"text": "added", "label": "n"})[what] = f"{what} {number}"
        versions.append(rows)
    repo = Repo.init(tmp_path_factory.mktemp("history") / "repo")
    line = [([] if not at else [at - 1], rows) for at, rows in enumerate(versions)]
    oids = made(repo, line)
    for key in range(15):
        assert found(repo, oids, key) == expected(versions, key)
