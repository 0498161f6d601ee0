"""`tdv blame`: which commit made each row, or each field of a row, what it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tdv.cli.options import Json
from tdv.cli.session import Session
from tdv.cli.targets import Target, targets
from tdv.errors import PathError, UsageError

if TYPE_CHECKING:
    from tdv.model.commit import Commit
    from tdv.model.oid import Oid

SCHEMA = "tdv.blame/1"
# A longer name is cut in the column of authors.
MAX_NAME = 20


def blame(
    ctx: typer.Context,
    words: Annotated[
        list[str], typer.Argument(metavar="PATH | REF:PATH", help="A file of a revision (HEAD).")
    ],
    key: Annotated[
        str | None, typer.Option("--key", metavar="K", help="Only the row with this key.")
    ] = None,
    on: Annotated[
        list[str] | None,
        typer.Option("--on", metavar="FIELD", help="A field of the key, if tdv.toml has none."),
    ] = None,
    fields: Annotated[
        bool, typer.Option("--fields", help="With --key: each field of the row by itself.")
    ] = False,
    json: Json = False,
) -> None:
    """Show for each row of a file the commit, author and operation that last changed it.

    A row that moved, or that is only written in another form, is as old as it was, and a column
    that a table gained or lost changes no row by itself. With --key it does, and the work is
    that of the chunks which changed around the row, whatever the size of the file.
    """
    session = Session.of(ctx)
    target = _only(targets(session, words))
    if fields and key is None:
        raise UsageError("`--fields` tells of one row.", hint="Name the row with `--key K`.")
    session.page()
    if key is None:
        _write_rows(session, target, tuple(on or ()), json)
    else:
        _write_row(session, target, key, tuple(on or ()), fields, json)


def _only(named: list[Target]) -> Target:
    if len(named) != 1 or not named[0].path:
        raise UsageError("Blame wants one file.", hint="`tdv blame [REF:]PATH`.")
    if named[0].commit is None:
        raise UsageError(
            "The stage has no history of its own.", hint="Name the file without the colon."
        )
    return named[0]


def _write_rows(session: Session, target: Target, key: tuple[str, ...], json: bool) -> None:
    from tdv.cli.render.rowchanges import fitted, inline, row_json
    from tdv.formats.rows import BadRecord
    from tdv.ops.blame import blame
    from tdv.repo.datasets import Datasets

    repo, out = session.repo(), session.out
    assert target.commit is not None
    key = key or Datasets.of_tree(repo.store, target.tree).key_for(target.path) or ()
    for each in blame(repo, target.commit, target.path, key, session.progress()):
        if json:
            row = {"row": each.number, "value": row_json(each.row)}
            out.json_line({"schema": SCHEMA, **row, **_commit_json(each.oid, each.commit)})
            continue
        head = f"{_commit_words(session, each.oid, each.commit)}  {each.number:>6,}"
        text = (
            each.row.body.decode("utf-8", "backslashreplace")
            if isinstance(each.row, BadRecord)
            else inline(each.row)
        )
        out.line(f"{head}  {fitted(out, text, 60)}")


def _write_row(
    session: Session, target: Target, key: str, on: Sequence[str], fields: bool, json: bool
) -> None:
    from tdv.cli.render.rowchanges import fitted, inline
    from tdv.ops.rowhistory import field_origins, follow, row_history

    repo, out = session.repo(), session.out
    assert target.commit is not None
    followed = follow(repo, target.commit, target.path, key, on)
    if followed.place is None:
        raise PathError(
            f"No row of {out.path(target.path)} has the key {out.safe(key)} in {target.shown}.",
            hint=f"`tdv log --key '{out.safe(key)}' {out.path(target.path)}` says when one had it.",
        )
    number, row = followed.place
    if fields:
        for origin in field_origins(repo, followed):
            if json:
                what = {"row": number, "field": origin.path, "value": origin.value}
                out.json_line({"schema": SCHEMA, **what, **_commit_json(origin.oid, origin.commit)})
                continue
            head = _commit_words(session, origin.oid, origin.commit)
            value = fitted(out, inline(origin.value), 60 + len(origin.path))
            out.line(f"{head}  {out.safe(origin.path)}: {value}")
        return
    last = next(row_history(repo, followed))
    if json:
        what = {"row": number, "value": row}
        out.json_line({"schema": SCHEMA, **what, **_commit_json(last.oid, last.commit)})
        return
    out.line(
        f"{_commit_words(session, last.oid, last.commit)}  {number:>6,}  "
        f"{fitted(out, inline(row), 60)}"
    )


def _commit_words(session: Session, oid: Oid, commit: Commit) -> str:
    """Oid, author, day, and the operation where there was one."""
    from tdv.cli.commitview import iso_date
    from tdv.cli.text import cut

    out = session.out
    name = cut(out.safe(commit.author.name), MAX_NAME)
    by = "" if commit.operation is None else f"  [{out.safe(commit.operation.name)}]"
    return f"{out.style(oid.short, 'yellow')}  {name:<12}  {iso_date(commit.author)[:10]}{by}"


def _commit_json(oid: Oid, commit: Commit) -> dict[str, Any]:
    from tdv.cli.commitview import commit_json

    document = commit_json(oid, commit)
    wanted = ("commit", "author", "message", "operation")
    return {name: document[name] for name in wanted if name in document}
