"""`tdv stats`: what files look like, dataset by dataset."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tdv.analysis.describing import Figures, describe
from tdv.analysis.judging import Judging
from tdv.analysis.sources import shown_path
from tdv.errors import ConfigError, UsageError
from tdv.ops.validating.chosen import Chosen
from tdv.ops.validating.engine import Engine
from tdv.ops.validating.grouping import Group, Grouped, Wanted, grouped
from tdv.quality.extracting.summary import Summary
from tdv.quality.registry import did_you_mean
from tdv.quality.subject import BY_PATH, Roles


@dataclass(frozen=True, slots=True)
class Asked:
    """Which statistics.

    Attributes:
        by: a field by whose values rows are grouped, or "".
        groups: values of it that are told apart.
        numbers: further fields whose numbers count.
        plot: with histograms.
    """

    by: str = ""
    groups: int = 10
    numbers: tuple[str, ...] = ()
    plot: bool = False


@dataclass(frozen=True, slots=True)
class DatasetStats:
    """The statistics of one dataset.

    Attributes:
        dataset: its name; "" for files that no dataset describes.
        profile: the profile's name.
        paths: of its files, as they are shown.
        figures: of all rows, and of groups.
    """

    dataset: str
    profile: str
    paths: tuple[str, ...]
    figures: Figures = field(repr=False)


@dataclass(frozen=True, slots=True)
class Stats:
    """The statistics of what was chosen.

    Attributes:
        revision: the commit's oid, or "" for anything else.
        shown: how messages name where the files are from.
        datasets: in order of their names.
        skipped: path -> why it is left out.
        notes: further sentences for the reader.
    """

    revision: str
    shown: str
    datasets: tuple[DatasetStats, ...]
    skipped: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def stats(engine: Engine, chosen: Chosen, wanted: Wanted, asked: Asked | None = None) -> Stats:
    """The statistics of files.

    Raises:
        ConfigError: `tdv.toml` or a schema is wrong.
        UsageError: no row has a field that was asked for.
    """
    asked = asked or Asked()
    found = _grouped(chosen, wanted)
    told: list[DatasetStats] = []
    summaries: list[Summary] = []
    engine.start(chosen.files)
    for group in found.groups:
        figures, summary = _described(engine, group, asked)
        summaries.append(summary)
        paths = tuple(shown_path(file.path) for file in group.files)
        told.append(DatasetStats(group.name, group.settings.profile, paths, figures))
    _refuse_unknown(asked, told, summaries)
    return Stats(chosen.revision, chosen.shown, tuple(told), chosen.skipped, found.notes)


def _grouped(chosen: Chosen, wanted: Wanted) -> Grouped:
    """The files by dataset; rule files that may not run are no hindrance to counting."""
    try:
        return grouped(chosen, wanted)
    except ConfigError as error:
        try:
            return grouped(chosen, replace(wanted, rule_files=False))
        except (ConfigError, UsageError):
            raise error from None


def _described(engine: Engine, group: Group, asked: Asked) -> tuple[Figures, Summary]:
    roles = _with_asked(group.settings.roles, asked)
    subject = replace(group.settings.subject, roles=roles, only=None, words=True)
    settings = replace(group.settings, subject=subject)
    analysis = engine.analyse(settings.subject, group.files, vocabulary=True)
    summary = Judging(analysis, settings).summary
    figures = describe(
        analysis,
        summary,
        roles,
        by=asked.by,
        groups=asked.groups,
        plot=asked.plot,
        budget=engine.join_bytes,
    )
    return figures, summary


def _with_asked(roles: Roles, asked: Asked) -> Roles:
    """The roles, with columns for the fields that were asked for."""
    numbers = tuple(name for name in asked.numbers if name not in roles.numbers)
    known = {*roles.label, *roles.categories, roles.split, ""}
    by_path = roles.split == BY_PATH and asked.by == "split"
    categories = () if asked.by in known or by_path else (asked.by,)
    return replace(roles, numbers=roles.numbers + numbers, categories=roles.categories + categories)


def _refuse_unknown(
    asked: Asked, told: Iterable[DatasetStats], summaries: Iterable[Summary]
) -> None:
    """Raise when no row anywhere has a field that was asked for."""
    told, fields = list(told), {name for each in summaries for name, _ in each.shapes}
    if not fields:
        return
    for name in (*asked.numbers, *filter(None, [asked.by])):
        if name in fields or any(_has(each.figures, name) for each in told):
            continue
        hint = did_you_mean(name, fields) or f"The fields are {', '.join(sorted(fields)[:20])}."
        raise UsageError(f"No row has a field `{name}`.", hint=hint)


def _has(figures: Figures, name: str) -> bool:
    if figures.by is not None and figures.by.field == name and figures.by.values:
        return True
    numbers = figures.statistics.get("numbers", {})
    return bool(numbers.get(name, {}).get("rows"))


@dataclass(frozen=True, slots=True)
class Beside:
    """A dataset on two sides.

    Attributes:
        dataset: its name, or "".
        paths: of its files, on the new side where it is there.
        old, new: statistics; {} on a side that has no such files.
    """

    dataset: str
    paths: tuple[str, ...]
    old: Mapping[str, Any]
    new: Mapping[str, Any]


def side_by_side(old: Stats, new: Stats) -> list[Beside]:
    """The datasets of two sides, paired by name; files of no dataset by their paths.

    Where each side has one more, these two are a pair, too: a file or dataset was renamed.
    """
    left = {(each.dataset, each.paths if not each.dataset else ()): each for each in old.datasets}
    pairs: list[tuple[DatasetStats | None, DatasetStats | None]] = []
    alone: list[DatasetStats] = []
    for each in new.datasets:
        partner = left.pop((each.dataset, each.paths if not each.dataset else ()), None)
        if partner is None:
            alone.append(each)
        else:
            pairs.append((partner, each))
    if len(left) == len(alone) == 1:
        pairs.append((left.popitem()[1], alone.pop()))
    pairs += [(None, each) for each in alone]
    pairs += [(each, None) for each in left.values()]
    return [_beside(*pair) for pair in pairs]


def _beside(old: DatasetStats | None, new: DatasetStats | None) -> Beside:
    shown = new or old
    assert shown is not None
    left, right = ({} if each is None else each.figures.statistics for each in (old, new))
    return Beside(shown.dataset, shown.paths, left, right)
