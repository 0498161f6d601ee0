"""What holds for a dataset, of profile, `tdv.toml` and command line."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tdv.errors import ConfigError, UsageError
from tdv.quality.configuring import effective
from tdv.quality.configuring.description import Allowed, Description, PathTable, RuleTable
from tdv.quality.configuring.effective import settings_for
from tdv.quality.configuring.overrides import Overrides
from tdv.quality.finding import Level
from tdv.quality.own import own_rules
from tdv.quality.profiles import Profile
from tdv.quality.registry import Selection
from tdv.quality.rule import ColumnRule, Param, RowRule, Rule
from tdv.quality.subject import Roles

SAID = {"level": Level.ERROR, "summary": "", "why": "", "bad": 1, "good": 1, "mend": ""}


def check(row, subject):
    return ()


RULES = {
    rule.code: rule
    for rule in (
        ColumnRule(
            **SAID, code="TXT003", name="long-text", columns=lambda roles: (), mask=None, tell=None,
            params=(
                Param("max_words", 100, "Words.", aliases=("max_sequence_length",)),
                Param("unit", "words", "Unit."),
                Param("share", 0.5, "Share."),
                Param("strict", False, "Strict."),
                Param("fields", ("text",), "Fields.", extracts=True),
                Param("sizes", (1,), "Sizes."),
                Param("other", None, "Other."),
            ),
        ),
        RowRule(
            **SAID, code="FLD001", name="required", check=check,
            params=(Param("fields", (), "Fields."),),
        ),
        RowRule(**SAID, code="PII001", name="email", check=check, optional=True,
                params=(Param("most", 3, "Most.", aliases=("most_of_all",)),)),
        RowRule(**SAID, code="PII003", name="least", check=check, optional=True,
                params=(Param("least", 3, "Least.", aliases=("most_of_all",)),)),
        RowRule(**SAID, code="PII002", name="phone", check=check, optional=True),
        Rule(**SAID, code="LBL001", name="unknown-label", applies=lambda roles: bool(roles.label)),
    )
}  # fmt: skip
PROFILE = Profile(
    "test",
    "For tests.",
    roles=Roles(text=("text",), key=("id",)),
    rules={"TXT003": {"level": "warning", "max_words": 50}, "FLD001": {"level": "off"}},
    gate={"max_duplicates": 0.05},
)


@pytest.fixture(autouse=True)
def _rules(monkeypatch):
    monkeypatch.setattr(effective, "rules", lambda: RULES)


def where(keys):
    return f"tdv.toml {'.'.join(map(str, keys))}: "


def said(**tables):
    given = {"shown": "tdv.toml", "where": where, **tables}
    return Description(**given)


def of(description=None, *sets, select=None, ignore=(), extend=(), **more):
    overrides = Overrides(sets, Selection(select, ignore, extend))
    return settings_for(
        "d", more.pop("profile", PROFILE), description=description, overrides=overrides, **more
    )


def values(settings):
    return settings.rules["TXT003"].values


def test_defaults_then_profile_then_tdv_toml_then_command_line():
    table = said(rules={"TXT003": RuleTable("info", {"max_words": 30, "share": 1})})
    assert values(of(profile=Profile("p", "")))["max_words"] == 100
    assert values(of())["max_words"] == 50
    assert values(of(table))["max_words"] == 30
    assert values(of(table, "TXT003.max_words=20"))["max_words"] == 20
    assert values(of(table, "long-text.max_words=20"))["max_words"] == 20
    assert values(of(table, "max_sequence_length=10"))["max_words"] == 10
    assert values(of(table))["share"] == 1.0
    levels = [
        each.rules["TXT003"].level for each in (of(), of(table), of(table, "TXT003.level=error"))
    ]
    assert levels == [Level.WARNING, Level.INFO, Level.ERROR]


def test_rules_that_are_off_or_do_not_apply_are_not_there():
    assert list(of().rules) == ["TXT003"]
    assert list(of(roles={"label": ("intent",)}).rules) == ["LBL001", "TXT003"]
    assert list(of(said(rules={"FLD001": RuleTable("error")})).rules) == ["FLD001", "TXT003"]
    assert list(of(said(rules={"TXT003": RuleTable("off")})).rules) == []
    assert list(of(None, "TXT003.level=off").rules) == []


@pytest.mark.parametrize(
    ("description", "options", "codes"),
    [
        (None, {"extend": ("PII001",)}, "PII001 TXT003"),
        (None, {"extend": ("email",)}, "PII001 TXT003"),
        (None, {"extend": ("PII",)}, "TXT003"),
        (None, {"select": ("ALL",)}, "TXT003"),
        (None, {"select": ("FLD001",)}, "FLD001"),
        (None, {"select": ("FLD",)}, ""),
        (None, {"ignore": ("TXT",)}, ""),
        (said(selection=Selection(("FLD001",))), {}, "FLD001"),
        (said(selection=Selection(("FLD001",))), {"extend": ("TXT",)}, "FLD001 TXT003"),
        (said(selection=Selection(("FLD001",))), {"select": ("TXT",)}, "TXT003"),
        (said(selection=Selection(extend=("PII001",))), {}, "PII001 TXT003"),
        (said(selection=Selection(extend=("PII001",))), {"select": ("PII",)}, "PII001"),
        (said(rules={"PII001": RuleTable("info")}), {}, "PII001 TXT003"),
        (said(rules={"email": RuleTable(values={"most": 1})}), {}, "PII001 TXT003"),
        (said(rules={"PII001": RuleTable("off", {"most": 1})}), {}, "TXT003"),
        (said(rules={"TXT003": RuleTable("off")}), {"select": ("TXT003",)}, "TXT003"),
        (said(rules={"TXT003": RuleTable("off")}), {"select": ("TXT",)}, ""),
        (said(selection=Selection(ignore=("TXT003",))), {"select": ("TXT003",)}, "TXT003"),
    ],
)
def test_selection(description, options, codes):
    assert list(of(description, **options).rules) == codes.split()


def test_an_alias_of_several_rules_sets_them_all():
    settings = of(None, "most_of_all=4", extend=("PII001",))
    assert settings.rules["PII001"].values == {"most": 4}
    assert settings.rules["PII003"].values == {"least": 4}


def test_a_parameter_on_the_command_line_asks_for_an_optional_rule():
    settings = of(None, "PII001.most=4")
    assert list(settings.rules) == ["PII001", "TXT003"]
    assert settings.subject.asked == ("PII001",)


@pytest.mark.parametrize(
    ("description", "sets", "on"),
    [
        (said(rules={"TXT003": RuleTable(values={"max_words": 9})}), [], True),
        (said(rules={"TXT003": RuleTable("off", {"max_words": 9})}), [], False),
        (said(rules={"TXT003": RuleTable("off")}), ["max_words=9"], False),
        (said(), ["max_words=9"], True),
        (said(), ["TXT003.max_words=9"], True),
        (said(), [], False),
    ],
)
def test_a_parameter_switches_a_rule_on_that_only_the_profile_has_off(description, sets, on):
    quiet = replace(PROFILE, rules={"TXT003": {"level": "off", "max_words": 5}})
    overrides = Overrides(tuple(sets))
    settings = settings_for("a", quiet, description=description, overrides=overrides)
    assert ("TXT003" in settings.rules) is on


def path(pattern, level="", **values):
    matcher = re.compile(pattern.replace("*", ".*").encode())
    return PathTable(pattern, matcher, level, values)


def test_paths():
    table = RuleTable("info", {}, (path("eval/*", "off"), path("eval/a*", "error", max_words=5)))
    settings = of(said(rules={"TXT003": table}))
    assert settings.of("TXT003", b"x").level is Level.INFO
    assert settings.of("TXT003", b"eval/b").level is None
    assert settings.of("TXT003", b"eval/a").level is Level.ERROR
    assert settings.of("TXT003", b"eval/a").values["max_words"] == 5
    settings = of(said(rules={"TXT003": table}), "max_words=7", "TXT003.level=warning")
    assert settings.of("TXT003", b"eval/a") == settings.rules["TXT003"]
    assert settings.rules["TXT003"].level is Level.WARNING


def test_a_rule_that_is_on_for_some_files_only():
    table = RuleTable("off", {}, (path("eval/*", "error"),))
    settings = of(said(rules={"TXT003": table, "PII001": table}))
    assert list(settings.rules) == ["PII001", "TXT003"]
    assert settings.rules["TXT003"].level is None
    assert settings.of("TXT003", b"eval/a").level is Level.ERROR
    assert settings.subject.asked == ("PII001",)


def test_what_extraction_depends_on():
    settings = of(None, "TXT003.fields=a, b", "max_words=3", schema={"type": "object"})
    assert settings.subject.values == {
        "FLD001": {"fields": ()},
        "PII001": {"most": 3},
        "PII003": {"least": 3},
        "TXT003": {"fields": ("a", "b")},
    }
    assert settings.subject.schema == {"type": "object"}
    assert settings.roles == Roles(text=("text",), key=("id",))
    assert of(roles={"text": ("q",)}).roles == Roles(text=("q",), key=("id",))
    assert settings.subject == of(None, "TXT003.fields=a,b", schema={"type": "object"}).subject


def test_thresholds():
    (only,) = of().gate
    assert (only.most, only.origin) == (0.05, "profile test")
    description = said(gate={"max_duplicates": 0.1, "min_quality": 0.5})
    assert [(each.name, each.origin) for each in of(description).gate] == [
        ("max_duplicates", "tdv.toml"), ("min_quality", "tdv.toml"),
    ]  # fmt: skip
    first, second = of(description, "max_duplicates=0.2").gate
    assert (first.most, first.origin, second.least) == (0.2, "--set", 0.5)
    assert values(of(said(gate={"max_sequence_length": 9})))["max_words"] == 9


@pytest.mark.parametrize(
    ("description", "message", "hint"),
    [
        (
            {"rules": {"TXT009": RuleTable()}},
            "tdv.toml rules.TXT009: There is no rule `TXT009`.",
            "Did",
        ),
        (
            {"rules": {"TXT003": RuleTable(values={"max_word": 1})}},
            "tdv.toml rules.TXT003.max_word: TXT003 (long-text) has no parameter `max_word`.",
            "Did you mean `max_words`?",
        ),
        (
            {"rules": {"long-text": RuleTable(values={"zzz": 1})}},
            "tdv.toml rules.long-text.zzz: TXT003 (long-text) has no parameter `zzz`.",
            "It has: max_words, max_sequence_length, ",
        ),
        (
            {"rules": {"TXT003": RuleTable(paths=(path("a", fields="x"),))}},
            "tdv.toml rules.TXT003.paths.a.fields: `TXT003.fields` cannot differ by path: it",
            "Make these files a dataset of their own.",
        ),
        (
            {"selection": Selection(("TXZ",), where="tdv.toml: ")},
            "tdv.toml: There is no rule or",
            "Did",
        ),
        ({"allow": (Allowed("TXT009", "x"),)}, "tdv.toml allow.0.code: There is no rule or", "Did"),
        ({"gate": {"max_duplicate": 1}}, "tdv.toml gate.max_duplicate: ", "Did you mean"),
        (
            {"rules": {"TXT003": RuleTable(), "long-text": RuleTable()}},
            "tdv.toml rules.long-text: ",
            "",
        ),
    ],
)
def test_a_description_that_is_wrong(description, message, hint):
    with pytest.raises(UsageError) as caught:
        of(said(**description))
    assert caught.value.message.startswith(message)
    assert (caught.value.hint or "").startswith(hint)


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("max_words", 1.5, "a whole number"),
        ("max_words", True, "a whole number"),
        ("max_words", "1", "a whole number"),
        ("unit", 1, "text"),
        ("share", "x", "a number"),
        ("share", float("inf"), "a number"),
        ("share", True, "a number"),
        ("strict", 1, "true or false"),
        ("fields", [1], "text or a list of texts"),
        ("sizes", ["x"], "a list of numbers"),
        ("other", {}, "a text, a number or a list"),
    ],
)
def test_a_value_of_another_type(name, value, wanted):
    with pytest.raises(ConfigError) as caught:
        of(said(rules={"TXT003": RuleTable(values={name: value})}))
    assert caught.value.message == (
        f"tdv.toml rules.TXT003.{name}: `TXT003.{name}` has to be {wanted}."
    )


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("max_words=7", "max_words", 7),
        (" max_words = 7 ", "max_words", 7),
        ("unit=7", "unit", "7"),
        ("share=1", "share", 1.0),
        ("strict=true", "strict", True),
        ("TXT003.fields=a", "fields", ("a",)),
        ('TXT003.fields=["a,b", "c"]', "fields", ("a,b", "c")),
        ("sizes=1,2", "sizes", (1, 2)),
        ("other=[1]", "other", (1,)),
        ("other=x=y", "other", "x=y"),
    ],
)
def test_set_spells_a_value(text, name, value):
    assert values(of(None, text))[name] == value


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("max_words", "`--set max_words` does not name a value.", "Write `--set NAME=VALUE`."),
        ("=3", "`--set =3` does not name a value.", "Write"),
        ("fields=x", "`fields` is a parameter of several rules.",
         "Write `TXT003.fields` or `FLD001.fields`."),
        ("max_wrods=3", "No threshold and no rule's parameter is named `max_wrods`.",
         "Did you mean `max_words`"),
        ("max_dup=3", "No threshold and no rule's parameter is named `max_dup`.",
         "Did you mean `max_duplicates` or"),
        ("TXT.x=3", "There is no rule `TXT`.", "`TXT` is a family of rules: `tdv rules --family"),
        ("max_words=x", "`--set max_words` has to be a whole number.", None),
        ("max_duplicates=x", "`--set max_duplicates` has to be a number, not `x`.", None),
        ("max_duplicates=NaN", "`--set max_duplicates` has to be a number, not `NaN`.", None),
        ("TXT009.x=3", "There is no rule `TXT009`.", "Did you mean `TXT003`?"),
        ("TXT003.x=3", "TXT003 (long-text) has no parameter `x`.", "It has: "),
        ("TXT003.level=bad", "`--set TXT003.level` has to be `error`, `warning`, `info` or `off`.",
         None),
    ],
)  # fmt: skip
def test_set_that_is_wrong(text, message, hint):
    with pytest.raises(UsageError) as caught:
        of(None, text)
    assert caught.value.message == message
    assert (caught.value.hint or "").startswith(hint or "")


OWN = (
    "from tdv.rules import rule\n@rule('ACME001', 'one')\n"
    "def one(row, *, most=3):\n    return None\n"
)


def test_own_rules_are_rules():
    own = own_rules({"mine.py": OWN})
    settings = of(None, "ACME001.most=4", own=own)
    assert settings.rules["ACME001"].values == {"most": 4}
    assert settings.subject.values["ACME001"] == {"most": 4}
    assert settings.subject.own == {"mine.py": OWN}
    assert "ACME001" not in of(None, own=own, ignore=("ACME",)).rules


def test_accepted_findings_are_named_by_codes_names_and_families():
    words = ("txt003", "long-text", "text", "FLD")
    settings = of(said(allow=tuple(Allowed(word, "So.") for word in words)))
    assert [each.code for each in settings.allow] == ["TXT003", "TXT003", "TXT", "FLD"]


def test_the_digest_is_that_of_what_holds():
    table = RuleTable("info", {"max_words": 30}, (path("a*", "error"),))
    allow = Allowed("TXT003", "So.", line=3)
    own = own_rules({"mine.py": OWN})
    different = [
        of(),
        of(said(rules={"TXT003": table})),
        of(said(rules={"TXT003": RuleTable("info", {"max_words": 31}, table.paths)})),
        of(said(rules={"TXT003": RuleTable("info", {"max_words": 30}, (path("b*", "error"),))})),
        of(said(allow=(allow,))),
        of(said(allow=(Allowed("TXT003", "So.", line=3, path="a", matcher=re.compile(b"a")),))),
        of(None, "max_duplicates=0.2"),
        of(roles={"key": ()}),
        of(schema={"a": 1}),
        of(schema={"a": 2**70}),
        of(own=own),
        of(own=own_rules({"mine.py": OWN + "#"})),
        of(extend=("PII001",)),
        of(extend=("PII002",)),
    ]
    assert len({each.digest for each in different}) == len(different)
    # The profile says the same.
    assert of(None, "max_duplicates=0.05").digest == of().digest
    both = {"TXT003": table, "FLD001": RuleTable("info")}
    assert of(None, "unit=\udcff").digest != of(None, "unit=x").digest
    turned = dict(reversed(both.items()))
    assert of(said(rules=both)).digest == of(said(rules=turned)).digest
    assert of(schema={"a": 1, "b": [True]}).digest == of(schema={"b": [True], "a": 1}).digest
    assert re.fullmatch("[0-9a-f]{64}", of().digest)
