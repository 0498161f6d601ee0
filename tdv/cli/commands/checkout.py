"""`tdv checkout`: move to a revision, or bring files back from one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from tdv.cli.commands.restore import tell_restored
from tdv.cli.commands.switch import branch_named, go
from tdv.cli.session import Session
from tdv.errors import PathError, UsageError

if TYPE_CHECKING:
    from tdv.model.oid import Oid


def checkout(
    ctx: typer.Context,
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[REV] [-- PATH…]", help="A branch or revision; or files."),
    ] = None,
    create: Annotated[
        str | None, typer.Option("-b", metavar="NEW", help="Make this branch and go there.")
    ] = None,
    recreate: Annotated[
        str | None, typer.Option("-B", metavar="NEW", help="Make it, or let it start anew.")
    ] = None,
    detach: Annotated[
        bool, typer.Option("-d", "--detach", help="Go to a branch's commit, not the branch.")
    ] = False,
    discard: Annotated[
        bool, typer.Option("-f", "--force", help="Throw local changes away.")
    ] = False,
) -> None:
    """Move to a branch or revision; with PATH, bring files back from one.

    `tdv checkout -- PATH` brings files back from the stage, `tdv checkout REV -- PATH` from a
    revision, into the stage as well.
    """
    session = Session.of(ctx)
    before, behind = session.split(words)
    new = create or recreate
    revision, paths = _sorted(session, before, behind, new is not None)
    if paths:
        if new is not None or detach:
            raise UsageError("Paths go with neither `-b` nor `--detach`.")
        _files(session, revision, paths)
        return
    repo = session.repo()
    branch = new
    if new is not None or revision is None:
        commit = repo.head().commit if revision is None else repo.resolve(revision)
        branch = new or (None if detach else repo.head().branch)
    else:
        branch = None if detach else branch_named(session, revision)
        commit = (repo.refs.branch(branch) if branch else None) or _commit(session, revision)
    go(session, commit, branch, create=new is not None, reset=recreate is not None, discard=discard)


def _commit(session: Session, revision: str) -> Oid | None:
    repo = session.repo()
    if revision == repo.head().branch:
        return repo.head().commit
    return repo.resolve(revision)


def _sorted(
    session: Session, before: list[str], behind: list[str] | None, creating: bool
) -> tuple[str | None, list[str]]:
    """The revision and the paths.

    Raises:
        UsageError: a word is both, or more than one revision stands before `--`.
    """
    if behind is not None:
        if len(before) > 1:
            raise UsageError(f"Only one revision may stand before `--`, not {len(before)}.")
        return (before[0] if before else None), behind
    if not before:
        return None, []
    from tdv.repo.revisions import is_revision

    first, *rest = before
    repo = session.repo()
    known = branch_named(session, first) is not None or is_revision(repo, first)
    is_path = _is_path(session, first)
    if known and is_path and not creating and not rest:
        raise UsageError(
            f"`{first}` is both a revision and a path.",
            hint=f"Write `tdv checkout {first} --` for the revision, "
            f"`tdv checkout -- {first}` for the path.",
        )
    if known:
        return first, rest
    if is_path:
        return None, before
    repo.resolve(first)  # says why it is no revision
    return first, rest


def _is_path(session: Session, word: str) -> bool:
    try:
        path = session.path(word)
    except PathError:
        return False
    repo = session.repo()
    if os.path.lexists(os.path.join(os.fsencode(repo.root), path)):
        return True
    from tdv.store.trees import lookup

    return lookup(repo.store, repo.stage(), path) is not None


def _files(session: Session, revision: str | None, paths: list[str]) -> None:
    from tdv.ops.restore import restore

    repo = session.repo()
    done = restore(
        repo,
        [session.path(path) for path in paths],
        source=None if revision is None else repo.commit(repo.resolve(revision)).tree,
        shown=revision or "",
        stage=revision is not None,
        overlay=True,
        progress=session.progress(),
    )
    tell_restored(session, done)
