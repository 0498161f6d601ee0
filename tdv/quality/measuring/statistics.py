"""The figures of `tdv stats`: a summary in JSON's types, under plain names and the sources' own.

Figures are rounded to 6 significant digits; counts are exact. Where a distribution has more
different values than are kept (65,536), its quantiles are those of buckets of 0.1 %, and
`approximate` is true; likewise for the size of a vocabulary.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from tdv.quality.extracting import columns
from tdv.quality.measuring.figures import distribution_of, figures, ordered, share
from tdv.quality.measuring.sourcefigures import by_source
from tdv.quality.subject import BY_PATH, Roles

if TYPE_CHECKING:
    from tdv.quality.extracting.summary import Summary


class Repeats(NamedTuple):
    """Rows that repeat an earlier one of the dataset.

    Attributes:
        records: with the same bytes.
        texts: with the same main text after normalisation; None where there is no text.
    """

    records: int
    texts: int | None = None


def statistics(
    summary: Summary,
    roles: Roles,
    *,
    files: int | None = None,
    size: int | None = None,
    repeats: Repeats | None = None,
    plot: bool = False,
) -> dict[str, Any]:
    """The figures of some rows; sections that the data does not have are left out.

    Args:
        files: that the rows are from, if that is to be told.
        size: of the files in bytes, where it is not that of the records (headers, Parquet).
        repeats: None leaves duplicates out.
        plot: adds a `histogram` to distributions.
    """
    decoded = summary.rows - summary.bad
    sections = {
        "counts": _counts(summary, files, size),
        "lengths": _lengths(summary, roles, plot),
        "vocabulary": _vocabulary(summary, roles),
        "labels": _values(summary, {field: columns.label_of(field) for field in roles.label}),
        "categories": _values(
            summary, {field: columns.category_of(field) for field in roles.categories}
        ),
        "splits": _values(summary, _split(roles)),
        "numbers": _numbers(summary, roles, plot),
        "turns": _of(summary, columns.TURNS, plot) if roles.messages else {},
        "duplicates": _duplicates(repeats, decoded, summary.rows),
        "fields": _fields(summary.shapes, decoded),
        **by_source(summary, roles, repeats.texts if repeats else None),
    }
    return {name: section for name, section in sections.items() if section}


def _split(roles: Roles) -> dict[str, str]:
    if not roles.split:
        return {}
    return {"split" if roles.split == BY_PATH else roles.split: columns.SPLIT}


def _counts(summary: Summary, files: int | None, size: int | None) -> dict[str, Any]:
    counts = {"rows": summary.rows, "undecodable": summary.bad}
    # The bytes of some of a file's rows are not known.
    if size is not None or summary.bytes or not summary.rows:
        counts["bytes"] = summary.bytes if size is None else size
    return counts if files is None else {**counts, "files": files}


def _lengths(summary: Summary, roles: Roles, plot: bool) -> dict[str, Any]:
    found = {}
    for place, field in enumerate(roles.text):
        units = {
            "characters": columns.chars_of(field) if place else columns.CHARS,
            "words": columns.words_of(field) if place else columns.WORDS,
        }
        if columns.CHARS in summary.numbers and columns.WORDS not in summary.numbers:
            del units["words"]  # no rule asked for them
        found[field] = {unit: _of(summary, column, plot) for unit, column in units.items()}
    return found


def _numbers(summary: Summary, roles: Roles, plot: bool) -> dict[str, Any]:
    return {field: _of(summary, columns.number_of(field), plot) for field in roles.numbers}


def _of(summary: Summary, column: str, plot: bool) -> dict[str, Any]:
    distribution = summary.numbers.get(column)
    return {"rows": 0} if distribution is None else figures(distribution, plot=plot)


def _vocabulary(summary: Summary, roles: Roles) -> dict[str, Any]:
    met = summary.vocabulary
    if not roles.text or met is None:
        return {}
    return {"words": int(met.count), "approximate": not met.exact}


def _values(summary: Summary, fields: Mapping[str, str]) -> dict[str, Any]:
    return {
        field: distribution_of(summary.values.get(column, {}), summary.others.get(column, 0))
        for field, column in fields.items()
    }


def _duplicates(repeats: Repeats | None, decoded: int, rows: int) -> dict[str, Any]:
    if repeats is None:
        return {}
    told = {"records": repeats.records, "record_ratio": share(repeats.records, rows)}
    if repeats.texts is not None:
        told |= {"texts": repeats.texts, "text_ratio": share(repeats.texts, decoded)}
    return told


def _fields(shapes: Mapping[tuple[str, str], int], decoded: int) -> dict[str, Any]:
    types: dict[str, dict[str, int]] = {}
    for (field, kind), rows in shapes.items():
        types.setdefault(field, {})[kind] = rows
    # Fields of most rows first: those that are missing nowhere are what the data is about.
    names: Iterable[str] = sorted(types, key=lambda name: (-sum(types[name].values()), name))
    return {
        name: {
            "rows": sum(types[name].values()),
            "missing": decoded - sum(types[name].values()),
            "null": types[name].get("null", 0),
            "types": ordered(types[name]),
        }
        for name in names
    }
