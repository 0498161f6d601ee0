"""Statistics for programs: `tdv.stats/1` and `tdv.diff-stats/1`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tdv.cli.output import Output
from tdv.cli.render.validation.sinks import FileSink, check_target
from tdv.quality.measuring.contrast import differences, shifts

if TYPE_CHECKING:
    from tdv.analysis.describing import GroupFigures
    from tdv.ops.stats import Beside, Stats


def stats_json(stats: Stats, *, only: str = "") -> dict[str, Any]:
    """The fields of `tdv.stats/1`.

    Args:
        only: this section of the statistics alone.
    """
    return {
        "revision": stats.revision or None,
        "from": stats.shown,
        "datasets": [
            {
                "dataset": each.dataset or None,
                "profile": each.profile,
                "files": list(each.paths),
                "statistics": _some(each.figures.statistics, only),
                **({} if each.figures.by is None else {"by": _groups(each.figures.by, only)}),
            }
            for each in stats.datasets
        ],
        "skipped": stats.skipped,
        "notes": list(stats.notes),
    }


def diff_stats_json(sides: tuple[str, str], datasets: Iterable[Beside]) -> dict[str, Any]:
    """The fields of `tdv.diff-stats/1`."""
    return {
        "old": sides[0],
        "new": sides[1],
        "datasets": [
            {
                "dataset": each.dataset or None,
                "files": list(each.paths),
                "old": each.old or None,
                "new": each.new or None,
                "figures": [
                    {"path": list(one.path), "old": one.old, "new": one.new, "difference": one.by}
                    for one in differences(each.old, each.new)
                ],
                "values": [
                    {
                        "path": list(shifted.path),
                        "complete": shifted.complete,
                        "appeared": shifted.appeared,
                        "vanished": shifted.vanished,
                        "shares": [
                            {**share._asdict(), "difference": share.by} for share in shifted.shares
                        ],
                    }
                    for shifted in shifts(each.old, each.new)
                ],
            }
            for each in datasets
        ],
    }


@contextmanager
def written_to(out: Output, here: Path, name: str) -> Iterator[Output]:
    """Stdout, or what becomes a file: whole, when everything has been written.

    Args:
        here: the folder that a relative name starts from.
        name: "" and "-" are stdout.

    Raises:
        UsageError, StorageError: the file cannot be written.
    """
    if name in ("", "-"):
        yield out
        return
    check_target(here / name, name)
    held = BytesIO()
    output = Output(held, out.stderr, width=out.width)
    yield output
    output.flush()
    sink = FileSink(here / name)
    try:
        sink.write(held.getvalue().decode("utf-8", "surrogateescape"))
        sink.finish()
    finally:
        sink.abandon()


def _groups(by: GroupFigures, only: str) -> dict[str, Any]:
    return {
        "field": by.field,
        "different": by.different,
        "groups": [
            {"value": value, "statistics": _some(told, only)} for value, told in by.values.items()
        ],
        "others": None if by.others is None else _some(by.others, only),
        "none": None if by.none is None else _some(by.none, only),
    }


def _some(told: Mapping[str, Any], only: str) -> Mapping[str, Any]:
    return {name: held for name, held in told.items() if name == only} if only else told
