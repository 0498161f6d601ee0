"""`tdv fsck`: verify everything, and say what damage affects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tdv.cli.options import Json
from tdv.cli.output import Output
from tdv.cli.session import Session
from tdv.cli.text import human_size, plural

if TYPE_CHECKING:
    from tdv.ops.fsck import Damage, Report

LISTED = 10


def fsck(
    ctx: typer.Context,
    repair: Annotated[
        bool, typer.Option("--repair", help="Repair what can be repaired from what is here.")
    ] = False,
    json: Json = False,
) -> int | None:
    """Verify every object, index, ref and operation record.

    Every byte of every pack is read and every object is compared with its oid. What is damaged
    or missing is named, with the commits and files that need it. Exit code 3 when there is any.

    With `--repair` damaged packs are written again from what is whole in them, indexes are built
    again, refs, HEAD and the stage are brought back by the operation log, and files of the working
    copy are read for what is lost. Damaged files are kept in `.tdv/damaged` where they hold what
    could not be saved. Exit code 3 when something is lost all the same.
    """
    from tdv.ops.fsck import fsck as verify

    session = Session.of(ctx)
    if repair:
        return _repair(session, json)
    report = verify(session.repo(), session.progress())
    if json:
        session.out.json("tdv.fsck/1", _document(report))
    else:
        _render(session.out, report)
    return 3 if report.damage else None


def _repair(session: Session, json: bool) -> int | None:
    from tdv.ops.repair import repair as mend

    out = session.out
    done = mend(session.repo(), progress=session.progress())
    if json:
        document = {"repaired": done.done, "lost": done.lost, "complete": done.complete}
        out.json("tdv.fsck-repair/1", {**document, **_document(done.after)})
    else:
        for text in done.done:
            out.line(f"{out.style('repaired', 'green')} {out.safe(text)}")
        for text in done.lost:
            out.line(f"{out.style('lost', 'red')} {out.safe(text)}")
        if not done.done and not done.lost and not done.after.damage:
            out.say("There was nothing to repair.")
        _render(out, done.after)
    if done.complete:
        return None
    if not json and not done.after.damage:
        out.error("The repair is not complete: something is lost, as said above.")
    return 3


def _render(out: Output, report: Report) -> None:
    for damage in report.damage:
        out.line(f"{out.style(damage.what, 'red')} {damage.name}")
        out.line(f"    {out.safe(damage.reason)}")
        affected = damage.affected
        if affected.commit_count:
            commits = ", ".join(oid.short for oid in affected.commits[:LISTED])
            out.line(f"    needed by {plural(affected.commit_count, 'commit')}: {commits}")
        for path in affected.files[:LISTED]:
            out.line(f"    needed for {out.path(path)}")
        if affected.file_count > LISTED:
            out.line(f"    and {plural(affected.file_count - LISTED, 'more file', 'more files')}")
    if report.unfinished:
        out.say("The operation log ends in a record that was not finished; nothing is lost.")
    looked = (
        f"{plural(report.objects, 'object')} in {plural(report.packs, 'pack')} "
        f"({human_size(report.size)}), {plural(report.commits, 'commit')}, "
        f"{plural(report.operations, 'operation')}"
    )
    if report.damage:
        out.error(
            f"{plural(len(report.damage), 'thing')} damaged or missing; looked at {looked}.",
            _advice({damage.what for damage in report.damage}),
        )
    else:
        out.say(f"Nothing is damaged: {looked}.")


def _advice(kinds: set[str]) -> str:
    if kinds <= {"ref", "HEAD", "stage"}:
        return (
            "`tdv fsck --repair` brings back the values that the operation log has; `tdv op log` "
            "shows them."
        )
    return (
        "`tdv fsck --repair` saves what is whole. What is lost comes back when the packs of a "
        "backup or of another copy of this repository are copied into `.tdv/packs`."
    )


def _document(report: Report) -> dict[str, Any]:
    return {
        "packs": report.packs,
        "objects": report.objects,
        "bytes": report.size,
        "commits": report.commits,
        "operations": report.operations,
        "unfinished_operation": report.unfinished,
        "damage": [_damage(damage) for damage in report.damage],
    }


def _damage(damage: Damage) -> dict[str, Any]:
    affected = damage.affected
    return {
        "what": damage.what,
        "name": damage.name,
        "reason": damage.reason,
        "commits": [str(oid) for oid in affected.commits],
        "files": list(affected.files),
        "commit_count": affected.commit_count,
        "file_count": affected.file_count,
    }
