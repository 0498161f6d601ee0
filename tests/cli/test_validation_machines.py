"""A validation for CI servers: JUnit, SARIF and GitHub's workflow commands."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import jsonschema_rs
import pytest
from sample_reports import FAILED, found, full_report, report_of, written

from tdv.cli.render.validation import sarif
from tdv.quality.finding import Level
from tdv.quality.report import Covered

SCHEMA = Path(__file__).parent / "schemas" / "sarif-schema-2.1.0.json"
EVIL = "a\x00\x1b[31m\x9b\ufffe\ud800<b>&\"'\n]]>%"


# JUnit

GATE = "max_duplicates: duplicate_ratio of intents: got 0.07, need &lt;= 0.05 (tdv.toml)"
FAILURE = '<failure message="error: 7 findings" type="FLD001">'


def test_junit_whole():
    assert (
        written(full_report(), "junit")
        == f"""\
<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="tdv validate" tests="9" failures="2" errors="0" skipped="1">
  <testsuite name="[intents]" tests="1" failures="0" errors="0" skipped="0">
    <testcase classname="[intents]" name="LBL002 label-imbalance">
      <system-out>info: 1 finding
[intents]: `book` has 70 % of the rows.</system-out>
    </testcase>
  </testsuite>
  <testsuite name="eval.parquet" tests="2" failures="0" errors="0" skipped="0">
    <testcase classname="eval.parquet" name="FLD001 required"/>
    <testcase classname="eval.parquet" name="TXT003 long-text">
      <system-out>warning: 1 finding
eval.parquet:row4: The text has 400 words.
Split the text.</system-out>
    </testcase>
  </testsuite>
  <testsuite name="train.jsonl" tests="3" failures="1" errors="0" skipped="0">
    <testcase classname="train.jsonl" name="DUP003 duplicate-text">
      <system-out>warning: 1 finding
train.jsonl:10 (ex-9): The text is that of another row. See train.jsonl:3 (key ex-2).
Keep one of the rows.</system-out>
    </testcase>
    <testcase classname="train.jsonl" name="FLD001 required">
      {FAILURE}train.jsonl:1 (ex-0): text: The field is missing.
train.jsonl:2 (ex-1): text: The field is missing.
train.jsonl:3 (ex-2): text: The field is missing.
train.jsonl:4 (ex-3): text: The field is missing.
train.jsonl:5 (ex-4): text: The field is missing.
train.jsonl:6 (ex-5): text: The field is missing.
train.jsonl:7 (ex-6): text: The field is missing.
Fill in the field.</failure>
    </testcase>
    <testcase classname="train.jsonl" name="TXT003 long-text"/>
  </testsuite>
  <testsuite name="thresholds" tests="2" failures="1" errors="0" skipped="0">
    <testcase classname="thresholds intents" name="max_duplicates">
      <failure message="{GATE}" type="threshold">{GATE}</failure>
    </testcase>
    <testcase classname="thresholds intents" name="min_quality"/>
  </testsuite>
  <testsuite name="skipped" tests="1" failures="0" errors="0" skipped="1">
    <testcase classname="photo.png" name="validate">
      <skipped message="It has no rows."/>
    </testcase>
  </testsuite>
