"""`tdv log`: the commits that lead to a revision."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from tdv.cli.options import Json
from tdv.cli.output import Output
from tdv.cli.session import Session
from tdv.errors import UsageError

if TYPE_CHECKING:
    from tdv.model.commit import Commit
    from tdv.model.oid import Oid
    from tdv.ops.qualitynotes import Qualities
    from tdv.repo.history import Filter, Logged

SCHEMA = "tdv.log/1"


class Command(TyperCommand):
    """Takes `-5` for `-n 5`, as git does."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the words of the command line."""
        end = args.index("--") if "--" in args else len(args)
        short = [re.sub(r"^-(\d+)$", r"-n\1", word) for word in args[:end]]
        return super().parse_args(ctx, [*short, *args[end:]])


Words = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[REF…] [-- PATH…]",
        help="Where to start (HEAD), `A..B` for what B has and A has not, and which paths.",
    ),
]
Number = Annotated[
    int | None,
    typer.Option(
        "-n", "--max-count", metavar="N", min=0, help="Show at most so many; `-5` for short."
    ),
]
Skip = Annotated[
    int,
    typer.Option(
        "--skip", metavar="N", min=0, show_default=False, help="Pass over the first so many."
    ),
]
Oneline = Annotated[bool, typer.Option("--oneline", help="One line each.")]
Graph = Annotated[bool, typer.Option("--graph", help="Draw how commits descend.")]
Stat = Annotated[bool, typer.Option("--stat", help="Count the rows that each changed.")]
Patch = Annotated[
    bool, typer.Option("-p", "--patch", help="Show the rows and fields that each changed.")
]
Since = Annotated[
    str | None,
    typer.Option("--since", "--after", metavar="DATE", help="Only commits since then."),
]
Until = Annotated[
    str | None,
    typer.Option("--until", "--before", metavar="DATE", help="Only commits until then."),
]
Author = Annotated[str, typer.Option("--author", metavar="TEXT", help="Part of the author's name.")]
Grep = Annotated[str, typer.Option("--grep", metavar="TEXT", help="Part of the message.")]
Every = Annotated[bool, typer.Option("--all", help="Start from all branches, all tags and HEAD.")]
Key = Annotated[
    str | None,
    typer.Option("--key", metavar="K", help="Only what changed the row with this key of PATH."),
]
On = Annotated[
    list[str] | None,
    typer.Option("--on", metavar="FIELD", help="A field of the key, if tdv.toml has none."),
]
Decorate = Annotated[
    bool | None,
    typer.Option("--decorate/--no-decorate", help="Show branches and tags at commits."),
]
Quality = Annotated[
    bool, typer.Option("--quality", help="Show what `validate --record` kept for each.")
]
Least = Annotated[
    float | None,
    typer.Option(
        "--min-quality",
        metavar="SCORE",
        min=0,
        max=1,
        help="Only commits with a recorded quality score of at least this (0 to 1).",
    ),
]


def log(
    ctx: typer.Context,
    words: Words = None,
    number: Number = None,
    skip: Skip = 0,
    oneline: Oneline = False,
    graph: Graph = False,
    stat: Stat = False,
    patch: Patch = False,
    since: Since = None,
    until: Until = None,
    author: Author = "",
    grep: Grep = "",
    every: Every = False,
    key: Key = None,
    on: On = None,
    decorate: Decorate = None,
    quality: Quality = False,
    least: Least = None,
    json: Json = False,
) -> None:
    """List the commits that lead to a revision, newest first.

    A date is `2026-01-31`, `2026-01-31T12:00:00`, `yesterday` or `2 weeks ago`. Branches and tags
    are shown on a terminal and with --decorate. Quality is what `tdv validate --record` keeps
    beside a commit: the score, and how many errors and warnings; `-` where it was not recorded.
    """
    from tdv.ops.log import log

    session = Session.of(ctx)
    session.page()
    if json and (graph or oneline):
        raise UsageError("`--json` has one form; `--graph` and `--oneline` do not go with it.")
    if patch and stat:
        raise UsageError("`--patch` shows all that `--stat` counts; give one of the two.")
    if key is not None:
        if quality or least is not None:
            raise UsageError("Quality is recorded for commits, not for rows.")
        _write_row(session, words or [], key, on or [], number, skip, oneline, json)
        return
    revisions, paths = _sorted(session, words or [])
    wanted = _filter(session, paths, since, until, author, grep)
    found = log(
        session.repo(),
        revisions,
        wanted,
        limit=number,
        skip=skip,
        every_branch=every,
        least_quality=least,
    )
    names = _names(session, decorate)
    qualities = _qualities(session) if quality else None
    if json:
        _write_json(session, found, names, qualities, stat, patch, wanted.paths)
        return
    shown = _Shown(session, names or {}, qualities, oneline, stat, patch, wanted.paths)
    (_write_graph if graph else _write)(shown, found)


