"""How operations look: in `op log` and `op show`, and what `undo` says it did."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from tdv.cli.commitview import person_json
from tdv.cli.output import Output
from tdv.cli.text import plural
from tdv.model.oid import Oid
from tdv.model.operation import Head, OperationRecord

if TYPE_CHECKING:
    from tdv.ops.undo import Undone

# Refs, and operations, that `undo` names one by one.
NAMED = 2
LISTED = 10
_KINDS = {"refs/heads/": "", "refs/tags/": "the tag ", "refs/notes/": "the notes' ref "}
_STASHES = "refs/stashes/"


def command_line(out: Output, record: OperationRecord) -> str:
    """The command of an operation, as it would be typed."""
    return out.safe(shlex.join(["tdv", *record.command]))


def change_lines(record: OperationRecord) -> list[str]:
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
    if record.position is not None:
        lines.append(f"state: that of operation {record.position.state}")
    return lines


def operation_json(record: OperationRecord) -> dict[str, Any]:
    """An operation for programs."""
    files = record.files
    return {
        "number": record.number,
        "command": list(record.command),
        "who": person_json(record.who),
        "refs": [
            {"name": change.name, "old": _hex(change.old), "new": _hex(change.new)}
            for change in record.changes
        ],
        "head_before": _head(record.head_before),
        "head": _head(record.head),
        "stage_before": str(record.stage_before),
        "stage": str(record.stage),
        "files": files and {"before": str(files.before), "after": str(files.after)},
        "state": record.standing,
        "oldest": record.oldest,
    }


def tell_undone(out: Output, done: Undone, *, back: str, dry_run: bool) -> None:
    """Say what `undo` or `redo` did, or would do.

    Args:
        back: the command that takes it back: "redo".
    """
    verbs = ("Would redo", "Would undo") if dry_run else ("Redid", "Undid")
    records, verb = (done.again, verbs[0]) if done.again else (done.reversed, verbs[1])
    for record in records[:LISTED]:
        out.say(f"{verb} operation {record.number}: {command_line(out, record)}")
    if len(records) > LISTED:
        out.say(f"{verb} {len(records) - LISTED:,} operations more.")
    tell_effects(out, done, back=back, dry_run=dry_run)


def tell_effects(out: Output, done: Undone, *, back: str, dry_run: bool) -> None:
    """Say what became of refs, HEAD, the stage, work in progress and files."""
    text = "; ".join(_effects(out, done, dry_run)) or "nothing else changes"
    out.say(f"{text[0].upper()}{text[1:]}.")
    if done.kept:
        kept = plural(len(done.kept), "file")
        stays = "would be" if dry_run else "is"
        text = f"Unsaved work in {kept} {stays} kept in the operation log"
        out.hint(f"{text}: `tdv {back}` brings it back.")


def _effects(out: Output, done: Undone, dry_run: bool) -> list[str]:
    found = []
    before, after = done.before, done.after
    if before.branch != after.branch:
        where = "detached" if after.branch is None else f"on `{out.safe(after.branch)}`"
        found.append(f"HEAD is {where} at {_short(after.commit)}")
    elif after.branch is None and before != after:
        found.append(f"HEAD is at {_short(after.commit)}")
    names = [name for name in done.refs if name != f"refs/heads/{after.branch}"]
    if before.branch == after.branch and len(names) < len(done.refs):
        names.insert(0, f"refs/heads/{after.branch}")
    shown = names if len(names) <= NAMED + 1 else names[:NAMED]
    found += [_ref(out, name, done.refs[name]) for name in shown]
    if len(names) > len(shown):
        found.append(f"{len(names) - len(shown):,} other refs change")
    if done.stage != done.stage_before:
        found.append("the stage is as it was")
    found += _work(done)
    files = files_text(len(done.written), len(done.removed), dry_run=dry_run)
    return [*found, files] if files else found


def _work(done: Undone) -> list[str]:
    """What is in progress that was not, and the other way round."""
    found = []
    before, after = done.work_before, done.work
    for old, new in (
        (before.merging and before.merging.kind, after.merging and after.merging.kind),
        (before.bisecting and "bisection", after.bisecting and "bisection"),
    ):
        if new and not old:
            found.append(f"the {new} is in progress again")
        elif old and not new:
            found.append(f"no {old} is in progress any more")
    return found


def files_text(written: int, removed: int, *, dry_run: bool = False) -> str:
    """How many files of the working copy were written and removed; "" for none."""
    to_be = "to be " if dry_run else ""
    parts = [f"{plural(written, 'file')} {to_be}written"] if written else []
    if removed:
        parts.append(
            f"{removed:,} removed" if written else f"{plural(removed, 'file')} {to_be}removed"
        )
    return ", ".join(parts)


def _ref(out: Output, name: str, value: Oid | None) -> str:
    if name.startswith(_STASHES):
        return "a stash is " + ("gone" if value is None else "back")
    return f"{_named(out, name)} is {'gone' if value is None else f'at {value.short}'}"


def _named(out: Output, name: str) -> str:
    for prefix, kind in _KINDS.items():
        if name.startswith(prefix):
            return f"{kind}`{out.safe(name.removeprefix(prefix))}`"
    return f"`{out.safe(name)}`"


def _short(oid: Oid | None) -> str:
    return "nothing" if oid is None else oid.short


def _head(head: Head) -> dict[str, Any]:
    return {"branch": head.branch, "commit": _hex(head.commit)}


def _hex(oid: Oid | None) -> str | None:
    return None if oid is None else str(oid)
