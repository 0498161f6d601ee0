"""The settings that hold for a dataset, of profile, `tdv.toml` and command line; see `Settings`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Any

from blake3 import blake3

from tdv.errors import ConfigError
from tdv.model.codec import pack
from tdv.quality.configuring.description import Allowed, Description, Keys, PathTable, RuleTable
from tdv.quality.configuring.overrides import (
    LEVEL,
    OFF,
    BoundSet,
    Overrides,
    checked,
    meant_alone,
    param_named,
    parsed_sets,
)
from tdv.quality.configuring.settings import PathSetting, RuleSetting, Settings, Threshold
from tdv.quality.extracting.columns import DISTINCT, WORDS, words_of
from tdv.quality.finding import Level
from tdv.quality.measuring.gate import is_threshold, threshold, threshold_names
from tdv.quality.own import OwnRules
from tdv.quality.registry import code_prefix, rule_named, rules
from tdv.quality.rule import ColumnRule, RowRule, Rule
from tdv.quality.subject import Roles, Subject
from tdv.version import __version__

if TYPE_CHECKING:
    from tdv.quality.profiles import Profile

FEW_WORDS = "CNT003"


def settings_for(
    dataset: str,
    profile: Profile,
    *,
    roles: Mapping[str, Any] | None = None,
    description: Description | None = None,
    overrides: Overrides | None = None,
    schema: Mapping[str, Any] | None = None,
    own: OwnRules | None = None,
) -> Settings:
    """What holds for one dataset.

    Args:
        dataset: its name; "" for files that no dataset describes.
        profile: its roles are those of the dataset, but for what `roles` says.
        roles: name of a role -> field or fields.
        description: of `tdv.toml`; None ignores it (`--isolated`).
        overrides: of the command line.
        schema: that of the dataset, all references resolved.
        own: the rules of trusted files and of installed packages.

    Raises:
        UsageError: a rule, a parameter or a threshold is unknown, or a value is not of its type.
    """
    said, asked = description or Description(), overrides or Overrides()
    own = own or OwnRules()
    known = {**rules(), **own.rules}
    wishes = _Wishes(known, profile, said, asked)
    chosen = replace(profile.roles, **(roles or {}))
    levels = wishes.levels()
    applied = {}
    for code in sorted(levels):
        if known[code].applies(chosen) and (levels[code] or wishes.on_somewhere(code)):
            applied[code] = RuleSetting(levels[code], wishes.values[code])
    row_rules = [code for code in applied if isinstance(known[code], RowRule)]
    chosen_one_by_one = any(each.selection.select is not None for each in (said, asked))
    settings = Settings(
        dataset=dataset,
        profile=profile.name,
        subject=Subject(
            roles=chosen,
            schema=schema,
            values=wishes.extracting(),
            own=own.sources,
            asked=tuple(code for code in row_rules if known[code].optional),
            only=tuple(applied) if chosen_one_by_one else None,
            words=not chosen_one_by_one
            or _count_words((known[code] for code in applied), chosen, wishes.gate.values()),
        ),
        rules=applied,
        by_path={code: paths for code, paths in wishes.paths.items() if code in applied},
        gate=tuple(wishes.gate.values()),
        allow=tuple(_allowed(said, known)),
    )
    return replace(settings, digest=_digest(settings))


def _count_words(chosen: Iterable[Rule], roles: Roles, gate: Iterable[Threshold]) -> bool:
    """Whether a rule or a threshold looks at the words of texts."""
    counts = (WORDS, DISTINCT, *map(words_of, roles.text))
    for rule in chosen:
        if isinstance(rule, ColumnRule) and not set(counts).isdisjoint(rule.columns(roles)):
            return True
        if rule.code == FEW_WORDS:
            return True
    return any(each.metric.endswith("_words") for each in gate)


def _allowed(said: Description, known: Mapping[str, Rule]) -> Iterator[Allowed]:
    """The accepted findings, with what their codes begin with in place of words."""
    prefixes: dict[str, str] = {}
    for number, each in enumerate(said.allow):
        if each.code not in prefixes:
            where = said.where(("allow", number, "code"))
            prefixes[each.code] = code_prefix(each.code, known, where)
        yield replace(each, code=prefixes[each.code])


class _Wishes:
    """What was said of rules and thresholds, the later over the earlier.

    Attributes:
        values: code -> every parameter, as it holds where no path says otherwise.
        paths: code -> what differs for some files.
        gate: the thresholds, by metric and direction.
    """

    def __init__(
        self, known: Mapping[str, Rule], profile: Profile, said: Description, asked: Overrides
    ) -> None:
        self._known, self._profile, self._said, self._asked = known, profile, said, asked
        self._tables = self._tables_by_code()
        self._level: dict[str, str] = {}
        self._named: set[str] = set()
        # Off by the profile alone: a parameter, which would else do nothing, switches them on.
        self._silenced: set[str] = set()
        self.values = {code: rule.defaults for code, rule in known.items()}
        self.paths: dict[str, tuple[PathSetting, ...]] = {}
        self.gate: dict[tuple[str, bool], Threshold] = {}
        self._of_profile()
        self._of_description()
        self._of_command_line()

    def _tables_by_code(self) -> dict[str, tuple[str, RuleTable]]:
        """Code -> the word by which `tdv.toml` names the rule, and what it says of it."""
        found: dict[str, tuple[str, RuleTable]] = {}
        for word, table in self._said.rules.items():
            where = self._said.where(("rules", word))
            code = rule_named(word, self._known, where).code
            if code in found:
                message = f"{where}`rules.{word}` is the same rule as `rules.{found[code][0]}`."
                raise ConfigError(message, hint="Write one table for both.")
            found[code] = word, table
        return found

    def _of_profile(self) -> None:
        for code, table in self._profile.rules.items():
            if code in self._known:
                self._put(code, table.get(LEVEL, ""), _but(table, LEVEL))
        self._silenced = {code for code, level in self._level.items() if level == OFF}
        for name, bound in self._profile.gate.items():
            self._bound(name, bound, f"profile {self._profile.name}")

    def _of_description(self) -> None:
        for code, (word, table) in self._tables.items():
            keys: Keys = ("rules", word)
            self._put(code, table.level, self._checked(code, table.values, keys))
            self.paths[code] = tuple(self._path(code, each, keys) for each in table.paths)
            if self.on_somewhere(code):
                self._named.add(code)
        for name, bound in self._said.gate.items():
            where = self._said.where(("gate", name))
            if is_threshold(name):
                self._bound(name, bound, self._said.shown, where)
                continue
            found = meant_alone(name, self._known)
            if not found:
                self._bound(name, bound, self._said.shown, where)  # which says what it may be
            for rule, param in found:
                value = checked(param, bound, f"{where}`{name}`")
                self._put(rule.code, "", {param.name: value})

    def _of_command_line(self) -> None:
        for each in parsed_sets(self._asked.sets, self._known, is_threshold, threshold_names):
            if isinstance(each, BoundSet):
                self._bound(each.name, each.bound, "--set")
            elif each.name == LEVEL:
                self._put(each.code, each.value, {})
                paths = self.paths.get(each.code, ())
                self.paths[each.code] = tuple(
                    replace(path, level=None, off=False) for path in paths
                )
            else:
                self._put(each.code, "", {each.name: each.value})
                paths = self.paths.get(each.code, ())
                self.paths[each.code] = tuple(
                    replace(path, values=_but(path.values, each.name)) for path in paths
                )

    def _put(self, code: str, level: str, values: Mapping[str, Any]) -> None:
        self.values[code] = {**self.values[code], **values}
        if values and code in self._silenced:
            self._level[code] = ""
        self._silenced.discard(code)
        self._level[code] = level or self._level.get(code, "")
        if self._level[code] != OFF:
            self._named.add(code)
        elif level:
            self._named.discard(code)

    def _bound(self, name: str, bound: float, origin: str, where: str = "") -> None:
        found = threshold(name, bound, origin, where)
        self.gate[found.metric, found.least is None] = found

    def _checked(self, code: str, values: Mapping[str, Any], keys: Keys) -> dict[str, Any]:
        rule, found = self._known[code], {}
        for name, value in values.items():
            where = self._said.where((*keys, name))
            param = param_named(rule, name, where)
            found[param.name] = checked(param, value, f"{where}`{code}.{name}`")
        return found

    def _path(self, code: str, table: PathTable, keys: Keys) -> PathSetting:
        below: Keys = (*keys, "paths", table.pattern)
        values = self._checked(code, table.values, below)
        extracting = self._extracting(self._known[code])
        for name in values:
            if name in extracting:
                where = self._said.where((*below, name))
                message = (
                    f"{where}`{code}.{name}` cannot differ by path: it says how rows are read."
                )
                raise ConfigError(message, hint="Make these files a dataset of their own.")
        level = Level(table.level) if table.level not in ("", OFF) else None
        return PathSetting(table.matcher, level, table.level == OFF, values, table.pattern)

    @staticmethod
    def _extracting(rule: Rule) -> list[str]:
        """The parameters of a rule that extraction depends on."""
        whole = isinstance(rule, RowRule)
        return [param.name for param in rule.params if whole or param.extracts]

    def extracting(self) -> dict[str, dict[str, Any]]:
        """Rule -> its parameters that extraction depends on, of all rules that have some."""
        found = {
            code: {name: self.values[code][name] for name in self._extracting(rule)}
            for code, rule in sorted(self._known.items())
        }
        return {code: values for code, values in found.items() if values}

    def on_somewhere(self, code: str) -> bool:
        """Whether a rule that is off by itself is on for some files."""
        return any(path.level for path in self.paths.get(code, ()))

    def levels(self) -> dict[str, Level | None]:
        """The rules that are selected, with the level that each has; None for off."""
        off = {code for code, level in self._level.items() if level == OFF}
        off -= {code for code in off if self.on_somewhere(code)}
        quiet = {code for code, rule in self._known.items() if rule.optional} - self._named | off
        selected = frozenset(self._known) - quiet
        for selection in (self._said.selection, self._asked.selection):
            exact = selection.exactly(self._known)
            quiet -= exact
            selected = selection.apply(selected, self._known) - quiet
            for code in exact & off:
                self._level[code] = ""
        return {code: self._level_of(code) for code in selected}

    def _level_of(self, code: str) -> Level | None:
        level = self._level.get(code, "")
        return None if level == OFF else Level(level) if level else self._known[code].level


def _but(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key != name}


def _digest(settings: Settings) -> str:
    """The hash of everything in settings, but for where it was said, and of tdv's version."""
    gate = tuple(replace(each, origin="") for each in settings.gate)
    settings = replace(settings, gate=gate)
    everything = [__version__, *(getattr(settings, each.name) for each in fields(settings))]
    return blake3(pack(1, [_canonical(each) for each in everything])).hexdigest()


def _canonical(value: Any) -> Any:
    """A value as canonical msgpack has it: the same for equal settings, however they were made."""
    if isinstance(value, Mapping):
        pairs = [[_canonical(key), _canonical(each)] for key, each in value.items()]
        return ["table", sorted(pairs, key=lambda pair: pack(1, pair))]
    if isinstance(value, list | tuple):
        return [_canonical(each) for each in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, re.Pattern):
        return None  # its groups are numbered by the process; what it was made of stands beside it
    if is_dataclass(value):
        return [_canonical(getattr(value, each.name)) for each in fields(value)]
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 63:
        return ["integer", str(value)]
    if isinstance(value, str) and not value.isprintable():
        return value.encode("utf-8", "surrogatepass")
    return value
