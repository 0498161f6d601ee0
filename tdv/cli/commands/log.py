"""`tdv log`: the commits that lead to a revision."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from tdv.cli.options import Json
from tdv.cli.session import Session
from tdv.errors import UsageError

if TYPE_CHECKING:
    from tdv.model.oid import Oid
    from tdv.repo.history import Filter, Logged

SCHEMA = "tdv.log/1"


def log(
    ctx: typer.Context,
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[REF…] [-- PATH…]",
            help="Where to start (HEAD), `A..B` for what B has and A has not, and which paths.",
        ),
    ] = None,
    number: Annotated[
        int | None, typer.Option("-n", "--max-count", min=0, help="Show at most so many.")
    ] = None,
    skip: Annotated[int, typer.Option("--skip", min=0, help="Pass over the first so many.")] = 0,
    oneline: Annotated[bool, typer.Option("--oneline", help="One line each.")] = False,
    graph: Annotated[bool, typer.Option("--graph", help="Draw how commits descend.")] = False,
    stat: Annotated[bool, typer.Option("--stat", help="Show what each changed, in rows.")] = False,
    since: Annotated[
        str | None,
        typer.Option("--since", "--after", metavar="DATE", help="Only commits since then."),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option("--until", "--before", metavar="DATE", help="Only commits until then."),
    ] = None,
    author: Annotated[str, typer.Option("--author", help="Part of the author's name.")] = "",
    grep: Annotated[str, typer.Option("--grep", help="Part of the message.")] = "",
    every: Annotated[bool, typer.Option("--all", help="Start from all branches and tags.")] = False,
    decorate: Annotated[
        bool | None,
        typer.Option("--decorate/--no-decorate", help="Show branches and tags at commits."),
    ] = None,
    json: Json = False,
) -> None:
    """List the commits that lead to a revision, newest first.

    A date is `2026-01-31`, `2026-01-31T12:00:00`, `yesterday` or `2 weeks ago`. Branches and tags
    are shown on a terminal and with --decorate.
    """
    from tdv.ops.log import log

    session = Session.of(ctx)
    if json and (graph or oneline):
        raise UsageError("`--json` has one form; `--graph` and `--oneline` do not go with it.")
    revisions, paths = _sorted(session, words or [])
    wanted = _filter(session, paths, since, until, author, grep)
    found = log(session.repo(), revisions, wanted, limit=number, skip=skip, every_branch=every)
    names = _names(session, decorate)
    if json:
        _write_json(session, found, names, stat)
    elif graph:
        _write_graph(session, found, names or {}, oneline, stat)
    else:
        _write(session, found, names or {}, oneline, stat)


def _sorted(session: Session, words: list[str]) -> tuple[list[str], list[str]]:
    """Revisions and paths."""
    from tdv.repo.revisions import sort_words

    before, behind = session.split(words)
    if behind is not None:
        return before, behind
    return sort_words(session.repo(), before, lambda word: (session.here / word).exists())


def _filter(
    session: Session,
    paths: list[str],
    since: str | None,
    until: str | None,
    author: str,
    grep: str,
) -> Filter:
    from tdv.repo.dates import parse_moment
    from tdv.repo.history import Filter

    now = int(time.time())
    return Filter(
        tuple(session.path(path) for path in paths),
        None if since is None else parse_moment(since, now=now),
        None if until is None else parse_moment(until, now=now, end_of_day=True),
        author,
        grep,
    )


def _names(session: Session, decorate: bool | None) -> dict[Oid, list[str]] | None:
    """Branches and tags by commit; None where nobody asked, since it reads all refs."""
    wanted = session.out.terminal if decorate is None else decorate
    if not wanted:
        return None
    from tdv.ops.log import names_of_commits

    return names_of_commits(session.repo())


def _write(
    session: Session,
    found: Iterable[Logged],
    names: dict[Oid, list[str]],
    oneline: bool,
    stat: bool,
) -> None:
    for number, logged in enumerate(found):
        if number and not oneline:
            session.out.line()
        for line in _lines(session, logged, names.get(logged.oid, []), oneline, stat):
            session.out.line(line)


def _write_graph(
    session: Session,
    found: Iterable[Logged],
    names: dict[Oid, list[str]],
    oneline: bool,
    stat: bool,
) -> None:
    from tdv.cli.graph import Graph

    drawing = Graph()
    for logged in found:
        lines = list(_lines(session, logged, names.get(logged.oid, []), oneline, stat))
        if not oneline:
            lines.append("")
        for line in drawing.draw(logged.oid, logged.commit.parents, lines):
            session.out.line(line)


def _write_json(
    session: Session,
    found: Iterable[Logged],
    names: dict[Oid, list[str]] | None,
    stat: bool,
) -> None:
    from tdv.cli.commitview import commit_json

    for oid, commit in found:
        at = None if names is None else names.get(oid, [])
        record = {"schema": SCHEMA, **commit_json(oid, commit, at)}
        session.out.json_line(record)


def _lines(
    session: Session, logged: Logged, names: list[str], oneline: bool, stat: bool
) -> Iterator[str]:
    from tdv.cli.commitview import heading_lines, one_line

    oid, commit = logged
    if oneline:
        yield one_line(session.out, oid, commit, names)
    else:
        yield from heading_lines(session.out, oid, commit, names)
