"""Whole outputs of `tdv add`, `rm`, `mv`, `status`, `checkout`, `switch` and `restore`."""

from __future__ import annotations

import os

import pytest


def at(tdv, revision):
    return tdv("debug", "rev-parse", revision).out.strip()


@pytest.fixture
def two(tdv):
    """Two commits on main."""
    tdv.oids = [
        tdv.commit("one", a__jsonl='{"n": 1}\n{"n": 2}\n', b__txt="b\n"),
        tdv.commit("two", a__jsonl='{"n": 1}\n{"n": 3}\n{"n": 4}\n'),
    ]
    return tdv


def test_status_of_a_new_repository(tdv):
    assert tdv("status").out == (
        "On branch main\nNo commits yet\nNothing to commit, the working copy is clean.\n"
    )


def test_status(two):
    two.write("a.jsonl", '{"n": 1}\n{"n": 4}\n{"n": 5}\n')
    two.write("c d/e.txt", "c\n")
    two("rm", "b.txt")
    result = two("status")
    assert (result.out, result.err) == (
        "On branch main\n"
        "\n"
        "Staged for the next commit (`tdv restore --staged PATH` takes them out):\n"
        "  deleted:    b.txt  -1 row\n"
        "\n"
        "Not staged (`tdv add PATH` stages them, `tdv restore PATH` undoes them):\n"
        "  modified:   a.jsonl  +1 -1 rows\n"
        "\n"
        "Untracked (`tdv add PATH` tracks them):\n"
        "  c d/\n",
        "",
    )
    assert two("status", "-s").out == " M a.jsonl\nD  b.txt\n?? c d/\n"
    assert two("status", "--porcelain", "-uall").out == " M a.jsonl\nD  b.txt\n?? c d/e.txt\n"
    assert two("status", "-s", "c d").out == "?? c d/\n"
    assert two("status", "-z").out == " M a.jsonl\0D  b.txt\0?? c d/\0"
    assert two("status", "-sb", "-uno").out == "## main\n M a.jsonl\nD  b.txt\n"
    assert "rows" not in two("status", "--no-rows").out
    document = two("status", "--json").json
    assert document["schema"] == "tdv.status/1"
    assert document["commit"] == two.oids[1]
    (change,) = document["unstaged"]
    assert (change["path"], change["kind"]) == ("a.jsonl", "modified")
    assert (change["rows"]["added"], change["rows"]["removed"]) == (1, 1)


def test_status_from_a_subfolder(two, monkeypatch):
    two.write("d/x.txt", "x\n")
    monkeypatch.chdir(two.folder / "d")
    assert two("status", "-s").out == "?? ./\n"
    two.write("b.txt", "bb\n")
    assert two("status", "-s").out == " M ../b.txt\n?? ./\n"
    assert two("status", "--porcelain").out == " M b.txt\n?? d/\n"


def test_status_of_unusual_names_and_ignored_files(tdv):
    tdv.write("line\nbreak", "")
    tdv.write("x.tmp", "")
    tdv.write(".tdvignore", "*.tmp\n")
    assert tdv("status", "-s", "--ignored").out == ('?? .tdvignore\n?? "line\\nbreak"\n!! x.tmp\n')
    assert tdv("status", "-z").out == "?? .tdvignore\0?? line\nbreak\0"


def test_a_rename_is_found(two):
    two("mv", "b.txt", "d.txt")
    assert two("status", "-s").out == "R  b.txt -> d.txt\n"
    assert "renamed:    b.txt -> d.txt\n" in two("status").out
    assert two("status", "--porcelain", "-z").out == "R  d.txt\0b.txt\0"


def test_add(tdv):
    tdv.write("a.txt", "1\n")
    tdv.write("d/b.txt", "2\n")
    assert tdv("add", "--dry-run", ".").out == "add a.txt\nadd d/b.txt\n"
    assert tdv("status", "-s").out == "?? a.txt\n?? d/\n"
    assert tdv("add", "d").err == "Staged: 1 added.\n"
    assert tdv("add", ".").err == "Staged: 1 added.\n"
    assert tdv("add", ".").err == "Nothing to stage: all of it is in the stage.\n"
    tdv.write("a.txt", "3\n")
    (tdv.folder / "d" / "b.txt").unlink()
    tdv.write("new", "")
    assert tdv("add", "-u").err == "Staged: 1 changed, 1 removed.\n"
    assert tdv("status", "-s").out == "A  a.txt\n?? new\n"


