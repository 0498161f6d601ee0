"""What `merge`, `revert` and `cherry-pick` say of what they did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tdv.cli.commands.commit import change_text
from tdv.cli.operationview import files_text
from tdv.cli.session import Session
from tdv.cli.text import plural

if TYPE_CHECKING:
    from tdv.ops.merge import Merged
    from tdv.ops.merging.mergework import Aborted
    from tdv.ops.merging.treemerge import FileOutcome
    from tdv.rowdiff.changes import RowCounts

SCHEMA = "tdv.merge/1"


def write(session: Session, done: Merged, verb: str) -> int:
    """Say what was done; the exit code, 1 where conflicts are left.

    Args:
        verb: "merge", "revert" or "cherry-pick".
    """
    out = session.out
    if done.how == "up-to-date":
        out.say(f"Already up to date: HEAD has {done.theirs.short}.")
        return 0
    would = "Would fast-forward" if done.dry_run else "Fast-forward"
    if done.how == "fast-forward":
        old = "nothing" if done.before.commit is None else done.before.commit.short
        out.say(f"{would} {old}..{done.theirs.short}")
        out.say(f" {change_text(done.changes)}.")
        return 0
    for outcome in done.files:
        if outcome.how in ("merged", "conflict", "renamed"):
            out.line(_line(session, outcome))
    if done.conflicts:
        return _tell_conflicts(session, done, verb)
    if done.committed is not None:
        where = done.committed.branch or "HEAD detached"
        subject = out.safe(done.committed.commit.subject)
        out.say(f"[{where} {done.committed.oid.short}] {subject}")
    out.say(f" {change_text(done.changes)}.")
    if done.dry_run:
        out.say("There would be no conflicts; nothing was changed.")
    elif done.committed is None:
        out.say("The result is staged and not committed: `tdv commit` does that.")
    return 0


def document(done: Merged) -> dict[str, Any]:
    """The body of `tdv.merge/1`."""
    committed = done.committed
    return {
        "outcome": done.how,
        "dry_run": done.dry_run,
        "head_before": done.before.commit,
        "theirs": done.theirs,
        "bases": list(done.bases),
        "commit": done.theirs if done.how == "fast-forward" else committed and committed.oid,
        "conflicts": done.conflicts,
        "files": [_record(outcome) for outcome in done.files],
    }


def write_aborted(session: Session, done: Aborted) -> None:
    """Say what `--abort` did."""
    out = session.out
    files = files_text(done.written, done.removed)
    out.say(f"The {done.merging.kind} was taken back{files and '; '}{files}.")
    if done.captured:
        out.say(
            f"What had been edited since in {plural(len(done.captured), 'file')} was kept: "
            "`tdv undo` brings it back."
        )


def _tell_conflicts(session: Session, done: Merged, verb: str) -> int:
    out = session.out
    files = sum(outcome.conflicts > 0 for outcome in done.files)
    count = f"{plural(done.conflicts, 'conflict')} in {plural(files, 'file')}"
    if done.dry_run:
        out.warn(f"There would be {count}; nothing was changed.")
        _tell_keyless(session, done)
        return 1
    out.warn(f"{count}. Rows in conflict hold this side's values meanwhile.")
    out.hint(
        "`tdv conflicts` shows them. `tdv resolve KEY --ours|--theirs|--base|--union` decides, or "
        f"edit the rows and `tdv add` the file; `tdv {verb} --continue` then finishes, "
        f"`tdv {verb} --abort` takes all of it back."
    )
    _tell_keyless(session, done, f" (after `tdv {verb} --abort`)")
    return 1


def _tell_keyless(session: Session, done: Merged, after: str = "") -> None:
    """Say how rows are told apart better, where conflicts may come from that."""
    found = next((each for each in done.files if each.keyless and each.conflicts), None)
    if found is not None:
        session.out.hint(
            f"`{session.out.path(found.path)}` has no key, so its rows were matched by place and "
            f"likeness. `--on FIELD`, or a key in tdv.toml, tells them apart{after}."
        )


def _line(session: Session, outcome: FileOutcome) -> str:
    out = session.out
    path = out.path(outcome.path)
    if outcome.old_path is not None:
        path = f"{out.path(outcome.old_path)} -> {path}"
    parts = []
    if outcome.rows is not None and (taken := _counts(outcome.rows)):
        parts.append(taken)
    if outcome.reason:
        parts.append(outcome.reason)
    elif outcome.conflicts:
        parts.append(f"{plural(outcome.conflicts, 'row')} in conflict")
    said = f"  {', '.join(parts)}" if parts else ""
    color = "red" if outcome.conflicts else "green"
    return out.style(f"{outcome.how + ':':<10} {path}", color) + said


def _counts(rows: RowCounts) -> str:
    signs = (("+", rows.added), ("-", rows.removed), ("~", rows.changed))
    parts = [f"{sign}{count:,}" for sign, count in signs if count]
    if parts:
        parts.append("row" if sum(count for _, count in signs) == 1 else "rows")
    moved = f"{rows.moved:,} moved" if rows.moved else ""
    return ", ".join(part for part in (" ".join(parts), moved) if part)


def _record(outcome: FileOutcome) -> dict[str, Any]:
    rows = None
    if outcome.rows is not None:
        from tdv.cli.render.rowchanges import counts_json

        rows = counts_json(outcome.rows)
    return {
        "path": outcome.path,
        "outcome": outcome.how,
        "old_path": outcome.old_path,
        "rows": rows,
        "conflicts": outcome.conflicts,
        "reason": outcome.reason or None,
    }
