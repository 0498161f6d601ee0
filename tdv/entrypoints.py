"""Entry points: what installed packages add to tdv, by group (`tdv.rules`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tdv.errors import ConfigError


@dataclass(frozen=True, slots=True)
class EntryPoint:
    """One thing that an installed package adds.

    Attributes:
        name: which the package gave it, unique in its group.
        package, version: of the package.
        load: imports it.
    """

    name: str
    package: str
    version: str
    load: Callable[[], Any]

    @property
    def made_by(self) -> str:
        """The package with its version: `acme-rules 1.2`."""
        return f"{self.package} {self.version}"


def entry_points(group: str) -> tuple[EntryPoint, ...]:
    """What the installed packages add to a group, sorted by name.

    Nothing of them is imported before `load` is called.

    Raises:
        ConfigError: two packages give the same name.
    """
    from importlib import metadata  # 15 ms that only what can be extended pays

    found: dict[str, EntryPoint] = {}
    for each in sorted(metadata.entry_points(group=group), key=lambda each: each.name):
        dist = each.dist
        package, version = (dist.name, dist.version) if dist is not None else ("?", "?")
        entry = EntryPoint(each.name, package, version, each.load)
        other = found.setdefault(each.name, entry)
        # A package that is on the path twice lists everything twice.
        if other.made_by != entry.made_by:
            raise ConfigError(
                f"{other.made_by} and {entry.made_by} both have an entry point `{each.name}` in "
                f"the group `{group}`.",
                hint="Uninstall one of them.",
            )
    return tuple(found.values())
