"""`tdv op`: the operation log."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tdv.cli.commitview import iso_date, person_json
from tdv.cli.options import Json, command_group, verb
from tdv.cli.session import Session

if TYPE_CHECKING:
    from tdv.model.oid import Oid
    from tdv.model.operation import OperationRecord

app = command_group("Look at the log of operations on this repository.")


@app.callback()
def _op() -> None:
    pass


@verb(app, "log")
def log(
    ctx: typer.Context,
    number: Annotated[
        int | None,
        typer.Option("-n", "--max-count", metavar="N", min=0, help="Show at most so many."),
    ] = None,
    json: Json = False,
) -> None:
    """List what changed refs, HEAD or the stage, newest first."""
    from tdv.ops.oplog import operations

    session = Session.of(ctx)
    session.page()
    out = session.out
    for record in operations(session.repo(), number):
        if json:
            out.json_line({"schema": "tdv.op-log/1", **_document(record)})
            continue
        command = out.safe(shlex.join(["tdv", *record.command]))
        count = out.style(f"{record.number:>4}", "yellow")
        out.line(f"{count}  {iso_date(record.who)}  {out.safe(record.who.name)}  {command}")
        for change in _changes(record):
            out.line(f"      {out.safe(change)}")


def _changes(record: OperationRecord) -> list[str]:
    """What an operation changed, one line each."""
    lines = [
        f"{change.name}: {_short(change.old)} -> {_short(change.new)}" for change in record.changes
    ]
    if record.head.branch != record.head_before.branch or (
        record.head.branch is None and record.head != record.head_before
    ):
        before = record.head_before.branch or _short(record.head_before.commit)
        lines.append(f"HEAD: {before} -> {record.head.branch or _short(record.head.commit)}")
    if record.stage != record.stage_before:
        lines.append(f"stage: {_short(record.stage_before)} -> {_short(record.stage)}")
    return lines


def _short(oid: Oid | None) -> str:
    return "nothing" if oid is None else oid.short


def _document(record: OperationRecord) -> dict[str, Any]:
    return {
        "number": record.number,
        "command": list(record.command),
        "who": person_json(record.who),
        "refs": [
            {"name": change.name, "old": _hex(change.old), "new": _hex(change.new)}
            for change in record.changes
        ],
        "head_before": _head(record.head_before.branch, record.head_before.commit),
        "head": _head(record.head.branch, record.head.commit),
        "stage_before": str(record.stage_before),
        "stage": str(record.stage),
    }


def _head(branch: str | None, commit: Oid | None) -> dict[str, Any]:
    return {"branch": branch, "commit": _hex(commit)}


def _hex(oid: Oid | None) -> str | None:
    return None if oid is None else str(oid)
