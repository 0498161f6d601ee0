"""A validation as people read it: whole outputs of text and concise."""

from __future__ import annotations

import pytest
from sample_reports import found, full_report, report_of, written

from tdv.quality.finding import Level, Place
from tdv.quality.report import Covered


def test_text_with_something_of_everything():
    assert (
        written(full_report(), "text")
        == """\
intents: 1,000 rows in 2 files, profile intent
  eval.parquet: 100 rows
  train.jsonl: 900 rows, 10 invalid
skipped photo.png: It has no rows.
notes.csv belongs to no dataset.

error FLD001 required: 7 rows
  train.jsonl:1 (ex-0): text: The field is missing.
  train.jsonl:2 (ex-1): text: The field is missing.
  train.jsonl:3 (ex-2): text: The field is missing.
  and 4 more
  hint: Fill in the field.

warning DUP003 duplicate-text: 1 row
  train.jsonl:10 (ex-9): The text is that of another row. See train.jsonl:3 (key ex-2).
  hint: Keep one of the rows.

warning TXT003 long-text: 1 row
  eval.parquet:row4: The text has 400 words.
  hint: Split the text.

info LBL002 label-imbalance: 1 finding
  [intents]: `book` has 70 % of the rows.

2 findings accepted by `[[allow]]` in tdv.toml.

Thresholds: 1 passed, 1 failed
  failed max_duplicates: duplicate_ratio of intents: got 0.07, need <= 0.05 (tdv.toml)

Recommendations:
  - Fill in what is missing.

Invalid: 7 errors, 2 warnings, 1 info and 1 failed threshold in 1,000 rows.
"""
    )


def test_nothing_found():
    files = (Covered("a.jsonl", 1000, 0, "", "generic"),)
    assert written(report_of([], files=files), "text") == (
        "a.jsonl: 1,000 rows, profile generic\n\nValid: no findings in 1,000 rows.\n"
    )


def test_new_findings_only():
    report = report_of([found("FLD001", "a.jsonl", 0)], new_from="main", known={"FLD001": 3})
    assert written(report, "text").endswith(
        "3 findings there before, at main.\n\nInvalid: 1 error new since main in 1,000 rows.\n"
    )


def test_statistics_show_counts_and_ask_for_no_findings():
    def refuse(selected):
        raise AssertionError("no finding is needed")

    report = report_of(
        [
            *(found("FLD001", "a.jsonl", row, field=field) for row in range(999) for field in "ab"),
            found("TXT003", "a.jsonl", 3),
        ]
    )
    report = type(report)(**{**vars(report), "enumerate": refuse})
    assert (
        written(report, "text", statistics=True)
        == """\
findings  rows  level    rule
   1,998   999  error    FLD001 required
       1     1  warning  TXT003 long-text

Invalid: 1,998 errors and 1 warning in 1,000 rows.
"""
    )


def test_max_findings_bounds_what_is_shown_and_counts_stay():
    report = report_of(
        [
            *(found("FLD001", "a.jsonl", row) for row in range(100)),
            *(found("TXT003", "a.jsonl", row) for row in range(100)),
        ]
    )
    text = written(report, "text", max_findings=20)
    assert text.count("a.jsonl:") == 20
    assert "error FLD001 required: 100 rows" in text
    assert "and 80 more" in text
    assert "warning TXT003 long-text: 100 rows" in text
    assert "Invalid: 100 errors and 100 warnings" in text


@pytest.mark.parametrize("format", ["text", "concise"])
@pytest.mark.parametrize("terminal", [False, True])
def test_control_characters_are_escaped(format, terminal):
    evil = "a\x1b[31m\nb\x9b\u202e\ud800"
    finding = found("FLD001", f"{evil}.jsonl", 0, evil, field=evil, key=(evil,), suggestion=evil)
    text = written(report_of([finding]), format, terminal=terminal)
    for character in "\x9b\u202e":
        assert character not in text
    assert "\x1b[31mx" not in text
    assert "a\\x1b[31m\\nb\\x9b\\u202e\\ud800.jsonl:1" in text


