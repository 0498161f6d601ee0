"""`tdv fsck` finds every kind of damage and says what it affects."""

from __future__ import annotations

import pytest

from tdv.api import Repo


@pytest.fixture
def repo(tdv):
    """Two commits; `big.jsonl` has several chunks, and one row differs between the two."""
    repo = Repo.open(tdv.folder)
    rows = [{"id": number, "text": f"{number * 7919:x} " * 40} for number in range(6000)]
    repo.commit({"big.jsonl": rows, "d/small.csv": b"x\n1\n"}, "one")
    rows[5000]["text"] = "changed"
    repo.commit({"big.jsonl": rows}, "two")
    return repo


def packs_of(tdv):
    return sorted((tdv.folder / ".tdv" / "packs").glob("pack-*"))


def flip(path, at):
    data = bytearray(path.read_bytes())
    data[at] ^= 0xFF
    path.chmod(0o644)
    path.write_bytes(data)


def chunks_of(tdv, target):
    return tdv("debug", "ls-chunks", target, "--json").json_lines


def test_an_unharmed_repository(tdv, repo):
    result = tdv("fsck")
    assert result.out == ""
    assert result.err.startswith("Nothing is damaged: ")
    assert result.err.endswith(" 2 commits, 3 operations.\n")
    document = tdv("fsck", "--json").json
    assert (document["damage"], document["commits"], document["schema"]) == ([], 2, "tdv.fsck/1")


def test_an_empty_repository(tdv):
    assert tdv("fsck").err.startswith("Nothing is damaged: 0 objects in 0 packs")


def test_a_flipped_byte_names_the_object_the_commits_and_the_file(tdv, repo):
    chunk = chunks_of(tdv, "HEAD~1:big.jsonl")[0]
    pack = tdv.folder / ".tdv" / "packs" / chunk["pack"]
    flip(pack, 200)
    document = tdv("fsck", "--json", code=3).json
    assert {damage["what"] for damage in document["damage"]} >= {"pack", "object"}
    affected = [damage for damage in document["damage"] if damage["what"] == "object"]
    assert any("big.jsonl" in damage["files"] for damage in affected)
    assert any(damage["commit_count"] == 2 for damage in affected)


def test_the_words_for_damage(tdv, repo):
    chunk = chunks_of(tdv, "HEAD~1:big.jsonl")[0]
    flip(tdv.folder / ".tdv" / "packs" / chunk["pack"], 200)
    result = tdv("fsck", code=3)
    assert "    needed for big.jsonl\n" in result.out
    assert "    needed by 2 commits: " in result.out
    assert result.err.startswith("error: ")
    assert "\nhint: `tdv fsck --repair` saves what is whole." in result.err


@pytest.mark.parametrize("number", range(4))
def test_a_lost_pack_is_found_whichever_it_is(tdv, repo, number):
    packs = packs_of(tdv)
    packs[number % len(packs)].unlink()
    document = tdv("fsck", "--json", code=3).json
    missing = [damage for damage in document["damage"] if damage["what"] == "missing"]
    assert missing
    assert all("no pack has it" in damage["reason"] for damage in missing)


@pytest.mark.parametrize("at", [3, -3, -20, -60])
def test_damage_at_the_ends_of_a_pack(tdv, repo, at):
    flip(packs_of(tdv)[0], at)
    assert tdv("fsck", code=3).out


def test_a_pack_cut_short(tdv, repo):
    pack = packs_of(tdv)[0]
    data = pack.read_bytes()
    pack.chmod(0o644)
    pack.write_bytes(data[: len(data) // 2])
    assert tdv("fsck", code=3).out.startswith(f"pack {pack.name}\n")


@pytest.mark.parametrize(
    "content", [b"", b"zz\n", b"0" * 64 + b"\n"], ids=["empty", "torn", "zero"]
)
def test_a_damaged_ref(tdv, repo, content):
    # A ref that the newest operation did not write: only its file says what it is.
    repo.commit({"a": b"x"}, "on a branch", branch="other")
    repo.commit({"b": b"x"}, "on main")
    (tdv.folder / ".tdv" / "refs" / "heads" / "other").write_bytes(content)
    assert "ref refs/heads/other\n" in tdv("fsck", code=3).out


def test_a_lost_ref(tdv, repo):
    repo.commit({"a": b"x"}, "on a branch", branch="other")
    repo.commit({"b": b"x"}, "on main")
    (tdv.folder / ".tdv" / "refs" / "heads" / "other").unlink()
    assert "where the operation log says" in tdv("fsck", code=3).out


def test_a_damaged_operation_record(tdv, repo):
    flip(tdv.folder / ".tdv" / "oplog", 100)
    assert "operation" in tdv("fsck", code=3).out


def test_a_torn_operation_record_is_no_damage(tdv, repo):
    with (tdv.folder / ".tdv" / "oplog").open("ab") as log:
        log.write(b"\0\0\1\0half a record")
    result = tdv("fsck")
    assert "ends in a record that was not finished" in result.err


def test_a_file_format_that_is_damaged(tdv, repo):
    flip(tdv.folder / ".tdv" / "format", 5)
    assert tdv("fsck", code=3).err.startswith("error: ")


def test_nothing_to_repair(tdv, repo):
    result = tdv("fsck", "--repair")
    assert result.out == ""
    assert result.err.startswith("There was nothing to repair.\nNothing is damaged: ")


def test_repair_brings_back_what_the_log_knows(tdv, repo):
    tip = tdv("debug", "rev-parse", "main").out.strip()
    (tdv.folder / ".tdv/refs/heads/main").write_bytes(b"damaged")
    (tdv.folder / ".tdv/stage").unlink()
    result = tdv("fsck", "--repair")
    assert result.out == (
        f"repaired `main` stands on {tip[:10]} again.\nrepaired The stage is written again.\n"
    ).replace("`main`", "`refs/heads/main`")
    assert result.err.startswith("Nothing is damaged: ")
    assert (tdv.folder / ".tdv/refs/heads/main").read_text() == f"{tip}\n"


def test_a_repair_that_cannot_be_complete_says_so(tdv, repo):
    chunk = chunks_of(tdv, "HEAD~1:big.jsonl")[0]
    flip(tdv.folder / ".tdv" / "packs" / chunk["pack"], 200)
    result = tdv("fsck", "--repair", code=3)
    assert " of its objects are whole, and saved." in result.out
    assert "    needed for big.jsonl\n" in result.out
    assert result.err.startswith("error: ")
    assert len(list((tdv.folder / ".tdv/damaged").iterdir())) == 1
    document = tdv("fsck", "--repair", "--json", code=3).json
    assert (document["schema"], document["complete"]) == ("tdv.fsck-repair/1", False)
    assert document["damage"]


def test_a_lost_index_is_built_again(tdv, repo):
    pack = packs_of(tdv)[0]
    flip(pack, -60)
    result = tdv("fsck", "--repair")
    assert result.out == f"repaired The index of {pack.name} is built again.\n"
    assert tdv("fsck").err.startswith("Nothing is damaged")
