"""`tdv op`: the operation log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tdv.cli.options import DryRun, Json, command_group, verb
from tdv.cli.session import Session

if TYPE_CHECKING:
    from tdv.cli.output import Output
    from tdv.ops.oplog import Shown, Touched

app = command_group("Look at the log of operations on this repository, or go back in it.")

_LETTERS = {"added": "A", "modified": "M", "deleted": "D"}


@app.callback()
def _op() -> None:
    pass


@verb(app, "log")
def log(
    ctx: typer.Context,
    number: Annotated[
        int | None,
        typer.Option("-n", "--max-count", metavar="N", min=0, help="Show at most so many."),
    ] = None,
    json: Json = False,
) -> None:
    """List what changed refs, HEAD, the stage or files, newest first."""
    from tdv.cli.commitview import iso_date
    from tdv.cli.operationview import change_lines, command_line, operation_json
    from tdv.ops.oplog import operations

    session = Session.of(ctx)
    session.page()
    out = session.out
    for record in operations(session.repo(), number):
        if json:
            out.json_line({"schema": "tdv.op-log/1", **operation_json(record)})
            continue
        command = command_line(out, record)
        count = out.style(f"{record.number:>4}", "yellow")
        out.line(f"{count}  {iso_date(record.who)}  {out.safe(record.who.name)}  {command}")
        for change in change_lines(record):
            out.line(f"      {out.safe(change)}")


@verb(app, "show")
def show(
    ctx: typer.Context,
    number: Annotated[
        int | None, typer.Argument(metavar="[N]", help="Its number; the newest by default.")
    ] = None,
    json: Json = False,
) -> None:
    """Show one operation, with the files that it changed in the stage and the working copy."""
    from tdv.cli.operationview import operation_json
    from tdv.ops.oplog import show_operation

    session = Session.of(ctx)
    out = session.out
    shown = show_operation(session.repo(), number)
    if json:
        document = operation_json(shown.record)
        for name, touched in (("stage_changes", shown.staged), ("file_changes", shown.files)):
            document[name] = [{"path": out.path(t.path), "kind": t.kind} for t in touched]
        out.json("tdv.op-show/1", document)
        return
    session.page()
    _write(out, shown)


@verb(app, "restore")
def restore(
    ctx: typer.Context,
    number: Annotated[int, typer.Argument(metavar="N", help="The operation's number.")],
    force: Annotated[
        bool, typer.Option("-f", "--force", help="Replace files changed since; undo keeps them.")
    ] = False,
    dry_run: DryRun = False,
) -> None:
    """Bring back the state behind an operation: refs, HEAD, the stage and files.

    It is an operation itself, which `tdv undo` takes back.
    """
    from tdv.cli.operationview import command_line, tell_effects
    from tdv.ops.oplog import operations
    from tdv.ops.undo import restore_state

    session = Session.of(ctx)
    done = restore_state(
        session.repo(), number, force=force, dry_run=dry_run, progress=session.progress()
    )
    if not done.reversed:
        session.out.say(f"Operation {number} is the newest one already.")
        return
    out = session.out
    reached = next(each for each in operations(session.repo()) if each.number == number)
    verb = "Would go" if dry_run else "Went"
    out.say(f"{verb} back to the state behind operation {number}: {command_line(out, reached)}")
    tell_effects(out, done, back="undo", dry_run=dry_run)


def _write(out: Output, shown: Shown) -> None:
    from tdv.cli.commitview import person, person_date
    from tdv.cli.operationview import change_lines, command_line

    record = shown.record
    out.line(out.style(f"operation {record.number}", "yellow"))
    out.line(f"Command: {command_line(out, record)}")
    out.line(f"Who:     {out.safe(person(record.who))}")
    out.line(f"Date:    {person_date(record.who)}")
    lines = change_lines(record)
    if lines:
        out.line()
    for line in lines:
        out.line(out.safe(line))
    _write_paths(out, "Changed in the stage:", shown.staged)
    _write_paths(out, "Changed in the working copy:", shown.files)


def _write_paths(out: Output, title: str, touched: tuple[Touched, ...]) -> None:
    if touched:
        out.line()
        out.line(title)
    for each in touched:
        out.line(f"  {_LETTERS[each.kind]} {out.path(each.path)}")