</testsuites>
"""
    )


def test_junit_names_the_first_twenty_of_a_case():
    report = report_of(
        [found("FLD001", path, row) for path in ("a.jsonl", "b.jsonl") for row in range(500)]
    )
    root = ElementTree.fromstring(written(report, "junit"))
    assert [len(suite) for suite in root] == [1, 1]
    for case in root.iter("testcase"):
        text = case.find("failure").text
        lines = text.splitlines()
        assert len(lines) == 22
        assert lines[19].endswith("jsonl:20: The field is missing.")
        assert lines[20] == "and 480 more"


def test_junit_of_findings_over_whole_files_and_in_their_rows():
    findings = [
        *(found("LBL002", path, None, "Unequal.") for path in ("a.jsonl", "b.jsonl")),
        *(found("FLD001", path, 1) for path in ("a.jsonl", "b.jsonl")),
    ]
    report = replace(report_of(findings), enumerate=lambda selected: iter(findings))
    root = ElementTree.fromstring(written(report, "junit"))
    assert [suite.get("name") for suite in root] == ["a.jsonl", "b.jsonl"]
    for suite in root:
        name = suite.get("name")
        text = suite.find(".//failure").text
        assert text == f"{name}:2: The field is missing.\nFill in the field."
        assert suite.find(".//system-out").text == f"info: 1 finding\n{name}: Unequal."


def test_junit_is_xml_whatever_the_data_says():
    evil = EVIL.encode("utf-8", "surrogatepass").decode("utf-8", "surrogatepass")
    report = report_of(
        [found("FLD001", f"{evil}.jsonl", 0, evil, field=evil, key=(evil,))],
        gauges=(replace(FAILED, name=evil, dataset=evil),),
        skipped={evil: evil},
    )
    root = ElementTree.fromstring(written(report, "junit").encode())
    assert root.find("testsuite").get("name").startswith("a\\x00\\x1b[31m")
    assert "<b>&\"'\\n]]>%" in root.find(".//failure").text


@pytest.mark.parametrize(
    ("fail_on", "failures"),
    [(Level.ERROR, 2), (Level.WARNING, 4), (Level.INFO, 5), (None, 1)],
)
def test_junit_fails_what_the_validation_fails(fail_on, failures):
    root = ElementTree.fromstring(written(full_report(), "junit", fail_on=fail_on))
    assert root.get("failures") == str(failures)
    assert len(list(root.iter("failure"))) == failures
    assert sum(int(suite.get("failures")) for suite in root) == failures


def test_junit_totals_are_those_of_the_cases():
    root = ElementTree.fromstring(written(full_report(), "junit"))
    assert int(root.get("tests")) == len(list(root.iter("testcase")))
    for suite in root:
        assert int(suite.get("tests")) == len(suite)
        assert len({case.get("name") + case.get("classname") for case in suite}) == len(suite)


# SARIF


@cache
def sarif_schema():
    return jsonschema_rs.validator_for(SCHEMA.read_text("utf-8"), validate_formats=True)


def sarif_of(report, **wishes):
    """The document's only run, after it was held against the schema of OASIS."""
    document = json.loads(written(report, "sarif", **wishes))
    sarif_schema().validate(document)
    assert document["version"] == "2.1.0"
    (run,) = document["runs"]
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    return run


def test_the_schema_refuses_what_is_wrong():
    document = json.loads(written(full_report(), "sarif"))
    document["runs"][0]["results"][0]["level"] = "info"
    assert not sarif_schema().is_valid(document)


def test_sarif_results():
    run = sarif_of(full_report())
    by_code = {result["ruleId"]: result for result in run["results"]}
    assert len(run["results"]) == 10
    assert by_code["FLD001"] == {
        "ruleId": "FLD001",
        "ruleIndex": 1,
        "level": "error",
        "message": {"text": "text: The field is missing."},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "train.jsonl", "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": 7},
                },
                "logicalLocations": [
                    {"name": "ex-6", "fullyQualifiedName": "train.jsonl#row 6", "kind": "row"}
                ],
            }
        ],
        "partialFingerprints": {"tdvFindingId/v1": by_code["FLD001"]["partialFingerprints"]
                                ["tdvFindingId/v1"]},
        "properties": {"row": 6, "key": ["ex-6"], "field": "text"},
    }  # fmt: skip
    other = by_code["DUP003"]["relatedLocations"][0]
    assert other["physicalLocation"]["region"] == {"startLine": 3}
    (without_lines,) = by_code["TXT003"]["locations"]
    assert "region" not in without_lines["physicalLocation"]
    assert without_lines["logicalLocations"][0]["name"] == "row 4"
    (dataset,) = by_code["LBL002"]["locations"]
    assert dataset["logicalLocations"] == [{"name": "intents", "kind": "dataset"}]
    assert dataset["physicalLocation"]["artifactLocation"]["uri"] == "eval.parquet"
    assert by_code["LBL002"]["level"] == "note"


def test_sarif_of_all_files_of_a_profile():
    finding = found("LBL002", "[chat]", None, "Unequal.")
    files = (Covered("a.jsonl", 9, 0, "", "chat"), Covered("b.jsonl", 9, 0, "", "chat"))
    (result,) = sarif_of(report_of([finding], files=files))["results"]
    (location,) = result["locations"]
    assert location["physicalLocation"]["artifactLocation"]["uri"] == "a.jsonl"


