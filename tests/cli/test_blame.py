"""Whole outputs of `tdv blame`."""

from __future__ import annotations

import pytest

from tdv.api import Repo


@pytest.fixture
def history(tdv):
    """Three commits of one file by two people; their oids."""
    repo = Repo.open(tdv.folder)
    rows = [{"id": n, "text": f"row {n}", "meta": {"by": "a", "n": n}} for n in range(3)]
    toml = b'[dataset.rows]\npaths = ["*.jsonl"]\nkey = "id"\n'
    one = repo.commit({"a.jsonl": rows, "tdv.toml": toml}, "one", author="Ada <a@x>")
    rows[1] = {"id": 1, "text": "edited", "meta": {"by": "a", "n": 1}}
    two = repo.commit({"a.jsonl": rows}, "two", author="Bob <b@x>")
    rows[1] = {"id": 1, "text": "edited", "meta": {"by": "b", "n": 1}}
    rows.append({"id": 9, "text": "more", "meta": {}})
    three = repo.commit({"a.jsonl": rows}, "three", author="Ada <a@x>")
    return [each.id for each in (one, two, three)]


def short(history):
    return [oid[:10] for oid in history]


def test_each_row(tdv, history):
    one, _, three = short(history)
    day = Repo.open(tdv.folder)["HEAD"].date.date().isoformat()
    assert tdv("blame", "a.jsonl").out == (
        f'{one}  Ada           {day}       0  {{"id":0,"text":"row 0","meta":{{"by":"a","n":0}}}}\n'
        f"{three}  Ada           {day}       1  "
        '{"id":1,"text":"edited","meta":{"by":"b","n":1}}\n'
        f'{one}  Ada           {day}       2  {{"id":2,"text":"row 2","meta":{{"by":"a","n":2}}}}\n'
        f'{three}  Ada           {day}       3  {{"id":9,"text":"more","meta":{{}}}}\n'
    )


def test_one_row_and_its_fields(tdv, history):
    one, two, three = short(history)
    day = Repo.open(tdv.folder)["HEAD"].date.date().isoformat()
    row = '{"id":1,"text":"edited","meta":{"by":"a","n":1}}'
    assert tdv("blame", "HEAD~1:a.jsonl", "--key", "1").out == (
        f"{two}  Bob           {day}       1  {row}\n"
    )
    assert tdv("blame", "a.jsonl", "--key", "1", "--fields").out == (
        f"{one}  Ada           {day}  id: 1\n"
        f'{two}  Bob           {day}  text: "edited"\n'
        f'{three}  Ada           {day}  meta.by: "b"\n'
        f"{one}  Ada           {day}  meta.n: 1\n"
    )


def test_json(tdv, history):
    found = tdv("blame", "a.jsonl", "--json").json_lines
    assert [each["commit"] for each in found] == [history[at] for at in (0, 2, 0, 2)]
    assert found[0]["schema"] == "tdv.blame/1"
    assert found[1]["row"] == 1
    assert found[1]["author"]["name"] == "Ada"
    found = tdv("blame", "a.jsonl", "--key", "1", "--fields", "--json").json_lines
    assert {each["field"]: each["commit"] for each in found} == {
        "id": history[0],
        "text": history[1],
        "meta.by": history[2],
        "meta.n": history[0],
    }


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (["nope.jsonl"], 3, "error: "),
        (["a.jsonl", "--fields"], 2, "error: `--fields` tells of one row.\n"),
        (["a.jsonl", "--key", "77"], 3, "error: No row of a.jsonl has the key 77 in HEAD.\n"),
        (["tdv.toml", "--key", "1"], 2, "error: Nothing says which field of tdv.toml tells"),
        (["a.jsonl", "tdv.toml"], 2, "error: Blame wants one file.\n"),
    ],
)
def test_errors(tdv, history, words, code, error):
    assert tdv("blame", *words, code=code).err.startswith(error)
