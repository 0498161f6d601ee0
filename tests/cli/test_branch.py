"""Whole outputs of `tdv branch`."""

from __future__ import annotations

import pytest


@pytest.fixture
def two(tdv):
    """Two commits on main; `side` at the first."""
    tdv.oids = [tdv.commit("one", a__txt="1\n"), tdv.commit("two", a__txt="2\n")]
    tdv("branch", "side", "HEAD~1")
    return tdv


def at(tdv, revision):
    return tdv("debug", "rev-parse", revision).out.strip()


def test_list(two):
    assert two("branch").out == "* main\n  side\n"
    one, last = (oid[:10] for oid in two.oids)
    assert two("branch", "-v").out == f"* main {last} two\n  side {one} one\n"
    two("branch", "team/x")
    assert two("branch", "-l", "team/*", "s*").out == "  side\n  team/x\n"
    assert two("branch", "--json").json == {
        "schema": "tdv.branch/1",
        "branches": [
            {"name": "main", "commit": two.oids[1], "current": True},
            {"name": "side", "commit": two.oids[0], "current": False},
            {"name": "team/x", "commit": two.oids[1], "current": False},
        ],
    }


def test_list_of_an_empty_repository(tdv):
    assert tdv("branch").out == ""
    assert tdv("branch", "--show-current").out == "main\n"


def test_detached(two):
    two("checkout", "HEAD~1")
    assert two("branch").out == f"* (HEAD detached at {two.oids[0][:10]})\n  main\n  side\n"
    assert two("branch", "--show-current").out == "\n"


def test_create(two):
    result = two("branch", "new/one")
    assert (result.out, result.err) == (
        "",
        f"Created the branch `new/one` at {two.oids[1][:10]}.\n",
    )
    assert at(two, "new/one") == two.oids[1]
    assert two("branch", "--show-current").out == "main\n", "HEAD stays"


def test_create_where_there_is_one(two):
    result = two("branch", "side", code=3)
    assert result.err == (
        "error: The branch `side` exists already.\n"
        "hint: `tdv switch side` moves to it; `tdv branch -f` lets it point elsewhere.\n"
    )
    two("branch", "-f", "side")
    assert at(two, "side") == two.oids[1]
    result = two("branch", "-f", "main", "HEAD~1", code=4)
    assert result.err.startswith("error: HEAD is on the branch `main`, which therefore stays")


def test_create_beside_a_name_that_is_its_folder(two):
    result = two("branch", "side/x", code=3)
    assert result.err == (
        "error: `refs/heads/side/x` cannot be created beside `refs/heads/side`: one would be a "
        "folder of the other.\n"
        "hint: Choose another name, or rename or delete the other one first.\n"
    )


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["a..b"], 2, "'a..b' is not a valid branch name: it contains '..'."),
        (["x", "nope"], 3, "There is no branch, tag or commit `nope`."),
        (["a", "b", "c"], 2, "A branch has one name and one start."),
        (["-d"], 2, "Which branch is to be deleted?"),
        (["-m"], 2, "Renaming takes one or two names."),
        (["-d", "-m", "x"], 2, "Deleting, renaming and showing branches do not go together."),
        (["-d", "sied"], 3, "There is no branch `sied`."),
        (["-m", "sied", "x"], 3, "There is no branch `sied`."),
        (["-m", "side", "main"], 3, "The branch `main` exists already."),
        (["-m", "side", "a b"], 2, "'a b' is not a valid branch name: it contains ' '."),
        (["--contains", "nope"], 3, "There is no branch, tag or commit `nope`."),
    ],
)
def test_errors(two, words, code, message):
    assert two("branch", *words, code=code).err.startswith(f"error: {message}")
    assert two("branch").out == "* main\n  side\n"


def test_before_the_first_commit(tdv):
    assert tdv("branch", "x", code=3).err.startswith("error: `HEAD` names nothing yet")


def test_delete(two):
    result = two("branch", "-d", "side")
    assert result.err == f"Deleted the branch `side` (it was at {two.oids[0][:10]}).\n"
    assert two("branch").out == "* main\n"
    assert at(two, "side@{1}") == two.oids[0], "the operation log still has it"


def test_delete_of_the_current_branch(two):
    result = two("branch", "-D", "main", code=4)
    assert result.err == (
        "error: The branch `main` cannot be deleted: HEAD is on it.\n"
        "hint: `tdv switch` to another branch first.\n"
    )


def test_delete_of_unmerged_work(two):
    two("checkout", "side")
    result = two("branch", "-d", "main", code=4)
    assert result.err == (
        "error: The branch `main` has commits that HEAD does not have.\n"
        "hint: `tdv branch -D main` deletes it all the same.\n"
    )
    two("branch", "-D", "main")
    assert two("branch").out == "* side\n"


def test_delete_is_all_or_nothing(two):
    two("branch", "-d", "side", "nope", code=3)
    assert two("branch").out == "* main\n  side\n"


def test_rename(two):
    assert two("branch", "-m", "side", "edge").err == "Renamed the branch `side` to `edge`.\n"
    two("branch", "-m", "main/line")
    assert two("branch").out == "  edge\n* main/line\n"
    assert at(two, "HEAD") == two.oids[1]
    two("branch", "-m", "main")
    two("commit", "--allow-empty", "-m", "three")
    assert at(two, "main~1") == two.oids[1]


def test_rename_over_another(two):
    two("branch", "-M", "side")
    assert two("branch").out == "* side\n"
    assert at(two, "side") == two.oids[1]


def test_rename_of_a_branch_without_commits(tdv):
    tdv("branch", "-m", "trunk")
    assert tdv("branch", "--show-current").out == "trunk\n"
    tdv.commit("one", a__txt="1\n")
    assert tdv("branch").out == "* trunk\n"


def test_contains(two):
    assert two("branch", "--contains", "HEAD").out == "* main\n"
    assert two("branch", "--contains", "HEAD~1").out == "* main\n  side\n"


def test_torn_ref(two):
    two("branch", "other")
    (two.folder / ".tdv/refs/heads/side").write_bytes(b"")
    result = two("branch", code=3)
    assert "refs/heads/side does not hold an oid" in result.err


def test_a_torn_ref_of_the_branch_that_head_is_on_comes_back(two):
    whole = (two.folder / ".tdv/refs/heads/main").read_bytes()
    (two.folder / ".tdv/refs/heads/main").write_bytes(b"")
    two("branch", "-d", "side", code=None)
    two("branch", "other")
    assert (two.folder / ".tdv/refs/heads/main").read_bytes() == whole
