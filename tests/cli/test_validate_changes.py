"""What a change to the data or to `tdv.toml` must not hide, with what was remembered before it."""

from __future__ import annotations

import json

import pytest

ROW = '{{"id": "{}", "text": "{}"}}\n'
GOOD = ROW.format(1, "wake me at six") + ROW.format(2, "play some jazz")
BAD = ROW.format(1, "wake me at six") + ROW.format(1, "")
TOML = """\
[dataset.a]
paths = ["a/*.jsonl"]
key = "id"
"""


def document(tdv, *words, code=0):
    found = json.loads(tdv("validate", "--json", *words, code=code).data)
    del found["run"]
    return found


@pytest.fixture
def changed(tdv):
    """A branch on which the data goes bad, and `tdv.toml` leaves its folder out."""
    tdv.write("a/x.jsonl", GOOD)
    tdv.commit("good", tdv__toml=TOML)
    tdv("switch", "-c", "other")
    tdv.write("a/x.jsonl", BAD)
    tdv.commit("bad", tdv__toml=TOML.replace("a/*", "b/*"))
    return tdv


@pytest.mark.parametrize("words", [[], ["HEAD"], ["--staged"]])
def test_config_of_the_base_branch_says_which_files_count(changed, words):
    changed("validate", *words, code=2)
    found = changed("validate", *words, "--config", "main", code=1)
    assert "a/x.jsonl:2 (1): `text`" in found.out


def test_config_needs_no_other_tdv_toml_that_can_be_read(changed):
    changed.write("tdv.toml", "[dataset")
    changed("validate", code=2)
    changed("validate", "--config", "main", code=1)
    changed("validate", "--isolated", code=1)


@pytest.mark.parametrize("gate", ["min_examples = 1", "max_duplicates = 0.5"])
def test_a_threshold_of_a_dataset_without_files_does_not_hold(tdv, gate):
    more = '[dataset.b]\npaths = ["b/*.jsonl"]\n'
    tdv.write("b/x.jsonl", GOOD)
    tdv.commit("one", tdv__toml=f"{TOML}{more}[gate]\n{gate}\n")
    found = tdv("validate", code=1)
    assert "No file belongs to the dataset `a` of tdv.toml." in found.out
    assert "Thresholds: 1 passed, 1 failed" in found.out
    tdv("validate", "b/x.jsonl")
    assert "no findings new since HEAD" in tdv("validate", "--new-from", "HEAD", code=1).out


def test_new_from_takes_the_schema_file_of_the_change(tdv):
    schema = {"properties": {"q": {"type": "integer"}}}
    tdv.write("schemas/a.json", json.dumps(schema))
    tdv.write("a/x.jsonl", '{"id": "1", "q": "x"}\n')
    tdv.commit("one", tdv__toml=f'{TOML}schema = "schemas/a.json"\n')
    tdv("validate", "--new-from", "HEAD")
    tdv.write("a/x.jsonl", '{"id": "1", "q": "x"}\n{"id": "2", "q": "y"}\n')
    found = tdv("validate", "--new-from", "HEAD", "-o", "concise", code=1)
    assert [line.split()[1] for line in found.out.splitlines()] == ["FLD002"]
    assert found.out.startswith("a/x.jsonl:2:1: ")


def test_a_file_that_goes_to_another_dataset_is_judged_with_its_rows(tdv):
    toml = '[dataset.a]\npaths = [{}]\nkey = "id"\n[dataset.b]\npaths = [{}]\nkey = "id"\n'
    for name in ("one", "two", "three"):
        tdv.write(f"{name}.jsonl", ROW.format(1, f"this is of {name}"))
    tdv.commit("one", tdv__toml=toml.format('"one.jsonl", "two.jsonl"', '"three.jsonl"'))
    before = document(tdv)
    tdv.write("tdv.toml", toml.format('"two.jsonl"', '"one.jsonl", "three.jsonl"'))
    after = document(tdv)
    assert after == document(tdv, "--no-cache")
    assert after["validation_id"] != before["validation_id"]


