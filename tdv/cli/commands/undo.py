"""`tdv undo`: take the last operations back."""

from __future__ import annotations

from typing import Annotated

import typer

from tdv.cli.options import DryRun
from tdv.cli.session import Session


def undo(
    ctx: typer.Context,
    count: Annotated[int, typer.Argument(metavar="[N]", help="How many operations.")] = 1,
    force: Annotated[
        bool,
        typer.Option("-f", "--force", help="Replace files changed since; `redo` brings them back."),
    ] = False,
    dry_run: DryRun = False,
) -> None:
    """Take the last operation back, or the last N: refs, HEAD, the stage and files.

    Every command that changed something counts: commit, add, switch, reset, branch, merge …
    Undone again it goes further back; `tdv redo` goes forward. Files that were changed since are
    never replaced without `--force`.
    """
    from tdv.cli.operationview import tell_undone
    from tdv.ops.undo import undo

    session = Session.of(ctx)
    done = undo(session.repo(), count, force=force, dry_run=dry_run, progress=session.progress())
    tell_undone(session.out, done, back="redo", dry_run=dry_run)
