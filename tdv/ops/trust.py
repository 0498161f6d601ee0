"""`config trust`: let rule files of the user's own run, and take that back."""

from __future__ import annotations

import ast
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from tdv.errors import Findings, TdvError
from tdv.repo.datasets import Datasets
from tdv.repo.trust import Trust, checked_text, fingerprint


@dataclass(frozen=True, slots=True)
class RuleFile:
    """A rule file, as somebody who is to trust it sees it.

    Attributes:
        path: as it was named.
        digest: BLAKE3 of its bytes, in hexadecimal; "" where it cannot be read.
        text: what it holds.
        imports: the modules that it imports, sorted; none where it is no Python.
        trusted: whether it may run.
        named: whether the present `tdv.toml` names it.
    """

    path: str
    digest: str
    text: str = ""
    imports: tuple[str, ...] = ()
    trusted: bool = False
    named: bool = False


def trust_file(trust: Trust, data: bytes, shown: str, place: str, *, dry_run: bool) -> RuleFile:
    """Let a rule file run, here and everywhere, until it changes. It is not run now.

    Args:
        data: its bytes.
        shown: how it was named.
        place: what the list of trusted files calls it: its whole path.
        dry_run: only say what it is.

    Raises:
        ConfigError: it is larger than a rule file, or not UTF-8.
        UsageError: there is no home folder to keep the list in.
    """
    text = checked_text(data, shown)
    if not dry_run:
        trust.add(data, place)
    return RuleFile(shown, fingerprint(data), text, _imports(text), trust.allows(data))


def revoke(trust: Trust, names: Iterable[str]) -> list[str]:
    """Let rule files run no more; the paths of those that might.

    Args:
        names: paths as the list has them, or hashes.

    Raises:
        Findings: none of them is trusted.
    """
    gone = trust.revoke(list(names))
    if not gone:
        raise Findings(
            "None of these files is trusted.", hint="`tdv config trust` lists those that are."
        )
    return gone


def rule_files(
    trust: Trust, datasets: Datasets | None, read: Callable[[str], bytes]
) -> list[RuleFile]:
    """The rule files that `tdv.toml` names, then the others that are trusted.

    Args:
        datasets: the present `tdv.toml`; None where there is none.
        read: gives the bytes of a file beside it.

    Raises:
        ConfigError: `tdv.toml` or the list of trusted files is wrong.
    """
    held = dict(trust.files())
    found = []
    for path in datasets.description.own if datasets else ():
        try:
            digest = fingerprint(read(path))
        except (OSError, TdvError):
            digest = ""
        found.append(RuleFile(path, digest, trusted=digest in held, named=True))
        held.pop(digest, None)
    return found + [RuleFile(path, digest, trusted=True) for digest, path in held.items()]


def whole_path(path: Path) -> str:
    """A path as the list of trusted files has it."""
    return os.fsencode(path.absolute()).decode("utf-8", "backslashreplace")


def _imports(text: str) -> tuple[str, ...]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return ()
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("." * node.level + (node.module or ""))
    return tuple(sorted(found - {"__future__"}))
