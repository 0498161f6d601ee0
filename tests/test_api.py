"""The Python API beyond the examples of its page."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import tdv
from tdv.errors import (
    Findings,
    NotARepository,
    PathError,
    RecordError,
    RepositoryError,
    UsageError,
)


@pytest.fixture
def repo(tmp_path, home):
    return tdv.Repo.init(tmp_path / "repo")


def test_open_finds_the_repository_from_inside(repo):
    (repo.root / "a" / "b").mkdir(parents=True)
    assert tdv.Repo.open(repo.root / "a" / "b").root == repo.root


def test_open_elsewhere(tmp_path, home):
    with pytest.raises(NotARepository):
        tdv.Repo.open(tmp_path)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.binary(), st.sampled_from(["a.jsonl", "a.csv", "a.json", "a.txt", "a.bin", "a.parquet"]))
def test_any_bytes_come_back(repo, data, name):
    snapshot = repo.commit({name: data}, "bytes", allow_empty=True)
    assert snapshot[name].read() == data
    with snapshot[name].open() as file:
        assert file.read() == data
        file.seek(len(data) // 2)
        assert file.read() == data[len(data) // 2 :]


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "d/a.ndjson"])
def test_rows_come_back(repo, name):
    rows = [{"id": number, "n": None, "t": "ü\n", "l": [1, {"x": 2**70}]} for number in range(50)]
    file = repo.commit({name: iter(rows)}, "rows")[name]
    assert list(file) == rows
    assert len(file) == 50
    assert file[49] == file[-1] == rows[49]
    assert file[10:13] == rows[10:13]
    assert file[::-20] == rows[::-20]
    assert file[60:] == []
    with pytest.raises(IndexError):
        file[50]


def test_rows_of_tables_are_text(repo):
    file = repo.commit({"a.tsv": [{"a": 1, "b": "x\ty"}, {"b": None, "a": 2.5}]}, "rows")["a.tsv"]
    assert list(file) == [{"a": "1", "b": "x\ty"}, {"a": "2.5", "b": ""}]


def test_lines_of_text(repo):
    file = repo.commit({"a.txt": [{"text": "one"}, {"text": ""}]}, "lines")["a.txt"]
    assert file.read() == b"one\n\n"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"a.parquet": [{"a": 1}]}, UsageError),
        ({"a.csv": [{"a": 1}, {"b": 1}]}, UsageError),
        ({"a.txt": [{"text": "a\nb"}]}, UsageError),
        ({"a.jsonl": [{"a": object()}]}, UsageError),
        ({"../a": b""}, PathError),
        ({".tdv/a": b""}, PathError),
        ({"": b""}, PathError),
        ({"a": "/no/such/file"}, PathError),
    ],
)
def test_what_cannot_be_stored_changes_nothing(repo, changes, error):
    before = repo.commit({"kept": b"x"}, "one")
    with pytest.raises(error):
        repo.commit({"new": b"y", **changes}, "two")
    assert repo["HEAD"] == before


def test_a_file_on_disk(repo, tmp_path):
    source = tmp_path / "run.sh"
    source.write_bytes(b"#!/bin/sh\n")
    source.chmod(0o755)
    snapshot = repo.commit({"a": str(source), "b": source}, "files")
    assert snapshot["a"].read() == snapshot["b"].read() == b"#!/bin/sh\n"


def test_removal_and_an_empty_set(repo):
    repo.commit({"a": b"x", "d/b": b"y"}, "one")
    assert list(repo.commit({"d/b": None}, "two")) == ["a"]
    with pytest.raises(Findings):
        repo.commit({"d/b": None}, "three")


def test_a_branch_of_its_own(repo):
    first = repo.commit({"a": b"x"}, "one")
    second = repo.commit({"a": b"z"}, "two")
    other = repo.commit({"b": b"y"}, "three", branch="topic/x")
    assert repo.branches == {"main": second, "topic/x": other}
    assert (list(other), other.parents) == (["a", "b"], (second,))
    older = repo.commit({"b": b"y"}, "four", branch="topic/y", parent=first)
    assert (older["a"].read(), older.parents) == (b"x", (first,))
    with pytest.raises(RepositoryError, match="The branch stands on"):
        repo.commit({"b": b"y"}, "five", branch="topic/y", parent=first)


def test_a_file_without_rows(repo):
    file = repo.commit({"a.json": b'{"train": [1, 2]}'}, "one")["a.json"]
    assert (len(file), file.read()) == (0, b'{"train": [1, 2]}')
    for ask in (lambda: list(file), lambda: file[0], lambda: file[:1], file.to_arrow):
        with pytest.raises(UsageError, match=r"a\.json has no rows: it is kept as bytes\."):
            ask()


def test_bad_records(repo):
    file = repo.commit({"a.jsonl": b'{"a": 1}\n{\n'}, "one")["a.jsonl"]
    with pytest.raises(RecordError, match=r"a\.jsonl, line 2: "):
        list(file)
    assert list(file.rows(on_bad="skip")) == [{"a": 1}]
    (bad,) = file.rows(1, on_bad="keep")
    assert bad["_bad"] == b"{"


def test_arrow_holds_every_field(repo):
    import pyarrow as pa

    file = repo.commit({"a.jsonl": [{"a": 1}, {"b": "x"}, {"a": 3, "b": "y"}]}, "one")["a.jsonl"]
    assert file.to_arrow().to_pylist() == [
        {"a": 1, "b": None},
        {"a": None, "b": "x"},
        {"a": 3, "b": "y"},
    ]
    schema = pa.schema([("b", pa.large_string()), ("c", pa.int8())])
    assert file.to_arrow(schema).schema == schema


def test_arrow_names_the_field_that_mixes_types(repo):
    file = repo.commit({"a.jsonl": [{"a": 1}, {"a": "x"}]}, "one")["a.jsonl"]
    with pytest.raises(RecordError, match="'a'"):
        file.to_arrow()


def test_the_stage_follows(tdv):
    """A commit made by a program is not taken back by the next `tdv commit`."""
    repo = tdv_repo(tdv)
    repo.commit({"a.jsonl": [{"id": 1}]}, "one")
    assert tdv("commit", "-m", "two", code=1).err.startswith("error: There is nothing to commit")


def test_a_detached_head_moves_and_no_branch_does(tdv):
    repo = tdv_repo(tdv)
    first = repo.commit({"a.jsonl": [{"id": 1}]}, "one")
    second = repo.commit({"a.jsonl": [{"id": 2}]}, "two")
    tdv("restore", ".")
    tdv("checkout", first.id)
    third = repo.commit({"b.jsonl": [{"id": 3}]}, "three")
    assert repo.branch is None
    assert repo["HEAD"] == third
    assert third.parents == (first,)
    assert repo["main"] == second


def tdv_repo(run):
    return tdv.Repo.open(run.folder)


def test_threads_lose_no_commit(repo):
    def work(name: str) -> None:
        mine = tdv.Repo.open(repo.root)
        for number in range(5):
            mine.commit({f"{name}/{number}": b"x"}, f"{name} {number}")

    threads = [threading.Thread(target=work, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(repo["HEAD"]) == 10
    assert len(list(repo.log())) == 10


def test_processes_lose_no_commit(repo):
    code = (
        "import sys, tdv\n"
        f"repo = tdv.Repo.open({str(repo.root)!r})\n"
        "for n in range(4): repo.commit({f'{sys.argv[1]}/{n}': b'x'}, 'one')\n"
    )
    env = {"PYTHONPATH": ":".join(sys.path), "HOME": str(repo.root)}
    running = [
        subprocess.Popen([sys.executable, "-c", code, name], env=env) for name in ("a", "b", "c")
    ]
    assert [process.wait(60) for process in running] == [0, 0, 0]
    assert len(repo["HEAD"]) == 12
    assert len(list(repo.log())) == 12


def test_undo_and_redo(repo):
    with pytest.raises(RepositoryError, match="nothing to undo"):
        repo.undo()
    one = repo.commit({"a.jsonl": [{"n": 1}]}, "one")
    two = repo.commit({"a.jsonl": [{"n": 2}]}, "two")
    assert repo.undo() == one == repo["HEAD"]
    assert repo.undo() is None
    assert repo.branches == {}
    assert repo.redo() == one
    assert repo.redo() == two
    assert repo.undo(2) is None
    assert repo.redo() == two == repo["main"]
    with pytest.raises(RepositoryError, match="nothing to redo"):
        repo.redo()
