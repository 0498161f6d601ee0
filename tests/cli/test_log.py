"""Whole outputs of `tdv log`."""

from __future__ import annotations

import re

import pytest

from tdv.model.commit import Commit, Signature
from tdv.model.oid import Kind
from tdv.repo.repository import Repo
from tdv.store.trees import EMPTY_TREE


@pytest.fixture
def three(tdv):
    """Three commits, a minute apart, and their oids, oldest first."""
    tdv.oids = []
    texts = ['{"n":1}\n', '{"n":1}\n{"n":2}\n', '{"n":1}\n{"n":2}\n']
    for number, text in enumerate(texts, 1):
        tdv.env["TDV_COMMITTER_DATE"] = tdv.env["TDV_AUTHOR_DATE"] = f"@{60 * number}"
        tdv.write("a.jsonl", text)
        tdv.write(f"d/{number}.txt", "x\n")
        tdv("add", ".")
        tdv("commit", "-m", f"commit {number}\n\nbody {number}", code=0)
        tdv.oids.append(tdv("debug", "rev-parse", "HEAD").out.strip())
    return tdv


def test_text(three):
    _, two, last = three.oids
    assert three("log", "-n", "2").out == (
        f"commit {last}\n"
        "Author: Ada <ada@example.org>\n"
        "Date:   Thu Jan 1 00:03:00 1970 +0000\n"
        "\n"
        "    commit 3\n"
        "\n"
        "    body 3\n"
        "\n"
        f"commit {two}\n"
        "Author: Ada <ada@example.org>\n"
        "Date:   Thu Jan 1 00:02:00 1970 +0000\n"
        "\n"
        "    commit 2\n"
        "\n"
        "    body 2\n"
    )


def test_json(three):
    result = three("log", "-n", "1", "--json")
    assert re.search(r"\b[0-9a-f]{64}\b", result.out)[0] == three.oids[-1]
    (record,) = result.json_lines
    tree = record.pop("tree")
    assert len(tree) == 64
    person = {"name": "Ada", "email": "ada@example.org", "date": "1970-01-01T00:03:00+00:00"}
    assert record == {
        "schema": "tdv.log/1",
        "commit": three.oids[2],
        "parents": [three.oids[1]],
        "author": person,
        "committer": person,
        "message": "commit 3\n\nbody 3",
    }
    assert [each["commit"] for each in three("log", "--json").json_lines] == three.oids[::-1]


def oneline(tdv, *words):
    return [line.split(" ", 1)[1] for line in tdv("log", "--oneline", *words).out.splitlines()]


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        ([], [3, 2, 1]),
        (["-n", "1"], [3]),
        (["-n", "0"], []),
        (["-2"], [3, 2]),
        (["-1", "--", "a.jsonl"], [2]),
        (["--skip", "1", "-n", "1"], [2]),
        (["HEAD~1"], [2, 1]),
        (["HEAD~2..HEAD"], [3, 2]),
        (["^HEAD~1", "HEAD"], [3]),
        (["HEAD~1.."], [3]),
        (["a.jsonl"], [2, 1]),
        (["--", "d"], [3, 2, 1]),
        (["HEAD", "--", "d/2.txt", "d/3.txt"], [3, 2]),
        (["--since", "@120"], [3, 2]),
        (["--until", "1970-01-01T00:02:00Z"], [2, 1]),
        (["--after", "@61", "--before", "@121"], [2]),
        (["--since", "yesterday"], []),
        (["--author", "ADA"], [3, 2, 1]),
        (["--author", "bob"], []),
        (["--grep", "body 2"], [2]),
    ],
)
def test_selection(three, words, numbers):
    assert oneline(three, *words) == [f"commit {number}" for number in numbers]


def test_path_below_here(three, monkeypatch):
    monkeypatch.chdir(three.folder / "d")
    assert oneline(three, "2.txt") == ["commit 2"]
    assert oneline(three, "--", ".") == ["commit 3", "commit 2", "commit 1"]


