"""Random histories on several branches, merged to and fro, against a model of rows as dicts."""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdv.ops.changeset import commit_changes
from tdv.ops.checkout import checkout
from tdv.ops.fsck import fsck
from tdv.ops.merge import best_of, merge
from tdv.ops.merging.treemerge import Rules
from tdv.repo.history import merge_bases
from tdv.repo.repository import Repo

BRANCHES = ("main", "one", "two")
DESCRIPTION = b'[dataset.all]\npaths = ["*.jsonl", "*.csv"]\nkey = "id"\n'
GONE = object()
FOLDERS = count()

keys = st.integers(0, 7)
edits = st.one_of(
    st.tuples(st.just("set"), keys, st.sampled_from("ab"), st.integers(0, 2)),
    st.tuples(st.just("add"), st.integers(0, 11), st.integers(0, 2)),
    st.tuples(st.just("remove"), keys),
)
steps = st.one_of(
    st.tuples(st.sampled_from(BRANCHES), st.lists(edits, min_size=1, max_size=3)),
    st.tuples(
        st.sampled_from(BRANCHES), st.sampled_from(BRANCHES), st.sampled_from(["ours", "theirs"])
    ),
)


def edited(rows, changes):
    """The rows after some edits; edits of rows that are not there are none."""
    rows = {key: dict(row) for key, row in rows.items()}
    for kind, key, *values in changes:
        if kind == "remove":
            rows.pop(key, None)
        elif kind == "add":
            rows.setdefault(key, {"id": key, "a": values[0], "b": values[0]})
        elif key in rows:
            rows[key][values[0]] = values[1]
    return rows


def three_way(base, ours, theirs, choice):
    """One value out of three; rows are merged by their fields."""
    if ours == theirs or theirs == base:
        return ours
    if ours == base:
        return theirs
    if isinstance(ours, dict) and isinstance(theirs, dict):
        before = base if isinstance(base, dict) else {}
        fields = {
            name: three_way(
                before.get(name, GONE), ours.get(name, GONE), theirs.get(name, GONE), choice
            )
            for name in {**ours, **theirs}
        }
        return {name: value for name, value in fields.items() if value is not GONE}
    return {"ours": ours, "theirs": theirs, "base": base}[choice]


def merged(base, ours, theirs, choice):
    """The rows that a merge should give."""
    found = {
        key: three_way(base.get(key, GONE), ours.get(key, GONE), theirs.get(key, GONE), choice)
        for key in {**base, **ours, **theirs}
    }
    return {key: row for key, row in found.items() if row is not GONE}


def rows_of(repo, oid, name):
    text = content(repo, oid, name)
    if name.endswith(".csv"):
        header, *lines = text.splitlines()
        names = header.split(",")
        cells = (dict(zip(names, map(int, line.split(",")), strict=True)) for line in lines)
        return {row["id"]: row for row in cells}
    return {row["id"]: row for row in map(json.loads, text.splitlines())}


def content(repo, oid, name):
    from tdv.api import Snapshot

    return Snapshot(repo, oid)[name].read().decode()


def encoded(rows, name, order):
    ordered = sorted(rows.values(), key=lambda row: order.setdefault(row["id"], len(order)))
    if name.endswith(".csv"):
        lines = ["id,a,b", *(f"{row['id']},{row['a']},{row['b']}" for row in ordered)]
        return "".join(f"{line}\n" for line in lines).encode()
    return "".join(f"{json.dumps(row)}\n" for row in ordered).encode()


class Model:
    """What each commit should hold."""

    def __init__(self, repo):
        self.repo = repo
        self.states = {}

    def base(self, bases):
        """The rows that two sides come from; several bases are merged, conflicts as before both."""
        if not bases:
            return {}
        *others, oldest = bases
        rows, done = self.states[oldest], [oldest]
        for oid in reversed(others):
            below = [each for one in done for each in merge_bases(self.repo.commit, one, oid)]
            rows = merged(self.base(best_of(self.repo, below)), rows, self.states[oid], "base")
            done.append(oid)
        return rows


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv"])
@settings(max_examples=12, deadline=None)
@given(st.lists(steps, min_size=4, max_size=14))
def test_random_histories(tmp_path_factory, name, history):
    folder = tmp_path_factory.mktemp("history") / str(next(FOLDERS))
    repo = Repo.init(Path(folder))
    model, order = Model(repo), {}
    rows = {key: {"id": key, "a": 0, "b": 0} for key in range(6)}
    start = commit_changes(
        repo, {b"tdv.toml": DESCRIPTION, name.encode(): encoded(rows, name, order)}, "base"
    )
    model.states[start.oid] = rows
    for branch in BRANCHES[1:]:
        checkout(repo, start.oid, branch, create=True)
    checkout(repo, start.oid, "two", discard=True)  # commits of programs write no files
    for step in history:
        branch = step[0]
        checkout(repo, None, branch)
        tip = repo.head().commit
        if len(step) == 2:
            after = edited(model.states[tip], step[1])
            if after != model.states[tip]:
                data = encoded(after, name, order)
                oid = commit_changes(repo, {name.encode(): data}, "edit").oid
                model.states[oid] = after
                checkout(repo, oid, branch, discard=True)
            continue
        other = repo.refs.branch(step[1])
        bases = merge_bases(repo.commit, tip, other)
        expected = merged(model.base(bases), model.states[tip], model.states[other], step[2])
        done = merge(repo, other, rules=Rules(favour=step[2]))
        if done.how == "fast-forward":
            assert expected == model.states[other]
        model.states.setdefault(repo.head().commit, expected)
        assert rows_of(repo, repo.head().commit, name) == expected
        assert (repo.root / name).read_text() == content(repo, repo.head().commit, name)
    for branch in BRANCHES:
        oid = repo.refs.branch(branch)
        assert rows_of(repo, oid, name) == model.states[oid]
    assert not fsck(repo).damage
