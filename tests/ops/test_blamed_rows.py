from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_rowhistory import PATH, Rows, base, made

from tdv.errors import PathError
from tdv.ops.blame import blame
from tdv.repo.repository import Repo


def blamed(repo: Repo, oids: list[Any], key: tuple[str, ...] = ("id",)) -> dict[int, int]:
    """For each row's id the place of the commit in the history."""
    found = list(blame(repo, oids[-1], PATH, key))
    assert [each.number for each in found] == list(range(len(found)))
    return {each.row["id"]: oids.index(each.oid) for each in found if isinstance(each.row, dict)}


def test_each_row_has_the_commit_that_changed_it_last(tmp_path: Path) -> None:
    one = base()
    two = {99: {"text": "first", "label": "b"}, **one}
    three = {**two, 17: {"text": "row 17 of some", "label": "b"}}
    four = {key: row for key, row in three.items() if key not in (3, 4, 5)}
    five = dict(sorted(four.items(), reverse=True))
    repo = Repo.init(tmp_path / "repo")
    oids = made(repo, [([], one), ([0], two), ([1], three), ([2], four), ([3], five)])
    assert blamed(repo, oids) == {key: {99: 1, 17: 2}.get(key, 0) for key in four}


def test_a_merge_is_blamed_for_what_no_parent_has(tmp_path: Path) -> None:
    one = base()
    left = {**one, 5: {"text": "left", "label": "a"}}
    right = {**one, 20: {"text": "right", "label": "a"}}
    both = {**left, **{20: right[20], 40: {"text": "in the merge", "label": "m"}}}
    repo = Repo.init(tmp_path / "repo")
    oids = made(repo, [([], one), ([0], left), ([0], right), ([1, 2], both)])
    assert blamed(repo, oids) == {key: {5: 1, 20: 2, 40: 3}.get(key, 0) for key in both}


def test_a_file_that_the_commit_lacks_is_refused(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "repo")
    oids = made(repo, [([], base()), ([0], None)])
    with pytest.raises(PathError, match=r"no file rows\.jsonl in"):
        next(blame(repo, oids[-1], PATH))


edits = st.lists(
    st.tuples(st.integers(0, 14), st.sampled_from(["drop", "label", "front", "sort"])), max_size=5
)


@given(st.lists(edits, min_size=1, max_size=6), st.booleans())
@settings(max_examples=40, deadline=None)
def test_random_histories_agree_with_a_model(
    tmp_path_factory: pytest.TempPathFactory, steps: list[list[tuple[int, str]]], keyed: bool
) -> None:
    rows: Rows = base(12)
    versions = [rows]
    changed = dict.fromkeys(rows, 0)
    for number, changes in enumerate(steps, 1):
        before, rows = rows, {key: dict(row) for key, row in rows.items()}
        for key, what in changes:
            if what == "drop":
                rows.pop(key, None)
            elif what == "front":
                rows = {key: rows.pop(key, {"text": f"{key} added", "label": "n"}), **rows}
            elif what == "sort":
                rows = dict(sorted(rows.items()))
            elif key in rows:
                rows[key]["label"] = f"{key} in {number}"
        for key in rows:
            if rows[key] != before.get(key):
                changed[key] = number
        versions.append(rows)
    repo = Repo.init(tmp_path_factory.mktemp("history") / "repo")
    oids = made(repo, [([] if not at else [at - 1], each) for at, each in enumerate(versions)])
    assert blamed(repo, oids, ("id",) if keyed else ()) == {key: changed[key] for key in rows}
