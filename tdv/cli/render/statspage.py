"""All that `tdv stats` prints for people: datasets, one below the other, with their groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tdv.cli.output import Output
from tdv.cli.render.sidebyside import group_lines
from tdv.cli.render.statistics import lines_of, token_lines

if TYPE_CHECKING:
    from tdv.analysis.describing import GroupFigures
    from tdv.ops.stats import Stats

# Paths that stand for a dataset without a name.
FILES = 3


def write_stats(out: Output, stats: Stats, *, tokens: bool, plot: bool, top: int) -> None:
    """Every dataset with its figures, and its groups where they were asked for.

    Args:
        tokens: tokens by model alone.
        plot, top: see `lines_of`.
    """
    for place, each in enumerate(stats.datasets):
        if place:
            out.line()
        if len(stats.datasets) > 1 or each.dataset:
            files = ", ".join(map(out.safe, each.paths[:FILES]))
            name = out.safe(each.dataset) or files + ", …" * (len(each.paths) > FILES)
            out.line(out.style(f"{name} ({each.profile})", "bold"))
        told = each.figures.statistics
        lines = (
            token_lines(out, told.get("token_usage", {}))
            if tokens
            else lines_of(out, told, top=top, plot=plot)
        )
        for line in lines:
            out.line(line)
        if each.figures.by is not None:
            out.line()
            for line in group_lines(out, each.figures.by.field, _columns(each.figures.by), top=top):
                out.line(line)


def _columns(by: GroupFigures) -> dict[str, Mapping[str, Any]]:
    """The groups, with those of all other values, and of none, under names in brackets."""
    columns = dict(by.values)
    if by.others is not None:
        columns[f"(other {by.field})"] = by.others
    if by.none is not None:
        columns[f"(no {by.field})"] = by.none
    return columns