def test_sarif_fingerprints_are_the_ids():
    report = full_report()
    run = sarif_of(report)
    assert [each["partialFingerprints"] for each in run["results"]] == [
        {"tdvFindingId/v1": each.id} for each in report.findings()
    ]


def test_sarif_rules_carry_their_help():
    rules = sarif_of(full_report())["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["DUP003", "FLD001", "LBL002", "TXT003"]
    assert [rule["defaultConfiguration"]["level"] for rule in rules] == [
        "warning",
        "error",
        "note",
        "warning",
    ]
    assert rules[3]["help"]["markdown"] == (
        "**TXT003 long-text**\n\nA text is long.\n\nIt is cut off.\n\n"
        "To mend it: Split the text.\n\n"
        "- `max_words` (`300`): Most words.\n\n`tdv rules TXT003` shows examples."
    )


def test_sarif_says_what_failed_and_what_was_skipped():
    (invocation,) = sarif_of(full_report())["invocations"]
    assert [
        (each["level"], each["message"]["text"])
        for each in invocation["toolExecutionNotifications"]
    ] == [
        (
            "error",
            "A threshold failed: max_duplicates: duplicate_ratio of intents: got 0.07, "
            "need <= 0.05 (tdv.toml).",
        ),
        ("note", "photo.png was skipped: It has no rows."),
    ]


def test_sarif_is_cut_by_level_and_says_so(monkeypatch):
    monkeypatch.setattr(sarif, "MOST", 50)
    report = report_of(
        [
            *(found("TXT003", "a.jsonl", row) for row in range(100)),
            *(found("FLD001", "b.jsonl", row) for row in range(30)),
            *(found("LBL002", f"{name}.jsonl") for name in "cd"),
        ]
    )
    run = sarif_of(report)
    levels = [result["level"] for result in run["results"]]
    assert (levels.count("error"), levels.count("warning"), levels.count("note")) == (30, 20, 0)
    (said,) = run["invocations"][0]["toolExecutionNotifications"]
    assert said["message"]["text"] == (
        "Of 132 findings, 82 are left out here: errors come before warnings before infos."
    )
    assert run["properties"]["leftOut"] == 82


def test_the_cut_is_what_github_takes():
    assert sarif.MOST == 25_000


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("a b/ü.jsonl", "a%20b/%C3%BC.jsonl"),
        ("a%#?:[x].jsonl", "a%25%23%3F%3A%5Bx%5D.jsonl"),
        (b"\xff.jsonl".decode("utf-8", "surrogateescape"), "%FF.jsonl"),
    ],
)
def test_sarif_paths_are_encoded(path, uri):
    (result,) = sarif_of(report_of([found("FLD001", path, 0)]))["results"]
    location = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert location == {"uri": uri, "uriBaseId": "%SRCROOT%"}
    assert unquote(uri, errors="surrogateescape") == path


def test_sarif_of_files_outside_a_repository():
    (result,) = sarif_of(report_of([found("FLD001", "/data/a b.jsonl", 0)]))["results"]
    location = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert location == {"uri": "file:///data/a%20b.jsonl"}


def test_sarif_messages_are_no_links_and_no_controls():
    finding = found("FLD001", "a.jsonl", 0, f"[see](https://evil.example) {EVIL}", key=(EVIL,))
    (result,) = sarif_of(report_of([finding]))["results"]
    assert result["message"]["text"].startswith("[see] (https://evil.example) a\\x00\\x1b[31m")


def test_sarif_of_nothing():
    assert sarif_of(report_of([]))["results"] == []


# GitHub


def annotations(report, **wishes):
    lines = written(report, "github", **wishes).splitlines()
    assert all(line.startswith("::") for line in lines)
    return lines


