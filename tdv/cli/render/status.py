"""What `tdv status` writes: for people, one line a file, and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tdv.cli.paths import shown_path
from tdv.cli.session import Session
from tdv.cli.text import plural

if TYPE_CHECKING:
    from tdv.model.work import Bisecting, Merging
    from tdv.ops.conflicts import ConflictedFile
    from tdv.ops.status import Change, Status
    from tdv.rowdiff.changes import RowCounts

_WORDS = {
    "ADDED": "new file",
    "MODIFIED": "modified",
    "DELETED": "deleted",
    "RENAMED": "renamed",
    "TYPE_CHANGED": "typechange",
}


def write_long(session: Session, status: Status) -> None:
    """Write sections with headings, paths as seen from where the user stands."""
    out = session.out
    if status.branch is not None:
        out.line(f"On branch {status.branch}")
    elif status.commit is not None:
        out.line(f"HEAD detached at {status.commit.short}")
    if status.commit is None:
        out.line("No commits yet")
    _write_unfinished(session, status)
    disputed = {file.path for file in status.conflicts}
    _section(
        session,
        "Staged for the next commit (`tdv restore --staged PATH` takes them out):",
        [
            _line(session, change, "green")
            for change in status.staged
            if change.path not in disputed
        ],
    )
    _section(
        session,
        "Not staged (`tdv add PATH` stages them, `tdv restore PATH` undoes them):",
        [_line(session, change, "red") for change in status.unstaged],
    )
    _section(
        session,
        "Untracked (`tdv add PATH` tracks them):",
        [out.style(_shown(session, path), "red") for path in status.untracked],
    )
    _section(session, "Ignored:", [_shown(session, path) for path in status.ignored])
    for path in status.repositories:
        out.warn(f"`{out.path(path)}` is a repository of its own and is left alone.")
    for path in status.special:
        out.warn(f"`{out.path(path)}` is neither file, folder nor link and is left alone.")
    if not status.staged and status.merging is None:
        if status.ignored or status.unstaged or status.untracked:
            out.line()
        out.line(_closing(status))


def write_short(
    session: Session, status: Status, *, branch: bool, nul: bool, relative: bool
) -> None:
    """Write git's `XY PATH`, or `XY NEW<NUL>OLD<NUL>` with `nul`."""
    out = session.out
    if branch:
        name = status.branch or "HEAD (no branch)"
        out.text(f"## {'No commits yet on ' if status.commit is None else ''}{name}")
        out.text("\0" if nul else "\n")
    rows: list[tuple[str, str, bytes, bytes | None]] = []
    letters: dict[bytes, str] = {change.path: change.kind.value for change in status.unstaged}
    disputed = {file.path: _dispute_letters(file) for file in status.conflicts}
    rows += [(*both, path, None) for path, both in disputed.items()]
    for change in status.staged:
        unstaged = letters.pop(change.path, " ")
        if change.path in disputed:
            continue
        rows.append((change.kind.value, unstaged, change.path, change.old_path))
    rows += [(" ", letter, path, None) for path, letter in letters.items() if path not in disputed]
    rows.sort(key=lambda row: row[2])
    rows += [("?", "?", path, None) for path in status.untracked]
    rows += [("!", "!", path, None) for path in status.ignored]
    for staged, unstaged, path, old in rows:
        if nul:
            names = [path] if old is None else [path, old]
            out.data(f"{staged}{unstaged} ".encode() + b"\0".join(names) + b"\0")
            continue
        colors = ("red", "red") if staged in "?!" else ("green", "red")
        state = out.style(staged, colors[0]) + out.style(unstaged, colors[1])
        shown = _shown(session, path) if relative else out.path(path)
        before = None if old is None else _shown(session, old) if relative else out.path(old)
        out.line(f"{state} {shown if before is None else f'{before} -> {shown}'}")


def document(status: Status) -> dict[str, Any]:
    """The body of `tdv.status/1`."""
    return {
        "branch": status.branch,
        "commit": None if status.commit is None else str(status.commit),
        "detached": status.branch is None,
        "clean": status.clean,
        "interrupted": status.unfinished,
        "merging": None if status.merging is None else _merging(status, status.merging),
        "conflicts": [_conflicted(file) for file in status.conflicts],
        "staged": [_record(change) for change in status.staged],
        "unstaged": [_record(change) for change in status.unstaged],
        "untracked": list(status.untracked),
        "ignored": list(status.ignored),
        "special": list(status.special),
        "repositories": list(status.repositories),
    }


def _write_unfinished(session: Session, status: Status) -> None:
    if status.unfinished:
        session.out.line("A command was interrupted while it changed files: run it again.")
    if status.bisecting is not None:
        _write_bisecting(session, status.bisecting)
    if status.merging is not None:
        _write_merging(session, status, status.merging)


