"""`diff --stats`: the two sides that the words name, and what is told of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tdv.cli.session import Session
from tdv.errors import PathError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeAlias

    from tdv.ops.stats import Beside
    from tdv.ops.validating.chosen import Chosen

    Side: TypeAlias = "tuple[str, Callable[[], Chosen]]"

TOP = 10


def write_diff_stats(
    session: Session, pair: Sequence[str], paths: Sequence[bytes], *, staged: bool, json: bool
) -> int:
    """Write the statistics of two sides, beside each other; how many figures differ.

    Args:
        pair: none, one or two revisions; what is missing is the stage and the working copy, or,
            of `staged`, HEAD and the stage.
    """
    from tdv.cli.render.sidebyside import difference_lines
    from tdv.cli.render.statsdocument import diff_stats_json

    out = session.out
    old, new = _sides(session, pair, paths, staged)
    datasets = _compared(session, old, new)
    names = (old.shown, new.shown)
    if json:
        out.json("tdv.diff-stats/1", diff_stats_json(names, datasets))
    else:
        for place, each in enumerate(datasets):
            if place:
                out.line()
            if len(datasets) > 1 or each.dataset:
                name = out.safe(each.dataset or ", ".join(each.paths))
                out.line(out.style(name, "bold"))
            for line in difference_lines(out, names, each.old, each.new, top=TOP):
                out.line(line)
    return sum(each.old != each.new for each in datasets)


def _compared(session: Session, old: Chosen, new: Chosen) -> list[Beside]:
    from tdv.cli.judged import computing, wanted
    from tdv.ops.stats import side_by_side, stats
    from tdv.ops.validating.engine import Engine

    how = computing(session, cache_dir=None, no_cache=False, jobs=None, limit="")
    # What the newer side says of its datasets holds for both, as for a diff of rows.
    rules = replace(wanted(session, profile=""), datasets=new.datasets, read=new.read)
    with Engine(how, session.progress()) as engine:
        return side_by_side(stats(engine, old, rules), stats(engine, new, rules))


def _sides(
    session: Session, pair: Sequence[str], paths: Sequence[bytes], staged: bool
) -> tuple[Chosen, Chosen]:
    from tdv.ops.validating import chosen

    repo = session.repo()

    def at(revision: str) -> Side:
        commit = repo.resolve(revision)
        tree = repo.commit(commit).tree
        return revision, lambda: chosen.of_tree(repo, tree, revision, paths, str(commit))

    stage: Side = ("the stage", lambda: chosen.of_tree(repo, repo.stage(), "the stage", paths))
    working: Side = (
        "the working copy",
        lambda: chosen.of_working_copy(repo, paths, session.progress()),
    )
    if staged:
        if len(pair) > 1:
            raise UsageError("`--staged` compares one revision with the stage, not two.")
        return _both(at(pair[0] if pair else "HEAD"), stage)
    if len(pair) == 2:
        return _both(at(pair[0]), at(pair[1]))
    return _both(at(pair[0]) if pair else stage, working)


def _both(old: Side, new: Side) -> tuple[Chosen, Chosen]:
    """Two sides; a path has to be there on one of them."""
    try:
        right = new[1]()
    except PathError:
        left = old[1]()
        return left, _empty(left, new[0])
    try:
        return old[1](), right
    except PathError:
        return _empty(right, old[0]), right


def _empty(other: Chosen, shown: str) -> Chosen:
    return replace(other, files=(), skipped={}, revision="", shown=shown)
