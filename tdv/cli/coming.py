"""Commands that rules name already as what mends a row, and that a later version brings."""

from __future__ import annotations

import re

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
    listed = " and ".join(filter(None, [", ".join(coming[:-1]), coming[-1]]))
    comes = "comes" if len(coming) == 1 else "come"
    return f"{listed} {comes} with a later version. {BY_HAND}"
