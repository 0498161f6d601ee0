"""`tdv show`: a commit and what it changed, a tag, a file or a folder of a revision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tdv.cli.options import Json
from tdv.cli.session import Session

if TYPE_CHECKING:
    from tdv.cli.targets import Target
    from tdv.model.tag import Tag
    from tdv.ops.show import Shown


def show(
    ctx: typer.Context,
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[REF|REF:PATH] [-- PATH…]", help="What to show; HEAD by default."),
    ] = None,
    stat: Annotated[bool, typer.Option("--stat", help="Count rows, one line a file.")] = False,
    name_only: Annotated[bool, typer.Option("--name-only", help="Show paths alone.")] = False,
    json: Json = False,
) -> None:
    """Show a commit and what it changed.

    A commit is compared with its first parent. Of a tag its message is shown as well. `REF:PATH`
    prints a file as `tdv cat` does, and lists a folder. PATHs limit what is compared.
    """
    session = Session.of(ctx)
    session.page()
    before, behind = session.split(words)
    paths = [session.path(text) for text in behind or ()]
    for number, word in enumerate(before or ["HEAD"]):
        if ":" in word:
            _show_path(session, word)
            continue
        if number and not json:
            session.out.line()
        _show_commit(session, word, paths, stat, name_only, json)


def _show_commit(
    session: Session, revision: str, paths: list[bytes], stat: bool, name_only: bool, json: bool
) -> None:
    from tdv.cli.render import filediffs
    from tdv.ops.show import changes_of, show

    out = session.out
    shown = show(session.repo(), revision)
    files = changes_of(session.repo(), shown.commit, paths)
    if json:
        out.json_line({"schema": "tdv.show/1", **_document(shown)})
        filediffs.write_json(out, files, rows=not (stat or name_only), schema=False)
        return
    _write_heading(session, shown)
    if name_only:
        filediffs.write_names(out, files, status=False, nul=False)
    elif stat:
        filediffs.write_stat(out, files)
    else:
        filediffs.write_rows(out, files)


def _write_heading(session: Session, shown: Shown) -> None:
    from tdv.cli.commitview import heading_lines
    from tdv.ops.log import names_of_commits

    out = session.out
    if shown.tag is not None:
        for line in _tag_lines(session, shown.tag):
            out.line(line)
    names = names_of_commits(session.repo()).get(shown.oid, []) if out.terminal else []
    for line in heading_lines(out, shown.oid, shown.commit, names):
        out.line(line)
    out.line()


def _tag_lines(session: Session, tag: Tag) -> list[str]:
    from tdv.cli.commitview import person, person_date

    out = session.out
    return [
        out.style(f"tag {out.safe(tag.name)}", "yellow"),
        f"Tagger: {out.safe(person(tag.tagger))}",
        f"Date:   {person_date(tag.tagger)}",
        "",
        *(f"    {out.safe(line)}".rstrip() for line in tag.message.split("\n")),
        "",
    ]


def _document(shown: Shown) -> dict[str, Any]:
    from tdv.cli.commitview import commit_json, person_json

    document: dict[str, Any] = {"type": "commit", **commit_json(shown.oid, shown.commit)}
    if shown.tag is not None:
        tag = shown.tag
        document["tag"] = {
            "name": tag.name,
            "tagger": person_json(tag.tagger),
            "message": tag.message,
        }
    return document


def _show_path(session: Session, word: str) -> None:
    from tdv.cli.targets import targets
    from tdv.errors import PathError
    from tdv.formats.contents import Contents
    from tdv.model.entry import FileEntry
    from tdv.store.trees import lookup

    store = session.repo().store
    for target in targets(session, [word]):
        entry = lookup(store, target.tree, target.path) if target.path else None
        if isinstance(entry, FileEntry):
            session.out.content(Contents(entry, store).blocks())
        elif entry is None and target.path:
            raise PathError(
                f"`{session.out.path(target.path)}` is not in {target.shown}.",
                hint=f"`tdv ls {target.shown}` lists what is there.",
            )
        else:
            _list_folder(session, target)


def _list_folder(session: Session, target: Target) -> None:
    from tdv.model.entry import Folder
    from tdv.store.trees import list_folder

    out = session.out
    shown = f"{target.shown}:{out.path(target.path)}"
    out.line(out.style(f"tree {shown}", "yellow"))
    out.line()
    for name, entry in list_folder(session.repo().store, target.tree, target.path):
        out.line(out.path(name) + ("/" if isinstance(entry, Folder) else ""))
