"""Small validation reports, built by hand."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from blake3 import blake3

from tdv.cli.output import Output
from tdv.cli.render.validation.outputs import Wanted, write_outputs
from tdv.cli.render.validation.writer import Wishes
from tdv.quality.finding import Finding, Level, Place
from tdv.quality.report import Covered, Gauge, Selected, Tally, ValidationReport
from tdv.quality.rule import Param, Rule

RULES = {
    rule.code: rule
    for rule in (
        Rule(
            code="DUP003",
            name="duplicate-text",
            level=Level.WARNING,
            summary="Two rows have the same text.",
            why="A model sees it twice.",
            bad={"text": "a"},
            good={"text": "b"},
            mend="Keep one of the rows.",
        ),
        Rule(
            code="FLD001",
            name="required",
            level=Level.ERROR,
            summary="A required field is missing.",
            why="Training stops there.",
            bad={},
            good={"text": "a"},
            mend="Fill in the field.",
        ),
        Rule(
            code="LBL002",
            name="label-imbalance",
            level=Level.INFO,
            summary="Labels are very unequal.",
            why="",
            bad={},
            good={},
            mend="",
        ),
        Rule(
            code="TXT003",
            name="long-text",
            level=Level.WARNING,
            summary="A text is long.",
            why="It is cut off.",
            bad={"text": "a"},
            good={"text": "b"},
            mend="Split the text.",
            params=(Param("max_words", 300, "Most words."),),
        ),
    )
}


def found(
    code: str,
    path: str,
    row: int | None = None,
    message: str = "The field is missing.",
    *,
    level: Level | None = None,
    field: str = "",
    key: tuple[str, ...] = (),
    lines: bool = True,
    suggestion: str = "",
    partner: Place | None = None,
) -> Finding:
    """A finding; one without a row is over a file or dataset."""
    place = None if row is None else Place(path, row, row + 1 if lines else None, key)
    identity = blake3(repr((code, path, row, field)).encode()).hexdigest(length=16)
    return Finding(
        identity, code, level or RULES[code].level, path, place, field, message, suggestion, partner
    )


def report_of(findings: Iterable[Finding], **changes: Any) -> ValidationReport:
    """A report with these findings, which gives exactly those that it is asked for."""
    known = sorted(
        findings,
        key=lambda each: (
            not each.path.startswith("["),
            each.path,
            each.place.row if each.place else -1,
            each.code,
        ),
    )
    counts = Counter((each.path, each.code, each.level) for each in known)
    rows: dict[tuple[str, str], set[int]] = {}
    for each in known:
        if each.place is not None:
            rows.setdefault((each.path, each.code), set()).add(each.place.row)

    def enumerated(selected: Selected) -> Iterator[Finding]:
        given: Counter[tuple[str, str]] = Counter()
        for each in known:
            place = each.path, each.code
            limit = selected.limit(*place)
            if each.level in selected.levels and (limit is None or given[place] < limit):
                given[place] += 1
                yield each

    report = ValidationReport(
        dataset_id="intents",
        validation_id="5f" * 16,
        revision="",
        rules_digest="ab" * 16,
        rules_from="tdv.toml",
        total_examples=1000,
        valid_examples=990,
        invalid_examples=10,
        quality_score=0.99,
        tallies=tuple(
            Tally(code, level, path, count, len(rows.get((path, code), ())))
            for (path, code, level), count in sorted(counts.items(), key=lambda each: each[0][:2])
        ),
        gauges=(),
        metrics={"num_samples": 1000, "duplicate_ratio": 0.07},
        statistics={"labels": {"book": 700, "cancel": 300}},
        files=(),
        rules=RULES,
        enumerate=enumerated,
    )
    return replace(report, **changes)


FAILED = Gauge("max_duplicates", "duplicate_ratio", 0.07, "<= 0.05", False, "intents", "tdv.toml")
PASSED = Gauge("min_quality", "quality_score", 0.99, ">= 0.9", True, "intents", "profile intent")


def full_report() -> ValidationReport:
    """A report with something of everything."""
    other = Place("train.jsonl", 2, 3, ("ex-2",))
    missing = [
        found("FLD001", "train.jsonl", row, field="text", key=(f"ex-{row}",)) for row in range(7)
    ]
    return report_of(
        [
            *missing,
            found("LBL002", "[intents]", None, "`book` has 70 % of the rows."),
            found("TXT003", "eval.parquet", 4, "The text has 400 words.", lines=False),
            found(
                "DUP003",
                "train.jsonl",
                9,
                "The text is that of another row.",
                key=("ex-9",),
                partner=other,
            ),
        ],
        gauges=(FAILED, PASSED),
        files=(
            Covered("eval.parquet", 100, 0, "intents", "intent", ("FLD001", "TXT003")),
            Covered("train.jsonl", 900, 10, "intents", "intent", ("DUP003", "FLD001", "TXT003")),
        ),
        recommendations=("Fill in what is missing.",),
        skipped={"photo.png": "It has no rows."},
        notes=("notes.csv belongs to no dataset.",),
        accepted={"DUP003": 2},
    )


def written(
    report: ValidationReport,
    format: str,
    *,
    terminal: bool = False,
    **wishes: Any,
) -> str:
    """What one output writes to stdout."""
    stdout, stderr = io.BytesIO(), io.BytesIO()
    out = Output(stdout, stderr)
    out.terminal = out.color = terminal
    write_outputs(out, report, [Wanted(format)], Wishes(**wishes))
    out.flush()
    return stdout.getvalue().decode("utf-8", "surrogateescape")
