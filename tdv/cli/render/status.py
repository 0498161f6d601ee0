"""What `tdv status` writes: for people, one line a file, and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tdv.cli.paths import shown_path
from tdv.cli.session import Session
from tdv.cli.text import plural

if TYPE_CHECKING:
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
    if status.unfinished:
        out.line("A checkout was interrupted: run it again to finish it.")
    _section(
        session,
        "Staged for the next commit (`tdv restore --staged PATH` takes them out):",
        [_line(session, change, "green") for change in status.staged],
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
    if not status.staged:
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
    for change in status.staged:
        unstaged = letters.pop(change.path, " ")
        rows.append((change.kind.value, unstaged, change.path, change.old_path))
    rows += [(" ", letter, path, None) for path, letter in letters.items()]
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
        "staged": [_record(change) for change in status.staged],
        "unstaged": [_record(change) for change in status.unstaged],
        "untracked": list(status.untracked),
        "ignored": list(status.ignored),
        "special": list(status.special),
        "repositories": list(status.repositories),
    }


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
