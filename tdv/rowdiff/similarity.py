"""How alike two rows are, for pairing rows that have no key."""

from __future__ import annotations

from typing import Any

# Rows alike by less than this are not called the same row, changed.
THRESHOLD = 0.5
# Of a long text so many characters are looked at, of a row so many values.
MAX_TEXT = 2000
MAX_VALUES = 200
# A word or two of this length on average are compared by their letters.
MIN_PAIRED = 16
# Of a text so many words, when rows are searched.
MAX_WORDS = 64


def similarity(old: Any, new: Any) -> float:
    """From 0, nothing in common, to 1, the same; a field counts by the length of its text."""
    alike, weight = _compare(old, new, [MAX_VALUES])
    return alike / weight if weight else 1.0


def _compare(old: Any, new: Any, left: list[int]) -> tuple[float, float]:
    """(how much of the weight is alike, the weight)."""
    left[0] -= 1
    if left[0] < 0:
        return 0.0, 0.0
    if type(old) is type(new) and old == new:
        weight = _weight(new)
        return weight, weight
    if isinstance(old, dict) and isinstance(new, dict):
        return _compare_objects(old, new, left)
    if isinstance(old, list) and isinstance(new, list):
        return _compare_lists(old, new, left)
    weight = max(_weight(old), _weight(new))
    if isinstance(old, str) and isinstance(new, str):
        return weight * text_similarity(old, new), weight
    return 0.0, weight


def _compare_objects(
    old: dict[str, Any], new: dict[str, Any], left: list[int]
) -> tuple[float, float]:
    alike = weight = 0.0
    for name, value in new.items():
        if name in old:
            inner, whole = _compare(old[name], value, left)
            alike += inner
            weight += whole
        else:
            weight += _weight(value)
    weight += sum(_weight(value) for name, value in old.items() if name not in new)
    return alike, weight


def _compare_lists(old: list[Any], new: list[Any], left: list[int]) -> tuple[float, float]:
    alike = weight = 0.0
    for before, after in zip(old, new, strict=False):
        inner, whole = _compare(before, after, left)
        alike += inner
        weight += whole
    rest = (old if len(old) > len(new) else new)[min(len(old), len(new)) :]
    return alike, weight + sum(map(_weight, rest[:MAX_VALUES]))


def _weight(value: Any) -> float:
    """1 for a number or a word, up to 11 for a long text; a container weighs by its size."""
    if isinstance(value, (str, bytes)):
        return 1 + min(len(value), 400) / 40
    if isinstance(value, (dict, list)):
        return 1 + min(len(value), 10)
    return 1.0


def text_similarity(old: str, new: str) -> float:
    """The share of words that two texts have in common (Dice), of letter pairs without spaces."""
    words_old, words_new = set(old[:MAX_TEXT].split()), set(new[:MAX_TEXT].split())
    total = len(words_old) + len(words_new)
    if (
        total <= 4 and len(old) + len(new) >= 2 * MIN_PAIRED
    ):  # long words, or no spaces in this script
        return letter_similarity(old, new)
    return 2 * len(words_old & words_new) / total if total else 1.0


def letter_similarity(old: str, new: str) -> float:
    """The share of letter pairs that two texts have in common (Dice), for short ones."""
    pairs_old, pairs_new = _letter_pairs(old), _letter_pairs(new)
    total = len(pairs_old) + len(pairs_new)
    return 2 * len(pairs_old & pairs_new) / total if total else 1.0


def _letter_pairs(text: str) -> set[str]:
    return {text[at : at + 2] for at in range(min(len(text) - 1, MAX_TEXT))}


def tokens(row: Any) -> set[Any]:
    """What a row is searched by: its values with their places, and the words of its texts."""
    found: set[Any] = set()
    _collect(row, (), found)
    return found


def _collect(value: Any, path: tuple[Any, ...], found: set[Any]) -> None:
    if len(found) > MAX_VALUES:
        return
    if isinstance(value, dict):
        for name, inner in value.items():
            _collect(inner, (*path, name), found)
    elif isinstance(value, list):
        for inner in value:
            _collect(inner, path, found)
    elif isinstance(value, str):
        found.update(value[:MAX_TEXT].split()[:MAX_WORDS])
    else:
        found.add((path, repr(value)))
