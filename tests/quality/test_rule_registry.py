"""Codes and names of the rules, and how words select them."""

from __future__ import annotations

import pkgutil
import re
from importlib import import_module

import pytest

from tdv.errors import UsageError
from tdv.quality.finding import Level
from tdv.quality.measuring.gate import is_threshold
from tdv.quality.registry import FAMILIES, MODULES, Selection, code_prefix, rule_named, rules
from tdv.quality.rule import Rule

# Codes that a release had, with their names. A line is added with a rule, and never changed or
# removed: a code that went stays here, with None for its name.
RELEASED: dict[str, str | None] = {
    "REC001": "undecodable",
    "REC002": "not-utf8",
    "REC003": "repeated-field",
    "FLD001": "required",
    "FLD002": "type",
    "FLD003": "range",
    "FLD004": "required-if",
    "FLD005": "format",
    "FLD006": "schema",
    "FLD007": "unknown-value",
    "SPN001": "span-bounds",
    "SPN002": "span-order",
    "SPN003": "span-overlap",
    "SPN004": "span-surface",
    "SPN005": "span-form",
    "TXT001": "empty-text",
    "TXT002": "short-text",
    "TXT003": "long-text",
    "TXT004": "repetitive-text",
    "TXT005": "unclear-text",
    "TXT006": "damaged-encoding",
    "TXT007": "control-characters",
    "LBL001": "unknown-label",
    "LBL002": "label-imbalance",
    "LBL003": "rare-label",
    "LBL004": "label-conflict",
    "DUP001": "duplicate-record",
    "DUP002": "duplicate-fields",
    "DUP003": "duplicate-text",
    "DUP004": "duplicate-key",
    "CNT001": "too-few-examples",
    "CNT002": "too-many-examples",
    "CNT003": "few-words",
    "CNT004": "duplicate-ratio",
    "OUT001": "outlier-length",
    "OUT002": "outlier-number",
    "CNV001": "conversation-role",
    "CNV002": "empty-turn",
    "CNV003": "conversation-alternation",
    "CNV004": "conversation-timestamp",
    "CNV005": "message-count",
    "CNV006": "conversation-duration",
    "CNV007": "turn-count",
    "CNV008": "conversation-form",
    "EMB001": "embedding-dimension",
    "EMB002": "embedding-not-a-number",
    "EMB003": "zero-vector",
    "EMB004": "duplicate-vector",
    "EMB005": "vector-count",
    "SPL001": "leakage",
    "SPL002": "group-leakage",
    "PII001": "email",
    "PII002": "phone",
    "PII003": "card-number",
    "PII004": "ip-address",
    "PII005": "iban",
    "SEC001": "api-key",
    "SEC002": "private-key",
    "SEC003": "password",
    "GOV001": "consent",
    "GOV002": "licence",
    "GOV003": "label-bias",
    "MED001": "missing-media",
    "QUA001": "low-score",
    "ALW001": "unused-allow",
    "ALW002": "expired-allow",
}


def known(*names):
    return {
        code: Rule(
            code=code, name=name, level=Level.ERROR, summary="", why="", bad=1, good=1, mend=""
        )
        for code, name in names
    }


KNOWN = known(
    ("TXT001", "empty-text"),
    ("TXT003", "long-text"),
    ("TXT011", "odd-text"),
    ("FLD001", "required"),
)


@pytest.mark.parametrize("code", rules())
def test_a_rule_says_what_it_is(code):
    rule = rules()[code]
    assert rule.code == code
    assert re.fullmatch(r"[A-Z]{3}\d{3}", code)
    assert rule.family in FAMILIES
    assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", rule.name)
    for text in (rule.summary, rule.why, rule.mend):
        assert text.strip().endswith((".", "`", ")")), text
    assert len({param.name for param in rule.params}) == len(rule.params)
    for param in rule.params:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", param.name)
        assert param.help.endswith(".")