def test_what_add_refuses(tdv):
    tdv.write(".tdvignore", "*.tmp\n")
    tdv.write("x.tmp", "")
    assert "needs to know what to add" in tdv("add", code=2).err
    assert tdv("add", "nowhere", code=3).err.startswith(
        "error: `nowhere` matches no file of the working copy.\n"
    )
    assert tdv("add", "../elsewhere", code=3).err.startswith("error: ../elsewhere lies outside")
    result = tdv("add", "x.tmp", code=2)
    assert result.err == (
        "error: `x.tmp` is ignored.\n"
        "hint: `tdv add -f` adds it all the same; `tdv debug check-ignore` names the line that "
        "ignores it.\n"
    )
    tdv("add", "-f", "x.tmp")


def test_add_check(tdv):
    tdv.write("a.jsonl", '{"n": 1}\nbroken\n{"n": 2}\n')
    result = tdv("add", "--check", ".", code=1)
    assert result.out.startswith("a.jsonl: line 2: ")
    assert result.err == (
        "error: 1 row does not decode; nothing was staged.\n"
        "hint: Correct them, or add without `--check`: such rows are kept as they are.\n"
    )
    assert tdv("status", "-s").out == "?? a.jsonl\n"
    tdv("add", ".")
    assert tdv("add", "--check", ".", code=1).out.startswith("a.jsonl: line 2: ")
    tdv.write("a.jsonl", '{"n": 1}\n')
    tdv("add", "--check", ".")


def test_rm(two):
    two.write("b.txt", "edited\n")
    result = two("rm", "b.txt", code=4)
    assert result.err == (
        "error: Unsaved work in `b.txt` would be removed; nothing was changed.\n"
        "hint: `tdv rm -f` removes them all the same, `--cached` keeps them in the working copy.\n"
    )
    assert two("rm", "--cached", "b.txt").out == "removed b.txt\n"
    assert two("status", "-s").out == "D  b.txt\n?? b.txt\n"
    assert two("rm", "--dry-run", "a.jsonl").out == "would remove a.jsonl\n"
    assert "is a folder" in two("rm", ".", code=2).err
    two("rm", "-r", ".")
    assert sorted(os.listdir(two.folder)) == [".tdv", "b.txt"]


def test_rm_untracked(two):
    two.write("x", "")
    two.write("d/y", "")
    two.write(".tdvignore", "*.tmp\n")
    two("add", ".tdvignore")
    two.write("z.tmp", "")
    result = two("rm", "--untracked")
    assert result.out == "would remove d/y\nwould remove x\n"
    assert result.err == "hint: `--yes` removes 2 files.\n"
    assert two("rm", "--untracked", "--yes", "d").out == "removed d/y\n"
    assert not (two.folder / "d").exists()
    assert two("rm", "--untracked", "-x", "--yes").out == "removed x\nremoved z.tmp\n"
    assert two("status", "-s").out == "A  .tdvignore\n"


def test_mv(two):
    two.write("b2.txt", "mine\n")
    assert two("mv", "b.txt", "b2.txt", code=4).err == (
        "error: `b2.txt` exists already; nothing was moved.\nhint: `tdv mv -f` replaces it.\n"
    )
    assert two("mv", "-f", "b.txt", "b2.txt").out == "moved b.txt -> b2.txt\n"
    (two.folder / "d").mkdir()
    two("mv", "a.jsonl", "b2.txt", "d")
    assert sorted(os.listdir(two.folder / "d")) == ["a.jsonl", "b2.txt"]
    two("mv", "d", "e")
    assert two("status", "-s").out == "R  a.jsonl -> e/a.jsonl\nR  b.txt -> e/b2.txt\n"
    assert "into itself" in two("mv", "e", "e/f", code=2).err
    assert "not in the stage" in two("mv", "nowhere", "x", code=3).err
    two("mv", "e/a.jsonl", "a.txt")
    assert two("ls", "--help").code == 0


def test_checkout_and_switch(two):
    first, last = two.oids
    result = two("checkout", "HEAD~1")
    assert (result.out, result.err) == (
        "",
        f"HEAD is now detached at {first[:10]} one\n"
        "hint: Commits made here belong to no branch: `tdv switch -c NAME` makes one, "
        "`tdv switch -` goes back.\n"
        "1 file written.\n",
    )
    assert two("status").out.startswith(f"HEAD detached at {first[:10]}\n")
    assert (two.folder / "a.jsonl").read_text() == '{"n": 1}\n{"n": 2}\n'
    assert two("switch", "-").err == (
        f"Switched to branch `main`.\nHEAD was at {first[:10]}.\n1 file written.\n"
    )
    assert two("switch", "-c", "side", "HEAD~1").err == (
        "Switched to the new branch `side`.\n1 file written.\n"
    )
    assert two("checkout", "main").err == "Switched to branch `main`.\n1 file written.\n"
    assert two("checkout", "main").err == "Already on `main`.\n"
    assert at(two, "HEAD") == last
    two("checkout", "-b", "other")
    assert two("branch", "--show-current").out == "other\n"
    assert two("switch", "-c", "side", code=2).err.startswith(
        "error: There is a branch `side` already.\n"
    )
    assert two("switch", "HEAD~1", code=2).err.startswith("error: `HEAD~1` is not a branch.\n")
    assert two("switch", "nope", code=3).err.startswith("error: There is no branch `nope`.\n")
    two("switch", "--detach", "main")


