"""`tdv bisect`: find the commit that brought something in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tdv.cli.options import command_group, verb
from tdv.cli.session import Session
from tdv.cli.text import plural
from tdv.errors import UsageError

if TYPE_CHECKING:
    from tdv.model.oid import Oid
    from tdv.ops.bisect import Halved, Verdict

app = command_group("Find the commit that brought something in, by halving what it may be.")

Revisions = Annotated[
    list[str] | None, typer.Argument(metavar="[REF…]", help="Which commits; HEAD by default.")
]


@app.callback()
def _bisect() -> None:
    pass


@verb(app, "start")
def start(
    ctx: typer.Context,
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[BAD [GOOD…]] [-- PATH…]", help="The ends of the search."),
    ] = None,
    where: Annotated[
        str,
        typer.Option(metavar="EXPR", help="Search for the first commit with such a row, at once."),
    ] = "",
) -> None:
    """Begin a search between a bad commit and good ones before it.

    HEAD moves to a commit in the middle; `tdv bisect good` or `tdv bisect bad` says what it is,
    and so on. With --where tdv judges by itself: a commit is bad when a row meets the condition,
    `label == 'spam' and len(text) < 5`; nothing is checked out, and the search ends at once.
    """
    from tdv.ops import bisect

    session = Session.of(ctx)
    before, behind = session.split(words or [])
    if behind and not where:
        raise UsageError("Paths go with `--where`, which looks at their rows.")
    repo = session.repo()
    named = [repo.resolve(word) for word in before]
    if where:
        if len(named) < 2:
            raise UsageError(
                "`--where` needs both ends.", hint="`tdv bisect start BAD GOOD --where EXPR`."
            )
        from tdv.formats.where import Condition

        paths = [session.path(text) for text in behind or []]
        condition = Condition(where)
        _tell(
            session,
            bisect.search_rows(
                repo, named[0], named[1:], condition, paths, lambda *seen: _told(session, *seen)
            ),
            by_hand=False,
        )
        return
    bad = named[0] if named else None
    _tell(session, bisect.start(repo, bad, named[1:], progress=session.progress()))


@verb(app, "good")
def good(ctx: typer.Context, revisions: Revisions = None) -> None:
    """Say that commits do not have what is searched for."""
    _judge(Session.of(ctx), "good", revisions)


@verb(app, "bad")
def bad(ctx: typer.Context, revisions: Revisions = None) -> None:
    """Say that a commit has what is searched for."""
    _judge(Session.of(ctx), "bad", revisions)


@verb(app, "skip")
def skip(ctx: typer.Context, revisions: Revisions = None) -> None:
    """Say that commits cannot be judged."""
    _judge(Session.of(ctx), "skip", revisions)


@verb(app, "reset")
def reset(ctx: typer.Context) -> None:
    """End the search, and go back to where HEAD stood before."""
    from tdv.ops.bisect import reset

    session = Session.of(ctx)
    head = reset(session.repo(), session.progress())
    where = f"branch {head.branch}" if head.branch else head.commit.short if head.commit else "HEAD"
    session.out.say(f"The search is over; back on {session.out.safe(where)}.")


@app.command(
    "run",
    context_settings={
        "help_option_names": ["-h", "--help"],
        "allow_extra_args": True,
        "ignore_unknown_options": True,
        "allow_interspersed_args": False,
    },
)
def run(
    ctx: typer.Context,
    command: Annotated[list[str], typer.Argument(metavar="CMD…", help="Judges a commit.")],
) -> None:
    """Let a command judge each commit: 0 is good, 1 to 127 bad, 125 cannot tell.

    It runs in the root of the working copy, which holds the commit.
    """
    from tdv.ops.bisect import run

    session = Session.of(ctx)
    words = [*command, *ctx.args]
    found = run(
        session.repo(), words, session.env, lambda *seen: _told(session, *seen), session.progress()
    )
    _tell(session, found)


@verb(app, "log")
def log(ctx: typer.Context) -> None:
    """Show what is known so far."""
    from tdv.ops.bisect import in_progress

    session = Session.of(ctx)
    state = in_progress(session.repo())
    if state.bad is not None:
        _line(session, "bad", state.bad)
    for oid in state.good:
        _line(session, "good", oid)
    for oid in state.skipped:
        _line(session, "skip", oid)


def _judge(session: Session, verdict: Verdict, revisions: list[str] | None) -> None:
    from tdv.ops.bisect import judge

    repo = session.repo()
    commits = [repo.resolve(word) for word in revisions or []]
    _tell(session, judge(repo, verdict, commits, session.progress()))


def _tell(session: Session, halved: Halved, *, by_hand: bool = True) -> None:
    """Where the search stands; what was found is data, on stdout.

    Args:
        by_hand: HEAD was moved for it.
    """
    out = session.out
    if halved.found is not None:
        _line(session, "first bad commit", halved.found)
        _close(session, halved.found, by_hand)
        return
    if halved.suspects:
        out.say("Only skipped commits are left; the first bad one is one of these:")
        for oid in halved.suspects:
            _line(session, "suspect", oid)
        _close(session, None, by_hand)
        return
    if halved.head is None:
        wanted = "a bad commit" if halved.state.bad is None else "a good commit"
        verb = "bad [REF]" if halved.state.bad is None else "good REF"
        out.say(f"Waiting for {wanted}: `tdv bisect {verb}`.")
        return
    out.say(
        f"{plural(halved.left, 'commit')} left, about {plural(halved.steps, 'step')}. "
        f"HEAD is at {halved.head.short} {_subject(session, halved.head)}"
    )
    out.say("Look at it, and say `tdv bisect good`, `bad` or `skip`.")


def _close(session: Session, found: Oid | None, by_hand: bool) -> None:
    show = "" if found is None else f"`tdv show {found.short}` says what it changed"
    back = "`tdv bisect reset` goes back to where you were" if by_hand else ""
    text = "; ".join(part for part in (show, back) if part)
    if text:
        session.out.hint(f"{text}.")


def _told(session: Session, oid: Oid, verdict: Verdict) -> None:
    session.out.say(f"{verdict:<4}  {oid.short} {_subject(session, oid)}")


def _line(session: Session, what: str, oid: Oid) -> None:
    shown = session.out.style(oid.short, "yellow")
    session.out.line(f"{what}: {shown} {_subject(session, oid)}")


def _subject(session: Session, oid: Oid) -> str:
    return session.out.safe(session.repo().commit(oid).subject)
