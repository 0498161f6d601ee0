"""What a rule is. A rule is defined on one row, on columns of facts, on totals, or on pairs.

| shape | sees | example |
|---|---|---|
| `RowRule` | one decoded row; its parameters are part of extraction | a span outside the text |
| `ColumnRule` | the facts of many rows (numpy arrays); thresholds apply at the end | a long text |
| `TotalRule` | the merged `Summary` of a dataset | too few examples |
| `PairRule` | rows of a dataset with an equal fingerprint | duplicates, leakage |

`check` of a RowRule is the definition; `screen`, where there is one, tells from a whole batch which
rows *may* have a fault, so that only these are looked at one by one. It may be too wide, never too
narrow (a property test holds every screen against its check).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from tdv.quality.finding import Fault, Level
from tdv.quality.subject import Roles, Row, Subject

if TYPE_CHECKING:
    import numpy as np

    from tdv.quality.extracting.batch import Batch
    from tdv.quality.extracting.summary import Summary

    Mask: TypeAlias = "np.ndarray[Any, np.dtype[np.bool_]]"
    Columns: TypeAlias = "Mapping[str, np.ndarray[Any, Any]]"

Values: TypeAlias = "Mapping[str, Any]"


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter of a rule.

    Attributes:
        default: also tells the type.
        help: one sentence, with the unit.
        extracts: the facts of a row depend on it, so a change reads the rows again.
        aliases: other names by which `--set` and `[gate]` know it.
    """

    name: str
    default: Any
    help: str
    extracts: bool = False
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What every rule has.

    Attributes:
        code: letters of the family and three digits, `TXT003`; never reused once released.
        name: `long-text`.
        level: unless `tdv.toml` says otherwise.
        summary: one sentence: what it finds.
        why: why that matters, and what to know of the definition.
        bad, good: a row (or record text) that it finds, and one that it does not.
        mend: what repairs such rows: a command, or what to do by hand.
        applies: whether a dataset with those roles has what the rule looks at.
        optional: off unless somebody asks for it: a profile or `[rules.CODE]` that sets its level
            or a parameter, or a selection that names its code or its name. `ALL` and prefixes
            do not ask for it.
        params: with defaults.
    """

    code: str
    name: str
    level: Level
    summary: str
    why: str
    bad: Any
    good: Any
    mend: str
    applies: Callable[[Roles], bool] = lambda roles: True
    optional: bool = False
    params: tuple[Param, ...] = ()

    @property
    def family(self) -> str:
        """The letters of the code."""
        return self.code.rstrip("0123456789")

    @property
    def defaults(self) -> dict[str, Any]:
        """Parameter -> default."""
        return {param.name: param.default for param in self.params}


@dataclass(frozen=True, slots=True, kw_only=True)
class RowRule(Rule):
    """A rule on one row.

    Attributes:
        check: the faults of a row, in a fixed order; pure.
        screen: the rows of a batch that may have a fault; None looks at every row.
        counts: row of a batch -> number of its faults, where a family finds those of all its rules
            in one walk; None calls `check` on what the screen lets through.
    """

    check: Callable[[Row, Subject], Iterable[Fault]]
    screen: Callable[[Batch], Mask] | None = None
    counts: Callable[[Batch], Mapping[int, int]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnRule(Rule):
    """A rule on columns of facts; `summary` gives what depends on all rows (median, MAD).

    Attributes:
        columns: names of the columns that it reads, given the roles.
        mask: the rows with a fault. Arguments: columns, parameters, the dataset's summary.
        tell: the fault of one row, from its values. Arguments: column -> value, parameters,
            summary, roles.
    """

    columns: Callable[[Roles], tuple[str, ...]]
    mask: Callable[[Columns, Values, Summary], Mask]
    tell: Callable[[Mapping[str, Any], Values, Summary, Roles], Fault]


@dataclass(frozen=True, slots=True, kw_only=True)
class TotalRule(Rule):
    """A rule on a dataset as a whole.

    Attributes:
        judge: its faults; `field` of a Fault names what it is about (a label, a metric).
    """

    judge: Callable[[Summary, Roles, Values], Iterable[Fault]]


class Match(NamedTuple):
    """Which rows of a dataset go together; the names are those of columns, as in `PairRule`."""

    by: str
    unless: str = ""
    same: tuple[str, ...] = ()
    once: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """What is compared besides `by`."""
        return (*self.same, self.unless) if self.unless else self.same


@dataclass(frozen=True, slots=True, kw_only=True)
class PairRule(Rule):
    """A rule on rows of a dataset that agree in a fingerprint.

    The first row of a group (in order of path and row) is the partner of all others.

    Attributes:
        by: the column with the fingerprint; rows with fingerprint 0 are in no group. "" where
            the parameters give the rule nothing to look at.
        unless: a column in which the two must differ (`label:…`, `split:…`) to be a fault; ""
            where agreeing is the fault. Rows without a value there are in no group.
        same: columns in which they must agree as well.
        once: of the rows of a group that agree in `unless`, only the first is a fault: a record
            that repeats one which was found already is no further duplicate of its text.
        tell: the fault of the later row. Arguments: the row, the partner's row, parameters,
            roles.
    """

    by: Callable[[Roles, Values], str]
    unless: Callable[[Roles, Values], str] = lambda roles, values: ""
    same: Callable[[Roles, Values], tuple[str, ...]] = lambda roles, values: ()
    once: bool = False
    tell: Callable[[Row, Row, Values, Roles], Fault]

    def match(self, roles: Roles, values: Values) -> Match:
        """What to join, given the roles and the rule's parameters."""
        names = self.by(roles, values), self.unless(roles, values), self.same(roles, values)
        return Match(*names, self.once)
