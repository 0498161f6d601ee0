"""Rules of the user's own, from the file to the finding."""

from __future__ import annotations

import json

import pytest

RULE = '''\
from tdv.rules import rule

@rule("ACME001", "no-lorem", level="error")
def no_lorem(row, *, word="lorem"):
    """The text is placeholder text."""
    if word in row["text"].lower():
        yield "text", f"It has `{word}`."
'''
DESCRIPTION = (
    '[dataset.a]\npaths = ["*.jsonl"]\nkey = "id"\n\n[rules]\nown = ["mine.py"]\n'
    'select = ["ACME"]\n'
)


def rows(*texts):
    return "".join(
        json.dumps({"id": number, "text": text}) + "\n" for number, text in enumerate(texts)
    )


@pytest.fixture
def mine(tdv):
    """A repository with a trusted rule file, and a file of which one row is bad."""
    tdv.write("mine.py", RULE)
    tdv.write("tdv.toml", DESCRIPTION)
    tdv.write("a.jsonl", rows("hello there", "Lorem ipsum", "good bye"))
    tdv("add", ".")
    tdv("config", "trust", "mine.py")
    return tdv


def concise(tdv, *words, code=1):
    return tdv("validate", "-o", "concise", *words, code=code).out


def test_a_trusted_rule_finds(mine):
    assert concise(mine) == "a.jsonl:2:1: ACME001 text: It has `lorem`.\n"
    assert concise(mine, "--set", "ACME001.word=good") == (
        "a.jsonl:3:1: ACME001 text: It has `good`.\n"
    )
    assert concise(mine, "--ignore", "no-lorem", "--select", "REC", code=0) == ""
    assert "The text is placeholder text." in mine("rules", "ACME001").out


def test_the_same_from_other_processes(mine):
    assert concise(mine, "-j", "2", "--no-cache") == concise(mine)


def test_a_changed_file_is_asked_for_again(mine):
    mine.write("mine.py", RULE + "# changed\n")
    assert mine("validate", code=2).err == (
        "error: The rule file mine.py is not trusted; it is a program that would run here.\n"
        "hint: Read it, then run `tdv config trust mine.py`.\n"
    )
    mine("config", "trust", "mine.py")
    assert concise(mine) == "a.jsonl:2:1: ACME001 text: It has `lorem`.\n"
    mine.write("mine.py", RULE)
    mine("config", "trust", "--revoke", "mine.py")
    assert mine("validate", code=2).err.startswith("error: The rule file mine.py is not trusted")
    assert mine("validate", "--isolated").code == 0


def test_what_is_trusted_in_a_revision_is_what_runs(mine):
    mine("commit", "-m", "one")
    mine.write("mine.py", "raise SystemExit(0)\n")
    assert "ACME001" in mine("validate", "HEAD", "-o", "concise", code=1).out
    assert "not trusted" in mine("validate", code=2).err


@pytest.mark.parametrize("more", [(), ("-j", "2")], ids=["here", "processes"])
def test_a_rule_that_raises_is_told_with_file_and_row(mine, more):
    mine.write("mine.py", RULE.replace('row["text"]', 'row["txt"]'))
    mine("config", "trust", "mine.py")
    assert mine("validate", *more, code=2).err == (
        "error: mine.py, line 6: the rule ACME001 (no-lorem) raised KeyError: 'txt'. "
        "It was given row 0 of a.jsonl.\n"
    )


def test_the_row_is_that_of_the_file_also_when_the_others_are_known(mine):
    mine.write("mine.py", RULE.replace("if word", 'assert row["text"] != "boom"\n    if word'))
    mine("config", "trust", "mine.py")
    concise(mine)
    mine.write("a.jsonl", rows("hello there", "Lorem ipsum", "good bye", "boom"))
    assert mine("validate", code=2).err.endswith(
        "raised AssertionError. It was given row 3 of a.jsonl.\n"
    )


def test_a_compressed_file_has_rows_too(mine):
    import gzip

    mine.write("mine.py", RULE.replace('row["text"]', '{"Lorem ipsum": "x"}[row["text"]]'))
    mine.write("z.jsonl.gz", gzip.compress(rows("Lorem ipsum", "b").encode()))
    mine.write("tdv.toml", DESCRIPTION.replace("*.jsonl", "*.gz"))
    mine("config", "trust", "mine.py")
    mine("add", ".")
    assert mine("validate", code=2).err.endswith(
        "raised KeyError: 'b'. It was given row 1 of z.jsonl.gz.\n"
    )


@pytest.mark.parametrize(
    ("own", "error"),
    [
        ("none.py", "error: tdv.toml, line 6, column 1: the rule file `none.py` cannot be read: "),
        ("../x.py", "error: tdv.toml, line 6, column 1: the rule file `../x.py` cannot be read: "),
        ("a.jsonl", "error: The rule file a.jsonl is not trusted"),
    ],
)
def test_a_rule_file_that_is_none(mine, own, error):
    mine.write("tdv.toml", DESCRIPTION.replace("mine.py", own))
    assert mine("validate", code=2).err.startswith(error)
