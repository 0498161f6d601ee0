"""What is recommended, and in which order."""

from __future__ import annotations

from dataclasses import replace

from tdv.quality.finding import Level
from tdv.quality.measuring.metrics import DIMENSIONS
from tdv.quality.measuring.recommend import MOST, recommend
from tdv.quality.report import Covered, Gauge, Tally
from tdv.quality.rule import Rule

REQUIRED = Rule(
    code="FLD001",
    name="required",
    level=Level.ERROR,
    summary="",
    why="",
    bad={},
    good={},
    mend="Fill in the field.",
)
LONG = replace(REQUIRED, code="TXT003", name="long-text", mend="Split the text.")
RULES = {"FLD001": REQUIRED, "TXT003": LONG}
GAUGE = Gauge("max_duplicates", "duplicate_ratio", 0.07, "<= 0.05", False, "intents")


def test_nothing_found():
    assert recommend([], [replace(GAUGE, passed=True)], 1.0, RULES) == ()


def test_thresholds_then_errors_then_warnings():
    tallies = [
        Tally("TXT003", Level.WARNING, "a.jsonl", 9, 9),
        Tally("FLD001", Level.ERROR, "a.jsonl", 7000, 5000),
        Tally("LBL002", Level.INFO, "[intents]", 1, 0),
    ]
    assert recommend(tallies, [GAUGE], None, RULES) == (
        "`max_duplicates` fails: duplicate_ratio of intents is 0.07 and has to be <= 0.05. "
        "`--extend-select DUP001,DUP003,LBL004` shows which rows these are.",
        "FLD001 (required) is found in 5,000 rows. Fill in the field.",
        "TXT003 (long-text) is found in 9 rows. Split the text.",
    )


def test_infos_when_nothing_is_worse():
    tallies = [Tally("LBL002", Level.INFO, "[intents]", 1, 0)]
    assert recommend(tallies, [], None, RULES) == ("LBL002 is found 1 time.",)


def test_a_figure_that_the_data_does_not_have():
    (said,) = recommend([], [replace(GAUGE, got=None)], None, RULES)
    assert said.startswith(
        "`max_duplicates` needs duplicate_ratio <= 0.05, and the data of intents"
    )


def test_a_low_score():
    (said,) = recommend([], [], 0.35, RULES)
    assert said.startswith("The quality score is 0.35, and less than 0.4")


def test_the_file_that_has_nearly_all():
    tallies = [
        Tally("FLD001", Level.ERROR, "a.jsonl", 1, 1),
        Tally("FLD001", Level.ERROR, "b.jsonl", 99, 99),
        Tally("TXT003", Level.ERROR, "a.jsonl", 5, 5),
        Tally("TXT003", Level.ERROR, "b.jsonl", 5, 5),
    ]
    assert recommend(tallies, [], None, RULES) == (
        "FLD001 (required) is found in 100 rows, 99 of them in b.jsonl. Fill in the field.",
        "TXT003 (long-text) is found in 10 rows of 2 files. Split the text.",
    )


def test_few_are_given_and_the_order_of_arrival_is_none():
    tallies = [Tally(f"TXT{n:03}", Level.WARNING, "a.jsonl", 1, 1) for n in range(20)]
    gauges = [replace(GAUGE, name=f"max_{n}") for n in range(20)]
    given = recommend(tallies, gauges, None, RULES)
    assert len(given) == MOST
    assert [each[0] for each in given] == ["`"] * 3 + ["T"] * 3
    assert recommend(reversed(tallies), gauges, None, RULES) == given


def test_what_is_mended_alike_is_said_once():
    rules = {**RULES, "FLD002": replace(REQUIRED, code="FLD002", name="type")}
    tallies = [
        Tally("TXT003", Level.ERROR, "a.jsonl", 5, 5),
        Tally("FLD002", Level.WARNING, "a.jsonl", 2, 2),
        Tally("FLD001", Level.ERROR, "a.jsonl", 3, 3),
    ]
    assert recommend(tallies, [], None, rules) == (
        "TXT003 (long-text) is found in 5 rows. Split the text.",
        "FLD001 (required) and FLD002 (type) are found 5 times. Fill in the field.",
    )


def test_which_rules_make_a_threshold_fail():
    tallies = [
        Tally("TXT003", Level.WARNING, "a.jsonl", 9, 9),
        Tally("DUP001", Level.WARNING, "a.jsonl", 100, 100),
        Tally("DUP003", Level.WARNING, "a.jsonl", 5, 5),
        Tally("FLD001", Level.ERROR, "a.jsonl", 7, 6),
    ]
    assert recommend(tallies, [GAUGE], None, RULES)[0].endswith(
        "<= 0.05. What counts is DUP001 with 100 and DUP003 with 5."
    )
    score = replace(GAUGE, metric="quality_score")
    assert recommend(tallies, [score], None, RULES)[0].endswith(
        "What counts is FLD001 (required) with 6."
    )
    complete = replace(GAUGE, metric="completeness")
    assert recommend(tallies, [complete], None, RULES)[0].endswith("FLD001 (required) with 6.")
    close = replace(GAUGE, got=0.9999999, need=">= 1")
    assert "is 0.9999999 and has to be >= 1." in recommend([], [close], None, RULES)[0]
    assert (
        "`--extend-select CNV,EMB,FLD,LBL,SPN` shows"
        in (recommend([], [replace(GAUGE, metric="validity")], None, RULES)[0])
    )
    every = {code: REQUIRED for code in DIMENSIONS["completeness"]}
    assert recommend(tallies[:1], [complete], None, every)[0].endswith("has to be <= 0.05.")
    assert recommend(tallies[:1], [GAUGE], None, RULES)[0].endswith(
        "<= 0.05. `--extend-select DUP001,DUP003,LBL004` shows which rows these are."
    )


def test_a_threshold_names_what_counts_in_its_own_dataset():
    tallies = [
        Tally("DUP001", Level.WARNING, "a.jsonl", 3, 3),
        Tally("DUP001", Level.WARNING, "b.jsonl", 40, 40),
    ]
    files = [Covered("a.jsonl", 9, 0, "a", "generic"), Covered("b.jsonl", 90, 0, "b", "generic")]
    gauges = [replace(GAUGE, dataset=name) for name in ("a", "b")]
    of_a, of_b, _ = recommend(tallies, gauges, None, RULES, files)
    assert of_a.endswith("What counts is DUP001 with 3.")
    assert of_b.endswith("What counts is DUP001 with 40.")