def test_codes_are_unique():
    modules = [import_module(f"tdv.quality.rules.{name}") for name in MODULES]
    codes = [rule.code for module in modules for rule in module.RULES]
    assert len(set(codes)) == len(codes) == len(rules())


def test_every_module_of_rules_is_listed():
    package = import_module("tdv.quality.rules")
    names = [each.name for each in pkgutil.iter_modules(package.__path__)]
    having = [
        name for name in names if hasattr(import_module(f"{package.__name__}.{name}"), "RULES")
    ]
    assert sorted(having) == sorted(MODULES)


def test_an_alias_is_no_name_of_anything_else():
    params = [param for rule in rules().values() for param in rule.params]
    aliases = {alias for param in params for alias in param.aliases}
    assert not aliases & {param.name for param in params}
    assert not [alias for alias in aliases if is_threshold(alias)]


def test_names_are_unique():
    names = [rule.name for rule in rules().values()]
    assert len(set(names)) == len(names)
    assert not set(names) & set(FAMILIES.values())


def test_released_codes_keep_their_meaning():
    for code, name in RELEASED.items():
        assert (rules()[code].name if code in rules() else None) == name
    assert set(rules()) <= set(RELEASED), "add the new code to RELEASED"


@pytest.mark.parametrize(
    ("selection", "codes"),
    [
        (Selection(), "TXT001 FLD001"),
        (Selection(("ALL",)), "TXT001 TXT003 TXT011 FLD001"),
        (Selection(("TXT",)), "TXT001 TXT003 TXT011"),
        (Selection(("text",)), "TXT001 TXT003 TXT011"),
        (Selection(("txt00",)), "TXT001 TXT003"),
        (Selection(("long-text", "FLD001")), "TXT003 FLD001"),
        (Selection(extend=("TXT01",)), "TXT001 TXT011 FLD001"),
        (Selection(ignore=("TXT",)), "FLD001"),
        (Selection(("TXT",), ignore=("TXT00",)), "TXT011"),
        (Selection(("TXT00",), ignore=("TXT",)), "TXT001 TXT003"),
        (Selection(("TXT",), ignore=("ALL",)), "TXT001 TXT003 TXT011"),
        (Selection(("TXT",), ignore=("text",)), ""),
        (Selection(("TXT",), ignore=("TXT00",), extend=("TXT003",)), "TXT003 TXT011"),
        (Selection(("TXT003",), ignore=("long-text",)), ""),
        (Selection(()), ""),
    ],
)
def test_what_names_a_rule_more_closely_wins(selection, codes):
    assert selection.apply(["TXT001", "FLD001"], KNOWN) == frozenset(codes.split())


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("TXT004", "Did you mean `TXT003`"),
        ("long-txt", "Did you mean `long-text`"),
        ("spams", "Did you mean `spans`"),
        ("zzzzzz", "`tdv rules` lists them."),
        ("", "`tdv rules` lists them."),
    ],
)
def test_a_word_that_names_nothing(word, hint):
    with pytest.raises(UsageError) as caught:
        Selection((word,), where="tdv.toml, line 3: ").apply([], KNOWN)
    assert caught.value.message == f"tdv.toml, line 3: There is no rule or family `{word}`."
    assert caught.value.hint.startswith(hint)


def test_a_rule_is_found_by_code_and_by_name():
    assert rule_named("long-text", KNOWN) is rule_named("txt003", KNOWN) is KNOWN["TXT003"]
    with pytest.raises(UsageError, match="There is no rule `TXT`"):
        rule_named("TXT", KNOWN)


def test_what_codes_begin_with():
    words = ("txt003", "long-text", "text", "TXT0", "ALL")
    assert [code_prefix(word, KNOWN) for word in words] == ["TXT003", "TXT003", "TXT", "TXT0", ""]
    with pytest.raises(UsageError, match="There is no rule or family `TXT9`"):
        code_prefix("TXT9", KNOWN)
