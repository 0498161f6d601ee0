"""`tdv conflicts`: what a merge could not decide."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from tdv.cli.options import Json
from tdv.cli.paths import shown_path
from tdv.cli.session import Session
from tdv.cli.text import plural

if TYPE_CHECKING:
    from tdv.ops.conflicts import ConflictedFile, Conflicts
    from tdv.rowmerge.conflict import Conflict

# Shows the body of a record; None for none.
Texts: TypeAlias = "Callable[[bytes | None], str | None]"
SCHEMA = "tdv.conflicts/1"
SIDES = ("base", "ours", "theirs")
# The column in which values start, and the length up to which they are shown as they are.
INDENT = 14
SHORT = 20


def conflicts(
    ctx: typer.Context,
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="[PATH…]", help="Only these files and folders.")
    ] = None,
    name_only: Annotated[
        bool, typer.Option("--name-only", help="Only the names of the files.")
    ] = False,
    json: Json = False,
) -> None:
    """List the conflicts of the merge in progress: file, key, field, and the three values.

    `base` is what both sides started from, `ours` what this branch has, `theirs` what is merged
    in: of a revert, what was before the commit. JSON has one line for each conflict.
    """
    from tdv.ops.conflicts import conflicts

    session = Session.of(ctx)
    before, behind = session.split(paths)
    found = conflicts(session.repo(), [session.path(word) for word in (*before, *(behind or ()))])
    session.page()
    if json:
        for record in _records(session, found):
            session.out.json_line({"schema": SCHEMA, **record})
    elif name_only:
        for file in found.files:
            session.out.line(_shown(session, file.path))
    else:
        _write_sides(session, found)
        for file in found.files:
            _write(session, found, file)
        _close(session, found)


def _write_sides(session: Session, found: Conflicts) -> None:
    """Say whose values these are."""
    out, repo, merging = session.out, session.repo(), found.merging
    if not found.files:
        return
    branch = repo.head().branch
    ours = "HEAD" if branch is None else f"`{out.safe(branch)}`"
    before = "the data before " if found.kind == "revert" else ""
    theirs = f"{merging.theirs.short} {out.safe(repo.commit(merging.theirs).subject)}"
    out.line(f"ours is {ours}, theirs is {before}{theirs}")


def _write(session: Session, found: Conflicts, file: ConflictedFile) -> None:
    out = session.out
    path = out.style(_shown(session, file.path), "bold")
    if file.whole is not None:
        out.line(f"{path}  {file.whole.reason}")
        return
    out.line(f"{path}  {plural(file.count, 'row')} in conflict")
    text_of = _texts(session, found, file)
    for conflict in file.rows():
        _write_row(session, conflict, text_of)


def _write_row(session: Session, conflict: Conflict, text_of: Texts) -> None:
    from tdv.ops.merging.conflictchoice import name_of

    out = session.out
    name = out.safe(name_of(conflict))
    # Where ours has no row, that is where theirs would stand.
    at = "row" if conflict.ours is not None else "would be row"
    out.line(f"  {out.style(name, 'yellow')}  {at} {conflict.number:,}, {conflict.reason}")
    if not conflict.fields:
        _write_values(session, [text_of(getattr(conflict, side)) or "(no row)" for side in SIDES])
    for field in conflict.fields:
        out.line(f"    {out.safe(field.name)}")
        _write_values(session, [_value(getattr(field, side)) for side in SIDES])


def _write_values(session: Session, texts: Sequence[str]) -> None:
    """Write the three values; of long ones, on a terminal, what they differ in."""
    out = session.out
    texts = [out.safe(text) for text in texts]
    room = out.width - INDENT
    if out.terminal and max(map(len, texts)) > room:
        # What is alike in front is left out, but for some characters.
        start = _alike([text for text in texts if len(text) > SHORT]) - room // 3
        if start > 0:
            texts = [f"…{text[start:]}" if len(text) > SHORT else text for text in texts]
    for side, text in zip(SIDES, texts, strict=True):
        out.line(_cut(session, f"      {side + ':':<8}{text}"))


def _alike(texts: Sequence[str]) -> int:
    """How many characters several texts begin with alike; 0 for a text alone."""
    if len(texts) < 2:
        return 0
    letters = enumerate(zip(*texts, strict=False))
    return next((at for at, each in letters if len(set(each)) > 1), min(map(len, texts)))


def _value(value: Any) -> str:
    from tdv.rowdiff.fields import MISSING
    from tdv.rowdiff.sides import canonical

    return "(no field)" if value is MISSING else canonical(value).decode("utf-8", "replace")


def _cut(session: Session, line: str) -> str:
    if not session.out.terminal:
        return line
    from tdv.cli.text import cut

    return cut(line, session.out.width)


def _close(session: Session, found: Conflicts) -> None:
    out, kind = session.out, found.kind
    if not found.left:
        out.say(f"No conflict is left: `tdv {kind} --continue` finishes the {kind}.")
    else:
        out.hint(
            "`tdv resolve KEY --ours|--theirs|--base|--union` decides one, `tdv resolve PATH …` "
            "all of a file."
        )


def _records(session: Session, found: Conflicts) -> Iterator[dict[str, Any]]:
    for file in found.files:
        if file.whole is not None:
            whole = file.whole
            sides = {side: getattr(whole, side) for side in SIDES}
            yield {"path": file.path, "kind": "file", "reason": whole.reason, **sides}
            continue
        text_of = _texts(session, found, file)
        for conflict in file.rows():
            yield {
                "path": file.path,
                "kind": "row",
                "reason": conflict.reason,
                "id": conflict.id,
                "key": list(conflict.key) or None,
                "row": conflict.number,
                **{side: text_of(getattr(conflict, side)) for side in SIDES},
                "fields": [_field(field) for field in conflict.fields],
            }


def _field(field: Any) -> dict[str, Any]:
    from tdv.rowdiff.fields import MISSING

    values = {side: getattr(field, side) for side in SIDES}
    there = {side: value for side, value in values.items() if value is not MISSING}
    return {"field": field.name, **there}


def _texts(session: Session, found: Conflicts, file: ConflictedFile) -> Texts:
    """What shows the records of a file: their own text, or JSON where they are none."""
    from tdv.formats.contents import Contents
    from tdv.ops.merging.conflictedits import entry_at
    from tdv.rowdiff.sides import canonical

    store = session.repo().store
    entry = entry_at(store, found.merging.merged, file.path)
    table = None if entry is None else Contents(entry, store)
    if table is not None and table.format.sliced:
        table = None

    def text(body: bytes | None) -> str | None:
        if body is not None and table is not None:
            body = canonical(table.format.decode(table.layout, body))
        return None if body is None else body.decode("utf-8", "backslashreplace")

    return text


def _shown(session: Session, path: bytes) -> str:
    return session.out.path(shown_path(session.repo().root, session.here, path))
