"""Every built-in rule by its code, and which of them somebody selects.

A rule is named by its code (`TXT003`), its name (`long-text`), a prefix of its code (`TXT`,
`TXT0`), its family's name (`text`), or with all others by `ALL`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from types import MappingProxyType

from tdv.errors import UsageError
from tdv.quality.rule import Rule

FAMILIES: Mapping[str, str] = MappingProxyType(
    {
        "REC": "records",
        "FLD": "fields",
        "SPN": "spans",
        "TXT": "text",
        "LBL": "labels",
        "DUP": "duplicates",
        "CNT": "counts",
        "OUT": "outliers",
        "CNV": "conversations",
        "EMB": "embeddings",
        "SPL": "splits",
        "PII": "privacy",
        "SEC": "secrets",
        "GOV": "governance",
        "MED": "media",
        "QUA": "quality",
        "ALW": "allow",
    }
)
"""The letters of a family's codes -> the word for it, in the order in which they are listed."""

MODULES = (
    *("records", "fields", "spans", "texts", "labels", "duplicates", "counts", "outliers"),
    *("conversations", "embeddings", "splits", "privacy", "governance", "media"),
    *("quality_score", "accepting"),
)
ALL = "ALL"


@cache
def rules() -> Mapping[str, Rule]:
    """The built-in rules by code, in the order of the families."""
    found: list[Rule] = []
    for name in MODULES:
        found += import_module(f"tdv.quality.rules.{name}").RULES
    order = list(FAMILIES)
    found.sort(key=lambda rule: (order.index(rule.family), rule.code))
    return MappingProxyType({rule.code: rule for rule in found})


def rule_named(word: str, known: Mapping[str, Rule] | None = None, where: str = "") -> Rule:
    """The rule of a code or a name.

    Args:
        known: the rules that there are; None for the built-in ones.
        where: begins the message of the error: "tdv.toml, line 3, column 1: ".

    Raises:
        UsageError: there is none; the hint names those that are near.
    """
    known = rules() if known is None else known
    found = known.get(word) or known.get(word.upper())
    found = found or next((rule for rule in known.values() if rule.name == word.lower()), None)
    if found is None:
        words = [*known, *(rule.name for rule in known.values())]
        message = f"There is no rule `{word}`."
        hint = _about_family(word, known) or did_you_mean(word, words) or LISTED
        raise UsageError(where + message, hint=hint)
    return found


# Letters of a word that may be the beginning of what was meant: of `max_dup`, not of `max`.
BEGUN = 5
LISTED = "`tdv rules` lists them."


def _about_family(word: str, known: Mapping[str, Rule]) -> str:
    """A hint where the word is that of a family; "" elsewhere."""
    family = next((letters for letters, name in FAMILIES.items() if name == word.lower()), word)
    if all(rule.family != family.upper() for rule in known.values()):
        return ""
    return f"`{word}` is a family of rules: `tdv rules --family {word}` lists them."


@dataclass(frozen=True, slots=True)
class Selection:
    """Which rules are asked for, at one place: `tdv.toml` or the command line.

    Attributes:
        select: what names the rules; None leaves it to the place before (or to the profile).
        ignore: which not.
        extend: which besides.
        where: begins the message about a word that names nothing: "tdv.toml, line 3, column 1: ".
    """

    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] = ()
    extend: tuple[str, ...] = ()
    where: str = ""

    def apply(self, before: Iterable[str], known: Mapping[str, Rule]) -> frozenset[str]:
        """The codes that are selected after this place has had its say.

        As in ruff, what names a rule more closely wins: its code or name, then the longer prefix;
        `ALL` is the shortest. Where both are equally close, `ignore` wins.

        Args:
            before: codes selected by the place before.
            known: every rule that there is.

        Raises:
            UsageError: a word names no rule; the hint has words that are near.
        """
        asked: dict[str, tuple[int, bool]] = {}
        chosen = [(word, True) for word in (*(self.select or ()), *self.extend)]
        for word, wanted in (*chosen, *((word, False) for word in self.ignore)):
            closeness, codes = _named(word, known, self.where)
            for code in codes:
                if code not in asked or closeness >= asked[code][0]:
                    asked[code] = closeness, wanted
        start = frozenset(before) if self.select is None else frozenset()
        on = {code for code, (_, wanted) in asked.items() if wanted}
        return (start - asked.keys()) | on

    def exactly(self, known: Mapping[str, Rule]) -> frozenset[str]:
        """The codes that are asked for by code or name."""
        words = (*(self.select or ()), *self.extend)
        named = (_named(word, known, self.where) for word in words)
        return frozenset(code for closeness, codes in named for code in codes if closeness == EXACT)


EXACT = 100


def code_prefix(word: str, known: Mapping[str, Rule], where: str = "") -> str:
    """What the codes begin with that a word names: of a name the whole code, of `ALL` nothing.

    Raises:
        UsageError: as `Selection.apply`.
    """
    closeness, codes = _named(word, known, where)
    return codes[0] if closeness == EXACT else codes[0][:closeness]


def _named(word: str, known: Mapping[str, Rule], where: str) -> tuple[int, list[str]]:
    """How closely a word names rules, and their codes."""
    upper, lower = word.upper(), word.lower()
    if upper == ALL:
        return 0, list(known)
    exact = [code for code, rule in known.items() if upper == code or lower == rule.name]
    if exact:
        return EXACT, exact
    prefix = next((letters for letters, name in FAMILIES.items() if name == lower), upper)
    below = [code for code in known if code.startswith(prefix)]
    if below and word:
        return len(prefix), below
    words = [ALL, *known, *(rule.name for rule in known.values())]
    words += [*dict.fromkeys(rule.family for rule in known.values()), *FAMILIES.values()]
    hint = did_you_mean(word, words) or LISTED
    raise UsageError(f"{where}There is no rule or family `{word}`.", hint=hint)


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """A hint with the words that are near to one, what it begins first; "" where none is."""
    from difflib import get_close_matches  # only a mistake pays for it

    spelled = {each.lower(): each for each in words}
    lower = word.lower()
    begun = [each for each in spelled if len(lower) >= BEGUN and each.startswith(lower)]
    close = get_close_matches(lower, spelled, n=3, cutoff=0.6)
    near = [spelled[each] for each in dict.fromkeys([*sorted(begun, key=len), *close])][:3]
    return f"Did you mean {' or '.join(f'`{each}`' for each in near)}?" if near else ""
