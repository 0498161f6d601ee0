"""`tdv debug`: plumbing, to look inside a repository."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from tdv.cli.options import Json, Nul, command_group, verb
from tdv.cli.session import Session
from tdv.cli.targets import targets
from tdv.cli.text import human_size, plural
from tdv.errors import PathError

app = command_group("Look inside the store: objects, chunks, packs, revisions.")


@verb(app, "rev-parse")
def rev_parse(
    ctx: typer.Context,
    revisions: Annotated[list[str], typer.Argument(metavar="REF…", help="Revisions to resolve.")],
    short: Annotated[bool, typer.Option("--short", help="Print ten digits only.")] = False,
) -> None:
    """Print the oid of the commit that each revision names."""
    session = Session.of(ctx)
    for revision in revisions:
        oid = session.repo().resolve(revision)
        session.out.line(oid.short if short else str(oid))


@verb(app, "check-ignore")
def check_ignore(
    ctx: typer.Context,
    paths: Annotated[list[str], typer.Argument(metavar="PATH…", help="Paths to ask about.")],
    explain: Annotated[
        bool, typer.Option("--explain", "-v", help="Show the rule that decides for each path.")
    ] = False,
    nul: Nul = False,
) -> int:
    """Print those of the paths that `.tdvignore` leaves out.

    Exit code 0 when at least one is left out, 1 when none is.
    """
    from tdv.repo.ignore import Ignore

    session = Session.of(ctx)
    root = os.fsencode(session.repo().root)
    ignore = Ignore(root)
    found = False
    for text in paths:
        path = session.path(text)
        folder = os.path.isdir(os.path.join(root, path)) or text.endswith("/")
        if not path or not ignore.ignores_path(path, folder):
            continue
        found = True
        rule = ignore.check(path, folder) if explain else None
        if nul:
            session.out.data(os.fsencode(text) + b"\0")
        elif rule is not None:
            pattern = rule.pattern.decode("utf-8", "surrogateescape")
            source = f"{session.out.path(rule.source)}:{rule.line}"
            session.out.line(session.out.safe(f"{source}\t{pattern}\t{text}"))
        else:
            session.out.line(session.out.path(os.fsencode(text)))
    return 0 if found else 1


@verb(app, "cat-object")
def cat_object(
    ctx: typer.Context,
    oid: Annotated[str, typer.Argument(metavar="OID", help="An oid, or the start of one.")],
    kind: Annotated[bool, typer.Option("--kind", "-t", help="Print its kind.")] = False,
    size: Annotated[bool, typer.Option("--size", "-s", help="Print its size in bytes.")] = False,
    pretty: Annotated[
        bool, typer.Option("--pretty", "-p", help="Decode metadata instead of printing its bytes.")
    ] = False,
) -> None:
    """Print the payload of an object."""
    from tdv.ops.debug import decoded, find_object

    session = Session.of(ctx)
    store = session.repo().store
    full, its_kind = find_object(store, oid)
    if kind:
        session.out.line(its_kind.name.lower())
        return
    payload = store.get(full, its_kind)
    if size:
        session.out.line(str(len(payload)))
        return
    value = decoded(its_kind, payload) if pretty else None
    if value is None:
        session.out.data(payload)
    else:
        session.out.line(session.out.safe(repr(value)))


@verb(app, "ls-chunks")
def ls_chunks(
    ctx: typer.Context,
    words: Annotated[list[str], typer.Argument(metavar="[REF:]PATH", help="A file.")],
    json: Json = False,
) -> None:
    """List the chunks of a file.

    A line has the oid, records, bytes, encoding, stored bytes, and how many objects are decoded
    to read it.
    """
    from tdv.model.entry import FileEntry
    from tdv.ops.debug import list_chunks
    from tdv.store.trees import lookup

    session = Session.of(ctx)
    out, store = session.out, session.repo().store
    for target in targets(session, words):
        entry = lookup(store, target.tree, target.path)
        if not isinstance(entry, FileEntry):
            raise PathError(f"{out.path(target.path) or target.shown} is not a file.")
        for chunk in list_chunks(store, entry):
            info = chunk.info
            if json:
                out.json_line(
                    {
                        "schema": "tdv.ls-chunks/1",
                        "oid": str(chunk.oid),
                        "records": chunk.records,
                        "offset": chunk.offset,
                        "bytes": chunk.size,
                        "encoding": info.encoding.name.lower(),
                        "stored": info.stored,
                        "decodes": info.decodes,
                        "bases": [str(base) for base in info.bases],
                        "pack": info.pack,
                    }
                )
            else:
                out.line(
                    f"{chunk.oid}  {chunk.records:>8}  {chunk.size:>9}  "
                    f"{info.encoding.name.lower():<10}  {info.stored:>8}  {info.decodes:>2}"
                )


@verb(app, "packs")
def packs(ctx: typer.Context, json: Json = False) -> None:
    """List the packs with their bytes and objects."""
    from tdv.ops.debug import list_packs

    session = Session.of(ctx)
    for pack in list_packs(session.repo().store):
        if json:
            session.out.json_line(
                {
                    "schema": "tdv.packs/1",
                    "name": pack.name,
                    "bytes": pack.size,
                    "objects": pack.objects,
                    "kinds": dict(pack.kinds),
                }
            )
        else:
            kinds = ", ".join(f"{count} {kind}" for kind, count in pack.kinds)
            objects = plural(pack.objects, "object")
            session.out.line(f"{pack.name}  {human_size(pack.size)}  {objects}: {kinds}")
