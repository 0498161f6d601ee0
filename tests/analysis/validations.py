"""Validations of bytes, cut and computed as a test wants it, in plain values."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Any

from tdv.analysis.sources import FileSource, source_file
from tdv.formats.cut import Cut
from tdv.formats.scan import scan
from tdv.model.oid import Kind, Oid
from tdv.ops.validate import validate
from tdv.ops.validating.chosen import Chosen
from tdv.ops.validating.engine import Computing, Engine
from tdv.ops.validating.grouping import Wanted
from tdv.quality.configuring.overrides import Overrides
from tdv.quality.registry import Selection
from tdv.quality.report import ValidationReport

TODAY = date(2026, 11, 21)
# Some rows a chunk, so that a few hundred rows are several units.
SMALL = Cut(min=64, extra=64, max=4096, piece=1 << 20)
INTENTS = ("alarm", "weather", "timer", "music")


def rows_of(seed: int, count: int) -> list[dict[str, Any]]:
    """Rows of the intent profile, some of them faulty in some way."""
    r = random.Random(seed)
    return [_row(r, number) for number in range(count)]


def _row(r: random.Random, number: int) -> dict[str, Any]:
    words = r.choices(["wake", "me", "at", "six", "please", "now", "tomorrow", "play"], k=6)
    text = " ".join([*words, str(r.randrange(400))])
    row: dict[str, Any] = {
        "id": f"k{r.randrange(count_of_keys(number))}",
        "text": text,
        "expected_intent": r.choice(INTENTS),
        "expected_sentiment": r.choice(["positive", "negative"]),
        "expected_entities": [[words[0], "word", 0, len(words[0])]],
        "confidence": round(r.random(), 3),
        "metadata": {"split": r.choice(["train", "val"])},
    }
    spoil = r.randrange(12)
    if spoil == 0:
        row["confidence"] = r.choice([7, "high", -1.5])
    elif spoil == 1:
        row["expected_entities"] = [[words[0], "word", 1, 3], ["x", "word", 900, 903]]
    elif spoil == 2:
        del row["expected_intent"]
    elif spoil == 3:
        row["text"] = r.choice(["", "   ", "ok", "yes " * 40, f"mail {number}@example.com"])
    elif spoil == 4:
        row["expected_sentiment"] = "sideways"
    return row


def count_of_keys(number: int) -> int:
    """Some keys are used twice."""
    return 10_000 + number


def jsonl(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """The rows as JSON Lines."""
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def chosen(folder: Path, contents: Mapping[str, bytes], cut: Cut = SMALL) -> Chosen:
    """Files with these contents, cut like that."""
    files = []
    for name, data in sorted(contents.items()):
        path = folder / name
        path.write_bytes(data)
        entry, reader = scan(path, name.encode(), cut=cut)
        prefix = entry.prefix
        shift = len(reader.get(prefix, Kind.CHUNK) if isinstance(prefix, Oid) else prefix)
        files.append(source_file(name.encode(), entry, reader, FileSource(path, name, shift)))
    return Chosen(tuple(files), shown="the test")


def validated(
    found: Chosen,
    *,
    cache: Path | None = None,
    jobs: int = 1,
    profile: str = "intent",
    sets: tuple[str, ...] = (),
    select: tuple[str, ...] | None = None,
) -> dict[str, Any]:
    """What a validation reports, all findings included."""
    with Engine(Computing(cache, jobs)) as engine:
        wanted = Wanted(profile=profile, overrides=Overrides(sets, Selection(select)))
        report = validate(engine, found, wanted, today=TODAY)
        return plain(report)


def plain(report: ValidationReport) -> dict[str, Any]:
    """A report in plain values."""
    findings = [asdict(finding) for finding in report.findings()]
    bare = replace(report, enumerate=lambda selected: iter(()), rules={})
    return {**{name: getattr(bare, name) for name in REPORTED}, "findings": findings}


REPORTED = (
    "dataset_id", "rules_digest", "total_examples", "valid_examples", "invalid_examples",
    "quality_score", "tallies", "gauges", "metrics", "statistics", "recommendations", "files",
)  # fmt: skip
