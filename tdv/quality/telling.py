"""How sentences say things: counts with their noun, shares, lists of names, which row."""

from __future__ import annotations

from collections.abc import Sequence

from tdv.quality.schemas.schemaerrors import shown
from tdv.quality.subject import Roles, Row, value_at

_ROOM = 60
_MOST_NAMES = 3


def counted(count: int, noun: str) -> str:
    """`1 row`, `12,000 rows`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def percent(part: int, whole: int) -> str:
    """`3.2%`."""
    return f"{100 * part / whole:.1f}%"


def named(row: Row, roles: Roles, otherwise: str) -> str:
    """A row by its key, as `row "ex-17"`; `otherwise` where it has none."""
    values = [value_at(row, field) for field in roles.key]
    if not values or None in values:
        return otherwise
    text = ", ".join(shown(value, _ROOM) for value in values)
    return f"{'Row' if otherwise[0].isupper() else 'row'} {text}"


def listed(names: Sequence[str]) -> str:
    """Names of fields: `a`; `a` and `b`; `a`, `b`, `c` and 2 more."""
    quoted = [f"`{name}`" for name in names[:_MOST_NAMES]]
    if len(names) > _MOST_NAMES:
        quoted.append(f"{len(names) - _MOST_NAMES:,} more")
    return joined(quoted)


def joined(words: Sequence[str]) -> str:
    """Words in a sentence: "a"; "a and b"; "a, b and c"; "" for none."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))
