"""How messages say what a rule found: counts with their noun, shares, which row."""

from __future__ import annotations

from collections.abc import Sequence

from tdv.quality.schemas.schemaerrors import shown
from tdv.quality.subject import Roles, Row, value_at

_ROOM = 60


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


def listed(names: Sequence[str], most: int = 3) -> str:
    """Names of fields: `a`; `a` and `b`; `a`, `b`, `c` and 2 more."""
    quoted = [f"`{name}`" for name in names[:most]]
    if len(names) > most:
        return f"{', '.join(quoted)} and {len(names) - most:,} more"
    return " and ".join(filter(None, [", ".join(quoted[:-1]), *quoted[-1:]]))
