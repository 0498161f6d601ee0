"""`tdv revert`: take a commit's change back out of the present data."""

from __future__ import annotations

from typing import Annotated

import typer

from tdv.cli.commands.merge import Abort, Continue, Strategy, finish, rules
from tdv.cli.options import Json
from tdv.cli.session import Session
from tdv.errors import UsageError

NoCommit = Annotated[
    bool, typer.Option("-n", "--no-commit", help="Stage the change, and make no commit.")
]
Mainline = Annotated[
    int | None,
    typer.Option(
        "-m", "--mainline", metavar="N", help="Of a merge: what it changed since its parent N."
    ),
]
Keys = Annotated[
    list[str] | None,
    typer.Option("--key", metavar="K", help="Only the row with this key; may be repeated."),
]
On = Annotated[
    list[str] | None,
    typer.Option("--on", metavar="FIELD", help="A field of the key, over tdv.toml."),
]
Words = Annotated[
    list[str] | None,
    typer.Argument(metavar="REV [PATH…]", help="The commit; with --key, files to look in."),
]


def revert(
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
    """Take what a commit changed back out, row by row, and commit that.

    What changed since stays: only the rows and fields that the commit touched are brought back.
    So a single operation, such as an enhancement, is undone on today's data.
    """
    session = Session.of(ctx)
    if abort or continue_:
        return finish(session, "revert", abort, continue_, words[0] if words else None)
    return apply(session, "revert", words, no_commit, mainline, keys, on, strategy, json)


def apply(
    session: Session,
    verb: str,
    words: list[str] | None,
    no_commit: bool,
    mainline: int | None,
    keys: list[str] | None,
    on: list[str] | None,
    strategy: str,
    json: bool,
) -> int:
    """Run `revert` or `cherry-pick`; the exit code."""
    from tdv.cli.render import merged as render
    from tdv.ops import pick
    from tdv.ops.merging.pickrows import RowChoice

    before, behind = session.split(words)
    if not before:
        raise UsageError(f"`tdv {verb}` needs a commit.", hint="`tdv log` lists them.")
    paths = [*before[1:], *(behind or ())]
    if paths and not keys:
        raise UsageError(
            "Paths go with `--key K`: which rows of these files are meant.",
            hint=f"`tdv restore --source {before[0]} PATH` takes whole files."
            if verb == "cherry-pick"
            else f"`tdv restore --source {before[0]}~1 PATH` takes whole files.",
        )
    repo = session.repo()
    rows = RowChoice(tuple(keys), tuple(map(session.path, paths))) if keys else None
    chosen = pick.PickRules(mainline, not no_commit, rules(strategy, on), rows)
    run = pick.revert if verb == "revert" else pick.cherry_pick
    done = run(repo, repo.resolve(before[0]), chosen, session.progress())
    if json:
        session.out.json(render.SCHEMA, render.document(done))
        return 1 if done.conflicts else 0
    return render.write(session, done, verb)
