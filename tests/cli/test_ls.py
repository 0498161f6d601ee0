"""Whole outputs of `tdv ls`."""

from __future__ import annotations

import pytest

from tdv.api import Repo


@pytest.fixture
def oid(tdv):
    """The oid of the only commit of a repository."""
    rows = [{"id": number} for number in range(3)]
    files = {"a.jsonl": rows, "d/b.csv": b"x\n1\n", "d/e/c.bin": bytes(2000), "odd\n.txt": b""}
    return Repo.open(tdv.folder).commit(files, "one").id


def test_the_root_with_totals_of_folders(tdv, oid):
    result = tdv("ls")
    assert result.out == (
        '3 rows    27 B  a.jsonl\n 1 row  2.0 kB  d/\n0 rows     0 B  "odd\\n.txt"\n'
    )
    assert result.err == "4 files, 2.0 kB.\n"


def test_recursive(tdv, oid):
    assert (
        tdv("ls", "-r", "HEAD:d", "-q").out == "1 row     4 B  d/b.csv\n    -  2.0 kB  d/e/c.bin\n"
    )


def test_names_for_programs(tdv, oid):
    assert tdv("ls", "-r", "-z").data == b"a.jsonl\0d/b.csv\0d/e/c.bin\0odd\n.txt\0"
    assert tdv("ls", "--name-only").out == 'a.jsonl\nd\n"odd\\n.txt"\n'


def test_json(tdv, oid):
    document = tdv("ls", "-s", "--json", "HEAD:a.jsonl").json
    stored = document["stored"]
    assert 0 < stored < 60
    assert document == {
        "schema": "tdv.ls/1",
        "commit": oid,
        "path": "a.jsonl",
        "stored": stored,
        "files": [
            {
                "path": "a.jsonl",
                "type": "file",
                "format": "jsonl",
                "files": 1,
                "rows": 3,
                "bytes": 27,
                "stored": stored,
            }
        ],
    }


def test_what_files_share_counts_once_in_the_total(tdv):
    repo = Repo.open(tdv.folder)
    repo.commit({"a.bin": bytes(range(200)), "b.bin": bytes(range(200))}, "twice the same")
    document = tdv("ls", "-s", "--json").json
    assert document["stored"] == document["files"][0]["stored"] == document["files"][1]["stored"]


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["HEAD:nope"], "error: There is no `nope` in that revision.\n"),
        (["HEAD:../x"], "error: ../x lies outside the repository at "),
    ],
)
def test_errors(tdv, oid, words, error):
    assert tdv("ls", *words, code=3).err.startswith(error)


def test_before_the_first_commit(tdv):
    assert tdv("ls", code=3).err.startswith("error: `HEAD` names nothing yet: there is no commit.")