def _write_row(
    session: Session,
    words: list[str],
    key: str,
    on: Sequence[str],
    number: int | None,
    skip: int,
    oneline: bool,
    json: bool,
) -> None:
    from tdv.cli.render.rowhistory import write, write_json
    from tdv.errors import PathError
    from tdv.ops.rowhistory import follow, row_history

    before, behind = session.split(words)
    # The file need not be in the working copy any more.
    revisions, paths = (before[:-1], before[-1:]) if behind is None else (before, behind)
    if len(paths) != 1 or len(revisions) > 1:
        raise UsageError(
            "The history of a row is that of one file, from one revision back.",
            hint="`tdv log --key K PATH`, or `tdv log --key K REF -- PATH`.",
        )
    repo, out = session.repo(), session.out
    start = repo.resolve(revisions[0] if revisions else "HEAD")
    followed = follow(repo, start, session.path(paths[0]), key, on)
    versions = islice(row_history(repo, followed), skip, None if number is None else skip + number)
    first = next(versions, None)
    if first is None:
        shown = out.path(followed.path)
        raise PathError(f"No commit up to {start.short} has a row with the key {key} in {shown}.")
    if json:
        write_json(out, followed, chain([first], versions))
    else:
        write(out, followed, chain([first], versions), oneline)


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


def _qualities(session: Session) -> Qualities:
    from tdv.ops.qualitynotes import Qualities

    return Qualities(session.repo())


@dataclass(frozen=True)
class _Shown:
    """How commits are shown to people; without `qualities`, nothing is said of them."""

    session: Session
    names: Mapping[Oid, Sequence[str]]
    qualities: Qualities | None
    oneline: bool
    stat: bool
    patch: bool
    paths: Sequence[bytes]

    def lines(self, logged: Logged) -> Iterator[str]:
        from tdv.cli.commitview import heading_lines, one_line, quality_text

        out = self.session.out
        names = self.names.get(logged.oid, ())
        about = None
        if self.qualities is not None:
            about = quality_text(self.qualities.of(logged.oid))
        if self.oneline:
            yield one_line(out, *logged, names, about)
        else:
            yield from heading_lines(out, *logged, names, about)
        if self.stat:
            yield from self._stat_lines(logged.commit)
        if self.patch:
            yield from self._patch_lines(logged.commit)

    def _patch_lines(self, commit: Commit) -> Iterator[str]:
        from tdv.cli.render.filediffs import rows_lines
        from tdv.ops.show import changes_of

        files = changes_of(self.session.repo(), commit, self.paths)
        for number, line in enumerate(rows_lines(self.session.out, files)):
            if not number and not self.oneline:
                yield ""
            yield line

    def _stat_lines(self, commit: Commit) -> Iterator[str]:
        from tdv.cli.render.filediffs import write_stat
        from tdv.ops.show import changes_of

        held = io.BytesIO()
        out = self.session.out
        aside = Output(held, out.stderr, width=out.width)
        aside.color, aside.terminal = out.color, out.terminal
        write_stat(aside, changes_of(self.session.repo(), commit, self.paths))
        aside.flush()
        lines = held.getvalue().decode("utf-8", "surrogateescape").split("\n")[:-1]
        if lines and not self.oneline:
            yield ""
        yield from (f" {line}" for line in lines)


def _write(shown: _Shown, found: Iterable[Logged]) -> None:
    for number, logged in enumerate(found):
        if number and not shown.oneline:
            shown.session.out.line()
        for line in shown.lines(logged):
            shown.session.out.line(line)


def _write_graph(shown: _Shown, found: Iterable[Logged]) -> None:
    from tdv.cli.graph import Graph

    drawing = Graph()
    for logged in found:
        lines = [*shown.lines(logged), *([] if shown.oneline else [""])]
        for line in drawing.draw(logged.oid, logged.commit.parents, lines):
            shown.session.out.line(line)


def _write_json(
    session: Session,
    found: Iterable[Logged],
    names: Mapping[Oid, Sequence[str]] | None,
    qualities: Qualities | None,
    stat: bool,
    patch: bool,
    paths: Sequence[bytes],
) -> None:
    """A record for each commit, and behind it what `--stat` or `--patch` says of its files."""
    from tdv.cli.commitview import commit_json, quality_json

    for oid, commit in found:
        at = None if names is None else names.get(oid, ())
        about = {} if qualities is None else {"quality": quality_json(qualities.of(oid))}
        session.out.json_line({"schema": SCHEMA, **commit_json(oid, commit, at), **about})
        if stat or patch:
            from tdv.cli.render.filediffs import write_json
            from tdv.ops.show import changes_of

            files = changes_of(session.repo(), commit, paths)
            write_json(session.out, files, rows=patch, schema=False)