def test_decoration(three):
    three("branch", "side", "HEAD~1")
    three("tag", "v1", "HEAD~1")
    three("tag", "-a", "v2", "-m", "two")
    one, two, last = (oid[:10] for oid in three.oids)
    assert three("log", "--oneline", "--decorate").out == (
        f"{last} (HEAD -> main, tag: v2) commit 3\n{two} (tag: v1, side) commit 2\n{one} commit 1\n"
    )
    names = [each["names"] for each in three("log", "--json", "--decorate").json_lines]
    assert names == [["HEAD -> main", "tag: v2"], ["tag: v1", "side"], []]


def test_all(three):
    three("checkout", "HEAD~1")
    three("commit", "--allow-empty", "-m", "aside", TDV_COMMITTER_DATE="@900")
    assert oneline(three) == ["aside", "commit 2", "commit 1"]
    assert oneline(three, "--all") == ["aside", "commit 3", "commit 2", "commit 1"]
    three("branch", "aside")
    three("checkout", "main")
    assert oneline(three, "--all") == ["aside", "commit 3", "commit 2", "commit 1"]


def test_stat(three):
    lines = three("log", "--oneline", "--stat", "-n", "1", "HEAD~1").out.splitlines()
    assert lines[0] == f"{three.oids[1][:10]} commit 2"
    assert [line.split()[:2] for line in lines[1:3]] == [["M", "a.jsonl"], ["A", "d/2.txt"]]
    assert len(lines) == 4
    records = three("log", "--json", "--stat", "-n", "1").json_lines
    assert [each["schema"] for each in records] == ["tdv.log/1", "tdv.diff/1"]
    assert records[1]["path"] == "d/3.txt"


def test_patch(three):
    assert three("log", "-p", "-1", "HEAD~1", "--", "a.jsonl").out == (
        f"commit {three.oids[1]}\n"
        "Author: Ada <ada@example.org>\n"
        "Date:   Thu Jan 1 00:02:00 1970 +0000\n"
        "\n"
        "    commit 2\n"
        "\n"
        "    body 2\n"
        "\n"
        "M a.jsonl\n"
        '  + row 1  {"n":2}\n'
        "  +1 row\n"
    )
    assert three("log", "--patch", "--oneline", "--graph", "-2", "--", "a.jsonl").out == (
        f"* {three.oids[1][:10]} commit 2\n"
        "| M a.jsonl\n"
        '|   + row 1  {"n":2}\n'
        "|   +1 row\n"
        f"* {three.oids[0][:10]} commit 1\n"
        "  A a.jsonl\n"
        '    + row 0  {"n":1}\n'
        "    +1 row\n"
    )
    kinds = [each.get("type") for each in three("log", "-p", "--json", "-1").json_lines]
    assert kinds == [None, "file", "row"]


def merge(tdv, *parents, at, message):
    """A commit with any parents, since `merge` comes later."""
    repo = Repo.open(tdv.folder)
    who = Signature("Ada", "ada@example.org", at, 0)
    made = Commit(EMPTY_TREE, parents, who, who, message)
    with repo.store.writing() as writer:
        oid = writer.put(Kind.COMMIT, made.to_bytes())
        writer.publish()
    return oid


def graph(tdv, tip):
    """The graph with the commits' messages in place of their oids."""
    repo = Repo.open(tdv.folder)
    with repo.transaction("test") as transaction:
        transaction.set_ref("refs/heads/tip", tip)
        transaction.commit()
    out = tdv("log", "--graph", "--oneline", "tip").out
    return re.sub(r"[0-9a-f]{10} ", "", out)


