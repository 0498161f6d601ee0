"""A validation of one repository, asked for by a program: what the options of `validate` say."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from tdv.ops.progress import SILENT, Progress
from tdv.ops.validate import Baseline, validate
from tdv.ops.validating.chosen import Chosen, of_tree, of_tree_where, of_working_copy
from tdv.ops.validating.engine import Computing, Engine
from tdv.ops.validating.grouping import Wanted
from tdv.quality.configuring.overrides import Overrides
from tdv.quality.registry import Selection
from tdv.repo.datasets import Datasets
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
        rules = self._of(repo, self.config, (b"tdv.toml",)) if self.config else None
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
        if self.revision is None:
            return of_working_copy(repo, self.paths, progress, wanted.instead)
        return self._of(repo, self.revision, self.paths, wanted.instead)

    def baseline(self, repo: Repo, chosen: Chosen) -> Baseline | None:
        """What findings are held against."""
        if not self.new_from:
            return None
        commit = repo.resolve(self.new_from)
        paths = frozenset(file.path for file in chosen.files)
        tree = repo.commit(commit).tree
        older = of_tree_where(repo, tree, self.new_from, paths, str(commit))
        return Baseline(older, self.new_from)

    def _of(
        self,
        repo: Repo,
        revision: str,
        paths: Sequence[bytes],
        datasets: Datasets | None = None,
    ) -> Chosen:
        commit = repo.resolve(revision)
        return of_tree(repo, repo.commit(commit).tree, revision, paths, str(commit), datasets)


def validated(
    repo: Repo, asked: Asked, *, today: date, jobs: int | None = None, progress: Progress = SILENT
) -> ValidationReport:
    """The validation that is asked for, with what the repository remembers.

    Raises:
        RevisionError, PathError: a revision or a path names nothing.
        ConfigError, UsageError: `tdv.toml`, a schema or what is asked for is wrong.
        RuleFailed: a rule of the user's own raised.
    """
    limit = cache_limit(repo.config)
    computing = Computing(cache_folder(repo.config, repo.folder), jobs, cache_limit=limit)
    with Engine(computing, progress) as engine:
        wanted = asked.wanted(repo)
        chosen = asked.chosen(repo, wanted, progress)
        baseline = asked.baseline(repo, chosen)
        return validate(engine, chosen, wanted, today=today, baseline=baseline)


def _spelled(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
