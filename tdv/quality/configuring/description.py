"""What `tdv.toml` says of rules, gate and accepted findings, before rules and profiles are known.

`tdv.repo.described` makes it of a text and has checked its form: which keys there are, and their
types. What only the rules know (codes, parameters, thresholds) `settings_for` checks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from tdv.quality.registry import Selection

Keys: TypeAlias = "tuple[str | int, ...]"


@dataclass(frozen=True, slots=True)
class Allowed:
    """One `[[allow]]`: findings that are accepted.

    Attributes:
        code: of the rule, or a prefix of codes.
        path: the pattern of the files; "" for all.
        key: values of the row's key as text; () for any.
        where: a condition on the row (`formats.where`), or "".
        reason: why they are accepted.
        until: the last day, as `2027-01-31`, or "".
        line: of `tdv.toml`.
        matcher: of `path`; None for all files.
    """

    code: str
    reason: str
    path: str = ""
    key: tuple[str, ...] = ()
    where: str = ""
    until: str = ""
    line: int = 0
    matcher: re.Pattern[bytes] | None = None


@dataclass(frozen=True, slots=True)
class PathTable:
    """One `[rules.CODE.paths."PATTERN"]`."""

    pattern: str
    matcher: re.Pattern[bytes]
    level: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RuleTable:
    """One `[rules.CODE]`.

    Attributes:
        level: `error`, `warning`, `info`, `off`; "" where it is not said.
        values: parameters.
        paths: what differs for some files, in the order of the text.
    """

    level: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    paths: tuple[PathTable, ...] = ()


def _nowhere(keys: Keys) -> str:
    return ""


@dataclass(frozen=True)
class Description:
    """Everything but the datasets.

    Attributes:
        shown: how messages name the text: `tdv.toml`, `main:tdv.toml`.
        selection: `select`, `ignore` and `extend-select` of `[rules]`.
        own: paths of rule files, from the root of the tree that the text is of.
        rules: code or name, as it is written -> its table.
        gate: name of a threshold -> bound, a number.
        fail_on: `error`, `warning`, `never`; "" where it is not said.
        on: when the gate runs by itself: `commit`, or "" for never.
        allow: accepted findings, in the order of the text.
        notes: sentences for the reader: what looks like a slip.
        where: keys -> the beginning of a message: "tdv.toml, line 12, column 1: ".
    """

    shown: str = ""
    selection: Selection = field(default_factory=Selection)
    own: tuple[str, ...] = ()
    rules: Mapping[str, RuleTable] = field(default_factory=dict)
    gate: Mapping[str, float] = field(default_factory=dict)
    fail_on: str = ""
    on: str = ""
    allow: tuple[Allowed, ...] = ()
    notes: tuple[str, ...] = ()
    where: Callable[[Keys], str] = _nowhere