def test_graph_of_a_line(three):
    lines = three("log", "--graph", "--oneline").out.splitlines()
    assert lines == [
        f"* {oid[:10]} commit {n}" for n, oid in zip((3, 2, 1), three.oids[::-1], strict=True)
    ]
    assert three("log", "--graph", "-n", "1").out == (
        f"* commit {three.oids[2]}\n"
        "| Author: Ada <ada@example.org>\n"
        "| Date:   Thu Jan 1 00:03:00 1970 +0000\n"
        "|\n"
        "|     commit 3\n"
        "|\n"
        "|     body 3\n"
        "|\n"
    )


def test_graph_of_a_merge(tdv):
    base = merge(tdv, at=1, message="base")
    a = merge(tdv, base, at=2, message="a")
    b = merge(tdv, base, at=3, message="b")
    assert graph(tdv, merge(tdv, a, b, at=4, message="merge")) == (
        "*   merge\n"
        "|\\\n"
        "| * b\n"
        "* | a\n"
        "|/\n"
        "* base\n"
    )  # fmt: skip


def test_graph_of_nested_merges(tdv):
    base = merge(tdv, at=1, message="base")
    a = merge(tdv, base, at=2, message="a")
    b = merge(tdv, base, at=3, message="b")
    inner = merge(tdv, a, b, at=4, message="inner")
    c = merge(tdv, base, at=5, message="c")
    assert graph(tdv, merge(tdv, inner, c, at=6, message="outer")) == (
        "*   outer\n"
        "|\\\n"
        "| * c\n"
        "* |   inner\n"
        "|\\ \\\n"
        "| * | b\n"
        "| |/\n"
        "* | a\n"
        "|/\n"
        "* base\n"
    )  # fmt: skip


def test_graph_of_an_octopus_and_two_roots(tdv):
    base = merge(tdv, at=1, message="base")
    other = merge(tdv, at=2, message="other root")
    a = merge(tdv, base, at=3, message="a")
    b = merge(tdv, base, at=4, message="b")
    assert graph(tdv, merge(tdv, a, b, other, at=5, message="all")) == (
        "*     all\n"
        "|\\\n"
        "| |\\\n"
        "| * | b\n"
        "* | | a\n"
        "|/ /\n"
        "| * other root\n"
        "* base\n"
    )  # fmt: skip


def test_before_the_first_commit(tdv):
    result = tdv("log", code=3)
    assert result.err == (
        "error: `HEAD` names nothing yet: there is no commit.\n"
        "hint: `tdv commit` makes the first one.\n"
    )
    assert tdv("log", "--all").out == ""


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["nope"], 3, "`nope` is neither a revision nor a path here."),
        (["HEAD~9"], 3, "`HEAD~9` names nothing: it asks for parent 1 of commit"),
        (["HEAD...HEAD"], 3, "`HEAD...HEAD` is not a range of commits."),
        (["--since", "soon"], 2, "'soon' is not a date."),
        (["--json", "--graph"], 2, "`--json` has one form;"),
        (["-p", "--stat"], 2, "`--patch` shows all that `--stat` counts;"),
        (["--", "../out"], 3, "../out lies outside the repository"),
    ],
)
def test_errors(three, words, code, message):
    assert three("log", *words, code=code).err.startswith(f"error: {message}")


def test_name_that_is_path_and_revision(three):
    three.write("v1", "x")
    three("tag", "v1")
    result = three("log", "v1", code=3)
    assert result.err == (
        "error: `v1` is both a revision and a path.\n"
        "hint: Write `v1 --` for the revision, or `-- v1` for the path.\n"
    )
    assert len(oneline(three, "v1", "--")) == 3
    assert oneline(three, "--", "v1") == []


def test_escape_codes_in_messages_are_data(three):
    three("commit", "--allow-empty", "-m", "red \x1b[31m alert")
    assert "\x1b[31m" in three("log", "-n", "1").out, "not a terminal: as it is"


@pytest.mark.parametrize("words", [["log", "-n"], ["log", "--skip"], ["op", "log", "-n"]])
def test_numbers_beyond_any_count(three, words):
    three(*words, "9" * 30)
