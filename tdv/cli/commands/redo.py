"""`tdv redo`: take the last undo back."""

from __future__ import annotations

from typing import Annotated

import typer

from tdv.cli.options import DryRun
from tdv.cli.session import Session


def redo(
    ctx: typer.Context,
    force: Annotated[
        bool, typer.Option("-f", "--force", help="Replace files changed since; undo keeps them.")
    ] = False,
    dry_run: DryRun = False,
) -> None:
    """Take the last `tdv undo` back, as long as nothing else was done since.

    Done again it takes back the `undo` before that one. What `tdv undo --force` replaced comes
    back too.
    """
    from tdv.cli.operationview import tell_undone
    from tdv.ops.undo import redo

    session = Session.of(ctx)
    done = redo(session.repo(), force=force, dry_run=dry_run, progress=session.progress())
    tell_undone(session.out, done, back="undo", dry_run=dry_run)
