"""Which findings a bounded output takes: known from the tallies before the first one is made.

Errors come before warnings before infos. Within a level every rule gets an equal share, so that a
million missing fields do not hide one span that is out of bounds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from tdv.quality.finding import Finding, Level
from tdv.quality.report import Selected, Tally, ValidationReport

ALL_LEVELS = tuple(Level)


class Quota:
    """What one output takes.

    Attributes:
        wanted: how many it takes in all.
        left_out: how many of the report's findings it does not take.
    """

    def __init__(
        self,
        report: ValidationReport,
        most: int | None = None,
        *,
        per_rule: Callable[[int], int] | None = None,
        per_case: int | None = None,
        levels: Iterable[Level] = ALL_LEVELS,
    ) -> None:
        """Decide it.

        Args:
            most: so many in all.
            per_rule: of a rule and level with so many findings, this many.
            per_case: so many of each rule in each path.
            levels: only these.
        """
        allowed = set(levels)
        tallies = [each for each in in_order(report.tallies) if each.level in allowed]
        self._limits = _limits(tallies, most, per_rule, per_case)
        self._left = dict(self._limits)
        self._bounded = any(
            self._limits[each.path, each.code] < each.findings for each in tallies
        ) or len(tallies) < len(report.tallies)
        self.wanted = sum(self._limits.values())
        self.left_out = sum(each.findings for each in report.tallies) - self.wanted

    @property
    def selected(self) -> Selected:
        """What the report is asked for."""
        return Selected(limits=self._limits) if self._bounded else Selected()

    def takes(self, finding: Finding) -> bool:
        """Whether this finding, which comes next, is one of them."""
        if not self._bounded:
            return True
        place = finding.path, finding.code
        left = self._left.get(place, 0)
        if left:
            self._left[place] = left - 1
        return left > 0


def in_order(tallies: Iterable[Tally]) -> list[Tally]:
    """The tallies in the order in which their findings come: those of datasets first."""
    return sorted(tallies, key=lambda each: (not is_dataset(each.path), each.path, each.code))


def is_dataset(path: str) -> bool:
    """Whether a finding's path is the name of a dataset in brackets."""
    return path.startswith("[") and path.endswith("]")


def shares(counts: Mapping[str, int], most: int) -> dict[str, int]:
    """Share out `most` places: equally, but to nobody more than he counts; names break ties."""
    given: dict[str, int] = {}
    names = sorted(counts, key=lambda name: (counts[name], name))
    for position, name in enumerate(names):
        given[name] = min(counts[name], -(-most // (len(names) - position)))
        most -= given[name]
    return given


def united(wanted: Iterable[Selected]) -> Selected:
    """What has to be enumerated so that each of these gets what it wants."""
    limits: Counter[tuple[str, str]] = Counter()
    for each in wanted:
        if each.limits is None:
            return Selected()
        limits |= Counter(each.limits)
    return Selected(limits=dict(limits))


def _limits(
    tallies: list[Tally],
    most: int | None,
    per_rule: Callable[[int], int] | None,
    per_case: int | None,
) -> dict[tuple[str, str], int]:
    """(path, code) -> how many."""
    limits = {
        (each.path, each.code): each.findings if per_case is None else min(each.findings, per_case)
        for each in tallies
    }
    room = most
    for level in Level:
        of_level = [each for each in tallies if each.level is level]
        totals: Counter[str] = Counter()
        for each in of_level:
            totals[each.code] += each.findings
        rules = {code: per_rule(count) if per_rule else count for code, count in totals.items()}
        if room is not None:
            rules = shares(rules, room)
        for each in of_level:  # the first paths are served first
            place = each.path, each.code
            limits[place] = min(limits[place], rules[each.code])
            rules[each.code] -= limits[place]
        if room is not None:
            room -= sum(limits[each.path, each.code] for each in of_level)
    return limits
