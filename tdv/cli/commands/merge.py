"""`tdv merge`: bring another line of history into this one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from tdv.cli.options import DryRun, Json
from tdv.cli.session import Session
from tdv.errors import UsageError

if TYPE_CHECKING:
    from tdv.model.work import MergeKind
    from tdv.ops.merging.treemerge import Rules
    from tdv.rowmerge.values import Favour

STRATEGIES: tuple[Favour, ...] = ("ours", "theirs", "union")
Strategy = Annotated[
    str,
    typer.Option(
        "--strategy",
        "-X",
        metavar="ours|theirs|union",
        help="Where both changed the same: take this side, or what both have.",
    ),
]
Abort = Annotated[
    bool, typer.Option("--abort", help="Take back what is in progress, files included.")
]
Continue = Annotated[
    bool, typer.Option("--continue", help="Commit it, once all conflicts are resolved.")
]


def merge(
    ctx: typer.Context,
    revision: Annotated[
        str | None, typer.Argument(metavar="REV", help="The branch or commit to merge.")
    ] = None,
    message: Annotated[
        list[str] | None,
        typer.Option(
            "-m", "--message", metavar="TEXT", help="The message; several make paragraphs."
        ),
    ] = None,
    no_forward: Annotated[
        bool, typer.Option("--no-ff", help="Make a merge commit also where none is needed.")
    ] = False,
    only_forward: Annotated[
        bool, typer.Option("--ff-only", help="Refuse where a merge commit is needed.")
    ] = False,
    squash: Annotated[
        bool, typer.Option("--squash", help="Stage the result, for a commit with one parent.")
    ] = False,
    no_commit: Annotated[
        bool, typer.Option("--no-commit", help="Stage the result, and wait for `tdv commit`.")
    ] = False,
    strategy: Strategy = "",
    key: Annotated[
        list[str] | None,
        typer.Option(
            "--key", "--on", metavar="FIELD", help="What tells rows apart, over tdv.toml."
        ),
    ] = None,
    unrelated: Annotated[
        bool,
        typer.Option("--allow-unrelated-histories", help="Also without a common commit."),
    ] = False,
    abort: Abort = False,
    continue_: Continue = False,
    dry_run: DryRun = False,
    json: Json = False,
) -> int:
    """Bring what another branch changed into this one, row by row and field by field.

    Rows are matched by their key, if `tdv.toml` or --key names one, else by place and
    likeness. What both sides changed differently becomes a conflict: the exit code is then 1,
    `tdv conflicts` lists them, `tdv resolve` decides them.
    """
    session = Session.of(ctx)
    if abort or continue_:
        return finish(session, "merge", abort, continue_, revision, message)
    if revision is None:
        raise UsageError("`tdv merge` needs a branch or commit.", hint="`tdv branch` lists them.")
    if no_forward and only_forward:
        raise UsageError("`--no-ff` and `--ff-only` contradict each other.")
    if squash and no_forward:
        raise UsageError("`--squash` makes no merge commit, so `--no-ff` has no meaning.")
    from tdv.cli.render import merged as render
    from tdv.ops.merge import merge

    repo = session.repo()
    forward: Literal["auto", "never", "only"] = "never" if no_forward else "auto"
    done = merge(
        repo,
        repo.resolve(revision),
        name=_name(session, revision),
        message="\n\n".join(message) if message else None,
        forward="only" if only_forward else forward,
        squash=squash,
        commit=not no_commit,
        rules=rules(strategy, key),
        unrelated=unrelated,
        dry_run=dry_run,
        progress=session.progress(),
    )
    if json:
        session.out.json(render.SCHEMA, render.document(done))
        return 1 if done.conflicts else 0
    return render.write(session, done, "merge")


def finish(
    session: Session,
    verb: MergeKind,
    abort: bool,
    continue_: bool,
    revision: str | None,
    message: list[str] | None = None,
) -> int:
    """`--abort` or `--continue` of a merge, revert or cherry-pick."""
    from tdv.cli.commands.commit import tell_committed, tell_refused
    from tdv.cli.render.merged import write_aborted
    from tdv.ops.commit import commit
    from tdv.ops.gate import GateFailed
    from tdv.ops.merging.inprogress import merging_in_progress
    from tdv.ops.merging.mergework import abort as take_back

    if abort and continue_:
        raise UsageError("`--abort` and `--continue` contradict each other.")
    if revision is not None:
        option = "--abort" if abort else "--continue"
        raise UsageError(f"`{option}` is about what is in progress, and takes no revision.")
    repo = session.repo()
    if abort:
        write_aborted(session, take_back(repo, verb, session.progress()))
        return 0
    merging_in_progress(repo, verb)
    text = "\n\n".join(message) if message else None
    try:
        done = commit(repo, text, progress=session.progress())
    except GateFailed as failed:
        tell_refused(session, failed)
        raise
    tell_committed(session, done)
    return 0


def rules(strategy: str, key: list[str] | None) -> Rules:
    """How to merge, from the options."""
    from tdv.ops.merging.treemerge import Rules

    favour: Favour = next((each for each in STRATEGIES if each == strategy), "")
    if favour != strategy:
        raise UsageError(
            f"There is no strategy `{strategy}`; there are `ours`, `theirs` and `union`."
        )
    return Rules(tuple(key or ()), favour)


def _name(session: Session, revision: str) -> str:
    """How the message names what is merged."""
    repo = session.repo()
    if repo.refs.branch(revision) is not None:
        return f"branch '{revision}'"
    if repo.refs.tag(revision) is not None:
        return f"tag '{revision}'"
    return f"commit '{revision}'"
