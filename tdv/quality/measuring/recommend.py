"""What to do next about a validation's findings: sentences, the most useful first."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from tdv.quality.finding import Level
from tdv.quality.measuring.metrics import DIMENSIONS
from tdv.quality.report import Covered, Gauge, Tally
from tdv.quality.rule import Rule
from tdv.quality.telling import counted, joined

# Nobody does more than so many things next.
MOST = 6
# A file with this share of what a rule finds is named.
NEARLY_ALL = 0.9
# "Scores below 0.4 indicate significant quality issues": source 000, Quality Scoring.
LOW_SCORE = 0.4
# Rules that are named beside a threshold.
MOST_NAMED = 3
# Metrics that count every error, and those that count what a few rules find.
SCORES = ("quality_score", "valid_ratio")
COUNTED = {"duplicate_ratio": ("DUP001", "DUP003", "LBL004"), "balance": ("LBL002",)}


def recommend(
    tallies: Iterable[Tally],
    gauges: Iterable[Gauge],
    score: float | None,
    rules: Mapping[str, Rule],
    files: Iterable[Covered] = (),
) -> tuple[str, ...]:
    """Full sentences: what stops the data from being valid, worst first, and how to mend it.

    Thresholds that fail come first, then rules by level and by how many rows they find; infos are
    mentioned only where nothing is worse.

    Args:
        score: the quality score, 0 to 1; None where there are no rows.
        rules: by code; a rule that is not among them is named by its code.
        files: those that were validated; they say which dataset a finding is of.
    """
    tallies = list(tallies)
    about = _by_rule(tallies)
    owners = {each.path: each.dataset for each in files if each.dataset}
    owners |= {f"[{name}]": name for name in owners.values()}
    failed = []
    for each in gauges:
        if not each.passed:
            its = _by_rule(_of(each.dataset, tallies, owners))
            failed.append(
                " ".join(filter(None, [_about_gauge(each), _counting(each.metric, its, rules)]))
            )
    if score is not None and score < LOW_SCORE:
        failed.append(
            f"The quality score is {score:.6g}, and less than {LOW_SCORE} means serious faults: "
            "mend the errors before you train on this data."
        )
    found = [_about_rules(group, rules) for group in _ranked(about, rules)]
    if len(failed) + len(found) <= MOST:
        return (*failed, *found)
    shown = failed[: MOST // 2]
    return (*shown, *found[: MOST - len(shown)])


def _of(dataset: str, tallies: list[Tally], owners: Mapping[str, str]) -> list[Tally]:
    """The tallies of a dataset, by path -> dataset; all of them for one that has no name."""
    if dataset not in owners.values():
        return tallies
    return [each for each in tallies if owners.get(each.path) == dataset]


def _by_rule(tallies: Iterable[Tally]) -> dict[tuple[Level, str], list[Tally]]:
    groups: defaultdict[tuple[Level, str], list[Tally]] = defaultdict(list)
    for each in tallies:
        if each.findings:
            groups[each.level, each.code].append(each)
    return dict(groups)


def _ranked(
    about: Mapping[tuple[Level, str], list[Tally]], rules: Mapping[str, Rule]
) -> list[dict[str, list[Tally]]]:
    """Rules that are mended alike, with their tallies; the worst first."""
    ranked = sorted(about, key=lambda group: (group[0].rank, -_extent(about[group]), group[1]))
    worst = [group for group in ranked if group[0] is not Level.INFO] or ranked
    alike: defaultdict[str, dict[str, list[Tally]]] = defaultdict(dict)
    for level, code in worst:
        mend = rules[code].mend if code in rules else ""
        alike[mend or code].setdefault(code, []).extend(about[level, code])
    return list(alike.values())


def _extent(tallies: Iterable[Tally]) -> int:
    return sum(each.rows or each.findings for each in tallies)


def _about_gauge(gauge: Gauge) -> str:
    whose = f" of {gauge.dataset}" if gauge.dataset else ""
    if gauge.got is None:
        return (
            f"`{gauge.name}` needs {gauge.metric} {gauge.need}, and the data{whose} has no such "
            "figure: name the field that it is about in `tdv.toml`, or drop the threshold."
        )
    got = f"{gauge.metric}{whose} is {gauge.got:.15g}"
    return f"`{gauge.name}` fails: {got} and has to be {gauge.need}."


def _counting(
    metric: str, about: Mapping[tuple[Level, str], list[Tally]], rules: Mapping[str, Rule]
) -> str:
    """Which of the rules that found something make a metric what it is."""
    counts = {
        code: _extent(found)
        for (level, code), found in sorted(about.items())
        if _counts_for(metric, code, level)
    }
    if not counts:
        left = sorted({*DIMENSIONS.get(metric, ()), *COUNTED.get(metric, ())} - {*rules})
        if len(left) > MOST_NAMED:
            left = sorted({code.rstrip("0123456789") for code in left})
        asked = ",".join(left)
        return f"`--extend-select {asked}` shows which rows these are." if left else ""
    worst = sorted(counts, key=lambda code: (-counts[code], code))[:MOST_NAMED]
    more = len(counts) - len(worst)
    names = [f"{_named(code, rules)} with {counts[code]:,}" for code in worst]
    return f"What counts is {joined([*names, *([f'{more} more'] if more else [])])}."


def _counts_for(metric: str, code: str, level: Level) -> bool:
    if metric in SCORES:
        return level is Level.ERROR
    return code in DIMENSIONS.get(metric, ()) or code in COUNTED.get(metric, ())


def _about_rules(group: Mapping[str, list[Tally]], rules: Mapping[str, Rule]) -> str:
    listed = joined([_named(code, rules) for code in sorted(group)])
    tallies = [each for found in group.values() for each in found]
    rows = sum(each.rows for each in tallies)
    if not rows:
        amount = counted(_extent(tallies), "time")
    elif len(group) == 1:
        amount = f"in {counted(rows, 'row')}{_concentrated(tallies)}"
    else:  # a row may be of several
        amount = f"{counted(_extent(tallies), 'time')}{_concentrated(tallies)}"
    said = f"{listed} {'is' if len(group) == 1 else 'are'} found {amount}."
    mend = next((rules[code].mend for code in group if code in rules), "")
    return f"{said} {mend}" if mend else said


def _concentrated(tallies: list[Tally]) -> str:
    """Where nearly all of it is, when there are several files."""
    paths: Counter[str] = Counter()
    for each in tallies:
        paths[each.path] += each.rows or each.findings
    path, most = min(paths.items(), key=lambda item: (-item[1], item[0]))
    if len(paths) == 1 or most < NEARLY_ALL * sum(paths.values()):
        return f" of {counted(len(paths), 'file')}" if len(paths) > 1 else ""
    return f", {most:,} of them in {path}"


def _named(code: str, rules: Mapping[str, Rule]) -> str:
    return f"{code} ({rules[code].name})" if code in rules else code
