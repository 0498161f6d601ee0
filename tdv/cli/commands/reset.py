"""`tdv reset`: let HEAD's branch point elsewhere, or take paths out of the stage."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from tdv.cli.operationview import files_text
from tdv.cli.session import Session
from tdv.cli.text import plural
from tdv.errors import PathError, UsageError

if TYPE_CHECKING:
    from tdv.ops.reset import Mode, Reset


def reset(
    ctx: typer.Context,
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[REV] [-- PATH…]", help="A revision, HEAD by default; or files."),
    ] = None,
    soft: Annotated[
        bool, typer.Option("--soft", help="Leave the stage and the working copy.")
    ] = False,
    mixed: Annotated[
        bool, typer.Option("--mixed", help="Change the stage as well (the default).")
    ] = False,
    hard: Annotated[
        bool, typer.Option("--hard", help="Change the stage and the working copy as well.")
    ] = False,
) -> None:
    """Let HEAD's branch point at a revision; with PATH, take files out of the stage.

    `tdv reset -- PATH` lets the stage hold these files as HEAD has them, `tdv reset REV -- PATH`
    as a revision has them. What `--hard` throws away comes back with `tdv undo`.
    """
    session = Session.of(ctx)
    if soft + mixed + hard > 1:
        raise UsageError("`--soft`, `--mixed` and `--hard` exclude one another.")
    mode: Mode = "soft" if soft else "hard" if hard else "mixed"
    revision, paths = _sorted(session, words)
    if paths:
        if mode != "mixed":
            raise UsageError(
                f"Paths go with `--mixed` only, not with `--{mode}`.",
                hint="`tdv restore PATH` brings files of the working copy back.",
            )
        _paths(session, revision, paths)
        return
    from tdv.ops.reset import reset

    repo = session.repo()
    commit = None if revision is None else repo.resolve(revision)
    _tell(session, reset(repo, commit, mode, progress=session.progress()), mode)


def _sorted(session: Session, words: list[str] | None) -> tuple[str | None, list[str]]:
    """The revision and the paths."""
    from tdv.repo.revisions import sort_words

    before, behind = session.split(words)
    if behind is None:
        before, behind = sort_words(session.repo(), before, lambda word: _is_path(session, word))
    if len(before) > 1:
        raise UsageError(f"`tdv reset` takes one revision, not {len(before)}.")
    return (before[0] if before else None), behind


def _is_path(session: Session, word: str) -> bool:
    try:
        path = session.path(word)
    except PathError:
        return False
    repo = session.repo()
    if os.path.lexists(os.path.join(os.fsencode(repo.root), path)):
        return True
    from tdv.store.trees import lookup

    return any(lookup(repo.store, tree, path) for tree in (repo.stage(), repo.head_tree()))


def _paths(session: Session, revision: str | None, paths: list[str]) -> None:
    from tdv.ops.restore import restore

    repo = session.repo()
    done = restore(
        repo,
        [session.path(path) for path in paths],
        source=None if revision is None else repo.commit(repo.resolve(revision)).tree,
        shown=revision or "",
        stage=True,
        working_copy=False,
    )
    where = revision or "HEAD"
    session.out.say(
        f"The stage holds {plural(len(done.staged), 'file')} as {where} again."
        if done.staged
        else f"Nothing to reset: the stage holds these files as {where} does."
    )


def _tell(session: Session, done: Reset, mode: str) -> None:
    out, commit = session.out, done.after.commit
    if commit is None:
        out.say("There is no commit yet; the stage is empty.")
    else:
        where = "HEAD" if done.after.branch is None else f"`{done.after.branch}`"
        subject = out.safe(session.repo().commit(commit).subject)
        out.say(f"{where} is now at {commit.short} {subject}".rstrip())
    if done.ended:
        out.say(f"The {done.ended} that was in progress is given up; `tdv undo` brings it back.")
    if mode == "mixed" and done.stage_changed and commit is not None:
        out.say("The stage is as that commit; files of the working copy were left as they are.")
    text = files_text(done.written, done.removed)
    if text:
        out.say(f"{text}.")
    if done.replaced:
        changed = plural(done.replaced, "file")
        out.hint(f"Unsaved work in {changed} was thrown away: `tdv undo` brings it back.")