def test_equal_records_below_another_header_are_other_rows(tdv):
    names = ("text", "label")
    toml = '[dataset.a]\npaths = ["*.csv"]\n' + "".join(f'{name} = "{name}"\n' for name in names)
    rows = "".join(f"{n},this is the text of row {n},label {n % 5}\n" for n in range(9000))
    tdv.commit("one", tdv__toml=toml, a__csv=f"id,text,label\n{rows}")
    assert document(tdv)["metrics"]["avg_sequence_length_words"] == 7
    tdv.write("a.csv", f"id,label,text\n{rows}")
    after = document(tdv)
    assert after["metrics"]["avg_sequence_length_words"] == 2
    assert after == document(tdv, "--no-cache")


def test_an_unused_entry_of_allow_is_told_where_all_was_validated(tdv):
    tdv.write("a/x.jsonl", GOOD)
    allow = '[[allow]]\ncode = "TXT"\nkey = "77"\nreason = "none"\n'
    tdv.commit("one", tdv__toml=f"{TOML}{allow}[gate]\nmax_duplicates = 0.5\n")
    assert document(tdv, "a/x.jsonl")["counts"]["warning"] == 0
    assert document(tdv)["counts"]["warning"] == 1
    assert document(tdv, "HEAD")["issues"][0]["path"] == "HEAD:tdv.toml"
    assert document(tdv, "a/x.jsonl")["counts"]["warning"] == 0


def test_the_same_rules_have_the_same_hash_wherever_they_are_from(tdv):
    tdv.write("a/x.jsonl", GOOD)
    tdv.commit("one", tdv__toml=f"{TOML}[gate]\nmax_duplicates = 0.5\n")
    found = [document(tdv, *words) for words in ([], ["HEAD"], ["--staged"])]
    assert len({each["validation_id"] for each in found}) == 1
    assert len({each["rules"]["digest"] for each in found}) == 1
    origins = [each["thresholds"][0]["from"] for each in found]
    assert origins == ["tdv.toml", "HEAD:tdv.toml", "the stage:tdv.toml"]


@pytest.mark.parametrize("name", ["..", "../x.jsonl", "/etc/passwd", "a" * 5000, "a\\u0000b"])
def test_a_media_file_is_below_the_root_and_has_a_possible_name(tdv, name):
    toml = '[dataset.a]\npaths = ["*.jsonl"]\nmedia = "audio"\n'
    tdv.commit("one", tdv__toml=toml, x__jsonl=f'{{"audio": "{name}"}}\n')
    shown = "x.jsonl:1:1: MED001 `audio` names"
    for words in ([], ["HEAD"]):
        assert tdv("validate", "--select", "MED", "-o", "concise", *words).out.startswith(shown)


def test_a_media_file_outside_of_a_repository(outside):
    outside.write("tdv.toml", '[dataset.a]\npaths = ["*.jsonl"]\nmedia = "audio"\n')
    outside.write("x.jsonl", f'{{"audio": "{"a" * 5000}"}}\n{{"audio": "x.jsonl"}}\n')
    found = outside("validate", "--select", "MED", "-o", "concise")
    assert len(found.out.splitlines()) == 1


def test_what_has_to_be_trusted_is_the_rule_file_of_the_base_branch(tdv):
    toml = f'{TOML}[rules]\nown = ["mine.py"]\n'
    tdv.write("a/x.jsonl", GOOD)
    tdv.commit("one", tdv__toml=toml, mine__py="1")
    tdv.write("mine.py", "2")
    hint = "hint: Read it, then run `tdv config trust {}mine.py`."
    assert hint.format("main:") in tdv("validate", "--config", "main", code=2).err
    assert hint.format("HEAD:") in tdv("validate", "HEAD", code=2).err
    assert hint.format("") in tdv("validate", code=2).err
    assert hint.format("") in tdv("validate", "--staged", code=2).err
