"""`tdv switch`: move to another branch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tdv.cli.session import Session
from tdv.cli.text import plural
from tdv.errors import RevisionError, UsageError

if TYPE_CHECKING:
    from tdv.model.oid import Oid
    from tdv.ops.checkout import CheckedOut


def switch(
    ctx: typer.Context,
    target: Annotated[
        str | None, typer.Argument(metavar="[BRANCH|-|START]", help="Where to go.")
    ] = None,
    create: Annotated[
        str | None, typer.Option("-c", "--create", metavar="NEW", help="Make this branch.")
    ] = None,
    recreate: Annotated[
        str | None,
        typer.Option("-C", "--force-create", metavar="NEW", help="Make it, or let it start anew."),
    ] = None,
    detach: Annotated[
        bool, typer.Option("-d", "--detach", help="Go to a revision, without a branch.")
    ] = False,
    discard: Annotated[
        bool,
        typer.Option("-f", "--force", "--discard-changes", help="Throw local changes away."),
    ] = False,
) -> None:
    """Move to another branch: HEAD, the stage and the working copy.

    Files that do not differ between the two keep their local changes. `-` is the branch before.
    """
    session = Session.of(ctx)
    repo = session.repo()
    new = create or recreate
    if new is not None:
        commit = repo.head().commit if target is None else repo.resolve(target)
        branch: str | None = new
    elif target is None:
        raise UsageError("`tdv switch` needs a branch.", hint="`tdv branch` lists them.")
    elif detach:
        commit, branch = repo.resolve(target), None
    else:
        branch = branch_named(session, target)
        if branch is None:
            raise _no_branch(session, target)
        commit = repo.refs.branch(branch) or repo.head().commit
    go(session, commit, branch, create=new is not None, reset=recreate is not None, discard=discard)


def go(
    session: Session,
    commit: Oid | None,
    branch: str | None,
    *,
    create: bool,
    reset: bool,
    discard: bool,
) -> None:
    """Move to a commit and say so.

    Args:
        branch: that HEAD is put on; None detaches it.
        create, reset: the branch is made; `reset` lets one that exists start anew.
        discard: throw local changes away.
    """
    from tdv.ops.checkout import checkout

    done = checkout(
        session.repo(),
        commit,
        branch,
        create=create,
        reset=reset,
        discard=discard,
        progress=session.progress(),
    )
    tell_moved(session, done)


def branch_named(session: Session, word: str) -> str | None:
    """The branch that a word means, `-` being the one before; None when there is none."""
    repo = session.repo()
    if word == "-":
        from tdv.repo.revisions import previous_branch

        word = previous_branch(repo) or word
    is_current = repo.head().branch == word
    return word if is_current or repo.refs.branch(word) is not None else None


def tell_moved(session: Session, done: CheckedOut) -> None:
    """Say where HEAD is now."""
    out = session.out
    before, after = done.before, done.after
    if after.branch is None and after.commit is not None:
        subject = session.repo().commit(after.commit).subject
        out.say(f"HEAD is now detached at {after.commit.short} {out.safe(subject)}".rstrip())
        if before.branch is not None:
            out.hint(
                "Commits made here belong to no branch: `tdv switch -c NAME` makes one, "
                "`tdv switch -` goes back."
            )
    elif done.created:
        out.say(f"Switched to the new branch `{after.branch}`.")
    elif before == after:
        out.say(f"Already on `{after.branch}`.")
    else:
        out.say(f"Switched to branch `{after.branch}`.")
    if before.branch is None and before.commit not in (None, after.commit):
        _tell_left(session, before.commit)
    if done.written or done.removed:
        removed = f", {done.removed:,} removed" if done.removed else ""
        out.say(f"{plural(done.written, 'file')} written{removed}.")
    if done.replaced:
        changed = plural(done.replaced, "file")
        out.hint(f"Unsaved work in {changed} was thrown away: `tdv undo` brings it back.")


def _tell_left(session: Session, commit: Oid) -> None:
    """Say which commit a detached HEAD was at, and how to keep it when no name leads there."""
    from tdv.ops.branch import is_named

    session.out.say(f"HEAD was at {commit.short}.")
    if not is_named(session.repo(), commit):
        session.out.hint(
            f"No branch or tag leads to it any more: `tdv branch NAME {commit.short}` makes one."
        )


def _no_branch(session: Session, target: str) -> RevisionError | UsageError:
    from tdv.repo.revisions import is_revision

    if target == "-":
        return RevisionError("HEAD was on no other branch before.")
    if is_revision(session.repo(), target):
        return UsageError(
            f"`{target}` is not a branch.",
            hint=f"`tdv switch --detach {target}` goes there, "
            f"`tdv switch -c NEW {target}` makes a branch there.",
        )
    return RevisionError(
        f"There is no branch `{target}`.",
        hint=f"`tdv branch` lists the branches, `tdv switch -c {target}` makes this one.",
    )
