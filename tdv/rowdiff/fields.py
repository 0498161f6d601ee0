"""Which fields differ between two rows: nested JSON by path, long text by word."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal, TypeAlias

# A row that differs in more places than this is reported at the places above them.
MAX_CHANGES = 200
MAX_DEPTH = 32
# Longer texts are compared as a head and a tail that agree, and one replaced middle.
MAX_WORDS = 2000
# Texts with more characters are not taken apart into words at all.
MAX_TEXT = 1 << 18

Segment: TypeAlias = "tuple[Literal['=', '-', '+'], str]"
_PLAIN_NAME = re.compile(r"[^\s.\[\]\"'=:,]+")
_WORDS = re.compile(r"\s+|\w+|[^\w\s]")


class Missing(Enum):
    """Stands for a field that is not there, which is not the same as null."""

    MISSING = "missing"


MISSING = Missing.MISSING


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field whose value differs.

    Attributes:
        path: `metadata.annotator`, `messages[1].content`; unusual names as `["a.b"]`.
        before, after: the values, `MISSING` where the field is not there.
    """

    path: str
    before: Any
    after: Any


def changed_fields(old: Any, new: Any) -> tuple[FieldChange, ...]:
    """What differs between two rows, in the order of the new row's fields."""
    changes: list[FieldChange] = []
    for change in _differences("", old, new, MAX_DEPTH):
        changes.append(change)
        if len(changes) > MAX_CHANGES:
            return tuple(_differences("", old, new, 1))
    return tuple(changes)


def same(old: Any, new: Any) -> bool:
    """Whether two JSON values are the same: 1, 1.0 and true are three different ones."""
    if type(old) is not type(new):
        return False
    if isinstance(old, dict):
        return old.keys() == new.keys() and all(same(old[name], new[name]) for name in old)
    if isinstance(old, list):
        return len(old) == len(new) and all(map(same, old, new))
    return bool(old == new) or (old != old and new != new)


def child_path(path: str, name: str) -> str:
    """The path of a field inside the object at `path`."""
    if _PLAIN_NAME.fullmatch(name):
        return f"{path}.{name}" if path else name
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'{path}["{quoted}"]'


def leaves(row: Any) -> Iterator[tuple[str, Any]]:
    """The fields of a row that hold no object, each with its path; lists count as one value."""
    pending: list[tuple[str, Any]] = [("", row)]
    while pending:
        path, value = pending.pop()
        if isinstance(value, dict) and (value or not path):
            inner = [(child_path(path, str(name)), value[name]) for name in value]
            pending += reversed(inner)
        else:
            yield path, value


def _differences(path: str, old: Any, new: Any, depth: int) -> Iterator[FieldChange]:
    if depth and isinstance(old, dict) and isinstance(new, dict):
        for name in [*new, *(name for name in old if name not in new)]:
            below = child_path(path, str(name))
            yield from _differences(
                below, old.get(name, MISSING), new.get(name, MISSING), depth - 1
            )
    elif depth and isinstance(old, list) and isinstance(new, list):
        yield from _list_differences(path, old, new, depth - 1)
    elif not same(old, new):
        yield FieldChange(path, old, new)


def _list_differences(
    path: str, old: list[Any], new: list[Any], depth: int
) -> Iterator[FieldChange]:
    head = tail = 0
    if len(old) != len(new):
        shorter = min(len(old), len(new))
        while head < shorter and same(old[head], new[head]):
            head += 1
        while tail < shorter - head and same(old[-1 - tail], new[-1 - tail]):
            tail += 1
    middle_old, middle_new = old[head : len(old) - tail], new[head : len(new) - tail]
    for place in range(max(len(middle_old), len(middle_new))):
        before = middle_old[place] if place < len(middle_old) else MISSING
        after = middle_new[place] if place < len(middle_new) else MISSING
        yield from _differences(f"{path}[{head + place}]", before, after, depth)


def word_differences(before: str, after: str) -> list[Segment]:
    """Segments of two texts, word by word: kept ("="), gone ("-") and new ("+")."""
    if max(len(before), len(after)) > MAX_TEXT:
        return _long_differences(before, after)
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    head = tail = 0
    shorter = min(len(old), len(new))
    while head < shorter and old[head] == new[head]:
        head += 1
    while tail < shorter - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    segments: list[Segment] = [("=", "".join(old[:head]))]
    segments += _middle(old[head : len(old) - tail], new[head : len(new) - tail])
    segments.append(("=", "".join(old[len(old) - tail :])))
    return [segment for segment in segments if segment[1]]


def _long_differences(before: str, after: str) -> list[Segment]:
    """As `word_differences`, but all between the first and the last change is one change."""
    shorter = min(len(before), len(after))
    head = _common(shorter, lambda count: before[:count] == after[:count])
    head = before.rfind(" ", 0, head) + 1
    tail = _common(shorter - head, lambda n: before[-n:] == after[-n:])
    segments: list[Segment] = [
        ("=", before[:head]),
        ("-", before[head : len(before) - tail]),
        ("+", after[head : len(after) - tail]),
        ("=", before[len(before) - tail :]),
    ]
    return [segment for segment in segments if segment[1]]


def _common(most: int, same: Callable[[int], bool]) -> int:
    """The largest count up to `most` for which both are the same."""
    least = 0
    while least < most:
        middle = (least + most + 1) // 2
        if same(middle):
            least = middle
        else:
            most = middle - 1
    return least


def _middle(old: list[str], new: list[str]) -> Iterator[Segment]:
    if not old or not new or max(len(old), len(new)) > MAX_WORDS:
        yield "-", "".join(old)
        yield "+", "".join(new)
        return
    from difflib import SequenceMatcher  # 4 ms, for texts that changed only

    for what, i, j, k, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            yield "=", "".join(old[i:j])
        else:
            yield "-", "".join(old[i:j])
            yield "+", "".join(new[k:end])
