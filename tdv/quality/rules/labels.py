"""LBL: labels that nobody meant, that are rare or contradict one another; GOV003: label bias."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from xxhash import xxh3_64_hexdigest

from tdv.quality.extracting.batch import Batch
from tdv.quality.extracting.columns import TEXT, label_of
from tdv.quality.finding import Fault, Level
from tdv.quality.rule import PairRule, Param, RowRule, TotalRule, Values
from tdv.quality.schemas.schemaerrors import shown
from tdv.quality.subject import Roles, Row, Subject, value_at
from tdv.quality.telling import counted, named, percent

if TYPE_CHECKING:
    from tdv.quality.extracting.summary import Summary
    from tdv.quality.rule import Mask

UNKNOWN, IMBALANCE, RARE, CONFLICT = "LBL001", "LBL002", "LBL003", "LBL004"
BIAS = "GOV003"
# Half of the pairs of neighbouring letters in common: `postive` and `positive` have 0.77.
_NEAR = 0.5
_LISTED = 8
_ROOM = 60


# --- LBL001 ------------------------------------------------------------------------------------


def _unknown(row: Row, subject: Subject) -> Iterator[Fault]:
    for path, known in _known(subject).items():
        value = value_at(row, path)
        for field, label in _labels(path, value):
            if _plain(label) not in known:
                message = f"`{field}` is {shown(label, 60)}, which is no known label."
                yield Fault(field, message, known.instead(_plain(label)))


def _with_unknown(batch: Batch) -> Mask:
    from tdv.quality.searching.textsearch import mask_of

    rows: set[int] = set()
    for path, known in _known(batch.subject).items():
        rows.update(
            number
            for number, value in enumerate(batch.values(path))
            if value is not None and (type(value) is not str or value not in known)
        )
    return mask_of(sorted(rows), len(batch))


def _known(subject: Subject) -> Mapping[str, Labels]:
    """Field -> its labels as text, in the order in which they were given."""
    fields: Mapping[str, Any] = subject.value(UNKNOWN, "labels", {})
    if _Held.fields is not fields:
        _Held.known = {
            field: Labels(map(_plain, labels if isinstance(labels, (list, tuple)) else [labels]))
            for field, labels in fields.items()
        }
        _Held.fields = fields
    return _Held.known


class Labels(frozenset[str]):
    """The labels of a field, with what finds the nearest one to a word.

    `difflib` takes a millisecond for 150 labels, and every row may have another wrong one.
    """

    def __init__(self, labels: Iterable[str]) -> None:
        self._labels = sorted(self)
        self._pairs = [_letter_pairs(label) for label in self._labels]
        self._places: dict[str, list[int]] = {}
        for place, pairs in enumerate(self._pairs):
            for pair in pairs:
                self._places.setdefault(pair, []).append(place)

    def instead(self, word: str) -> str:
        """What to do about a word that is none of them."""
        own = _letter_pairs(word)
        met = Counter(place for pair in own for place in self._places.get(pair, ()))
        shares = (
            (2 * n / (len(own) + len(self._pairs[place])), -place) for place, n in met.items()
        )
        share, place = max(shares, default=(0.0, 0))
        if share >= _NEAR:
            return f"Did you mean {shown(self._labels[-place])}?"
        some = ", ".join(shown(each, 40) for each in self._labels[:_LISTED])
        return f"The labels are {some}{', …' if len(self) > _LISTED else ''}."


class _Held:
    """The labels that were asked for last, known by the identity of the parameter."""

    fields: Mapping[str, Any] | None = None
    known: Mapping[str, Labels] = {}


def _labels(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    """The labels of a field, which may be a list of them; a missing one is none."""
    if isinstance(value, list):
        for number, each in enumerate(value):
            yield f"{path}[{number}]", each
    elif value is not None:
        yield path, value


def _plain(label: Any) -> str:
    return label if isinstance(label, str) else shown(label, 1000)


def _letter_pairs(text: str) -> frozenset[str]:
    """The different pairs of neighbouring letters, with the start and the end as one each."""
    text = f"\0{text.casefold()}\0"
    return frozenset(map("".join, pairwise(text)))


# --- LBL002 and LBL003 -------------------------------------------------------------------------


def _counts(summary: Summary, roles: Roles) -> Iterator[tuple[str, list[tuple[str, int]]]]:
    """Each label field with its labels, the rarest first, equally rare ones by name."""
    for field in roles.label:
        counts = summary.values.get(label_of(field), {})
        yield field, sorted(counts.items(), key=lambda each: (each[1], each[0]))


def balance(summary: Summary, roles: Roles) -> float | None:
    """The smallest share of a label over the largest, of the first label field.

    None without labels; 1 where there is only one.
    """
    counts = next((counts for _, counts in _counts(summary, roles)), [])
    return counts[0][1] / counts[-1][1] if counts else None


def _imbalance(summary: Summary, roles: Roles, limits: Values) -> Iterator[Fault]:
    for field, counts in _counts(summary, roles):
        if len(counts) < 2:
            continue
        (rarest, few), (common, many) = counts[0], counts[-1]
        if few < limits["min_balance"] * many:
            message = (
                f"`{field}` is out of balance: {shown(rarest, 40)} has {counted(few, 'row')}, "
                f"{shown(common, 40)} has {many:,}; that is {few / many:.3g}, and "
                f"{limits['min_balance']:g} is the least."
            )
            yield Fault(field, message)
        rows = sum(count for _, count in counts)
        for label, count in counts:
            if count < limits["min_share"] * rows:
                message = (
                    f"`{field}` {shown(label, 40)} has low representation "
                    f"({percent(count, rows)}): {counted(count, 'row')} of {rows:,}."
                )
                yield Fault(_about(field, label), message)


def _rare(summary: Summary, roles: Roles, limits: Values) -> Iterator[Fault]:
    for field, counts in _counts(summary, roles):
        for label, count in counts:
            if count >= limits["min_rows"]:
                break
            message = (
                f"`{field}` {shown(label, 40)} has {counted(count, 'row')}, "
                f"and needs {limits['min_rows']:,} at least."
            )
            yield Fault(_about(field, label), message)


def _about(field: str, label: str) -> str:
    """What a fault of a label is about; of long labels the start, and a hash to tell them apart."""
    if len(label) > _ROOM:
        label = f"{label[:_ROOM]}…{xxh3_64_hexdigest(label.encode('utf-8', 'surrogatepass'))}"
    return f"{field}={label}"


# --- LBL004 ------------------------------------------------------------------------------------


def conflict_field(roles: Roles, values: Values) -> str:
    """The field whose labels may contradict one another; "" where there is none."""
    return values["field"] or next(iter(roles.label), "")


def _conflict_by(roles: Roles, values: Values) -> str:
    return TEXT if conflict_field(roles, values) in roles.label else ""


def _conflict_unless(roles: Roles, values: Values) -> str:
    return label_of(conflict_field(roles, values))


def _tell_conflict(row: Row, partner: Row, values: Values, roles: Roles) -> Fault:
    field = conflict_field(roles, values)
    here, there = (shown(value_at(each, field), 60) for each in (row, partner))
    message = (
        f"{named(row, roles, 'This row')} says `{field}` is {here}; with the same text, "
        f"{named(partner, roles, 'an earlier row')} says {there}."
    )
    return Fault(field, message)


# --- GOV003 ------------------------------------------------------------------------------------


def _bias(summary: Summary, roles: Roles, limits: Values) -> Iterator[Fault]:
    """Where the rows with a value of a field have another share of a label than all the others."""
    from tdv.quality.extracting.summary import crossings

    field = limits["field"]
    for pair in crossings(roles, field):
        label = pair[0].partition(":")[2]
        totals: Counter[str] = Counter()
        groups: dict[str, Counter[str]] = {}
        for (name, value), count in summary.crossed.get(pair, {}).items():
            totals[name] += count
            groups.setdefault(value, Counter())[name] += count
        rows = totals.total()
        for value, counts in sorted(groups.items()):
            here, others = counts.total(), rows - counts.total()
            if min(here, others) < limits["min_rows"]:
                continue
            # By the distance, and of equal distances the label that comes first.
            distance, name = min(
                (-abs(counts[name] / here - (totals[name] - counts[name]) / others), name)
                for name in totals
            )
            if -distance > limits["max_difference"]:
                message = (
                    f"Of the rows with `{field}` {shown(value, 40)}, {percent(counts[name], here)} "
                    f"have `{label}` {shown(name, 40)}; of the others, "
                    f"{percent(totals[name] - counts[name], others)}."
                )
                yield Fault(f"{label} by {_about(field, value)}", message)


_TEXT = "How warm will it be in Oslo?"
_SHARES: list[Row] = [{"text": f"text {i}", "task": "qa"} for i in range(6)]

RULES = (
    RowRule(
        code=UNKNOWN,
        name="unknown-label",
        level=Level.ERROR,
        summary="A label is none of those that the parameter `labels` lists for its field.",
        why=(
            "A misspelt label becomes a class of its own. Fields that `labels` does not name are "
            "not looked at; each item of a list of labels is; a missing label is FLD001's. The "
            "profile `intent` lists the four sentiments."
        ),
        bad={"text": _TEXT, "expected_sentiment": "sideways"},
        good={"text": _TEXT, "expected_sentiment": "neutral"},
        mend="`tdv apply --map FIELD:OLD=NEW` renames a label.",
        params=(
            Param(
                "labels",
                {},
                'Field -> the labels that it may have: `{task = ["qa", "summary"]}`.',
                extracts=True,
            ),
        ),
        check=_unknown,
        screen=_with_unknown,
    ),
    TotalRule(
        code=IMBALANCE,
        name="label-imbalance",
        level=Level.WARNING,
        summary="The rarest label of a field has too small a share beside the most frequent one.",
        why=(
            "A model learns the frequent labels and guesses them. The figure is the smallest "
            "share over the largest, 1 where all are equally frequent (`min_task_balance` in "
            "`[gate]` is a threshold on it). `min_share` looks at each label by itself."
        ),
        bad=[*_SHARES * 2, {"text": "sum up", "task": "summary"}],
        good=[*_SHARES, {"text": "sum up", "task": "summary"}],
        mend="`tdv balance` samples the frequent labels; or collect more rows of the rare ones.",
        applies=lambda roles: bool(roles.label),
        params=(
            Param("min_balance", 0.1, "The least share of the rarest over that of the commonest."),
            Param("min_share", 0.0, "The least share of every label, 0.05 for 5 %; 0 for any."),
        ),
        judge=_imbalance,
    ),
    TotalRule(
        code=RARE,
        name="rare-label",
        level=Level.INFO,
        summary="A label has too few rows.",
        why=(
            "With fewer rows than folds, a label is missing in some of them: it is trained on and "
            "never tested, or tested and never trained on."
        ),
        bad=[*_SHARES, {"text": "sum up", "task": "summary"}],
        good=_SHARES,
        mend="Collect or augment rows with the label, or merge it into another one.",
        applies=lambda roles: bool(roles.label),
        params=(Param("min_rows", 5, "The least number of rows with a label."),),
        judge=_rare,
    ),
    PairRule(
        code=CONFLICT,
        name="label-conflict",
        level=Level.WARNING,
        summary="Two rows with the same normalised text have different labels.",
        why=(
            "One of them is wrong, or the text does not suffice to tell. Texts are compared "
            "without case and repeated blanks. Each row is compared with the first one that has "
            "its text; rows without the label are not."
        ),
        bad=[
            {"text": _TEXT, "expected_intent": "weather"},
            {"text": "how warm  will it be in Oslo?", "expected_intent": "travel"},
        ],
        good=[
            {"text": _TEXT, "expected_intent": "weather"},
            {"text": "How warm will it be in Rome?", "expected_intent": "travel"},
        ],
        mend="Decide for one of them: `tdv apply` sets the label, `tdv dedup` keeps one row.",
        applies=lambda roles: bool(roles.text and roles.label),
        params=(
            Param(
                "field",
                "",
                "The label to compare, the first one unless set; "
                "datasets without it are not looked at.",
            ),
        ),
        by=_conflict_by,
        unless=_conflict_unless,
        tell=_tell_conflict,
    ),
    TotalRule(
        code=BIAS,
        name="label-bias",
        level=Level.WARNING,
        summary="A label is far more or less frequent among the rows of one group than elsewhere.",
        why=(
            "A model trained on them learns the group in place of what the label means. The "
            "groups are the values of the field that is set as `field`; of each, the label is "
            "named whose share differs most from its share in all other rows."
        ),
        bad=[
            *({"text": "so-so", "tone": "bad", "speaker": "a"} for _ in range(30)),
            *({"text": "so-so", "tone": "good", "speaker": "b"} for _ in range(30)),
        ],
        good=[
            *({"text": "so-so", "tone": "bad", "speaker": "ab"[i % 2]} for i in range(40)),
            *({"text": "so-so", "tone": "good", "speaker": "ab"[i % 2]} for i in range(40)),
        ],
        mend="Collect rows of the other labels for the group, or `tdv balance --by` both fields.",
        applies=lambda roles: bool(roles.label),
        optional=True,
        params=(
            Param("field", "", "The field whose values are the groups.", extracts=True),
            Param("max_difference", 0.2, "How far a share may differ, 0.2 for 20 points."),
            Param("min_rows", 30, "Groups with fewer rows are not judged, nor against fewer."),
        ),
        judge=_bias,
    ),
)
