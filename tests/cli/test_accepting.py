"""Accepted findings: `[[allow]]` and `--add-allow`, whole outputs."""

from __future__ import annotations

import json

import pytest

DESCRIPTION = (
    '# Mine.\n[dataset.a]\npaths = ["*.jsonl"]\nkey = "id"\ntext = "text"\n\n'
    '[rules]\nselect = ["TXT001", "ALW"]\n'
)


@pytest.fixture
def data(tdv):
    """Two files; in each the row k2 has no text."""
    for name in ("a", "b"):
        rows = [{"id": f"k{number}", "text": "" if number == 2 else "words"} for number in range(4)]
        tdv.write(f"{name}.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    tdv.write("tdv.toml", DESCRIPTION)
    tdv("add", ".")
    return tdv


def concise(tdv, *words, code=1):
    return tdv("validate", "-o", "concise", *words, code=code).out.splitlines()


def allow(tdv, *entries):
    tables = [
        "".join(f"{key} = {json.dumps(value)}\n" for key, value in each.items()) for each in entries
    ]
    tdv.write("tdv.toml", DESCRIPTION + "".join(f"[[allow]]\n{table}" for table in tables))


def codes(lines):
    return [(*line.split(":")[:2], line.split(": ")[1].split()[0]) for line in lines]


SO = {"reason": "So."}


def test_a_baseline(data):
    assert len(concise(data)) == 2
    result = data("validate", "--add-allow", "--reason", "Known.", "--until", "2999-01-31")
    assert "Added 2 entries of `[[allow]]` to tdv.toml.\n" in result.err
    assert (data.folder / "tdv.toml").read_text() == DESCRIPTION + "".join(
        f'\n[[allow]]\ncode = "TXT001"\npath = "{name}.jsonl"\nkey = "k2"\nreason = "Known."\n'
        'until = "2999-01-31"\n'
        for name in "ab"
    )
    assert concise(data, code=0) == []
    report = data("validate", "--json").json
    assert report["accepted"] == {"TXT001": 2}
    data.write("a.jsonl", '{"id": "k9", "text": ""}\n')
    assert codes(concise(data)) == [("a.jsonl", "1", "TXT001"), ("tdv.toml", "10", "ALW001")]


@pytest.mark.parametrize(
    "entry",
    [
        {"code": "TXT001"},
        {"code": "empty-text"},
        {"code": "text"},
        {"code": "TXT0", "path": "*.jsonl"},
        {"code": "ALL", "key": "k2"},
        {"code": "TXT001", "where": "id == 'k2'"},
    ],
)
def test_what_accepts_both(data, entry):
    allow(data, {**entry, **SO})
    assert concise(data, code=0) == []


def test_what_accepts_one_of_them(data):
    allow(data, {"code": "TXT001", "path": "a.*", "key": "k2", **SO})
    assert codes(concise(data)) == [("b.jsonl", "3", "TXT001")]


def test_entries_that_accept_nothing(data):
    allow(data, {"code": "TXT001", "key": "k1", **SO}, {"code": "TXT", "until": "2020-01-31", **SO})
    assert concise(data)[2:] == [
        "tdv.toml:9:1: ALW001 The `[[allow]]` of TXT001 with key k1 (reason: So.) accepts nothing "
        "that is found.",
        "tdv.toml:13:1: ALW002 The `[[allow]]` of TXT (reason: So.) ended with 2020-01-31 and "
        "accepts nothing any more.",
    ]


def test_only_what_was_looked_at_is_called_unused(data):
    data.write("a.jsonl", '{"id": "k9", "text": "words"}\n')
    allow(
        data,
        {"code": "TXT001", "path": "*.jsonl", "key": "k2", **SO},
        {"code": "TXT001", "path": "a.jsonl", **SO},
    )
    assert codes(concise(data, "a.jsonl", code=0)) == [("tdv.toml", "14", "ALW001")]
    assert concise(data, "--select", "TXT002,ALW", code=0) == []


def test_a_field_that_no_row_has_is_said(data):
    data.write("tdv.toml", DESCRIPTION.replace('key = "id"', 'key = "idd"\nsplit = "meta.split"'))
    notes = data("validate", "--json", code=1).json["notes"]
    assert notes == [
        "tdv.toml, line 4, column 1: `key` names the field `idd`, which no row has. "
        "Did you mean `id`?",
        "tdv.toml, line 5, column 1: `split` names the field `meta.split`, which no row has.",
    ]
    assert data("validate", "--json", code=1).json["notes"] == notes


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("--add-allow",), "error: `--add-allow` needs a `--reason`.\n"),
        (
            ("--add-allow", "--reason", "x", "--until", "soon"),
            "error: `soon` is no day.\nhint: Write it as `2027-01-31`.\n",
        ),
    ],
)
def test_what_cannot_be_accepted(data, words, error):
    assert data("validate", *words, code=2).err.endswith(error)
    assert (data.folder / "tdv.toml").read_text() == DESCRIPTION
