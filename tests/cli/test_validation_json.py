"""A validation for programs: one JSON document, or a line for each finding."""

from __future__ import annotations

import json
from dataclasses import replace

from sample_reports import RULES, found, full_report, report_of, written


def test_the_document_has_the_keys_of_the_sources():
    document = json.loads(written(full_report(), "json"))
    # Source 000: ValidationReport; 001: validation results; 003: quality report.
    assert {
        *("dataset_id", "validation_id", "total_examples", "valid_examples", "invalid_examples"),
        *("quality_score", "issues", "statistics", "recommendations"),
        *("is_valid", "message", "metrics", "passed", "warnings"),
    } <= document.keys()
    assert document["schema"] == "tdv.validate/1"
    assert document["total_examples"] == (document["valid_examples"] + document["invalid_examples"])


def test_the_whole_document():
    document = json.loads(written(full_report(), "json"))
    issues = document.pop("issues")
    assert document == {
        "schema": "tdv.validate/1",
        "dataset_id": "intents",
        "validation_id": "5f" * 16,
        "revision": None,
        "is_valid": False,
        "passed": False,
        "message": ("Invalid: 7 errors, 2 warnings, 1 info and 1 failed threshold in 1,000 rows."),
        "total_examples": 1000,
        "valid_examples": 990,
        "invalid_examples": 10,
        "quality_score": 0.99,
        "metrics": {"num_samples": 1000, "duplicate_ratio": 0.07},
        "thresholds": [
            {
                "name": "max_duplicates",
                "metric": "duplicate_ratio",
                "got": 0.07,
                "need": "<= 0.05",
                "passed": False,
                "dataset": "intents",
                "from": "tdv.toml",
            },
            {
                "name": "min_quality",
                "metric": "quality_score",
                "got": 0.99,
                "need": ">= 0.9",
                "passed": True,
                "dataset": "intents",
                "from": "profile intent",
            },
        ],
        "counts": {"error": 7, "warning": 2, "info": 1},
        "by_rule": [
            _rule("DUP003", "duplicate-text", "warning", 1, 1),
            _rule("FLD001", "required", "error", 7, 7),
            _rule("LBL002", "label-imbalance", "info", 1, 0),
            _rule("TXT003", "long-text", "warning", 1, 1),
        ],
        "warnings": ["DUP003 duplicate-text: 1 finding", "TXT003 long-text: 1 finding"],
        "by_file": [
            _tally("[intents]", "LBL002", "info", 1, 0),
            _tally("eval.parquet", "TXT003", "warning", 1, 1),
            _tally("train.jsonl", "DUP003", "warning", 1, 1),
            _tally("train.jsonl", "FLD001", "error", 7, 7),
        ],
        "accepted": {"DUP003": 2},
        "known": {},
        "files": [
            _file("eval.parquet", 100, 0),
            _file("train.jsonl", 900, 10),
        ],
        "recommendations": ["Fill in what is missing."],
        "statistics": {"labels": {"book": 700, "cancel": 300}},
        "rules": {"digest": "ab" * 16, "from": "tdv.toml"},
        "new_from": None,
        "notes": ["notes.csv belongs to no dataset."],
        "skipped": [{"path": "photo.png", "reason": "It has no rows."}],
        "issues_left_out": 0,
    }
    assert len(issues) == 10
    assert issues[-1] == {
        "id": issues[-1]["id"],
        "code": "DUP003",
        "name": "duplicate-text",
        "level": "warning",
        "path": "train.jsonl",
        "line": 10,
        "row": 9,
        "key": ["ex-9"],
        "field": None,
        "message": "The text is that of another row.",
        "suggestion": "Keep one of the rows.",
        "partner": {"path": "train.jsonl", "line": 3, "row": 2, "key": ["ex-2"]},
    }
    assert (issues[0]["path"], issues[0]["row"], issues[0]["line"]) == ("[intents]", None, None)


def _rule(code, name, level, findings, rows):
    return {"code": code, "name": name, "level": level, "findings": findings, "rows": rows}


def _tally(path, code, level, findings, rows):
    return {"path": path, "code": code, "level": level, "findings": findings, "rows": rows}


def _file(path, rows, invalid):
    return {
        "path": path,
        "dataset": "intents",
        "profile": "intent",
        "rows": rows,
        "invalid_rows": invalid,
    }


def test_time_stands_apart():
    plain = written(full_report(), "json")
    timed = written(full_report(), "json", run={"seconds": 1.5, "workers": 2})
    assert timed == plain[: -len("\n}\n")] + (
        ',\n  "run": {\n    "seconds": 1.5,\n    "workers": 2\n  }\n}\n'
    )


def test_no_issues():
    document = json.loads(written(report_of([]), "json"))
    assert (document["issues"], document["is_valid"]) == ([], True)


def test_figures_that_are_not_there_are_null():
    report = replace(report_of([]), quality_score=None, metrics={"mean": float("nan")})
    document = json.loads(written(report, "json"))
    assert document["quality_score"] is None
    assert document["metrics"] == {"mean": None}


def test_the_cut_is_stated_and_takes_every_rule():
    findings = [
        *(found("FLD001", "a.jsonl", row) for row in range(100)),
        found("TXT003", "b.jsonl", 3),
    ]
    document = json.loads(written(report_of(findings), "json", max_findings=10))
    assert [each["code"] for each in document["issues"]] == ["FLD001"] * 10
    assert document["issues_left_out"] == 91
    assert document["counts"] == {"error": 100, "warning": 1, "info": 0}
    level = RULES["FLD001"].level
    findings.append(found("TXT003", "b.jsonl", 4, level=level))
    findings.pop(-2)
    document = json.loads(written(report_of(findings), "json", max_findings=10))
    assert [each["code"] for each in document["issues"]] == ["FLD001"] * 9 + ["TXT003"]


def test_none_are_wanted():
    document = json.loads(written(full_report(), "json", max_findings=0))
    assert (document["issues"], document["issues_left_out"]) == ([], 10)


def test_bytes_that_are_not_utf8_and_controls():
    odd = b"\xff\x9b".decode("utf-8", "surrogateescape") + "\ud800\x9b\x1b\u2028"
    for format in ("json", "jsonl"):
        text = written(report_of([found("FLD001", odd, 0, odd, key=(odd,))]), format)
        assert not set(text) & set("\x9b\x1b\u2028")
        text.encode()
        found_again = json.loads(text)
        issue = found_again if format == "jsonl" else found_again["issues"][0]
        assert issue["path"] == "\\xff\\x9b\\ud800\x9b\x1b\u2028"


def test_lines():
    lines = [json.loads(line) for line in written(full_report(), "jsonl").splitlines()]
    document = json.loads(written(full_report(), "json"))
    assert {line.pop("schema") for line in lines} == {"tdv.finding/1"}
    assert lines == document["issues"]
