"""How the history of one row looks: for people, and as JSON."""

from __future__ import annotations

from collections.abc import Iterable

from tdv.cli.commitview import commit_json, heading_lines, one_line
from tdv.cli.output import Output
from tdv.cli.render.rowchanges import change_lines, field_json
from tdv.ops.rowhistory import FollowedRow, RowVersion
from tdv.rowdiff.bonds import key_of
from tdv.rowdiff.changes import RowChange

SCHEMA = "tdv.log-row/1"


def write(out: Output, followed: FollowedRow, versions: Iterable[RowVersion], brief: bool) -> None:
    """Each commit that changed the row, with what it changed.

    Args:
        brief: one line for a commit, and no fields.
    """
    for number, version in enumerate(versions):
        if brief:
            fields = ", ".join(out.safe(each.path) for each in version.fields)
            what = version.kind + (f": {fields}" if fields else "")
            out.line(f"{one_line(out, version.oid, version.commit)}  ({what})")
            continue
        if number:
            out.line()
        for line in heading_lines(out, version.oid, version.commit):
            out.line(line)
        out.line()
        for line in change_lines(out, _as_change(followed, version)):
            out.line(line)


def write_json(out: Output, followed: FollowedRow, versions: Iterable[RowVersion]) -> None:
    """A record for each commit that changed the row."""
    for version in versions:
        record = {
            "schema": SCHEMA,
            **commit_json(version.oid, version.commit),
            "path": followed.path.decode("utf-8", "surrogateescape"),
            "key": list(followed.query.texts),
            "kind": version.kind,
            "row": None if version.after is None else version.after.number,
            "value": None if version.after is None else version.after.row,
        }
        if version.kind == "changed":
            record["fields"] = [field_json(each) for each in version.fields]
        out.json_line(record)


def _as_change(followed: FollowedRow, version: RowVersion) -> RowChange:
    old_number, old = version.before or (None, None)
    new_number, new = version.after or (None, None)
    key = key_of(old if new is None else new, followed.query.fields)
    return RowChange(version.kind, key, old_number, new_number, old, new, version.fields)
