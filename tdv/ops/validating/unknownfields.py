"""Fields that `tdv.toml` names and no row has: a slip would else leave rules out unseen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tdv.ops.validating.grouping import Group
from tdv.quality.registry import did_you_mean


def unknown_fields(groups: Sequence[Group], statistics: Mapping[str, Any]) -> Iterator[str]:
    """A sentence for each role of a dataset whose field is in no row, with its line and column.

    Args:
        statistics: of the report: of the only dataset, or by its name.
    """
    for group in groups:
        figures = statistics if len(groups) == 1 else statistics.get(group.name, {})
        known = figures.get("fields", {})
        if group.described is None or not known:
            continue
        for role, named in group.described.roles.items():
            for field in [named] if isinstance(named, str) else named:
                if field and field not in known and field.split(".")[0] not in known:
                    where = group.described.where_of.get(role, "")
                    told = f"{where}`{role}` names the field `{field}`, which no row has."
                    yield f"{told} {did_you_mean(field, known)}".rstrip()
