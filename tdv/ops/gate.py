"""`[gate] on = "commit"`: what is to be committed has to pass the validation that it describes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from tdv.errors import ConfigError, Findings
from tdv.formats.contents import Contents
from tdv.model.commit import Operation, Signature
from tdv.ops.progress import SILENT, Progress
from tdv.quality.finding import Level
from tdv.repo import layout
from tdv.repo.datasets import MAX_SIZE, Datasets
from tdv.store import trees
from tdv.version import __version__

if TYPE_CHECKING:
    from tdv.model.oid import Oid
    from tdv.quality.report import ValidationReport
    from tdv.repo.repository import Repo
    from tdv.store.access import ObjectReader
    from tdv.store.writer import ObjectWriter

PAST = ("verify", False)


class GateFailed(Findings):
    """What was to be committed does not pass its gate; nothing was committed.

    Args:
        asks: the command that shows the same.

    Attributes:
        report: what was found.
    """

    def __init__(self, report: ValidationReport, asks: str = "tdv validate --staged") -> None:
        outcome = report.message.partition(": ")[2]
        super().__init__(
            f"Nothing was committed: the gate of {layout.DATASETS} did not pass, with {outcome}",
            hint=f"`{asks}` shows all of it; `tdv commit --no-verify` commits it all the same, "
            "which the commit says.",
        )
        self.report = report


def hold(
    repo: Repo,
    writer: ObjectWriter,
    tree: Oid,
    operation: Operation | None,
    *,
    verify: bool,
    staged: bool = True,
    progress: Progress = SILENT,
) -> Operation | None:
    """Hold what is to be committed against its gate, if it has one that runs at commit.

    Args:
        writer: has the tree, and publishes it when it has to be read.
        tree: of the commit to come.
        operation: of the commit to come.
        verify: whether the gate has to be passed.
        staged: whether the tree is the stage's, and not the working copy's.

    Returns:
        the operation, which says so when there was a gate that was not asked.

    Raises:
        GateFailed: it does not pass.
        ConfigError, UsageError: the gate cannot run: `tdv.toml` or a rule file is wrong.
    """
    if not _may_have_gate(writer, tree):
        return operation
    writer.publish()
    if not verify:
        return _past(operation) if _stands(repo, tree) else operation
    described = Datasets.of_tree(repo.store, tree).description
    if described.on != "commit":
        return operation
    report = judged(repo, tree, progress)
    if not passes(report, described.fail_on):
        raise GateFailed(report, "tdv validate --staged" if staged else "tdv validate")
    return operation


def _stands(repo: Repo, tree: Oid) -> bool:
    """Whether there is a gate to pass; a `tdv.toml` that cannot be read may have one."""
    try:
        return Datasets.of_tree(repo.store, tree).description.on == "commit"
    except ConfigError:
        return True


def _may_have_gate(reader: ObjectReader, tree: Oid) -> bool:
    """Whether `tdv.toml` has the word: most have not, and need not even be well formed."""
    entry = trees.file_at(reader, tree, layout.DATASETS.encode())
    if entry is None:
        return False
    return entry.size > MAX_SIZE or b"gate" in b"".join(Contents(entry, reader).blocks())


def _past(operation: Operation | None) -> Operation:
    """The operation with the mark that the gate was not asked."""
    if operation is None:
        return Operation("commit", (PAST,), tdv_version=__version__)
    params = {name: value for name, value in (*operation.params, PAST)}
    return replace(operation, params=tuple(sorted(params.items())))


def passes(report: ValidationReport, fail_on: str) -> bool:
    """Whether a report lets its data pass: every threshold holds, and no finding is too bad.

    Args:
        fail_on: findings of this level and worse fail: `error` (which "" means too) or
            `warning`; under `never` only thresholds do.
    """
    worst = None if fail_on == "never" else Level(fail_on or "error")
    bad = worst is not None and any(
        report.count(level) for level in Level if level.rank <= worst.rank
    )
    return not bad and all(gauge.passed for gauge in report.gauges)


def judged(repo: Repo, tree: Oid, progress: Progress) -> ValidationReport:
    """The validation of a tree by what its own `tdv.toml` says.

    Accepted findings expire by the day of the commit to come.
    """
    # Most commits have no gate, and these import numpy.
    from tdv.ops.validate import validate
    from tdv.ops.validating.byrevision import computing
    from tdv.ops.validating.chosen import of_tree
    from tdv.ops.validating.engine import Engine
    from tdv.ops.validating.grouping import Wanted
    from tdv.repo.trust import Trust

    wanted = Wanted(trust=Trust(repo.caller.user_config))
    with Engine(computing(repo), progress) as engine:
        chosen = of_tree(repo, tree, "the stage")
        return validate(engine, chosen, wanted, today=_day(repo.committer()))


def _day(who: Signature) -> date:
    return (datetime(1970, 1, 1) + timedelta(seconds=who.seconds, minutes=who.offset)).date()