def test_commits_that_are_left_behind(two):
    first, _ = two.oids
    two("checkout", "HEAD~1")
    two("commit", "--allow-empty", "-m", "aside")
    aside = at(two, "HEAD")
    assert two("checkout", "main").err == (
        f"Switched to branch `main`.\nHEAD was at {aside[:10]}.\n"
        f"hint: No branch or tag leads to it any more: `tdv branch NAME {aside[:10]}` makes one.\n"
        "1 file written.\n"
    )
    two("tag", "kept", aside)
    two("checkout", aside)
    assert two("checkout", first).err == (
        f"HEAD is now detached at {first[:10]} one\nHEAD was at {aside[:10]}.\n"
    )


def test_restore_of_what_is_not_there(two):
    two("rm", "a.jsonl")
    two("commit", "-m", "gone")
    assert two("restore", "a.jsonl", code=3).err == (
        "error: `a.jsonl` matches no file of the stage.\n"
        "hint: `tdv log -- PATH` lists the commits that changed it, "
        "`tdv restore --source REV PATH` takes it from one that had it.\n"
    )


def test_local_changes(two):
    two.write("a.jsonl", "mine\n")
    result = two("checkout", "HEAD~1", code=4)
    assert result.err == (
        "error: Unsaved work in `a.jsonl` would be overwritten; nothing was changed.\n"
        "hint: Commit the changes (`tdv commit -a`) or undo them (`tdv restore PATH`), or move the "
        "files away, and run the command again.\n"
    )
    two("checkout", "--", "a.jsonl")
    two.write("b.txt", "kept\n")
    two("checkout", "HEAD~1")
    assert two("status", "-s").out == " M b.txt\n"
    assert (two.folder / "b.txt").read_text() == "kept\n"
    assert two("switch", "-f", "main").err.endswith(
        "hint: Unsaved work in 1 file was thrown away: `tdv undo` brings it back.\n"
    )
    assert two("status", "-s").out == ""
    two("undo")
    assert (two.folder / "b.txt").read_text() == "kept\n"


def test_paths_and_revisions(two):
    two.write("main", "a file named as the branch\n")
    assert two("checkout", "main", code=2).err == (
        "error: `main` is both a revision and a path.\n"
        "hint: Write `tdv checkout main --` for the revision, `tdv checkout -- main` for the "
        "path.\n"
    )
    two("checkout", "main", "--")
    assert two("checkout", "HEAD~1", "--", "a.jsonl").err == (
        "Restored 1 file in the stage and 1 file in the working copy.\n"
    )
    assert two("status", "-s").out == "M  a.jsonl\n?? main\n"
    assert two("checkout", "HEAD~1", "--", "main", code=3).err.startswith(
        "error: `main` matches no file of HEAD~1.\n"
    )


def test_restore(two):
    two.write("a.jsonl", "mine\n")
    two("add", "a.jsonl")
    two.write("a.jsonl", "mine again\n")
    assert two("restore", "a.jsonl").err == "Restored 1 file in the working copy.\n"
    assert (two.folder / "a.jsonl").read_text() == "mine\n"
    assert two("restore", "--staged", ".").err == "Restored 1 file in the stage.\n"
    assert two("status", "-s").out == " M a.jsonl\n"
    two("restore", "--source", "HEAD~1", "a.jsonl")
    assert (two.folder / "a.jsonl").read_text() == '{"n": 1}\n{"n": 2}\n'
    assert two("status", "-s").out == " M a.jsonl\n"
    two("restore", "-S", "-W", "*.jsonl")
    assert two("status", "-s").out == ""
    assert two("restore", "a.jsonl").err == "Nothing to restore: no file differs.\n"
    assert two("restore", "nowhere", code=3).err.startswith("error: `nowhere` matches no file of")


def test_an_earlier_interruption_shows(two):
    from tdv.model.operation import FilesChange
    from tdv.repo import interruption
    from tdv.repo.repository import Repo
    from tdv.store.trees import EMPTY_TREE

    repo = Repo.open(two.folder)
    interruption.begin(repo.folder, FilesChange(EMPTY_TREE, repo.head_tree()))
    assert "A command was interrupted while it changed files: run it again.\n" in two("status").out
    two("checkout", "main")
    assert "interrupted" not in two("status").out
