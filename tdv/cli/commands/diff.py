"""`tdv diff`: which rows and fields differ between two versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tdv.cli.options import Json, Nul
from tdv.cli.session import Session
from tdv.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tdv.ops.diff import FileDiff


Words = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[A] [B] [--] [PATH…]",
        help="Two revisions, `A..B`, `A...B` (from where B left A), or one to hold the "
        "working copy against.",
    ),
]
Staged = Annotated[
    bool, typer.Option("--staged", "--cached", help="Compare HEAD (or A) with the stage.")
]
Stat = Annotated[bool, typer.Option("--stat", help="Count rows, one line a file.")]
Stats = Annotated[
    bool, typer.Option("--stats", help="Show statistics of both sides, beside each other.")
]
NameOnly = Annotated[bool, typer.Option("--name-only", help="Show paths alone.")]
NameStatus = Annotated[bool, typer.Option("--name-status", help="Show paths with A, D, M, R or T.")]
Schema = Annotated[
    bool, typer.Option("--schema", help="Show which fields came, went or changed type.")
]
Key = Annotated[
    list[str] | None,
    typer.Option("--key", "--on", metavar="FIELD", help="Match rows by this field (repeatable)."),
]
ExitCode = Annotated[
    bool, typer.Option("--exit-code", help="Exit with 1 when there are differences.")
]
Color = Annotated[bool | None, typer.Option("--color/--no-color", help="Use colour.")]


def diff(
    ctx: typer.Context,
    words: Words = None,
    staged: Staged = False,
    stat: Stat = False,
    stats: Stats = False,
    name_only: NameOnly = False,
    name_status: NameStatus = False,
    schema: Schema = False,
    key: Key = None,
    exit_code: ExitCode = False,
    color: Color = None,
    nul: Nul = False,
    json: Json = False,
) -> int:
    """Show which rows and fields differ between two versions.

    Without a revision, the working copy is compared with the stage. Rows are matched by their
    bytes, then by the key (from `--key`, or `tdv.toml` of the newer side), or else by place and
    similarity. Row numbers count from 0, as in `tdv cat --rows`.

    With --stats, the figures of `tdv stats` stand side by side, and which labels appeared,
    vanished or became more or less frequent.
    """
    from tdv.cli.render import filediffs

    session = Session.of(ctx)
    session.page()
    out = session.out
    if color is not None:
        out.color = color
    if sum((stat, stats, name_only, name_status, schema)) > 1:
        raise UsageError(
            "`--stat`, `--stats`, `--name-only`, `--name-status` and `--schema` exclude another."
        )
    if stats:
        return _write_stats(session, words or [], staged, json=json, exit_code=exit_code)
    files = _files(session, words or [], staged, tuple(key) if key else None)
    if key:
        files = _with_warnings(session, files)
    if name_only or name_status:
        count = filediffs.write_names(out, files, status=name_status, nul=nul)
    elif json:
        count = filediffs.write_json(out, files, rows=not stat, schema=schema)
    elif stat:
        count = filediffs.write_stat(out, files)
    elif schema:
        count = filediffs.write_schema(out, files)
    else:
        count = filediffs.write_rows(out, files)
    return 1 if exit_code and count else 0


def _files(
    session: Session, words: list[str], staged: bool, key: tuple[str, ...] | None
) -> Iterator[FileDiff]:
    from tdv.ops.diff import diff_trees, diff_working

    repo = session.repo()
    revisions, texts = _sorted(session, words)
    paths = [session.path(text) for text in texts]
    pair = _pair(session, revisions)
    if staged:
        if len(pair) > 1:
            raise UsageError("`--staged` compares one revision with the stage, not two.")
        old = repo.commit(repo.resolve(pair[0])).tree if pair else repo.head_tree()
        return diff_trees(repo, old, repo.stage(), paths, key=key)
    trees = [repo.commit(repo.resolve(revision)).tree for revision in pair]
    if len(trees) == 2:
        return diff_trees(repo, trees[0], trees[1], paths, key=key, shown=pair[1])
    return diff_working(
        repo, trees[0] if trees else None, paths, key=key, progress=session.progress()
    )


def _write_stats(
    session: Session, words: list[str], staged: bool, *, json: bool, exit_code: bool
) -> int:
    from tdv.cli.diffstats import write_diff_stats

    revisions, texts = _sorted(session, words)
    paths = [session.path(text) for text in texts]
    pair = _pair(session, revisions)
    different = write_diff_stats(session, pair, paths, staged=staged, json=json)
    return 1 if exit_code and different else 0


def _with_warnings(session: Session, files: Iterator[FileDiff]) -> Iterator[FileDiff]:
    """The files; a key that a file seems not to have is said."""
    for file in files:
        absent = file.absent_key_fields()
        if absent:
            named = " and ".join(f"`{session.out.safe(name)}`" for name in absent)
            session.out.warn(
                f"{session.out.path(file.path)}: the first row has no {named}; rows without it "
                "are matched by place and similarity."
            )
        yield file


def _sorted(session: Session, words: list[str]) -> tuple[list[str], list[str]]:
    """Revisions and paths."""
    before, behind = session.split(words)
    if behind is not None:
        return before, behind
    from tdv.repo.revisions import sort_words

    return sort_words(session.repo(), before, lambda word: (session.here / word).exists())


def _pair(session: Session, revisions: list[str]) -> list[str]:
    """The revisions to compare: none, one or two."""
    if len(revisions) == 1 and ".." in revisions[0]:
        left, _, right = revisions[0].partition("..")
        if right.startswith("."):
            return [_merge_base(session, left or "HEAD", right[1:] or "HEAD"), right[1:] or "HEAD"]
        return [left or "HEAD", right or "HEAD"]
    if len(revisions) > 2:
        raise UsageError(f"Two revisions can be compared, not {len(revisions)}.")
    return revisions


def _merge_base(session: Session, left: str, right: str) -> str:
    from tdv.repo.history import merge_bases

    repo = session.repo()
    bases = merge_bases(repo.commit, repo.resolve(left), repo.resolve(right))
    if not bases:
        raise UsageError(f"`{left}` and `{right}` have no commit in common.")
    return str(bases[0])
