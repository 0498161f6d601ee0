"""What to do next about a validation's findings: sentences, the most useful first."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from tdv.quality.finding import Level
from tdv.quality.report import Gauge, Tally
from tdv.quality.rule import Rule

# Nobody does more than so many things next.
MOST = 6
# A file with this share of what a rule finds is named.
NEARLY_ALL = 0.9
# "Scores below 0.4 indicate significant quality issues": source 000, Quality Scoring.
LOW_SCORE = 0.4


def recommend(
    tallies: Iterable[Tally],
    gauges: Iterable[Gauge],
    metrics: Mapping[str, Any],
    rules: Mapping[str, Rule],
) -> tuple[str, ...]:
    """Full sentences: what stops the data from being valid, worst first, and how to mend it.

    Thresholds that fail come first, then rules by level and by how many rows they find; infos are
    mentioned only where nothing is worse.

    Args:
        metrics: `quality_score` is looked at, where there is one.
        rules: by code; a rule that is not among them is named by its code.
    """
    failed = [_about_gauge(each) for each in gauges if not each.passed]
    score = metrics.get("quality_score")
    if isinstance(score, (int, float)) and score < LOW_SCORE:
        failed.append(
            f"The quality score is {score:.6g}, and less than {LOW_SCORE} means serious faults: "
            "mend the errors before you train on this data."
        )
    about = _by_rule(tallies)
    ranked = sorted(about, key=lambda group: (group[0].rank, -_extent(about[group]), group[1]))
    worst = [group for group in ranked if group[0] is not Level.INFO] or ranked
    found = [_about_rule(code, about[level, code], rules.get(code)) for level, code in worst]
    if len(failed) + len(found) <= MOST:
        return (*failed, *found)
    shown = failed[: MOST // 2]
    return (*shown, *found[: MOST - len(shown)])


def _by_rule(tallies: Iterable[Tally]) -> dict[tuple[Level, str], list[Tally]]:
    groups: defaultdict[tuple[Level, str], list[Tally]] = defaultdict(list)
    for each in tallies:
        if each.findings:
            groups[each.level, each.code].append(each)
    return dict(groups)


def _extent(tallies: list[Tally]) -> int:
    return sum(each.rows or each.findings for each in tallies)


def _about_gauge(gauge: Gauge) -> str:
    whose = f" of {gauge.dataset}" if gauge.dataset else ""
    if gauge.got is None:
        return (
            f"`{gauge.name}` needs {gauge.metric} {gauge.need}, and the data{whose} has no such "
            "figure: name the field that it is about in `tdv.toml`, or drop the threshold."
        )
    got = f"{gauge.metric}{whose} is {gauge.got:.6g}"
    return f"`{gauge.name}` fails: {got} and has to be {gauge.need}."


def _about_rule(code: str, tallies: list[Tally], rule: Rule | None) -> str:
    named = f"{code} ({rule.name})" if rule else code
    rows = sum(each.rows for each in tallies)
    amount = _plural(rows, "row") if rows else _plural(_extent(tallies), "time")
    said = f"{named} is found {'in ' if rows else ''}{amount}{_concentrated(tallies)}."
    return f"{said} {rule.mend}" if rule and rule.mend else said


def _concentrated(tallies: list[Tally]) -> str:
    """Where nearly all of it is, when there are several files."""
    paths: Counter[str] = Counter()
    for each in tallies:
        paths[each.path] += each.rows or each.findings
    path, most = min(paths.items(), key=lambda item: (-item[1], item[0]))
    if len(paths) == 1 or most < NEARLY_ALL * sum(paths.values()):
        return f" of {_plural(len(paths), 'file')}" if len(paths) > 1 else ""
    return f", {most:,} of them in {path}"


def _plural(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"
