"""`tdv debug`: plumbing, to look inside a repository."""

from __future__ import annotations

from typing import Annotated

import typer

from tdv.cli.options import command_group, verb
from tdv.cli.session import Session

app = command_group("Look inside the store: objects, chunks, packs, revisions.")


@verb(app, "rev-parse")
def rev_parse(
    ctx: typer.Context,
    revisions: Annotated[list[str], typer.Argument(metavar="REF…", help="Revisions to resolve.")],
) -> None:
    """Print the oid of the commit that each revision names."""
    session = Session.of(ctx)
    for revision in revisions:
        session.out.line(str(session.repo().resolve(revision)))
