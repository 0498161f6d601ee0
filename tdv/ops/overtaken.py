"""A commit that another one overtook: the same changes, on top of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tdv.errors import Findings, Overtaken
from tdv.model.commit import Commit
from tdv.model.operation import Head
from tdv.store import trees

if TYPE_CHECKING:
    from tdv.repo.repository import Repo
    from tdv.store.writer import ObjectWriter


def follow(
    repo: Repo, writer: ObjectWriter, made: Commit, before: Head, now: Head, *, empty: bool
) -> Commit:
    """The commit with what it changes, as a child of the one that HEAD stands on by now.

    Args:
        made: the commit, as a child of the one that HEAD stood on `before`.
        empty: it may change nothing.

    Raises:
        Overtaken: HEAD is on another branch, or the newer commits changed the same files in
            another way.
        Findings: they hold all of it already.
    """
    if now.branch is None or now.branch != before.branch or now.commit is None:
        raise _overtaken("HEAD")
    base = trees.EMPTY_TREE if before.commit is None else repo.commit(before.commit).tree
    tip = repo.commit(now.commit).tree
    changes = {path: new for path, _, new in trees.compare(writer, base, made.tree)}
    for path, _, new in trees.compare(writer, base, tip):
        if path in changes and changes[path] != new:
            raise _overtaken(f"`{path.decode('utf-8', 'replace')}`")
    tree = trees.update(writer, tip, changes)
    if tree == tip and not empty:
        raise Findings("There is nothing to commit: another command has committed the same.")
    return replace(made, tree=tree, parents=(now.commit,))


def _overtaken(what: str) -> Overtaken:
    return Overtaken(
        f"Another command changed {what} while this one was running; nothing was changed.",
        hint="Run the command again.",
    )
