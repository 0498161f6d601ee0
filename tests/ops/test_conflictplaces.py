"""Where conflicts stand after random edits of their file, and which of them were decided."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdv.formats.contents import Contents
from tdv.formats.cut import Cut
from tdv.formats.ingest import ingest
from tdv.model.entry import Mode
from tdv.ops.merging.conflictplaces import places
from tdv.repo.repository import Repo
from tdv.rowmerge.conflict import Conflict

SMALL = Cut(min=32, extra=64, max=512, piece=512)


@pytest.fixture(scope="module")
def repo(tmp_path_factory):
    return Repo.init(tmp_path_factory.mktemp("places"))


def body(key, text):
    return json.dumps({"id": key, "t": text * 4}).encode()


def contents(writer, repo, bodies):
    data = b"".join(each + b"\n" for each in bodies)
    entry = ingest(io.BytesIO(data), b"a.jsonl", Mode.FILE, writer, repo.store, None, SMALL)
    return Contents(entry, writer)


def conflict(number, held, key):
    return Conflict(f"{number:012x}", key, number, None, held, None, held, (), "changed")


texts = st.sampled_from(["some", "of", "the", "words"])
rows = st.lists(st.tuples(st.integers(0, 40), texts), max_size=25, unique_by=lambda row: row[0])
edits = st.lists(
    st.one_of(
        st.tuples(st.just("change"), st.integers(0, 30), texts),
        st.tuples(st.just("remove"), st.integers(0, 30)),
        st.tuples(st.just("insert"), st.integers(0, 30), st.integers(41, 60)),
    ),
    max_size=8,
)


def edited(before, changes):
    after = list(before)
    for kind, at, *value in changes:
        if kind == "insert":
            if all(value[0] != key for key, _ in after):
                after.insert(min(at, len(after)), (value[0], "new"))
        elif at < len(after):
            after[at : at + 1] = [(after[at][0], value[0])] if kind == "change" else []
    return after


@settings(max_examples=150, deadline=None)
@given(rows, edits, st.booleans(), st.data())
def test_places(repo, before, changes, shuffled, data):
    after = edited(before, changes)
    if shuffled:
        after = data.draw(st.permutations(after))
    with repo.writing() as writer:
        merged = contents(writer, repo, [body(*row) for row in before])
        now = contents(writer, repo, [body(*row) for row in after])
        conflicts = [
            conflict(number, body(key, text), (key,)) for number, (key, text) in enumerate(before)
        ]
        found = {place.conflict.number: place for place in places(merged, now, conflicts, ("id",))}
    texts_now = dict(after)
    where = {key: number for number, (key, _) in enumerate(after)}
    for number, (key, text) in enumerate(before):
        place = found[number]
        assert place.touched == (texts_now.get(key) != text)
        assert place.there == (key in where)
        if place.there:
            assert place.number == where[key]
        assert 0 <= place.number <= len(after)


@settings(max_examples=80, deadline=None)
@given(rows.filter(bool), edits, st.data())
def test_places_of_rows_that_the_merged_file_lacks(repo, before, changes, data):
    """Until the row comes back it would stand between the rows that it stood between."""
    at = data.draw(st.integers(0, len(before)))
    after = edited(before, changes)
    gone = Conflict("0" * 12, (99,), at, body(99, "a"), None, body(99, "b"), None, (), "removed")
    with repo.writing() as writer:
        merged = contents(writer, repo, [body(*row) for row in before])
        now = contents(writer, repo, [body(*row) for row in after])
        (place,) = places(merged, now, [gone], ("id",))
        back = contents(writer, repo, [*(body(*row) for row in after), body(99, "mine")])
        (decided,) = places(merged, back, [gone], ("id",))
    assert (place.there, place.touched) == (False, False)
    keys = [key for key, _ in after]
    following = [keys.index(key) for key, _ in before[at:] if key in keys]
    assert place.number == (following[0] if following else len(after))
    assert decided == (gone, len(after), True, True)
