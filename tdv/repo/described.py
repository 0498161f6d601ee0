"""All that a `tdv.toml` says, checked for form: datasets, rules, gate, accepted findings.

`tdv status` and `tdv diff` need paths and keys only and are content with `tdv.repo.datasets`; this
is for what judges the data. A wrong key or value is named with its line and column.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, TypeAlias

from tdv.errors import ConfigError, UsageError
from tdv.quality.configuring.description import Allowed, Description, PathTable, RuleTable
from tdv.quality.registry import Selection, did_you_mean
from tdv.repo.tomlplaces import Keys, TextPlace, places, where
from tdv.repo.wildmatch import from_root, translate

Role: TypeAlias = "str | tuple[str, ...]"

MANY_ROLES = ("text", "label", "key", "numbers", "categories", "media")
ONE_ROLES = ("split", "group", "entities", "messages", "embedding")
TEXTS = ("description", "licence", "created_by", "format", "schema", "profile")
LISTS = ("paths", "tags")
TABLES = ("dataset", "rules", "gate", "allow")
LEVELS = ("error", "warning", "info", "off")
FAIL_ON = ("error", "warning", "never")


@dataclass(frozen=True, slots=True)
class Described:
    """One `[dataset.NAME]`, whole.

    Attributes:
        paths: patterns of its files.
        description, tags, licence, created_by, format: for people; "" or () where not said.
        schema: a built-in name or the path of a file, or "".
        profile: the name of a profile, or "" for the schema's.
        roles: name of a role (`tdv.quality.subject.Roles`) -> field or fields, of those said.
        where: begins a message about it: "tdv.toml, line 12, column 1: "; `where_of` of its keys.
    """

    name: str
    paths: tuple[str, ...]
    description: str = ""
    tags: tuple[str, ...] = ()
    licence: str = ""
    created_by: str = ""
    format: str = ""
    schema: str = ""
    profile: str = ""
    roles: Mapping[str, Role] = field(default_factory=dict)
    where: str = ""
    where_of: Mapping[str, str] = field(default_factory=dict)


class Reading:
    """One text with its tables, read on request.

    Args:
        text: the whole of it, valid TOML.
        tables: what it holds.
        shown: how messages name it.
    """

    def __init__(self, text: str, tables: Mapping[str, Any], shown: str) -> None:
        self._text, self._tables, self._shown = text, tables, shown
        self._matchers: dict[str, re.Pattern[bytes]] = {}

    @cached_property
    def _places(self) -> Mapping[Keys, TextPlace]:
        return places(self._text)

    def where(self, keys: Keys) -> str:
        """The beginning of a message about a key, or about what is nearest above it."""
        return where(self._text, self._shown, keys, self._places)

    def datasets(self) -> dict[str, Described]:
        """Every dataset by name.

        Raises:
            ConfigError: one of them is not described as it should be.
        """
        tables = self._table(("dataset",))
        return {name: self._dataset(name) for name in tables}

    def description(self) -> Description:
        """Everything but the datasets.

        Raises:
            ConfigError: a table is not as it should be.
        """
        gate = self._table(("gate",))
        bounds = {name: gate[name] for name in gate if name not in ("fail-on", "on")}
        for name, bound in bounds.items():
            if type(bound) not in (int, float) or not math.isfinite(bound):
                wrong = self._wrong(("gate", name), "a number")
                wrong.hint = did_you_mean(name, ("fail-on", "on")) or None
                raise wrong
        return Description(
            shown=self._shown,
            selection=self._selection(),
            own=self._texts(("rules", "own")),
            rules=self._rules(),
            gate=bounds,
            fail_on=self._choice(("gate", "fail-on"), FAIL_ON),
            on=self._choice(("gate", "on"), ("commit",)),
            allow=self._allow(),
            notes=tuple(self._notes()),
            where=self.where,
        )

    def _notes(self) -> Iterator[str]:
        """Tables of somebody else's that look as if they were meant for tdv."""
        for name in self._tables:
            near = "" if name in TABLES else did_you_mean(name, TABLES)
            if near:
                yield f"{self.where((name,))}`{name}` is nothing that tdv reads. {near}"

    def _dataset(self, name: str) -> Described:
        keys = ("dataset", name)
        table = self._table(keys)
        self._known(keys, (*LISTS, *TEXTS, *MANY_ROLES, *ONE_ROLES))
        many = {role: self._texts((*keys, role)) for role in MANY_ROLES if role in table}
        one = {role: self._text_at((*keys, role)) for role in ONE_ROLES if role in table}
        return Described(
            name=name,
            paths=self._texts((*keys, "paths")),
            tags=self._texts((*keys, "tags")),
            roles={**many, **one},
            where=self.where(keys),
            where_of={key: self.where((*keys, key)) for key in table},
            **{key: self._text_at((*keys, key)) for key in TEXTS},
        )

    def _selection(self) -> Selection:
        select, ignore, extend = (
            self._texts(("rules", key)) for key in ("select", "ignore", "extend-select")
        )
        said = "select" in self._table(("rules",))
        return Selection(select if said else None, ignore, extend, self.where(("rules",)))

    def _rules(self) -> dict[str, RuleTable]:
        tables = self._table(("rules",))
        lists = ("select", "ignore", "extend-select", "own")
        for name, value in tables.items():
            if name not in lists and not isinstance(value, Mapping):
                message = f"{self.where(('rules', name))}`[rules]` has no key `{name}`."
                raise ConfigError(message, hint=did_you_mean(name, lists) or _known_are(lists))
        return {name: self._rule(("rules", name)) for name in tables if name not in lists}

    def _rule(self, keys: Keys) -> RuleTable:
        table = self._table(keys)
        paths = []
        for pattern in self._table((*keys, "paths")):
            below = (*keys, "paths", pattern)
            matcher = self._matcher(below, pattern)
            paths.append(PathTable(pattern, matcher, *self._level_and_values(below, ())))
        level, values = self._level_and_values(keys, ("paths",))
        return RuleTable(level, values, tuple(paths)) if table else RuleTable()

    def _level_and_values(self, keys: Keys, but: Sequence[str]) -> tuple[str, dict[str, Any]]:
        level = self._choice((*keys, "level"), LEVELS)
        table = self._table(keys)
        return level, {key: table[key] for key in table if key not in ("level", *but)}

    def _allow(self) -> tuple[Allowed, ...]:
        entries = self._at(("allow",), [])
        if not isinstance(entries, list) or not all(isinstance(each, Mapping) for each in entries):
            hint = 'Write `[[allow]]`, and below it `code = "…"` and `reason = "…"`.'
            raise ConfigError(f"{self.where(('allow',))}`allow` has to be a list.", hint=hint)
        return tuple(self._allowed(("allow", number)) for number in range(len(entries)))

    def _allowed(self, keys: Keys) -> Allowed:
        self._known(keys, ("code", "path", "key", "where", "reason", "until"))
        table = self._table(keys)
        for name in ("code", "reason"):
            if not table.get(name):
                message = f"{self.where(keys)}This `[[allow]]` does not say its `{name}`."
                raise ConfigError(message, hint=f'Add `{name} = "…"`.')
        path = self._text_at((*keys, "path"))
        return Allowed(
            code=self._text_at((*keys, "code")),
            reason=self._text_at((*keys, "reason")),
            path=path,
            key=self._key_values((*keys, "key")),
            where=self._condition((*keys, "where")),
            until=self._day((*keys, "until")),
            line=self._places[keys].line,
            matcher=self._matcher((*keys, "path"), path) if path else None,
        )

    def _key_values(self, keys: Keys) -> tuple[str, ...]:
        """The values of a row's key as text; a whole number is its digits."""
        value = self._at(keys, [])
        values = value if isinstance(value, list) else [value]
        if not all(type(each) in (str, int) for each in values):
            raise self._wrong(keys, "text, a whole number, or a list of those")
        return tuple(map(str, values))

    def _condition(self, keys: Keys) -> str:
        """A condition on a row, as `bisect --where` takes it."""
        text = self._text_at(keys)
        if text:
            from tdv.formats.where import Condition  # few entries have one

            try:
                Condition(text)
            except UsageError as error:
                raise ConfigError(f"{self.where(keys)}{error.message}", hint=error.hint) from error
        return text

    def _day(self, keys: Keys) -> str:
        value = self._at(keys, "")
        if type(value) is date:
            return value.isoformat()
        if isinstance(value, str) and (not value or is_day(value)):
            return value
        raise self._wrong(keys, "a day such as `2027-01-31`")

    def _matcher(self, keys: Keys, pattern: str) -> re.Pattern[bytes]:
        if pattern not in self._matchers:
            source = translate(from_root(pattern))
            if source is None:
                told = f"{pattern!r} is no pattern that matches anything."
                raise ConfigError(self.where(keys) + told)
            self._matchers[pattern] = re.compile(source, re.DOTALL)
        return self._matchers[pattern]

    def _at(self, keys: Keys, default: Any = None) -> Any:
        value: Any = self._tables
        for depth, key in enumerate(keys):
            if isinstance(key, str):
                if not isinstance(value, Mapping):
                    raise self._wrong(keys[:depth], "a table")
                if key not in value:
                    return default
            value = value[key]
        return value

    def _table(self, keys: Keys) -> Mapping[str, Any]:
        table = self._at(keys, {})
        if not isinstance(table, Mapping):
            raise self._wrong(keys, "a table")
        return table

    def _known(self, keys: Keys, known: Sequence[str]) -> None:
        for name in self._table(keys):
            if name not in known:
                message = f"{self.where((*keys, name))}`{_dotted(keys)}` has no key `{name}`."
                raise ConfigError(message, hint=did_you_mean(name, known) or _known_are(known))

    def _text_at(self, keys: Keys) -> str:
        value = self._at(keys, "")
        if not isinstance(value, str):
            raise self._wrong(keys, "text")
        return value

    def _texts(self, keys: Keys) -> tuple[str, ...]:
        value = self._at(keys, [])
        values = [value] if isinstance(value, str) else value
        if not isinstance(values, list) or not all(
            isinstance(each, str) and each for each in values
        ):
            raise self._wrong(keys, "text or a list of texts")
        return tuple(values)

    def _choice(self, keys: Keys, choices: Sequence[str]) -> str:
        value = self._at(keys, "")
        if value == "" or value in choices:
            return str(value)
        raise self._wrong(keys, " or ".join(f'`"{choice}"`' for choice in choices))

    def _wrong(self, keys: Keys, wanted: str) -> ConfigError:
        return ConfigError(f"{self.where(keys)}`{_dotted(keys)}` has to be {wanted}.")


def is_day(text: str) -> bool:
    """Whether a text is a day as `2027-01-31`; Python 3.11 knows more spellings than 3.10."""
    try:
        return re.fullmatch(r"\d{4}-\d\d-\d\d", text) is not None and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _dotted(keys: Keys) -> str:
    return ".".join(key for key in keys if isinstance(key, str))


def _known_are(known: Iterable[str]) -> str:
    return f"Known are: {', '.join(sorted(known))}."
