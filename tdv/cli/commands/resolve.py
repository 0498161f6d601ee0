"""`tdv resolve`: decide conflicts of a merge."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from tdv.cli.session import Session
from tdv.cli.text import plural
from tdv.errors import PathError, UsageError

if TYPE_CHECKING:
    from tdv.model.work import Merging
    from tdv.ops.merging.conflictchoice import Word
    from tdv.ops.resolve import Decisions
    from tdv.rowmerge.values import Choice
    from tdv.store.writer import ObjectWriter


def resolve(
    ctx: typer.Context,
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[KEY|PATH…]", help="Keys or ids of conflicts, or files; all without any."
        ),
    ] = None,
    keys: Annotated[
        list[str] | None,
        typer.Option("--key", metavar="K", help="The row with this key; may be repeated."),
    ] = None,
    ours: Annotated[bool, typer.Option("--ours", help="Take this side's values.")] = False,
    theirs: Annotated[
        bool, typer.Option("--theirs", help="Take the values that are merged in.")
    ] = False,
    base: Annotated[
        bool, typer.Option("--base", help="Take what both sides started from.")
    ] = False,
    union: Annotated[
        bool, typer.Option("--union", help="Take what both have: longer lists, given values.")
    ] = False,
    file: Annotated[
        str | None,
        typer.Option("--with", metavar="FILE|-", help="Take the row, or the file, from there."),
    ] = None,
) -> None:
    """Decide conflicts of the merge in progress.

    A word is the key of a row in conflict, the id that `tdv conflicts` shows, or a path; keys
    beside paths are looked for in those files. What a row has besides the fields in conflict
    stays merged. Editing the file and `tdv add` resolves a conflict as well.
    """
    from tdv.ops.merging.conflictchoice import choose
    from tdv.ops.resolve import resolve

    session = Session.of(ctx)
    choices: list[tuple[bool, Choice]] = [
        (ours, "ours"),
        (theirs, "theirs"),
        (base, "base"),
        (union, "union"),
    ]
    given = [choice for wanted, choice in choices if wanted]
    if len(given) + (file is not None) != 1:
        raise UsageError(
            "`tdv resolve` needs to know how: one of `--ours`, `--theirs`, `--base`, `--union` "
            "and `--with FILE`.",
            hint="`tdv conflicts` shows the values of all sides.",
        )
    repo = session.repo()
    named = _words(session, words, keys or [])
    done = resolve(
        repo,
        lambda merging: choose(repo.store, merging, named),
        _content(session, file) if file is not None else _side(session, given[0]),
        session.progress(),
    )
    _tell(session, done.resolved, len(done.files), done.left)


def _words(session: Session, words: list[str] | None, keys: list[str]) -> list[Word]:
    from tdv.ops.merging.conflictchoice import Word

    before, behind = session.split(words)
    found = [Word(text, _path(session, text)) for text in before]
    found += [Word(None, session.path(text)) for text in behind or ()]
    return [*found, *(Word(key, None) for key in keys)]


def _path(session: Session, text: str) -> bytes | None:
    try:
        return session.path(text)
    except PathError:
        return None


def _side(session: Session, choice: Choice) -> Callable[[ObjectWriter, Merging], Decisions]:
    from tdv.ops.merging.threefiles import Trees
    from tdv.ops.resolve import decisions

    store = session.repo().store

    def decide(writer: ObjectWriter, merging: Merging) -> Decisions:
        return decisions(store, Trees(merging.base, merging.before, merging.other), choice)

    return decide


def _content(session: Session, file: str) -> Callable[[ObjectWriter, Merging], Decisions]:
    from tdv.ops.merging.resolvewith import Given

    repo = session.repo()
    data = _read(session, file)
    return lambda writer, merging: Given(repo, writer, merging, file, data).decisions()


def _read(session: Session, file: str) -> bytes:
    import sys  # stdin is read nowhere else

    try:
        return sys.stdin.buffer.read() if file == "-" else (session.here / file).read_bytes()
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}.") from error


def _tell(session: Session, resolved: int, files: int, left: int) -> None:
    out = session.out
    merging = session.repo().work().merging
    kind = "merge" if merging is None else merging.kind
    done = f"{plural(resolved, 'conflict')} in {plural(files, 'file')} resolved"
    if left:
        out.say(f"{done}; {left:,} left.")
    else:
        out.say(f"{done}; none is left: `tdv {kind} --continue` finishes the {kind}.")
