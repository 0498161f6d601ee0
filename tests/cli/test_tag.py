"""Whole outputs of `tdv tag`."""

from __future__ import annotations

import pytest


@pytest.fixture
def one(tdv):
    """A repository with one commit of a.jsonl."""
    tdv.oids = [tdv.commit("one", a__jsonl='{"id":1,"x":"a"}\n{"id":2,"x":"b"}\n')]
    return tdv


def at(tdv, revision):
    return tdv("debug", "rev-parse", revision).out.strip()


def test_light_tag(one):
    result = one("tag", "v1")
    assert (result.out, result.err) == ("", f"Tagged {one.oids[0][:10]} as `v1`.\n")
    assert at(one, "v1") == one.oids[0]
    assert (one.folder / ".tdv/refs/tags/v1").read_text() == one.oids[0] + "\n"


def test_annotated_tag(one):
    one("tag", "-a", "v1", "-m", "First", "-m", "release")
    assert at(one, "v1^{}") == one.oids[0]
    held = (one.folder / ".tdv/refs/tags/v1").read_text().strip()
    assert held != one.oids[0]
    assert one("tag", "--json").json == {
        "schema": "tdv.tag/1",
        "tags": [{"name": "v1", "commit": one.oids[0], "message": "First\n\nrelease"}],
    }
    assert "First" in one("show", "v1").out


def test_list_in_natural_order(one):
    for name in ("v1.10", "v1.9", "data/x", "v1.9b"):
        one("tag", name)
    assert one("tag").out == "data/x\nv1.9\nv1.9b\nv1.10\n"
    assert one("tag", "-l", "v1.1*", "d*").out == "data/x\nv1.10\n"
    assert one("tag", "-l", "x").out == ""


def test_existing_tag_stays(one):
    one("tag", "v1")
    one.commit("two", a__jsonl="{}\n")
    result = one("tag", "v1", code=3)
    assert result.err == (
        "error: The tag `v1` exists already; whoever uses it relies on it staying.\n"
        "hint: `tdv tag -f v1` moves it all the same.\n"
    )
    assert at(one, "v1") == one.oids[0]
    result = one("tag", "-f", "v1")
    assert result.err.endswith(f"as `v1` (it was at {one.oids[0][:10]}).\n")
    assert at(one, "v1") == at(one, "HEAD")


def test_delete(one):
    one("tag", "v1")
    one("tag", "-d", "v1", "v2", code=3)
    assert one("tag", "-d", "v1").err == f"Deleted the tag `v1` (it was {one.oids[0][:10]}).\n"
    assert one("tag").out == ""


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["-a", "v1"], 2, "An annotated tag needs a message."),
        (["-a"], 2, "A tag needs a name."),
        (["-d"], 2, "Which tag is to be deleted?"),
        (["-d", "x"], 3, "There is no tag `x`."),
        (["a b"], 2, "'a b' is not a valid tag name"),
        (["x", "nope"], 3, "There is no branch, tag or commit `nope`."),
        (["x", "HEAD", "HEAD"], 2, "A tag has one name and one commit."),
        (["-m", "", "x"], 2, "The message is empty"),
        (["--bump", "patch"], 2, "`--bump` is `major`, `minor` or `auto`, not `patch`."),
        (["--bump", "minor", "HEAD", "x"], 2, "`--bump` takes one commit."),
    ],
)
def test_errors(one, words, code, message):
    assert one("tag", *words, code=code).err.startswith(f"error: {message}")
    assert one("tag").out == ""


def test_versions_by_hand(one):
    result = one("tag", "--bump", "minor")
    assert (result.out, result.err) == ("v1.0\n", "first: There was no version before.\n")
    assert one("tag", "--bump", "minor").out == "v1.1\n"
    assert one("tag", "--bump", "major").out == "v2.0\n"
    one("tag", "v2.9")
    one("tag", "v10")
    assert one("tag", "--bump", "minor", "-m", "ten").out == "v2.10\n"
    tags = {tag["name"]: tag["message"] for tag in one("tag", "--json").json["tags"]}
    assert (tags["v1.0"], tags["v2.10"]) == ("v1.0", "ten")


@pytest.mark.parametrize(
    ("files", "version", "reason"),
    [
        ({"a__jsonl": '{"id":1,"x":"A"}\n'}, "v1.1", "minor: No field was removed or changed"),
        ({"a__jsonl": '{"id":1,"x":"a","y":0}\n'}, "v1.1", "minor: "),
        ({"b__txt": "new\n"}, "v1.1", "minor: "),
        ({"a__jsonl": '{"id":1}\n'}, "v2.0", "major: a.jsonl: the field `x` was removed.\n"),
        (
            {"a__jsonl": '{"id":"1","x":"a"}\n'},
            "v2.0",
            "major: a.jsonl: `id` was integer, and is string.\n",
        ),
        (
            {"a__jsonl": '{"id":1,"z":"a"}\n{"id":2,"z":"b"}\n'},
            "v2.0",
            "major: a.jsonl: the field `x` was renamed to `z`.\n",
        ),
    ],
)
def test_version_by_what_changed(one, files, version, reason):
    one("tag", "--bump", "auto")
    one.commit("two", **files)
    result = one("tag", "--bump", "auto")
    assert result.out == f"{version}\n"
    assert result.err.startswith(reason)


def test_removed_file_is_a_major_change(one):
    one("tag", "--bump", "auto")
    (one.folder / "a.jsonl").unlink()
    one("commit", "-am", "gone")
    document = one("tag", "--bump", "auto", "--json").json
    assert document == {
        "schema": "tdv.bump/1",
        "tag": "v2.0",
        "commit": at(one, "HEAD"),
        "previous": "v1.0",
        "bump": "major",
        "reasons": ["a.jsonl was removed."],
    }


def test_same_data_is_no_new_version(one):
    one("tag", "--bump", "auto")
    one("commit", "--allow-empty", "-m", "two")
    result = one("tag", "--bump", "auto", code=1)
    assert result.err.startswith("error: Nothing changed since v1.0; no version was tagged.\n")
