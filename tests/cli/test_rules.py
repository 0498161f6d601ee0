"""Whole outputs of `tdv rules`, on the rules of one family that changes least."""

from __future__ import annotations

import io

import pytest

from tdv.cli.output import Output
from tdv.cli.render.rules import level_in, write_rule, write_table
from tdv.quality.finding import Level
from tdv.quality.own import own_rules
from tdv.quality.profiles import PROFILES
from tdv.quality.registry import FAMILIES, rules
from tdv.repo.trust import Trust


def test_a_family(outside):
    result = outside("rules", "--family", "allow")
    assert result.out == (
        "allow (ALW)\n"
        "  ALW001  unused-allow   warning  "
        "An `[[allow]]` of `tdv.toml` accepts nothing that is found.\n"
        "  ALW002  expired-allow  warning  "
        "An `[[allow]]` of `tdv.toml` has a day in `until` that is over.\n"
    )
    assert result.err == "2 rules. `tdv rules RULE` explains one.\n"
    assert outside("rules", "--family", "ALW").out == result.out


def test_all_by_family(outside):
    lines = outside("rules").out.splitlines()
    heads = [line for line in lines if line and not line.startswith(" ")]
    known = dict.fromkeys(rule.family for rule in rules().values())
    assert heads == [f"{FAMILIES[letters]} ({letters})" for letters in known]
    assert [line.split()[0] for line in lines if line.startswith(" ")] == list(rules())


@pytest.mark.parametrize("name", ["ALW002", "alw002", "expired-allow"])
def test_one_explained(outside, name):
    assert (
        outside("rules", name).out
        == """\
ALW002 expired-allow (warning; allow)

An `[[allow]]` of `tdv.toml` has a day in `until` that is over.

It accepts nothing from the day after on; its findings count again.

Found
  [[allow]]
  code = "DUP003"
  key = "ex-17"
  reason = "Said twice on purpose."
  until = "2020-01-31"

Not found
  [[allow]]
  code = "DUP003"
  key = "ex-17"
  reason = "Said twice on purpose."
  until = "2999-12-31"

To mend it
  Mend the rows and remove the entry, or put a later day into `until`.

In tdv.toml
  [rules.ALW002]
  level = "warning"
"""
    )


def test_parameters_are_explained(outside):
    rule = next(rule for rule in rules().values() if rule.params and not rule.optional)
    text = outside("rules", rule.code).out
    assert "\nParameters\n" in text
    for param in rule.params:
        assert f"\n  {param.name} = " in text


def test_a_profile_changes_levels(outside):
    assert "FLD003 range (error; fields)" in outside("rules", "FLD003").out
    assert "FLD003 range (warning; fields, profile intent)" in (
        outside("rules", "FLD003", "--profile", "intent").out
    )
    table = outside("rules", "--profile", "stt", "--family", "spans").out.splitlines()[1:]
    assert {line.split()[2] for line in table} == {"off"}  # nothing there names entities


def test_json(outside):
    document = outside("rules", "ALW001", "--json").json
    assert document["schema"] == "tdv.rules/1"
    assert document["profile"] is None
    (rule,) = document["rules"]
    assert (rule["code"], rule["name"], rule["family"]) == ("ALW001", "unused-allow", "allow")
    assert (rule["level"], rule["on"], rule["params"]) == ("warning", True, [])
    everything = outside("rules", "--json", "--profile", "intent").json
    assert everything["profile"] == "intent"
    assert [each["code"] for each in everything["rules"]] == list(rules())


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        (("expird-allow",), "There is no rule `expird-allow`.", "`expired-allow`"),
        (("--family", "alow"), "There is no family of rules `alow`.", "Did you mean `allow`?"),
        (("--family", "qqq"), "There is no family of rules `qqq`.", "The families are records, "),
        (("--profile", "intnt"), "There is no profile `intnt`.", "Did you mean `intent`?"),
        (("ALW001", "--family", "ALW"), "`--family` lists rules", "`tdv rules ALW001` explains"),
    ],
)
def test_mistakes(outside, words, message, hint):
    result = outside("rules", *words, code=2)
    assert result.out == ""
    assert result.err.startswith(f"error: {message}")
    assert hint in result.err


@pytest.mark.parametrize("name", [name for name in PROFILES if not PROFILES[name].guess])
def test_levels_are_those_that_a_validation_applies(name):
    from tdv.quality.configuring.effective import settings_for

    profile = PROFILES[name]
    applied = settings_for("", profile).rules
    shown: dict[str, Level | None] = {
        code: level for code, rule in rules().items() if (level := level_in(rule, profile))
    }
    assert shown == {code: each.level for code, each in applied.items() if each.level}


def test_every_rule_explains_itself(outside):
    for code, rule in rules().items():
        assert outside("rules", code).out.startswith(f"{code} {rule.name} (")


MINE = """
from tdv.rules import rule

@rule("ACME001", "no-lorem", level="info")
def no_lorem(row, *, word="lorem"):
    "The text is placeholder text."
    if word in row["text"]:
        yield "text", f"It has `{word}`."
"""


def test_rules_of_ones_own(tdv, home):
    tdv.write("mine.py", MINE)
    tdv.write("tdv.toml", '[rules]\nown = ["mine.py"]\n')
    result = tdv("rules", "--family", "allow")
    assert result.err.startswith("warning: The rule file mine.py is not trusted; it is a program")
    assert "hint: Read it, then run `tdv config trust mine.py`.\n" in result.err
    Trust(home / ".config" / "tdv" / "config.toml").add(MINE.encode(), "mine.py")
    assert tdv("rules", "--family", "acme").out == (
        "ACME (ACME)\n  ACME001  no-lorem  info     The text is placeholder text.\n"
    )
    assert (
        tdv("rules", "no-lorem").out
        == """\
ACME001 no-lorem (info; ACME)

The text is placeholder text.

Parameters
  word = "lorem"
      A parameter of your own rule. Another value reads the rows again.

In tdv.toml
  [rules.ACME001]
  level = "info"
  word = "lorem"
"""
    )


def test_what_rules_of_ones_own_say_is_harmless_on_a_terminal():
    text = """
from tdv.rules import rule
@rule("ACME001", "no-lorem", summary="S\x1b[31m.", why="W\x1b[31m.", mend="M\x1b[31m.")
def no_lorem(row, *, word="\x1b[31m"):
    pass
"""
    rule = own_rules({"mine.py": text}).rules["ACME001"]
    stdout = io.BytesIO()
    out = Output(stdout, io.BytesIO())
    out.terminal = True
    write_rule(out, rule, None)
    write_table(out, [rule], None)
    out.flush()
    told = stdout.getvalue().decode()
    assert "\x1b" not in told
    assert told.count("[31m") == 6
