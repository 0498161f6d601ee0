"""How statistics look, from figures made by hand."""

from __future__ import annotations

import io

import pytest

from tdv.cli.output import Output
from tdv.cli.render.sidebyside import difference_lines, group_lines
from tdv.cli.render.statistics import bar, lines_of, number, percent, token_lines
from tdv.quality.measuring.contrast import shifts

FIGURES = {
    "rows": 3, "mean": 12.25, "sd": 1.5, "min": 1, "p5": 1.1, "p50": 12, "p95": 29, "max": 12345.6,
    "approximate": False,
}  # fmt: skip
TOLD = {
    "counts": {"rows": 4, "undecodable": 1, "bytes": 1500, "files": 1},
    "lengths": {"te\x1bxt": {"characters": FIGURES, "words": {"rows": 0}}},
    "vocabulary": {"words": 7, "approximate": True},
    "labels": {
        "label": {"rows": 3, "different": 3, "values": {"\x1b[2J": 1, " ": 1, "z": 1}},
        "none": {"rows": 0, "different": 0, "values": {}},
    },
    "duplicates": {"records": 1, "record_ratio": 0.25, "texts": 0, "text_ratio": 0},
    "fields": {
        "id": {"rows": 3, "missing": 0, "null": 0, "types": {"string": 3}},
        "n": {"rows": 2, "missing": 1, "null": 1, "types": {"integer": 1, "null": 1}},
    },
}


def output():
    out = Output(io.BytesIO(), io.BytesIO())
    out.terminal = True
    return out


def test_all_figures_of_a_dataset():
    assert list(lines_of(output(), TOLD, top=2)) == [
        "4 rows in 1 file, 1.5 kB, 1 row not decodable",
        "",
        "                      rows   mean   sd  min   p5  p50  p95     max",
        "te\\x1bxt, characters     3  12.25  1.5    1  1.1   12   29  12,346",
        "te\\x1bxt, words          0      -    -    -    -    -    -       -",
        "",
        "vocabulary: about 7 words",
        "duplicates: 1 row repeats a record (25.0 %), 0 repeat a text",
        "",
        "label: 3 values in 3 rows",
        "  \\x1b[2J  1  33.3 %",
        "  ' '      1  33.3 %",
        "  … and 1 more value",
        "",
        "field  rows  missing  null  types",
        "id        3        0     0  string",
        "n         2        1     1  integer (1), null (1)",
    ]


def test_bars():
    assert bar(1, 1, 4) == "████"
    assert bar(1, 2, 4) == "██"
    assert bar(1, 1000, 4) == "▏"
    assert bar(0, 5, 4) == bar(0, 0, 4) == ""


def test_plots():
    bars = [{"from": 1, "to": 1, "rows": 1}, {"from": 2.5, "to": 30, "rows": 2}]
    told = {
        "counts": {"rows": 3, "undecodable": 0, "bytes": 3},
        "numbers": {"n": {**FIGURES, "histogram": bars}},
        "splits": {"split": {"rows": 3, "different": 2, "values": {"train": 2, "test": 1}}},
    }
    assert list(lines_of(output(), told, top=9, plot=True))[5:] == [
        "n",
        "          1  1  ███████████████",
        "  2.5 to 30  2  ██████████████████████████████",
        "",
        "split: 2 values in 3 rows",
        "  train  2  66.7 %  ██████████████████████████████",
        "  test   1  33.3 %  ███████████████",
    ]


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, "-"), (0, "0"), (1234567, "1,234,567"), (0.123456, "0.1235"), (99999.9, "100,000")],
)
def test_numbers(value, expected):
    assert number(value) == expected


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [(1, 4, "25.0 %"), (0, 4, "0.0 %"), (1, 10_000, "<0.1 %"), (0, 0, "-")],
)
def test_shares(part, whole, expected):
    assert percent(part, whole) == expected