def test_annotations():
    lines = annotations(full_report())
    assert lines == [
        "::error title=max_duplicates::max_duplicates: duplicate_ratio of intents: got 0.07, "
        "need <= 0.05 (tdv.toml).",
        *(
            f"::error file=train.jsonl,line={row + 1},title=FLD001 required::"
            f"key ex-{row}: text: The field is missing."
            for row in range(7)
        ),
        "::warning file=eval.parquet,title=TXT003 long-text::row 4: The text has 400 words.",
        "::warning file=train.jsonl,line=10,title=DUP003 duplicate-text::key ex-9: "
        "The text is that of another row. See train.jsonl:3 (key ex-2).",
    ]


def test_ten_errors_and_ten_warnings_of_every_rule():
    report = report_of(
        [
            *(found("FLD001", "a.jsonl", row) for row in range(100)),
            *(found("DUP003", "a.jsonl", row) for row in range(100)),
            *(found("TXT003", "z.jsonl", row) for row in range(3)),
        ],
        gauges=(FAILED,) * 7,
    )
    lines = annotations(report)
    assert [line.split(" ")[0] for line in lines] == ["::error"] * 10 + ["::warning"] * 10
    assert sum("TXT003" in line for line in lines) == 3
    assert sum("title=max_duplicates" in line for line in lines) == 5


def test_annotations_are_escaped():
    path = "50%:a,b\nc.jsonl"
    lines = annotations(report_of([found("FLD001", path, 0, "100 %\r\n::error::x", key=("a%",))]))
    assert lines == [
        "::error file=50%25%3Aa%2Cb%0Ac.jsonl,line=1,title=FLD001 required::"
        "key a%25: 100 %25\\r\\n::error::x"
    ]


def test_the_summary_is_appended(tmp_path):
    file = tmp_path / "summary.md"
    file.write_text("# Before\n")
    annotations(full_report(), summary=str(file))
    assert (
        file.read_text()
        == """\
# Before
## tdv validate: intents

Invalid: 7 errors, 2 warnings, 1 info and 1 failed threshold in 1,000 rows.

| file | dataset | profile | rows | invalid |
|---|---|---|--:|--:|
| eval.parquet | intents | intent | 100 | 0 |
| train.jsonl | intents | intent | 900 | 10 |

| threshold | metric | dataset | got | need | |
|---|---|---|--:|---|---|
| max\\_duplicates | duplicate\\_ratio | intents | 0.07 | \\<= 0.05 | **failed** |
| min\\_quality | quality\\_score | intents | 0.99 | \\>= 0.9 | passed |

### error FLD001 required: 7 findings

- train.jsonl:1 (ex-0): text: The field is missing.
- train.jsonl:2 (ex-1): text: The field is missing.
- train.jsonl:3 (ex-2): text: The field is missing.
- and 4 more

Fill in the field.

### warning DUP003 duplicate-text: 1 finding

- train.jsonl:10 (ex-9): The text is that of another row. See train.jsonl:3 (key ex-2).

Keep one of the rows.

### warning TXT003 long-text: 1 finding

- eval.parquet:row4: The text has 400 words.

Split the text.

### info LBL002 label-imbalance: 1 finding

- \\[intents\\]: \\`book\\` has 70 % of the rows.

### Recommendations

- Fill in what is missing.

Judged by tdv.toml (abababababababababababababababab).
"""
    )


def test_the_summary_fits(tmp_path):
    file = tmp_path / "summary.md"
    file.write_bytes(b"x" * (1 << 20) + b"\n")
    annotations(full_report(), summary=str(file))
    assert file.stat().st_size == (1 << 20) + 1
    file.write_bytes(b"x" * ((1 << 20) - 300) + b"\n")
    annotations(full_report(), summary=str(file))
    text = file.read_text()
    assert len(text.encode()) <= 1 << 20
    assert text.endswith("\nThe rest does not fit into the summary of a step.\n")


def test_markup_in_data_stays_text(tmp_path):
    file = tmp_path / "summary.md"
    finding = found("FLD001", "a.jsonl", 0, "<img src=x> [a](b) | `c` @d\n# e")
    annotations(report_of([finding]), summary=str(file))
    line = next(line for line in file.read_text().splitlines() if line.startswith("- "))
    assert line == (r"- a.jsonl:1: \<img src=x\> \[a\](b) \| \`c\` @d\\n\# e")
    assert not re.search(r"(?<!\\)[<>`|]", line)
