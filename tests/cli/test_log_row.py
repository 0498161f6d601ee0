"""Whole outputs of `tdv log --key`."""

from __future__ import annotations

import pytest

from tdv.api import Repo


@pytest.fixture
def history(tdv):
    """A row is added, changed and removed, and other rows change beside it; the oids."""
    repo = Repo.open(tdv.folder)
    rows = [{"id": n, "text": f"row {n}"} for n in range(3)]
    toml = b'[dataset.rows]\npaths = ["*.jsonl"]\nkey = "id"\n'
    made = [repo.commit({"a.jsonl": rows, "tdv.toml": toml}, "one", author="Ada <a@x>")]
    rows[1] = {"id": 1, "text": "edited"}
    made.append(repo.commit({"a.jsonl": rows}, "two", author="Bob <b@x>"))
    made.append(repo.commit({"a.jsonl": [*rows, {"id": 9, "text": "x"}]}, "three"))
    made.append(repo.commit({"a.jsonl": [rows[0], rows[2]]}, "four", author="Ada <a@x>"))
    return [each.id for each in made]


def test_what_changed_a_row(tdv, history):
    shown = tdv("log", "--key", "1", "a.jsonl").out
    assert [line for line in shown.split("\n") if line.startswith("commit")] == [
        f"commit {history[at]}" for at in (3, 1, 0)
    ]
    assert "\n    four\n\n- row 1  1  " in shown
    assert '\n    two\n\n~ row 1  1\n    text: "row 1" → "edited"\n' in shown
    assert shown.endswith('\n    one\n\n+ row 1  1  {"id":1,"text":"row 1"}\n')


def test_in_short_and_from_an_older_commit(tdv, history):
    one, two, _, four = (oid[:10] for oid in history)
    assert tdv("log", "--oneline", "--key", "1", "a.jsonl").out == (
        f"{four} four  (removed)\n{two} two  (changed: text)\n{one} one  (added)\n"
    )
    assert tdv("log", "--oneline", "-n", "1", "--key", "1", "HEAD~1", "--", "a.jsonl").out == (
        f"{two} two  (changed: text)\n"
    )


def test_json(tdv, history):
    found = tdv("log", "--json", "--key", "1", "a.jsonl").json_lines
    assert [(each["commit"], each["kind"]) for each in found] == [
        (history[3], "removed"),
        (history[1], "changed"),
        (history[0], "added"),
    ]
    assert found[1]["schema"] == "tdv.log-row/1"
    assert found[1]["fields"] == [{"path": "text", "before": "row 1", "after": "edited"}]
    assert found[0]["value"] is None


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (["--key", "1"], 2, "error: The history of a row is that of one file"),
        (["--key", "77", "a.jsonl"], 3, "error: No commit up to "),
        (["--key", "1", "tdv.toml"], 2, "error: Nothing says which field of tdv.toml tells"),
    ],
)
def test_errors(tdv, history, words, code, error):
    assert tdv("log", *words, code=code).err.startswith(error)
