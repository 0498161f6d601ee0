"""`tdv rm`: remove files from the stage and the working copy."""

from __future__ import annotations

from typing import Annotated

import typer

from tdv.cli.options import DryRun
from tdv.cli.session import Session
from tdv.cli.text import plural
from tdv.errors import UsageError

Paths = Annotated[
    list[str] | None, typer.Argument(metavar="[PATH…]", help="Files, folders or patterns.")
]
Cached = Annotated[bool, typer.Option("--cached", help="Leave the working copy as it is.")]
Recursive = Annotated[bool, typer.Option("-r", "--recursive", help="Folders with all below them.")]
Force = Annotated[bool, typer.Option("-f", "--force", help="Files with unsaved changes too.")]
Untracked = Annotated[bool, typer.Option("--untracked", help="Remove what is not tracked instead.")]
Ignored = Annotated[
    bool, typer.Option("-x", "--ignored", help="With --untracked: ignored files too.")
]
Yes = Annotated[
    bool, typer.Option("--yes", help="With --untracked: do it; without, only say what.")
]


def rm(
    ctx: typer.Context,
    paths: Paths = None,
    cached: Cached = False,
    recursive: Recursive = False,
    force: Force = False,
    untracked: Untracked = False,
    ignored: Ignored = False,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Remove files from the stage and the working copy.

    With --untracked, files that are not tracked are removed. It only lists them until --yes is
    given; their content is kept in the operation log, so that `tdv undo` brings them back.
    """
    from tdv.ops.rm import rm, rm_untracked

    session = Session.of(ctx)
    out = session.out
    before, behind = session.split(paths)
    chosen = [session.path(word) for word in (*before, *(behind or ()))]
    if untracked:
        if cached or force:
            raise UsageError("`--untracked` goes with neither `--cached` nor `--force`.")
        act = yes and not dry_run
        done = rm_untracked(session.repo(), chosen, ignored=ignored, yes=act)
    else:
        if ignored or yes:
            raise UsageError("`-x` and `--yes` belong to `--untracked`.")
        if not chosen:
            raise UsageError("`tdv rm` needs to know what to remove.")
        act = not dry_run
        done = rm(
            session.repo(),
            chosen,
            cached=cached,
            recursive=recursive,
            force=force,
            dry_run=dry_run,
        )
    for path in done.paths:
        out.line(f"{'removed' if act else 'would remove'} {out.path(path)}")
    if untracked and not act and done.paths:
        out.hint(f"`--yes` removes {plural(len(done.paths), 'file')}.")
