"""`tdv restore`: bring files back from the stage or from a revision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tdv.cli.session import Session
from tdv.cli.text import plural
from tdv.errors import UsageError

if TYPE_CHECKING:
    from tdv.ops.restore import Restored


def restore(
    ctx: typer.Context,
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="PATH…", help="Files, folders or patterns.")
    ] = None,
    staged: Annotated[
        bool, typer.Option("-S", "--staged", help="Restore the stage, from HEAD by default.")
    ] = False,
    working_copy: Annotated[
        bool, typer.Option("-W", "--worktree", help="Restore the working copy (the default).")
    ] = False,
    source: Annotated[
        str | None, typer.Option("-s", "--source", metavar="REV", help="Take files from there.")
    ] = None,
    keys: Annotated[
        list[str] | None,
        typer.Option(
            "--key", metavar="K", help="With --source: only the row with this key, of files."
        ),
    ] = None,
    on: Annotated[
        list[str] | None,
        typer.Option("--on", metavar="FIELD", help="With --key: a field of it, over tdv.toml."),
    ] = None,
) -> None:
    """Bring files back from the stage, or from a revision.

    Local changes of these files are replaced; what was stored nowhere is kept in the operation
    log. Files that the source does not have are removed. With --key, rows of the working copy
    become what they are in the source, and all other rows stay.
    """
    from tdv.ops.restore import restore

    session = Session.of(ctx)
    repo = session.repo()
    before, behind = session.split(paths)
    words = [*before, *(behind or ())]
    if not words:
        raise UsageError("`tdv restore` needs paths.", hint="`tdv restore .` restores all here.")
    if keys:
        _rows(session, words, source, staged, keys, on or [])
        return
    done = restore(
        repo,
        [session.path(word) for word in words],
        source=None if source is None else repo.commit(repo.resolve(source)).tree,
        shown=source or "",
        stage=staged,
        working_copy=working_copy or not staged,
        progress=session.progress(),
    )
    tell_restored(session, done)


def _rows(
    session: Session,
    words: list[str],
    source: str | None,
    staged: bool,
    keys: list[str],
    on: list[str],
) -> None:
    """Bring single rows back."""
    from tdv.ops.merging.pickrows import RowChoice
    from tdv.ops.restorerows import restore_rows

    if source is None or staged:
        raise UsageError(
            "`--key` needs `--source REV`, and brings rows back into the working copy only.",
            hint="`tdv add PATH` stages them.",
        )
    repo = session.repo()
    done = restore_rows(
        repo,
        RowChoice(tuple(keys), tuple(map(session.path, words))),
        repo.commit(repo.resolve(source)).tree,
        source,
        key=on,
        progress=session.progress(),
    )
    tell_restored(session, done)


def tell_restored(session: Session, done: Restored) -> None:
    """Say what was restored."""
    parts = []
    if done.staged:
        parts.append(f"{plural(len(done.staged), 'file')} in the stage")
    if done.written:
        parts.append(f"{plural(len(done.written), 'file')} in the working copy")
    text = " and ".join(parts)
    if done.removed:
        text += f"{'; removed' if text else 'Removed'} {plural(len(done.removed), 'file')}"
    if parts:
        text = f"Restored {text}"
    session.out.say(f"{text}." if text else "Nothing to restore: no file differs.")
