"""What is known of a dataset before its rows are read: which field is what, and the settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Row = dict[str, Any]

# What JSON Schema calls the type of a value.
JSON_TYPES: Mapping[type, str] = {
    type(None): "null",
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
}

# The role `split` of a dataset whose files are its splits.
BY_PATH = "path:"


@dataclass(frozen=True, slots=True)
class Roles:
    """Which fields of a row are what; a dotted path (`metadata.split`) goes into objects.

    Attributes:
        text: fields with text, the main one first: `text`; `input` and `output`.
        label: fields with labels: `expected_intent`, `expected_sentiment`, `task`.
        key: fields that tell rows apart.
        numbers: fields whose distribution matters: `confidence`, `quality`.
        categories: further fields to count the values of: `source`, `metadata.lang`.
        split, group: the field that names the split, and the one whose rows must not be in two.
        entities: a list of spans over the main text: `[surface, label, start, end]`, or objects
            with `start`, `end` and `value`, `text` or `surface`.
        messages: a list of `{"role", "content", …}`.
        embedding: a list of numbers.
        media: fields that name files beside the data.
    """

    text: tuple[str, ...] = ()
    label: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    split: str = ""
    group: str = ""
    entities: str = ""
    messages: str = ""
    embedding: str = ""
    media: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Subject:
    """Everything that extraction depends on: two subjects that are equal extract alike.

    Attributes:
        roles: which field is what.
        schema: a JSON Schema with all references resolved inside it, or None.
        values: rule code -> parameter -> value, of the parameters with `extracts` set.
        own: name -> source text of trusted rule files.
        asked: codes of the optional rules on one row that are on, sorted.
        only: codes of the rules that are on, sorted, where somebody selected them; None where every
            rule that applies is held against the rows, so that no selection reads them again.
        words: whether words are counted: always, unless no rule in `only` looks at them.
    """

    roles: Roles = Roles()
    schema: Mapping[str, Any] | None = None
    values: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    own: Mapping[str, str] = field(default_factory=dict)
    asked: tuple[str, ...] = ()
    only: tuple[str, ...] | None = None
    words: bool = True

    def value(self, code: str, name: str, default: Any = None) -> Any:
        """A rule's parameter."""
        return self.values.get(code, {}).get(name, default)


def value_at(row: Mapping[str, Any], path: str) -> Any:
    """The value at a dotted path, None where there is none; a field that is named so wins."""
    if path in row:
        return row[path]
    value: Any = row
    for name in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value
