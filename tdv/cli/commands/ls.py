"""`tdv ls`: the files of a revision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tdv.cli.options import Json, Nul
from tdv.cli.output import Output
from tdv.cli.session import Session
from tdv.cli.targets import Target, targets
from tdv.cli.text import human_size, plural
from tdv.model.entry import Mode

if TYPE_CHECKING:
    from tdv.ops.ls import Listed, Listing


def ls(
    ctx: typer.Context,
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[REF[:PATH]] [-- PATH…]", help="What to list; HEAD by default."),
    ] = None,
    recursive: Annotated[
        bool, typer.Option("--recursive", "-r", help="List all files below, without folders.")
    ] = False,
    stored: Annotated[
        bool, typer.Option("--stored", "-s", help="Show what each takes in the store, too.")
    ] = False,
    names: Annotated[bool, typer.Option("--name-only", help="Show paths alone.")] = False,
    nul: Nul = False,
    json: Json = False,
) -> None:
    """List the files of a revision with rows and sizes.

    A folder is shown with the totals of everything below it. With `-s`, what files share counts
    for each of them, and once in the total; a version that is stored as the difference to another
    counts as that difference.
    """
    from tdv.ops.ls import list_files

    session = Session.of(ctx)
    store = session.repo().store
    for target in targets(session, words or []):
        listing = list_files(
            store, target.tree, target.path, recursive=recursive, stored=stored and not names
        )
        if json:
            session.out.json("tdv.ls/1", _document(target, listing))
        elif nul:
            for item in listing.items:
                session.out.data(item.path + b"\0")
        elif names:
            for item in listing.items:
                session.out.line(session.out.path(item.path))
        else:
            _render(session.out, listing)


def _render(out: Output, listing: Listing) -> None:
    rows = [_cells(out, item) for item in listing.items]
    widths = [max((len(row[i]) for row in rows), default=0) for i in range(3)]
    for *cells, path in rows:
        numbers = "  ".join(
            cell.rjust(width) for cell, width in zip(cells, widths, strict=True) if width
        )
        out.line(f"{numbers}  {path}")
    files = sum(item.files for item in listing.items)
    size = sum(item.size for item in listing.items)
    total = f"{plural(files, 'file')}, {human_size(size)}"
    if listing.stored is not None:
        total += f", {human_size(listing.stored)} stored"
    out.say(f"{total}.")


def _cells(out: Output, item: Listed) -> tuple[str, str, str, str]:
    records = "-" if item.records is None else plural(item.records, "row")
    stored = "" if item.stored is None else human_size(item.stored)
    path = out.path(item.path) + _mark(item.mode)
    return records, human_size(item.size), stored, path


def _mark(mode: Mode) -> str:
    return {Mode.FOLDER: "/", Mode.EXECUTABLE: "*", Mode.SYMLINK: "@"}.get(mode, "")


def _document(target: Target, listing: Listing) -> dict[str, Any]:
    return {
        "commit": None if target.commit is None else str(target.commit),
        "path": target.path,
        "stored": listing.stored,
        "files": [
            {
                "path": item.path,
                "type": item.mode.name.lower(),
                "format": item.format or None,
                "files": item.files,
                "rows": item.records,
                "bytes": item.size,
                "stored": item.stored,
            }
            for item in listing.items
        ],
    }
