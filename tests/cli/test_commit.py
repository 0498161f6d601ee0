"""Whole outputs of `tdv commit`."""

from __future__ import annotations

import io
import stat
import sys

import pytest

HINT = "hint: `tdv commit -m 'what changed and why'` gives one.\n"


@pytest.fixture
def one(tdv):
    """A repository with one commit of a.jsonl (2 rows) and b.txt."""
    tdv.commit("one", a__jsonl='{"n":1}\n{"n":2}\n', b__txt="x\n")
    return tdv


def head(tdv, revision="HEAD"):
    return tdv("debug", "rev-parse", revision).out.strip()


def cat(tdv, target):
    return tdv("cat", target).out


def last(tdv):
    return tdv("log", "-n", "1", "--json").json_lines[0]


def test_first_and_second(tdv):
    tdv.write("a.jsonl", '{"n":1}\n{"n":2}\n')
    tdv.write("b.txt", "x\n")
    tdv("add", ".")
    result = tdv("commit", "-m", "first\n\nand why")
    assert result.out == ""
    assert result.err == (
        f"[main (first commit) {head(tdv)[:10]}] first\n 2 files: 2 added; 3 rows more.\n"
    )
    tdv.write("a.jsonl", '{"n":1}\n')
    (tdv.folder / "b.txt").unlink()
    tdv("add", "-A")
    result = tdv("commit", "-m", "second")
    assert result.err == (
        f"[main {head(tdv)[:10]}] second\n 2 files: 1 removed, 1 changed; 2 rows less.\n"
    )
    assert tdv("commit", "-qm", "third", "--allow-empty").err == ""


def test_nothing_to_commit(one):
    before = head(one)
    result = one("commit", "-m", "again", code=1)
    assert result.err == (
        "error: There is nothing to commit: the stage is the same as HEAD.\n"
        "hint: `tdv add` stages changes, `tdv commit -a` commits all changes of tracked files.\n"
    )
    assert one("commit", code=1).err == result.err, "also before a message is asked for"
    assert head(one) == before
    one("commit", "-m", "again", "--allow-empty")
    assert head(one, "HEAD~1") == before


def test_empty_repository(tdv):
    assert tdv("commit", "-m", "x", code=1).err.startswith("error: There is nothing to commit")
    tdv("commit", "-m", "x", "--allow-empty")


def test_messages(one, monkeypatch):
    one("commit", "--allow-empty", "-m", "subject", "-m", "body  \n\n\n\nend\n\n")
    assert last(one)["message"] == "subject\n\nbody\n\nend"
    one.write("message", "# kept\r\nfrom a file\n")
    one("commit", "--allow-empty", "-F", "message")
    assert last(one)["message"] == "# kept\nfrom a file"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("über\n".encode())))
    one("commit", "--allow-empty", "-F", "-")
    assert last(one)["message"] == "über"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-m", " \n "], "The message is empty; nothing was committed."),
        (["-m", "a\0b"], "The message contains a NUL byte."),
        (["-m", "a\udcff"], "The message is not valid UTF-8."),
        (["-m", "a", "-F", "b"], "A message comes from `-m` or from `-F`, not from both."),
        (["-F", "none"], "The message cannot be read from none: No such file or directory."),
        (["-a", "a.jsonl", "-m", "x"], "Paths and `-a` together make no sense: "),
        (["-m", "x", "--author", "Ada"], "'Ada' does not name an author."),
        ([], "There is no message, and no terminal to write one at."),
    ],
)
def test_usage_errors_commit_nothing(one, words, message):
    before = head(one)
    result = one("commit", "--allow-empty", *words, code=2)
    assert result.err.startswith(f"error: {message}")
    assert head(one) == before


def test_all_tracked(one):
    one.write("a.jsonl", '{"n":3}\n')
    (one.folder / "b.txt").unlink()
    one.write("new.txt", "n\n")
    one("commit", "-am", "all")
    assert one("ls", "--name-only").out == "a.jsonl\n"
    assert cat(one, "HEAD:a.jsonl") == '{"n":3}\n'


def test_paths_alone_are_committed(one):
    one.write("a.jsonl", '{"n":3}\n')
    one.write("b.txt", "staged\n")
    one("add", "b.txt")
    result = one("commit", "a.jsonl", "-m", "only a")
    assert result.err.endswith(" 1 file: 1 changed; 1 row less.\n")
    assert cat(one, "HEAD:a.jsonl") == '{"n":3}\n'
    assert cat(one, "HEAD:b.txt") == "x\n"
    assert cat(one, ":b.txt") == "staged\n"
    one("commit", "-m", "b")
    assert cat(one, "HEAD:b.txt") == "staged\n"


def test_paths_take_the_working_content_not_the_staged(one):
    one.write("a.jsonl", '{"n":3}\n')
    one("add", "a.jsonl")
    one.write("a.jsonl", '{"n":4}\n')
    one("commit", "-m", "x", "--", "a.jsonl")
    assert cat(one, "HEAD:a.jsonl") == '{"n":4}\n'
    one("commit", "-m", "nothing is left", code=1)
    assert one("commit", "-m", "x", "a.jsonl", code=1).err == (
        "error: There is nothing to commit: HEAD holds these paths as they are.\n"
    )


def test_path_that_is_gone_is_removed(one):
    (one.folder / "b.txt").unlink()
    one("commit", "b.txt", "-m", "gone")
    assert one("ls", "--name-only").out == "a.jsonl\n"


def test_unknown_path(one):
    before = head(one)
    result = one("commit", "nope", "-m", "x", code=3)
    assert "nope" in result.err
    assert head(one) == before


