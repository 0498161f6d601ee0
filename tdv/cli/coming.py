"""Commands that rules name already as what mends a row, and that a later version brings."""

from __future__ import annotations

import re

from tdv.quality.telling import joined

COMING = ("apply", "balance", "clean", "dedup", "sample", "split")
# What does the same work until then.
BY_HAND = "Until then edit the file and `tdv add` it; `tdv diff` shows what changed."
_NAMED = re.compile(r"`tdv ([a-z-]+)")


def not_yet(*texts: str) -> str:
    """A sentence about the commands in texts that this version does not have; "" for none."""
    named = {name for text in texts for name in _NAMED.findall(text)}
    coming = [f"`tdv {name}`" for name in sorted(named.intersection(COMING))]
    if not coming:
        return ""
    comes = "comes" if len(coming) == 1 else "come"
    return f"{joined(coming)} {comes} with a later version. {BY_HAND}"
