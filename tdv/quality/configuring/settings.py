"""What holds for one dataset: roles, schema, rules with levels and parameters, gate, allow list.

Precedence, the last one wins: the rule's defaults, the profile, `[rules.CODE]` of `tdv.toml`,
`[rules.CODE.paths."PATTERN"]` for the files that match, the command line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tdv.quality.configuring.description import Allowed
from tdv.quality.finding import Level
from tdv.quality.subject import Roles, Subject


@dataclass(frozen=True, slots=True)
class RuleSetting:
    """How a rule is applied.

    Attributes:
        level: None when it is off.
        values: every parameter of the rule.
    """

    level: Level | None
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Threshold:
    """One line of the gate.

    Attributes:
        name: as it was written: `max_duplicates`, `min_quality`.
        metric: the figure that it is about: `duplicate_ratio`.
        least, most: the bounds, both included; None for none.
        origin: where it is from: `tdv.toml`, `--set`, `profile stt`.
    """

    name: str
    metric: str
    least: float | None = None
    most: float | None = None
    origin: str = ""


@dataclass(frozen=True, slots=True)
class PathSetting:
    """A rule's settings for the files that match a pattern; what is None stays as it is."""

    matcher: re.Pattern[bytes]
    level: Level | None
    off: bool
    values: Mapping[str, Any]
    pattern: str = ""


@dataclass(frozen=True)
class Settings:
    """All of it, for one dataset.

    Attributes:
        dataset: its name; "" for files that no dataset describes.
        profile: the profile's name.
        subject: what extraction depends on, with `roles` in it.
        rules: code -> setting, of all rules that are selected and apply; sorted by code.
        by_path: code -> settings for files that match, in the order of the file.
        gate: thresholds.
        allow: accepted findings.
        digest: hash of everything in here and of tdv's version: what a report names as its rules.
    """

    dataset: str
    profile: str
    subject: Subject
    rules: Mapping[str, RuleSetting]
    by_path: Mapping[str, tuple[PathSetting, ...]] = field(default_factory=dict)
    gate: tuple[Threshold, ...] = ()
    allow: tuple[Allowed, ...] = ()
    digest: str = ""

    @property
    def roles(self) -> Roles:
        """Which field is what."""
        return self.subject.roles

    def of(self, code: str, path: bytes) -> RuleSetting:
        """How a rule is applied to a file."""
        setting = self.rules[code]
        for each in self.by_path.get(code, ()):
            if each.matcher.match(path):
                level = None if each.off else each.level or setting.level
                setting = RuleSetting(level, {**setting.values, **each.values})
        return setting