def test_from_a_subfolder(one, monkeypatch):
    one.write("d/c.txt", "1\n")
    one("add", ".")
    one("commit", "-m", "d")
    one.write("d/c.txt", "2\n")
    monkeypatch.chdir(one.folder / "d")
    one("commit", "c.txt", "-m", "c")
    assert cat(one, "HEAD:d/c.txt") == "2\n"


def test_amend(one):
    first = last(one)
    one.write("a.jsonl", '{"n":3}\n')
    one("commit", "-am", "two", TDV_AUTHOR_NAME="Bob", TDV_AUTHOR_DATE="@50")
    two = last(one)
    one.write("b.txt", "y\n")
    one("commit", "--amend", "-a")
    amended = last(one)
    assert amended["parents"] == two["parents"] == [first["commit"]]
    assert (amended["message"], amended["author"]) == ("two", two["author"])
    assert amended["committer"]["name"] == "Ada"
    assert cat(one, "HEAD:b.txt") == "y\n"
    one("commit", "--amend", "--reset-author", "-m", "deux")
    assert (last(one)["message"], last(one)["author"]["name"]) == ("deux", "Ada")
    assert head(one, "HEAD@{2}") == two["commit"]


def test_amend_the_first_commit(one):
    one("commit", "--amend", "-m", "uno")
    assert last(one)["parents"] == []
    assert last(one)["message"] == "uno"


def test_amend_to_nothing(one):
    one.write("b.txt", "y\n")
    one("commit", "-am", "two")
    one.write("b.txt", "x\n")
    before = head(one)
    assert "would change nothing" in one("commit", "--amend", "-am", "two", code=1).err
    assert head(one) == before


def test_amend_before_the_first_commit(tdv):
    assert tdv("commit", "--amend", "-m", "x", code=3).err == (
        "error: There is no commit to amend yet.\nhint: `tdv commit` makes the first one.\n"
    )


def test_author_and_dates(one):
    one(
        "commit", "--allow-empty", "-m", "x", "--author", "Bob B <b@x>",
        TDV_AUTHOR_DATE="2026-01-02T03:04:05+02:00", TDV_COMMITTER_DATE="@7 -0130",
    )  # fmt: skip
    assert last(one)["author"] == {
        "name": "Bob B",
        "email": "b@x",
        "date": "2026-01-02T03:04:05+02:00",
    }
    assert last(one)["committer"] == {
        "name": "Ada",
        "email": "ada@example.org",
        "date": "1969-12-31T22:30:07-01:30",
    }


def test_a_file_that_moved_is_neither_added_nor_removed(tdv):
    tdv.commit("one", a__jsonl='{"n":1}\n', b__jsonl='{"n":2}\n', empty="")
    tdv("mv", "a.jsonl", "c.jsonl")
    tdv("rm", "b.jsonl", "empty")
    tdv.write("new", "")
    tdv("add", "new")
    assert tdv("commit", "-m", "two").err.split("\n")[1] == (
        " 4 files: 1 added, 2 removed, 1 renamed; 1 row less."
    )


def test_who_has_no_name_is_told_once(tdv):
    del tdv.env["TDV_AUTHOR_NAME"], tdv.env["TDV_AUTHOR_EMAIL"]
    hint = "hint: You are `"
    assert hint in tdv("commit", "--allow-empty", "-m", "one").err
    assert hint not in tdv("commit", "--allow-empty", "-m", "two").err
    tdv("config", "set", "user.name", "Ada")
    tdv("config", "set", "user.email", "ada@example.org")
    tdv("switch", "-c", "again")
    assert hint not in tdv("commit", "--allow-empty", "--amend", "-m", "one").err


def test_missing_author_does_not_stop(one):
    del one.env["TDV_AUTHOR_NAME"], one.env["TDV_AUTHOR_EMAIL"]
    one("commit", "--allow-empty", "-m", "x")
    assert last(one)["author"]["name"]
    assert "@" in last(one)["author"]["email"]


def test_same_input_gives_the_same_commit(tdv):
    tdv.env["SOURCE_DATE_EPOCH"] = "1000000000"
    oids = set()
    for name in ("x", "y"):
        folder = str(tdv.folder / name)
        tdv("init", folder)
        tdv.write(f"{name}/a.csv", "a,b\n1,2\n")
        tdv("-C", folder, "add", ".")
        tdv("-C", folder, "commit", "-m", "same")
        oids.add(tdv("-C", folder, "debug", "rev-parse", "HEAD").out)
    assert len(oids) == 1


def test_detached_head(one):
    one("commit", "--allow-empty", "-m", "two")
    one("checkout", "HEAD~1")
    result = one("commit", "--allow-empty", "-m", "aside")
    assert result.err.startswith(f"[HEAD detached {head(one)[:10]}] aside\n")
    assert head(one, "main~1") == head(one, "HEAD~1")


def test_editor(one, monkeypatch):
    script = one.write("editor.sh", '#!/bin/sh\nprintf "edited\\n# no\\n" > "$2"; exit $CODE\n')
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr("tdv.cli.editor.can_edit", lambda session: True)
    env = {"EDITOR": f"{script} --wait", "CODE": "0", "PATH": "/usr/bin:/bin"}
    one("commit", "--allow-empty", **env)
    assert last(one)["message"] == "edited"
    result = one("commit", "--allow-empty", code=2, **{**env, "CODE": "3"})
    assert f"The editor `{script} --wait` ended with code 3" in result.err
    assert list((one.folder / ".tdv/tmp").iterdir()) == []


def test_not_a_repository(outside):
    result = outside("commit", "-m", "x", code=3)
    assert result.err == (
        f"error: Neither {outside.folder} nor a folder above it is a tdv repository.\n"
        "hint: `tdv init` makes one here.\n"
    )
