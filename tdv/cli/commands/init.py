"""`tdv init`: create a repository."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tdv.cli.session import Session


def init(
    ctx: typer.Context,
    folder: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="The folder, created when it is missing.")
    ] = Path(),
    branch: Annotated[
        str | None,
        typer.Option(
            "--initial-branch", "-b", metavar="NAME", help="The first branch; `main` by default."
        ),
    ] = None,
) -> None:
    """Create a repository in a folder.

    Where there is one already, nothing changes. Inside a git repository, git is told to ignore
    `.tdv/` in its own `info/exclude`.
    """
    from tdv.ops.init import init

    session = Session.of(ctx)
    out = session.out
    done = init(session.here / folder, branch=branch, caller=session.caller())
    place = out.safe(str(done.repo.folder))
    if not done.created:
        out.say(f"There is a repository in {place} already; nothing was changed.")
    else:
        out.say(f"Created an empty repository in {place}, on branch `{done.branch}`.")
    if done.around is not None:
        out.warn(f"It lies inside the repository at {done.around}, which will not see its files.")
    if done.excluded_in is not None:
        out.say(f"git ignores `.tdv/` from now on ({out.safe(str(done.excluded_in))}).")
    if done.excluded_failed:
        out.warn(f"git could not be told to ignore `.tdv/`: {done.excluded_failed}")
