"""`tag --bump`: number the next version of the data."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tdv.errors import Findings, UsageError
from tdv.model.oid import Oid
from tdv.ops.diff import FileDiff, diff_trees
from tdv.ops.progress import SILENT, Progress
from tdv.ops.tag import TagRef, create_tag, list_tags, tagged_commit
from tdv.repo.repository import Repo

if TYPE_CHECKING:
    from tdv.rowdiff.schema import SchemaDiff

KINDS = ("major", "minor", "auto")
FIRST = "v1.0"
_VERSION = re.compile(r"v(\d{1,9})\.(\d{1,9})")


@dataclass(frozen=True, slots=True)
class Bumped:
    """The next version.

    Attributes:
        name: its tag, "v1.1".
        previous: the last version's tag, or None before the first.
        kind: "first", "major" or "minor".
        reasons: why, one sentence each.
    """

    name: str
    commit: Oid
    previous: str | None
    kind: str
    reasons: tuple[str, ...]


def bump(
    repo: Repo,
    kind: str,
    at: str = "HEAD",
    *,
    message: str | None = None,
    progress: Progress = SILENT,
) -> Bumped:
    """Tag a revision with the number behind the highest one that there is.

    Args:
        kind: "major", "minor", or "auto": major when, since the last version, a field or a file
            with rows was removed or a field changed its type; otherwise minor.
        message: of the annotated tag; its name by default.

    Raises:
        UsageError: `kind` is none of these.
        RevisionError: `at` names no commit.
        Findings: "auto" finds that nothing changed since the last version.
    """
    if kind not in KINDS:
        raise UsageError(f"`--bump` is `major`, `minor` or `auto`, not `{kind}`.")
    commit = repo.resolve(at)
    last = _last_version(repo)
    reasons: tuple[str, ...]
    if last is None:
        name, kind, reasons = FIRST, "first", ("There was no version before.",)
    else:
        tag, (major, minor) = last
        if kind == "auto":
            kind, reasons = _derive(repo, tag, commit, progress)
        else:
            reasons = ("You asked for it.",)
        name = f"v{major + 1}.0" if kind == "major" else f"v{major}.{minor + 1}"
    create_tag(repo, name, str(commit), message=message or name)
    return Bumped(name, commit, None if last is None else last[0].name, kind, reasons)


def _last_version(repo: Repo) -> tuple[TagRef, tuple[int, int]] | None:
    versions = []
    for tag in list_tags(repo, ["v*"]):
        found = _VERSION.fullmatch(tag.name)
        if found:
            versions.append((tag, (int(found[1]), int(found[2]))))
    return max(versions, key=lambda version: version[1], default=None)


def _derive(
    repo: Repo, last: TagRef, commit: Oid, progress: Progress
) -> tuple[str, tuple[str, ...]]:
    """ "major" or "minor", and why."""
    old = repo.commit(tagged_commit(repo, last)).tree
    new = repo.commit(commit).tree
    if old == new:
        raise Findings(
            f"Nothing changed since {last.name}; no version was tagged.",
            hint="`tdv tag --bump minor` numbers the same data once more.",
        )
    reasons: list[str] = []
    progress.step(f"Comparing fields with {last.name}")
    for file in diff_trees(repo, old, new):
        reasons += _breaks(file)
        progress.advance()
    if reasons:
        return "major", tuple(reasons)
    return "minor", (f"No field was removed or changed its type since {last.name}.",)


def _breaks(file: FileDiff) -> Iterator[str]:
    """Why whoever reads the old version of a file may fail on the new one."""
    shown = os.fsdecode(file.path)
    if file.old is None or not file.old.has_rows:
        return
    if file.new is None:
        yield f"{shown} was removed."
    elif not file.new.has_rows:
        yield f"{shown} has no rows any more."
    else:
        change = file.schema()
        if change is not None and change.breaking:
            yield from _field_reasons(shown, change)


def _field_reasons(shown: str, change: SchemaDiff) -> Iterator[str]:
    for field in change.vanished:
        yield f"{shown}: the field `{field}` was removed."
    for field, now in change.renamed:
        yield f"{shown}: the field `{field}` was renamed to `{now}`."
    for field, before, after in change.retyped:
        if set(after) - {"null"} - set(before) or not set(before) & set(after):
            yield f"{shown}: `{field}` was {' or '.join(before)}, and is {' or '.join(after)}."
