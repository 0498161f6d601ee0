"""MED: files that rows name: audio, images, video."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tdv.quality.extracting.columns import media_of
from tdv.quality.finding import Fault, Level
from tdv.quality.rule import ColumnRule, Values
from tdv.quality.schemas.schemaerrors import shown
from tdv.quality.subject import Roles

if TYPE_CHECKING:
    from tdv.quality.extracting.summary import Summary
    from tdv.quality.rule import Columns, Mask

MEDIA = media_of("")
THERE = "there"
"""Under this name the values of MED001 hold what tells whether a named file is there.

It is no parameter: whoever judges puts in a function of the name, since only the caller knows the
tree, and the folder that names are relative to. Without it nothing is missing.
"""


def _named(columns: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of media, by their fields."""
    return {
        name.removeprefix(MEDIA): column
        for name, column in columns.items()
        if name.startswith(MEDIA)
    }


def _is_missing(name: str | None, values: Values) -> bool:
    """Whether a name is that of a file which is not there; addresses are not looked up."""
    there = values.get(THERE)
    return bool(name) and there is not None and "://" not in str(name) and not there(name)


def _missing_rows(columns: Columns, values: Values, summary: Summary) -> Mask:
    from tdv.quality.searching.textsearch import mask_of

    named = _named(columns)
    size = len(next(iter(named.values()))) if named else 0
    rows: set[int] = set()
    for column in named.values():
        names = column.tolist()
        missing = {name for name in {*names} if _is_missing(name, values)}
        rows.update(row for row, name in enumerate(names) if name in missing)
    return mask_of(sorted(rows), size)


def _tell_missing(
    values: Mapping[str, Any], limits: Values, summary: Summary, roles: Roles
) -> Fault:
    named = _named(values)
    field = next((field for field, name in named.items() if _is_missing(name, limits)), "")
    if not field:  # whoever tells need not know the tree once more
        field = next((field for field, name in named.items() if name), "")
    return Fault(field, f"`{field}` names {shown(named.get(field), 80)}, which is not there.")


RULES = (
    ColumnRule(
        code="MED001",
        name="missing-media",
        level=Level.WARNING,
        summary="A row names a file that is not there.",
        why=(
            "A loader fails in the middle of training. Names are taken relative to the file's "
            "folder, then to the top of the repository; addresses (`s3://…`) are not looked up."
        ),
        bad={"case_id": "c-1", "audio_path": "audio/lost.wav"},
        good={"case_id": "c-1", "audio_path": "audio/c-1.wav"},
        mend="`tdv add` the file, or mend its name with `tdv apply`.",
        applies=lambda roles: bool(roles.media),
        columns=lambda roles: tuple(map(media_of, roles.media)),
        mask=_missing_rows,
        tell=_tell_missing,
    ),
)
