"""Whole outputs of `tdv op log`."""

from __future__ import annotations


def test_operations_newest_first(tdv):
    for name in ("TDV_COMMITTER_DATE", "TDV_AUTHOR_DATE"):
        tdv.env[name] = "2026-01-02T03:04:05+00:00"
    oid = tdv.commit("first words", a__txt="x\n")
    tdv("branch", "side")
    tdv("checkout", "--detach", code=None)
    tdv("tag", "v1")
    tdv("branch", "-d", "side")
    out = tdv("op", "log").out
    when = "2026-01-02T03:04:05+00:00  Ada"
    newest, change, *_ = out.splitlines()
    assert newest.split(maxsplit=1)[1] == f"{when}  tdv branch -d side"
    assert change == f"      refs/heads/side: {oid[:10]} -> nothing"
    assert (
        f"{when}  tdv commit -m 'first words'\n      refs/heads/main: nothing -> {oid[:10]}" in out
    )
    assert "stage: fe14832bd3 -> " in out
    assert out.endswith("  tdv init\n")


def test_limit(tdv):
    tdv.commit("one", a__txt="x\n")
    assert len(tdv("op", "log", "-n", "1", "--json").json_lines) == 1
    assert tdv("op", "log", "-n", "0").out == ""


def test_json(tdv):
    oid = tdv.commit("one", a__txt="x\n")
    newest, *_, first = tdv("op", "log", "--json").json_lines
    assert newest["schema"] == "tdv.op-log/1"
    assert newest["command"] == ["commit", "-m", "one"]
    assert newest["who"]["name"] == "Ada"
    assert newest["refs"] == [{"name": "refs/heads/main", "old": None, "new": oid}]
    assert newest["head_before"] == {"branch": "main", "commit": None}
    assert newest["head"] == {"branch": "main", "commit": oid}
    assert first["number"] == 1
    assert first["command"] == ["init"]


def test_command_that_changes_nothing_leaves_no_operation(tdv):
    tdv.commit("one", a__txt="x\n")
    before = tdv("op", "log").out
    tdv("add", ".")
    tdv("log")
    tdv("status", code=None)
    tdv("branch", "main", code=3)
    assert tdv("op", "log").out == before


def test_torn_tail_and_damage(tdv):
    tdv.commit("one", a__txt="x\n")
    path = tdv.folder / ".tdv/oplog"
    whole = path.read_bytes()
    before = tdv("op", "log").out
    path.write_bytes(whole + b"torn")
    assert tdv("op", "log").out == before
    path.write_bytes(whole[:60] + b"\xff" + whole[61:])
    result = tdv("op", "log", code=3)
    assert "is damaged: the record that ends at byte" in result.err
    assert result.out, "newer operations are shown"


def test_show(tdv):
    tdv.commit("one", a__txt="x\n", b__txt="y\n")
    tdv.write("a.txt", "edited\n")
    tdv.write("c.txt", "new\n")
    tdv("add", "c.txt")
    tdv("rm", "-f", "a.txt")
    shown = tdv("op", "show")
    assert shown.out.startswith(
        "operation 5\n"
        "Command: tdv rm -f a.txt\n"
        "Who:     Ada <ada@example.org>\n"
        "Date:    Fri Jan 2 03:04:05 2026 +0000\n"
        "\n"
        "stage: "
    )
    assert shown.out.endswith(
        "\nChanged in the stage:\n  D a.txt\n\nChanged in the working copy:\n  D a.txt\n"
    )
    assert tdv("op", "show", "4").out.endswith("\nChanged in the stage:\n  A c.txt\n")
    document = tdv("op", "show", "--json").json
    assert document["schema"] == "tdv.op-show/1"
    assert document["stage_changes"] == [{"path": "a.txt", "kind": "deleted"}]
    assert document["file_changes"] == [{"path": "a.txt", "kind": "deleted"}]
    assert document["files"]["after"] == document["stage"]
    assert document["files"]["before"] != document["stage_before"]
    assert (document["state"], document["oldest"]) == (5, 1)
    for number in ("0", "6"):
        assert tdv("op", "show", number, code=3).err == (
            f"error: There is no operation {number}.\nhint: `tdv op log` lists the operations.\n"
        )


def test_restore_goes_to_any_state(tdv):
    first = tdv.commit("one", a__txt="x\n")
    second = tdv.commit("two", a__txt="y\n")
    tdv("switch", "-c", "side", "HEAD~1")
    tdv("undo")
    tdv("branch", "-m", "trunk")
    dry = tdv("op", "restore", "3", "--dry-run").err
    assert dry.startswith("Would go back to the state behind operation 3: tdv commit -m one\n")
    done = tdv("op", "restore", "3").err.splitlines()
    assert done[0] == "Went back to the state behind operation 3: tdv commit -m one"
    assert done[-1] == (
        f"HEAD is on `main` at {first[:10]}; `trunk` is gone; `side` is gone; "
        "the stage is as it was."
    )
    assert (tdv.folder / "a.txt").read_text() == "y\n"
    assert tdv("status", "-s").out == " M a.txt\n"
    assert tdv("op", "restore", "9").err == "Operation 9 is the newest one already.\n"
    tdv("undo")
    assert tdv("debug", "rev-parse", "trunk").out.strip() == second
    tdv("redo")
    assert tdv("debug", "rev-parse", "main").out.strip() == first
    assert tdv("op", "restore", "99", code=3).err.startswith("error: There is no operation 99.")
    assert tdv("op", "log", "-n", "1", "--json").json_lines[0]["state"] == 9
