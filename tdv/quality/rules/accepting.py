"""ALW: entries of `[[allow]]` that accept nothing any more. Found where findings are matched."""

from __future__ import annotations

from tdv.quality.finding import Level
from tdv.quality.rule import Rule

_ENTRY = '[[allow]]\ncode = "DUP003"\nkey = "ex-17"\nreason = "Said twice on purpose."\n'

RULES = (
    Rule(
        code="ALW001",
        name="unused-allow",
        level=Level.WARNING,
        summary="An `[[allow]]` of `tdv.toml` accepts nothing that is found.",
        why=(
            "What it accepted was mended or has another key now. Left where it is, it would accept "
            "the next such finding unseen. Only a validation of everything that the entry can "
            "match says so."
        ),
        bad=_ENTRY + "# and no row ex-17 that repeats another one",
        good=_ENTRY + "# and a row ex-17 that repeats another one",
        mend="Remove the entry from `tdv.toml`.",
    ),
    Rule(
        code="ALW002",
        name="expired-allow",
        level=Level.WARNING,
        summary="An `[[allow]]` of `tdv.toml` has a day in `until` that is over.",
        why="It accepts nothing from the day after on; its findings count again.",
        bad=_ENTRY + 'until = "2020-01-31"',
        good=_ENTRY + 'until = "2999-12-31"',
        mend="Mend the rows and remove the entry, or put a later day into `until`.",
    ),
)
