"""`tdv cat`: a file of a revision, byte for byte or row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tdv.cli.session import Session
from tdv.cli.targets import targets
from tdv.cli.text import plural
from tdv.errors import RecordError, UsageError

if TYPE_CHECKING:
    from tdv.cli.output import Output
    from tdv.formats.contents import Contents

# Records that do not decode are named one by one up to this number.
NAMED = 10


def cat(
    ctx: typer.Context,
    words: Annotated[
        list[str],
        typer.Argument(metavar="REF:PATH | PATH | REF -- PATH…", help="Files of a revision."),
    ],
    rows: Annotated[
        str, typer.Option(metavar="FIRST:END", help="Print these rows only, as JSON Lines.")
    ] = "",
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help="Print rows as JSON Lines, whatever the format.")
    ] = False,
) -> None:
    """Print a file of a revision: its exact bytes, or its rows.

    Rows are counted from 0 and END is not included, as in Python; `:10` are the first ten,
    `-10:` the last ten, `7` is one row. A record that does not decode is named on stderr, and
    the exit code is then 3.
    """
    from tdv.ops.cat import open_file

    session = Session.of(ctx)
    out, store = session.out, session.repo().store
    bad = 0
    for target in targets(session, words):
        contents = open_file(store, target.tree, target.path, target.shown)
        if rows or jsonl:
            if not contents.format.has_rows:
                raise _no_rows(target.path, out.path(target.path))
            bad += _print_rows(out, contents, rows, out.path(target.path))
        else:
            out.content(contents.blocks())
    if bad:
        raise RecordError(f"{plural(bad, 'record')} could not be decoded.")


def _no_rows(path: bytes, shown: str) -> UsageError:
    hint = None
    if path.endswith(b".json"):
        hint = "A `.json` file has rows when it is one array of values."
    return UsageError(f"{shown} has no rows: it is kept as bytes.", hint=hint)


def _print_rows(out: Output, contents: Contents, chosen: str, shown: str) -> int:
    """Print rows; how many records did not decode."""
    from tdv.formats.rows import BadRecord
    from tdv.ops.cat import row_range

    start, stop = row_range(chosen, contents.__len__) if chosen else (0, None)
    bad = 0
    for row in contents.rows(start, stop):
        if isinstance(row, BadRecord):
            bad += 1
            if bad <= NAMED:
                where = f"row {row.number}" if row.line is None else f"line {row.line}"
                out.warn(f"{shown}, {where}: {row.reason}.")
        else:
            out.row(row)
    return bad
