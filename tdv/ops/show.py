"""`show`: what a revision names, and what a commit changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tdv.model.commit import Commit
from tdv.model.oid import Kind, Oid
from tdv.model.tag import Tag
from tdv.ops.diff import FileDiff, diff_trees
from tdv.repo.repository import Repo
from tdv.repo.revisions import peel, resolve_object
from tdv.store.trees import EMPTY_TREE


@dataclass(frozen=True)
class Shown:
    """A commit, and the annotated tag that it was reached by, if it was."""

    oid: Oid
    commit: Commit
    tag: Tag | None = None


def show(repo: Repo, revision: str) -> Shown:
    """The commit that a revision names, with its tag.

    Raises:
        RevisionError: it names no commit, or several.
    """
    found = resolve_object(repo, revision)
    oid = peel(repo, found, revision)
    tag = None if found == oid else Tag.from_bytes(repo.store.get(found, Kind.TAG))
    return Shown(oid, repo.commit(oid), tag)


def changes_of(repo: Repo, commit: Commit, paths: Sequence[bytes] = ()) -> Iterator[FileDiff]:
    """What a commit changed against its first parent; everything, if it has none."""
    before = repo.commit(commit.parents[0]).tree if commit.parents else EMPTY_TREE
    return diff_trees(repo, before, commit.tree, paths)
