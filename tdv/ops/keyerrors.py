"""Errors about keys that rows were asked for by: none is known, or several rows have it."""

from __future__ import annotations

from collections.abc import Sequence

from tdv.errors import UsageError
from tdv.rowdiff.keys import KeyQuery

# Rows that a message names.
SHOWN = 5


def no_key(path: bytes) -> UsageError:
    """The error for a file of which nothing says what its key is."""
    return UsageError(
        f"Nothing says which field of {path.decode('utf-8', 'backslashreplace')} tells its rows "
        "apart.",
        hint='Give it with `--on FIELD`, or write `key = "FIELD"` for the file into tdv.toml.',
    )


def not_unique(query: KeyQuery, where: str, numbers: Sequence[int]) -> UsageError:
    """The error for a key that several rows have.

    Args:
        where: the file: "HEAD~1:a.jsonl".
        numbers: of the rows, one more than are shown where there are more.
    """
    rows = ", ".join(f"{number:,}" for number in numbers[:SHOWN])
    more = " and more" if len(numbers) > SHOWN else ""
    return UsageError(
        f"The key `{query}` is not unique in {where}: rows {rows}{more} have it.",
        hint="Name more fields for the key, in tdv.toml or with `--on`.",
    )
