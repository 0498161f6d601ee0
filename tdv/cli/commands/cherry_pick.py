"""`tdv cherry-pick`: bring one commit's change, or one row of it, into the present data."""

from __future__ import annotations

import typer

from tdv.cli.commands.merge import Abort, Continue, Strategy, finish
from tdv.cli.commands.revert import Keys, Mainline, NoCommit, On, Words, apply
from tdv.cli.options import Json
from tdv.cli.session import Session


def cherry_pick(
    ctx: typer.Context,
    words: Words = None,
    no_commit: NoCommit = False,
    mainline: Mainline = None,
    keys: Keys = None,
    on: On = None,
    strategy: Strategy = "",
    abort: Abort = False,
    continue_: Continue = False,
    json: Json = False,
) -> int:
    """Bring what a commit changed into the present data, as a commit of the same author.

    With --key, only the change of that row.
    """
    session = Session.of(ctx)
    if abort or continue_:
        return finish(session, "cherry-pick", abort, continue_, words[0] if words else None)
    return apply(session, "cherry-pick", words, no_commit, mainline, keys, on, strategy, json)
