"""Built-in profiles: which field is what, which schema and thresholds, for a known kind of data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tdv.quality.subject import Roles


@dataclass(frozen=True, slots=True)
class Profile:
    """A kind of data.

    Attributes:
        name: `intent`.
        summary: one sentence.
        source: the source document that its defaults come from ("000" to "004"), or "".
        roles: which field is what; `tdv.toml` may say otherwise, role by role.
        schema: name of its JSON Schema, or "" for none.
        rules: code -> {"level": …, parameter: value}, where it differs from the rule's default.
            `"level": "off"` leaves the rule out.
        gate: name of a threshold -> bound: `{"max_duplicates": 0.05}`.
        guess: roles that the data may show by their names (`generic`): see `guessed_roles`.
    """

    name: str
    summary: str
    source: str = ""
    roles: Roles = Roles()
    schema: str = ""
    rules: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    gate: Mapping[str, float] = field(default_factory=dict)
    guess: bool = False
