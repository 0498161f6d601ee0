"""What analyses remember, with each of the writes failing in turn: right, or not there."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from everywrite import Failure, Killed, Writes, failing

from tdv.analysis.memory import Memory, drop_damaged

DIGEST = b"e" * 16
UNITS = [b"one", b"two"]


def remember(folder: Path) -> None:
    """All that a memory writes: a seed, units, a report, a sequence; and trimming."""
    memory = Memory(folder, limit=6000)
    for unit in UNITS:
        memory.put(unit, DIGEST, {"name": unit, "chars": np.frombuffer(unit * 300, "u1")})
        memory.put(unit + b"?", DIGEST, {"random": os.urandom(5000)})
    memory.put_report(b"report", b"payload")
    memory.note_sequence("a.jsonl", DIGEST, UNITS)
    memory.trim()


def check(folder: Path) -> None:
    """Whatever is there is right."""
    memory = Memory(folder)
    for unit in UNITS:
        parts = memory.get(unit, DIGEST)
        if parts is not None:
            assert parts.payload("name") in (unit, None)
            found = parts.arrays(["chars"])
            assert found is None or found["chars"].tobytes() == unit * 300
    assert memory.report(b"report") in (b"payload", None)
    assert memory.last_sequence("a.jsonl", DIGEST) in (UNITS, [])


@pytest.mark.parametrize("how", ["killed", "error", "short"])
def test_each_write(tmp_path: Path, how: Failure, record_property) -> None:
    counted = Writes()
    with failing(counted):
        remember(tmp_path / "whole")
    for number, taken in enumerate(counted.taken):
        folder = tmp_path / f"{number}"
        try:
            with failing(Writes(number, how)):
                remember(folder)
        except Killed:
            assert how == "killed", taken
        check(folder)
        remember(folder)
        check(folder)
        assert drop_damaged(folder) == [], taken
    record_property("writes tried", len(counted.taken))
