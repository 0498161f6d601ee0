"""`tdv.toml`, whole: what is said, and what is wrong with line and column."""

from __future__ import annotations

import pytest

from tdv.errors import ConfigError
from tdv.quality.configuring.effective import settings_for
from tdv.quality.profiles import PROFILES
from tdv.quality.registry import Selection
from tdv.repo.datasets import Datasets

TEXT = """
[somebody.else]
x = 1

[dataset.intents]
paths = ["intents/*.jsonl"]
description = "What people ask for."
tags = ["prod", "v2"]
licence = "CC-BY-4.0"
created_by = "Ada"
format = "jsonl"
schema = "intent"
profile = "intent"
key = "id"
text = "text"
label = ["expected_intent"]
split = "metadata.split"
numbers = []

[rules]
select = ["FLD", "SPN"]
ignore = "OUT"
extend-select = ["PII001"]
own = ["rules/mine.py"]

[rules.TXT003]
level = "error"
max_words = 300

[rules.TXT003.paths."eval/**"]
level = "off"

[gate]
max_duplicates = 0.05
fail-on = "warning"
on = "commit"

[[allow]]
code = "DUP003"
key = ["ex-17", 3]
reason = "A real repeat."
until = 2027-01-31
[[allow]]
code = "TXT"
path = "eval/*"
where = "x > 3"
reason = "So."
until = "2027-02-01"
"""


def test_everything_is_read():
    datasets = Datasets.parse(TEXT)
    described = datasets.described["intents"]
    assert (described.description, described.tags) == ("What people ask for.", ("prod", "v2"))
    assert (described.licence, described.created_by) == ("CC-BY-4.0", "Ada")
    assert (described.format, described.schema, described.profile) == ("jsonl", "intent", "intent")
    assert described.roles == {
        "text": ("text",),
        "label": ("expected_intent",),
        "key": ("id",),
        "numbers": (),
        "split": "metadata.split",
    }
    assert described.where == "tdv.toml, line 5, column 1: "
    assert described.where_of["schema"] == "tdv.toml, line 12, column 1: "
    said = datasets.description
    assert said.selection == Selection(
        ("FLD", "SPN"), ("OUT",), ("PII001",), "tdv.toml, line 20, column 1: "
    )
    assert said.own == ("rules/mine.py",)
    rule = said.rules["TXT003"]
    assert (rule.level, rule.values) == ("error", {"max_words": 300})
    assert (rule.paths[0].pattern, rule.paths[0].level, rule.paths[0].values) == (
        "eval/**", "off", {},
    )  # fmt: skip
    assert rule.paths[0].matcher.match(b"eval/a/b.jsonl")
    assert (said.gate, said.fail_on, said.on) == ({"max_duplicates": 0.05}, "warning", "commit")
    first, second = said.allow
    assert (first.code, first.key, first.until, first.line) == (
        "DUP003", ("ex-17", "3"), "2027-01-31", 38,
    )  # fmt: skip
    assert (second.until, second.where, second.line) == ("2027-02-01", "x > 3", 43)
    assert first.matcher is None
    assert second.matcher.match(b"eval/a")
    assert not second.matcher.match(b"eval/a/b")


def test_nothing_is_said():
    datasets = Datasets.parse("")
    assert datasets.described == {}
    assert datasets.description.selection.select is None
    assert (datasets.description.rules, datasets.description.allow) == ({}, ())


