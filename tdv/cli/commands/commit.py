"""`tdv commit`: record a new version."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from tdv.cli.session import Session
from tdv.cli.text import plural
from tdv.errors import UsageError

if TYPE_CHECKING:
    from tdv.model.commit import Signature
    from tdv.ops.commit import ChangeCounts, Committed
    from tdv.ops.gate import GateFailed

_EXPLANATION = """
Write a message for the commit: a first line that sums up, a blank line, and why.
Lines that start with `#` are left out. An empty message stops the commit."""


def commit(
    ctx: typer.Context,
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PATH…]", help="Commit the content of these tracked paths only."),
    ] = None,
    message: Annotated[
        list[str] | None,
        typer.Option(
            "-m", "--message", metavar="TEXT", help="The message; several make paragraphs."
        ),
    ] = None,
    file: Annotated[
        str | None,
        typer.Option("-F", "--file", metavar="FILE|-", help="Read the message from a file."),
    ] = None,
    update: Annotated[
        bool, typer.Option("-a", "--all", help="Stage changes of all tracked files first.")
    ] = False,
    amend: Annotated[bool, typer.Option("--amend", help="Replace the last commit.")] = False,
    no_edit: Annotated[
        bool, typer.Option("--no-edit", help="With --amend: keep the message as it is.")
    ] = False,
    allow_empty: Annotated[
        bool, typer.Option("--allow-empty", help="Commit although nothing changed.")
    ] = False,
    author: Annotated[
        str | None,
        typer.Option("--author", metavar="'NAME <E-MAIL>'", help="Who made the data."),
    ] = None,
    reset_author: Annotated[
        bool, typer.Option("--reset-author", help="With --amend: you are the author, and now.")
    ] = False,
    no_verify: Annotated[
        bool, typer.Option("--no-verify", help="Pass the gate without asking; the commit says so.")
    ] = False,
) -> None:
    """Record the stage as a new version.

    With PATH, the present content of those tracked files is committed, and what is staged for
    others stays staged. A commit that changes nothing ends with exit code 1.

    Where tdv.toml has `on = "commit"` under `[gate]`, what is to be committed is validated first;
    when it does not pass, what was found is shown, and nothing is committed (exit code 1).
    """
    from tdv.ops.commit import commit
    from tdv.ops.gate import GateFailed

    session = Session.of(ctx)
    before, behind = session.split(paths)
    selected = [session.path(path) for path in [*before, *(behind or ())]]
    try:
        done = commit(
            session.repo(),
            _message(session, message or [], file, keep=no_edit, amend=amend),
            paths=selected,
            update=update,
            amend=amend,
            reset_author=reset_author,
            allow_empty=allow_empty,
            author=_author(session, author),
            verify=not no_verify,
            progress=session.progress(),
        )
    except GateFailed as failed:
        tell_refused(session, failed)
        raise
    tell_committed(session, done)


def _message(
    session: Session, given: list[str], file: str | None, *, keep: bool, amend: bool
) -> str | Callable[[], str] | None:
    """The message, or what asks for it; None where the amended commit or a merge has one."""
    if given and file is not None:
        raise UsageError("A message comes from `-m` or from `-F`, not from both.")
    if file is not None:
        return _read(session, file)
    if given:
        return "\n\n".join(given)
    if session.repo().work().merging is not None:
        return None
    from tdv.cli.editor import can_edit

    if amend and (keep or not can_edit(session)):
        return None
    return lambda: _edited(session, amend)


def _edited(session: Session, amend: bool) -> str:
    from tdv.cli.editor import can_edit, edit
    from tdv.ops.commit import clean_message

    if not can_edit(session):
        raise UsageError(
            "There is no message, and no terminal to write one at.",
            hint="`tdv commit -m 'what changed and why'` gives one.",
        )
    last = session.repo().head_commit() if amend else None
    text = edit(session, "" if last is None else last.message, _EXPLANATION.strip())
    return clean_message(text, comments=True)


def _read(session: Session, file: str) -> str:
    import sys  # stdin is read nowhere else

    try:
        data = sys.stdin.buffer.read() if file == "-" else (session.here / file).read_bytes()
    except OSError as error:
        raise UsageError(f"The message cannot be read from {file}: {error.strerror}.") from error
    return data.decode("utf-8", "surrogateescape")


def _author(session: Session, text: str | None) -> Signature | None:
    if text is None:
        return None
    from tdv.repo.identity import parse_person

    name, email = parse_person(text)
    return replace(session.repo().author(), name=name, email=email)


def tell_committed(session: Session, done: Committed) -> None:
    """Say which commit was made, and what it changed."""
    out = session.out
    where = "HEAD detached" if done.branch is None else done.branch
    first = "" if done.commit.parents else " (first commit)"
    out.say(f"[{where}{first} {done.oid.short}] {out.safe(done.commit.subject)}")
    out.say(f" {change_text(done.changes)}.")
    from tdv.repo.upkeep import due

    if due(session.repo()):
        out.hint("Many objects came since the last `tdv gc`; it shows what another would free.")
    if first and not _has_a_name(session):
        from tdv.cli.commitview import person

        out.hint(
            f"You are `{out.safe(person(done.commit.committer))}`, as the system knows you: "
            "`tdv config set --user user.name NAME` and `user.email` say it better."
        )


def tell_refused(session: Session, failed: GateFailed) -> None:
    """Say what the gate found."""
    from tdv.cli.render.validation.summary import summary_lines

    for line in summary_lines(failed.report):
        session.out.say(line)


def _has_a_name(session: Session) -> bool:
    config = session.repo().config
    return bool(config.get("user.name") and config.get("user.email"))


def change_text(changes: ChangeCounts) -> str:
    """What a commit changed, in words: "2 files changed (1 added, 1 changed), 10 rows more"."""
    kinds = (
        ("added", changes.added),
        ("removed", changes.removed),
        ("renamed", changes.renamed),
        ("changed", changes.changed),
    )
    named = ", ".join(f"{count:,} {kind}" for kind, count in kinds if count)
    if not named:
        return "No file changed"
    text = f"{plural(changes.files, 'file')}: {named}"
    if changes.records:
        text += (
            f"; {plural(abs(changes.records), 'row')} {'more' if changes.records > 0 else 'less'}"
        )
    return text
