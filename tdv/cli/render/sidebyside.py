"""Statistics side by side: `diff --stats` (two sides) and `stats --by` (the values of a field)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tdv.cli.output import Output
from tdv.cli.render.statistics import NAME_COLUMNS, number, percent, table
from tdv.cli.text import cut, human_size, plural
from tdv.quality.measuring.contrast import Difference, Share, Shifted, differences, shifts

# Of a distribution, the figures that stand side by side.
_SHOWN = {"mean": "mean", "p50": "median", "p95": "p95", "max": "max"}
_FIXED = {
    ("counts", "rows"): "rows",
    ("counts", "files"): "files",
    ("counts", "bytes"): "size",
    ("counts", "undecodable"): "not decodable",
    ("vocabulary", "words"): "vocabulary, words",
    ("duplicates", "records"): "repeated records",
    ("duplicates", "texts"): "repeated texts",
    ("stt", "corrected_cases"): "corrected cases",
    ("stt", "correction_rate"): "correction rate",
    ("persona", "avg_turns"): "turns, mean",
    ("persona", "avg_trajectory_length"): "prompts, mean",
    ("persona", "distractor_stats", "samples_with_noise"): "samples with noise",
    ("persona", "distractor_stats", "noise_rate"): "noise rate",
}
# Which of the figures are told only where they are not 0 on every side.
_QUIET = {"not decodable", "repeated records", "repeated texts"}

# A share that moves by less, while its rows stay as many, is no news.
LEAST_SHIFT = 0.0005


def difference_lines(
    out: Output, sides: tuple[str, str], old: Mapping[str, Any], new: Mapping[str, Any], *, top: int
) -> Iterator[str]:
    """Two sides and by how much they differ; then the values that came, went or shifted.

    Args:
        sides: how they are called.
        top: values of a field that are listed.
    """
    rows = [
        [name, _cell(each, each.old), _cell(each, each.new), _difference(each)]
        for each in differences(old, new)
        if (name := _figure_name(out, each)) is not None
    ]
    yield from table(out, [["", *map(out.safe, sides), "difference"], *rows])
    for shifted in shifts(old, new):
        if not shifted.shares:
            continue
        yield ""
        yield from _shift_lines(out, sides, shifted, top)


def group_lines(
    out: Output, by: str, groups: Mapping[str, Mapping[str, Any]], *, top: int
) -> Iterator[str]:
    """A column for each group, the shares of the values of other fields below.

    Args:
        by: the field whose values make the groups.
        groups: value -> its statistics.
        top: values of a field that are listed, the most frequent of all groups.
    """
    columns = list(groups.values())
    heads = [cut(out.safe(name), 24) if name.strip() else repr(name) for name in groups]
    found: dict[tuple[str, ...], list[Difference]] = {}
    for place, told in enumerate(columns):
        for each in differences({}, told):
            cells = found.setdefault(each.path, [Difference(each.path, None, None)] * len(columns))
            cells[place] = each
    whole = sum(told["counts"]["rows"] for told in columns)
    shares = ["share", *(percent(told["counts"]["rows"], whole) for told in columns)]
    rows = []
    for cells in found.values():
        best = max(cells, key=lambda each: each.new or 0)
        name = _figure_name(out, best)
        if name is not None:
            rows.append([name, *(_cell(best, each.new) for each in cells)])
            rows += [shares] if name == "rows" else []
    yield from table(out, [["", *heads], *rows])
    for field, values in _group_shares(out, columns).items():
        if field == out.safe(by):
            continue
        yield ""
        lines = [[_value(out, value), *cells] for value, cells in values[:top]]
        yield from table(out, [[field, *heads], *lines])
        if len(values) > top:
            yield f"  … and {plural(len(values) - top, 'more value')}"


def _group_shares(
    out: Output, columns: Sequence[Mapping[str, Any]]
) -> dict[str, list[tuple[str, list[str]]]]:
    """Field -> its values, the most frequent first, each with its share in each group."""
    cells: dict[str, dict[str, list[str]]] = {}
    weights: Counter[tuple[str, str]] = Counter()
    for place, told in enumerate(columns):
        for shifted in shifts({}, told):
            field = _title(out, shifted.path)
            for share in shifted.shares:
                values = cells.setdefault(field, {})
                values.setdefault(share.value, ["-"] * len(columns))[place] = percent(share.new)
                weights[field, share.value] += share.new_rows
    return {
        field: sorted(values.items(), key=lambda each: (-weights[field, each[0]], each[0]))
        for field, values in cells.items()
    }


def _shift_lines(out: Output, sides: tuple[str, str], shifted: Shifted, top: int) -> Iterator[str]:
    title = _title(out, shifted.path)
    moved = [each for each in shifted.shares if _moved(each)]
    # What came or went is told first, however rare it is.
    moved.sort(key=lambda each: bool(each.old_rows and each.new_rows))
    if not moved:
        yield out.style(f"{title}: the same shares", "bold")
        return
    lines = []
    for each in moved[:top]:
        by = f"{_signed(100 * each.by)} points{_rows_more(each)}"
        if shifted.complete and not each.old_rows:
            by += "  appears"
        elif shifted.complete and not each.new_rows:
            by += "  vanishes"
        old, new = (percent(share) if held else "-" for share, held in _sides(each))
        lines.append([_value(out, each.value), old, new, by])
    yield from table(out, [[title, *map(out.safe, sides), "difference"], *lines], left=(0, 3))
    if len(moved) > top:
        yield f"  … and {plural(len(moved) - top, 'more value')}"


def _moved(share: Share) -> bool:
    """Whether a value is worth a line: where others grew, all the rest has a little less."""
    if not (share.old_rows and share.new_rows):
        return share.old_rows != share.new_rows
    return abs(share.by) >= LEAST_SHIFT or bool(share.by and share.old_rows != share.new_rows)


def _rows_more(share: Share) -> str:
    more = share.new_rows - share.old_rows
    return f", {more:+,} {'row' if abs(more) == 1 else 'rows'}" if more else ""


def _signed(value: float) -> str:
    """One digit behind the point; of what would be 0.0 then, two digits that are not 0."""
    return f"{value:+.1f}" if abs(value) >= 0.05 or not value else f"{value:+.2g}"


def _value(out: Output, value: str) -> str:
    return f"  {cut(out.safe(value), NAME_COLUMNS) if value.strip() else repr(value)}"


def _sides(share: Any) -> tuple[tuple[float, int], tuple[float, int]]:
    return (share.old, share.old_rows), (share.new, share.new_rows)


def _figure_name(out: Output, each: Difference) -> str | None:
    """How a figure is called in a table; None for one that is told in JSON only."""
    path = each.path
    if path in _FIXED:
        name = _FIXED[path]
        return None if name in _QUIET and not (each.old or each.new) else name
    if path[0] == "fields":
        lacking = path[2] in ("missing", "null") and (each.old or each.new)
        return f"{out.safe(path[1])}: {path[2]}" if lacking else None
    if path[0] == "token_usage":
        return f"tokens: {path[2].removesuffix('_tokens')}" if path[1] == "total" else None
    if path[-1] not in _SHOWN or path[0] not in ("lengths", "numbers", "turns"):
        return None
    field = out.safe(", ".join(path[1:-1]) or "turns")
    return f"{field}: {_SHOWN[path[-1]]}"


def _title(out: Output, path: tuple[str, ...]) -> str:
    names = {"languagePairs": "language pairs", "qualityDistribution": "quality"}
    last = path[-1]
    if len(path) == 2 and path[0] in ("labels", "categories", "splits"):
        return out.safe(last)
    return names.get(last, last.removesuffix("_distribution").replace("_", " "))


def _cell(each: Difference, value: float | None) -> str:
    if value is not None and each.path == ("counts", "bytes"):
        return human_size(int(value))
    return number(value)


def _difference(each: Difference) -> str:
    by = each.by
    if not by:
        return "" if by == 0 else ("new" if each.old is None else "gone")
    sign = "+" if by > 0 else "-"
    size = human_size(int(abs(by))) if each.path == ("counts", "bytes") else number(abs(by))
    share = f" ({_signed(100 * by / abs(each.old))} %)" if each.old else ""
    return f"{sign}{size}{share}"
