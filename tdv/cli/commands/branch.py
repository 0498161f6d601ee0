"""`tdv branch`: list, create, rename and delete branches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tdv.cli.options import Json
from tdv.cli.session import Session
from tdv.errors import UsageError

if TYPE_CHECKING:
    from tdv.ops.branch import Branch


def branch(
    ctx: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME [REF]]", help="The branch to create, and where (HEAD)."),
    ] = None,
    listing: Annotated[
        bool, typer.Option("-l", "--list", help="List the branches that match shell patterns.")
    ] = False,
    details: Annotated[
        bool, typer.Option("-v", "--verbose", help="List with each branch's commit and subject.")
    ] = False,
    contains: Annotated[
        str, typer.Option("--contains", metavar="REF", help="List branches that have a commit.")
    ] = "",
    delete: Annotated[bool, typer.Option("-d", "--delete", help="Delete merged branches.")] = False,
    delete_any: Annotated[bool, typer.Option("-D", help="Delete branches, merged or not.")] = False,
    move: Annotated[
        bool, typer.Option("-m", "--move", help="Rename: `-m [OLD] NEW`; NEW must not exist.")
    ] = False,
    move_any: Annotated[bool, typer.Option("-M", help="Rename, replacing NEW.")] = False,
    force: Annotated[
        bool, typer.Option("-f", "--force", help="Let an existing branch point elsewhere.")
    ] = False,
    show_current: Annotated[
        bool, typer.Option("--show-current", help="Print the name of the current branch.")
    ] = False,
    json: Json = False,
) -> None:
    """List, create, rename or delete branches.

    Without a name the branches are listed, the current one behind `*`. A new branch does not
    move HEAD: `tdv switch -c NAME` does both.
    """
    session = Session.of(ctx)
    words = names or []
    deleting, moving = delete or delete_any, move or move_any
    if deleting + moving + show_current > 1:
        raise UsageError("Deleting, renaming and showing branches do not go together.")
    if show_current:
        session.out.line(session.repo().head().branch or "")
    elif deleting:
        _delete(session, words, delete_any or force)
    elif moving:
        _move(session, words, move_any or force)
    elif words and not (listing or contains):
        _create(session, words, force)
    else:
        _list(session, words, contains, details, json)


def _delete(session: Session, names: list[str], force: bool) -> None:
    from tdv.ops.branch import delete_branches

    if not names:
        raise UsageError("Which branch is to be deleted?", hint="`tdv branch -d NAME…`.")
    for gone in delete_branches(session.repo(), names, force=force):
        was = "" if gone.commit is None else f" (it was at {gone.commit.short})"
        session.out.say(f"Deleted the branch `{gone.name}`{was}.")


def _move(session: Session, names: list[str], force: bool) -> None:
    from tdv.ops.branch import rename_branch

    if not 1 <= len(names) <= 2:
        raise UsageError("Renaming takes one or two names.", hint="`tdv branch -m [OLD] NEW`.")
    done = rename_branch(session.repo(), names[0] if names[1:] else None, names[-1], force=force)
    session.out.say(f"Renamed the branch `{done.old_name}` to `{done.name}`.")


def _create(session: Session, names: list[str], force: bool) -> None:
    from tdv.ops.branch import create_branch

    if len(names) > 2:
        raise UsageError("A branch has one name and one start.", hint="`tdv branch NAME [REF]`.")
    done = create_branch(session.repo(), *names, force=force)
    where = "" if done.commit is None else f" at {done.commit.short}"
    session.out.say(f"Created the branch `{done.name}`{where}.")


def _list(session: Session, patterns: list[str], contains: str, details: bool, json: bool) -> None:
    from tdv.ops.branch import list_branches, subjects

    repo, out = session.repo(), session.out
    branches = list_branches(repo, patterns, contains)
    if json:
        out.json("tdv.branch/1", {"branches": [_document(branch) for branch in branches]})
        return
    head = repo.head()
    if head.branch is None and head.commit is not None and not patterns:
        out.line("* " + out.style(f"(HEAD detached at {head.commit.short})", "green"))
    if not details:
        for branch in branches:
            out.line(_shown(session, branch))
        return
    width = max((len(branch.name) for branch in branches), default=0)
    for branch, commit in subjects(repo, branches):
        pad = " " * (width - len(branch.name))
        subject = out.safe(commit.subject)
        out.line(f"{_shown(session, branch)}{pad} {branch.commit.short} {subject}")


def _shown(session: Session, branch: Branch) -> str:
    name = session.out.safe(branch.name)
    return "* " + session.out.style(name, "green") if branch.current else "  " + name


def _document(branch: Branch) -> dict[str, object]:
    return {"name": branch.name, "commit": str(branch.commit), "current": branch.current}
