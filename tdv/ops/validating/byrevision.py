"""Analyses of one repository: which files, what is remembered, and what a program may ask for."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from tdv.model.oid import Oid
from tdv.ops.progress import SILENT, Progress
from tdv.ops.validate import Baseline, validate
from tdv.ops.validating.chosen import Chosen, of_tree, of_working_copy
from tdv.ops.validating.engine import Computing, Engine
from tdv.ops.validating.grouping import Wanted
from tdv.quality.configuring.overrides import Overrides
from tdv.quality.registry import Selection
from tdv.repo import layout
from tdv.repo.datasets import Datasets
from tdv.repo.history import merge_bases
from tdv.repo.remembered import cache_folder, cache_limit
from tdv.repo.trust import Trust

if TYPE_CHECKING:
    from tdv.quality.report import ValidationReport
    from tdv.repo.repository import Repo


@dataclass(frozen=True)
class Asked:
    """What is to be validated, and how.

    Attributes:
        revision: None for the working copy.
        paths: only these files and folders; () for all that belong to a dataset.
        profile: instead of that of `tdv.toml`; "" for none.
        select, ignore, extend_select: words as `--select` takes them.
        values: thresholds, and parameters of rules, by their names as `--set` takes them.
        config: the revision whose `tdv.toml`, schemas and rule files count; "" for the data's own.
        isolated: no `tdv.toml` counts, nor installed rules.
        new_from: the revision since which findings are new; "" reports all.
    """

    revision: str | None = None
    paths: tuple[bytes, ...] = ()
    profile: str = ""
    select: Sequence[str] = ()
    ignore: Sequence[str] = ()
    extend_select: Sequence[str] = ()
    values: Mapping[str, object] | None = None
    config: str = ""
    isolated: bool = False
    new_from: str = ""

    def wanted(self, repo: Repo) -> Wanted:
        """How to judge."""
        sets = tuple(f"{name}={_spelled(value)}" for name, value in (self.values or {}).items())
        chosen = tuple(self.select) or None
        selection = Selection(chosen, tuple(self.ignore), tuple(self.extend_select))
        described = (layout.DATASETS.encode(),)
        rules = chosen_at(repo, self.config, described) if self.config else None
        return Wanted(
            overrides=Overrides(sets, selection),
            profile=self.profile,
            datasets=None if rules is None else rules.datasets,
            read=None if rules is None else rules.read,
            isolated=self.isolated,
            trust=Trust(repo.caller.user_config),
        )

    def chosen(self, repo: Repo, wanted: Wanted, progress: Progress) -> Chosen:
        """The files."""
        return chosen_at(repo, self.revision, self.paths, wanted.instead, progress)

    def baseline(self, repo: Repo, chosen: Chosen) -> Baseline | None:
        """What findings are held against."""
        if not self.new_from:
            return None
        return Baseline.at(repo, repo.resolve(self.new_from), self.new_from, chosen)


def chosen_at(
    repo: Repo,
    revision: str | None,
    paths: Sequence[bytes] = (),
    datasets: Datasets | None = None,
    progress: Progress = SILENT,
) -> Chosen:
    """Files of a revision; of None those of the working copy.

    Args:
        paths: files, folders and patterns; () for all that belong to a dataset.
        datasets: instead of what the `tdv.toml` beside the files says.

    Raises:
        RevisionError, PathError: there is no such revision or file.
        ConfigError: `tdv.toml` is wrong.
    """
    if revision is None:
        return of_working_copy(repo, paths, progress, datasets)
    commit = repo.resolve(revision)
    return of_tree(repo, repo.commit(commit).tree, revision, paths, str(commit), datasets)


def computing(repo: Repo, jobs: int | None = None) -> Computing:
    """How to compute, with what the repository remembers.

    Raises:
        ConfigError: `cache.limit` is no size.
    """
    folder = cache_folder(repo.config, repo.folder)
    return Computing(folder, jobs, cache_limit=cache_limit(repo.config))


def parting(repo: Repo, chosen: Chosen) -> Oid | None:
    """Where the line of history of some files left that of `main`, the upstream's first.

    None where they are of `main` itself, or there is none.
    """
    here = Oid.parse(chosen.revision) if chosen.revision else repo.head().commit
    for name in (f"origin/{layout.DEFAULT_BRANCH}", layout.DEFAULT_BRANCH):
        other = repo.refs.branch(name)
        if other is not None and here is not None and other != here:
            bases = merge_bases(repo.commit, here, other)
            if bases:
                return bases[0]
    return None


def validated(
    repo: Repo, asked: Asked, *, today: date, jobs: int | None = None, progress: Progress = SILENT
) -> ValidationReport:
    """The validation that is asked for, with what the repository remembers.

    Raises:
        RevisionError, PathError: a revision or a path names nothing.
        ConfigError, UsageError: `tdv.toml`, a schema or what is asked for is wrong.
        RuleFailed: a rule of the user's own raised.
    """
    with Engine(computing(repo, jobs), progress) as engine:
        wanted = asked.wanted(repo)
        chosen = asked.chosen(repo, wanted, progress)
        baseline = asked.baseline(repo, chosen)
        return validate(engine, chosen, wanted, today=today, baseline=baseline)


def _spelled(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
