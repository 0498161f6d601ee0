"""`tdv purge`: erase a row from all history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tdv.cli.options import Json
from tdv.cli.session import Session
from tdv.cli.text import plural

if TYPE_CHECKING:
    from tdv.cli.output import Output
    from tdv.ops.purge import Purged


def purge(
    ctx: typer.Context,
    path: Annotated[str, typer.Argument(metavar="PATH", help="The file with the row.")],
    key: Annotated[str, typer.Option("--key", metavar="K", help="The row's key.")],
    on: Annotated[
        list[str] | None,
        typer.Option("--on", metavar="FIELD", help="A field of the key, over tdv.toml."),
    ] = None,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why, for the receipt.")
    ] = "",
    tags: Annotated[bool, typer.Option("--tags", help="Move tags that lead to the row.")] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do it; otherwise only say what would be done.")
    ] = False,
    json: Json = False,
) -> int | None:
    """Erase a row from every version of a file, for good.

    Without `--yes` nothing is changed. Every commit that has the row, and every later one, becomes
    another commit; branches follow, and tags with `--tags`. Afterwards neither the row nor the
    key's value is anywhere in `.tdv`: nothing can be undone past a purge, and what only the
    operation log led to is gone. The file in the working copy loses the row too.

    A receipt in `.tdv/purged` says which commits became which, and has a salted hash of the key.
    Copies elsewhere, such as clones and backups, are not reached. Exit code 1 when the value is
    still found somewhere, for instance in another file.
    """
    from tdv.ops.purge import purge as erase
    from tdv.ops.purge import receipt

    session = Session.of(ctx)
    done = erase(
        session.repo(),
        session.path(path),
        key,
        on=on or (),
        reason=reason,
        tags=tags,
        dry_run=not yes,
        progress=session.progress(),
    )
    if json:
        session.out.json("tdv.purge/1", receipt(done))
    else:
        _render(session.out, done)
    return 1 if done.left else None


def _render(out: Output, done: Purged) -> None:
    name = out.path(done.path)
    versions = plural(done.versions, "version")
    touched = plural(len(done.touched), "commit")
    if done.dry_run:
        out.line(f"{versions} of {name}, in {touched}, would lose the row.")
        for ref in done.refs:
            out.line(f"    {out.safe(ref)} would move")
        out.say("Nothing was changed.")
        out.hint("`tdv purge --yes` does it; it cannot be undone.")
        return
    rewritten = plural(len(done.commits), "commit")
    out.line(f"{versions} of {name}, in {touched}, lost the row; {rewritten} became others.")
    for ref in done.refs:
        out.line(f"    {out.safe(ref)} moved")
    for place in done.left:
        out.line(f"{out.style('still found', 'red')} in {out.safe(place)}")
    if done.receipt is not None:
        out.say(f"The receipt is {out.safe(str(done.receipt))}.")
    out.say("`tdv undo` does not reach back past this.")
