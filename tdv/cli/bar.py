"""A progress bar on stderr, for terminals only, that appears after a quarter of a second."""

from __future__ import annotations

import math
import time
from typing import BinaryIO

from tdv.cli.text import human_size

DELAY = 0.25
INTERVAL = 0.1
CELLS = 24


class Bar:
    """Progress drawn as one line that is wiped when the work is done."""

    def __init__(self, stream: BinaryIO, width: int) -> None:
        self._stream = stream
        self._width = width
        self._name = ""
        self._unit = ""
        self._total: int | None = None
        self._done = 0
        self._next = time.monotonic() + DELAY
        self._drawn = False

    def step(self, name: str, total: int | None = None, unit: str = "") -> None:
        """Begin a step; the bar keeps its place."""
        self._name, self._total, self._unit, self._done = name, total, unit, 0

    def advance(self, amount: int = 1) -> None:
        """Count, and draw when the time has come."""
        self._done += amount
        now = time.monotonic()
        if now >= self._next:
            self._next = now + INTERVAL
            self._draw()

    def clear(self) -> None:
        """Wipe the line, so that the next message starts on a clean one."""
        if self._drawn:
            self._drawn = False
            self._stream.write(b"\r\x1b[K")
            self._stream.flush()

    def stop(self) -> None:
        """Wipe the line, and draw none any more: the terminal is another program's."""
        self.clear()
        self._next = math.inf

    def _draw(self) -> None:
        self._drawn = True
        line = f"{self._name} {self._amounts()}"[: self._width - 1]
        self._stream.write(b"\r\x1b[K" + line.encode("utf-8", "replace"))
        self._stream.flush()

    def _amounts(self) -> str:
        done = self._shown(self._done)
        if not self._total:
            return done
        share = min(1.0, self._done / self._total)
        filled = round(share * CELLS)
        cells = "#" * filled + "." * (CELLS - filled)
        return f"[{cells}] {share:4.0%}  {done} of {self._shown(self._total)}"

    def _shown(self, amount: int) -> str:
        if self._unit == "bytes":
            return human_size(amount)
        return f"{amount:,} {self._unit}".rstrip()
