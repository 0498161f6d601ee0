"""Whole outputs of `tdv cat`."""

from __future__ import annotations

import pytest

from tdv.api import Repo
from tdv.formats.contents import Contents

ROWS = b'{"id": 1, "t": "a"}\n{"id": 2, "t": "b"}\r\n\n{"id": 3, "t": "c"}'


@pytest.fixture
def repo(tdv):
    """A repository with two commits, which the commands see from its root."""
    repo = Repo.open(tdv.folder)
    repo.commit({"a.jsonl": ROWS, "d/b.csv": b"x,y\n1,2\n3,4\n", "c.bin": bytes(range(256))}, "one")
    repo.commit({"a.jsonl": b'{"id": 9}\nnot json\n{"id": 10}\n'}, "two")
    return repo


@pytest.mark.parametrize("words", [["HEAD~1:a.jsonl"], ["HEAD~1", "--", "a.jsonl"]])
def test_bytes_are_exact(tdv, repo, words):
    assert tdv("cat", *words).data == ROWS


def test_a_path_alone_is_heads(tdv, repo):
    assert tdv("cat", "d/b.csv").data == b"x,y\n1,2\n3,4\n"
    assert tdv("cat", "c.bin").data == bytes(range(256))


def test_several_files_follow_each_other(tdv, repo):
    assert tdv("cat", "HEAD", "--", "d/b.csv", "d/b.csv").data == b"x,y\n1,2\n3,4\n" * 2


def test_paths_are_relative_to_where_one_stands(tdv, repo, monkeypatch):
    (tdv.folder / "d").mkdir()
    monkeypatch.chdir(tdv.folder / "d")
    assert tdv("cat", "b.csv").data == tdv("cat", "HEAD:./b.csv").data
    assert tdv("cat", "HEAD:d/b.csv").data == tdv("cat", "b.csv").data


@pytest.mark.parametrize(
    ("rows", "ids"),
    [("1:3", [2, 3]), (":1", [1]), ("-1:", [3]), ("2", [3]), ("-3", [1]), ("5:9", []), ("2:1", [])],
)
def test_rows(tdv, repo, rows, ids):
    result = tdv("cat", "HEAD~1:a.jsonl", "--rows", rows)
    assert [row["id"] for row in result.json_lines] == ids


def test_any_format_as_json_lines(tdv, repo):
    assert tdv("cat", "d/b.csv", "--jsonl").data == b'{"x":"1","y":"2"}\n{"x":"3","y":"4"}\n'


def test_a_record_that_does_not_decode_is_named_behind_the_good_ones(tdv, repo):
    result = tdv("cat", "a.jsonl", "--jsonl", code=3)
    assert result.data == b'{"id":9}\n{"id":10}\n'
    assert result.err.startswith("warning: a.jsonl, line 2: ")
    assert result.err.endswith("error: 1 record could not be decoded.\n")


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (["HEAD:nope"], 3, "error: There is no `nope` in HEAD.\n"),
        (["HEAD:d"], 3, "error: `d` is a folder in HEAD, not a file.\n"),
        (["HEAD"], 3, "error: `HEAD` is a whole revision, not a file.\n"),
        (["nope:a.jsonl"], 3, "error: There is no branch, tag or commit `nope`.\n"),
        (["nope"], 3, "error: `nope` is neither a revision nor a file of HEAD.\n"),
        (["c.bin", "--jsonl"], 2, "error: c.bin has no rows: it is kept as bytes.\n"),
        (["a.jsonl", "--rows", "x"], 2, "error: `x` is not a range of rows.\n"),
        (["a.jsonl", "--rows", "3"], 2, "error: There is no row 3: the file has 3 rows.\n"),
        (
            ["HEAD", "main", "--", "a"],
            2,
            "error: Only one revision may stand before `--`, not 2.\n",
        ),
        (["../a.jsonl"], 3, "error: `../a.jsonl` is neither a revision nor a file of HEAD.\n"),
    ],
)
def test_errors(tdv, repo, words, code, error):
    result = tdv("cat", *words, code=code)
    assert result.data == b""
    assert result.err.startswith(error)


def test_a_name_that_is_both_is_refused(tdv, repo):
    repo.commit({"main": b"x"}, "a file named as the branch")
    result = tdv("cat", "main", code=2)
    assert result.err.startswith("error: `main` is both a revision and a path in HEAD.\n")
    assert tdv("cat", "--", "main").data == b"x"
    assert tdv("cat", "main:main").data == b"x"


def test_outside_of_a_repository(outside):
    result = outside("cat", "HEAD:a", code=3)
    assert result.err.startswith(f"error: Neither {outside.folder} nor a folder above it is a tdv")
    assert result.err.endswith("hint: `tdv init` makes one here.\n")


def test_numbers_beyond_floats_stay_numbers(tdv, repo):
    wide = b'{"a":123456789012345678901234567890,"b":[1E+400]}\n'
    repo.commit({"wide.jsonl": wide}, "wide")
    assert tdv("cat", "--jsonl", "wide.jsonl").data == wide


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("x.jsonl.gz", b"no", "row 0: it cannot be decompressed: Not a gzipped file (b'no')."),
        ("y.parquet", b"PAR1", "row 0: it cannot be read as parquet: "),
    ],
)
def test_a_damaged_file_is_named(tdv, repo, name, data, said):
    repo.commit({name: data}, "damaged")
    assert f"warning: {name}, {said}" in tdv("cat", "--jsonl", name, code=3).err


def test_first_rows_are_read_without_counting_all(tdv, repo, monkeypatch):
    monkeypatch.setattr(Contents, "__len__", lambda self: pytest.fail("counted"))
    assert tdv("cat", "--rows", "0:1", "d/b.csv").data == b'{"x":"1","y":"2"}\n'
    assert tdv("cat", "--rows", "99999999999999999999:", "d/b.csv").data == b""
