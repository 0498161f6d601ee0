"""`tdv tag`: list, create and delete tags; number versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tdv.cli.options import Json
from tdv.cli.session import Session
from tdv.errors import UsageError

if TYPE_CHECKING:
    from tdv.ops.tag import Tagged

_EXPLANATION = """Write a message for the tag `{name}`.
Lines that start with `#` are left out. An empty message stops the command."""


def tag(
    ctx: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME [REF]]", help="The tag to create, and where (HEAD)."),
    ] = None,
    listing: Annotated[
        bool, typer.Option("-l", "--list", help="List the tags that match shell patterns.")
    ] = False,
    annotated: Annotated[
        bool, typer.Option("-a", "--annotate", help="With a message, an author and a date.")
    ] = False,
    message: Annotated[
        list[str] | None,
        typer.Option(
            "-m", "--message", metavar="TEXT", help="The message; several make paragraphs."
        ),
    ] = None,
    delete: Annotated[bool, typer.Option("-d", "--delete", help="Delete tags.")] = False,
    force: Annotated[bool, typer.Option("-f", "--force", help="Move a tag that exists.")] = False,
    bump: Annotated[
        str | None,
        typer.Option(
            "--bump",
            metavar="major|minor|auto",
            help="Tag the next version; auto: major when a field vanished or changed its type.",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """List, create or delete tags.

    Without a name the tags are listed. `--bump` numbers versions: v1.0, v1.1, v2.0.
    """
    session = Session.of(ctx)
    words = names or []
    text = "\n\n".join(message) if message else None
    if delete:
        _delete(session, words)
    elif bump is not None:
        _bump(session, bump, words, text, json)
    elif words and not listing:
        _create(session, words, annotated, text, force)
    elif annotated or text is not None or force:
        raise UsageError("A tag needs a name.", hint="`tdv tag -a NAME -m MESSAGE`.")
    else:
        _list(session, words, json)


def _delete(session: Session, names: list[str]) -> None:
    from tdv.ops.tag import delete_tags

    if not names:
        raise UsageError("Which tag is to be deleted?", hint="`tdv tag -d NAME…`.")
    for gone in delete_tags(session.repo(), names):
        session.out.say(f"Deleted the tag `{gone.name}` (it was {gone.commit.short}).")


def _create(
    session: Session, names: list[str], annotated: bool, text: str | None, force: bool
) -> None:
    from tdv.ops.tag import create_tag

    if len(names) > 2:
        raise UsageError("A tag has one name and one commit.", hint="`tdv tag NAME [REF]`.")
    if annotated and text is None:
        text = _edited(session, names[0])
    done = create_tag(session.repo(), *names, message=text, force=force)
    session.out.say(f"Tagged {done.commit.short} as `{done.name}`{_replaced(done)}.")


def _replaced(done: Tagged) -> str:
    return "" if done.replaced is None else f" (it was at {done.replaced.short})"


def _edited(session: Session, name: str) -> str:
    from tdv.cli.editor import can_edit, edit
    from tdv.ops.commit import clean_message

    if not can_edit(session):
        raise UsageError("An annotated tag needs a message.", hint="`tdv tag -a NAME -m MESSAGE`.")
    return clean_message(edit(session, "", _EXPLANATION.format(name=name)), comments=True)


def _bump(session: Session, kind: str, words: list[str], text: str | None, json: bool) -> None:
    from tdv.ops.bump import bump

    if len(words) > 1:
        raise UsageError("`--bump` takes one commit.", hint="`tdv tag --bump auto [REF]`.")
    done = bump(session.repo(), kind, *words, message=text, progress=session.progress())
    if json:
        document: dict[str, Any] = {
            "tag": done.name,
            "commit": str(done.commit),
            "previous": done.previous,
            "bump": done.kind,
            "reasons": list(done.reasons),
        }
        session.out.json("tdv.bump/1", document)
        return
    session.out.line(done.name)
    for reason in done.reasons:
        session.out.say(f"{done.kind}: {session.out.safe(reason)}")


def _list(session: Session, patterns: list[str], json: bool) -> None:
    from tdv.ops.tag import list_tags, read_tag, tagged_commit

    repo, out = session.repo(), session.out
    tags = list_tags(repo, patterns)
    if not json:
        for tag in tags:
            out.line(out.safe(tag.name))
        return
    documents = []
    for tag in tags:
        annotation = read_tag(repo, tag)
        documents.append(
            {
                "name": tag.name,
                "commit": str(tagged_commit(repo, tag)),
                "message": None if annotation is None else annotation.message,
            }
        )
    out.json("tdv.tag/1", {"tags": documents})
