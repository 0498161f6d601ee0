"""`tdv add`: put the present content of files into the stage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tdv.cli.options import DryRun
from tdv.cli.session import Session
from tdv.cli.text import plural
from tdv.errors import Findings, UsageError

if TYPE_CHECKING:
    from tdv.ops.add import Added

# More bad rows than this are counted, not listed.
SHOWN = 20


def add(
    ctx: typer.Context,
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="[PATH…]", help="Files, folders or patterns.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("-A", "--all", help="Everything in the working copy.")
    ] = False,
    update: Annotated[
        bool, typer.Option("-u", "--update", help="Only files that are tracked already.")
    ] = False,
    force: Annotated[bool, typer.Option("-f", "--force", help="Ignored files too.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Decode every row; stage nothing when one is bad.")
    ] = False,
    dry_run: DryRun = False,
) -> None:
    """Put the present content of files into the stage.

    Files that are gone are taken out of it. An `add` that was interrupted can be run again: what
    was read before is stored already.
    """
    from tdv.ops.add import add

    session = Session.of(ctx)
    before, behind = session.split(paths)
    words = [*before, *(behind or ())]
    if not words and not everything and not update:
        raise UsageError(
            "`tdv add` needs to know what to add.",
            hint="`tdv add .` adds all below this folder, `tdv add -A` everything.",
        )
    done = add(
        session.repo(),
        [session.path(word) for word in words] or [b""],
        update_only=update,
        force=force,
        dry_run=dry_run,
        check=check,
        progress=session.progress(),
    )
    _tell(session, done, dry_run)


def _tell(session: Session, done: Added, dry_run: bool) -> None:
    out = session.out
    for path in done.repositories:
        out.warn(f"`{out.path(path)}` is a repository of its own and was not added.")
    for path in done.special:
        out.warn(f"`{out.path(path)}` is neither file, folder nor link and was not added.")
    for problem in done.problems[:SHOWN]:
        where = f"line {problem.line}" if problem.line else f"row {problem.record}"
        out.line(f"{out.path(problem.path)}: {where}: {out.safe(problem.reason)}")
    if done.problems:
        count = plural(len(done.problems), "row does", "rows do")
        raise Findings(
            f"{count} not decode; nothing was staged.",
            hint="Correct them, or add without `--check`: such rows are kept as they are.",
        )
    if dry_run:
        for path in sorted((*done.added, *done.modified)):
            out.line(f"add {out.path(path)}")
        for path in done.removed:
            out.line(f"remove {out.path(path)}")
        return
    parts = [("added", done.added), ("changed", done.modified), ("removed", done.removed)]
    named = ", ".join(f"{len(found):,} {word}" for word, found in parts if found)
    out.say(f"Staged: {named}." if named else "Nothing to stage: all of it is in the stage.")
    if done.resolved:
        left = f"{done.conflicts:,} left" if done.conflicts else "none is left"
        out.say(f"{plural(done.resolved, 'conflict')} resolved; {left}.")
    if done.conflicts:
        out.hint(
            "A conflict stays while its row, or file, is as the merge left it: edit that, or "
            "decide with `tdv resolve KEY|PATH --ours`."
        )
