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
