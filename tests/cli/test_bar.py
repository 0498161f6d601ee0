"""The progress bar: nothing at first, one line, nothing left."""

from __future__ import annotations

import io

import pytest

from tdv.cli import bar


@pytest.fixture
def clock(monkeypatch):
    """A clock that the test sets."""
    now = [0.0]
    monkeypatch.setattr(bar.time, "monotonic", lambda: now[0])
    return now


def test_short_work_draws_nothing(clock):
    stream = io.BytesIO()
    drawn = bar.Bar(stream, 80)
    drawn.step("Adding", 100, "files")
    for _ in range(100):
        drawn.advance()
    drawn.clear()
    assert stream.getvalue() == b""


def test_long_work_draws_one_line_and_wipes_it(clock):
    stream = io.BytesIO()
    drawn = bar.Bar(stream, 80)
    drawn.step("Adding", 2_000_000, "bytes")
    clock[0] = 0.3
    drawn.advance(1_000_000)
    drawn.advance(1)
    line = b"Adding [############............]  50%  1.0 MB of 2.0 MB"
    assert stream.getvalue() == b"\r\x1b[K" + line
    drawn.clear()
    drawn.clear()
    assert stream.getvalue() == b"\r\x1b[K" + line + b"\r\x1b[K"


def test_a_step_without_a_total_counts(clock):
    stream = io.BytesIO()
    drawn = bar.Bar(stream, 20)
    drawn.step("Following commits, very far back", None, "commits")
    clock[0] = 1.0
    drawn.advance(1234)
    assert stream.getvalue() == b"\r\x1b[KFollowing commits, "
