"""`tdv stash`: put local changes aside, and bring them back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from tdv.cli.operationview import files_text
from tdv.cli.options import Json, command_group, verb
from tdv.cli.session import Session
from tdv.cli.text import plural
from tdv.errors import UsageError

if TYPE_CHECKING:
    from tdv.ops.filesmove import FilesMoved
    from tdv.ops.stash import Applied

app = command_group("Put local changes aside, and bring them back; alone it is `push`.")

_NAME = re.compile(r"(?:stash@\{)?(\d{1,9})\}?")
Which = Annotated[
    str, typer.Argument(metavar="[STASH]", help="`stash@{1}` or `1`; the newest by default.")
]
Message = Annotated[str, typer.Option("-m", "--message", help="What `stash list` will say.")]
Untracked = Annotated[
    bool,
    typer.Option("-u", "--include-untracked", help="Take files that are not tracked as well."),
]
Index = Annotated[
    bool, typer.Option("--index", help="Let the stage hold again what it held then, too.")
]


@app.callback(invoke_without_command=True, no_args_is_help=False)
def _stash(ctx: typer.Context, message: Message = "", untracked: Untracked = False) -> None:
    if ctx.invoked_subcommand is None:
        _push(Session.of(ctx), message, [], untracked)
    elif message or untracked:
        raise UsageError("`-m` and `-u` go behind `push`.", hint="`tdv stash push -m MESSAGE`.")


@verb(app, "push")
def push(
    ctx: typer.Context,
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="[PATH…]", help="Changes of these files only.")
    ] = None,
    message: Message = "",
    untracked: Untracked = False,
) -> None:
    """Put local changes aside: the stage and the working copy are as HEAD again."""
    session = Session.of(ctx)
    before, behind = session.split(paths)
    _push(session, message, [*before, *(behind or ())], untracked)


@verb(app, "pop")
def pop(ctx: typer.Context, stash: Which = "0", index: Index = False) -> None:
    """Bring a stash back and drop it. Where HEAD changed a file since, rows are merged.

    When both sides changed the same, nothing is done, and the stash is kept.
    """
    _apply(Session.of(ctx), stash, drop=True, index=index)


@verb(app, "apply")
def apply(ctx: typer.Context, stash: Which = "0", index: Index = False) -> None:
    """Bring a stash back and keep it."""
    _apply(Session.of(ctx), stash, drop=False, index=index)


@verb(app, "list")
def list_(ctx: typer.Context, json: Json = False) -> None:
    """List the stashes, newest first."""
    from tdv.cli.commitview import iso_date, person_json
    from tdv.ops.stash import list_stashes

    session = Session.of(ctx)
    out = session.out
    found = list_stashes(session.repo())
    if json:
        documents = [
            {
                "name": f"stash@{{{each.number}}}",
                "commit": str(each.oid),
                "parent": str(each.commit.parents[0]),
                "author": person_json(each.commit.author),
                "message": each.commit.message,
            }
            for each in found
        ]
        out.json("tdv.stash/1", {"stashes": documents})
        return
    session.page()
    for each in found:
        name = out.style(f"stash@{{{each.number}}}", "yellow")
        out.line(f"{name}: {out.safe(each.commit.subject)} ({iso_date(each.commit.committer)})")


@verb(app, "show")
def show(
    ctx: typer.Context,
    stash: Which = "0",
    patch: Annotated[
        bool, typer.Option("-p", "--patch", help="Show the rows and fields that differ.")
    ] = False,
    json: Json = False,
) -> None:
    """Show which files a stash changes, against the commit that it was made on."""
    from tdv.cli.render import filediffs
    from tdv.ops.show import changes_of
    from tdv.ops.stash import find_stash

    session = Session.of(ctx)
    session.page()
    found = find_stash(session.repo(), _number(stash))
    files = changes_of(session.repo(), found.commit)
    if json:
        filediffs.write_json(session.out, files, rows=patch, schema=False)
    elif patch:
        filediffs.write_rows(session.out, files)
    else:
        filediffs.write_stat(session.out, files)


@verb(app, "drop")
def drop(ctx: typer.Context, stash: Which = "0") -> None:
    """Remove a stash; `tdv undo` brings it back."""
    from tdv.ops.stash import drop

    session = Session.of(ctx)
    gone = drop(session.repo(), _number(stash))
    out = session.out
    out.say(f"Dropped stash@{{{gone.number}}}: {out.safe(gone.commit.subject)}")


def _push(session: Session, message: str, paths: list[str], untracked: bool) -> None:
    from tdv.ops.stash import push

    out = session.out
    done = push(
        session.repo(),
        message,
        [session.path(path) for path in paths],
        untracked=untracked,
        progress=session.progress(),
    )
    if done is None:
        out.say("There are no local changes to put aside.")
        return
    out.say(f"Put aside as stash@{{0}}: {out.safe(done.stash.commit.subject)}")
    _tell_files(session, done.files)


def _apply(session: Session, stash: str, *, drop: bool, index: bool) -> None:
    from tdv.ops.stash import apply

    done = apply(
        session.repo(), _number(stash), drop=drop, index=index, progress=session.progress()
    )
    _tell(session, done)


def _tell(session: Session, done: Applied) -> None:
    out = session.out
    kept = ", and dropped it" if done.dropped else ""
    name = f"stash@{{{done.stash.number}}}"
    out.say(f"Brought back {name}{kept}: {out.safe(done.stash.commit.subject)}")
    _tell_files(session, done.files)
    if done.merged:
        out.say(f"The rows of {plural(len(done.merged), 'file')} were merged with those of HEAD.")


def _tell_files(session: Session, files: FilesMoved) -> None:
    text = files_text(len(files.written), len(files.removed))
    if text:
        session.out.say(f"{text}.")


def _number(text: str) -> int:
    found = _NAME.fullmatch(text)
    if found is None:
        raise UsageError(f"`{text}` names no stash.", hint="`stash@{1}`, or `1` for short.")
    return int(found[1])
