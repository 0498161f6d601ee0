"""`tdv validate -o …`, from the command line to the file: every form of one real validation."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import jsonschema_rs
import pytest

SCHEMA = Path(__file__).parent / "schemas" / "sarif-schema-2.1.0.json"
ROWS = [
    {
        "id": f"ex-{number}",
        "text": f"wake me at {number}",
        "expected_intent": "alarm",
        "expected_sentiment": "neutral",
        "expected_entities": [],
        "confidence": 0.9,
    }
    for number in range(20)
]
TOML = """\
[dataset.intents]
paths = ["data/*.jsonl"]
profile = "intent"
key = "id"

[gate]
max_duplicates = 0.01
"""


@pytest.fixture
def faulty(tdv):
    """A repository with a broken record, an empty text, and a text that stands twice."""
    rows = [{**row} for row in ROWS]
    rows[3]["text"] = "   "
    rows[7]["text"] = rows[5]["text"]
    lines = [json.dumps(row) for row in rows]
    lines[11] = lines[11][:20]
    tdv.commit("one", tdv__toml=TOML)
    tdv.write("data/a.jsonl", "".join(f"{line}\n" for line in lines))
    tdv("add", "-A")
    tdv("commit", "-m", "two")
    return tdv


def test_every_form_says_the_same(faulty):
    faulty(
        "validate", "-o", "json=out/a.json", "-o", "jsonl=out/a.jsonl", "-o", "sarif=out/a.sarif",
        "-o", "junit=out/a.xml", "-o", "concise=out/a.txt", "-o", "text=out/text.txt", code=1,
    )  # fmt: skip
    out = faulty.folder / "out"
    document = json.loads((out / "a.json").read_bytes())
    issues = document["issues"]
    places = {(each["code"], each["line"]) for each in issues}
    assert {("TXT001", 4), ("DUP003", 8), ("REC001", 12)} <= places
    assert document["total_examples"] == 20
    assert document["invalid_examples"] == 2
    assert document["counts"] == {
        level: sum(each["level"] == level for each in issues)
        for level in ("error", "warning", "info")
    }
    lines = [json.loads(line) for line in (out / "a.jsonl").read_bytes().splitlines()]
    assert [line["id"] for line in lines] == [each["id"] for each in issues]
    concise = (out / "a.txt").read_text().splitlines()
    assert len(concise) == len(issues)
    assert any(line.startswith("data/a.jsonl:12:1: REC001 ") for line in concise)
    sarif = json.loads((out / "a.sarif").read_bytes())
    jsonschema_rs.validator_for(SCHEMA.read_text("utf-8")).validate(sarif)
    assert [
        each["partialFingerprints"]["tdvFindingId/v1"] for each in sarif["runs"][0]["results"]
    ] == [each["id"] for each in issues]
    root = ElementTree.parse(out / "a.xml").getroot()
    cases = list(root.iter("testcase"))
    failed = {case.get("name") for case in cases if case.find("failure") is not None}
    assert {"REC001 undecodable", "TXT001 empty-text", "max_duplicates"} <= failed
    assert document["message"] in (out / "text.txt").read_text()


def test_the_threshold_that_fails_says_metric_got_and_need(faulty):
    text = faulty("validate", code=1).out
    assert (
        "\n  failed max_duplicates: duplicate_ratio of intents: got 0.05, need <= 0.01 (tdv.toml)\n"
        in text
    )


def test_all_but_the_run_is_the_same_byte_for_byte(faulty):
    cold = faulty("validate", "--json", code=1).out
    warm = faulty("validate", "--json", code=1).out
    alone = faulty("validate", "--json", "--no-cache", "-j", "1", code=1).out
    heads = {text.partition('\n  "run": ')[0] for text in (cold, warm, alone)}
    assert len(heads) == 1
    assert "issues" in heads.pop()


def test_json_on_stdout_leaves_the_outcome_to_stderr(faulty):
    result = faulty("validate", "--json", code=1)
    assert result.err == f"{result.json['message']}\n"


def test_a_workflow_of_github(faulty):
    summary = faulty.folder.parent / "summary.md"
    result = faulty("validate", "-o", "github", code=1, GITHUB_STEP_SUMMARY=str(summary))
    assert "Invalid: " in result.out
    assert "\n::error file=data/a.jsonl,line=12,title=REC001 undecodable::" in result.out
    assert summary.read_text().startswith("## tdv validate: intents\n")


def test_paths_as_seen_from_a_folder(faulty, monkeypatch):
    monkeypatch.chdir(faulty.folder / "data")
    result = faulty("validate", "-o", "concise", "-o", "sarif=a.sarif", code=1)
    assert "\na.jsonl:12:1: REC001 " in f"\n{result.out}"
    sarif = json.loads((faulty.folder / "data" / "a.sarif").read_bytes())
    places = [each["locations"][0]["physicalLocation"] for each in sarif["runs"][0]["results"]]
    assert {each["artifactLocation"]["uri"] for each in places} == {"data/a.jsonl"}


def test_bounds_change_what_is_shown_and_nothing_else(faulty):
    everything = faulty("validate", "--json", code=1).json
    bounded = faulty("validate", "--json", "--max-findings", "1", code=1).json
    assert len(bounded["issues"]) == 1
    assert bounded["issues_left_out"] == len(everything["issues"]) - 1
    for name in ("counts", "by_rule", "by_file", "message", "metrics", "validation_id"):
        assert bounded[name] == everything[name]
    counts = faulty("validate", "--statistics", code=1).out
    assert "       1     1  error    REC001 undecodable\n" in counts
    assert "data/a.jsonl:12" not in counts


def test_a_form_that_there_is_not_costs_no_validation(faulty):
    result = faulty("validate", "-o", "junitt=a.xml", code=2)
    assert result.err == (
        "error: There is no output format `junitt`.\nhint: Did you mean `-o junit`?\n"
    )