def _write_bisecting(session: Session, bisecting: Bisecting) -> None:
    out, start = session.out, bisecting.start
    where = "`tdv bisect reset` ends it"
    if start.branch is not None:
        where = f"`tdv bisect reset` goes back to `{out.safe(start.branch)}`"
    out.line("A bisection is in progress.")
    out.line(f"  (`tdv bisect good`, `bad` or `skip` judges this commit, {where})")


def _write_merging(session: Session, status: Status, merging: Merging) -> None:
    """Say what is in progress, and what is left to do."""
    out, kind = session.out, merging.kind
    left, found = status.conflicts_left, status.conflicts_found
    back = f"`tdv {kind} --abort` takes it back"
    subject = out.safe(session.repo().commit(merging.theirs).subject)
    what = f"A {kind} of {merging.theirs.short} ({subject}) is in progress"
    if left:
        out.line(f"{what}: {left:,} of {plural(found, 'conflict')} left.")
        out.line(f"  (`tdv resolve` decides, `tdv {kind} --continue` then finishes it, {back})")
    else:
        out.line(f"{what}; no conflict is left.")
        out.line(f"  (`tdv {kind} --continue` finishes it, {back})")
    _section(
        session,
        "In conflict (`tdv conflicts` shows the rows; `tdv resolve`, or editing and `tdv add`, "
        "settles them):",
        [
            out.style(f"{_shown(session, file.path)}  {_dispute(file)}", "red")
            for file in status.conflicts
        ],
    )


def _dispute(file: ConflictedFile) -> str:
    return plural(file.count, "row") if file.whole is None else file.whole.reason


def _dispute_letters(file: ConflictedFile) -> tuple[str, str]:
    """git's letters for a file that was not merged."""
    if file.whole is None:
        return "U", "U"
    here, there = file.whole.ours is not None, file.whole.theirs is not None
    return "U" if here else "D", "U" if there else "D"


def _merging(status: Status, merging: Merging) -> dict[str, Any]:
    return {
        "kind": merging.kind,
        "theirs": merging.theirs,
        "conflicts_found": status.conflicts_found,
        "conflicts_left": status.conflicts_left,
    }


def _conflicted(file: ConflictedFile) -> dict[str, Any]:
    kind, reason = ("row", None) if file.whole is None else ("file", file.whole.reason)
    return {"path": file.path, "kind": kind, "conflicts": file.count, "reason": reason}


def _record(change: Change) -> dict[str, Any]:
    return {
        "path": change.path,
        "kind": change.kind.name.lower().replace("_", "-"),
        "old_path": change.old_path,
        "mode_only": change.mode_only,
        "rows": None if change.rows is None else _counts_json(change.rows),
    }


def _counts_json(counts: RowCounts) -> dict[str, Any]:
    from tdv.cli.render.rowchanges import counts_json  # 10 ms, where rows changed

    return counts_json(counts)


def _section(session: Session, title: str, lines: Sequence[str]) -> None:
    if lines:
        session.out.line()
        session.out.line(title)
        for line in lines:
            session.out.line(f"  {line}")


def _line(session: Session, change: Change, color: str) -> str:
    word = "mode" if change.mode_only else _WORDS[change.kind.name]
    path = _shown(session, change.path)
    if change.old_path is not None:
        path = f"{_shown(session, change.old_path)} -> {path}"
    counts = "" if change.rows is None else f"  {_counts(change.rows)}"
    return session.out.style(f"{word + ':':<12}{path}", color) + counts


def _counts(rows: RowCounts) -> str:
    if rows.formatting_only:
        return "formatting only"
    if rows.reordered and not rows.moved:
        return "same rows in another order"
    signs = (("+", rows.added), ("-", rows.removed), ("~", rows.changed))
    named = [f"{sign}{count:,}" for sign, count in signs if count]
    if not named:
        return f"{plural(rows.moved, 'row')} moved" if rows.moved else "no rows changed"
    word = "row" if sum(count for _, count in signs) == 1 else "rows"
    moved = f", {rows.moved:,} moved" if rows.moved else ""
    return f"{' '.join(named)} {word}{moved}"


def _closing(status: Status) -> str:
    if status.unstaged:
        return "Nothing is staged (`tdv commit -a` commits all changes of tracked files)."
    if status.untracked:
        return "Nothing is staged; there are untracked files (`tdv add` tracks them)."
    return "Nothing to commit, the working copy is clean."


def _shown(session: Session, path: bytes) -> str:
    folder = b"/" if path.endswith(b"/") else b""
    shown = shown_path(session.repo().root, session.here, path)
    return session.out.path(shown + folder)
