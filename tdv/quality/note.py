"""What a validation leaves beside a commit: codes, counts and keys, and no text of rows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from tdv.errors import ObjectCorrupt, UnsupportedVersion
from tdv.quality.finding import Level, Place
from tdv.quality.report import Gauge, Selected, ValidationReport

ANALYSIS = "quality"
SCHEMA = "tdv.quality-note/1"
# Rows of a rule in a file whose keys are kept.
KEYS = 20


@dataclass(frozen=True, slots=True)
class Found:
    """What one rule found in one file or dataset.

    Attributes:
        keys: of the first rows: the key's values, or without a key the row's number.
    """

    code: str
    level: str
    path: str
    findings: int
    rows: int
    keys: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class QualityNote:
    """A report as it is kept; what is the same validation has the same bytes.

    Attributes:
        dataset_id, validation_id, rules_digest, rules_from: as in the report.
        tdv_version: of the program that validated.
        valid: no error, and every threshold held.
        quality_score: 0 to 1, or None.
        errors, warnings, infos: findings.
        accepted: code -> findings that an `[[allow]]` accepts.
    """

    dataset_id: str
    validation_id: str
    rules_digest: str
    rules_from: str
    tdv_version: str
    valid: bool
    total_examples: int
    valid_examples: int
    invalid_examples: int
    quality_score: float | None
    errors: int
    warnings: int
    infos: int
    found: tuple[Found, ...] = ()
    accepted: Mapping[str, int] = field(default_factory=dict)
    gates: tuple[Gauge, ...] = ()
    metrics: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, report: ValidationReport, tdv_version: str) -> QualityNote:
        """What is kept of a report; looks at the rows whose keys it keeps."""
        keys = _keys(report)
        return cls(
            report.dataset_id,
            report.validation_id,
            report.rules_digest,
            report.rules_from,
            tdv_version,
            report.is_valid,
            report.total_examples,
            report.valid_examples,
            report.invalid_examples,
            report.quality_score,
            report.count(Level.ERROR),
            report.count(Level.WARNING),
            report.count(Level.INFO),
            found=tuple(
                Found(
                    each.code,
                    each.level.value,
                    each.path,
                    each.findings,
                    each.rows,
                    tuple(keys.get((each.path, each.code), ())),
                )
                for each in report.tallies
            ),
            accepted=dict(sorted(report.accepted.items())),
            gates=report.gauges,
            metrics=dict(sorted(report.metrics.items())),
        )

    def to_bytes(self) -> bytes:
        """The note's content."""
        return json.dumps({"schema": SCHEMA, **asdict(self)}, separators=(",", ":")).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> QualityNote:
        """The note with that content.

        Raises:
            UnsupportedVersion: a newer tdv wrote it.
            ObjectCorrupt: it is none.
        """
        try:
            items = json.loads(content)
            schema = items.pop("schema")
            if schema != SCHEMA and str(schema).startswith(SCHEMA.partition("/")[0]):
                raise UnsupportedVersion(
                    f"A note on the quality of a commit is {schema}; this tdv reads {SCHEMA}.",
                    hint="A newer tdv wrote it: upgrade with `pip install --upgrade tdv`.",
                )
            found = tuple(_found(each) for each in items["found"])
            gates = tuple(Gauge(**each) for each in items["gates"])
            return cls(**{**items, "found": found, "gates": gates})
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ObjectCorrupt(f"A note on quality cannot be decoded: {error}.") from error


def _keys(report: ValidationReport) -> dict[tuple[str, str], list[Any]]:
    """Of the first rows of each rule in each path, what names them."""
    kept: dict[tuple[str, str], list[Any]] = {}
    for finding in report.findings(Selected(most=KEYS)):
        keys = kept.setdefault((finding.path, finding.code), [])
        if finding.place is not None and len(keys) < KEYS:
            name = _name(finding.place)
            if name not in keys:
                keys.append(name)
    return kept


def _name(place: Place) -> Any:
    if not place.key:
        return place.row
    return place.key[0] if len(place.key) == 1 else place.key


def _found(items: dict[str, Any]) -> Found:
    keys = (tuple(key) if isinstance(key, list) else key for key in items["keys"])
    return Found(**{**items, "keys": tuple(keys)})
