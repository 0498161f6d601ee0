"""`tdv validate --record`: what is said, what `log --quality` then shows, what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tdv.model.oid import Oid
from tdv.repo.notes import Notes
from tdv.repo.repository import Repo

TOML = '[dataset.d]\npaths = ["*.jsonl"]\nkey = "id"\ntext = "text"\nlabel = "label"\n'
SECRET = "nobody else may read this sentence"


@pytest.fixture
def judged(tdv: Any) -> Any:
    """Two commits; the second has an empty text and two equal ones."""
    rows = [{"id": "a", "text": SECRET, "label": "x"}]
    tdv.commit("one", tdv__toml=TOML, a__jsonl=lines(rows))
    rows += [{"id": "b", "text": "", "label": "x"}, {"id": "c", "text": SECRET, "label": "y"}]
    tdv.commit("two", a__jsonl=lines(rows))
    return tdv


def lines(rows: list[dict[str, str]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def test_it_is_shown_by_log(judged: Any) -> None:
    result = judged("validate", "HEAD", "--record", code=1)
    short = judged("debug", "rev-parse", "HEAD").out[:10]
    assert result.err == f"Recorded with commit {short}; `tdv log --quality` shows it.\n"
    again = judged("validate", "HEAD", "--record", code=1)
    assert again.err == f"Already recorded with commit {short}; `tdv log --quality` shows it.\n"
    (line,) = judged("log", "--oneline", "--quality", "-n", "1").out.splitlines()
    assert line == f"{short} [0.666667, 1 error, 1 warning] two"
    judged("validate", "HEAD~1", "--record")
    good = judged("log", "--oneline", "--min-quality", "0.9").out.splitlines()
    assert [line.split(" ", 1)[1] for line in good] == ["one"]


def test_no_text_of_rows_is_kept(judged: Any) -> None:
    judged("validate", "HEAD", "--record", "--exit-zero")
    ((_, content),) = Notes(Repo.open(judged.folder)).items("quality")
    assert SECRET.encode() not in content
    found = {each["code"]: each["keys"] for each in json.loads(content)["found"]}
    assert found["TXT001"] == ["b"]


def test_the_same_validation_leaves_the_same_bytes(judged: Any) -> None:
    def content() -> bytes:
        note = Notes(Repo.open(judged.folder)).get(commit, "quality")
        assert note is not None
        return note

    commit = Oid.parse(judged("debug", "rev-parse", "HEAD").out.strip())
    judged("validate", "HEAD", "--record", "--exit-zero")
    first = content()
    judged("undo")
    judged("validate", "main", "--record", "--exit-zero", "--no-cache", "-j", "1")
    assert content() == first
    assert json.loads(first)["rules_from"] == "tdv.toml"
    judged("validate", "HEAD", "--config", "HEAD~1", "--record", "--exit-zero")
    assert json.loads(content())["rules_from"] == "HEAD~1:tdv.toml"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "needs a commit"),
        (["--staged"], "needs a commit"),
        (["HEAD:a.jsonl"], "some of its files"),
        (["HEAD", "--select", "TXT"], "some rules"),
        (["HEAD", "--ignore", "TXT"], "some rules"),
        (["HEAD", "--new-from", "HEAD~1"], "new findings"),
    ],
)
def test_a_part_is_refused(judged: Any, words: list[str], said: str) -> None:
    before = len(list(Repo.open(judged.folder).operations()))
    assert said in judged("validate", *words, "--record", code=2).err
    assert len(list(Repo.open(judged.folder).operations())) == before
