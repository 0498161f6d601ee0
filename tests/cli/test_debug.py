"""Whole outputs of the plumbing."""

from __future__ import annotations

import pytest

from tdv.api import Repo


@pytest.fixture
def oid(tdv):
    """The oid of the only commit of a repository."""
    rows = [{"id": number} for number in range(3)]
    return Repo.open(tdv.folder).commit({"a.jsonl": rows}, "one").id


def test_rev_parse(tdv, oid):
    assert tdv("debug", "rev-parse", "HEAD", "main", oid[:8]).out == f"{oid}\n" * 3
    assert tdv("debug", "rev-parse", "--short", "HEAD").out == f"{oid[:10]}\n"


def test_check_ignore(tdv):
    tdv.write(".tdvignore", "*.tmp\n!keep.tmp\nbuild/\n")
    result = tdv("debug", "check-ignore", "a.tmp", "keep.tmp", "b.jsonl", "build/x")
    assert result.out == "a.tmp\nbuild/x\n"
    explained = tdv("debug", "check-ignore", "--explain", "a.tmp", "build/")
    assert explained.out == ".tdvignore:1\t*.tmp\ta.tmp\n.tdvignore:3\tbuild/\tbuild/\n"
    assert tdv("debug", "check-ignore", "b.jsonl", code=1).out == ""


def test_cat_object(tdv, oid):
    assert tdv("debug", "cat-object", "--kind", oid).out == "commit\n"
    payload = tdv("debug", "cat-object", oid[:10]).data
    assert tdv("debug", "cat-object", "--size", oid).out == f"{len(payload)}\n"
    assert tdv("debug", "cat-object", "-p", oid).out.startswith("Commit(tree=Oid(")


def test_cat_object_of_a_chunk_is_its_bytes(tdv, oid):
    chunk = tdv("debug", "ls-chunks", "a.jsonl", "--json").json
    assert (chunk["records"], chunk["bytes"], chunk["offset"]) == (3, 27, 0)
    assert tdv("debug", "cat-object", chunk["oid"]).data == b'{"id":0}\n{"id":1}\n{"id":2}\n'


def test_ls_chunks(tdv, oid):
    line = tdv("debug", "ls-chunks", "HEAD:a.jsonl").out
    assert line.split()[1:3] == ["3", "27"]
    assert tdv("debug", "ls-chunks", "HEAD", code=3).err == "error: HEAD is not a file.\n"


def test_packs(tdv, oid):
    packs = tdv("debug", "packs", "--json").json_lines
    kinds = [pack["kinds"] for pack in packs]
    assert sum(sum(kind.values()) for kind in kinds) == sum(pack["objects"] for pack in packs)
    assert tdv("debug", "packs").out.count("\n") == len(packs)


@pytest.mark.parametrize(
    ("prefix", "error"),
    [
        ("feedfacefeed", "error: There is no object `feedfacefeed`.\n"),
        ("xyz", "error: `xyz` is not the start of an oid: "),
    ],
)
def test_unknown_objects(tdv, oid, prefix, error):
    assert tdv("debug", "cat-object", prefix, code=3).err.startswith(error)
