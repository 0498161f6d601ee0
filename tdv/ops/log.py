"""`log`: the commits that lead to a revision."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from itertools import islice

from tdv.model.oid import Oid
from tdv.repo import history, layout
from tdv.repo.history import Filter, Logged
from tdv.repo.repository import Repo
from tdv.repo.revisions import not_a_range, peel


def log(
    repo: Repo,
    revisions: Sequence[str] = (),
    wanted: Filter | None = None,
    *,
    limit: int | None = None,
    skip: int = 0,
    every_branch: bool = False,
    least_quality: float | None = None,
) -> Iterator[Logged]:
    """Commits, newest first and children before parents.

    Args:
        revisions: where to start; () is HEAD. `A..B` leaves out what A has.
        limit: at most so many, of which `skip` are passed over first.
        every_branch: start from all branches, all tags and HEAD as well.
        least_quality: only those for which a quality score of so much was recorded.

    Raises:
        RevisionError: a revision names no commit.
    """
    starts, hidden = _ends(repo, revisions)
    if every_branch:
        starts += [peel(repo, oid, name) for name, oid in repo.refs.items(layout.HEADS)]
        starts += [peel(repo, oid, name) for name, oid in repo.refs.items(layout.TAGS)]
        head = repo.head().commit  # which no branch leads to when it is detached
        starts += [] if head is None else [head]
    if not starts and not every_branch:
        starts = [repo.resolve("HEAD")]
    found = history.log(repo.commit, repo.store, starts, wanted or Filter(), hidden=hidden)
    if least_quality is not None:
        found = _good(repo, found, least_quality)
    skip = min(skip, sys.maxsize)
    return islice(found, skip, None if limit is None else min(skip + limit, sys.maxsize))


def _good(repo: Repo, found: Iterator[Logged], least: float) -> Iterator[Logged]:
    from tdv.ops.qualitynotes import Qualities  # few ask for it

    qualities = Qualities(repo)
    return (logged for logged in found if qualities.at_least(logged.oid, least))


def _ends(repo: Repo, revisions: Sequence[str]) -> tuple[list[Oid], list[Oid]]:
    """Commits to start from, and commits whose history is left out."""
    starts, hidden = [], []
    for revision in revisions:
        left, dots, right = revision.partition("..")
        if right.startswith("."):
            raise not_a_range(revision)
        if dots:
            hidden.append(repo.resolve(left or "HEAD"))
            starts.append(repo.resolve(right or "HEAD"))
        elif revision.startswith("^"):
            hidden.append(repo.resolve(revision[1:]))
        else:
            starts.append(repo.resolve(revision))
    return starts, hidden


def names_of_commits(repo: Repo) -> dict[Oid, list[str]]:
    """Which branches and tags point at which commit: `main`, `tag: v1.0`, HEAD first."""
    names: dict[Oid, list[str]] = {}
    head = repo.head()
    if head.commit is not None:
        names[head.commit] = ["HEAD" if head.branch is None else f"HEAD -> {head.branch}"]
    peeled: dict[Oid, Oid] = {}
    for name, oid in repo.refs.items(layout.TAGS):
        if oid not in peeled:
            peeled[oid] = peel(repo, oid, name)
        names.setdefault(peeled[oid], []).append(f"tag: {name[len(layout.TAGS) :]}")
    for name, oid in repo.branches():
        if name != head.branch:
            names.setdefault(oid, []).append(name)
    return names
