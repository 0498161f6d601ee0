"""The outcome of a validation, under the keys that the source documents give it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tdv.quality.finding import Finding, Level
from tdv.quality.rule import Rule
from tdv.quality.telling import counted, joined


@dataclass(frozen=True, slots=True)
class Covered:
    """A file that was validated.

    Attributes:
        path: as in the findings.
        rows: records, the undecodable included.
        invalid: rows with an error.
        dataset: its name; "" where none describes the file.
        profile: the profile's name.
        codes: of the rules that were applied to it, sorted: those without a tally found nothing.
    """

    path: str
    rows: int
    invalid: int
    dataset: str
    profile: str
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tally:
    """What one rule found in one file (or over one dataset).

    Attributes:
        code, level: of the rule, as it holds there.
        path: of the file, or `[NAME]` for a dataset (or for all files of a profile).
        findings: how many.
        rows: rows with one or more.
    """

    code: str
    level: Level
    path: str
    findings: int
    rows: int


@dataclass(frozen=True, slots=True)
class Gauge:
    """A threshold beside what was measured.

    Attributes:
        name, metric: of the threshold.
        got: what was measured; None where the data does not have it, which fails.
        need: `<= 0.05`, `>= 0.9`.
        passed: whether it holds.
        dataset: whose figure it is.
        origin: where the threshold is from.
    """

    name: str
    metric: str
    got: float | None
    need: str
    passed: bool
    dataset: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Selected:
    """Which findings to enumerate.

    Attributes:
        codes: of these rules; None for all.
        levels: of these levels.
        most: at most so many of each rule in each path, the first ones; None for all.
        limits: (path, code) -> at most so many of that rule in that path, and none where it says
            nothing; None sets no such limits. An output that shows a few knows from the tallies
            which few, so that no more rows than these are looked at.
    """

    codes: frozenset[str] | None = None
    levels: frozenset[Level] = frozenset(Level)
    most: int | None = None
    limits: Mapping[tuple[str, str], int] | None = None

    def limit(self, path: str, code: str) -> int | None:
        """How many findings of a rule in a path are wanted, whatever the level; None for all."""
        if self.codes is not None and code not in self.codes:
            return 0
        if self.limits is None:
            return self.most
        allowed = self.limits.get((path, code), 0)
        return allowed if self.most is None else min(allowed, self.most)


@dataclass(frozen=True, repr=False)
class ValidationReport:
    """The outcome of a validation. Nothing in it depends on when, where or how fast it was made.

    Attributes:
        dataset_id: names of the datasets, joined by commas, or the files' paths.
        validation_id: hash of the data, the rules and tdv's version.
        revision: the commit's oid, or "" for anything else.
        rules_digest: hash of the settings that were applied; `rules_from` says where from.
        total_examples, valid_examples, invalid_examples: rows; invalid are those with an error.
        quality_score: 0 to 1: the mean of the row scores where the profile has a scorer, else the
            share of valid rows; None without rows.
        tallies: what each rule found where, sorted by path and code; also those accepted.
        accepted: findings that `[[allow]]` accepts, by code; not in `tallies`.
        gauges: the thresholds, failed and passed.
        files: what was validated, sorted by path.
        rules: code -> rule, of every rule that was applied.
        metrics: name -> figure, rounded to 6 significant digits; the unit is in the name.
        statistics: the figures of `tdv stats`, in JSON's types.
        recommendations: full sentences: what to do next, the most useful first.
        skipped: path -> why it was not validated.
        notes: further sentences for the reader: "train.csv belongs to no dataset: …".
        new_from: the revision against which only new findings are reported, or "".
        known: findings that were there at `new_from` already, by code; not in `tallies`.
        enumerate: makes the findings: first those over a dataset (`[NAME]`) or a whole file, then
            those in rows, all of a path together, in order of path, row, code, field. Each call
            looks anew.
    """

    dataset_id: str
    validation_id: str
    revision: str
    rules_digest: str
    rules_from: str
    total_examples: int
    valid_examples: int
    invalid_examples: int
    quality_score: float | None
    tallies: tuple[Tally, ...]
    gauges: tuple[Gauge, ...]
    metrics: Mapping[str, Any]
    statistics: Mapping[str, Any]
    recommendations: tuple[str, ...] = ()
    skipped: Mapping[str, str] = field(default_factory=dict)
    accepted: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    new_from: str = ""
    known: Mapping[str, int] = field(default_factory=dict)
    files: tuple[Covered, ...] = ()
    rules: Mapping[str, Rule] = field(default_factory=dict)
    enumerate: Callable[[Selected], Iterator[Finding]] = lambda selected: iter(())

    def __repr__(self) -> str:
        """The outcome alone: in a notebook everything would be pages."""
        return f"<ValidationReport of {self.dataset_id}: {self.message}>"

    def count(self, level: Level) -> int:
        """Findings of a level."""
        return sum(each.findings for each in self.tallies if each.level is level)

    @property
    def passed(self) -> bool:
        """Every threshold holds."""
        return all(each.passed for each in self.gauges)

    @property
    def is_valid(self) -> bool:
        """No error, and every threshold holds."""
        return self.passed and not self.count(Level.ERROR)

    @property
    def message(self) -> str:
        """The outcome in one sentence: "Invalid: 12 errors and 3 warnings in 1,000 rows."."""
        counts = [counted(self.count(level), level.value) for level in Level if self.count(level)]
        if self.new_from:
            counts = [f"{joined(counts) or 'no findings'} new since {self.new_from}"]
        failed = sum(not each.passed for each in self.gauges)
        if failed:
            counts.append(counted(failed, "failed threshold"))
        verdict = "Valid" if self.is_valid else "Invalid"
        rows = counted(self.total_examples, "row")
        return f"{verdict}: {joined(counts) or 'no findings'} in {rows}."

    def findings(self, selected: Selected | None = None) -> Iterator[Finding]:
        """The findings, made when they are asked for."""
        return self.enumerate(selected or Selected())
