"""What differs between the layouts of two versions, and how their rows compare all the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from tdv.formats.rows import BadRecord, Row
from tdv.model.entry import Param
from tdv.rowdiff.align import align
from tdv.rowdiff.sides import ProjectedSide, Records, Side, as_text, canonical

# Rows that are looked at to recognise a renamed field, and the share that must agree.
SAMPLE = 2000
MOST = 0.8
TYPELESS = frozenset({"csv", "tsv"})
# Formats in which each record says what its fields are called.
SELF_NAMED = frozenset({"jsonl", "json"})
# Parameters that say where a file leaves its format, or how it ends, not what its rows mean.
NOT_LAYOUT = frozenset({"lines_from"})


@dataclass(frozen=True, slots=True)
class LayoutChange:
    """How the form of a file changed.

    Attributes:
        old_format, new_format: names of the formats.
        params: (name, before, after) of each parameter that differs.
        fields_added, fields_removed: of the header.
        fields_renamed: (before, after): the same values under another name in most rows.
        fields_reordered: whether fields that are in both stand in another order.
    """

    old_format: str
    new_format: str
    params: tuple[tuple[str, Param, Param], ...] = ()
    fields_added: tuple[str, ...] = ()
    fields_removed: tuple[str, ...] = ()
    fields_renamed: tuple[tuple[str, str], ...] = ()
    fields_reordered: bool = False

    def __bool__(self) -> bool:
        """Whether there is anything to tell."""
        return self.old_format != self.new_format or bool(
            self.params
            or self.fields_added
            or self.fields_removed
            or self.fields_renamed
            or self.fields_reordered
        )


def same_layout(old: Records, new: Records) -> bool:
    """Whether equal bytes are equal rows on both sides, so that records compare as they are."""
    if old.format.name != new.format.name:
        return False
    if old.format.name in TYPELESS and old.layout.prefix != new.layout.prefix:
        return False
    return _params(old) == _params(new)


def sides(old: Records, new: Records) -> tuple[Side, Side, LayoutChange | None]:
    """The two versions made comparable, and what changed in their layout, or None."""
    if same_layout(old, new):
        return _sides_in_one_layout(old, new)
    change = _layout_change(old, new)
    if change.old_format == change.new_format and not _projects(change):
        return Side(old), Side(new), change or None
    renamed = dict(change.fields_renamed)
    left_out = frozenset(change.fields_removed), frozenset(change.fields_added)
    typeless = (old.format.name in TYPELESS) != (new.format.name in TYPELESS)

    def project_old(row: Row) -> Row:
        return _projected(
            {renamed.get(name, name): row[name] for name in row if name not in left_out[0]},
            typeless,
        )

    def project_new(row: Row) -> Row:
        return _projected({name: row[name] for name in row if name not in left_out[1]}, typeless)

    return ProjectedSide(old, project_old), ProjectedSide(new, project_new), change


def _sides_in_one_layout(old: Records, new: Records) -> tuple[Side, Side, LayoutChange | None]:
    """As `sides`; records that name their own fields are compared as rows when one was renamed.

    Both sides are brought under the new name: rows that were not renamed after all stay the same.
    """
    renamed = dict(_renamed_in_all_rows(old, new)) if old.format.name in SELF_NAMED else {}
    if not renamed:
        return Side(old), Side(new), None

    def project(row: Row) -> Row:
        if any(name in row for name in renamed.values()):
            return row
        return {renamed.get(name, name): value for name, value in row.items()}

    change = LayoutChange(old.format.name, new.format.name, fields_renamed=tuple(renamed.items()))
    return ProjectedSide(old, project), ProjectedSide(new, project), change


def _renamed_in_all_rows(old: Records, new: Records) -> list[tuple[str, str]]:
    """Pairs of names, one in all old rows and one in all new ones, with the same values in most.

    All rows are those of the sample and the last one. Where the first rows have the same names,
    as nearly always, no other is read.
    """
    gone, come = _only_in_first(old, new), _only_in_first(new, old)
    if not gone or not come:
        return []
    sample_old, sample_new = list(_sample(old)), list(_sample(new))
    ends_old, ends_new = _with_last(sample_old, old), _with_last(sample_new, new)
    gone = [
        name
        for name in gone
        if all(name in row for row in ends_old) and not any(name in row for row in ends_new)
    ]
    come = [
        name
        for name in come
        if all(name in row for row in ends_new) and not any(name in row for row in ends_old)
    ]
    both = [name for name in _names(sample_old) if name in set(_names(sample_new))]
    return _renamed(sample_old, sample_new, gone, come, both)


def _only_in_first(these: Records, others: Records) -> list[str]:
    """The names in the first row of these that the first row of the others does not have."""
    first, other = (next(_sample(each, 1), {}) for each in (these, others))
    return [name for name in first if name not in other]


def _with_last(sample: list[Row], records: Records) -> list[Row]:
    last = (records.entry.records or 1) - 1
    rows = (row for row in records.rows(last, last + 1) if not isinstance(row, BadRecord))
    return [*sample, *rows]


def _projects(change: LayoutChange) -> bool:
    """Whether records with equal bytes may be different rows, or the other way round."""
    return bool(
        change.params
        or change.fields_added
        or change.fields_removed
        or change.fields_renamed
        or change.fields_reordered
    )


def _projected(row: Row, typeless: bool) -> Row:
    return {name: as_text(value) for name, value in row.items()} if typeless else row


def _params(records: Records) -> dict[str, Param]:
    return {name: value for name, value in records.layout.params if name not in NOT_LAYOUT}


def _layout_change(old: Records, new: Records) -> LayoutChange:
    before, after = _params(old), _params(new)
    same_format = old.format.name == new.format.name
    params = tuple(
        (name, before.get(name), after.get(name))
        for name in sorted({*before, *after})
        if same_format and before.get(name) != after.get(name)
    )
    sample_old, sample_new = list(_sample(old)), list(_sample(new))
    names_old, names_new = _names(sample_old), _names(sample_new)
    removed = [name for name in names_old if name not in names_new]
    added = [name for name in names_new if name not in names_old]
    both = [name for name in names_old if name in names_new]
    renamed = _renamed(sample_old, sample_new, removed, added, both)
    return LayoutChange(
        old.format.name,
        new.format.name,
        params,
        tuple(name for name in added if name not in dict(renamed).values()),
        tuple(name for name in removed if name not in dict(renamed)),
        tuple(renamed),
        both != [name for name in names_new if name in names_old],
    )


def _sample(records: Records, size: int = SAMPLE) -> Iterator[Row]:
    return (row for row in islice(records.rows(0, size), size) if not isinstance(row, BadRecord))


def _names(rows: list[Row]) -> list[str]:
    names: dict[str, None] = {}
    for row in rows:
        names.update(dict.fromkeys(row))
    return list(names)


def _renamed(
    old: list[Row], new: list[Row], removed: list[str], added: list[str], both: list[str]
) -> list[tuple[str, str]]:
    """Pairs of names, one gone and one new, that hold the same values in most rows.

    Rows are aligned by the fields that both have, by place where there are none.
    """
    if not removed or not added:
        return []
    if both:
        marks_old = [canonical([as_text(row.get(name)) for name in both]) for row in old]
        marks_new = [canonical([as_text(row.get(name)) for name in both]) for row in new]
        pairs = align(marks_old, marks_new)
    else:
        pairs = [(at, at) for at in range(min(len(old), len(new)))]
    found: list[tuple[str, str]] = []
    free = list(added)
    for name in removed:
        shares = {
            other: sum(as_text(old[i].get(name)) == as_text(new[j].get(other)) for i, j in pairs)
            for other in free
        }
        other = max(shares, key=lambda each: shares[each], default="")
        if pairs and other and shares[other] >= MOST * len(pairs):
            found.append((name, other))
            free.remove(other)
    return found
