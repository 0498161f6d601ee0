"""`tdv validate`: data held against rules, and what CI scripts gate on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tdv.cli.options import CacheDir, Form, Jobs, Json, MemoryLimit, NoCache
from tdv.cli.session import Session
from tdv.cli.text import plural
from tdv.errors import UsageError
from tdv.quality.finding import Level

if TYPE_CHECKING:
    from tdv.quality.report import ValidationReport

Words = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[REF[:PATH] | FILE | -]…",
        help="A revision, files of one, files or folders on disk, or standard input.",
    ),
]
Staged = Annotated[bool, typer.Option("--staged", "--cached", help="Judge the stage.")]
Profile = Annotated[
    str,
    typer.Option(
        "--profile", metavar="NAME", help="Judge by `generic`, or one of `tdv schema ls`."
    ),
]
Select = Annotated[
    list[str] | None,
    typer.Option("--select", metavar="RULES", help="Only these codes, prefixes, families, names."),
]
Ignore = Annotated[
    list[str] | None, typer.Option("--ignore", metavar="RULES", help="All but these.")
]
ExtendSelect = Annotated[
    list[str] | None, typer.Option("--extend-select", metavar="RULES", help="These as well.")
]
Sets = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="A threshold or a parameter: `max_duplicates=0.05`, `TXT003.max_words=300`.",
    ),
]
FailOn = Annotated[
    str,
    typer.Option("--fail-on", metavar="error|warning|never", help="What makes it exit with 1."),
]
ExitZero = Annotated[
    bool,
    typer.Option("--exit-zero", help="Exit with 0 whatever is found; never when it cannot run."),
]
Outputs = Annotated[
    list[str] | None,
    typer.Option(
        "-o",
        "--output",
        metavar="FORMAT=FILE",
        help="Also write text, concise, json, jsonl, junit, sarif or github; `-` is stdout.",
    ),
]
Statistics = Annotated[
    bool, typer.Option("--statistics", help="Count by rule, and show no findings.")
]
MaxFindings = Annotated[
    int | None,
    typer.Option(
        "--max-findings", min=0, metavar="N", help="At most so many in each output; counts stay."
    ),
]
Isolated = Annotated[bool, typer.Option("--isolated", help="Ignore tdv.toml and installed rules.")]
Config = Annotated[
    str,
    typer.Option("--config", metavar="FILE|REF", help="The rules of another file or revision."),
]
NewFrom = Annotated[
    str,
    typer.Option("--new-from", metavar="REF", help="Report only what is new since a revision."),
]
New = Annotated[
    bool,
    typer.Option("--new", help="Likewise since the merge base with the upstream or main."),
]
AddAllow = Annotated[
    bool, typer.Option("--add-allow", help="Accept what is found: add it to tdv.toml.")
]
Reason = Annotated[str, typer.Option("--reason", help="Why, for --add-allow.")]
Until = Annotated[
    str, typer.Option("--until", metavar="YYYY-MM-DD", help="The last day, for --add-allow.")
]
Record = Annotated[bool, typer.Option("--record", help="Keep the result as a note on the commit.")]
Timings = Annotated[bool, typer.Option("--timings", help="Say on stderr which rule took how long.")]


def validate(
    ctx: typer.Context,
    words: Words = None,
    staged: Staged = False,
    form: Form = "",
    profile: Profile = "",
    select: Select = None,
    ignore: Ignore = None,
    extend_select: ExtendSelect = None,
    sets: Sets = None,
    fail_on: FailOn = "",
    exit_zero: ExitZero = False,
    outputs: Outputs = None,
    json: Json = False,
    statistics: Statistics = False,
    max_findings: MaxFindings = None,
    isolated: Isolated = False,
    config: Config = "",
    new_from: NewFrom = "",
    new: New = False,
    add_allow: AddAllow = False,
    reason: Reason = "",
    until: Until = "",
    record: Record = False,
    jobs: Jobs = None,
    memory_limit: MemoryLimit = "",
    cache_dir: CacheDir = None,
    no_cache: NoCache = False,
    timings: Timings = False,
) -> int:
    """Hold data against the rules of its datasets.

    Without words, the tracked files of the working copy that belong to a dataset of `tdv.toml`.
    What was judged once is remembered, so that time follows what changed.

    Exit codes: 0 valid; 1 findings of the level that `--fail-on` says (error), or a threshold that
    fails; 2 the rules could not be applied.
    """
    import tempfile
    from time import perf_counter

    from tdv.cli import judged
    from tdv.cli.render.validation.outputs import parse_outputs, write_outputs
    from tdv.cli.render.validation.writer import Wishes
    from tdv.ops.gate import passes
    from tdv.ops.qualitynotes import refuse_part
    from tdv.ops.validate import validate as judge
    from tdv.ops.validating.engine import Engine
    from tdv.ops.validating.grouping import description_of

    begun = perf_counter()
    session = Session.of(ctx)
    asked = parse_outputs(outputs or (), json=json, here=session.here)
    _check(fail_on, reason, until, add_allow=add_allow, elsewhere=isolated or bool(config))
    wanted = judged.wanted(
        session,
        profile=profile,
        select=select or (),
        ignore=ignore or (),
        extend=extend_select or (),
        sets=sets or (),
        isolated=isolated,
        config=config,
    )
    compute = judged.computing(
        session, cache_dir=cache_dir, no_cache=no_cache, jobs=jobs, limit=memory_limit
    )
    with (
        tempfile.TemporaryDirectory(prefix="tdv-") as spool,
        Engine(compute, session.progress()) as engine,
    ):
        chosen = judged.choose(
            session,
            words or (),
            staged=staged,
            form=form,
            spool=Path(spool),
            datasets=wanted.instead,
        )
        level = fail_on or description_of(chosen, wanted).fail_on or "error"
        judged.refuse_nothing(chosen)
        baseline = judged.baseline(session, chosen, new_from, new=new)
        if record:
            refuse_part(
                commit=bool(chosen.revision),
                part=not chosen.whole,
                rules=bool(select or ignore),
                since=baseline is not None,
            )
        report = judge(engine, chosen, wanted, today=judged.today(), baseline=baseline)
        judged.refuse_emptiness(report)
        wishes = Wishes(
            max_findings=max_findings,
            shown=judged.shown(session, chosen),
            statistics=statistics,
            fail_on=None if level == "never" else Level(level),
            run=judged.run(engine, perf_counter() - begun),
            summary=session.env.get("GITHUB_STEP_SUMMARY", ""),
        )
        write_outputs(session.out, report, asked, wishes)
        if record:
            _record(session, report)
        if add_allow:
            _add_allow(session, report, reason, until)
        if timings:
            judged.say_timings(session.out, engine)
    return 0 if exit_zero or add_allow or passes(report, level) else 1


def _check(fail_on: str, reason: str, until: str, *, add_allow: bool, elsewhere: bool) -> None:
    """Refuse options that do not go together."""
    if fail_on not in ("", "error", "warning", "never"):
        raise UsageError(f"`--fail-on` is `error`, `warning` or `never`, not `{fail_on}`.")
    if not add_allow and (reason or until):
        raise UsageError("`--reason` and `--until` are for `--add-allow`.")
    if add_allow and elsewhere:
        raise UsageError("`--add-allow` writes tdv.toml, so it cannot go with `--config`.")
    if add_allow and not reason:
        raise UsageError("`--add-allow` needs a `--reason`.")


def _record(session: Session, report: ValidationReport) -> None:
    """Keep the report as a note on its commit."""
    from tdv.model.oid import Oid
    from tdv.ops.qualitynotes import record

    changed = record(session.repo(), Oid.parse(report.revision), report)
    done = "Recorded" if changed else "Already recorded"
    session.out.say(f"{done} with commit {report.revision[:10]}; `tdv log --quality` shows it.")


def _add_allow(session: Session, report: ValidationReport, reason: str, until: str) -> None:
    """Write what was found into `tdv.toml` as accepted."""
    from tdv.ops.dataset import accept

    added = accept(session.repo(), report.findings(), reason, until)
    session.out.say(f"Added {plural(added, 'entry', 'entries')} of `[[allow]]` to tdv.toml.")
