"""Whole outputs of `tdv init`."""

from __future__ import annotations

import shutil
import subprocess

import pytest


def git(folder, *words):
    command = ["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=b", *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_new_repository(outside):
    result = outside("init")
    folder = outside.folder / ".tdv"
    assert result.out == ""
    assert result.err == f"Created an empty repository in {folder}, on branch `main`.\n"
    assert (folder / "format").is_file()


def test_again_changes_nothing(outside):
    outside("init", "-b", "trunk")
    result = outside("init")
    assert result.err == (
        f"There is a repository in {outside.folder}/.tdv already; nothing was changed.\n"
    )
    assert outside("branch", "--show-current").out == "trunk\n"


def test_folder_and_branch(outside):
    result = outside("init", "new/place", "--initial-branch", "team/first")
    assert result.err.endswith("new/place/.tdv, on branch `team/first`.\n")
    assert outside("-C", "new/place", "branch", "--show-current").out == "team/first\n"


def test_branch_of_the_configuration(outside):
    outside("config", "set", "--user", "init.branch", "trunk")
    assert "on branch `trunk`" in outside("init").err


def test_branch_that_may_not_be(outside):
    result = outside("init", "-b", "a..b", code=2)
    assert result.err == "error: 'a..b' is not a valid branch name: it contains '..'.\n"
    assert not (outside.folder / ".tdv").exists()


def test_inside_another_repository(tdv):
    result = tdv("init", "inner")
    assert result.err.endswith(
        f"warning: It lies inside the repository at {tdv.folder}, which will not see its files.\n"
    )


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_git_is_told_once(outside):
    git(outside.folder, "init", "-q")
    exclude = outside.folder / ".git/info/exclude"
    before = exclude.read_text() if exclude.exists() else ""
    assert f"git ignores `.tdv/` from now on ({exclude})." in outside("init").err
    assert exclude.read_text() == before + ".tdv/\n"
    assert git(outside.folder, "status", "--porcelain") == ""
    assert "ignores" not in outside("init").err
    assert exclude.read_text() == before + ".tdv/\n"


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_git_worktree_and_subfolder(outside):
    git(outside.folder, "init", "-q", "one")
    git(outside.folder / "one", "commit", "-qm", "x", "--allow-empty")
    git(outside.folder / "one", "worktree", "add", "-q", "../two")
    (outside.folder / "two/data").mkdir()
    outside("init", "two/data")
    assert git(outside.folder / "two", "status", "--porcelain") == ""
    text = (outside.folder / "one/.git/info/exclude").read_text()
    assert text.splitlines()[-1] == ".tdv/"


def test_folder_that_cannot_be_made(outside):
    outside.write("file", "x")
    result = outside("init", "file/below", code=3)
    assert result.err.startswith("error: ")
    assert "file" in result.err
