"""`tdv mv`: move or rename files and folders."""

from __future__ import annotations

from typing import Annotated

import typer

from tdv.cli.options import DryRun
from tdv.cli.session import Session
from tdv.errors import UsageError


def mv(
    ctx: typer.Context,
    paths: Annotated[
        list[str], typer.Argument(metavar="SOURCE… TARGET", help="The last one is the target.")
    ],
    force: Annotated[
        bool, typer.Option("-f", "--force", help="Replace a file that stands there.")
    ] = False,
    dry_run: DryRun = False,
) -> None:
    """Move or rename a file or folder, in the working copy and the stage.

    When the target is a folder that is there, the sources are moved into it.
    """
    from tdv.ops.mv import mv

    session = Session.of(ctx)
    before, behind = session.split(paths)
    words = [*before, *(behind or ())]
    if len(words) < 2:
        raise UsageError("`tdv mv` needs a source and a target.")
    *sources, target = (session.path(word) for word in words)
    done = mv(session.repo(), sources, target, force=force, dry_run=dry_run)
    for source, to in done.pairs:
        verb = "would move" if dry_run else "moved"
        session.out.line(f"{verb} {session.out.path(source)} -> {session.out.path(to)}")
