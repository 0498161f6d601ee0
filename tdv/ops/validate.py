"""`validate`: files held against the rules of their datasets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from tdv.ops.validating.chosen import Chosen, of_tree_where
from tdv.ops.validating.engine import Engine
from tdv.ops.validating.grouping import Wanted, grouped
from tdv.ops.validating.kept import Kept
from tdv.ops.validating.unknownfields import unknown_fields
from tdv.quality.report import ValidationReport

if TYPE_CHECKING:
    from tdv.model.oid import Oid
    from tdv.repo.repository import Repo


@dataclass(frozen=True, slots=True)
class Baseline:
    """The older version against which only new findings are reported.

    Attributes:
        chosen: its files.
        shown: its name, for the report.
    """

    chosen: Chosen
    shown: str

    @classmethod
    def at(cls, repo: Repo, commit: Oid, shown: str, newer: Chosen) -> Baseline:
        """The files of a commit that have the paths of newer ones, as far as they were there."""
        paths = frozenset(file.path for file in newer.files)
        tree = repo.commit(commit).tree
        return cls(of_tree_where(repo, tree, shown, paths, str(commit)), shown)


def validate(
    engine: Engine,
    chosen: Chosen,
    wanted: Wanted,
    *,
    today: date,
    baseline: Baseline | None = None,
) -> ValidationReport:
    """Hold files against the rules of their datasets.

    The report's findings are made when they are asked for, by the engine's workers, or by this
    process once it is closed.

    Args:
        today: the day by which accepted findings expire.
        baseline: report only what is new since; thresholds see everything.

    Raises:
        ConfigError: `tdv.toml`, a schema or a rule file is wrong; the gate could not run.
        RuleFailed: a rule of the user's own raised.
    """
    found = grouped(chosen, wanted)
    engine.start(chosen.files)
    known: frozenset[bytes] = frozenset()
    if baseline is not None:
        older = replace(
            wanted, datasets=wanted.datasets or chosen.datasets, read=wanted.read or chosen.read
        )
        before = replace(baseline.chosen, whole=chosen.whole)
        base = Kept(engine, before, grouped(before, older), today)
        known = base.ids()
    kept = Kept(engine, chosen, found, today, known)
    report = kept.report()
    return replace(
        report,
        validation_id=kept.data.hex(),
        revision=chosen.revision,
        rules_digest=found.digest,
        rules_from=found.shown or "the profiles",
        skipped=chosen.skipped,
        notes=(*found.notes, *unknown_fields(found.groups, report.statistics)),
        new_from="" if baseline is None else baseline.shown,
        enumerate=kept.findings,
    )
