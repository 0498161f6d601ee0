"""Whole outputs of `tdv config trust`."""

from __future__ import annotations

import pytest
from blake3 import blake3

RULE = (
    'from tdv.rules import rule\nimport os, json\n\n@rule("ACME001", "no-lorem")\n'
    "def f(row):\n    pass\n"
)
DIGEST = blake3(RULE.encode()).hexdigest()


@pytest.fixture
def mine(tdv):
    """A repository with a rule file that its `tdv.toml` names."""
    tdv.write("rules/mine.py", RULE)
    tdv.write("tdv.toml", '[rules]\nown = ["rules/mine.py", "rules/none.py"]\n')
    return tdv


def test_what_is_trusted_is_shown(mine):
    result = mine("config", "trust", "rules/mine.py")
    assert result.out == (
        f"rules/mine.py: 6 lines, BLAKE3 {DIGEST[:16]}…\n"
        "   1  from tdv.rules import rule\n   2  import os, json\n   3\n"
        '   4  @rule("ACME001", "no-lorem")\n   5  def f(row):\n   6      pass\n'
        "It imports json, os, tdv.rules.\n"
        "A rule file is a program: with your rights it may read, change and send whatever you "
        "may.\n"
    )
    assert result.err == (
        "rules/mine.py is trusted until it changes.\n"
        "hint: `tdv config trust --revoke rules/mine.py` takes that back.\n"
    )


def test_list(mine):
    assert mine("config", "trust").out == (
        f"untrusted  {DIGEST[:16]}  rules/mine.py\nmissing                      rules/none.py\n"
    )
    mine("config", "trust", "rules/mine.py")
    other = mine.write("other.py", "x = 1\n")
    mine("config", "trust", "other.py")
    assert mine("config", "trust").out == (
        f"trusted    {DIGEST[:16]}  rules/mine.py\nmissing                      rules/none.py\n"
        f"trusted    {blake3(b'x = 1' + bytes([10])).hexdigest()[:16]}  {other}\n"
    )
    mine.write("rules/mine.py", RULE + "#")
    document = mine("config", "trust", "--json").json
    assert document["schema"] == "tdv.trust/1"
    first, second = document["files"][:2]
    assert (first["path"], first["trusted"], first["named"]) == ("rules/mine.py", False, True)
    assert second == {"path": "rules/none.py", "hash": None, "trusted": False, "named": True}


def test_list_outside_of_a_repository(outside):
    result = outside("config", "trust")
    assert (result.out, result.err) == (
        "", "No rule file is trusted, and tdv.toml names none.\n",
    )  # fmt: skip


def test_dry_run_trusts_nothing(mine):
    mine("config", "trust", "--dry-run", "rules/mine.py")
    assert mine("config", "trust").out.startswith("untrusted")


@pytest.mark.parametrize("name", ["rules/mine.py", DIGEST, DIGEST[:16]])
def test_revoke(mine, name):
    mine("config", "trust", "rules/mine.py")
    result = mine("config", "trust", "--revoke", name)
    assert result.err == f"{mine.folder}/rules/mine.py is trusted no more.\n"
    assert mine("config", "trust").out.startswith("untrusted")
    assert mine("config", "trust", "--revoke", name, code=1).err == (
        "error: None of these files is trusted.\nhint: `tdv config trust` lists those that are.\n"
    )


def test_a_file_of_a_revision(mine):
    mine.commit("one")
    mine.write("rules/mine.py", "changed = 1\n")
    mine("config", "trust", "HEAD:rules/mine.py")
    assert (
        f"trusted    {DIGEST[:16]}  {mine.folder}:HEAD:rules/mine.py\n"
        in mine("config", "trust").out
    )


def test_files_that_are_none(mine):
    assert mine("config", "trust", "nope.py", code=3).err == (
        "error: `nope.py` cannot be read: No such file or directory.\n"
    )
    mine.write("bad.py", b"\xff")
    assert mine("config", "trust", "bad.py", code=2).err == (
        "error: bad.py, line 1, is not valid UTF-8.\n"
    )


def test_the_file_is_not_run(mine):
    mine.write("evil.py", "open('ran', 'w')\n" * 30)
    out = mine("config", "trust", "evil.py").out
    assert not (mine.folder / "ran").exists()
    assert "   …  10 more lines\nIt imports nothing.\n" in out
