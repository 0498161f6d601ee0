"""`tdv schema`: propose a schema from data, look at one, list the built-in ones."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tdv.cli.options import Json, command_group, verb
from tdv.cli.session import Session
from tdv.cli.text import plural
from tdv.errors import PathError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from tdv.ops.schema import Inferred, Named

app = command_group("Propose a JSON Schema from data, or look at one.")


@verb(app, "infer")
def infer(
    ctx: typer.Context,
    words: Annotated[
        list[str],
        typer.Argument(metavar="REF:PATH | FILE | -…", help="Files with rows; `-` is stdin."),
    ],
    output: Annotated[
        str, typer.Option("-o", "--output", metavar="FILE", help="Write the schema to this file.")
    ] = "",
) -> None:
    """Propose a JSON Schema that every row of some files agrees with.

    All rows count, never only the first. A field is required when every row has it, null where it
    is null; a text field with few values in many rows is a list of them; formats (date-time, uri,
    email …) are named when all values have them. Comments count what differs between rows.

    A field whose values have several types is named on stderr, with the line of the odd one.
    Records that do not decode are named there too, and left out.
    """
    from tdv.ops.schema import infer as infer_schema
    from tdv.ops.schema import write_schema
    from tdv.quality.schemas.inferschema import written

    session = Session.of(ctx)
    out = session.out
    with ExitStack() as stack:
        sources = [_source(session, word, stack) for word in words]
        found = infer_schema(sources, progress=session.progress())
    text = written(found.schema)
    if output and output != "-":
        write_schema(session.here / output, text)
    else:
        out.content([text.encode()])
    _tell(session, found, output)


@verb(app, "show")
def show(
    ctx: typer.Context,
    name: Annotated[
        str,
        typer.Argument(
            metavar="[NAME | PATH | REF:PATH]",
            help="A built-in schema, or a file; without one, all that there are.",
        ),
    ] = "",
) -> None:
    """Print a schema: a built-in one, or a file with all that it refers to in one piece.

    References are resolved inside the repository only (outside of one, inside the present folder),
    and what comes out is checked to be a schema.
    """
    from tdv.quality.schemas.inferschema import written
    from tdv.quality.schemas.schemafiles import NAMES, built_in, resolve_schema

    session = Session.of(ctx)
    if not name:
        _list(session)
        return
    if name in NAMES:
        schema = built_in(name)
    else:
        path, read = _reader(session, name)
        schema = resolve_schema(path, read)
    session.page()
    session.out.content([written(schema).encode()])


@verb(app, "ls")
def ls(ctx: typer.Context, json: Json = False) -> None:
    """List the built-in schemas."""
    session = Session.of(ctx)
    if json:
        session.out.json("tdv.schema-ls/1", {"schemas": [_listed(*each) for each in _built_in()]})
    else:
        _list(session)


def _list(session: Session) -> None:
    schemas = _built_in()
    width = max(len(name) for name, _ in schemas)
    for name, schema in schemas:
        session.out.line(f"{name.ljust(width)}  {schema['description']}")
    session.out.say("`tdv schema show NAME` prints one.")


def _built_in() -> list[tuple[str, Mapping[str, Any]]]:
    from tdv.quality.schemas.schemafiles import NAMES, built_in

    return [(name, built_in(name)) for name in NAMES]


def _listed(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "description": schema["description"],
        "fields": list(schema["properties"]),
        "required": list(schema["required"]),
    }


def _tell(session: Session, found: Inferred, output: str) -> None:
    """Say what the schema was made from, and what is odd."""
    out = session.out
    for shown, place, reason in found.left_out:
        out.warn(f"{shown}, {place}: {reason}; the record is left out.")
    if found.bad > len(found.left_out):
        out.warn(f"{found.bad - len(found.left_out):,} further records do not decode.")
    for sentence in found.odd:
        out.warn(sentence)
    if not found.rows:
        out.warn("There are no rows, so the schema says nothing.")
    elif output and output != "-":
        out.say(f"Wrote {output}, from {plural(found.rows, 'row')}.")
        out.hint(
            f"Put `schema = {_from_root(session, output)}` below `[dataset.NAME]` of tdv.toml."
        )


def _source(session: Session, word: str, stack: ExitStack) -> Named:
    """The file that a word names: standard input, a file as it is now, or one of a revision."""
    from tdv.cli.targets import targets
    from tdv.ops.cat import open_file
    from tdv.ops.schema import Named, file_contents, stream_contents

    if word == "-":
        import sys  # stdin is read nowhere else

        contents = stack.enter_context(stream_contents(sys.stdin.buffer))
        return Named("standard input", contents)
    path = session.here / word
    if path.exists() or session.repo_or_none() is None:
        return Named(word, file_contents(path, word))
    target = targets(session, [word])[0]
    contents = open_file(session.repo().store, target.tree, target.path, target.shown)
    return Named(word, contents)


def _reader(session: Session, name: str) -> tuple[str, Callable[[str], bytes]]:
    """The path of a schema below the root, and what reads files below the same root."""
    import os

    from tdv.cli.targets import targets
    from tdv.repo.inside import reader_of_folder, reader_of_tree

    if session.repo_or_none() is None:
        whole = Path(os.path.abspath(session.here / name))
        inside = whole.is_relative_to(session.here)
        root = session.here if inside else whole.parent
        return str(whole.relative_to(root)), reader_of_folder(root)
    repo = session.repo()
    if ":" in name and not (session.here / name).exists():
        target = targets(session, [name])[0]
        if not target.path:
            raise UsageError(f"`{name}` is a whole revision, not a schema.")
        return os.fsdecode(target.path), reader_of_tree(repo.store, target.tree, target.shown)
    return os.fsdecode(session.path(name)), reader_of_folder(repo.root)


def _from_root(session: Session, path: str) -> str:
    """A path as tdv.toml writes it: from the root, in quotes."""
    import json

    if session.repo_or_none() is not None:
        with suppress(PathError):
            path = session.path(path).decode("utf-8", "backslashreplace")
    return json.dumps(path, ensure_ascii=False)
