"""Whole outputs of `tdv merge`, and what merging does to the stage and the working copy."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tdv.model.oid import Kind
from tdv.repo.repository import Repo

TOML = '[dataset.all]\npaths = ["*.jsonl", "*.csv"]\nkey = "id"\n'


def rows(*pairs):
    return "".join(f'{{"id": {key}, "text": "{text}", "label": "x"}}\n' for key, text in pairs)


BASE = rows((1, "one"), (2, "two"), (3, "three"), (4, "four"))


@pytest.fixture
def base(tdv):
    """One commit with a keyed file."""
    tdv.commit("base", tdv__toml=TOML, a__jsonl=BASE, b__bin="b\n")
    return tdv


def sides(tdv, theirs, ours, **more):
    """A branch `side` with one version of a.jsonl, and main with another."""
    tdv("switch", "-c", "side")
    their = tdv.commit("side", a__jsonl=theirs, **more)
    tdv("switch", "main")
    return tdv.commit("main", a__jsonl=ours), their


@pytest.fixture
def conflicted(base):
    """A merge with a conflict in row 2."""
    theirs = BASE.replace('"two"', '"zwei"').replace('"four"', '"vier"')
    ours = BASE.replace('"two"', '"deux"').replace('"one"', '"un"')
    base.oids = sides(base, theirs, ours)
    base("merge", "side", code=1)
    return base


def read(tdv, path="a.jsonl"):
    return (tdv.folder / path).read_text()


def head(tdv):
    return tdv("debug", "rev-parse", "HEAD").out.strip()


def parents(tdv):
    return tdv("log", "-n", "1", "--json").json_lines[0]["parents"]


def test_fast_forward(base):
    first = head(base)
    base("switch", "-c", "side")
    oid = base.commit("side", c__txt="c\n")
    base("switch", "main")
    result = base("merge", "--dry-run", "side")
    assert result.err == (
        f"Would fast-forward {first[:10]}..{oid[:10]}\n 1 file: 1 added; 1 row more.\n"
    )
    assert head(base) == first
    result = base("merge", "side")
    assert (result.out, result.err) == (
        "",
        f"Fast-forward {first[:10]}..{oid[:10]}\n 1 file: 1 added; 1 row more.\n",
    )
    assert head(base) == oid
    assert read(base, "c.txt") == "c\n"
    assert base("status", "-s").out == ""
    again = base("merge", "side")
    assert again.err == f"Already up to date: HEAD has {oid[:10]}.\n"


def test_no_ff_makes_a_commit(base):
    first = head(base)
    base("switch", "-c", "side")
    oid = base.commit("side", c__txt="c\n")
    base("switch", "main")
    result = base("merge", "--no-ff", "-m", "Take it", "side")
    assert result.err == f"[main {head(base)[:10]}] Take it\n 1 file: 1 added; 1 row more.\n"
    assert parents(base) == [first, oid]


def test_ff_only_is_refused_where_both_went_on(base):
    mine, _ = sides(base, BASE + rows((5, "five")), BASE.replace("one", "un"))
    result = base("merge", "--ff-only", "side", code=4)
    assert result.err == (
        "error: `main` cannot be fast-forwarded to branch 'side': both have commits that the "
        "other has not; nothing was changed.\n"
        "hint: `tdv merge` without `--ff-only` merges them.\n"
    )
    assert head(base) == mine


def test_both_changed_other_rows(base):
    theirs = BASE.replace('"four", "label": "x"', '"four", "label": "y"') + rows((5, "five"))
    ours = BASE.replace('"four"', '"vier"').replace('"one"', '"un"')
    mine, their = sides(base, theirs, ours, c__txt="c\n")
    result = base("merge", "side")
    assert result.out == "merged:    a.jsonl  +1 ~1 rows\n"
    assert result.err == (
        f"[main {head(base)[:10]}] Merge branch 'side'\n"
        " 2 files: 1 added, 1 changed; 2 rows more.\n"
    )
    assert read(base) == (
        rows((1, "un"), (2, "two"), (3, "three"))
        + '{"id": 4, "text": "vier", "label": "y"}\n'
        + rows((5, "five"))
    )
    assert parents(base) == [mine, their]
    assert base("status", "-s").out == ""
    assert base("fsck").code == 0


def test_a_conflict(conflicted):
    mine, _ = conflicted.oids
    assert head(conflicted) == mine
    # The rows that merge are merged, the one in conflict holds ours.
    assert read(conflicted) == rows((1, "un"), (2, "deux"), (3, "three"), (4, "vier"))
    result = conflicted("merge", "side", code=4)
    assert result.err == (
        "error: A merge is in progress, so `merge` has to wait; nothing was changed.\n"
        "hint: `tdv merge --continue` finishes it, `tdv merge --abort` takes it back.\n"
    )
    for words in (("switch", "side"), ("commit", "--amend"), ("revert", "HEAD")):
        assert "in progress" in conflicted(*words, code=4).err
    assert "as a whole" in conflicted("commit", "-m", "m", "a.jsonl", code=2).err


def test_what_a_merge_with_conflicts_says(base):
    sides(base, BASE.replace("two", "zwei"), BASE.replace("two", "deux"))
    dry = base("merge", "--dry-run", "side", code=1)
    assert dry.out == "conflict:  a.jsonl  1 row in conflict\n"
    assert dry.err == "warning: There would be 1 conflict in 1 file; nothing was changed.\n"
    assert base("status", "-s").out == ""
    result = base("merge", "side", code=1)
    assert result.out == "conflict:  a.jsonl  1 row in conflict\n"
    assert result.err == (
        "warning: 1 conflict in 1 file. Rows in conflict hold this side's values meanwhile.\n"
        "hint: `tdv conflicts` shows them. `tdv resolve KEY --ours|--theirs|--base|--union` "
        "decides, or edit the rows and `tdv add` the file; `tdv merge --continue` then finishes, "
        "`tdv merge --abort` takes all of it back.\n"
    )


def test_json(base):
    mine, their = sides(base, BASE.replace("two", "zwei"), BASE.replace("two", "deux"))
    document = base("merge", "--dry-run", "--json", "side", code=1).json
    (bases,) = document.pop("bases")
    assert bases == base("debug", "rev-parse", "HEAD~1").out.strip()
    assert document.pop("files") == [
        {
            "path": "a.jsonl",
            "outcome": "conflict",
            "old_path": None,
            "rows": {
                "added": 0,
                "removed": 0,
                "changed": 0,
                "moved": 0,
                "formatted": 0,
                "reordered": False,
                "formatting_only": False,
            },
            "conflicts": 1,
            "reason": None,
        }
    ]
    assert document == {
        "schema": "tdv.merge/1",
        "outcome": "conflicts",
        "dry_run": True,
        "head_before": mine,
        "theirs": their,
        "commit": None,
        "conflicts": 1,
    }


def test_status_of_a_merge(conflicted):
    _, their = conflicted.oids
    assert conflicted("status").out == (
        "On branch main\n"
        f"A merge of {their[:10]} (side) is in progress: 1 of 1 conflict left.\n"
        "  (`tdv resolve` decides, `tdv merge --continue` then finishes it, "
        "`tdv merge --abort` takes it back)\n"
        "\n"
        "In conflict (`tdv conflicts` shows the rows; `tdv resolve`, or editing and `tdv add`, "
        "settles them):\n"
        "  a.jsonl  1 row\n"
    )
    assert conflicted("status", "--porcelain").out == "UU a.jsonl\n"
    document = conflicted("status", "--json").json
    assert document["merging"] == {
        "kind": "merge",
        "theirs": their,
        "conflicts_found": 1,
        "conflicts_left": 1,
    }
    assert document["conflicts"] == [
        {"path": "a.jsonl", "kind": "row", "conflicts": 1, "reason": None}
    ]
    assert not document["clean"]


def test_conflicts_cannot_be_committed(conflicted):
    for words in (("commit", "-m", "m"), ("commit", "-a"), ("merge", "--continue")):
        result = conflicted(*words, code=4)
        assert result.err.startswith(
            "error: Not all conflicts of the merge are resolved: `a.jsonl` (1 row); nothing was "
            "committed.\n"
        )


def test_continue(conflicted):
    mine, their = conflicted.oids
    conflicted("resolve", "--theirs")
    assert conflicted("status").out.splitlines()[1] == (
        f"A merge of {their[:10]} (side) is in progress; no conflict is left."
    )
    result = conflicted("merge", "--continue")
    assert (
        result.err == f"[main {head(conflicted)[:10]}] Merge branch 'side'\n 1 file: 1 changed.\n"
    )
    assert parents(conflicted) == [mine, their]
    assert read(conflicted) == rows((1, "un"), (2, "zwei"), (3, "three"), (4, "vier"))
    result = conflicted("merge", "--continue", code=3)
    assert result.err == (
        "error: No merge is in progress.\nhint: `tdv op log` lists what was done.\n"
    )


def test_commit_finishes_a_merge(conflicted):
    conflicted("resolve", "--ours")
    conflicted("commit", "-m", "Mine")
    assert parents(conflicted) == list(conflicted.oids)
    assert conflicted("log", "-n", "1", "--oneline").out.endswith(" Mine\n")


def test_editing_a_row_resolves_its_conflict(conflicted):
    conflicted.write("a.jsonl", read(conflicted).replace('"three"', '"drei"'))
    result = conflicted("add", "a.jsonl")
    assert result.err == (
        "Staged: 1 changed.\n"
        "hint: A conflict stays while its row, or file, is as the merge left it: edit that, or "
        "decide with `tdv resolve KEY|PATH --ours`.\n"
    )
    conflicted.write("a.jsonl", read(conflicted).replace('"deux"', '"both"'))
    assert conflicted("add", "a.jsonl").err == (
        "Staged: 1 changed.\n1 conflict resolved; none is left.\n"
    )
    conflicted("commit")
    assert read(conflicted) == rows((1, "un"), (2, "both"), (3, "drei"), (4, "vier"))


def test_commit_all_takes_edits_as_decisions(conflicted):
    conflicted.write("a.jsonl", read(conflicted).replace('"deux"', '"both"'))
    conflicted("commit", "-a")
    assert parents(conflicted) == list(conflicted.oids)


def test_removing_the_row_resolves_its_conflict(conflicted):
    conflicted.write("a.jsonl", rows((1, "un"), (3, "three"), (4, "vier")))
    assert "none is left" in conflicted("add", "a.jsonl").err


def test_removing_the_file_resolves_its_conflicts(conflicted):
    conflicted("rm", "-f", "a.jsonl")
    conflicted("commit")
    assert conflicted("ls").out.count("a.jsonl") == 0


def test_moving_a_file_with_conflicts_has_to_wait(conflicted):
    result = conflicted("mv", "a.jsonl", "c.jsonl", code=4)
    assert result.err.startswith("error: `a.jsonl` has conflicts and is not moved.\n")


def test_abort(conflicted):
    mine, _ = conflicted.oids
    result = conflicted("merge", "--abort")
    assert result.err == "The merge was taken back; 1 file written.\n"
    assert head(conflicted) == mine
    assert read(conflicted) == rows((1, "un"), (2, "deux"), (3, "three"), (4, "four"))
    assert conflicted("status", "-s").out == ""
    result = conflicted("merge", "--abort", code=3)
    assert result.err == (
        "error: No merge is in progress.\nhint: `tdv op log` lists what was done.\n"
    )


def test_abort_keeps_what_was_edited_for_undo(conflicted):
    edited = read(conflicted).replace('"deux"', '"both"')
    conflicted.write("a.jsonl", edited)
    conflicted.write("b.bin", "edited\n")
    conflicted.write("new.txt", "new\n")
    conflicted("add", "new.txt")
    result = conflicted("merge", "--abort")
    assert result.err == (
        "The merge was taken back; 1 file written.\n"
        "What had been edited since in 1 file was kept: `tdv undo` brings it back.\n"
    )
    # What the merge did not touch stays; what was staged since is staged no more.
    assert conflicted("status", "-s").out == " M b.bin\n?? new.txt\n"
    conflicted("undo")
    assert read(conflicted) == edited
    assert conflicted("status", "-s").out == "UU a.jsonl\n M b.bin\nA  new.txt\n"
    conflicted("add", "a.jsonl")
    conflicted("commit")
    assert conflicted("cat", "HEAD:a.jsonl").out == edited


def test_undo_of_a_merge(base):
    mine, _ = sides(base, BASE + rows((5, "five")), BASE.replace("one", "un"))
    before = read(base)
    base("merge", "side")
    base("undo")
    assert head(base) == mine
    assert read(base) == before
    assert base("status", "-s").out == ""
    base("redo")
    assert parents(base)[0] == mine


def test_unsaved_work_in_the_way(base):
    mine, _ = sides(base, BASE + rows((5, "five")), BASE.replace("one", "un"), c__txt="c\n")
    base.write("a.jsonl", "edited\n")
    result = base("merge", "side", code=4)
    assert result.err.startswith(
        "error: Unsaved work in `a.jsonl` would be overwritten; nothing was changed.\n"
    )
    base("restore", "a.jsonl")
    base.write("c.txt", "mine\n")
    assert "`c.txt`" in base("merge", "side", code=4).err
    base("add", "c.txt")
    result = base("merge", "side", code=4)
    assert result.err.startswith("error: What is staged in `c.txt` would become part of the merge")
    assert head(base) == mine
    assert read(base, "c.txt") == "mine\n"
    base("rm", "--cached", "-f", "c.txt")
    (base.folder / "c.txt").unlink()
    base.write("b.bin", "edited, and in nobody's way\n")
    base("merge", "side")
    assert base("status", "-s").out == " M b.bin\n"


def test_strategies(base):
    mine, _ = sides(base, BASE.replace("two", "zwei"), BASE.replace("two", "deux"))
    base("merge", "--strategy", "theirs", "side")
    assert '"zwei"' in read(base)
    base("undo")
    base("merge", "-X", "ours", "side")
    assert '"deux"' in read(base)
    assert parents(base)[0] == mine
    assert base("merge", "-X", "octopus", "side", code=2).err == (
        "error: There is no strategy `octopus`; there are `ours`, `theirs` and `union`.\n"
    )


def test_union_keeps_what_both_have(base):
    theirs = BASE.replace('"x"', '["a", "b"]', 1)
    sides(base, theirs, BASE.replace('"x"', '["c"]', 1))
    base("merge", "--strategy", "union", "side")
    assert '"label": ["c", "a", "b"]' in read(base).replace('","', '", "')


def test_squash(base):
    mine, _ = sides(base, BASE + rows((5, "five")), BASE.replace("one", "un"))
    result = base("merge", "--squash", "side")
    assert result.err.endswith("The result is staged and not committed: `tdv commit` does that.\n")
    assert head(base) == mine
    base("commit")
    assert parents(base) == [mine]
    assert base("log", "-n", "1", "--oneline").out.endswith("Squashed branch 'side'\n")


def test_no_commit(base):
    oids = sides(base, BASE + rows((5, "five")), BASE.replace("one", "un"))
    base("merge", "--no-commit", "side")
    base.write("n.txt", "note\n")
    base("add", "n.txt")
    base("merge", "--continue", "-m", "With a note")
    assert parents(base) == list(oids)
    assert base("cat", "HEAD:n.txt").out == "note\n"


def test_a_key_for_this_merge_only(tdv):
    text = '{"n": 1, "v": "a"}\n{"n": 2, "v": "b"}\n'
    tdv.commit("base", a__jsonl=text)
    # Rows that were moved and changed are told apart by their key alone.
    sides(tdv, text.replace('"b"', '"c"'), '{"n": 2, "v": "b"}\n{"n": 1, "v": "other"}\n')
    tdv("merge", "--key", "n", "side")
    assert read(tdv) == '{"n": 2, "v": "c"}\n{"n": 1, "v": "other"}\n'


def test_a_key_that_no_row_has(base):
    mine, _ = sides(base, BASE.replace("two", "zwei"), BASE.replace("one", "un"))
    result = base("merge", "--key", "uid", "side", code=2)
    assert result.err == (
        "error: Rows of `a.jsonl` have no field `uid`, which is to be their key.\n"
        "hint: `tdv diff --schema` or `tdv cat PATH --rows :1` shows the fields.\n"
    )
    assert head(base) == mine


def test_unrelated_histories(base):
    repo = Repo.open(base.folder)
    commit = replace(repo.commit(repo.resolve("HEAD")), parents=(), message="alone")
    with repo.writing() as writer:
        oid = writer.put(Kind.COMMIT, commit.to_bytes())
        writer.publish()
        with repo.transaction("test") as change:
            change.set_ref("refs/heads/alone", oid)
            change.commit()
    base.commit("more", c__txt="c\n")
    result = base("merge", "alone", code=3)
    assert result.err == (
        "error: `main` and branch 'alone' have no commit in common.\n"
        "hint: `--allow-unrelated-histories` merges them all the same.\n"
    )
    base("merge", "--allow-unrelated-histories", "alone")
    assert parents(base)[1] == str(oid)
    assert read(base) == BASE


def test_files_changed_on_one_side(base):
    base("switch", "-c", "side")
    base.write("b.bin", "theirs\n")
    base("rm", "a.jsonl")
    base.commit("side")
    base("switch", "main")
    base("mv", "b.bin", "c.bin")
    base.commit("main", d__txt="d\n")
    result = base("merge", "side")
    # Their change follows the file to its new name.
    assert result.out == ""
    assert base("ls", "--name-only").out.split() == ["c.bin", "d.txt", "tdv.toml"]
    assert read(base, "c.bin") == "theirs\n"


def test_their_rename_is_followed(base):
    base("switch", "-c", "side")
    base("mv", "a.jsonl", "z.jsonl")
    base("commit", "-m", "side")
    base("switch", "main")
    base.commit("main", a__jsonl=BASE.replace("one", "un"))
    result = base("merge", "side")
    assert result.out == "renamed:   a.jsonl -> z.jsonl\n"
    assert read(base, "z.jsonl") == BASE.replace("one", "un")
    assert not (base.folder / "a.jsonl").exists()
    assert base("status", "-s").out == ""


@pytest.mark.parametrize("choice", ["ours", "theirs"])
def test_a_blob_that_both_changed(base, choice):
    base("switch", "-c", "side")
    base.commit("side", b__bin="theirs\n")
    base("switch", "main")
    base.commit("main", b__bin="ours\n")
    result = base("merge", "side", code=1)
    assert result.out == "conflict:  b.bin  changed on both sides\n"
    assert read(base, "b.bin") == "ours\n"
    assert base("status", "-s").out == "UU b.bin\n"
    base("resolve", "b.bin", f"--{choice}")
    base("commit")
    assert read(base, "b.bin") == f"{choice}\n"


@pytest.mark.parametrize("choice", ["ours", "theirs", "base", "union"])
def test_removed_here_and_changed_there(base, choice):
    changed = BASE.replace("one", "un")
    base("switch", "-c", "side")
    base.commit("side", a__jsonl=changed)
    base("switch", "main")
    base("rm", "a.jsonl")
    base("commit", "-m", "main")
    result = base("merge", "side", code=1)
    assert result.out == "conflict:  a.jsonl  removed here, changed there\n"
    assert not (base.folder / "a.jsonl").exists()
    assert base("status", "-s").out == "DU a.jsonl\n"
    assert base("status").out.splitlines()[-1] == "  a.jsonl  removed here, changed there"
    base("resolve", "a.jsonl", f"--{choice}")
    base("merge", "--continue")
    content = {"ours": None, "theirs": changed, "base": BASE, "union": changed}[choice]
    there = (base.folder / "a.jsonl").exists()
    assert (read(base) if there else None) == content
    assert base("status", "-s").out == ""


def test_changed_here_and_removed_there(base):
    base("switch", "-c", "side")
    base("rm", "a.jsonl")
    base("commit", "-m", "side")
    base("switch", "main")
    base.commit("main", a__jsonl=BASE.replace("one", "un"))
    assert base("merge", "side", code=1).out == (
        "conflict:  a.jsonl  changed here, removed there\n"
    )
    assert base("status", "-s").out == "UD a.jsonl\n"
    base("resolve", "--theirs")
    base("commit")
    assert not (base.folder / "a.jsonl").exists()


def test_a_file_in_the_place_of_a_folder_is_refused(base):
    base("switch", "-c", "side")
    base.write("x/y.txt", "y\n")
    base.commit("side")
    base("switch", "main")
    mine = base.commit("main", x="a file\n")
    result = base("merge", "side", code=4)
    assert result.err == (
        "error: One side has the file `x/y.txt`, the other `x`: one would be a folder of the "
        "other; nothing was changed.\n"
        "hint: `tdv mv` renames one of them on its branch; merge then.\n"
    )
    assert head(base) == mine
    base("switch", "side")
    assert "`x/y.txt`" in base("merge", "main", code=4).err


def test_names_that_differ_in_case_are_refused(base):
    base("switch", "-c", "side")
    base.commit("side", x__txt="x\n")
    base("switch", "main")
    base.commit("main", X__txt="X\n")
    assert "one name on file systems" in base("merge", "side", code=3).err
    assert base("status", "-s").out == ""


def test_the_description_is_merged_first(tdv):
    described = "# datasets\n# of ours\n# and theirs\n"
    tdv.commit("base", tdv__toml=described, a__jsonl=BASE)
    tdv("switch", "-c", "side")
    theirs = BASE.replace('"three", "label": "x"', '"three", "label": "y"')
    tdv.commit("side", tdv__toml=described + TOML, a__jsonl=theirs)
    tdv("switch", "main")
    ours = rows((4, "four"), (3, "drei"), (2, "two"), (1, "one"))
    tdv.commit("main", tdv__toml=described.replace("# d", "# D"), a__jsonl=ours)
    tdv("merge", "side")
    assert read(tdv, "tdv.toml") == described.replace("# d", "# D") + TOML
    assert read(tdv).count('{"id": 3, "text": "drei", "label": "y"}') == 1


def test_descriptions_in_conflict(tdv):
    tdv.commit("base", tdv__toml=TOML)
    tdv("switch", "-c", "side")
    tdv.commit("side", tdv__toml=TOML.replace('"id"', '"uid"'))
    tdv("switch", "main")
    tdv.commit("main", tdv__toml=TOML.replace('"id"', '"key"'))
    assert tdv("merge", "side", code=1).out == "conflict:  tdv.toml  changed on both sides\n"
    tdv("resolve", "tdv.toml", "--theirs")
    tdv("commit")
    assert '"uid"' in read(tdv, "tdv.toml")


def test_criss_cross(base):
    """Both sides merged the other's first commit, and decided the conflict in their own way."""
    sides(base, BASE.replace("two", "zwei"), BASE.replace("two", "deux"))
    base("branch", "main-one", "main")
    base("merge", "-X", "ours", "side")
    base("switch", "side")
    base("merge", "-X", "ours", "main-one")
    base.commit("more", a__jsonl=read(base) + rows((5, "five")))
    base("switch", "main")
    result = base("merge", "side", code=1)
    # The base has neither decision, so that neither wins in silence.
    assert base("conflicts", "--json").json_lines[0]["fields"] == [
        {"field": "text", "base": "two", "ours": "deux", "theirs": "zwei"}
    ]
    assert '"five"' in read(base), result
    base("resolve", "2", "--ours")
    base("commit")
    base("switch", "side")
    assert "Fast-forward" in base("merge", "main").err


def test_wrong_words(base):
    base("branch", "side")
    for words, said in (
        (("merge",), "`tdv merge` needs a branch or commit."),
        (("merge", "--no-ff", "--ff-only", "side"), "`--no-ff` and `--ff-only` contradict"),
        (("merge", "--abort", "--continue"), "`--abort` and `--continue` contradict"),
        (("merge", "--abort", "side"), "takes no revision"),
        (("merge", "--squash", "--no-ff", "side"), "`--no-ff` has no meaning"),
        (("rebase", "main"), "There is no command `rebase`."),
    ):
        result = base(*words, code=2)
        assert said in result.err
    assert "`tdv merge BRANCH` brings its rows in" in base("rebase", "-i", code=2).err
    assert "`nowhere`" in base("merge", "nowhere", code=3).err


def test_on_a_detached_head(base):
    mine, their = sides(base, BASE + rows((5, "five")), BASE.replace("one", "un"))
    base("checkout", "--detach", "main")
    base("merge", "side")
    assert parents(base) == [mine, their]
    assert base("debug", "rev-parse", "main").out.strip() == mine


def test_into_a_branch_without_commits(base):
    oid = head(base)
    base("branch", "old")
    assert "Already up to date" in base("merge", "old").err
    assert head(base) == oid
