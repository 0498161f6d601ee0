"""`tdv stats`: what a version of the data looks like."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from tdv.cli.options import CacheDir, Form, Jobs, Json, MemoryLimit, NoCache
from tdv.cli.session import Session
from tdv.cli.text import plural
from tdv.errors import UsageError

if TYPE_CHECKING:
    from tdv.cli.output import Output
    from tdv.ops.stats import Stats

TOP = 10


def stats(
    ctx: typer.Context,
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[REF[:PATH] | FILE | -] [-- PATH…]",
            help="A revision, files of one, files, or standard input; the working copy by default.",
        ),
    ] = None,
    by: Annotated[
        str, typer.Option("--by", metavar="FIELD", help="A column for each value of this field.")
    ] = "",
    num: Annotated[
        list[str] | None,
        typer.Option("--num", metavar="FIELD", help="Count this field's numbers (repeatable)."),
    ] = None,
    tokens: Annotated[bool, typer.Option("--tokens", help="Show tokens by model alone.")] = False,
    plot: Annotated[bool, typer.Option("--plot", help="Draw bars.")] = False,
    top: Annotated[
        int, typer.Option("--top", metavar="N", help="List so many values of a field.")
    ] = TOP,
    profile: Annotated[
        str, typer.Option("--profile", metavar="NAME", help="Take the fields of this profile.")
    ] = "",
    staged: Annotated[bool, typer.Option("--staged", help="Take the stage.")] = False,
    form: Form = "",
    output: Annotated[
        str,
        typer.Option("-o", "--output", metavar="FILE", help="Write to this file; `.json` is JSON."),
    ] = "",
    jobs: Jobs = None,
    memory_limit: MemoryLimit = "",
    cache_dir: CacheDir = None,
    no_cache: NoCache = False,
    json: Json = False,
) -> None:
    """Show what a version of the data looks like: counts, lengths, labels, numbers, duplicates.

    Datasets come from `tdv.toml`, and which field is what from their profile; files of no dataset
    go by the usual names of fields. What was found out of rows is remembered, and shared with
    `tdv validate`: after a change only what changed is read.

    With --by, every value of a field has a column; of a field with lists, every item. Figures are
    rounded to 6 significant digits in JSON; `~` marks percentiles that are off by at most 0.05 %.
    """
    from tdv.cli import judged
    from tdv.cli.render.statsdocument import stats_json, written_to
    from tdv.cli.render.statspage import write_stats
    from tdv.ops.stats import Asked
    from tdv.ops.stats import stats as compute
    from tdv.ops.validating.engine import Engine

    session = Session.of(ctx)
    session.page()
    if top < 1:
        raise UsageError(f"`--top {top}` lists nothing.")
    if by and tokens:
        raise UsageError("`--by` and `--tokens` exclude each other.")
    asked = Asked(by, top, tuple(num or ()), plot)
    wanted = judged.wanted(session, profile=profile)
    how = judged.computing(
        session, cache_dir=cache_dir, no_cache=no_cache, jobs=jobs, limit=memory_limit
    )
    with ExitStack() as held:
        out = held.enter_context(written_to(session.out, session.here, output))
        engine = held.enter_context(Engine(how, session.progress()))
        spool = Path(held.enter_context(TemporaryDirectory(prefix="tdv-")))
        chosen = judged.choose(session, words or [], staged=staged, form=form, spool=spool)
        found = compute(engine, chosen, wanted, asked)
        if json or output.endswith(".json"):
            out.json("tdv.stats/1", stats_json(found, only="token_usage" if tokens else ""))
        else:
            write_stats(out, found, tokens=tokens, plot=plot, top=top)
    _say(session.out, found, output, tokens=tokens)


def _say(out: Output, found: Stats, output: str, *, tokens: bool) -> None:
    for note in found.notes:
        out.say(note)
    for path, why in found.skipped.items():
        out.detail(f"{out.safe(path)} is left out: {why}.")
    if not found.datasets:
        out.warn(f"There are no rows in {found.shown}.")
    elif tokens and not any("token_usage" in each.figures.statistics for each in found.datasets):
        out.warn("No row names a model or how many tokens it used.")
    if found.skipped:
        out.say(f"{plural(len(found.skipped), 'file')} without rows left out; `-v` names them.")
    if output not in ("", "-"):
        out.say(f"Wrote {output}.")
