"""Validations that were made before: a report is kept under the hash of all that it depends on.

The findings that an output shows a few of are kept as well; whoever wants all of them has the rows
looked at again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple, fields
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgpack
from blake3 import blake3

from tdv.model.codec import pack
from tdv.ops.validating.chosen import Chosen
from tdv.ops.validating.engine import Engine
from tdv.ops.validating.grouping import Grouped
from tdv.quality.extracting.columns import VERSION
from tdv.quality.finding import Finding, Level
from tdv.quality.registry import rules
from tdv.quality.report import Covered, Gauge, Selected, Tally, ValidationReport
from tdv.version import __version__

if TYPE_CHECKING:
    from tdv.ops.validating.validation import Validation

ID_BYTES = 16
# Findings that are kept for an output; SARIF takes 25,000. More are made anew, and never held.
MOST_KEPT = 30_000


class Kept:
    """One validation, made only as far as it was not before.

    Args:
        known: ids of findings that are not new.

    Attributes:
        data: hash of the files, the rules, tdv's version, and what is known.
    """

    def __init__(
        self,
        engine: Engine,
        chosen: Chosen,
        groups: Grouped,
        today: date,
        known: frozenset[bytes] = frozenset(),
    ) -> None:
        self._engine, self._chosen, self._groups = engine, chosen, groups
        self._today, self._known = today, known
        files = [
            [[file.path, *(unit.name for unit in file.units)] for file in group.files]
            for group in groups.groups
        ]
        self.data = blake3(pack(VERSION, [files, groups.digest, __version__])).digest(length=16)
        expires = any(each.until for each in groups.description.allow)
        day = today.isoformat() if expires else ""
        # What findings and thresholds say of where rules are from, and whether an entry that
        # accepts nothing is told, depends on more than the rows and the rules.
        origins = [[each.origin for each in group.settings.gate] for group in groups.groups]
        about = [groups.shown, origins, chosen.whole, groups.selected]
        everything = [self.data, day, about, *sorted(known)]
        self._key = blake3(pack(VERSION, everything)).digest(length=16)
        # What files say that rows name, or that lie beside them, is not in the key.
        roles = [group.settings.roles for group in groups.groups]
        self._keeps = not any(each.media or each.embedding for each in roles)

    @cached_property
    def _validation(self) -> Validation:
        # A report that was kept needs neither numpy nor the engine.
        from tdv.ops.validating.validation import Validation

        known = frozenset(each.hex() for each in self._known)
        return Validation(self._engine, self._chosen, self._groups, self._today, known)

    def report(self) -> ValidationReport:
        """The report, without what is said of where the data is from."""
        payload = self._get(b"report")
        if payload is not None:
            return _report_from(payload, self._groups)
        report = self._validation.report()
        self._put(b"report", _report_to(report))
        return report

    def findings(self, selected: Selected) -> Iterator[Finding]:
        """The findings that are wanted; see `ValidationReport`."""
        if selected.limits is None or sum(selected.limits.values()) > MOST_KEPT:
            yield from self._validation.findings(selected)
            return
        limits = sorted([*pair, most] for pair, most in selected.limits.items())
        levels = sorted(level.value for level in selected.levels)
        codes = None if selected.codes is None else sorted(selected.codes)
        name = _packed([limits, levels, codes, selected.most])
        payload = self._get(name)
        if payload is None:
            found = list(self._validation.findings(selected))
            self._put(name, [each.to_wire() for each in found])
        else:
            found = [Finding.from_wire(each) for each in payload]
        yield from found

    def ids(self) -> frozenset[bytes]:
        """The ids of all findings, 16 bytes each."""
        payload = self._get(b"ids")
        if payload is None:
            every = self._validation.findings(Selected())
            payload = b"".join(bytes.fromhex(finding.id) for finding in every)
            self._put(b"ids", payload)
        return frozenset(payload[at : at + ID_BYTES] for at in range(0, len(payload), ID_BYTES))

    def _get(self, name: bytes) -> Any:
        if not self._keeps:
            return None
        payload = self._engine.memory.report(self._key + name)
        return (
            None
            if payload is None
            else msgpack.unpackb(payload, strict_map_key=False, unicode_errors="surrogatepass")
        )

    def _put(self, name: bytes, value: Any) -> None:
        if self._keeps:
            self._engine.memory.put_report(self._key + name, _packed(value))


def _packed(value: Any) -> bytes:
    # A path that is not UTF-8 has surrogates in it.
    packed: bytes = msgpack.packb(value, unicode_errors="surrogatepass")
    return packed


# In a report, but said anew by whoever asks for it, or made of the rest.
_ELSEWHERE = {"rules", "enumerate", "skipped", "notes"}


def _report_to(report: ValidationReport) -> dict[str, Any]:
    plain = {
        each.name: getattr(report, each.name)
        for each in fields(report)
        if each.name not in _ELSEWHERE
    }
    plain["tallies"] = [(t.code, t.level.value, *astuple(t)[2:]) for t in report.tallies]
    plain["gauges"] = [astuple(gauge) for gauge in report.gauges]
    plain["files"] = [astuple(file) for file in report.files]
    plain["accepted"], plain["known"] = dict(report.accepted), dict(report.known)
    return plain


def _report_from(plain: dict[str, Any], groups: Grouped) -> ValidationReport:
    from tdv.quality.own import own_rules

    own = groups.groups[0].settings.subject.own if groups.groups else {}
    every = {**rules(), **own_rules(own).rules} if own else rules()
    applied = {code for group in groups.groups for code in group.settings.rules}
    plain["tallies"] = tuple(Tally(t[0], Level(t[1]), *t[2:]) for t in plain["tallies"])
    plain["gauges"] = tuple(Gauge(*gauge) for gauge in plain["gauges"])
    plain["files"] = tuple(
        Covered(path, rows, invalid, dataset, profile, tuple(codes))
        for path, rows, invalid, dataset, profile, codes in plain["files"]
    )
    plain["recommendations"] = tuple(plain["recommendations"])
    named = sorted(applied | {code for code in every if code.startswith("ALW")})
    return ValidationReport(**plain, rules={code: every[code] for code in named})