def test_a_level_that_fails_without_an_error():
    report = report_of([found("TXT003", "a.jsonl", 0)])
    valid = "Valid: 1 warning in 1,000 rows."
    assert written(report, "text").splitlines()[-1] == valid
    assert written(report, "text", fail_on=Level.WARNING).splitlines()[-1] == (
        f"{valid} It fails all the same, as each warning does here."
    )


def test_colour_on_a_terminal_only():
    assert "\x1b[" not in written(full_report(), "text")
    assert "\x1b[31;1merror FLD001 required\x1b[0m: 7 rows" in written(
        full_report(), "text", terminal=True
    )


def test_many_files_are_summed_up():
    files = tuple(
        Covered(f"{number:02}.jsonl", 10, number % 2, "intents", "intent") for number in range(20)
    )
    lines = written(report_of([], files=files), "text").splitlines()
    assert lines[0] == "intents: 200 rows in 20 files, profile intent"
    assert lines[1] == "  01.jsonl: 10 rows, 1 invalid"
    assert lines[13] == "  and 8 more files: 80 rows"
    assert len(lines) == 16


def test_concise():
    assert (
        written(full_report(), "concise")
        == """\
[intents]: LBL002 `book` has 70 % of the rows.
eval.parquet:row4: TXT003 The text has 400 words.
train.jsonl:1:1: FLD001 text: The field is missing.
train.jsonl:2:1: FLD001 text: The field is missing.
train.jsonl:3:1: FLD001 text: The field is missing.
train.jsonl:4:1: FLD001 text: The field is missing.
train.jsonl:5:1: FLD001 text: The field is missing.
train.jsonl:6:1: FLD001 text: The field is missing.
train.jsonl:7:1: FLD001 text: The field is missing.
train.jsonl:10:1: DUP003 The text is that of another row. See train.jsonl:3 (key ex-2).
"""
    )


def test_paths_are_shown_as_the_user_would_type_them():
    text = written(full_report(), "concise", shown=lambda path: f"../{path}")
    assert "../train.jsonl:1:1: FLD001" in text
    assert "See ../train.jsonl:3" in text
    assert "[intents]: LBL002" in text


def test_recommendations_that_repeat_a_hint_are_left_to_the_hint():
    findings = [found("FLD001", "a.jsonl", 0)]
    advice = ("`x` fails.", "FLD001 (required) is found in 1 row. Fill in the field.")
    report = report_of(findings, recommendations=advice)
    assert "Recommendations:\n  - `x` fails.\n\nInvalid" in written(report, "text")
    assert advice[1] in written(report, "text", statistics=True)


def test_a_field_that_the_message_names_is_not_said_twice():
    finding = found("FLD001", "a.jsonl", 0, "`text` is missing.", field="text")
    assert written(report_of([finding]), "concise") == "a.jsonl:1:1: FLD001 `text` is missing.\n"


def test_a_value_of_a_field_that_the_message_names_is_not_said_twice():
    report = report_of([found("LBL002", "[a]", None, "`label` has one x.", field="label=x")])
    assert "  [a]: `label` has one x.\n" in written(report, "text")


def test_a_key_that_the_message_names_is_not_said_twice():
    other = Place("a.jsonl", 2, 3, ("ex-2",))
    message = 'The text is that of row "ex-2".'
    report = report_of([found("DUP003", "a.jsonl", 9, message, partner=other)])
    assert written(report, "concise") == f"a.jsonl:10:1: DUP003 {message} See a.jsonl:3.\n"
    same = found("DUP003", "a.jsonl", 9, "It repeats.", key=("ex-2",), partner=other)
    assert written(report_of([same]), "concise").endswith("It repeats. See a.jsonl:3.\n")
