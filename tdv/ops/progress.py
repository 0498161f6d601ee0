"""How an operation tells its caller how far it is."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """What every operation that can take long is given."""

    def step(self, name: str, total: int | None = None, unit: str = "") -> None:
        """Begin a step.

        Args:
            name: what is being done: "Adding files".
            total: how much there is to do, in `unit`, or None when that is not known.
            unit: "bytes", or what is counted: "files", "objects".
        """

    def advance(self, amount: int = 1) -> None:
        """So much more of the step is done."""


class Silent:
    """Progress that nobody watches."""

    def step(self, name: str, total: int | None = None, unit: str = "") -> None:
        """Nothing is shown."""

    def advance(self, amount: int = 1) -> None:
        """Nothing is shown."""


SILENT: Progress = Silent()