HEAD = "[dataset.a]\npaths = 'x'\n"


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("  lable = 'x'", "3, column 3: `dataset.a` has no key `lable`.", "Did you mean `label`?"),
        ("zzz = 1", "3, column 1: `dataset.a` has no key `zzz`.", "Known are: categories, "),
        ("tags = [1]", "3, column 1: `dataset.a.tags` has to be text or a list of texts.", None),
        ("schema = ['x']", "3, column 1: `dataset.a.schema` has to be text.", None),
        ("split = 1", "3, column 1: `dataset.a.split` has to be text.", None),
        ("label = ['']", "3, column 1: `dataset.a.label` has to be text or a list", None),
    ],
)
def test_a_dataset_that_is_wrong(text, message, hint):
    with pytest.raises(ConfigError) as caught:
        _ = Datasets.parse(HEAD + text).described
    assert caught.value.message.startswith(f"tdv.toml, line {message}")
    assert (caught.value.hint or "").startswith(hint or "")
    assert (caught.value.hint is None) == (hint is None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rules = 1", "1, column 1: `rules` has to be a table."),
        ("[rules]\nselekt = ['A']", "2, column 1: `[rules]` has no key `selekt`."),
        ("[rules]\nselect = 1", "2, column 1: `rules.select` has to be text or a list of texts."),
        ("[rules.A]\nlevel = 'bad'", '2, column 1: `rules.A.level` has to be `"error"` or `"warn'),
        ("[rules.A]\nlevel = 2", '2, column 1: `rules.A.level` has to be `"error"` or `"warn'),
        ("[rules.A]\npaths = 2", "2, column 1: `rules.A.paths` has to be a table."),
        ("[rules.A.paths.'a[']\nx=1", "1, column 1: 'a[' is no pattern that matches anything."),
        ("[rules.A.paths]\nb = 1", "2, column 1: `rules.A.paths.b` has to be a table."),
        ("gate = []", "1, column 1: `gate` has to be a table."),
        ("[gate]\nx = 'y'", "2, column 1: `gate.x` has to be a number."),
        ("[gate]\nx = true", "2, column 1: `gate.x` has to be a number."),
        ("[gate]\nx = nan", "2, column 1: `gate.x` has to be a number."),
        ("[gate]\nfail-on = 'info'", '2, column 1: `gate.fail-on` has to be `"error"` or'),
        (
            "[[allow]]\ncode='A'\nreason='b'\nuntil='20270131'",
            "4, column 1: `allow.until` has to be",
        ),
        ("[gate]\non = 'push'", '2, column 1: `gate.on` has to be `"commit"`.'),
        ("[allow]\ncode = 'A'", "1, column 1: `allow` has to be a list."),
        ("allow = [1]", "1, column 1: `allow` has to be a list."),
        ("[[allow]]\nreason = 'A'", "1, column 1: This `[[allow]]` does not say its `code`."),
        ("[[allow]]\ncode = 'A'", "1, column 1: This `[[allow]]` does not say its `reason`."),
        ("[[allow]]\nkode = 'A'", "2, column 1: `allow` has no key `kode`."),
        (
            "[[allow]]\ncode='A'\nreason='b'\nkey=1.5",
            "4, column 1: `allow.key` has to be text, a whole number, or a list of those.",
        ),
        (
            "[[allow]]\ncode='A'\nreason='b'\nuntil='soon'",
            "4, column 1: `allow.until` has to be a day such as `2027-01-31`.",
        ),
        (
            "[[allow]]\ncode='A'\nreason='b'\nuntil=2027-01-31T00:00:00",
            "4, column 1: `allow.until` has to be a day such as `2027-01-31`.",
        ),
        ("[[allow]]\ncode='A'\nreason='b'\nwhere='x >'", "4, column 1: "),
        ("[[allow]]\ncode='A'\nreason='b'\npath='a['", "4, column 1: 'a[' is no pattern"),
    ],
)
def test_a_description_that_is_wrong(text, message):
    with pytest.raises(ConfigError) as caught:
        _ = Datasets.parse(text, "main:tdv.toml").description
    assert caught.value.message.startswith(f"main:tdv.toml, line {message}")


def test_slips_that_are_no_errors():
    description = Datasets.parse("[somebody]\n[rule.TXT003]\n[[alow]]\n[x]").description
    assert description.notes == (
        "tdv.toml, line 2, column 1: `rule` is nothing that tdv reads. Did you mean `rules`?",
        "tdv.toml, line 3, column 1: `alow` is nothing that tdv reads. Did you mean `allow`?",
    )
    with pytest.raises(ConfigError) as caught:
        _ = Datasets.parse("[gate]\nfail_on = 'error'").description
    assert caught.value.hint == "Did you mean `fail-on`?"


def test_settings_have_the_same_digest_however_often_they_are_made():
    def digest():
        text = (
            "[rules.TXT003.paths.'a*b*/**/c']\nlevel='off'\n"
            "[[allow]]\ncode='TXT'\nreason='x'\npath='a*b*/**/c'\n"
        )
        description = Datasets.parse(text).description
        return settings_for("a", PROFILES["intent"], description=description).digest

    assert digest() == digest()
