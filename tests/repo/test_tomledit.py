"""Changes to `tdv.toml` that leave everything else as it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tdv.errors import ConfigError, UsageError
from tdv.quality.finding import Finding, Level, Place
from tdv.repo.datasets import Datasets
from tdv.repo.tomledit import add_allow as add_entries
from tdv.repo.tomledit import add_dataset, allow_entries, remove_dataset

TEXT = """\
# What tdv should know.
[dataset.a]
paths = ["a/*"] # all of them

# The second one.
[dataset.b]
paths = [
  "b/*",
]
# Its end.

# How it is judged.
[rules]
select = ["ALL"]
"""
NEW = """\
[dataset.c]
paths = ["c/*"]
tags = ["x", "y"]
"""
VALUES = {"paths": ["c/*"], "tags": ["x", "y"]}


def test_a_dataset_is_put_behind_the_others():
    assert add_dataset(TEXT, "c", VALUES) == TEXT.replace("# Its end.\n", f"# Its end.\n\n{NEW}")
    assert add_dataset("", "c", VALUES) == NEW
    assert add_dataset("x = 1", "c", VALUES) == f"x = 1\n\n{NEW}"
    assert add_dataset("[rules]\n", "c", VALUES) == f"[rules]\n\n{NEW}"
    assert add_dataset("[dataset.a]\nx=1\n# R.\n[rules]\n", "c", VALUES) == (
        f"[dataset.a]\nx=1\n\n{NEW}\n# R.\n[rules]\n"
    )


def test_a_dataset_is_taken_out_with_its_comment():
    assert remove_dataset(TEXT, "b") == (
        '# What tdv should know.\n[dataset.a]\npaths = ["a/*"] # all of them\n\n'
        '# How it is judged.\n[rules]\nselect = ["ALL"]\n'
    )
    assert remove_dataset(add_dataset(TEXT, "c", VALUES), "c") == TEXT
    assert remove_dataset(NEW, "c") == ""


def test_line_ends_of_windows_stay():
    text = add_dataset(TEXT.replace("\n", "\r\n"), "c", VALUES)
    assert "\n" not in text.replace("\r\n", "")
    assert remove_dataset(text, "c") == TEXT.replace("\n", "\r\n")


def test_names_that_are_there_or_not():
    with pytest.raises(UsageError, match=r"There is a dataset `b` in tdv\.toml already"):
        add_dataset(TEXT, "b", VALUES)
    with pytest.raises(UsageError, match=r"There is no dataset `c` in tdv\.toml"):
        remove_dataset(TEXT, "c")
    with pytest.raises(UsageError) as caught:
        remove_dataset("[dataset.intents]\npaths='x'", "intent")
    assert caught.value.hint == "Did you mean `intents`?"


@pytest.mark.parametrize(
    "text", ["dataset = {a = {paths = 'x'}}", "dataset.a.paths = 'x'", "[dataset]\na.paths = 'x'"]
)
def test_what_is_not_written_in_tables_is_left_alone(text):
    with pytest.raises(ConfigError, match="written in a way that tdv does not change"):
        remove_dataset(text, "a")


NAMES = st.text(min_size=1, max_size=5)
TEXTS = st.text(max_size=8)


@given(
    st.dictionaries(NAMES, st.dictionaries(NAMES, TEXTS | st.lists(TEXTS), max_size=3), max_size=4)
)
def test_datasets_come_and_go(datasets):
    text = TEXT
    steps = []
    for name, values in datasets.items():
        if name not in "ab":
            steps.append((name, text))
            text = add_dataset(text, name, values)
    for name, before in reversed(steps):
        text = remove_dataset(text, name)
        assert text == before


def add_allow(text, findings, reason, until=""):
    return add_entries(text, list(allow_entries(findings, reason, until)))


def finding(code, path="a/x.jsonl", key=()):
    return Finding("0" * 32, code, Level.ERROR, path, Place(path, 0, 1, key), "", "")


def test_findings_are_accepted():
    found = [
        finding("DUP003", key=("ex-17",)),
        finding("DUP003", key=("ex-17",)),
        finding("DUP003", key=("a", "b")),
        finding("TXT003"),
        finding("TXT003"),
        Finding("0" * 32, "CNT001", Level.ERROR, "[intents]", None, "", ""),
    ]
    text = add_allow(TEXT, found, "It was always so.", "2027-01-31")
    assert text == TEXT + (
        '\n[[allow]]\ncode = "DUP003"\npath = "a/x.jsonl"\nkey = "ex-17"\n'
        'reason = "It was always so."\nuntil = "2027-01-31"\n'
        '\n[[allow]]\ncode = "DUP003"\npath = "a/x.jsonl"\nkey = ["a", "b"]\n'
        'reason = "It was always so."\nuntil = "2027-01-31"\n'
        '\n[[allow]]\ncode = "TXT003"\npath = "a/x.jsonl"\n'
        'reason = "It was always so."\nuntil = "2027-01-31"\n'
        '\n[[allow]]\ncode = "CNT001"\npath = "\\\\[intents]"\n'
        'reason = "It was always so."\nuntil = "2027-01-31"\n'
    )
    allow = Datasets.parse(text).description.allow
    assert [each.key for each in allow] == [("ex-17",), ("a", "b"), (), ()]
    assert allow[3].matcher.match(b"[intents]")
    assert add_allow(text, found, "It was always so.", "2027-01-31") == text


def test_what_one_entry_accepts_needs_no_other():
    found = [
        finding("DUP003", key=("a",)),
        finding("TXT003", key=("a",)),
        finding("DUP003"),
        finding("DUP003", key=("b",)),
        finding("DUP003", path="b.jsonl", key=("b",)),
    ]
    entries = list(allow_entries(found, "So."))
    assert [(each["code"], each["path"], each.get("key")) for each in entries] == [
        ("DUP003", "a/x.jsonl", None),
        ("TXT003", "a/x.jsonl", "a"),
        ("DUP003", "b.jsonl", "b"),
    ]


def test_an_entry_gets_a_new_reason_and_day():
    text = add_allow("", [finding("TXT001"), finding("TXT002")], "Old.", "2020-01-31")
    text = add_allow(f"{text}\n# end\n", [finding("TXT001")], "New.")
    assert text == (
        '[[allow]]\ncode = "TXT002"\npath = "a/x.jsonl"\nreason = "Old."\nuntil = "2020-01-31"\n'
        '\n[[allow]]\ncode = "TXT001"\npath = "a/x.jsonl"\nreason = "New."\n\n# end\n'
    )


def test_entries_in_one_list_are_left_alone():
    with pytest.raises(ConfigError, match="written in a way that tdv does not change"):
        add_allow("allow = [{code='A', reason='b'}]", [finding("TXT001")], "x")


@given(st.lists(st.tuples(TEXTS, st.lists(TEXTS, max_size=2)), max_size=4), TEXTS)
def test_whatever_keys_and_paths_hold(found, reason):
    findings = [finding("TXT001", path, tuple(key)) for path, key in found]
    text = add_allow(TEXT, findings, reason)
    assert add_allow(text, findings, reason) == text
