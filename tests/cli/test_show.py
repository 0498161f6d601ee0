from __future__ import annotations

import pytest

FIRST = '{"id": 1, "text": "good morning"}\n{"id": 2, "text": "bye"}\n'


@pytest.fixture
def data(tdv):
    tdv.commit("first", a__jsonl=FIRST)
    tdv.commit("second", a__jsonl=FIRST.replace("bye", "good bye"))
    return tdv


def test_a_commit_and_what_it_changed(data):
    oid = data("debug", "rev-parse", "HEAD").out.strip()
    assert data("show").out == (
        f"commit {oid}\n"
        "Author: Ada <ada@example.org>\n"
        "Date:   Fri Jan 2 03:04:05 2026 +0000\n"
        "\n"
        "    second\n"
        "\n"
        "M a.jsonl\n"
        "  ~ row 1\n"
        '      text: "bye" → "good bye"\n'
        "  ~1 row\n"
    )


def test_the_first_commit_is_all_new(data):
    out = data("show", "HEAD~", "--stat").out
    assert out.endswith("A  a.jsonl  +2 rows\n1 file; rows: 2 added, 0 removed, 0 changed\n")
    assert data("show", "--name-only").out.endswith("\n    second\n\na.jsonl\n")


def test_json(data):
    commit, file, row, counts = data("show", "--json").json_lines
    assert (commit["schema"], commit["message"]) == ("tdv.show/1", "second")
    assert (file["schema"], file["path"]) == ("tdv.diff/1", "a.jsonl")
    assert row["fields"][0]["after"] == "good bye"
    assert counts["changed"] == 1


def test_an_annotated_tag(data):
    data("tag", "-a", "v1.0", "-m", "the first release")
    lines = data("show", "v1.0", "--name-only").out.splitlines()
    assert lines[0] == "tag v1.0"
    assert "    the first release" in lines
    assert lines[-1] == "a.jsonl"


def test_files_and_folders_of_a_revision(data):
    data.commit("third", **{"sub/b__txt": "x\n"})
    assert data("show", "HEAD~2:a.jsonl").out == FIRST
    assert data("show", "HEAD:").out == "tree HEAD:\n\na.jsonl\nsub/\n"
    assert data("show", "HEAD:sub").out == "tree HEAD:sub\n\nb.txt\n"
    assert "is not in HEAD" in data("show", "HEAD:nosuch", code=3).err


def test_paths_limit_what_is_compared(data):
    assert data("show", "--stat", "HEAD", "--", "b.txt").out.endswith("second\n\n")
