"""`tdv status`: what changed since the last commit, in rows."""

from __future__ import annotations

from typing import Annotated

import typer

from tdv.cli.options import Json, Nul
from tdv.cli.session import Session
from tdv.errors import UsageError


def status(
    ctx: typer.Context,
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="[PATH…]", help="Only these files and folders.")
    ] = None,
    short: Annotated[bool, typer.Option("-s", "--short", help="One line a file.")] = False,
    porcelain: Annotated[
        bool, typer.Option("--porcelain", help="One line a file, in a form that never changes.")
    ] = False,
    branch: Annotated[
        bool, typer.Option("-b", "--branch", help="With --short: name the branch.")
    ] = False,
    untracked: Annotated[
        str,
        typer.Option(
            "-u", "--untracked-files", metavar="no|normal|all", help="How to list untracked files."
        ),
    ] = "normal",
    ignored: Annotated[bool, typer.Option("--ignored", help="List ignored files too.")] = False,
    rows: Annotated[
        bool, typer.Option("--rows/--no-rows", help="Count the rows that changed.")
    ] = True,
    nul: Nul = False,
    json: Json = False,
) -> None:
    """Show what changed since the last commit, in rows.

    The counts are of rows added (+), removed (-), changed (~) and moved; they are remembered.
    """
    from tdv.cli.render import status as render
    from tdv.ops.status import status

    session = Session.of(ctx)
    if untracked not in ("no", "normal", "all"):
        raise UsageError(f"`-u` is `no`, `normal` or `all`, not `{untracked}`.")
    before, behind = session.split(paths)
    lines = short or porcelain or nul
    found = status(
        session.repo(),
        [session.path(word) for word in (*before, *(behind or ()))],
        untracked=untracked,
        ignored=ignored,
        rows=rows and not lines,
        progress=session.progress(),
    )
    if json:
        session.out.json("tdv.status/1", render.document(found))
    elif lines:
        render.write_short(session, found, branch=branch, nul=nul, relative=not porcelain)
    else:
        render.write_long(session, found)
