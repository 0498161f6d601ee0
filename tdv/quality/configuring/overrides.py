"""What a command line says over `tdv.toml`, and how values become those of a rule's parameters."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tdv.errors import ConfigError, UsageError
from tdv.quality.finding import Level
from tdv.quality.registry import Selection, did_you_mean, rule_named
from tdv.quality.rule import Param, Rule

LEVEL, OFF = "level", "off"
LEVELS = (*(each.value for each in Level), OFF)


@dataclass(frozen=True, slots=True)
class Overrides:
    """The options of a command that judges.

    Attributes:
        sets: `NAME=VALUE` each, as `--set` takes them.
        selection: of `--select`, `--ignore` and `--extend-select`.
    """

    sets: tuple[str, ...] = ()
    selection: Selection = field(default_factory=Selection)


class RuleSet(NamedTuple):
    """`--set TXT003.max_words=300`; of the level when `name` is "level"."""

    code: str
    name: str
    value: Any


class BoundSet(NamedTuple):
    """`--set max_duplicates=0.05`."""

    name: str
    bound: float


def parsed_sets(
    sets: tuple[str, ...],
    known: Mapping[str, Rule],
    thresholds: Callable[[str], bool],
    bounds: Callable[[], Iterable[str]] = tuple,
) -> Iterator[RuleSet | BoundSet]:
    """What each `--set` says.

    Args:
        known: every rule.
        thresholds: tells whether a name is that of a threshold.
        bounds: the names of all thresholds, for hints.

    Raises:
        UsageError: a name is unknown, stands for several parameters, or the value is wrong.
    """
    for text in sets:
        name, sign, value = (part.strip() for part in text.partition("="))
        if not name or not sign:
            message = f"`--set {text}` does not name a value."
            raise UsageError(message, hint="Write `--set NAME=VALUE`.")
        origin = f"`--set {name}`"
        bound = name.removeprefix("gate.")  # as the table of `tdv.toml` is called
        if "." not in bound and thresholds(bound):
            yield BoundSet(bound, _bound(value, origin))
            continue
        for rule, param in _meant(name, known, bounds):
            if param is None:
                yield RuleSet(rule.code, LEVEL, checked_level(value, origin))
            else:
                spelled = _spelled(value, param.default)
                yield RuleSet(rule.code, param.name, checked(param, spelled, origin))


def _meant(
    name: str, known: Mapping[str, Rule], bounds: Callable[[], Iterable[str]]
) -> Sequence[tuple[Rule, Param | None]]:
    """The rules and parameters that `--set` names; None stands for the rule's level."""
    head, dot, last = name.rpartition(".")
    if dot:
        rule = rule_named(head, known)
        return [(rule, None if last == LEVEL else param_named(rule, last))]
    found = meant_alone(name, known)
    if not found:
        words = {word for rule in known.values() for param in rule.params for word in names(param)}
        message = f"No threshold and no rule's parameter is named `{name}`."
        hint = (
            did_you_mean(name, [*words, *bounds()])
            or "`tdv rules CODE` shows the parameters of a rule."
        )
        raise UsageError(message, hint=hint)
    return found


def meant_alone(name: str, known: Mapping[str, Rule]) -> list[tuple[Rule, Param]]:
    """The parameters that a name without a rule stands for.

    A name stands for the only parameter that has it; an alias for all that have it.

    Raises:
        UsageError: several parameters have the name.
    """
    found = [
        (rule, param) for rule in known.values() for param in rule.params if name in names(param)
    ]
    if len(found) > 1 and any(param.name == name for _, param in found):
        full = [f"`{rule.code}.{param.name}`" for rule, param in found]
        hint = f"Write {' or '.join(full)}."
        raise UsageError(f"`{name}` is a parameter of several rules.", hint=hint)
    return found


def names(param: Param) -> tuple[str, ...]:
    """What a parameter is called."""
    return (param.name, *param.aliases)


def param_named(rule: Rule, name: str, where: str = "") -> Param:
    """A rule's parameter of that name or alias.

    Args:
        where: begins the message of the error.

    Raises:
        ConfigError: it has none; the hint names those that are near.
    """
    for param in rule.params:
        if name in names(param):
            return param
    known = [each for param in rule.params for each in names(param)] + [LEVEL]
    hint = did_you_mean(name, known) or f"It has: {', '.join(known)}."
    raise ConfigError(f"{where}{rule.code} ({rule.name}) has no parameter `{name}`.", hint=hint)


def checked_level(value: Any, origin: str) -> str:
    """A level's name, or `off`; ConfigError otherwise."""
    if value not in LEVELS:
        choices = ", ".join(f"`{each}`" for each in LEVELS[:-1])
        raise ConfigError(f"{origin} has to be {choices} or `{OFF}`.")
    return str(value)


def checked(param: Param, value: Any, origin: str) -> Any:
    """A value in the form that the rule takes: lists as tuples, whole numbers for fractions.

    Args:
        origin: begins the message: "tdv.toml, line 3, column 1: `TXT003.max_words`".

    Raises:
        ConfigError: it is of another type than the parameter's default.
    """
    default = param.default
    if isinstance(default, bool):
        good, wanted = isinstance(value, bool), "true or false"
    elif isinstance(default, int):
        good, wanted = type(value) is int, "a whole number"
    elif isinstance(default, float):
        good, wanted = type(value) in (int, float) and math.isfinite(value), "a number"
        value = float(value) if good else value
    elif isinstance(default, str):
        good, wanted = isinstance(value, str), "text"
    elif isinstance(default, tuple):
        value = tuple(value) if isinstance(value, list | tuple) else (value,)
        kinds = {type(each) for each in default} or {str, int, float}
        good = all(type(each) in kinds for each in value)
        wanted = "a list of numbers" if str not in kinds else "text or a list of texts"
    elif isinstance(default, Mapping):
        good, wanted = isinstance(value, Mapping), "a table"
    else:
        good, wanted = isinstance(value, str | int | float | list), "a text, a number or a list"
        value = tuple(value) if isinstance(value, list) else value
    if not good:
        raise ConfigError(f"{origin} has to be {wanted}.")
    return value


def _spelled(text: str, default: Any) -> Any:
    """What a text of the command line spells, for a parameter with such a default."""
    if isinstance(default, str):
        return text
    if isinstance(default, tuple) and not text.startswith("["):
        parts = [part.strip() for part in text.split(",") if part.strip()]
        texts = not default or isinstance(default[0], str)
        return parts if texts else [_json(part) for part in parts]
    return _json(text)


def _bound(text: str, origin: str) -> float:
    value = _json(text)
    if type(value) not in (int, float) or not math.isfinite(value):
        raise UsageError(f"{origin} has to be a number, not `{text}`.")
    return float(value)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