def test_what_the_sources_ask_for():
    told = {
        "counts": {"rows": 4, "undecodable": 0, "bytes": 1},
        "instruction": {
            "totalExamples": 4,
            "languagePairs": {"en -> es": 1},
            "qualityDistribution": {"above_0.9": 1, "none": 3},
        },
        "stt": {
            "total_failed_cases": 4,
            "corrected_cases": 1,
            "error_type_distribution": {"all_caps": 2},
        },
        "persona": {
            "total_samples": 4,
            "avg_turns": 3.5,
            "avg_trajectory_length": None,
            "distractor_stats": {
                "samples_with_noise": 1,
                "layer_distribution": {"surface": 1},
                "strategy_distribution": {},
            },
            "persona_distribution": {"engineer": 4},
        },
    }
    assert list(lines_of(output(), told, top=9)) == [
        "4 rows, 1 B",
        "",
        "language pairs",
        "  en -> es  1  25.0 %",
        "",
        "quality",
        "  above_0.9  1  25.0 %",
        "  none       3  75.0 %",
        "",
        "1 of 4 cases corrected (25.0 %)",
        "  corrected        1  25.0 %",
        "  to be corrected  3  75.0 %",
        "",
        "error types",
        "  all_caps  2  50.0 %",
        "",
        "1 of 4 samples with noise (25.0 %); on average 3.5 turns, - prompts",
        "  with noise  1  25.0 %",
        "  without     3  75.0 %",
        "",
        "noise layers",
        "  surface  1  100.0 %",
        "",
        "persona roles",
        "  engineer  4  100.0 %",
    ]


def test_tokens():
    usage = {
        "by_model": {"a/b": {"rows": 2, "prompt_tokens": 1000}, "c": {"rows": 1}},
        "total": {"rows": 3, "prompt_tokens": 1000},
    }
    assert list(token_lines(output(), usage)) == [
        "tokens  rows  prompt",
        "a/b        2   1,000",
        "c          1       -",
        "total      3   1,000",
    ]


def test_two_sides():
    new = {
        **TOLD,
        "counts": {"rows": 8, "undecodable": 1, "bytes": 1200, "files": 1},
        "labels": {"label": {"rows": 4, "different": 2, "values": {"z": 3, "new": 1}}},
    }
    lines = list(difference_lines(output(), ("HEAD~", "HEAD"), TOLD, new, top=3))
    assert lines == [
        "                               HEAD~    HEAD        difference",
        "rows                               4       8     +4 (+100.0 %)",
        "not decodable                      1       1",
        "size                          1.5 kB  1.2 kB  -300 B (-20.0 %)",
        "files                              1       1",
        "te\\x1bxt, characters: mean     12.25   12.25",
        "te\\x1bxt, characters: median      12      12",
        "te\\x1bxt, characters: p95         29      29",
        "te\\x1bxt, characters: max     12,346  12,346",
        "vocabulary, words                  7       7",
        "repeated records                   1       1",
        "n: missing                         1       1",
        "n: null                            1       1",
        "",
        "label       HEAD~    HEAD  difference",
        "  \\x1b[2J  33.3 %       -  -33.3 points, -1 row  vanishes",
        "  ' '      33.3 %       -  -33.3 points, -1 row  vanishes",
        "  new           -  25.0 %  +25.0 points, +1 row  appears",
        "  … and 1 more value",
    ]


def test_what_only_gives_way_is_no_shift():
    values = {"a": 5000, "b": 5, "c": 5}
    old = {"labels": {"label": {"rows": 5010, "different": 3, "values": values}}}
    new = {"labels": {"label": {"rows": 5012, "different": 3, "values": {**values, "b": 7}}}}
    assert list(difference_lines(output(), ("A", "B"), old, new, top=3))[2:] == [
        "label      A      B  difference",
        "  b    0.1 %  0.1 %  +0.04 points, +2 rows",
    ]


def test_classes_that_no_row_is_in():
    told = {"instruction": {"qualityDistribution": {"above_0.9": 0, "none": 4}}}
    empty = {"instruction": {"qualityDistribution": {"above_0.9": 0, "none": 0}}}
    (shifted,) = shifts(empty, empty)
    assert shifted.shares == ()
    assert [each.value for each in shifts(empty, told)[0].shares] == ["none"]


def test_fields_whose_shares_are_the_same():
    lines = list(difference_lines(output(), ("A", "B"), TOLD, TOLD, top=3))
    assert lines[-1] == "label: the same shares"


def test_groups():
    groups = {
        "train": {
            "counts": {"rows": 3},
            "numbers": {"n": FIGURES},
            "labels": {"label": {"rows": 3, "values": {"a": 2, "b": 1}}},
        },
        "": {"counts": {"rows": 1}, "labels": {"label": {"rows": 1, "values": {"b": 1}}}},
    }
    assert list(group_lines(output(), "split", groups, top=1)) == [
        "            train      ''",
        "rows            3       1",
        "share      75.0 %  25.0 %",
        "n: mean     12.25       -",
        "n: median      12       -",
        "n: p95         29       -",
        "n: max     12,346       -",
        "",
        "label   train  ''",
        "  a    66.7 %   -",
        "  … and 1 more value",
    ]
